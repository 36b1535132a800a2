"""P33: automations that undo each of our status writes are stopped, and it is said once."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from pdjira.errors import Side
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER, SYNC_USER
from tests.simulation.course import THREE_STEPS, Course
from tests.simulation.stack import Stack

MOST_WRITES = {timedelta(minutes=10): 3, timedelta(hours=24): 8}
START, STOP, RESOLVE, REOPEN = "11", "21", "31", "51"
RESOLUTION = {"resolution": {"name": "Done"}}
RESOLVED = frozenset({"resolve_log_entry"})
REOPENED = frozenset({"reopen_log_entry"})


class Life:
    """An incident with its issue, both sides' webhooks, and automations that look every `pace`."""

    def __init__(
        self, *automations: Callable[["Life"], None], pace: timedelta = timedelta(seconds=5)
    ) -> None:
        self.stack = Stack(Course(seed=1, mappings=(THREE_STEPS,), jira_webhooks=1.0))
        self.pagerduty = self.stack.world.pagerduty.model
        self.jira = self.stack.world.jira.model
        self.incident = self.pagerduty.trigger(CHECKOUT, "Slow", by=RESPONDER)
        self.stack.pass_time(30)
        (self.issue,) = self.jira.issues.values()
        self.automations = automations
        self.pace = pace

    def go_on(self, **time: float) -> None:
        for _ in range(timedelta(**time) // self.pace):
            for automation in self.automations:
                automation(self)
            self.stack.pass_time(self.pace.total_seconds())

    def move(self, *transitions: str) -> None:
        for one in transitions:
            fields = {"fields": RESOLUTION} if one == RESOLVE else {}
            self.jira.transition("bob", self.issue.key, {"transition": {"id": one}, **fields})

    @property
    def last_mover(self) -> str | None:
        moved = [change for change in self.issue.history if is_move(change.items)]
        return moved[-1].author if moved else None

    def writes(self, side: Side) -> list[datetime]:
        """When we wrote a status to that side; the steps of one way in Jira are one write."""
        if side is Side.JIRA:
            moved = [one for one in self.issue.history if is_move(one.items)]
            ours = [one.created for one in moved if one.author == OUR_ACCOUNT]
            return sorted(set(ours))
        kinds = {"resolve_log_entry", "reopen_log_entry", "acknowledge_log_entry"}
        log = [one for one in self.incident.log if one.agent["id"] == SYNC_USER]
        return [one.created_at for one in log if one.type in kinds]

    @property
    def told(self) -> list[str]:
        return [note.content for note in self.incident.notes if "went to and fro" in note.content]

    @property
    def is_paused(self) -> bool:
        return self.stack.world.links.links[0].paused


def is_move(items: Sequence[dict[str, object]]) -> bool:
    return any(item["field"] == "status" for item in items)


def undo_in_jira(life: Life) -> None:
    """Whatever our account closes is opened again, and the reverse."""
    if life.last_mover == OUR_ACCOUNT:
        ways = {"1": (START, RESOLVE), "3": (STOP,), "5": (REOPEN,)}
        life.move(*ways[life.issue.status_id])


def undo_in_pagerduty(life: Life) -> None:
    """Whatever our user resolves is reopened, and the reverse."""
    changed = [one for one in life.incident.log if one.type in RESOLVED | REOPENED]
    if changed and changed[-1].agent["id"] == SYNC_USER:
        act = life.pagerduty.reopen if changed[-1].type in RESOLVED else life.pagerduty.resolve
        act(life.incident.id, by=RESPONDER)


def resolve(life: Life) -> None:
    life.pagerduty.resolve(life.incident.id, by=RESPONDER)


def close(life: Life) -> None:
    life.move(START, RESOLVE)


def most_within(times: Sequence[datetime], window: timedelta) -> int:
    return max((sum(at <= one < at + window for one in times) for at in times), default=0)


def assert_stopped(life: Life) -> None:
    """No side was written to more often than it may, the link pauses, and one note says so."""
    for side in Side:
        for window, most in MOST_WRITES.items():
            assert most_within(life.writes(side), window) <= most
    assert life.is_paused
    assert len(life.told) == 1
    assert "What to do" in life.told[0]


PACES = [
    (timedelta(seconds=5), timedelta(hours=2)),
    (timedelta(minutes=2), timedelta(hours=4)),
    (timedelta(minutes=4), timedelta(hours=6)),
    (timedelta(minutes=10), timedelta(hours=12)),
    (timedelta(hours=1), timedelta(hours=36)),
]


@pytest.mark.parametrize("begin", [resolve, close])
@pytest.mark.parametrize(("pace", "time"), PACES, ids=str)
def test_p33_automations_that_undo_each_of_our_writes_are_stopped_at_any_pace(
    pace: timedelta, time: timedelta, begin: Callable[[Life], None]
) -> None:
    """The fourth write within ten minutes, or the ninth within 24 hours, is not made."""
    life = Life(undo_in_jira, undo_in_pagerduty, pace=pace)
    begin(life)

    life.go_on(seconds=time.total_seconds())
    at_first = {side: life.writes(side) for side in Side}
    life.go_on(seconds=time.total_seconds() / 2)

    assert_stopped(life)
    assert at_first == {side: life.writes(side) for side in Side}
    assert sum(one.type in REOPENED for one in life.incident.log) <= 2 * 8


@pytest.mark.parametrize("begin", [resolve, close])
def test_p33_two_automations_that_undo_each_of_our_writes_are_stopped_after_three(
    begin: Callable[[Life], None],
) -> None:
    life = Life(undo_in_jira, undo_in_pagerduty)
    begin(life)

    life.go_on(hours=1)
    at_first = {side: life.writes(side) for side in Side}
    life.go_on(hours=3)

    assert_stopped(life)
    assert at_first == {side: life.writes(side) for side in Side}
    assert all(len(life.writes(side)) <= 3 for side in Side)


@pytest.mark.parametrize("automation", [undo_in_jira, undo_in_pagerduty])
@pytest.mark.parametrize("begin", [resolve, close])
def test_p33_an_automation_on_one_side_alone_makes_no_storm_either(
    automation: Callable[[Life], None], begin: Callable[[Life], None]
) -> None:
    life = Life(automation)
    begin(life)

    life.go_on(hours=4)

    pages = [one for one in life.incident.log if one.type in REOPENED]
    assert len(pages) <= 1
    assert len(life.told) <= 1
    assert sum(len(life.writes(side)) for side in Side) <= 6


def test_p33_once_the_automations_are_stopped_a_person_has_both_kept_in_step_again() -> None:
    life = Life(undo_in_jira, undo_in_pagerduty)
    resolve(life)
    life.go_on(hours=1)
    life.automations = ()

    life.stack.ask()
    life.go_on(minutes=30)

    assert not life.is_paused
    assert life.incident.is_open == (life.issue.status_id not in {"5", "6"})
