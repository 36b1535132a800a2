"""P7, P21: an attempt whose answer was lost is looked for, whatever became of those after it."""

from dataclasses import replace

import pytest

from pdjira.domain.link import LinkState
from pdjira.errors import Ambiguous, PdjiraError, Refused, Temporary
from tests.world import World

LATE = 400
"""Seconds: a commit so late that an empty search is believed before."""


def until_second_try(world: World, method: str, error: PdjiraError) -> None:
    """The first attempt is carried out late; the second one, made before, surely fails."""
    world.jira.commit_late(method.removeprefix("jira."), LATE)
    tried = world.plan.calls.count(method)
    world.plan.fail(tried + 2, error, method=method)


def later(world: World) -> None:
    """The late commit happens, and the sweep looks again."""
    world.work()
    for _ in range(8):
        world.clock.forward(minutes=15)
        world.sweeper().run()
        world.work()


@pytest.mark.parametrize("error", [Temporary("busy"), Refused("No.", status=400)])
def test_of_an_issue_that_comes_late_no_second_one_is_made_after_a_failed_try(
    error: PdjiraError,
) -> None:
    world = World()
    until_second_try(world, "jira.create_issue", error)

    incident = world.trigger()
    later(world)

    (link,) = world.links.of_incident(incident)
    assert len(world.issues) == 1
    assert link.issue is not None
    assert link.attempt_at is None


@pytest.mark.parametrize("error", [Temporary("busy"), Refused("No.", status=400)])
def test_a_comment_that_comes_late_is_not_written_again_after_a_failed_try(
    error: PdjiraError,
) -> None:
    world = World()
    incident = world.trigger()
    world.work()
    until_second_try(world, "jira.add_comment", error)

    world.note(incident, "please help")
    later(world)

    assert world.comments() == ["[PagerDuty] Ada: please help"]


def test_an_attempt_that_was_lost_is_looked_for_before_a_refused_issue_is_tried_again() -> None:
    world = World()
    until_second_try(world, "jira.create_issue", Refused("No.", status=400))
    world.trigger()
    world.work()
    searches = world.jira.calls["find_issue"]

    world.signal(world.links.links[0].incident_id, id="again", event_type="incident.escalated")
    world.work()

    assert world.jira.calls["find_issue"] == searches + 1


def test_a_failure_before_the_next_attempt_does_not_end_the_one_that_was_lost() -> None:
    world = World()
    world.plan.fail_next("jira.create_issue", Ambiguous("lost"))
    world.trigger()
    world.work(until=world.clock.now)
    begun = world.links.links[0].attempt_at
    world.clock.forward(minutes=6)
    world.plan.fail_next("jira.server_info", Temporary("busy"))

    world.work(until=world.clock.now)

    assert begun is not None
    assert world.links.links[0].attempt_at == begun


def test_an_attempt_that_was_lost_in_a_project_that_is_gone_keeps_no_mended_mapping_back() -> None:
    world = World()
    world.plan.fail_next("jira.create_issue", Ambiguous("lost"))
    incident = world.trigger()
    world.work(until=world.clock.now)
    (link,) = world.links.of_incident(incident)
    world.links.save(replace(link, project_id="99999", state=LinkState.FAILED))

    later(world)

    (link,) = world.links.of_incident(incident)
    assert link.state is LinkState.LINKED
    assert len(world.issues) == 1
