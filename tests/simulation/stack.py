"""The stack at work while time goes by: the queue, the worker, the poller, the sweep, the post."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from pdjira.application.consume import Consumer, Deferred
from pdjira.application.message import Message
from pdjira.domain.signals import Signal, SignalKind
from pdjira.errors import PdjiraError
from tests.builders import FakeClock
from tests.fakes.faults import Crash
from tests.simulation.course import Course
from tests.simulation.post import Post
from tests.simulation.weather import CALM, Weather
from tests.world import World

MOST_DELIVERIES = 20_000
POLL_EVERY = timedelta(minutes=1)
SWEEP_EVERY = timedelta(minutes=15)


class LawBrokenError(AssertionError):
    """A law of the simulation does not hold."""


class Stack:
    """One stack and both its sides, in calm weather at first; `story` tells what it does."""

    def __init__(self, course: Course, rng: random.Random | None = None) -> None:
        self.story: list[str] = []
        rng = rng or random.Random(course.seed)
        clock = FakeClock()
        self.weather = Weather(rng, clock, CALM)
        self.world = World(*course.mappings, plan=self.weather, clock=clock)
        self.world.stack_limit = 10_000
        self.post = Post(self.world, rng, losses=course.losses, heard=course.jira_webhooks)
        self.weather.late = self._late
        self._worker = self.world.worker("first")
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
            if self.now >= self._polled_at + POLL_EVERY:
                self._poll()
            if self.now >= self._swept_at + SWEEP_EVERY:
                self.sweep()
            if self.now >= end:
                return

    def drain(self) -> None:
        """Work until the queue is empty, however long that takes."""
        self.work(datetime.max.replace(tzinfo=self.now.tzinfo))

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
            self.world.clock.now = max(due, self.now)
        raise LawBrokenError("The queue does not come to rest.")

    def sweep(self) -> None:
        """Sweep once, as far as the weather lets it."""
        self._swept_at = self.now
        self._by_schedule("sweep", lambda: self.world.sweeper().run())

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

    def _next_due(self) -> datetime:
        poll = self._polled_at + POLL_EVERY
        due = self.post.next_due()
        return poll if due is None else min(due, poll)

    def _consume(self, message: Message) -> None:
        self.weather.crashes = self._crashed.get(message.id, 0)
        about = f"{message.id} {message.group} #{message.receives} {message.body[:160]}"
        try:
            outcome = self._worker.consume(message)
        except Crash:
            self._crashed[message.id] = self.weather.crashes + 1
            self._worker = self._next_worker()
            self.tell(f"   worker died at {self.weather.calls[-1]}: {about}")
            return
        self.tell(f"   {about}: {_became(outcome.facts())}")
        self._crashed[message.id] = self.weather.crashes
        if not isinstance(outcome.verdict, Deferred):
            self.world.queue.delete(message)
            self._crashed.pop(message.id, None)
        if outcome.error:
            raise LawBrokenError(f"{'; '.join(self.story[-3:])}") from outcome.error

    def _next_worker(self) -> Consumer:
        return self.world.worker(f"after crash {len(self.story)}")

    def _poll(self) -> None:
        self._polled_at = self.now
        self._by_schedule("poller", lambda: self.world.poller().run())

    def _by_schedule(self, name: str, run: Callable[[], object]) -> None:
        self.weather.crashes = 0
        try:
            run()
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
