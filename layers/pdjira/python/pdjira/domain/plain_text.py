"""Jira's wiki markup as plain text, as a person reads it; what is no markup stays as it is."""

import html
import re
from collections.abc import Callable

from pdjira.domain.markup import plain

_BLOCK = re.compile(r"\{(code|noformat)(?::[^{}\n]{0,200})?\}")
_MACRO = re.compile(r"\{(?:quote|color|panel|anchor|section|column)(?::[^{}\n]{0,200})?\}")
_LINK = re.compile(r"(?<!\\)\[([^\[\]|\n]{1,500})\|([^\[\]|\n]{1,2000})(?:\|[^\[\]\n]{0,200})?\]")
_BARE_LINK = re.compile(r"(?<!\\)\[((?:https?://|mailto:)[^\[\]|\s]{1,2000})\]")
_MENTION = re.compile(r"(?<!\\)\[~([^\[\]|\n]{1,200})\]")
_IMAGE = re.compile(r"(?<![\\\w])!([^!|\s][^!|\n]{0,500})(?:\|[^!\n]{0,200})?!(?!\w)")
_HEADING = re.compile(r"^[ \t]{0,20}(?:h[1-6]|bq)\. ", re.MULTILINE)
_STRONG = re.compile(r"(?<![\\\w*])\*(\S(?:[^*\n]{0,500}\S)?)\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\\\w_])_(\S(?:[^_\n]{0,500}\S)?)_(?![\w_])")
_MONOSPACED = re.compile(r"\{\{([^{}\n]{1,500})\}\}")
_ESCAPE = re.compile(r"\\([{}\[\]|^*_+~!?#()\-])")
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
    """The markup as plain text; blocks of code stand between fences, word for word."""
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
    for pattern, shown in _RULES:
        text = pattern.sub(shown, text)
    return plain(html.unescape(text))
