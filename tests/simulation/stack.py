"""The stack at work while time goes by: the queue, the worker, the poller, the sweep, the post."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from pdjira.errors import PdjiraError
from pdjira.model.signal import Message, Signal, SignalKind
from pdjira.model.times import TimeLeft
from pdjira.worker.consume import Deferred
from tests.builders import FakeClock
from tests.fakes.faults import Crash
from tests.simulation.clocks import Clocks
from tests.simulation.course import Course
from tests.simulation.crew import Crew, Work
from tests.simulation.post import Post
from tests.simulation.weather import CALM, Weather
from tests.world import World

MOST_DELIVERIES = 20_000
POLL_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(minutes=15)
HIDDEN = 0.05
"""How likely the index of open links does not show a link yet."""
WORKERS = ("first", "second")
WORKER_SECONDS, POLL_SECONDS, SWEEP_SECONDS = 300, 60, 900
"""How long a run of each may take, as the template has it; a poll ends before the next begins."""


class LawBrokenError(AssertionError):
    """A law of the simulation does not hold."""


class Stack:
    """One stack and both its sides, in calm weather at first; `story` tells what it does.

    `released` are the issues that somebody let through, `held_back` the notes and comments that a
    mapping need not carry any more, by its id and theirs. `edited` are the keys that were
    changed, with their mappings, `administered` how often somebody did something that may be told
    of again.
    """

    def __init__(self, course: Course, rng: random.Random | None = None) -> None:
        self.story: list[str] = []
        rng = rng or random.Random(course.seed)
        clock = FakeClock()
        self.weather = Weather(rng, clock, CALM)
        self.world = World(*course.rules, plan=self.weather, clock=clock)
        self.world.stack_limit = course.stack_limit
        self.post = Post(self.world, rng, losses=course.losses, heard=course.jira_webhooks)
        self.weather.late = self._late
        self.clocks = Clocks(self.world, rng)
        self.crew = Crew(rng)
        self.weather.turn = self._turn
        self._rng = rng
        self._workers = {name: self.world.worker(name) for name in WORKERS}
        self.released: set[str] = set()
        self.edited: set[tuple[str, str]] = set()
        self.administered = 0
        self.held_back: set[tuple[str, str]] = set()
        self._crashed: dict[str, int] = {}
        self._polled_at = self._swept_at = self.now
        self._poll()
        self.sweep()

    @property
    def now(self) -> datetime:
        """The time of both sides and of the stack."""
        return self.world.clock.now

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        self.story.append(f"{self.now:%d. %H:%M:%S} {line}")

    def pass_time(self, seconds: float) -> None:
        """Let so much time go by; everything that falls due on the way happens in order."""
        end = self.now + timedelta(seconds=seconds)
        while True:
            until = min(self._next_due(), end)
            self.work(until)
            self.world.clock.now = max(until, self.now)
            self.post.deliver()
            self._at_once(self._due())
            if self.now >= end:
                return

    def drain(self) -> None:
        """Work until the queue is empty, however long that takes."""
        self.work(datetime.max.replace(tzinfo=self.now.tzinfo))

    def work(self, until: datetime) -> None:
        """Let the workers go on until the queue is empty or they would have to wait longer."""
        while True:
            self._at_once([])
            due = self.world.queue.next_visible_at()
            if due is None or due > until:
                return
            self.world.clock.now = max(due, self.now)

    def sweep(self) -> None:
        """Sweep once, as far as the weather lets it."""
        self._swept_at = self.now
        self._hide_some_links()
        self._by_schedule(
            "sweep", lambda left: self.world.sweeper().run(left), seconds=SWEEP_SECONDS
        )

    def ask(self) -> None:
        """A person asks for every link that was paused to be kept in step again."""
        now = int(self.now.timestamp())
        paused = (link.incident_id for link in self.world.links.links if link.paused)
        for one in dict.fromkeys(paused):
            self.tell(f"somebody asks for {one} to be kept in step")
            self.world.queue.send(
                Signal(
                    kind=SignalKind.RESYNC, id=f"asked-{now}-{one}", incident_id=one, agent="Ada"
                )
            )

    def hold_back(self, mapping_id: str) -> None:
        """What was written until now need not be carried later: the mapping held it back."""
        pagerduty, jira = self.world.pagerduty.model, self.world.jira.model
        said = [note.id for one in pagerduty.incidents.values() for note in one.notes]
        said += [str(one.id) for issue in jira.issues.values() for one in issue.comments]
        self.held_back |= {(mapping_id, one) for one in said}

    def _next_due(self) -> datetime:
        poll = self._polled_at + POLL_EVERY
        due = self.post.next_due()
        return poll if due is None else min(due, poll)

    def _due(self) -> list[Work]:
        """The rounds whose time has come."""
        rounds: list[Work] = []
        if self.now >= self._polled_at + POLL_EVERY:
            rounds.append(self._poll)
        if self.now >= self._swept_at + SWEEP_EVERY:
            rounds.append(self.sweep)
        return rounds

    def _at_once(self, rounds: list[Work]) -> None:
        """Rounds and the workers are at work until nobody has anything to do now."""
        depth = self.world.queue.ready()
        names = WORKERS[: min(depth, len(WORKERS))] or WORKERS[: 1 if rounds else 0]
        workers = [partial(self._work_off, name) for name in names]
        self.crew.run([*rounds, *workers])

    def _work_off(self, name: str) -> None:
        """What one worker process does."""
        for _ in range(MOST_DELIVERIES):
            self.crew.turn()
            message = self.world.queue.receive()
            if message is None:
                return
            self._consume(message, name)
        raise LawBrokenError("The queue does not come to rest.")

    def _turn(self) -> None:
        self.crew.turn()
        self.clocks.ask_any_node()

    def _hide_some_links(self) -> None:
        """The sparse index is behind its table: it does not show what was written lately."""
        links = [link.incident_id for link in self.world.links.links]
        self.world.open_links.hidden = {one for one in links if self._rng.random() < HIDDEN}

    def _consume(self, message: Message, name: str) -> None:
        crashed = self._crashed.get(message.id, 0)
        left = self.weather.begin(crashes=crashed, seconds=WORKER_SECONDS)
        about = f"{message.id} {message.group} #{message.receives} {message.body[:160]}"
        try:
            outcome = self._workers[name].consume(message, left)
        except Crash:
            self._crashed[message.id] = self.weather.run.crashes + 1
            self._workers[name] = self.world.worker(f"{name}, after crash {len(self.story)}")
            self.tell(f"   worker died at {self.weather.calls[-1]}: {about}")
            return
        self.tell(f"   {about}: {_became(outcome.facts())}")
        self._crashed[message.id] = self.weather.run.crashes
        if not isinstance(outcome.verdict, Deferred):
            self.world.queue.delete(message)
            self._crashed.pop(message.id, None)
        if outcome.error:
            raise LawBrokenError(f"{'; '.join(self.story[-3:])}") from outcome.error

    def _poll(self) -> None:
        self._polled_at = self.now
        self._by_schedule(
            "poller", lambda left: self.world.poller().run(left), seconds=POLL_SECONDS
        )

    def _by_schedule(self, name: str, run: Callable[[TimeLeft], object], *, seconds: float) -> None:
        try:
            run(self.weather.begin(seconds=seconds))
        except (Crash, PdjiraError) as error:
            self.tell(f"   {name}: {type(error).__name__}")

    def _late(self, method: str, seconds: float) -> None:
        side, name = method.split(".")
        fake = self.world.jira if side == "jira" else self.world.pagerduty
        fake.commit_late(name, seconds)
        self.tell(f"   {method} takes effect {seconds} s late, without an answer")


def _became(facts: dict[str, object]) -> str:
    names = ("says", "rests", "why", "retry_in_seconds")
    return str({name: facts[name] for name in names if name in facts})
