"""Supplementary characters (beyond U+FFFF, emoji for instance), which not every database can hold.

One fails at them, another keeps something else in their place: MySQL's `utf8` has three bytes for a
character, https://jira.atlassian.com/browse/JRASERVER-36135.
"""

import re
from collections import abc
from functools import cache

REPLACEMENT = "\ufffd"
"""What stands for such a character once it was replaced."""

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
