"""M16, P27: people see in `health` what keeps a JQL from being followed, and the cure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pdjira.errors import Refused
from pdjira.health.checks import Check, Status
from tests.builders import HIGHEST, PAGING, a_mapping
from tests.fakes.health import Patient
from tests.world import World


def told(world: World) -> Sequence[Check]:
    """What health says of the JQL of all mappings."""
    return [*Patient(world).health.stored.jql.checks()]


def test_where_every_jql_is_followed_one_check_says_so() -> None:
    world = World(PAGING, a_mapping(id="without"))
    world.poller().run()

    (check,) = told(world)

    assert (check.area, check.name, check.status) == ("mappings", "followed", Status.OK)
    assert check.says == "The JQL of 1 mapping is followed."
    assert check in Patient(world).health.checks()


def test_p27_a_pause_is_told_with_how_many_wait_and_ends_with_its_release() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    for _ in range(3):
        world.issue(**HIGHEST)
    world.poller().run()
    world.work()

    (check,) = told(world)
    world.release().run("ops-bug")
    world.work()

    assert (check.name, check.status) == ("ops-bug", Status.ATTENTION)
    assert "2 issues wait" in check.says
    assert '{"action": "release", "mapping_id": "ops-bug"}' in str(check.cure)
    assert [one.status for one in told(world)] == [Status.OK]


def test_p27_a_pause_for_which_nothing_waits_is_told_until_it_ends_by_itself() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    for _ in range(2):
        world.issue(**HIGHEST)
    world.poller().run()
    world.work()
    (row,) = world.rows.waiting("ops-bug")
    world.jira.model.edit_issue("alice", row.issue_id, {"fields": {"priority": {"id": "3"}}})
    world.rows.forget(row)

    before = told(world)
    world.clock.forward(hours=1)
    world.poller().run()

    assert "0 issues wait" in before[0].says
    assert [one.status for one in told(world)] == [Status.OK]
    assert world.pauses.shown["ops-bug"] is None


def test_a_jql_that_jira_refuses_is_told_in_its_words_until_it_is_mended() -> None:
    world = World(replace(PAGING, jql="bogus = 1"))
    world.poller().run()

    (check,) = told(world)
    world.mappings.put(PAGING)
    world.poller().run()

    assert (check.name, check.status) == ("ops-bug", Status.ATTENTION)
    assert check.says.startswith("The JQL of mapping ops-bug is not run. ")
    assert "bogus" in check.says
    assert "jql" in str(check.cure)
    assert [one.status for one in told(world)] == [Status.OK]


def test_a_problem_of_a_mapping_without_a_jql_by_now_is_no_problem() -> None:
    world = World(replace(PAGING, jql="bogus = 1"))
    world.poller().run()

    world.mappings.put(replace(PAGING, jql=None))

    assert [one.status for one in told(world)] == [Status.OK]


def test_a_project_whose_changes_cannot_be_read_is_told() -> None:
    world = World(a_mapping())
    world.plan.fail_next("jira.matches", Refused("No.", status=400, cure="Let us in."))
    world.poller().run()

    (check,) = told(world)

    assert check.says.startswith("Changes in the project ")
    assert check.says.endswith(" are not followed. No.")
    assert (check.name, check.cure) == ("followed", "Let us in.")


def test_matches_that_wait_for_long_without_a_pause_are_told() -> None:
    world = World(replace(PAGING, jql_settle_seconds=600))
    issue = world.issue(**HIGHEST)
    world.poller().run()
    early = told(world)

    world.clock.now += timedelta(seconds=600 + 15 * 60)
    world.poller().run()
    (late,) = told(world)

    assert [one.status for one in early] == [Status.OK]
    assert (late.name, late.status) == ("ops-bug", Status.ATTENTION)
    assert late.says.startswith("1 issue that matches the JQL of mapping ops-bug waited")
    assert issue["id"] in str(late.cure)


def test_while_nothing_changes_a_poll_that_runs_is_never_late() -> None:
    world = World(PAGING)

    for _ in range(60):
        world.poller().run()
        world.clock.forward(minutes=1)

        assert [one.status for one in told(world)] == [Status.OK]


def test_a_poll_that_runs_no_more_is_told_with_what_it_leaves_unread_and_since_when() -> None:
    world = World(PAGING, a_mapping(id="without"))
    world.poller().run()
    since = world.clock()

    world.clock.forward(minutes=16)
    (check,) = told(world)

    assert (check.name, check.status) == ("followed", Status.ATTENTION)
    assert check.says == (
        f"Not read since {since:%Y-%m-%d %H:%M} UTC: changes in OPS, the JQL of mapping ops-bug."
    )
    assert "JqlPollerFunction" in str(check.cure)


def on_since(since: datetime, count: int = 1) -> World:
    """Mappings that were switched on at a time, and that no poll has read."""
    return World(
        *(replace(PAGING, id=f"m{number}", enabled_since=since) for number in range(count))
    )


def test_a_mapping_that_no_poll_has_read_is_told_once_it_should_have() -> None:
    world = on_since(World().clock())

    early = told(world)
    world.clock.forward(minutes=16)
    (late,) = told(world)

    assert [one.status for one in early] == [Status.OK]
    assert "the JQL of mapping m0" in late.says


def test_a_mapping_that_was_off_for_long_is_not_late_when_it_is_switched_on() -> None:
    world = World(PAGING)
    world.poller().run()
    world.clock.forward(days=3)

    world.mappings.put(replace(PAGING, enabled_since=world.clock()))

    assert [one.status for one in told(world)] == [Status.OK]


def test_of_many_mappings_that_are_not_read_some_are_named() -> None:
    world = on_since(World().clock(), count=9)

    world.clock.forward(minutes=16)
    (check,) = told(world)

    assert check.says.count("the JQL of") == 4
    assert check.says.endswith(" and more.")


def test_a_search_that_is_cut_is_told_by_itself_however_old_what_it_has_read_is() -> None:
    world = World(PAGING)
    world.poller().run()
    cursor = world.cursors.find("mapping ops-bug")
    assert cursor is not None
    world.cursors.put(replace(cursor, is_cut=True))
    world.clock.forward(hours=1)

    says = [check.says for check in told(world)]

    assert sum("the JQL of mapping ops-bug" in one for one in says) == 1
    assert any(one.startswith("More issues that match the JQL") for one in says)
