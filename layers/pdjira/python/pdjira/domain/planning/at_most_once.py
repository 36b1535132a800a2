"""What is written at most once: it is written, or looked for where an earlier attempt is open."""

from collections.abc import Callable
from typing import TypeVar

from pdjira.domain.comments import CommentRecord
from pdjira.domain.planning.actions import Wait
from pdjira.domain.planning.situation import Situation
from pdjira.domain.retries import BELIEVED_AFTER

Write = TypeVar("Write")
Look = TypeVar("Look")


def next_attempt(
    situation: Situation,
    item_id: str,
    *,
    write: Callable[[CommentRecord | None], Write],
    look: Look,
    lost: Wait,
) -> Write | Look | Wait:
    """Write, after looking for what an earlier attempt may have written.

    That it was not found is believed when the attempt is old; until then it is waited for (`lost`).
    """
    known = situation.records.get(item_id)
    if known is None or known.attempt_at is None:
        return write(known)
    if item_id not in situation.unlisted:
        return look
    is_young = situation.now < known.attempt_at + BELIEVED_AFTER
    return lost if is_young else write(known)
