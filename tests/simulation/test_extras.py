"""P34: what decorates an issue or its incident never holds up what matters, and is done at last."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Ambiguous, NotFound, PdjiraError, Refused, Side, Temporary
from pdjira.health.sweep import SweepHealth
from pdjira.model.incident import IncidentStatus, Note, Reference
from pdjira.model.link import Extra, Failing
from pdjira.model.mapping import FieldRule, Mapping, PriorityRow, RuleType, SyncPeople
from tests.builders import FakeClock, a_mapping
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER, RESPONDER_EMAIL
from tests.world import World

A_CALL = timedelta(seconds=20)
AT_MOST = timedelta(minutes=1) + A_CALL
FOR_LONG = timedelta(hours=30)

METHODS = {
    Extra.REMOTE_LINK: ("jira.put_remote_link",),
    Extra.COMMENTS: ("jira.add_comment",),
    Extra.NOTES: ("pagerduty.add_note", "pagerduty.list_notes"),
    Extra.PEOPLE: ("jira.accounts", "jira.assign", "jira.watch"),
}
SIDES = {Extra.NOTES: Side.PAGERDUTY}


class Broken(FaultPlan):
    """Calls of one kind that fail as long as `lasts`.

    `lost`: they take effect, and their answers are lost. A call that `hangs` takes 20 seconds.
    """

    def __init__(self, clock: FakeClock, methods: tuple[str, ...]) -> None:
        super().__init__()
        self.lasts = True
        self.error: PdjiraError = Temporary("It does not work.")
        self.hangs = self.lost = False
        self.failed = 0
        self._clock = clock
        self._methods = methods

    def before(self, method: str) -> None:
        super().before(method)
        if not self.lost:
            self._fail(method)

    def after(self, method: str) -> None:
        super().after(method)
        if self.lost:
            self._fail(method)

    def _fail(self, method: str) -> None:
        if not self.lasts or method not in self._methods:
            return
        self.failed += 1
        if self.hangs:
            self._clock.forward(seconds=A_CALL.total_seconds())
        raise self.error


def failing(plan: Broken, kind: str, side: Side) -> None:
    """Let the calls fail in that way."""
    once = {"jira.add_comment", "pagerduty.add_note"}
    is_once = bool(once & set(plan._methods))
    no_answer = Ambiguous if is_once else Temporary
    errors: dict[str, PdjiraError] = {
        "500 with the side's body": Temporary("It says 500."),
        "500 without": no_answer("Something says 500."),
        "hang": no_answer("It does not answer.", timed_out=side),
        "lost answer": no_answer("The answer was lost."),
        "403": Refused("It says no.", status=403),
        "404": NotFound("There is no such thing."),
    }
    plan.error, plan.hangs, plan.lost = errors[kind], kind == "hang", kind == "lost answer"


def everything() -> Mapping:
    """A mapping that keeps everything in step."""
    return a_mapping(
        statuses={
            IncidentStatus.TRIGGERED: Reference(id="1", name="Open"),
            IncidentStatus.ACKNOWLEDGED: Reference(id="3", name="In Progress"),
            IncidentStatus.RESOLVED: Reference(id="5", name="Resolved"),
        },
        priorities=(
            PriorityRow(pagerduty_id="PP1", jira_id="1"),
            PriorityRow(pagerduty_id="PP2", jira_id="2"),
        ),
        field_rules=(FieldRule(target="resolution", type=RuleType.CONST, value="Done"),),
        sync_people=SyncPeople(assignee=True, watchers=True),
    )


class Life:
    """An incident and its issue over 30 hours, in which one extra fails."""

    def __init__(self, extra: Extra, kind: str) -> None:
        clock = FakeClock()
        self.plan = Broken(clock, METHODS[extra])
        failing(self.plan, kind, SIDES.get(extra, Side.JIRA))
        self.world = World(everything(), plan=self.plan, clock=clock)
        jira = self.world.jira.model.world
        jira.users["bob"].email = RESPONDER_EMAIL
        jira.grant(OUR_ACCOUNT, *RIGHTS, project="OPS")
        self.number = 0
        self.slowest = timedelta()
        begun = clock.now
        self.incident = self.world.trigger(priority_id="PP2")
        self.carries(lambda: len(self.world.issues) == 1)
        for step in (self.acknowledge, self.prioritise, self.retitle, self.talk, self.update):
            step()
            self.world.sweep(times=4)
        while clock.now - begun < FOR_LONG:
            self.prioritise()
            self.talk()
            self.world.sweep(after=timedelta(minutes=30), times=3)

    def acknowledge(self) -> None:
        self.world.pagerduty.model.acknowledge(self.incident, by=RESPONDER)
        self.hear(until=lambda: self.field("status")["name"] == "In Progress")

    def prioritise(self) -> None:
        wanted = "2" if self.field("priority")["id"] == "1" else "1"
        self.world.pagerduty.model.set_priority(self.incident, f"PP{wanted}", by=RESPONDER)
        self.hear(until=lambda: self.field("priority")["id"] == wanted)

    def retitle(self) -> None:
        self.world.pagerduty.model.set_title(self.incident, "Checkout is down", by=RESPONDER)
        self.hear(until=lambda: bool(self.field("summary") == "Checkout is down"))

    def resolve(self) -> None:
        self.world.pagerduty.model.resolve(self.incident, by=RESPONDER)
        self.hear(until=lambda: self.field("status")["name"] == "Resolved")

    def talk(self) -> None:
        """A note on the incident and a comment on the issue, and a change behind both."""
        self.number += 1
        self.world.note(self.incident, f"note {self.number}")
        body = {"body": f"comment {self.number}"}
        self.world.jira.model.add_comment("alice", self.world.issues[0]["key"], body)
        self.prioritise()

    def update(self) -> None:
        note = Note(id="status_update:PSU1", content="A fix is under way.", author="Ada")
        self.signal(event_type="incident.status_update_published", note=note)

    def hear(self, *, until: Callable[[], bool]) -> None:
        self.signal()
        self.carries(until)

    def signal(self, **changes: object) -> None:
        self.number += 1
        self.world.signal(self.incident, id=f"change-{self.number}", **changes)

    def carries(self, is_done: Callable[[], bool]) -> None:
        """Work until the change is there, and keep how long it took."""
        begun, clock = self.world.clock.now, self.world.clock
        while not is_done() and clock.now - begun <= timedelta(hours=1):
            due = clock.now + timedelta(seconds=1)
            self.world.work(until=due)
            clock.now = max(due, clock.now) if not is_done() else clock.now
        self.slowest = max(self.slowest, clock.now - begun)

    def field(self, name: str) -> Any:
        return self.world.issues[0]["fields"][name]

    def ours(self) -> list[str]:
        comments = self.world.issues[0]["fields"]["comment"]["comments"]
        return [one["body"] for one in comments if one["author"]["name"] == OUR_ACCOUNT]

    def heal(self) -> None:
        self.plan.lasts = False
        self.world.sweep(after=timedelta(minutes=30), times=5)


RIGHTS = ("ASSIGN_ISSUES", "MANAGE_WATCHERS")
KINDS = ("500 with the side's body", "500 without", "hang", "lost answer", "403", "404")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("extra", METHODS)
def test_p34_an_extra_that_fails_for_30_hours_holds_nothing_up_and_is_done_at_last(
    extra: Extra, kind: str
) -> None:
    life = Life(extra, kind)
    during = health(life)
    life.heal()
    life.resolve()

    assert life.slowest <= AT_MOST
    assert life.world.queue.dead == []
    assert life.world.circuits.known(Side.JIRA) == []
    assert life.plan.failed > 0
    assert_complete(life)
    if kind in KINDS[:3]:
        assert "1 incident lacks notes, comments, people or a link" in during
        assert any("each sweep tries again" in one for one in life.world.timeline(life.incident))


def health(life: Life) -> str:
    """What health says of what is owed."""
    (check,) = SweepHealth(
        results=life.world.sweep_results,
        mappings=life.world.mappings,
        cursors=life.world.cursors,
        clock=life.world.clock,
    ).owed()
    return check.says


def assert_complete(life: Life) -> None:
    """Everything is there exactly once, and nothing is owed."""
    (issue,) = life.world.issues
    notes, comments = life.world.notes(life.incident), life.ours()
    for number in range(1, life.number + 1):
        said = [one for one in comments if one.endswith(f": note {number}")]
        assert len(said) == len([one for one in notes if one == f"note {number}"])
        told = [one for one in notes if f": comment {number}\n" in one]
        asked = issue["fields"]["comment"]["comments"]
        assert len(told) == len([one for one in asked if one["body"] == f"comment {number}"])
    assert len([one for one in comments if "A fix is under way." in one]) == 1
    assert len([one for one in notes if one.startswith("Jira issue ")]) == 1
    assert len(issue["remotelinks"]) == 1
    assert issue["fields"]["assignee"]["name"] == "bob"
    assert [link.owed for link in life.world.links.links] == [{}]


def test_p34_where_all_that_jira_decorates_hangs_the_incident_is_told_of_each() -> None:
    clock = FakeClock()
    of_jira = (Extra.REMOTE_LINK, Extra.COMMENTS, Extra.PEOPLE)
    plan = Broken(clock, tuple(name for extra in of_jira for name in METHODS[extra]))
    failing(plan, "hang", Side.JIRA)
    world = World(everything(), plan=plan, clock=clock)
    incident = world.trigger()
    world.work()
    world.note(incident, "Looking at it")
    world.work()

    world.sweep(times=6)

    lacking = [note for note in world.notes(incident) if " has lacked " in note]
    assert len(lacking) == len(of_jira)


def test_p34_what_hangs_for_ten_mappings_holds_up_the_next_event_no_longer_than_for_one() -> None:
    clock = FakeClock()
    plan = Broken(clock, METHODS[Extra.REMOTE_LINK])
    failing(plan, "hang", Side.JIRA)
    mappings = (replace(everything(), id=f"ops-{number}") for number in range(10))
    world = World(*mappings, plan=plan, clock=clock)
    begun = clock.now
    world.trigger()

    world.work()
    assert clock.now - begun <= AT_MOST
    assert [set(link.owed) for link in world.links.links] == [{Extra.REMOTE_LINK}] * 10
    world.sweep()
    ways = [link.owed[Extra.REMOTE_LINK].how for link in world.links.links]
    assert ways.count(Failing.HANGS) == 2

    plan.lasts = False
    world.sweep()
    assert [len(issue["remotelinks"]) for issue in world.issues] == [1] * 10
    assert [link.owed for link in world.links.links] == [{}] * 10


DECORATING = frozenset(name for names in METHODS.values() for name in names)


def test_p34_the_core_of_every_mapping_comes_before_the_extras_of_any() -> None:
    plan = FaultPlan()
    world = World(*(replace(everything(), id=f"ops-{number}") for number in range(3)), plan=plan)
    incident = world.trigger()
    world.work()
    made = list(plan.calls)
    world.note(incident, "Looking at it")
    world.pagerduty.model.acknowledge(incident, by=RESPONDER)
    world.signal(incident, id="acknowledged", event_type="incident.acknowledged")
    world.work()
    followed = plan.calls[len(made) :]

    for calls, core in ((made, "jira.create_issue"), (followed, "jira.transition")):
        before = calls[: min(calls.index(name) for name in DECORATING if name in calls)]
        assert before.count(core) == calls.count(core) == 3
    assert followed.count("jira.read_issue") == 3
    assert [len(world.comments(number)) for number in range(3)] == [1, 1, 1]
