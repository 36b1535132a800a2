"""P40: comments and notes are carried exactly once, whatever the clocks of all sides do."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Ambiguous, Refused, Temporary
from pdjira.model.mapping import Mapping, SyncNotes
from pdjira.model.signal import SignalKind
from tests.builders import PAGING, FakeClock, a_mapping
from tests.fakes.faults import Crash
from tests.world import World

MINUTE = timedelta(minutes=1)


class Clocks:
    """A stack, a PagerDuty and a Jira of two nodes, with clocks of their own.

    `nodes` are how far the clocks of Jira's nodes are ahead of the true time, `away` that of
    PagerDuty's, and `stack` our own.
    """

    def __init__(self, mapping: Mapping | None = None) -> None:
        self.stack = self.away = timedelta()
        self.nodes = [timedelta(), timedelta()]
        self.true = FakeClock()
        self.world = World(mapping or a_mapping(), clock=_Shifted(self.true, lambda: self.stack))
        self.world.pagerduty.model.clock = lambda: self.true() + self.away
        self.on(0)
        self._number = self._late = 0

    def on(self, node: int) -> None:
        """The next request goes to that node of Jira."""
        self.world.jira.model.clock = lambda: self.true() + self.nodes[node]

    @property
    def incident(self) -> str:
        (incident,) = self.world.pagerduty.model.incidents
        return incident

    @property
    def issue(self) -> Any:
        (issue,) = self.world.jira.model.issues.values()
        return issue

    def hear(self, kind: SignalKind = SignalKind.ISSUE_CHANGED, **more: Any) -> None:
        """Something is heard of the issue, and worked on."""
        self._number += 1
        self.world.signal(
            self.incident, id=f"heard-{self._number}", kind=kind, event_type="", **more
        )
        self.world.work()

    def write(self, body: str, *, node: int = 0, by: str = "alice") -> None:
        """Somebody comments on the issue, through a node of Jira."""
        self.on(node)
        self.world.jira.model.add_comment(by, self.issue.key, {"body": body})

    def commit_late(self, body: str, **earlier: float) -> None:
        """A comment becomes visible that bears the time of its beginning, and an earlier id."""
        self.write(body)
        late = self.issue.comments.pop()
        at = late.created - timedelta(**earlier)
        self._late += 1
        self.issue.comments.append(replace(late, id=100 + self._late, created=at, updated=at))

    def carried(self) -> list[str]:
        """What came from Jira, in the order in which it came."""
        notes = (note for note in self.world.notes(self.incident) if note.startswith("[Jira] "))
        return [note.split(": ", 1)[1].split("\n")[0] for note in notes]

    def comments(self) -> list[str]:
        """What came from PagerDuty."""
        texts = (one.body for one in self.issue.comments if one.body.startswith("[PagerDuty] "))
        return [text.split(": ", 1)[1] for text in texts]

    def switch(self, way: SyncNotes) -> None:
        """Somebody changes `sync_notes`."""
        for mapping in self.world.mappings.in_force():
            self.world.mappings.put(replace(mapping, sync_notes=way))


class _Shifted(FakeClock):
    """A clock that is off by what is told; moved on, it moves the true one."""

    def __init__(self, true: FakeClock, ahead: Callable[[], timedelta]) -> None:
        self._true, self._ahead = true, ahead

    @property
    def now(self) -> Any:
        return self._true.now + self._ahead()

    @now.setter
    def now(self, at: Any) -> None:
        self._true.now = at - self._ahead()


def linked(mapping: Mapping | None = None) -> Clocks:
    """An incident with its issue, at rest."""
    clocks = Clocks(mapping)
    clocks.world.trigger()
    clocks.world.work()
    clocks.true.forward(minutes=30)
    return clocks


def test_p40_a_comment_from_a_node_that_is_behind_is_carried() -> None:
    clocks = linked()
    clocks.nodes[1] = timedelta(seconds=-30)
    clocks.write("ahead")
    clocks.hear()

    clocks.write("behind", node=1)
    clocks.hear()
    clocks.hear()

    assert clocks.carried() == ["ahead", "behind"]


def test_p40_a_comment_that_is_committed_late_is_carried() -> None:
    """It has a lower id and an older time than one that was carried before."""
    clocks = linked()
    clocks.write("first")
    clocks.hear()

    clocks.commit_late("late", minutes=3)
    clocks.hear()
    clocks.hear()

    assert clocks.carried() == ["first", "late"]


@pytest.mark.parametrize("minutes", [10, -10, 180])
def test_p40_comments_are_carried_once_jiras_clock_was_corrected(minutes: int) -> None:
    clocks = linked()
    clocks.nodes = [timedelta(minutes=minutes)] * 2
    clocks.write("before")
    clocks.hear()

    clocks.nodes = [timedelta()] * 2
    for number in range(3):
        clocks.write(f"after {number}")
        clocks.true.forward(seconds=20)
        clocks.hear()
    clocks.hear()

    assert clocks.carried() == ["before", "after 0", "after 1", "after 2"]


def test_p40_a_comment_of_ours_that_comes_before_it_hides_no_comment_of_a_clock_ahead() -> None:
    """In Jira's order it stands before what was read earlier in the round, and moves that on."""
    clocks = linked()
    clocks.nodes[1] = timedelta(minutes=10)
    clocks.write("ahead", node=1)
    clocks.on(0)
    clocks.world.note(clocks.incident, "ours", hear=False)

    clocks.hear(SignalKind.RESYNC, notes_since=clocks.true() - MINUTE)

    assert clocks.comments() == ["ours"]
    assert clocks.carried() == ["ahead"]


