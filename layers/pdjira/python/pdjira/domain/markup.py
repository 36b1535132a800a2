r"""Plain text to Jira's wiki markup, so that nothing in the text becomes markup.

A backslash takes the meaning of the characters that the renderer lets it escape; where it does
not (headings, quotes, backslashes, smileys of letters), a numeric entity does. Text that could be
no markup stays as it is, since people also read it unrendered: `high-cpu`, `alarm!`, plain links.
"""

import re
from collections.abc import Iterable

_LINK = re.compile(r"https?://[A-Za-z0-9./?&=%:;,@+$'~_-]*[A-Za-z0-9/]")
_BACKSLASHED = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"[{}\[\]|]",  # macros, links, mentions, tables
        r"(?<![A-Za-z0-9])[*_+^~-]|[*_+^~-](?![A-Za-z0-9])|\?\?",  # phrases, lists, rules
        r"!(?=\S)",  # images
        r"\((?=(?:[!/?xiyn*+-]|on|off|\*[rgby]|flag|flagoff)\))",  # icons
        r"^\s*#",  # numbered lists
    )
)
_ENTITIES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"\\",  # escapes and line breaks
        r"[:;](?=[)(PD])",  # smileys
        r"^\s*(?:h[1-6]|bq)(\.)",  # headings and quotes
        r"&(?=#?[A-Za-z0-9]+;)",  # entities that the text brings along
    )
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

ELLIPSIS = "…"


def plain(text: str) -> str:
    """`text` with line feeds only, and without control characters and broken surrogates."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, *, limit: int) -> str:
    """`text` as a single line of at most `limit` characters; cut text ends with an ellipsis."""
    line = " ".join(plain(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + ELLIPSIS


def escape(text: str) -> str:
    """Wiki markup that shows `text` as it is; links stay links."""
    text = plain(text)
    in_links = {at for link in _LINK.finditer(text) for at in range(*link.span())}
    escaped = {at: f"\\{text[at]}" for at in _found(_BACKSLASHED, text) - in_links}
    entities = {at: f"&#{ord(text[at])};" for at in _found(_ENTITIES, text) - in_links}
    replaced = escaped | entities
    return "".join(replaced.get(at, character) for at, character in enumerate(text))


def _found(patterns: Iterable[re.Pattern[str]], text: str) -> set[int]:
    """Where a character stands that a pattern names: its group, or all of it."""
    return {
        at
        for pattern in patterns
        for found in pattern.finditer(text)
        for at in range(*found.span(found.re.groups))
        if not text[at].isspace()
    }
