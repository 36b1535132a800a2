"""M16, P21: a poll stops by itself where Jira is slow, and each search has its turn."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.errors import Misconfigured, Permanent, Refused
from pdjira.jql.matches import Cursor
from pdjira.jql.pages import CORRECT_JQL
from pdjira.jql.poll import Poll, Polled
from tests.builders import NOW, PAGING, a_link, an_issue
from tests.fakes.searches import FakeSearches
from tests.world import World

PROJECT = "project 10100"


def cut_after(world: World, searches: int) -> Callable[[], float]:
    """The time of a poll that ends after so many searches."""
    before = world.plan.calls.count("jira.matches")
    return lambda: 300.0 if world.plan.calls.count("jira.matches") - before < searches else 59.0


def by_pages(world: World, size: int) -> Poll:
    """A poller to which Jira shows so many issues at once."""
    return replace(world.poller(), searches=FakeSearches(world.jira, page=size))


def cursor(world: World, about: str) -> Cursor:
    found = world.cursors.find(about)
    assert found is not None
    return found


def test_a_poll_whose_time_is_up_begins_no_search_and_says_which_it_left_out() -> None:
    world = World(PAGING, replace(PAGING, id="other"))
    world.poller().run()

    found = world.poller().run(cut_after(world, 1))

    assert [one.about for one in found] == ["mapping ops-bug", "mapping other", PROJECT]
    assert sorted(one.is_late for one in found) == [False, True, True]
    assert all(one.problem for one in found if one.is_late)


def test_what_was_left_out_moves_no_cursor() -> None:
    world = World(PAGING)
    world.poller().run()
    world.clock.forward(hours=1)
    before = world.cursors.known()

    world.poller().run(lambda: 1.0)

    assert world.cursors.known() == before


def test_no_search_is_always_left_out_whatever_the_rhythm_of_the_rounds() -> None:
    """A slow Jira lets a round come every five minutes, and ten of its searches be made."""
    world = World(*(replace(PAGING, id=f"m{number:02}") for number in range(40)))
    world.poller().run()
    made: dict[str, int] = {}

    for _ in range(20):
        world.clock.forward(minutes=5)
        for one in world.poller().run(cut_after(world, 10)):
            made[one.about] = made.get(one.about, 0) + (not one.is_late)

    assert len(made) == 41
    assert min(made.values()) >= 2


def test_p21_changes_that_were_not_read_in_time_are_read_by_the_next_rounds() -> None:
    world = World(PAGING)
    for number in range(6):
        issue = world.issue(summary=f"Issue {number}")
        reference = replace(an_issue().ref, id=issue["id"], key=issue["key"])
        link = a_link(version=0, incident_id=f"Q{number}", issue=reference)
        world.links.complete(link)
        world.clock.forward(minutes=10)
    world.cursors.put(Cursor(id=PROJECT, until=NOW - timedelta(minutes=1), reads="10100"))
    by_pages(world, 100).run(lambda: 1.0)

    found: list[Polled] = []
    for _ in range(6):
        found += by_pages(world, 2).run(cut_after(world, 2))
        world.clock.forward(minutes=1)

    told = {decode(message.body).incident_id for message in world.queue.stored}
    assert told >= {f"Q{number}" for number in range(6)}
    assert any("The time of this round was up" in str(one.problem) for one in found)


def test_the_first_round_of_a_mapping_is_not_broken_off_in_its_midst() -> None:
    """It has no half: which issues are new is told from all that matched before."""
    world = World(PAGING)
    for _ in range(4):
        world.issue(priority={"id": "1"})
    poller = by_pages(world, 2)

    while not any(
        one.about == "mapping ops-bug" and not one.is_late
        for one in poller.run(cut_after(world, 1))
    ):
        world.clock.forward(minutes=1)

    assert len(world.rows.stored) == 4


def test_a_search_that_is_refused_says_what_to_do() -> None:
    world = World(PAGING)
    refused = Refused("Jira refused it.", status=400, messages=("No such field.",))
    world.plan.fail_next("jira.matches", refused, times=9)

    by_about = {one.about: one for one in world.poller().run()}

    assert by_about["mapping ops-bug"].cure == CORRECT_JQL
    assert "Browse Projects" in str(by_about[PROJECT].cure)
    assert cursor(world, PROJECT).cure == by_about[PROJECT].cure


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (Refused("A proxy refused it.", status=413), None),
        (Refused("Something refused it.", status=400), None),
        (Refused("Not allowed.", status=403, messages=("No.",), cure="Ask."), "Ask."),
        (Misconfigured("That may not be Jira.", cure="Check jira.url."), "Check jira.url."),
    ],
)
def test_a_search_that_is_refused_for_another_cause_is_no_matter_of_the_jql(
    error: Permanent, cure: str | None
) -> None:
    world = World(PAGING)
    world.plan.fail_next("jira.matches", error, times=9)

    by_about = {one.about: one for one in world.poller().run()}

    assert by_about["mapping ops-bug"].cure == cure
