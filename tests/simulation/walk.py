"""A random walk: people on both sides, the webhooks, the queue, the clock, and all that goes wrong.

make simulate                  a fresh seed, which is printed
make simulate SEED=7 STEPS=500 the same walk again, step by step
"""

import argparse
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.application.consume import Deferred
from pdjira.application.message import Message
from pdjira.domain.incident import IncidentStatus, Reference
from pdjira.domain.mapping import CreateMode, Mapping, PriorityRow
from pdjira.domain.signals import Signal, SignalKind
from pdjira.errors import PdjiraError
from tests.builders import a_const, a_mapping
from tests.fakes.faults import Crash
from tests.sandbox.pagerduty.seed import PAYMENTS
from tests.simulation.laws import broken_laws
from tests.simulation.people import People
from tests.simulation.post import Post
from tests.simulation.weather import CALM, Chances, Weather
from tests.world import World

SHOWN = 200
MOST_DELIVERIES = 20_000
ROWS = (
    PriorityRow(pagerduty_id="PP1", jira_id="1"),
    PriorityRow(pagerduty_id="PP2", jira_id="2"),
    PriorityRow(pagerduty_id="PP3", jira_id="3"),
    PriorityRow(pagerduty_id=None, jira_id="5"),
)


def _statuses(*statuses: tuple[str, str]) -> dict[IncidentStatus, Reference]:
    named = (Reference(id=id_, name=name) for id_, name in statuses)
    return dict(zip(IncidentStatus, named, strict=True))


THREE_STEPS = a_mapping(
    id="ops-bug",
    statuses=_statuses(("1", "Open"), ("3", "In Progress"), ("5", "Resolved")),
    resolved_statuses=(Reference(id="6", name="Closed"),),
    field_rules=(a_const("resolution", "Done"),),
    priorities=ROWS,
    jql="priority = Highest AND statusCategory != Done",
    max_incidents_per_hour=1_000,
    acknowledge_on_status=True,
)
ANY_TO_ANY = a_mapping(
    id="web-task",
    project=Reference(id="10200", name="WEB"),
    issue_type=Reference(id="10002", name="Task"),
    statuses=_statuses(("10000", "To Do"), ("3", "In Progress"), ("10001", "Done")),
    priorities=ROWS,
)
PAGING = a_mapping(
    id="web-pages",
    service=Reference(id=PAYMENTS, name="Payments"),
    project=Reference(id="10200", name="WEB"),
    issue_type=Reference(id="10002", name="Task"),
    create_issue=CreateMode.NEVER,
    statuses=_statuses(("10000", "To Do"), ("3", "In Progress"), ("10001", "Done")),
    priorities=ROWS,
    jql="priority in (Highest, High) AND statusCategory != Done",
    max_incidents_per_hour=1_000,
)
PAYMENTS_TASK = a_mapping(
    id="payments-task",
    service=Reference(id=PAYMENTS, name="Payments"),
    issue_type=Reference(id="10002", name="Task"),
    statuses=_statuses(("1", "Open"), ("3", "In Progress"), ("5", "Resolved")),
    resolved_statuses=(Reference(id="6", name="Closed"),),
    field_rules=(a_const("resolution", "Done"),),
    priorities=ROWS,
)
MAPPINGS = (THREE_STEPS, ANY_TO_ANY, PAGING, PAYMENTS_TASK)


class LawBrokenError(AssertionError):
    """A law of the simulation does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a walk is like.

    `losses` is the share of webhooks that never arrive, `jira_webhooks` that of Jira's events that
    somebody wants, `pace` stretches the time between two steps, `rests` is how many steps lie
    between two rests.
    """

    seed: int
    steps: int = 500
    pace: float = 1.0
    rests: int = 250
    mappings: tuple[Mapping, ...] = MAPPINGS
    chances: Chances = Chances()
    losses: float = 0.0
    jira_webhooks: float = 0.3
    incidents: int = 40


