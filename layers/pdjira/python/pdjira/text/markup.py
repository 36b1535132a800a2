"""Plain text to Jira's wiki markup, so that nothing in the text becomes markup.

Text into which values were put keeps its own markup; only the values are escaped.

A backslash takes the meaning of the characters that the renderer lets it escape; where it does not
(headings, quotes, backslashes, smileys of letters), a numeric entity does. Text that cannot be
markup stays as it is, since people also read it unrendered: `high-cpu`, `alarm!`, plain links.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby
from typing import NamedTuple

_LINK = re.compile(r"""(?<![A-Za-z0-9"'\[|!])https?://[A-Za-z0-9./?&=%:;,@+$'~_-]*[A-Za-z0-9/]""")

_BACKSLASHED = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"[{}\[\]|^]",  # macros, links, mentions, tables, superscript
        r"(?<![A-Za-z0-9])[*_+~-]|[*_+~-](?![A-Za-z0-9])|\?\?",  # phrases, lists, rules
        r"!(?=[^ \t\n])",  # images
        r"\((?=(?:[!/?xiyn*+-]|on|off|\*[rgby]|flag|flagoff)\))",  # icons
        r"^[^\S\n]*(#)",  # numbered lists
    )
)

_ENTITIES = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"\\",  # escapes and line breaks
        r"\{(?=\{)|(?<=\{)\{|\}(?=\})|(?<=\})\}",  # monospaced text: it survives a backslash
        r"[:;](?=-?[)(PpD])",  # smileys
        r"^[^\S\n]*(?:h[1-6]|bq)(\.)",  # headings and quotes
        r"&(?=#?[A-Za-z0-9]+;)",  # entities that the text brings along
    )
)

_COMPLETED = tuple(
    re.compile(pattern)
    for pattern in (
        r"[:;]-?[)(PpD]",
        r"\((?:[!/?xiyn*+-]|on|off|\*[rgby]|flag|flagoff)\)",
    )
)
"""What the text before a value may begin and the value complete."""

_IMAGE_END = re.compile("!")
"""What a value may end where the text before it begins an image."""

_LINE_END = re.compile(r"\r\n|[\r\x85\u2028\u2029]")
"""What Java, and so Jira's renderer, takes for the end of a line."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

ELLIPSIS = "…"

_FENCE = "```"

_VERBATIM = "{noformat}"

_MENTION = re.compile(r"\[(?=~[^\[\]\n]{1,500}\])")

_WORD_JOINER = "\u2060"

_JOINERS = "\u200c\u200d"  # they make up letters and emoji


def plain(text: str) -> str:
    """`text` with line feeds only, and without control characters and broken surrogates."""
    return _CONTROL.sub("", _LINE_END.sub("\n", text))


def one_line(text: str, *, limit: int) -> str:
    """`text` as a single visible line of at most `limit` units; cut text ends with an ellipsis."""
    if not text.isprintable():
        text = "".join(
            character
            for character in plain(text)
            if character in _JOINERS or unicodedata.category(character) != "Cf"
        )
    return cut(" ".join(text.split()), limit=limit)


def cut(text: str, *, limit: int) -> str:
    """`text` with at most `limit` units; cut text ends with an ellipsis.

    A unit is what Jira counts: Java's `length()`, so a character beyond U+FFFF counts as two.
    """
    if units(text) <= limit:
        return text
    kept = text.encode("utf-16-le")[: 2 * (limit - 1)].decode("utf-16-le", "ignore")
    return kept.rstrip() + ELLIPSIS


def units(text: str) -> int:
    """How long the text is, as Jira counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class FilledText(NamedTuple):
    """Text into which values were put; `own` is where its own characters stand."""

    text: str
    own: AbstractSet[int] = frozenset()

    def kept(self, places: Sequence[int]) -> "FilledText":
        """The characters of these places alone, white space as blanks."""
        characters = (" " if self.text[at].isspace() else self.text[at] for at in places)
        own = {new for new, at in enumerate(places) if at in self.own}
        return FilledText("".join(characters), own)


def fill(parts: Iterable[tuple[str, bool]]) -> FilledText:
    """Plain text of several parts, each with whether it is a value."""
    text, own = "", set[int]()
    for part, is_value in parts:
        added = plain(part)
        own |= set() if is_value else set(range(len(text), len(text) + len(added)))
        text += added
    return FilledText(text, own)