@pytest.mark.parametrize("way", [SyncNotes.OFF, SyncNotes.TO_JIRA])
@pytest.mark.parametrize("minutes", [10, 0, -10])
def test_p40_what_was_held_back_is_not_carried_later(way: SyncNotes, minutes: int) -> None:
    clocks = linked(a_mapping(sync_notes=way))
    clocks.nodes = [timedelta(minutes=minutes)] * 2
    for number in range(3):
        clocks.write(f"held {number}")
        clocks.hear()

    clocks.switch(SyncNotes.BOTH)
    clocks.write("on")
    clocks.hear()
    clocks.commit_late("late", minutes=5)
    clocks.hear()

    assert clocks.carried() == ["on", "late"]


@pytest.mark.parametrize("minutes", [10, 0, -10])
def test_p40_comments_from_before_the_link_are_not_carried_and_those_after_are(
    minutes: int,
) -> None:
    clocks = Clocks(PAGING)
    clocks.nodes = [timedelta(minutes=minutes)] * 2
    clocks.world.issue(priority={"id": "1"})
    for number in range(60):
        clocks.write(f"before {number}")
    clocks.world.poller().run()
    clocks.world.work()

    clocks.write("after")
    clocks.hear()
    clocks.hear()

    assert clocks.carried() == ["after"]


def test_p40_an_issue_pages_though_its_comments_cannot_be_read() -> None:
    """An extra keeps no page back; the times of comments decide then."""
    clocks = Clocks(PAGING)
    clocks.world.issue(priority={"id": "1"})
    clocks.write("before")
    clocks.true.forward(minutes=20)
    clocks.world.plan.fail_next("jira.read_comments", Refused("No.", status=403))
    clocks.world.poller().run()
    clocks.world.work()

    clocks.write("after")
    clocks.hear()

    assert clocks.carried() == ["after"]


@pytest.mark.parametrize("minutes", [10, 0, -10])
def test_p40_a_note_that_jira_refused_becomes_a_comment_whatever_the_clocks_say(
    minutes: int,
) -> None:
    clocks = linked()
    clocks.away = timedelta(minutes=minutes)
    refused = Refused("No.", status=403, messages=("You may not comment.",))
    clocks.world.plan.fail_next("jira.add_comment", refused)
    clocks.world.note(clocks.incident, "refused")
    clocks.world.work()
    clocks.away = timedelta(minutes=-minutes)
    clocks.world.note(clocks.incident, "taken")
    clocks.world.work()

    clocks.hear(SignalKind.RESYNC)
    clocks.hear(SignalKind.RESYNC)

    assert Counter(clocks.comments()) == Counter(["refused", "taken"])


