"""Supplementary characters (beyond U+FFFF, emoji for instance), which not every database can hold.

One fails at them, another keeps something else in their place: MySQL's `utf8` has three bytes for a
character, https://jira.atlassian.com/browse/JRASERVER-36135.
"""

import re
from collections.abc import Mapping

REPLACEMENT = "\ufffd"
"""What stands for such a character once it was replaced."""

_WIDE = re.compile("[\U00010000-\U0010ffff]")
_LEFT = "[^0-9A-Za-z]{0,4}"


def has_supplementary(value: object) -> bool:
    """Whether such a character is in a value of JSON."""
    match value:
        case str():
            return bool(_WIDE.search(value))
        case Mapping():
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
        case Mapping():
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
    parts = _WIDE.split(written.strip())
    is_alike = re.fullmatch(_LEFT.join(map(re.escape, parts)), held.strip())
    return bool(is_alike) or held.strip() == parts[0].strip()
