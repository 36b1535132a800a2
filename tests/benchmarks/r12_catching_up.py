"""R12: after a day without Jira, what each incident costs in calls to Jira."""

from pdjira.errors import Side
from tests.benchmarks.budget import Figure
from tests.simulation.outages import EVENTS, CaughtUp, caught_up

LIMIT = 4
INCIDENTS = 20
WRITES = frozenset({"create_issue", "transition", "update_issue", "add_comment"})
REMEMBERED = frozenset({"server_info"})
"""The adapter asks this once in ten minutes, the fake each time."""


def measure() -> list[Figure]:
    """A Jira that lets calls time out, and one that refuses the connection at once.

    Raises `RuntimeError` where something is not caught up with.
    """
    return [_figure(timed_out=timed_out) for timed_out in (True, False)]


def _figure(*, timed_out: bool) -> Figure:
    after = caught_up(INCIDENTS, Side.JIRA, timed_out=timed_out)
    if after.resolved != INCIDENTS or after.world.queue.stored or after.world.queue.dead:
        raise RuntimeError("not everything is caught up with")
    calls = _jira_calls(after)
    reads = {name: n for name, n in calls.items() if name not in WRITES | REMEMBERED}
    writes = {name: n for name, n in calls.items() if name in WRITES}
    remembered = {name: n for name, n in calls.items() if name in REMEMBERED}
    return Figure(
        budget="R12",
        what=f"Jira reads per incident, {'no answer' if timed_out else 'no connection'} for a day",
        value=sum(reads.values()) / INCIDENTS,
        limit=LIMIT,
        unit="calls",
        digits=2,
        details=[
            (
                f"{INCIDENTS} incidents, {EVENTS} events each, a sweep every 15 minutes; "
                f"{after.most} messages waited at the end"
            ),
            f"reads: {_listed(reads)}",
            f"writes: {_listed(writes)}",
            f"not counted, since the adapter remembers it: {_listed(remembered)}",
            f"PagerDuty: {after.calls['pagerduty.get_incident']} x get_incident",
        ],
    )


def _jira_calls(after: CaughtUp) -> dict[str, int]:
    return {
        name.removeprefix("jira."): count
        for name, count in sorted(after.calls.items())
        if name.startswith("jira.")
    }


def _listed(calls: dict[str, int]) -> str:
    return ", ".join(f"{count} x {name}" for name, count in calls.items()) or "none"
