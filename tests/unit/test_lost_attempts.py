"""P7, P21: an attempt whose answer was lost is looked for, whatever became of those after it."""

from dataclasses import replace

import pytest

from pdjira.errors import Ambiguous, PdjiraError, Refused, Temporary
from pdjira.model.incident import Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import CreateMode, Mapping
from tests.builders import a_mapping, a_request, an_issue_change
from tests.sandbox.jira.world import Properties
from tests.sandbox.pagerduty.seed import RESPONDER
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


def a_lost_answer(
    *mappings: Mapping, properties: Properties = Properties.HELD
) -> tuple[World, str]:
    """The issue of the first mapping is there, and nothing has looked for it yet."""
    world = World(*mappings)
    world.jira.model.world.properties = properties
    world.plan.fail_next("jira.create_issue", Ambiguous("lost"), after=True)
    incident = world.trigger()
    world.work(until=world.clock.now)
    return world, incident


@pytest.mark.parametrize("properties", [Properties.HELD, Properties.DROPPED])
def test_p7_an_issue_that_a_rule_has_moved_since_is_found_in_whatever_project(
    properties: Properties,
) -> None:
    world, incident = a_lost_answer(properties=properties)

    world.jira.model.move_issue("alice", "OPS-1", "WEB", type_id="10002")
    world.work()

    (link,) = world.links.of_incident(incident)
    assert [issue["key"] for issue in world.issues] == ["WEB-1"]
    assert link.issue is not None
    assert (link.issue.key, link.project_id, link.issue_type_id) == ("WEB-1", "10200", "10002")
    assert any("Found WEB-1" in says and "moved" in says for says in world.timeline(incident))
    assert sum("/browse/WEB-1" in note for note in world.notes(incident)) == 1


def test_p7_where_the_next_try_is_refused_a_moved_issue_is_found_before_another_is_made() -> None:
    world, incident = a_lost_answer()
    world.jira.model.lag = 400
    world.plan.fail_next("jira.create_issue", Refused("No.", status=400), times=2)
    world.work()

    world.jira.model.move_issue("alice", "OPS-1", "WEB")
    world.clock.forward(minutes=10)
    world.signal(incident, id="again", event_type="incident.escalated")
    world.work()

    assert [issue["key"] for issue in world.issues] == ["WEB-1"]
    assert world.links.of_incident(incident)[0].state is LinkState.LINKED


def test_p7_by_its_line_alone_the_issue_of_another_mapping_is_never_taken_for_a_moved_one() -> None:
    web = a_mapping(id="web", project=Reference(id="10200", name="WEB"))
    world = World(a_mapping(), web)
    world.jira.model.world.properties = Properties.DROPPED
    world.plan.fail_next("jira.create_issue", Ambiguous("lost"))

    incident = world.trigger()
    world.work()

    assert sorted(issue["key"] for issue in world.issues) == ["OPS-1", "WEB-1"]
    issues = {link.issue.id for link in world.links.of_incident(incident) if link.issue}
    assert len(issues) == 2


def test_where_jira_refuses_to_look_in_every_project_people_are_told_and_none_is_made() -> None:
    world, incident = a_lost_answer()
    world.jira.model.move_issue("alice", "OPS-1", "WEB")
    world.plan.fail_next("jira.find_moved_issue", Refused("No.", status=400))

    world.work()

    assert len(world.issues) == 1
    assert any("No." in note for note in world.notes(incident))


def test_an_empty_look_elsewhere_is_taken_only_before_another_issue_is_made() -> None:
    """R4: while an index may lag, one project is searched."""
    world = World()
    world.plan.fail_next("jira.create_issue", Ambiguous("lost"))

    world.trigger()
    world.work()

    assert len(world.issues) == 1
    assert world.jira.calls["find_issue"] > 2
    assert world.jira.calls["find_moved_issue"] == 1


def refused_search(world: World, *, times: int) -> None:
    world.plan.fail_next("jira.find_issue", Refused("No.", status=400), times=times)


