"""P26: text from an incident cannot alter wiki markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.domain.markup import escape, one_line

ENTITY = re.compile(r"&#(\d+);")
OPENERS = re.compile(r"(?<!\\)[{}\[\]|]")


def shown(markup: str) -> str:
    """What Jira's renderer shows of escaped text: escapes undone, nothing interpreted."""
    text = re.sub(r"\\(.)", r"\1", markup)
    return ENTITY.sub(lambda found: chr(int(found[1])), text)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("high-cpu on db_1: 99 % (see runbook)!", "high-cpu on db_1: 99 % (see runbook)!"),
        ("{code}rm -rf{code}", r"\{code\}rm \-rf\{code\}"),
        ("[~admin] [x|https://evil.example]", r"\[\~admin\] \[x\|https://evil.example\]"),
        (
            "!evil.png! and !https://evil.example/a.png!",
            r"\!evil.png! and \!https://evil.example/a.png!",
        ),
        ("*bold* _it_ -gone- +in+ ^up^ ~down~", r"\*bold\* \_it\_ \-gone\- \+in\+ \^up\^ \~down\~"),
        (
            "h1. Fire\n bq. said\n# one\n* two\n- three",
            "h1&#46; Fire\n bq&#46; said\n\\# one\n\\* two\n\\- three",
        ),
        ("C:\\temp", "C:&#92;temp"),
        ("a &lt; b & c", "a &#38;lt; b & c"),
        ("down :( (!) (/)", r"down &#58;( \(\!) \(/)"),
        ("??cited?? ---- --", r"\?\?cited\?\? \-\-\-\- \-\-"),
        ("||head|| x", r"\|\|head\|\| x"),
        ("https://grafana.example/d/a_b-c?x=1&y=2", "https://grafana.example/d/a_b-c?x=1&y=2"),
    ],
)
def test_p26_nothing_in_a_text_becomes_markup(text: str, markup: str) -> None:
    assert escape(text) == markup


@given(st.text())
def test_p26_no_character_that_opens_a_macro_a_link_or_a_table_stays_unescaped(text: str) -> None:
    assert not OPENERS.search(escape(text))


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cn"])))
def test_escaped_text_is_shown_as_it_was(text: str) -> None:
    assert shown(escape(text)) == text


@given(st.text(), st.integers(min_value=2, max_value=300))
def test_a_single_line_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit=limit)

    assert len(line) <= limit
    assert line == line.strip()
    assert not re.search(r"[\r\n\t\x00]", line)
