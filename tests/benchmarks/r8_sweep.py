"""R8: what an idle sweep costs in calls to Jira and to PagerDuty."""

import math
from collections import Counter
from dataclasses import replace

from pdjira.adapters.aws.stored_mapping import read_mapping
from pdjira.model.mapping import CreateMode, JqlAppliesTo
from tests.benchmarks.budget import Figure
from tests.benchmarks.scene import MAPPING
from tests.world import World

LINKS = 250
MATCHES = 30
PAGE = 100

_JIRA = {"states", "made", "matches", "count", "ids"}
_SEARCHES = {"matches", "count", "ids"}


def measure() -> list[Figure]:
    """Sweep once where nothing has changed since the last sweep, and count."""
    world = _at_rest()
    before = len(world.plan.calls)
    result = world.sweeper().run()
    calls = Counter(world.plan.calls[before:])
    jira = {name: count for name, count in _of("jira", calls).items() if name in _JIRA}
    pagerduty = _of("pagerduty", calls)
    searches = sum(jira.get(name, 0) for name in _SEARCHES)
    hundreds = math.ceil(LINKS / PAGE)
    if result.resynced or result.problems or result.compared != LINKS:
        raise RuntimeError(f"the sweep is not idle: {result}")
    return [
        Figure(
            budget="R8",
            what=f"Jira calls, {LINKS} links",
            value=sum(jira.values()) - searches,
            limit=2 * hundreds,
            unit="calls",
            details=[_told(jira)],
        ),
        Figure(
            budget="R8",
            what="searches per mapping with a JQL",
            value=searches,
            limit=1,
            unit="calls",
        ),
        Figure(
            budget="R8",
            what=f"PagerDuty calls, {LINKS} open incidents",
            value=sum(pagerduty.values()),
            limit=hundreds + 1,
            unit="calls",
            details=[_told(pagerduty)],
        ),
    ]


def _at_rest() -> World:
    """Links whose sides agree, and a mapping whose matches are known."""
    mapping = read_mapping(MAPPING).to_domain()
    paging = replace(
        mapping,
        id="paging",
        create_issue=CreateMode.NEVER,
        jql="labels = page-me",
        jql_applies_to=JqlAppliesTo.NEW,
    )
    world = World(mapping, paging)
    for _ in range(MATCHES):
        world.issue(labels=["page-me"])
    world.poller().run()
    for number in range(LINKS):
        world.trigger(f"Checkout answers slowly {number}")
        world.work()
    for _ in range(5):
        world.clock.forward(minutes=15)
        world.sweeper().run()
        world.work()
    world.clock.forward(minutes=15)
    return world


def _of(side: str, calls: Counter[str]) -> dict[str, int]:
    start = f"{side}."
    return {name.removeprefix(start): n for name, n in calls.items() if name.startswith(start)}


def _told(calls: dict[str, int]) -> str:
    return ", ".join(f"{name} x{count}" for name, count in sorted(calls.items())) or "none"