@pytest.mark.parametrize("minutes", [30, 0, -30])
def test_p40_a_lost_note_is_fetched_whatever_the_clocks_say_and_a_held_one_is_not(
    minutes: int,
) -> None:
    clocks = linked(a_mapping(sync_notes=SyncNotes.TO_PAGERDUTY))
    clocks.world.note(clocks.incident, "held")
    clocks.world.work()
    clocks.switch(SyncNotes.BOTH)
    clocks.away = timedelta(minutes=minutes)
    clocks.world.note(clocks.incident, "lost", hear=False)

    for _ in range(2):
        since = clocks.true() + timedelta(minutes=20)
        clocks.hear(SignalKind.RESYNC, notes_since=since)

    assert clocks.comments() == (["lost"] if minutes > -40 else [])


class Walk:
    """People talk on both sides, while clocks drift and are corrected and calls fail."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.clocks = linked(a_mapping())
        self.due: Counter[str] = Counter()
        self.is_on = True

    def go(self, steps: int) -> None:
        acts = [self.comment, self.comment, self.late, self.note, self.drift, self.fail]
        acts += [self.hear, self.hear, self.switch]
        for step in range(steps):
            self.rng.choice(acts)(f"text {step}")
            self.clocks.true.forward(seconds=self.rng.choice([1, 5, 40]))
        if not self.is_on:
            self.switch("")
        for _ in range(3):
            self.clocks.true.forward(minutes=20)
            self.clocks.hear(SignalKind.RESYNC, notes_since=self.clocks.true() - timedelta(days=1))

    def comment(self, text: str) -> None:
        self._said(text)
        self.clocks.write(text, node=self.rng.randrange(2))
        self._held()

    def late(self, text: str) -> None:
        self._said(text)
        self.clocks.commit_late(text, seconds=self.rng.choice([10, 90, 600]))
        self._held()

    def note(self, text: str) -> None:
        self._said(text)
        self.clocks.world.note(self.clocks.incident, text)
        self._held()

    def drift(self, _: str) -> None:
        choices = [timedelta(seconds=one) for one in (-600, -30, 0, 30, 600)]
        self.clocks.nodes[self.rng.randrange(2)] = self.rng.choice(choices)
        self.clocks.away = self.rng.choice(choices)

    def fail(self, _: str) -> None:
        method = self.rng.choice(["add_comment", "read_issue", "read_comments"])
        after = self.rng.choice([True, False])
        error = self.rng.choice([Ambiguous("cut"), Crash()])
        is_write = method == "add_comment"
        self.clocks.world.plan.fail_next(
            f"jira.{method}", error if is_write else Temporary("busy"), after=after and is_write
        )

    def hear(self, _: str) -> None:
        self.clocks.on(self.rng.randrange(2))
        self.clocks.hear()

    def switch(self, _: str) -> None:
        """All that was written by now is heard first: it was written while that was so.

        So is what a failure has left owed, which each sweep tries again.
        """
        self.clocks.hear()
        while any(link.owed for link in self.clocks.world.links.links):
            self.clocks.true.forward(minutes=15)
            self.clocks.hear(SignalKind.RESYNC)
        self.is_on = not self.is_on
        self.clocks.switch(SyncNotes.BOTH if self.is_on else SyncNotes.OFF)

    def _said(self, text: str) -> None:
        self.due[text] = int(self.is_on)

    def _held(self) -> None:
        if not self.is_on:
            self.clocks.hear()


@pytest.mark.parametrize("number", range(12))
def test_p40_a_walk_in_which_clocks_drift_carries_each_text_once(seed: int, number: int) -> None:
    walk = Walk(seed + number)

    walk.go(120)

    seen = Counter([*walk.clocks.carried(), *walk.clocks.comments()])
    assert {text: seen[text] for text in walk.due} == dict(walk.due)
    assert walk.clocks.world.queue.dead == []
