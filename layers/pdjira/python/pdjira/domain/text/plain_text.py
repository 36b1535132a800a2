"""Jira's wiki markup as plain text, as a person reads it; what is no markup stays as it is."""

import html
import re
from collections.abc import Callable
from html.entities import html5

from pdjira.domain.text.markup import plain

_BLOCK = re.compile(r"\{(code|noformat)(?::[^{}\n]{0,200})?\}")
_MACRO = re.compile(r"\{(?:quote|color|panel|anchor|section|column)(?::[^{}\n]{0,200})?\}")
_URL = re.compile(
    r"(?<![A-Za-z0-9\\])https?://[^\s\[\]|{}<>\"!\\^\x00]{0,2000}(?:[^\W_]|[/=&%#~+$@-])"
)
_LINK = re.compile(r"(?<!\\)\[([^\[\]|\n]{1,500})\|([^\[\]|\n]{1,2000})(?:\|[^\[\]\n]{0,200})?\]")
_BARE_LINK = re.compile(r"(?<!\\)\[(\x00\d+\x00|mailto:[^\[\]|\s]{1,2000})\]")
_MENTION = re.compile(r"(?<!\\)\[~([^\[\]|\n]{1,200})\]")
_IMAGE = re.compile(r"(?<![\\\w])!([^!|\s][^!|\n]{0,500})(?:\|[^!\n]{0,200})?!(?!\w)")
_HEADING = re.compile(r"^[ \t]{0,20}(?:h[1-6]|bq)\. ", re.MULTILINE)
_STRONG = re.compile(r"(?<![\\\w*])\*(\S(?:[^*\n]{0,500}\S)?)\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\\\w_])_(\S(?:[^_\n]{0,500}\S)?)_(?![\w_])")
_MONOSPACED = re.compile(r"\{\{([^{}\n]{1,500})\}\}")
_ESCAPE = re.compile(r"\\([{}\[\]|^*_+~!?#()\-])")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
_KEPT = re.compile(r"\x00(\d+)\x00")
_FENCE = "```"

_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_MACRO, ""),
    (_LINK, r"\1 (\2)"),
    (_BARE_LINK, r"\1"),
    (_MENTION, r"@\1"),
    (_IMAGE, r"[image: \1]"),
    (_HEADING, ""),
    (_MONOSPACED, r"\1"),
    (_STRONG, r"\1"),
    (_EMPHASIS, r"\1"),
    (_ESCAPE, r"\1"),
)


def to_plain(markup: str) -> str:
    """The markup as plain text; blocks of code stand between fences, word for word.

    URLs stay as they are, whatever in them looks like markup.
    """
    text = plain(markup)
    parts: list[str] = []
    at = 0
    while opening := _BLOCK.search(text, at):
        closing = text.find(f"{{{opening[1]}}}", opening.end())
        if closing < 0:
            break
        code = text[opening.end() : closing].strip("\n")
        parts += [_inline(text[at : opening.start()]), f"{_FENCE}\n{code}\n{_FENCE}"]
        at = closing + len(opening[1]) + 2
    return "".join([*parts, _inline(text[at:])]).strip()


def _inline(text: str) -> str:
    """A text without code. While rules apply, a number between two NULs stands for each URL."""
    urls: list[str] = []

    def keep(found: re.Match[str]) -> str:
        urls.append(found[0])
        return f"\0{len(urls) - 1}\0"

    text = _URL.sub(keep, text)
    for pattern, shown in _RULES:
        text = pattern.sub(shown, text)
    text = _decoded(text)
    return plain(_KEPT.sub(lambda found: urls[int(found[1])], text))


def _decoded(text: str) -> str:
    """The text with its entities as characters: those that end with a semicolon and are known."""
    return _ENTITY.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    is_known = found[1] is None or f"{found[1]};" in html5
    return html.unescape(found[0]) if is_known else found[0]
