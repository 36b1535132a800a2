"""What becomes of an extra that fails: its message comes again for a minute, then it is owed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.circuits.breaker import is_patient
from pdjira.errors import (
    Ambiguous,
    CircuitOpen,
    OutOfTime,
    PdjiraError,
    Temporary,
    Unauthenticated,
    Unfinished,
    sentence_of,
)
from pdjira.model.link import EXTRA_PATIENCE, Extra, Failing, Owed, PutOff
from pdjira.model.notices import owed_key
from pdjira.model.ports import Links
from pdjira.sync.extras import TellOwed, is_hanging, owed_after
from pdjira.sync.notices.steps import fall_due
from pdjira.sync.round import Performs, Round

_SHORTEST = timedelta(seconds=5)
"""A shorter wait is not worth it at the end of the minute."""

_FORESEEN = timedelta(seconds=5)
"""How long an unforeseen error is raised, for the log; five of them would end the message."""


class NotTried(Temporary):
    """An extra is left alone: it hung for another link, or others have used up its time."""

    def __init__(self) -> None:
        super().__init__("There was no time left for it in this delivery.", retry_after=1)


def has_hung(current: Round) -> bool:
    """Whether an extra of the link hung when it was tried last."""
    return any(is_hanging(current.link, extra) for extra in Extra)


def put_off(current: Round, extra: Extra, error: Exception, *, now: datetime) -> None:
    """Leave an extra alone for the rest of the round, and have its message come again or owe it.

    While a side as a whole is left alone, or does not accept our sign-in, nothing becomes owed:
    the message waits, as the core would.
    """
    if _hangs(error):
        current.hung.add(extra)
    why = sentence_of(error) if isinstance(error, PdjiraError) else f"{type(error).__name__}."
    again = _again(current, extra, error, now=now)
    owed = None
    if again is None:
        owed = _owed(current, extra, error, now=now)
    elif current.error is None or is_patient(current.error, than=again):
        current.error = again
    situation = current.situation
    put = {**situation.extras.put_off, extra: PutOff(why=why, owed=owed)}
    current.learn(replace(situation.extras, put_off=put))


def end_extras(current: Round) -> None:
    """Remember, once a round has come to rest, what its link owes."""
    link = current.situation.link
    if link is None:
        return
    owed = owed_after(current.situation, link)
    if owed != link.owed:
        current.keep(replace(link, owed=owed))


def is_news(current: Round, extra: Extra) -> bool:
    """Whether people do not know yet that an extra is refused; whoever asks is told again."""
    owed = current.link.owed.get(extra)
    is_known = owed is not None and owed.is_refused
    return not is_known or current.situation.signal.is_asked_by_person


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedSteps:
    """Tells people what is owed."""

    links: Links

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {TellOwed: self.tell}

    def tell(self, current: Round, step: TellOwed) -> None:
        """Tell people, by a note or on the timeline alone; and remember that they know."""
        put_off = current.situation.extras.put_off
        before = put_off[step.owed]
        owed = before.owed or Owed(since=current.situation.now)
        after = replace(before, owed=replace(owed, is_known=True))
        current.learn(replace(current.situation.extras, put_off={**put_off, step.owed: after}))
        if step.by_note:
            key = owed_key(step.owed, since=owed.since)
            fall_due(self.links, current, current.link, key, step.text)
        else:
            current.says.append(step.text)


def _again(current: Round, extra: Extra, error: Exception, *, now: datetime) -> Exception | None:
    """What is raised at the round's end so that the message comes again; None: it does not."""
    if isinstance(error, CircuitOpen | Unauthenticated):
        return error
    age = now - (current.situation.tried_since or current.situation.now)
    if not isinstance(error, PdjiraError):
        return error if age < _FORESEEN else None
    if _is_known(current, extra) and not isinstance(error, Unfinished):
        return None
    wait = _wait(error, age)
    if wait is None or isinstance(error, OutOfTime):
        return None if wait is None else error
    return Unfinished(error.says, cure=error.cure, retry_after=wait.total_seconds())


def _is_known(current: Round, extra: Extra) -> bool:
    """Whether it was owed before this message came."""
    owed, since = current.owed_before.get(extra), current.situation.tried_since
    return owed is not None and (since is None or owed.since < since.replace(microsecond=0))


def _wait(error: PdjiraError, age: timedelta) -> timedelta | None:
    """How long until the next try: as long as it was tried so far, or as the side says."""
    left = EXTRA_PATIENCE - age
    if isinstance(error, Temporary) and error.retry_after is not None:
        wait = timedelta(seconds=error.retry_after)
    else:
        wait = max(timedelta(seconds=1), min(age, left * 0.9))
    return wait if left >= max(wait, _SHORTEST) else None


def _hangs(error: Exception) -> bool:
    return isinstance(error, Temporary | Ambiguous) and error.timed_out is not None


def _owed(current: Round, extra: Extra, error: Exception, *, now: datetime) -> Owed:
    link = current.situation.link
    before = link.owed.get(extra) if link else None
    owed = before or Owed(since=now.replace(microsecond=0))
    how = Failing.HANGS if _hangs(error) else Failing.FAILS
    if isinstance(error, NotTried) and owed.how is Failing.HANGS:
        how = owed.how
    is_known = owed.is_known and not owed.is_refused
    return replace(owed, how=how, tried=None, is_known=is_known)
