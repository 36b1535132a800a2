"""A stored item that cannot be read stops no poll, no sweep, no other mapping or incident."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.adapters.jira.searches import PROPERTY
from pdjira.health.checks import Check, Status
from pdjira.jql.matches import ELSEWHERE, MOVED, MatchState
from pdjira.jql.opening_rules import opened
from pdjira.jql.poll import Polled
from pdjira.model.issue import IssueDraft, IssueRef, Mark
from pdjira.model.link import LinkState
from pdjira.model.signal import SignalKind
from tests.builders import NOW, PAGING, a_mapping
from tests.fakes.health import Patient
from tests.fakes.links import unreadable
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.sweeps import linked
from tests.world import World

PLAIN = a_mapping()
OTHER = replace(PAGING, id="ops-other", jql="priority = Low")
HIGHEST, LOW = {"priority": {"id": "1"}}, {"priority": {"id": "4"}}


def polled(world: World, about: str) -> Polled:
    world.clock.forward(minutes=1)
    (found,) = [one for one in world.poller().run() if one.about == about]
    return found


def told(world: World, name: str = "readable", area: str = "links") -> list[Check]:
    checks = Patient(world, "secret").health.checks()
    return [check for check in checks if (check.area, check.name) == (area, name)]


def test_health_names_the_item_and_its_cure() -> None:
    world = World(PLAIN)

    (well,) = told(world)
    world.unreadable.stored.append(unreadable("CURSOR#", "mapping ops-bug"))
    (ill,) = told(world)

    assert well.status is Status.OK
    assert ill.status is Status.ATTENTION
    assert "CURSOR# mapping ops-bug" in ill.says
    assert ill.cure


def test_a_link_that_cannot_be_read_is_left_alone_and_no_second_issue_is_made() -> None:
    world = World(PLAIN, replace(PLAIN, id="ops-other"))
    incident_id = linked(world)
    before = len(world.issues)
    world.links.break_link(world.links.links[0])

    world.pagerduty.model.resolve(incident_id, by=RESPONDER)
    world.signal(incident_id, id="later", event_type="incident.resolved")
    world.work()

    assert len(world.issues) == before
    states = {link.mapping_id: link for link in world.links.links}
    assert states["ops-bug"].state is LinkState.UNREADABLE
    assert states["ops-other"].agreed.status == "resolved"


def test_an_incident_that_is_gone_is_not_written_onto_such_a_link() -> None:
    world = World(PLAIN)
    incident_id = linked(world)
    world.links.break_link(world.links.links[0])
    del world.pagerduty.model.incidents[incident_id]
    world.clock.forward(hours=1)

    world.signal(incident_id, id="later", occurred_at=NOW)
    world.work()

    (link,) = world.links.links
    assert (link.state, link.unknown_since) == (LinkState.UNREADABLE, None)


def test_a_sweep_passes_over_such_a_link() -> None:
    world = World(PLAIN)
    linked(world)
    world.links.break_link(world.links.links[0])
    world.clock.forward(minutes=15)

    result = world.sweeper().run()

    assert (result.resynced, result.problems) == (0, ())


def test_a_cursor_that_cannot_be_read_stops_its_own_search_alone_and_nothing_pages_for_it() -> None:
    world = World(PAGING, OTHER)
    world.poller().run()
    world.cursors.break_item("mapping ops-bug")
    world.issue(**HIGHEST)
    world.issue(**LOW)

    broken, well = polled(world, "mapping ops-bug"), polled(world, "mapping ops-other")

    assert broken.problem
    assert "health" in str(broken.cure)
    assert well.problem is None
    assert [row.mapping_id for row in world.rows.stored.values()] == ["ops-other"]
    world.clock.forward(hours=1)
    assert not [check for check in told(world, "ops-bug", "mappings") if "not run" in check.says]


def test_the_sweep_and_its_health_go_on_without_that_cursor() -> None:
    world = World(PAGING)
    world.poller().run()
    world.cursors.break_item("mapping ops-bug")
    world.clock.forward(minutes=15)

    result = world.sweeper().run()

    assert any("cannot be read" in problem for problem in result.problems)
    assert told(world, "sweep")


NAMES = ("hourly", MOVED.id, ELSEWHERE.id, "place of links", "place of jql")


def test_what_a_sweep_finds_anew_begins_anew_where_it_cannot_be_read() -> None:
    world = World(PLAIN)
    world.sweeper().run()
    for name in NAMES:
        world.cursors.break_item(name)
    world.clock.forward(minutes=15)

    result = world.sweeper().run()

    assert result.problems == ()
    for name in NAMES:
        world.cursors.memo(name)


def test_a_project_that_something_moved_to_waits_for_its_own_cursor_alone() -> None:
    world = World(PLAIN)
    world.cursors.remember(replace(MOVED, at=NOW, says="10200"))
    world.cursors.break_item("project 10200")

    found = polled(world, "project 10200")

    assert found.problem


def test_the_cursor_of_a_mapping_that_is_gone_goes_with_it() -> None:
    world = World(PAGING)
    world.poller().run()
    world.cursors.break_item("mapping ops-bug")
    world.mappings.remove("ops-bug")
    world.clock.forward(minutes=15)

    world.sweeper().run()

    assert "mapping ops-bug" not in world.cursors.known().by_id


def test_a_change_of_an_issue_whose_way_back_cannot_be_read_stops_no_search() -> None:
    world = World(PLAIN)
    linked(world)
    world.poller().run()
    issue_id = world.issues[0]["id"]
    world.links.break_way_back(issue_id)
    world.jira.model.edit_issue("alice", issue_id, {"fields": {"labels": ["red"]}})

    found = polled(world, "project 10100")

    assert (found.problem, found.signals) == (None, 0)


def test_an_issue_whose_claim_cannot_be_read_opens_nothing_and_says_so() -> None:
    world = World(PAGING)
    issue = world.issue(**HIGHEST)
    world.poller().run()
    world.openings.unreadable.add(issue["id"])

    world.work()

    assert world.pagerduty.model.incidents == {}
    (row,) = world.rows.stored.values()
    assert row.state is MatchState.WAITING
    assert row.refusal
    assert "cannot be read" in row.refusal.says


def test_a_brake_that_cannot_be_read_holds_its_own_mapping_alone() -> None:
    world = World(PAGING, OTHER)
    world.brakes.unreadable.add("ops-bug")
    world.issue(**HIGHEST)
    other = world.issue(**LOW)
    world.poller().run()

    world.work()

    assert [row.state for row in world.rows.stored.values()] == [
        MatchState.WAITING,
        MatchState.OPENED,
    ]
    assert world.links.incident_of(other["id"])


def test_health_tells_of_a_pause_that_cannot_be_read_as_of_any_item() -> None:
    world = World(replace(PAGING, max_incidents_per_hour=1))
    for _ in range(3):
        world.issue(**HIGHEST)
    world.poller().run()
    world.work()
    world.brakes.unreadable.add("ops-bug")

    assert [check.status for check in told(world, "followed", "mappings")] == [Status.OK]


def test_people_are_told_of_a_pause_although_the_last_way_back_cannot_be_read() -> None:
    """P27: the note goes onto the incident before."""
    world = World(replace(PAGING, max_incidents_per_hour=2))
    for _ in range(2):
        world.issue(**HIGHEST)
    world.poller().run()
    world.work()
    rows = sorted(world.rows.stored.values(), key=lambda row: row.issue_id)
    world.links.break_way_back(rows[-1].issue_id)
    brake = world.brakes.find("ops-bug")
    world.brakes.put(opened(brake, rows[-1].issue_id, now=world.clock()))

    world.issue(**HIGHEST)
    world.clock.forward(minutes=1)
    world.poller().run()
    world.work()

    notes = [note for one in world.pagerduty.model.incidents for note in world.notes(one)]
    assert len([note for note in notes if "opens nothing" in note]) == 1


def a_second(world: World, incident_id: str) -> IssueRef:
    url = world.pagerduty.get_incident(incident_id).html_url
    line = f"PagerDuty: {url}"
    fields = {"summary": "Checkout answers slowly", "description": f"Slow\n\n{line}"}
    mark = Mark(incident_id=incident_id, mapping_id="ops-bug", line=line)
    return world.jira.create_issue(
        IssueDraft(project_id="10100", issue_type_id="10001", fields=fields, mark=mark)
    )


@pytest.mark.parametrize("is_late", [False, True])
def test_a_duplicate_whose_way_back_cannot_be_read_is_joined_to_nothing(*, is_late: bool) -> None:
    """Neither the sweep's other issues nor the incident's other signals wait for it."""
    world = World(PLAIN)
    incident_id = linked(world)
    second = a_second(world, incident_id)
    if not is_late:
        world.links.break_way_back(second.id)
    world.clock.forward(minutes=15)
    result = world.sweeper().run()
    found = [decode(message.body).kind for message in world.queue.stored]
    world.links.break_way_back(second.id)

    world.work(until=world.clock() + timedelta(minutes=1))

    assert result.problems == ()
    assert (SignalKind.ISSUE_FOUND in found) is is_late
    assert second.id not in world.links.issues
    assert world.jira.model.get_property("alice", second.id, PROPERTY)
    assert world.queue.stored == []
