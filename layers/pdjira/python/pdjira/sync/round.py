"""One signal's work on one link: planned and performed until it rests, then stored.

An extra that fails is put off: its message comes again for a minute, then it is owed.
"""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from pdjira.circuits.breaker import is_patient
from pdjira.errors import (
    Ambiguous,
    CircuitOpen,
    OutOfTime,
    PdjiraError,
    Temporary,
    Unauthenticated,
    Unfinished,
    naming,
    sentence_of,
)
from pdjira.model import notices
from pdjira.model.incident import Incident
from pdjira.model.issue import Issue, IssueRef
from pdjira.model.link import (
    EXTRA_PATIENCE,
    Agreement,
    Extra,
    Failing,
    Link,
    Owed,
    PutOff,
    with_agreed,
)
from pdjira.model.mapping import Mapping
from pdjira.model.notices import owed_key
from pdjira.model.ports import Links
from pdjira.model.reason import Reason
from pdjira.model.times import TimeLeft, check_time
from pdjira.sync.extras import TellOwed, is_hanging, owed_after
from pdjira.sync.plan import plan
from pdjira.sync.situation import Facts, Situation
from pdjira.sync.status.rules import without_explanations
from pdjira.sync.step import Rest, Step, Wait


@dataclass(slots=True, kw_only=True)
class Round:
    """One signal's work on one link: what is known so far, and what is yet to be stored.

    `unsaved` is the link with what can wait for the round's end; what must not be lost (a claim, an
    issue, a refusal) is stored at once. `says` tells what was done; `refusals` counts those that
    people were told, `repairs` how often one side was brought to where the other is. `error` held
    up nothing else and is raised in the end. `has_called` says whether the latest step has called
    the side that it is for. `hung` are the extras that hung in this delivery, of whatever link.
    `account` tells the name of our account in Jira, "" where nobody knows it yet.
    """

    situation: Situation
    unsaved: Link | None = None
    refusals: int = 0
    repairs: int = 0
    has_called: bool = True
    says: list[str] = field(default_factory=list)
    error: Exception | None = None
    owed_before: abc.Mapping[Extra, Owed] = field(default_factory=dict)
    hung: set[Extra] = field(default_factory=set)
    account: Callable[[], str] = str

    def __post_init__(self) -> None:
        """Keep what the link owed when the round began."""
        if self.situation.link is not None:
            self.owed_before = self.situation.link.owed

    @property
    def link(self) -> Link:
        """The link, which every action but the first claim has."""
        if self.situation.link is None:
            raise LookupError("The planner asked for an action that needs a link.")
        return self.situation.link

    @property
    def issue(self) -> IssueRef:
        """The issue of a link that is complete."""
        if self.link.issue is None:
            raise LookupError("The planner asked for an action that needs an issue.")
        return self.link.issue

    @property
    def read_issue(self) -> Issue:
        """The issue as it was read in this round."""
        if self.situation.issue is None:
            raise LookupError("The planner asked for a step that needs the issue.")
        return self.situation.issue

    @property
    def mapping(self) -> Mapping:
        """The mapping, without which the planner makes no issue."""
        if self.situation.mapping is None:
            raise LookupError("The planner asked for an action that needs a mapping.")
        return self.situation.mapping

    @property
    def mapping_id(self) -> str:
        """The id of the mapping, whether in force or not."""
        mapping, link = self.situation.mapping, self.situation.link
        return mapping.id if mapping else link.mapping_id if link else ""

    @property
    def incident(self) -> Incident:
        """The incident as it is now, as far as this round knows."""
        return self.situation.incident

    def keep(self, link: Link) -> None:
        """Go on with a changed link, to be stored when the round ends."""
        self.situation = replace(self.situation, link=link)
        self.unsaved = link

    def saved(self, link: Link, *, fresh: str | None = None) -> None:
        """Go on with a link as it was just stored; `fresh` is a notice that fell due by it."""
        self.situation = replace(self.situation, link=link)
        if fresh:
            known = self.situation.notices
            self.learn(replace(known, fresh=known.fresh | {fresh}))
        self.unsaved = None

    def learn(self, facts: Facts) -> None:
        """Go on with what is known of an aspect now."""
        self.situation = self.situation.knowing(facts)

    def set_issue(self, issue: Issue | None) -> None:
        """Go on with the issue as it is now; None where it cannot be read."""
        self.situation = replace(self.situation, issue=issue)

    def set_incident(self, incident: Incident) -> None:
        """Go on with the incident as it is now."""
        self.situation = replace(self.situation, incident=incident)

    def agree(self, agreed: Agreement, says: str | None = None) -> None:
        """Remember what both sides agree on; explanations of why they did not are dropped."""
        left = without_explanations(self.link, agreed)
        self.keep(replace(with_agreed(self.link, agreed), notices=left))
        if says:
            self.says.append(says)


Performs = abc.Mapping[type[Step], Callable[[Round, Any], None]]
"""What performs the steps of an aspect, by their types.

Each puts what it learned into the round, and raises `Temporary` or `Ambiguous` when the signal must
be delivered again.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performer:
    """Performs steps on Jira, PagerDuty and the links, by what each aspect has for them."""

    performs: Performs

    def perform(self, step: Step, current: Round) -> None:
        """Do one step and put what it taught into `current`."""
        self.performs[type(step)](current, step)


def fall_due(links: Links, current: Round, link: Link, key: str, text: str) -> None:
    """Store the link with a notice that is due, before it is told, so that nothing is told twice.

    A notice that was there already is not fresh. A cause is told once, on the timeline too; a
    person who asks reads it there again.
    """
    text = notices.bounded(naming(text, current.account()))
    due = notices.with_due(link.notices, key, text, at=current.situation.now)
    is_new = key in due and key not in link.notices
    current.saved(links.save(replace(link, notices=due)), fresh=key if is_new else None)
    if key not in link.notices or current.situation.signal.is_asked_by_person:
        current.says.append(text)


MOST_ACTIONS = 500
"""More actions than any path of the planner has, beside one for each note that it looks at.

Past it, the planner goes in a circle.
"""


PutsOff = Callable[[Round, Extra, Exception], None]


def until_rest(
    current: Round,
    perform: Callable[[Step, Round], None],
    time_left: TimeLeft,
    *,
    put_off: PutsOff | None = None,
    until_extras: bool = False,
) -> Reason | None:
    """Plan and perform until nothing is left to do; returns why, None where extras are left.

    Raises what `perform` raises, and `Unfinished` where one has to wait or the time is up; where
    that is an extra, it is put off if the caller can.
    """
    actions = count()
    while next(actions) < MOST_ACTIONS + len(current.situation.notes.records):
        action = plan(current.situation)
        if isinstance(action, Rest):
            return action.why
        extra = action.extra
        if extra and until_extras:
            return None
        try:
            step = _admitted(action, current, time_left)
        except Unfinished as error:
            if extra is None or put_off is None:
                raise
            put_off(current, extra, error)
        else:
            perform(step, current)
    raise RuntimeError("The planner goes in a circle.")


def _admitted(action: Step | Wait, current: Round, time_left: TimeLeft) -> Step:
    """The step. Raises `Unfinished` where it must wait; one that calls nobody needs no time."""
    if isinstance(action, Wait):
        raise Unfinished(action.why, retry_after=action.seconds)
    if action.side:
        check_time(time_left, action.most_calls, left=f"mapping {current.mapping_id}")
    return action


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
