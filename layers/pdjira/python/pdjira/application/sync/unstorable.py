"""Writes to Jira what its database may not hold: as it is, and where that fails again, replaced.

Jira fails at such a text as it fails at any other for a moment, so the first failure is no proof.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from pdjira.application.sync.round import Round
from pdjira.domain.text.supplementary import REPLACEMENT, without_supplementary
from pdjira.errors import Temporary, Unstorable

Value = TypeVar("Value")
Made = TypeVar("Made")


def stored(
    current: Round,
    write: Callable[[Value], Made],
    value: Value,
    *,
    look: Callable[[], Made | None] | None = None,
) -> Made:
    """Write; where Jira fails at it once more in a later delivery, without such characters.

    `look` finds what was written although Jira said that it failed. Raises what `write` raises,
    and `Temporary` in place of `Unstorable`.
    """
    try:
        return write(value)
    except Unstorable as error:
        if current.situation.tried_since is None:
            raise Temporary(error.says, cure=error.cure) from error
    there = look() if look else None
    return _replaced(current, write, value) if there is None else there


def _replaced(current: Round, write: Callable[[Value], Made], value: Value) -> Made:
    """Write it replaced; where Jira fails at that as well, no character is the cause."""
    try:
        made = write(cast("Value", without_supplementary(value)))
    except Unstorable as error:
        raise Temporary(error.says, cure=error.cure) from error
    current.says.append(
        f"Jira's database does not hold characters such as emoji: each was replaced by "
        f'"{REPLACEMENT}".'
    )
    return made
