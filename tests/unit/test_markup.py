"""P26: text from an incident cannot alter wiki markup."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.text.markup import escape, escape_values, fill, one_line

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
        ("{{rm -rf}}", "&#123;&#123;rm \\-rf&#125;&#125;"),
        (r"C:\)", "C:&#92;&#41;"),
        ("map:p and :-)", "map&#58;p and &#58;\\-)"),
        ('"https://h/_plugin/_x_/"', r'"https://h/\_plugin/\_x\_/"'),
        ("!\u00a0x.png!", "\\!\u00a0x.png!"),
        ("a^b c^https://b", r"a\^b c\^https://b"),
        ("a\u2028h1. b\x85bq. c\u2029# d", "a\nh1&#46; b\nbq&#46; c\n\\# d"),
        ("https://grafana.example/d/a_b-c?x=1&y=2", "https://grafana.example/d/a_b-c?x=1&y=2"),
    ],
)
def test_p26_nothing_in_a_text_becomes_markup(text: str, markup: str) -> None:
    assert escape(text) == markup


@given(st.text())
def test_p26_no_character_that_opens_a_macro_a_link_or_a_table_stays_unescaped(text: str) -> None:
    assert not OPENERS.search(escape(text))


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"])))
def test_escaped_text_is_shown_as_it_was(text: str) -> None:
    assert shown(escape(text)) == text


@pytest.mark.parametrize("text", ["\u202e", "\u200b\u200b", "\ufeff"])
def test_a_line_of_invisible_characters_is_empty(text: str) -> None:
    assert one_line(text, limit=10) == ""


def test_the_characters_that_join_letters_and_emoji_stay() -> None:
    assert one_line("👩\u200d🚒 a\u202eb", limit=50) == "👩\u200d🚒 ab"


@given(st.text(), st.integers(min_value=2, max_value=300))
def test_a_single_line_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit=limit)

    assert len(line) <= limit
    assert line == line.strip()
    assert not re.search(r"[\r\n\t\x00]", line)


@pytest.mark.parametrize(
    ("own", "value", "markup"),
    [
        ("C:\\", "!https://evil.example/a.png!", "C:\\&#33;https://evil.example/a.png\\!"),
        ("C:\\", "{code}", "C:\\&#123;code\\}"),
        ("\\", "[~admin]", "\\&#91;\\~admin\\]"),
        ("!", "https://evil.example/a.png!", "!https://evil.example/a.png\\!"),
        ("!at ", "a.png! once", "!at a.png\\! once"),
    ],
)
def test_p26_a_value_neither_loses_its_escape_to_the_text_before_it_nor_ends_an_image(
    own: str, value: str, markup: str
) -> None:
    """Two backslashes are a line break, and what follows them is not escaped."""
    assert escape_values(fill([(own, False), (value, True)])) == markup
