"""P27: an issue of another project or type pages nobody, whatever Jira's search says of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from pdjira.health.checks import Check, Status
from pdjira.jql.matches import MatchState
from pdjira.model.signal import Signal, SignalKind
from tests.builders import HIGHEST, NOW, PAGING
from tests.fakes.health import Patient
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

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
    checks = Patient(world).health.stored.jql.checks()
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


def restored(*, upgraded: bool) -> World:
    """Jira was restored from a backup, and a stranger's issue has got the id of one that paged.

    `upgraded`: an earlier version made the link, and kept no time of its issue.
    """
    world = World(PAGING)
    world.clock.forward(minutes=5)
    world.issue(summary="Former", **HIGHEST)
    world.poller().run()
    world.work()
    if upgraded:
        (link,) = world.links.links
        world.links.save(replace(link, issue_created_at=None, issue_read_at=None))
    world.rows.stored.clear()
    world.clock.forward(days=2)
    world.jira.model.restore(NOW)
    world.issue(summary="Stranger", **HIGHEST)
    world.poller().run()
    world.work()
    return world


@pytest.mark.parametrize("upgraded", [False, True])
def test_p8_a_strangers_issue_with_the_id_of_one_that_paged_is_not_taken_for_it_and_health_tells(
    *, upgraded: bool
) -> None:
    """Marked as that one, it would be closed with an incident that it has nothing to do with."""
    world = restored(upgraded=upgraded)
    (incident,) = world.pagerduty.model.incidents

    (issue,) = world.issues
    (check,) = told(world)
    assert issue["properties"] == {}
    assert not [one for one in world.timeline(incident)[1:] if "opened this incident" in one]
    assert f"the id of an issue that incident {incident} is linked with" in check.says
    assert f"ISSUE#{issue['id']}, LINK" in str(check.cure)


def test_p8_once_its_item_is_deleted_as_health_says_the_strangers_issue_pages() -> None:
    world = restored(upgraded=False)
    (incident,) = world.pagerduty.model.incidents
    (issue,) = world.issues
    world.pagerduty.model.resolve(incident, by=RESPONDER)
    world.openings.delete(issue["id"])

    world.clock.forward(minutes=6)
    world.poller().run()
    world.work()

    assert opened(world) == ["Former", "Stranger"]
    assert world.links.incident_of(issue["id"]) != incident


def test_p8_it_is_left_alone_too_where_its_mapping_is_off_by_then() -> None:
    world = restored(upgraded=False)
    world.mappings.put(replace(PAGING, enabled=False))
    (issue,) = world.issues

    world.queue.send(
        Signal(kind=SignalKind.ISSUE_MATCHED, id="m", issue_id=issue["id"], mapping_id="ops-bug")
    )
    world.work()

    (issue,) = world.issues
    assert issue["properties"] == {}


class GivenAgain:
    """Jira was restored from a backup and gave the id of an issue that paged to another at once.

    No sweep has seen the id outside the JQL between them.
    """

    def __init__(self) -> None:
        self.world = World(PAGING)
        self.world.clock.forward(minutes=5)
        self.world.issue(summary="Former", **HIGHEST)
        self.poll()
        self.world.clock.forward(minutes=5)
        self.world.jira.model.restore(NOW)
        self.issue_id = self.world.issue(summary="Stranger", **HIGHEST)["id"]

    def poll(self) -> None:
        """The poller runs, and what it tells is worked on."""
        self.world.poller().run()
        self.world.work()


@pytest.mark.parametrize("finder", ["poller", "sweeper"])
def test_p8_health_tells_of_an_issue_with_the_id_of_one_whose_incident_is_still_open(
    finder: str,
) -> None:
    given = GivenAgain()
    (incident,) = given.world.pagerduty.model.incidents

    getattr(given.world, finder)().run()
    given.world.work()
    given.world.clock.forward(minutes=5)
    given.poll()

    (check,) = told(given.world)
    assert f"the id of an issue that incident {incident} is linked with" in check.says
    assert f"ISSUE#{given.issue_id}, LINK" in str(check.cure)


def test_an_issue_that_is_gone_again_when_its_match_is_worked_on_changes_nothing() -> None:
    world = World(PAGING)
    world.issue(**HIGHEST)
    world.poller().run()
    world.work()
    world.rows.stored.clear()
    world.clock.forward(minutes=1)
    with right_before(world, "rows.find", world.jira.model.issues.clear):
        world.poller().run()
        world.work()

    assert len(opened(world)) == 1
    assert told(world) == []
