"""Text as the other side can hold it: wiki markup as plain text, emoji left out, and digests."""

import hashlib
import html
import re
from collections import abc
from collections.abc import Callable
from functools import cache
from html.entities import html5

from pdjira.text.markup import plain

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


REPLACEMENT = "\ufffd"
"""What takes the place of such a character."""

_WIDE = re.compile("[\U00010000-\U0010ffff]")

_RUN = re.compile(f"({_WIDE.pattern}+)")

_MOST_LEFT = 4


def has_supplementary(value: object) -> bool:
    """Whether such a character is in a value of JSON."""
    match value:
        case str():
            return bool(_WIDE.search(value))
        case abc.Mapping():
            return any(map(has_supplementary, value.values()))
        case list():
            return any(map(has_supplementary, value))
        case _:
            return False


def without_supplementary(value: object) -> object:
    """The value of JSON with such characters replaced."""
    match value:
        case str():
            return _WIDE.sub(REPLACEMENT, value)
        case abc.Mapping():
            return {key: without_supplementary(each) for key, each in value.items()}
        case list():
            return [without_supplementary(each) for each in value]
        case _:
            return value


def may_be_left_of(written: object, held: object) -> bool:
    """Whether a text is what a database may keep of one with such characters.

    It has something short that is no word in the place of each, or nothing, or ends before the
    first.
    """
    if not isinstance(written, str) or not isinstance(held, str) or not has_supplementary(written):
        return False
    written, held = written.strip(), held.strip()
    if held == _RUN.split(written)[0].strip():
        return True
    return bool(_ends(_RUN.split(written), held) >> len(held))


def _ends(parts: list[str], held: str) -> int:
    """Where in the held text the written one may end, a bit for each position.

    Its parts are texts and runs of such characters, in turn. All ways are followed at once, so that
    no number of emoji makes it slow.
    """
    is_no_word = _bits([not (one.isascii() and one.isalnum()) for one in held])
    starts = cache(lambda part: _bits([held.startswith(part, at) for at in range(len(held) + 1)]))
    ends = 1
    for part in parts:
        if _WIDE.match(part):
            longest = _MOST_LEFT * len(part)
            while longest and (further := ends | (ends & is_no_word) << 1) != ends:
                ends, longest = further, longest - 1
        elif ends:
            ends = (ends & starts(part)) << len(part)
    return ends


def _bits(flags: list[bool]) -> int:
    """A number with the bit of each place that is flagged."""
    return int("0" + "".join("01"[flag] for flag in reversed(flags)), 2)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 incident`, `12 incidents`; the plural takes an s where none is given."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def text_digest(text: str) -> str:
    """Eight characters that differ where the texts do, apart from white space at their ends."""
    return hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:8]
