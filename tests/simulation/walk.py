"""A random walk: people on both sides, and all that goes wrong in between; then the laws."""

import random
from collections.abc import Sequence

from pdjira.jql.matches import MatchState
from tests.sandbox.history import written_after
from tests.simulation.administrators import Administrators
from tests.simulation.course import Course, Trouble
from tests.simulation.laws import Allowances, broken_laws
from tests.simulation.people import People
from tests.simulation.stack import LawBrokenError, Stack
from tests.simulation.weather import CALM

SHOWN = 200
AT_REST = 400
"""Seconds: by then everything is done that waits for its time."""
ADMINISTERED = 0.04
"""How often somebody administers something instead."""
AN_HOUR = 4_200
"""Seconds: by then an old match is told of again."""


class Walk:
    """One walk; its stack's `story` tells it line by line."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.rng = random.Random(course.seed)
        self.stack = Stack(course, self.rng)
        self.world = self.stack.world
        self.people = People(
            self.world.jira.model, self.world.pagerduty.model, self.rng, most=course.incidents
        )
        self.administrators = Administrators(course, self.stack, self.rng)
        self.stack.weather.meanwhile = self._interrupt

    def run(self) -> None:
        """Walk to the end, and rest every now and then. Raises `LawBrokenError`."""
        for number in range(1, self.course.steps + 1):
            self.stack.weather.chances = self.course.chances
            self.step()
            if number % self.course.rests == 0 or number == self.course.steps:
                self.rest()

    def step(self) -> None:
        """Somebody does something, or time goes by."""
        self.stack.tell(self._act())
        self.stack.pass_time(self._pause() * self.course.stretch)

    def rest(self) -> None:
        """Let everything come to an end, hold the laws, and see that nothing is written then."""
        self.settle()
        self.check(self._broken())
        before = len(self.stack.weather.writes)
        rest = self.stack.now + self.stack.clocks.furthest
        self.redeliver()
        self.stack.pass_time(AT_REST)
        self.stack.sweep()
        self.stack.drain()
        wrote = self.stack.weather.writes[before:]
        self.check([f"After rest was written: {', '.join(wrote)}"] if wrote else [])
        world = self.world
        self.check(written_after(rest, world.jira.model, world.pagerduty.model))
        self.check(self._broken())
        self.stack.tell(f"rest ({before} writes so far)")

    def settle(self) -> None:
        """The weather clears up, what is on its way arrives, and one sweep goes by.

        It comes once our clock has passed the times that a PagerDuty ahead of it has written.
        Another one where mappings were edited: it may carry notes that one of them held back.
        """
        self.stack.weather.chances = CALM
        self.stack.tell("the weather clears up")
        self.administrators.settle()
        self.stack.post.hasten()
        self.stack.drain()
        self.stack.pass_time(AT_REST + self.stack.clocks.furthest.total_seconds())
        self.stack.sweep()
        self.stack.drain()
        self.stack.ask()
        self.stack.pass_time(AN_HOUR if self._has_waiting_matches() else AT_REST)
        self.administrators.release()
        self.stack.pass_time(AT_REST)
        if Trouble.MAPPINGS in self.course.troubles:
            self.stack.sweep()
            self.stack.drain()
        self.stack.post.hasten()
        self.stack.drain()

    def redeliver(self) -> None:
        """Captured deliveries come again: the last ones, and some of long ago.

        A status update that came before there was an issue is carried when it comes again. Where
        mappings were edited, whatever PagerDuty tells is judged by what they say now: a note that
        one held back is carried then, and an open incident without an issue gets one.
        """
        delivered = self.stack.post.delivered
        known = [one for one in delivered if not self._counts_anew(one[1])]
        old = self.rng.sample(known, min(20, len(known)))
        self.stack.post.replay([*known[-20:], *old])

    def _counts_anew(self, body: bytes) -> bool:
        """Whether it is of PagerDuty, and may be news to a mapping."""
        is_edited = Trouble.MAPPINGS in self.course.troubles
        return (b"incident." if is_edited else b"incident.status_update_published") in body

    def check(self, broken: Sequence[str]) -> None:
        """Raise what is broken, with the part of the story that leads there."""
        if broken:
            told = "\n".join(f"  * {one}" for one in broken[:10])
            shown = "\n".join(self._about(told)[-SHOWN:])
            raise LawBrokenError(f"{self.course.command} ({self.course})\n{shown}\n{told}")

    def _about(self, told: str) -> list[str]:
        """The lines of the story about the incidents and issues that are named."""
        named = [(link.incident_id, link.issue) for link in self.world.links.links if link.issue]
        about = [(one, ref) for one, ref in named if one in told or ref.key in told]
        words = {word for one, ref in about for word in (one, ref.key, ref.id)}
        words |= {one for one in self.world.pagerduty.model.incidents if one in told}
        return [line for line in self.stack.story if any(word in line for word in words)]

    def _broken(self) -> list[str]:
        stack = self.stack
        allowances = Allowances(
            slack=2 * stack.clocks.furthest,
            held_back=stack.held_back,
            released=stack.released,
            edited={one for key, one in stack.edited if key == "priorities"},
            told_again=stack.administered,
        )
        return broken_laws(self.world, allowances)

    def _act(self) -> str:
        is_rare = self.course.troubles and self.rng.random() < ADMINISTERED
        return self.administrators.act() if is_rare else self.people.act()

    def _has_waiting_matches(self) -> bool:
        rows = self.world.rows.stored.values()
        return any(row.state is MatchState.WAITING for row in rows)

    def _pause(self) -> float:
        drawn = self.rng.random()
        if drawn < 0.5:
            return 0.0
        if drawn < 0.9:
            return self.rng.random() * 20
        return self.rng.random() * (240 if drawn < 0.99 else 3_000)

    def _interrupt(self) -> None:
        self.stack.tell(f"meanwhile at {self.stack.weather.calls[-1]}: {self._act()}")
