"""A quiet minute: what reaches both servers while nobody does anything, and what of it may."""

import time
from collections import abc
from dataclasses import dataclass
from typing import Self

from tests.sandbox.environment import Sandbox, eventually

SECONDS = 60
LATE_SECONDS = 15
"""The local AWS keeps its schedule of one minute to within some seconds."""
SEARCH = "POST /rest/api/2/search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How many requests have reached one side: searches of Jira, other reads, writes."""

    searches: int
    reads: int
    writes: int

    @classmethod
    def of(cls, counts: abc.Mapping[str, int]) -> Self:
        """From counts by method and path."""
        searches = counts.get(SEARCH, 0)
        reads = sum(count for call, count in counts.items() if call.startswith("GET "))
        return cls(searches=searches, reads=reads, writes=sum(counts.values()) - searches - reads)

    def told(self, after: Self) -> str:
        """Each counter before and after, on one line."""
        searches = f"searches {self.searches} -> {after.searches}, "
        return (
            f"{searches if after.searches else ''}reads {self.reads} -> {after.reads}, "
            f"writes {self.writes} -> {after.writes}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What has happened so far: requests to each side by method and path, rounds of the poller."""

    sides: abc.Mapping[str, abc.Mapping[str, int]]
    rounds: int

    @classmethod
    def of(cls, sandbox: Sandbox) -> Self:
        """As it stands now. A round counts when it is over."""
        log = sandbox.stack.logs("JqlPollerFunction")
        return cls(
            sides={
                "Jira": sandbox.jira.calls.counts(),
                "PagerDuty": sandbox.pagerduty.calls.counts(),
            },
            rounds=sum(line.startswith("END ") for line in log),
        )


def disturbance(before: Count, after: Count, *, searches: int) -> str:
    """What moved that may not; nothing if it was just polls, of so many searches each."""
    moved = {
        f"{side} {call}": count - before.sides[side].get(call, 0)
        for side, counts in after.sides.items()
        for call, count in counts.items()
        if count != before.sides[side].get(call, 0)
    }
    polls = after.rounds - before.rounds
    found = moved.pop(f"Jira {SEARCH}", 0)
    if moved:
        return f"there were calls in the quiet minute: {moved}"
    if polls < 1:
        return "the schedule has not polled in the quiet minute"
    if found != polls * searches:
        return f"{polls} polls of {searches} searches each made {found}"
    return ""


def keep_quiet(sandbox: Sandbox) -> tuple[Count, Count, str]:
    """Let a minute pass, and one poll of the schedule; the counts around it, and what disturbed it.

    Nothing but the schedule polls meanwhile.
    """
    eventually(sandbox.quiet, seconds=60, what="everything at rest")
    searches = len(sandbox.poll())
    before = Count.of(sandbox)
    time.sleep(SECONDS)
    until = time.monotonic() + LATE_SECONDS
    while True:
        after = Count.of(sandbox)
        problem = disturbance(before, after, searches=searches)
        if not problem or time.monotonic() > until:
            return before, after, problem
        time.sleep(1)