@pytest.mark.parametrize("is_over", [False, True])
def test_a_refused_search_is_counted_as_refused_until_an_hourly_sweep_finds_the_issue(
    *, is_over: bool
) -> None:
    world, incident = a_lost_answer()
    refused_search(world, times=1)
    world.work()
    if is_over:
        world.pagerduty.model.resolve(incident, by=RESPONDER)
    counted = world.links.counts()

    later(world)

    assert (counted.failed, counted.failed_incidents) == (1, (incident,))
    assert world.links.counts().failed == 0
    assert len(world.issues) == 1
    assert world.links.of_incident(incident)[0].state is LinkState.LINKED


def test_a_refused_search_is_tried_once_an_hour_and_no_more_once_it_finds_nothing() -> None:
    world = World()
    world.plan.fail_next("jira.create_issue", Ambiguous("lost"))
    world.trigger()
    world.work(until=world.clock.now)
    refused_search(world, times=3)
    world.work()
    searches = world.jira.calls["find_issue"]

    later(world)

    assert world.jira.calls["find_issue"] <= searches + 3
    assert world.links.counts().failed == 1
    later(world)
    assert len(world.issues) == 1
    assert world.links.counts().failed == 0


def test_a_refused_search_for_an_ended_incident_is_given_up_after_a_week() -> None:
    world, incident = a_lost_answer()
    refused_search(world, times=10_000)
    world.work()
    world.pagerduty.model.resolve(incident, by=RESPONDER)
    world.clock.forward(days=8)
    before = world.jira.calls["find_issue"]

    later(world)

    assert world.jira.calls["find_issue"] == before


MANUAL = a_mapping(create_issue=CreateMode.MANUAL)


def given_up(*, commits: bool) -> tuple[World, str]:
    """The answer was lost, the mapping makes no issues by itself any more, and sweeps look.

    `commits`: Jira carries the create out, but long after an empty search is believed.
    """
    world = World()
    if commits:
        world.jira.commit_late("create_issue", 6 * 3600)
    else:
        world.plan.fail_next("jira.create_issue", Ambiguous("lost"))
    incident = world.trigger()
    world.work(until=world.clock.now)
    world.mappings.put(MANUAL)
    later(world)
    return world, incident


def asked(world: World, incident: str) -> None:
    world.queue.send(a_request(id="press", incident_id=incident))
    world.work()


def test_a_claim_under_which_no_issue_is_made_any_more_is_ended_and_said_once() -> None:
    """And not swept for ever, silently."""
    world, incident = given_up(commits=False)
    reads = world.plan.calls.count("pagerduty.get_incident")

    later(world)

    (link,) = world.links.of_incident(incident)
    (says,) = (each for each in world.timeline(incident) if "earlier attempt" in each)
    assert link.state is LinkState.CLOSED
    assert link.attempt_at is not None
    assert "create_issue is manual" in says
    assert "What to do" in says
    assert world.plan.calls.count("pagerduty.get_incident") == reads
    assert not world.issues


@pytest.mark.parametrize("commits", [True, False])
def test_p7_whoever_asks_for_an_issue_later_gets_that_of_the_lost_attempt_where_there_is_one(
    *, commits: bool
) -> None:
    world, incident = given_up(commits=commits)
    world.clock.forward(hours=6)

    asked(world, incident)

    (link,) = world.links.of_incident(incident)
    assert len(world.issues) == 1
    assert link.state is LinkState.LINKED
    found = any("Found OPS-1" in each for each in world.timeline(incident))
    assert found is commits


def test_p20_a_mapping_that_makes_issues_again_makes_that_of_a_claim_that_was_given_up() -> None:
    world, incident = given_up(commits=False)

    world.mappings.put(a_mapping())
    world.pagerduty.model.set_status(incident, "acknowledged", by=RESPONDER)
    world.signal(incident, id="next", event_type="incident.acknowledged")
    world.work()

    assert len(world.issues) == 1


def test_an_event_that_tells_of_one_thing_alone_ends_no_claim() -> None:
    """A change in Jira makes no issue, but the next look at the whole incident does."""
    world = World()
    world.plan.fail_next("jira.create_issue", Ambiguous("lost"))
    incident = world.trigger()
    world.work(until=world.clock.now)
    world.clock.forward(minutes=10)
    world.queue.stored.clear()
    message = world.queue.receive()
    assert message
    world.queue.delete(message)

    world.queue.send(an_issue_change(incident_id=incident))
    world.work()
    before = [link.state for link in world.links.links]
    later(world)

    assert before == [LinkState.CREATING]
    assert len(world.issues) == 1