def filled_line(filled: FilledText, *, limit: int) -> str:
    """Wiki markup of one line, at most `limit` units; cut text ends with an ellipsis."""
    places: list[int] = []
    for at, character in enumerate(filled.text):
        is_seen = character in _JOINERS or unicodedata.category(character) != "Cf"
        if is_seen and not (character.isspace() and (not places or _is_blank(filled, places[-1]))):
            places.append(at)
    while places and _is_blank(filled, places[-1]):
        places.pop()
    line = escape_values(filled.kept(places))
    while units(line) > limit:
        places = places[: len(places) * 9 // 10]
        line = escape_values(filled.kept(places)).rstrip() + ELLIPSIS
    return line


def _is_blank(filled: FilledText, at: int) -> bool:
    return filled.text[at].isspace()


def escape(text: str) -> str:
    """Wiki markup that shows `text` as it is; links stay links."""
    return escape_values(FilledText(plain(text)))


def escape_values(filled: FilledText) -> str:
    """Wiki markup that shows values as they are, beside the text's own markup."""
    text, own = filled
    in_links = {at for link in _LINK.finditer(text) for at in range(*link.span())}
    in_links |= _whole_links(filled)
    patterns = (*_BACKSLASHED, _IMAGE_END) if own else _BACKSLASHED
    marked = _found(patterns, text) - in_links - own
    escaped = {at: f"\\{text[at]}" for at in marked}
    named = _found(_ENTITIES, text) - in_links
    named |= {at for at in marked if at - 1 in own and text[at - 1] == "\\"}  # two break a line
    named |= {at + 1 for at in named if text[at + 1 : at + 2] == ")"}  # `;)` would be a smiley
    named |= _completions(filled)
    entities = {at: f"&#{ord(text[at])};" for at in named - own}
    replaced = escaped | entities
    return "".join(replaced.get(at, character) for at, character in enumerate(text))


def _whole_links(filled: FilledText) -> set[int]:
    """Values that are nothing but a link stay one, also in brackets of the text's own."""
    found: set[int] = set()
    runs = groupby(range(len(filled.text)), filled.own.__contains__) if filled.own else ()
    for is_own, places in runs:
        value = [*places]
        if not is_own and _LINK.fullmatch(filled.text[value[0] : value[-1] + 1]):
            found |= set(value)
    return found


def _completions(filled: FilledText) -> set[int]:
    """The first character of each value that completes what the text before it begins."""
    if not filled.own:
        return set()
    spans = (found.span() for each in _COMPLETED for found in each.finditer(filled.text))
    return {
        next(at for at in range(*span) if at not in filled.own)
        for span in spans
        if span[0] in filled.own and not filled.own >= set(range(*span))
    }


def escape_with_code(text: str) -> str:
    """As `escape`, but lines between fences (three backticks) are shown as they are, as code.

    Jira also notifies people whom code mentions, so such a mention is broken by a character of no
    width.
    """
    lines = plain(text).split("\n")
    fences = _Fences(
        ends=[at for at, line in enumerate(lines) if line.strip() == _FENCE],
        spoilt=[at for at, line in enumerate(lines) if _VERBATIM[:-1] in line],
    )
    shown: list[str] = []
    at = begun = 0
    while at < len(lines):
        end = fences.end_of(lines[at], at)
        if end is None:
            at += 1
            continue
        shown += [escape("\n".join(lines[begun:at]))] if at > begun else []
        code = [_MENTION.sub(f"[{_WORD_JOINER}", line) for line in lines[at + 1 : end]]
        shown.append("\n".join([_VERBATIM, *code, _VERBATIM]))
        at = begun = end + 1
    shown += [escape("\n".join(lines[begun:]))] if begun < len(lines) else []
    return "\n".join(shown)


class _Fences(NamedTuple):
    """Where a block of code may end, and which lines none may hold."""

    ends: list[int]
    spoilt: list[int]

    def end_of(self, line: str, at: int) -> int | None:
        """The line that ends the block which begins with this line; None where none does."""
        if not line.lstrip().startswith(_FENCE) or line.count("`") > len(_FENCE):
            return None
        later = bisect_right(self.ends, at)
        if later == len(self.ends):
            return None
        end = self.ends[later]
        is_spoilt = bisect_right(self.spoilt, at) < bisect_right(self.spoilt, end)
        return None if is_spoilt else end


def _found(patterns: Iterable[re.Pattern[str]], text: str) -> set[int]:
    """Where a character stands that a pattern names: its group, or all of it."""
    return {
        at
        for pattern in patterns
        for found in pattern.finditer(text)
        for at in range(*found.span(found.re.groups))
        if not text[at].isspace()
    }


LINE_LIMIT = 255

TEXT_LIMIT = 30_000
"""Units, as Jira counts them: below Jira's default of 32,767, so that a last line always fits."""


def whole_escapes(markup: str) -> str:
    """Markup that fits, and whose end is no half of an escape."""
    markup = markup.rstrip()
    if units(markup) <= TEXT_LIMIT:
        return markup
    return cut(markup, limit=TEXT_LIMIT).rstrip("\\…") + "…"