class Walk:
    """One walk. `story` tells it line by line."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.rng = random.Random(course.seed)
        self.story: list[str] = []
        self.world = World(*course.mappings)
        self.weather = Weather(self.rng, self.world.clock, CALM)
        self.world = World(*course.mappings, plan=self.weather)
        self.weather._clock = self.world.clock
        self.world.stack_limit = 10_000
        self.post = Post(self.world, self.rng, losses=course.losses, heard=course.jira_webhooks)
        self.people = People(
            self.world.jira.model, self.world.pagerduty.model, self.rng, most=course.incidents
        )
        self.weather.meanwhile = self._interrupt
        self.weather.late = self._late
        self._worker = self.world.worker("first")
        self._crashed: dict[str, int] = {}
        self._polled_at = self._swept_at = self.world.clock.now
        self._poll()
        self.sweep()

    def run(self) -> None:
        """Walk to the end, and rest every now and then. Raises `LawBrokenError`."""
        for number in range(1, self.course.steps + 1):
            self.weather.chances = self.course.chances
            self.step()
            if number % self.course.rests == 0 or number == self.course.steps:
                self.rest()

    def step(self) -> None:
        """Somebody does something, or time goes by."""
        self.tell(self.people.act())
        self.pass_time(self._pause() * self.course.pace)

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        self.story.append(f"{self.world.clock.now:%d. %H:%M:%S} {line}")

    def rest(self) -> None:
        """Let everything come to an end, hold the laws, and see that nothing is written then."""
        self.settle()
        self.check(broken_laws(self.world))
        before = len(self.weather.writes)
        self.redeliver()
        self.pass_time(400)
        self.sweep()
        self.drain()
        wrote = self.weather.writes[before:]
        self.check([f"After rest was written: {', '.join(wrote)}"] if wrote else [])
        self.check(broken_laws(self.world))
        self.tell(f"rest ({before} writes so far)")

    def settle(self) -> None:
        """The weather clears up, what is on its way arrives, and one sweep goes by."""
        self.weather.chances = CALM
        self.tell("the weather clears up")
        self.post.hasten()
        self.drain()
        self.pass_time(400)
        self.sweep()
        self.drain()
        self.ask()
        self.pass_time(400)
        self.post.hasten()
        self.drain()

    def redeliver(self) -> None:
        """Captured deliveries come again: the last ones, and some of long ago.

        A status update that came before there was an issue is carried when it comes again.
        """
        known = [one for one in self.post.delivered if b"status_update_published" not in one[1]]
        old = self.rng.sample(known, min(20, len(known)))
        self.post.replay([*known[-20:], *old])

    def check(self, broken: Sequence[str]) -> None:
        """Raise what is broken, with the part of the story that leads there."""
        if broken:
            told = "\n".join(f"  * {one}" for one in broken[:10])
            shown = "\n".join(self._about(told)[-SHOWN:])
            again = f"make simulate SEED={self.course.seed} STEPS={self.course.steps}"
            raise LawBrokenError(f"{again}\n{shown}\n{told}")

    def _about(self, told: str) -> list[str]:
        """The lines of the story about the incidents and issues that are named."""
        links = [link for link in self.world.links.links if link.issue]
        named = [link for link in links if link.incident_id in told or link.issue.key in told]
        words = {word for one in named for word in (one.incident_id, one.issue.key, one.issue.id)}
        words |= {one for one in self.world.pagerduty.model.incidents if one in told}
        return [line for line in self.story if any(word in line for word in words)]

    # Time

    def pass_time(self, seconds: float) -> None:
        """Let so much time go by; everything that falls due on the way happens in order."""
        end = self.world.clock.now + timedelta(seconds=seconds)
        while True:
            until = min(self._next_due(), end)
            self.work(until)
            self.world.clock.now = max(until, self.world.clock.now)
            self.post.deliver()
            if self.world.clock.now >= self._polled_at + timedelta(minutes=1):
                self._poll()
            if self.world.clock.now >= self._swept_at + timedelta(minutes=15):
                self.sweep()
            if self.world.clock.now >= end:
                return

    def drain(self) -> None:
        """Work until the queue is empty, however long that takes."""
        self.work(datetime.max.replace(tzinfo=self.world.clock.now.tzinfo))

    def work(self, until: datetime) -> None:
        """Let the worker go on until the queue is empty or it would have to wait longer."""
        for _ in range(MOST_DELIVERIES):
            message = self.world.queue.receive()
            if message is not None:
                self._consume(message)
                continue
            due = self.world.queue.next_visible_at()
            if due is None or due > until:
                return
            self.world.clock.now = max(due, self.world.clock.now)
        raise LawBrokenError("The queue does not come to rest.")

    def sweep(self) -> None:
        """Sweep once, as far as the weather lets it."""
        self._swept_at = self.world.clock.now
        self.weather.crashes = 0
        try:
            self.world.sweeper().run()
        except (Crash, PdjiraError) as error:
            self.tell(f"   sweep: {type(error).__name__}")

    def ask(self) -> None:
        """A person asks for every link that was paused to be kept in step again."""
        now = int(self.world.clock.now.timestamp())
        for one in dict.fromkeys(
            link.incident_id for link in self.world.links.links if link.paused
        ):
            self.tell(f"somebody asks for {one} to be kept in step")
            self.world.queue.send(
                Signal(kind=SignalKind.RESYNC, id=f"asked-{now}-{one}", incident_id=one)
            )

    def _next_due(self) -> datetime:
        poll = self._polled_at + timedelta(minutes=1)
        due = self.post.next_due()
        return poll if due is None else min(due, poll)

    def _pause(self) -> float:
        drawn = self.rng.random()
        if drawn < 0.5:
            return 0.0
        if drawn < 0.9:
            return self.rng.random() * 20
        return self.rng.random() * (240 if drawn < 0.99 else 3_000)

    # What happens

    def _consume(self, message: Message) -> None:
        self.weather.crashes = self._crashed.get(message.id, 0)
        try:
            outcome = self._worker.consume(message)
        except Crash:
            self._crashed[message.id] = self.weather.crashes + 1
            self._worker = self.world.worker(f"after crash {len(self.story)}")
            self.tell(f"   worker died at {self.weather.calls[-1]}: {_about(message)}")
            return
        self.tell(f"   {_about(message)}: {_became(outcome.facts())}")
        if not isinstance(outcome.verdict, Deferred):
            self.world.queue.delete(message)
            self._crashed.pop(message.id, None)
        if outcome.error:
            raise LawBrokenError(f"{'; '.join(self.story[-3:])}") from outcome.error

    def _poll(self) -> None:
        self._polled_at = self.world.clock.now
        self.weather.crashes = 0
        try:
            self.world.poller().run()
        except (Crash, PdjiraError) as error:
            self.tell(f"   poller: {type(error).__name__}")

    def _interrupt(self) -> None:
        self.tell(f"meanwhile at {self.weather.calls[-1]}: {self.people.act()}")

    def _late(self, method: str, seconds: float) -> None:
        side, name = method.split(".")
        fake = self.world.jira if side == "jira" else self.world.pagerduty
        fake.commit_late(name, seconds)
        self.tell(f"   {method} takes effect {seconds} s late, without an answer")


def _about(message: Message) -> str:
    return f"{message.id} {message.group} #{message.receives} {message.body[:160]}"


def _became(facts: dict[str, object]) -> str:
    kept = {
        name: facts[name] for name in ("says", "rests", "why", "retry_in_seconds") if name in facts
    }
    return str(kept)


def fresh_seed() -> int:
    """A seed that nobody knows beforehand."""
    return int.from_bytes(os.urandom(4), "big")


def main(arguments: Sequence[str]) -> int:
    """Walk once and tell the story; 1 where a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--losses", type=float, default=0.0)
    given = parser.parse_args(arguments)
    seed = fresh_seed() if given.seed is None else given.seed
    walk = Walk(Course(seed=seed, steps=given.steps, losses=given.losses))
    try:
        walk.run()
    except LawBrokenError as broken:
        sys.stdout.write("\n".join([*walk.story, "", str(broken), ""]))
        return 1
    sys.stdout.write(f"SEED={seed} STEPS={given.steps}: {walk.people.edits} edits\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
