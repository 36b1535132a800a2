"""Writes to Jira what its database may not hold: as it is, and where that fails, replaced."""

from collections.abc import Callable
from typing import TypeVar, cast

from pdjira.application.sync.round import Round
from pdjira.domain.text.wide import REPLACEMENT, narrowed
from pdjira.errors import Unstorable

Value = TypeVar("Value")
Made = TypeVar("Made")


def stored(current: Round, write: Callable[[Value], Made], value: Value) -> Made:
    """Write; where Jira fails at characters of the value, once more without them, and say so.

    Raises what `write` raises: `Unstorable` where Jira fails at that as well.
    """
    try:
        return write(value)
    except Unstorable:
        replaced = cast("Value", narrowed(value))
        if replaced == value:
            raise
    made = write(replaced)
    current.says.append(
        f"Jira's database does not hold characters such as emoji: each was replaced by "
        f'"{REPLACEMENT}".'
    )
    return made
