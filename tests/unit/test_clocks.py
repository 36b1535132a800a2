"""P21: no change is lost where a search is cut and Jira's clock is another than ours."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.jql.matches import OVERLAP, Match, MatchPage
from pdjira.model.issue import IssueRef
from pdjira.model.signal import SignalKind
from tests.builders import NOW, a_link, a_mapping, an_issue
from tests.fakes.searches import FakeSearches
from tests.world import World

SHOWN = 6


class Timeless(FakeSearches):
    """A Jira whose answers do not tell its time."""

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        return replace(super().matches(jql, start=start), clock_ahead=None)


def a_world(ahead: float) -> tuple[World, list[str]]:
    """A Jira whose clock is so many minutes ahead, and incidents linked to what lies there."""
    world = World(a_mapping())
    world.jira.model.clock = lambda: world.clock() + timedelta(minutes=ahead)
    incidents = []
    for number in range(24):
        made = world.issue(summary=f"Issue {number}")
        reference = replace(an_issue().ref, id=made["id"], key=made["key"])
        link = world.links.complete(a_link(version=0, incident_id=f"Q{number}", issue=reference))
        incidents.append(link.incident_id)
    for _ in range(2):
        world.clock.forward(minutes=20)
        world.poller().run()
    world.queue.stored.clear()
    return world, incidents


def changed(world: World) -> None:
    """All issues are changed, one after the other, within four minutes."""
    for issue in world.issues:
        world.jira.model.edit_issue("alice", issue["id"], {"fields": {"labels": ["red"]}})
        world.clock.forward(seconds=10)


def told(world: World) -> set[str | None]:
    found = (decode(message.body) for message in world.queue.stored)
    return {one.incident_id for one in found if one.kind is SignalKind.ISSUE_CHANGED}


@pytest.mark.parametrize("searches", [FakeSearches, Timeless])
@pytest.mark.parametrize("ahead", [-4, 0, 0.5, 1, 3, 4.5])
def test_p21_what_a_late_round_did_not_read_is_read_whatever_jiras_clock_says(
    ahead: float, searches: type[FakeSearches]
) -> None:
    world, incidents = a_world(ahead)
    changed(world)

    for _ in range(60):
        before = world.plan.calls.count("jira.matches")
        poller = replace(world.poller(), searches=searches(world.jira, page=SHOWN))
        poller.run(lambda: 90.0 if world.plan.calls.count("jira.matches") - before < 2 else 10.0)  # noqa: B023
        world.clock.forward(minutes=1)
    replace(world.poller(), searches=searches(world.jira)).run()

    assert told(world) == set(incidents)


@pytest.mark.parametrize("ahead", [-4, 0, 0.5, 1, 3, 4.5])
def test_p21_what_a_search_did_not_show_is_read_whatever_jiras_clock_says(
    ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, incidents = a_world(ahead)
    changed(world)

    for _ in range(10):
        with monkeypatch.context() as patch:
            for module in ("tests.fakes.searches", "pdjira.adapters.jira.searches"):
                patch.setattr(f"{module}.SEARCH_WINDOW", 12)
            world.poller().run()
        world.clock.forward(minutes=5)

    assert told(world) == set(incidents)


def test_where_jira_tells_no_time_its_clock_may_be_as_far_ahead_as_searches_overlap() -> None:
    match = Match(issue=IssueRef(id="1", key="OPS-1"), updated=NOW)
    page = MatchPage(matches=(match,), total=1, next_start=None)

    assert page.last == NOW - OVERLAP
    assert replace(page, clock_ahead=timedelta(minutes=2)).last == NOW - timedelta(minutes=2)
    assert replace(page, clock_ahead=-timedelta(minutes=2)).last == NOW + timedelta(minutes=2)
    assert replace(page, matches=()).last is None
