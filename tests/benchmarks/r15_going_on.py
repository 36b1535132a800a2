"""R15: how soon work goes on after a killed worker, and after a minute without Jira."""

from collections import abc
from itertools import product
from statistics import median

from pdjira.errors import PdjiraError
from tests.benchmarks.budget import Figure
from tests.builders import NOW
from tests.simulation.outages import (
    CALL,
    INCIDENTS,
    KILLS,
    QUIET_AND_APART,
    a_minute_without_jira,
    killed_in_mid_create,
    no_answer,
    no_connection,
)

KILLED_LIMIT = 180
OUTAGE_LIMIT = 30
SEEDS = 10


def measure() -> list[Figure]:
    """By the clock of the simulation; the worst of the cases, each until the queue is empty."""
    return [_killed(), _without_jira()]


def _killed() -> Figure:
    taken = {
        f"{call} {'after' if after else 'before'}": _until(call, after=after)
        for call, after in KILLS
    }
    return Figure(
        budget="R15",
        what="until a killed worker's incident goes on",
        value=max(taken.values()),
        limit=KILLED_LIMIT,
        unit="s",
        digits=1,
        details=[f"killed {what} its effect: {seconds:.1f} s" for what, seconds in taken.items()],
    )


def _until(call: str, *, after: bool) -> float:
    world, incident = killed_in_mid_create(call, after=after)
    world.work()
    (issue,) = world.issues
    if issue["fields"]["status"]["name"] != "In Progress" or len(world.notes(incident)) != 1:
        raise RuntimeError(f"after {call} the incident does not go on")
    return (world.clock.now - NOW).total_seconds()


def _without_jira() -> Figure:
    taken = sorted(
        _after_its_end(error, quiet, apart, seed)
        for error, (quiet, apart), seed in product(
            (no_connection, no_answer), QUIET_AND_APART, range(SEEDS)
        )
    )
    return Figure(
        budget="R15",
        what=f"until {INCIDENTS} incidents are through after a minute",
        value=taken[-1],
        limit=OUTAGE_LIMIT,
        unit="s",
        digits=1,
        details=[
            (
                f"the slowest of {len(taken)} outages, the median {median(taken):.1f} s; "
                f"a call to Jira takes {CALL} s"
            ),
            "with and without an answer, the incidents at once, one each second, or late",
        ],
    )


def _after_its_end(
    error: abc.Callable[[], PdjiraError], quiet: int, apart: int, seed: int
) -> float:
    world, plan = a_minute_without_jira(error, quiet=quiet, apart=apart, seed=seed)
    world.work()
    if len(world.issues) != INCIDENTS:
        raise RuntimeError("not every incident has its issue")
    return (world.clock.now - plan.until).total_seconds()
