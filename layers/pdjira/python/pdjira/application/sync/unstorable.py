"""Writes to Jira what its database may not hold: as it is, and where that keeps failing, replaced.

Jira fails at such a text as it fails at any other for a moment, so the first failures are no proof.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar, cast

from pdjira.application.sync.round import Round
from pdjira.domain.text.supplementary import REPLACEMENT, without_supplementary
from pdjira.errors import Temporary, Unstorable

PASSING = timedelta(seconds=10)
"""So long a failure may be one of the moment."""

PATIENCE = timedelta(hours=1)
"""After that, a text at which Jira fails however it is written holds nothing else up."""

Value = TypeVar("Value")
Made = TypeVar("Made")


def stored(
    current: Round,
    write: Callable[[Value], Made],
    value: Value,
    *,
    look: Callable[[], Made | None] | None = None,
    since: datetime | None = None,
) -> Made:
    """Write; where Jira goes on failing at it in later deliveries, without such characters.

    `look` finds what was written although Jira said that it failed. `since`: from then on it has
    failed in earlier messages. Raises what `write` raises, but `Temporary` in place of `Unstorable`
    for the first hour of what was not refused before.
    """
    try:
        return write(value)
    except Unstorable as error:
        now = current.situation.now
        lasted = now - min(since or now, current.situation.tried_since or now)
        if lasted < PASSING:
            raise Temporary(error.says, cure=error.cure) from error
        there = look() if look else None
        if there is not None:
            return there
        is_final = current.link.refused or lasted >= PATIENCE
        return _replaced(current, write, value, failure=error if is_final else None)


def _replaced(
    current: Round, write: Callable[[Value], Made], value: Value, *, failure: Unstorable | None
) -> Made:
    """Write it replaced; where Jira fails at that as well, no character may be the cause."""
    try:
        made = write(cast("Value", without_supplementary(value)))
    except (Temporary, Unstorable) as error:
        if failure is not None:
            raise failure from error
        if isinstance(error, Temporary):
            raise
        raise Temporary(error.says, cure=error.cure) from error
    current.says.append(
        f"Jira's database does not hold characters such as emoji: each was replaced by "
        f'"{REPLACEMENT}".'
    )
    return made
