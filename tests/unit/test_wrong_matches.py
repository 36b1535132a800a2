"""P27: an issue of another project or type pages nobody, whatever Jira's search says of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pdjira.application.health.checks import Check, Status
from pdjira.domain.jql.matches import MatchState
from pdjira.domain.mapping import JqlAppliesTo
from tests.builders import a_mapping
from tests.fakes.health import Patient
from tests.world import World

PAGING = a_mapping(jql="priority = Highest", jql_applies_to=JqlAppliesTo.EXISTING)
HIGHEST = {"priority": {"id": "1"}}
ELSEWHERE: dict[str, dict[str, Any]] = {
    "another project": {"project": {"id": "10200"}, "issuetype": {"id": "10002"}},
    "another type": {"issuetype": {"id": "10002"}},
}


@contextmanager
def wrong_search(world: World) -> Iterator[None]:
    """Jira answers every JQL with all its issues."""
    real = world.jira.model.search

    def search(user: str | None, jql: str = "", **given: Any) -> dict[str, Any]:
        del jql
        return real(user, "ORDER BY key ASC", **given)

    world.jira.model.search = search  # type: ignore[method-assign]
    yield
    world.jira.model.search = real  # type: ignore[method-assign]


@contextmanager
def right_before(world: World, call: str, act: Callable[[], object]) -> Iterator[None]:
    """Something happens right before that call."""
    real = world.plan.before

    def before(method: str) -> None:
        if method == call:
            act()
        real(method)

    world.plan.before = before  # type: ignore[method-assign]
    yield
    world.plan.before = real  # type: ignore[method-assign]


def opened(world: World) -> list[str]:
    return [it.title for it in world.pagerduty.model.incidents.values()]


def told(world: World) -> list[Check]:
    checks = Patient(world).health.jql.checks()
    return [check for check in checks if check.status is not Status.OK]


@pytest.mark.parametrize("fields", ELSEWHERE.values(), ids=ELSEWHERE)
def test_p27_an_issue_of_another_project_or_type_does_not_page_and_health_says_why(
    fields: dict[str, Any],
) -> None:
    world = World(PAGING)
    world.issue(summary="Theirs", **fields)
    world.issue(summary="Ours", **HIGHEST)

    with wrong_search(world):
        world.poller().run()
        world.work()

    (check,) = told(world)
    assert opened(world) == ["Ours"]
    assert "among the issues of project OPS and type Bug" in check.says
    assert "another project or type" in check.says
    assert check.cure == "Ask a Jira administrator to rebuild the search index."
    assert len(world.brakes.find("ops-bug").openings) == 1


def test_p27_once_the_search_is_right_again_a_sweep_forgets_what_it_found_wrongly() -> None:
    world = World(PAGING)
    world.issue(**ELSEWHERE["another project"])
    with wrong_search(world):
        world.poller().run()
        world.work()
    world.clock.forward(minutes=15)

    world.sweeper().run()

    assert world.rows.stored == {}
    assert told(world) == []


@pytest.mark.parametrize("move", [("WEB", "10002"), ("OPS", "10002")], ids=ELSEWHERE)
def test_p27_an_issue_that_is_moved_between_the_poll_and_the_read_does_not_page(
    move: tuple[str, str],
) -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST)
    project, type_id = move
    world.poller().run()

    def relocate() -> None:
        world.jira.model.move_issue("alice", issue["id"], project, type_id=type_id)

    with right_before(world, "jira.read_paging", relocate):
        world.work()

    assert opened(world) == []
    assert world.rows.stored == {}
    assert told(world) == []
    assert "does not match the JQL any more" in str(world.outcomes[-1].facts()["rests"])


def test_m16_an_issue_that_was_moved_away_and_back_pages() -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST)
    world.poller().run()
    world.jira.model.move_issue("alice", issue["id"], "WEB")
    world.work()
    world.jira.model.move_issue("alice", issue["id"], "OPS")

    world.clock.forward(minutes=5)
    world.poller().run()
    world.work()

    assert opened(world) == ["Database down"]


def test_m16_what_was_found_wrongly_pages_once_it_is_of_the_mapping() -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST, issuetype={"id": "10002"})
    with wrong_search(world):
        world.poller().run()
        world.work()
    before = world.rows.stored["ops-bug", issue["id"]]
    world.jira.model.move_issue("alice", issue["id"], "OPS", type_id="10001")

    world.clock.forward(minutes=5)
    world.poller().run()
    world.work()

    assert before.state is MatchState.WAITING
    assert opened(world) == ["Database down"]
    assert told(world) == []
