"""Values in JQL stay values."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pdjira.domain.jql import quote


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quote('a "b" \\ c') == r'"a \"b\" \\ c"'


def test_a_reserved_word_is_quoted() -> None:
    assert quote("INT") == '"INT"'


@given(st.text())
def test_no_value_can_end_its_quotes(value: str) -> None:
    """P26."""
    quoted = quote(value)

    assert re.fullmatch(r'"(?:[^"\\\r\n]|\\.)*"', quoted, re.DOTALL)
