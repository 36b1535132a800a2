"""The life of an incident, event by event: the same for every budget of the worker."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from pdjira.model.incident import Note
from pdjira.model.signal import Signal, SignalKind
from tests.benchmarks.scene import a_change
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER

T = TypeVar("T")

_DETAILS = {"host": "web-7", "p99": "8 s"}


class Kind(StrEnum):
    """The kinds of event that are told apart, in the order in which they come."""

    CREATION = "a creation"
    AGAIN = "an event that changes nothing"
    ECHO = "our own note coming back"
    STATUS = "a status change"
    NOTE = "a note"
    PRIORITY = "a change of priority"
    TITLE = "a change of title"
    END = "a status change that resolves"
    LATE_CREATION = "a creation with one step"
    TWO_STEPS = "a status change of two steps"
    LOOK = "a poll's look at what we wrote"
    LOOK_AT_COMMENT = "a poll's look at our comment"


STATUS_KINDS = (Kind.STATUS, Kind.END, Kind.TWO_STEPS)
CREATION_KINDS = (Kind.CREATION, Kind.LATE_CREATION)


def live(pagerduty: PagerDutyModel, work: Callable[[Signal], T]) -> dict[Kind, T]:
    """Let four incidents live under the benchmarks' mapping, and work on each of their events.

    Answers what `work` answered to each kind. Afterwards all that there is to learn of Jira is
    known, so a second time nothing is left to be learned.
    """
    first = _Incident(pagerduty)
    answers = {Kind.CREATION: work(first.tells("triggered"))}
    answers[Kind.AGAIN] = work(first.tells("triggered"))
    answers[Kind.ECHO] = work(first.tells("annotated", note=first.last_note()))
    pagerduty.acknowledge(first.id, by=RESPONDER)
    answers[Kind.STATUS] = work(first.tells("acknowledged"))
    pagerduty.add_note(first.id, "Restarted web-7, p99 is falling.", by=RESPONDER)
    answers[Kind.NOTE] = work(first.tells("annotated", note=first.last_note()))
    pagerduty.set_priority(first.id, "PP2", by=RESPONDER)
    answers[Kind.PRIORITY] = work(first.tells("priority_updated"))
    pagerduty.set_title(first.id, "Checkout is down", by=RESPONDER)
    answers[Kind.TITLE] = work(first.tells("escalated"))
    pagerduty.resolve(first.id, by=RESPONDER)
    answers[Kind.END] = work(first.tells("resolved"))
    return answers | _others(pagerduty, work)


def _others(pagerduty: PagerDutyModel, work: Callable[[Signal], T]) -> dict[Kind, T]:
    """What the first incident does not live to see: steps at once, several of them, polls."""
    late, hasty, polled = (_Incident(pagerduty) for _ in range(3))
    pagerduty.acknowledge(late.id, by=RESPONDER)
    answers = {Kind.LATE_CREATION: work(late.tells("triggered"))}
    work(hasty.tells("triggered"))
    pagerduty.resolve(hasty.id, by=RESPONDER)
    answers[Kind.TWO_STEPS] = work(hasty.tells("resolved"))
    work(polled.tells("triggered"))
    answers[Kind.LOOK] = work(polled.is_polled())
    pagerduty.add_note(polled.id, "Restarted web-7, p99 is falling.", by=RESPONDER)
    work(polled.tells("annotated", note=polled.last_note()))
    answers[Kind.LOOK_AT_COMMENT] = work(polled.is_polled())
    return answers


class _Incident:
    def __init__(self, pagerduty: PagerDutyModel) -> None:
        self._pagerduty = pagerduty
        opened = pagerduty.trigger(
            CHECKOUT, "Checkout answers slowly", by=RESPONDER, details=_DETAILS
        )
        self.id = opened.id

    def tells(self, event: str, **more: Any) -> Signal:
        """A webhook about it, as it is stored."""
        return a_change(self.id, event_type=f"incident.{event}", **more)

    def is_polled(self) -> Signal:
        """What a poll tells of its issue."""
        return a_change(self.id, kind=SignalKind.ISSUE_CHANGED, event_type="")

    def last_note(self) -> Note:
        """The newest of its notes, as a webhook tells of it."""
        written = self._pagerduty.incident(self.id).notes[-1]
        return Note(id=written.id, content=written.content, author=written.user["summary"])
