"""Characters beyond U+FFFF, emoji for instance, which not every database of Jira's can hold.

One fails at them, another keeps something else in their place: MySQL's `utf8` has three bytes for a
character, https://jira.atlassian.com/browse/JRASERVER-36135.
"""

import re
from collections.abc import Callable, Mapping

REPLACEMENT = "\ufffd"
"""What stands for such a character once it was replaced."""

_WIDE = re.compile("[\U00010000-\U0010ffff]")
_DOUBTFUL = re.compile(f"[{REPLACEMENT}\U00010000-\U0010ffff]")


def has_wide(value: object) -> bool:
    """Whether such a character is in a value of JSON."""
    return _any(value, lambda text: bool(_WIDE.search(text)))


def is_doubtful(value: object) -> bool:
    """Whether a database may fail at a value: it holds such a character, or its replacement."""
    return _any(value, lambda text: bool(_DOUBTFUL.search(text)))


def narrowed(value: object) -> object:
    """The value of JSON with such characters replaced."""
    match value:
        case str():
            return _WIDE.sub(REPLACEMENT, value)
        case Mapping():
            return {key: narrowed(each) for key, each in value.items()}
        case list():
            return [narrowed(each) for each in value]
        case _:
            return value


def may_be_left_of(written: object, held: object) -> bool:
    """Whether a text is what a database may keep of one with such characters.

    It has something short in the place of each, or nothing, or ends before the first.
    """
    if not isinstance(written, str) or not isinstance(held, str) or not has_wide(written):
        return False
    parts = _WIDE.split(written.strip())
    is_alike = re.fullmatch(".{0,4}".join(map(re.escape, parts)), held.strip(), re.DOTALL)
    return bool(is_alike) or held.strip() == parts[0].strip()


def _any(value: object, holds: Callable[[str], bool]) -> bool:
    match value:
        case str():
            return holds(value)
        case Mapping():
            return any(_any(each, holds) for each in value.values())
        case list():
            return any(_any(each, holds) for each in value)
        case _:
            return False
