"""P39: an open incident that an issue has opened, and that no link names, is found and joined."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.errors import Temporary
from pdjira.jql.opening_rules import Opening
from pdjira.model.link import LinkState
from pdjira.model.signal import Signal, SignalKind
from pdjira.sync.synchronise import Report
from tests.builders import PAGING
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER
from tests.simulation.every_call import at_every_call
from tests.world import World


def key_of(issue_id: str, host: str = "jira.example.com") -> str:
    return f"jira:{host}:{issue_id}"


def opened(world: World, key: str, service: str = CHECKOUT) -> str:
    """An incident with that key, of which the stack knows nothing."""
    incident = world.pagerduty.model.trigger(
        service, "Database down", by=RESPONDER, incident_key=key, channel_type="api"
    )
    return incident.id


def moved(world: World, key: str) -> str:
    """The same in the mapping's service, whither it was moved: keys are unique in a service."""
    incident_id = opened(world, key, PAYMENTS)
    world.pagerduty.model.set_service(incident_id, CHECKOUT, by=RESPONDER)
    return incident_id


def swept(world: World, *, minutes: int = 16) -> Sequence[Signal]:
    """What a sweep tells of unlinked incidents, with all of it worked on."""
    world.clock.forward(minutes=minutes)
    world.sweeper().run()
    signals = [decode(message.body) for message in world.queue.stored]
    world.work()
    return [one for one in signals if one.kind is SignalKind.ISSUE_FOUND]


def attempt(world: World, issue_id: str) -> None:
    """Whether it has opened the issue's incident is not known."""
    claim = Opening(
        issue_id=issue_id,
        mapping_id=PAGING.id,
        service_id=CHECKOUT,
        incident_key=key_of(issue_id),
        attempt_at=world.clock(),
    )
    world.openings.put(claim)


def joined(world: World, incident_id: str, issue_id: str) -> Report:
    signal = Signal(
        kind=SignalKind.ISSUE_FOUND, id="found", incident_id=incident_id, issue_id=issue_id
    )
    return world.joiner().handle(signal)


def linked(world: World) -> dict[str, str]:
    """The issues that incidents are linked with."""
    return {one.incident_id: one.issue.key for one in world.links.links if one.issue}


def an_open_match(plan: FaultPlan | None = None) -> tuple[World, str]:
    """A world in which an issue has opened its incident."""
    world = World(PAGING, plan=plan)
    issue_id: str = world.issue(priority={"id": "1"})["id"]
    world.poller().run()
    world.work()
    return world, issue_id


def a_duplicate(plan: FaultPlan | None = None) -> tuple[World, str, str]:
    """The same with a second incident: the first one's id, and the second one's."""
    world, issue_id = an_open_match(plan)
    (first,) = world.pagerduty.model.incidents
    return world, first, moved(world, key_of(issue_id))


def test_p39_an_incident_without_a_link_is_joined_to_the_issue_that_opened_it() -> None:
    world = World(PAGING)
    issue = world.issue()
    incident = opened(world, key_of(issue["id"]))

    swept(world)
    again = swept(world)

    assert linked(world) == {incident: issue["key"]}
    assert [note for note in world.notes(incident) if "browse" in note] == [
        f"Jira issue {issue['key']}: http://jira.example.com/browse/{issue['key']}"
    ]
    assert again == []
    assert len(world.issues) == 1


def test_p34_an_incident_is_joined_and_told_whatever_jira_does_with_the_issues_mark() -> None:
    plan = FaultPlan()
    world = World(PAGING, plan=plan)
    issue = world.issue()
    incident = opened(world, key_of(issue["id"]))
    plan.fail(1, Temporary("It says 500."), method="jira.mark", times=99)

    swept(world)

    timeline = "\n".join(world.timeline(incident))
    assert linked(world) == {incident: issue["key"]}
    assert plan.calls.count("jira.mark") == 1
    assert f"{issue['key']} opened this incident" in timeline
    assert "The issue bears no mark of the incident: It says 500." in timeline
    assert any("browse" in note for note in world.notes(incident))


def test_p39_one_that_was_moved_to_a_service_that_a_sweep_lists_is_joined_as_well() -> None:
    world = World(PAGING)
    known = world.trigger()
    world.work()
    world.pagerduty.model.set_service(known, PAYMENTS, by=RESPONDER)
    swept(world)
    issue = world.issue()
    incident = opened(world, key_of(issue["id"]), PAYMENTS)

    swept(world)

    assert linked(world)[incident] == issue["key"]


def test_p39_a_second_incident_of_an_issue_is_told_on_both_and_nothing_is_carried() -> None:
    world, first, second = a_duplicate()
    (issue,) = world.issues

    found = [len(swept(world)) for _ in range(3)]
    world.note(second, "Restarted it")
    world.work()
    world.pagerduty.model.set_status(second, "acknowledged", by=RESPONDER)
    world.signal(second, id="acknowledged", event_type="incident.acknowledged")
    world.work()

    numbers = {one: world.pagerduty.model.incident(one).number for one in (first, second)}
    says = (
        f"both were opened by {issue['key']}, and incident {numbers[first]} alone is kept in step"
    )
    cure = f"What to do: Merge incident {numbers[second]} into incident {numbers[first]}."
    assert found == [1, 0, 0]
    assert [note for note in world.notes(first) if "duplicate" in note] == [
        f"Incident {numbers[second]} is a duplicate of this one: {says} with it. {cure}"
    ]
    assert [note for note in world.notes(second) if "duplicate" in note] == [
        f"This incident is a duplicate of incident {numbers[first]}: {says} with it. {cure}"
    ]
    assert linked(world) == {first: issue["key"]}
    assert world.comments() == []
    assert world.issues[0]["fields"]["status"]["name"] == "Open"
    assert len(world.pagerduty.model.incidents) == 2


def test_p39_an_incident_that_an_attempt_opened_hours_late_is_a_duplicate() -> None:
    world = World(PAGING)
    world.issue(priority={"id": "1"})
    world.pagerduty.commit_late("open_incident", 2 * 3600)
    world.poller().run()
    world.work()
    (first,) = world.pagerduty.model.incidents
    world.pagerduty.model.set_service(first, PAYMENTS, by=RESPONDER)

    for _ in range(12):
        swept(world)

    (second,) = set(world.pagerduty.model.incidents) - {first}
    assert [
        len([note for note in world.notes(one) if "duplicate" in note]) for one in (first, second)
    ] == [1, 1]


def test_p39_an_incident_that_may_still_be_in_the_hands_of_a_worker_is_left_alone() -> None:
    world = World(PAGING)
    opened(world, key_of(world.issue()["id"]))

    assert swept(world, minutes=14) == []


def test_p39_an_incident_of_another_jira_is_left_alone() -> None:
    world = World(PAGING)
    opened(world, key_of(world.issue()["id"], host="other.example.com"))

    assert swept(world) == []


@pytest.mark.parametrize("jql", [None, "priority = Highest"])
def test_p39_without_a_mapping_for_such_issues_nothing_is_joined(jql: str | None) -> None:
    world = World(replace(PAGING, jql=jql, issue_type=replace(PAGING.issue_type, id="10004")))
    incident = opened(world, key_of(issue_id := world.issue()["id"]))

    report = joined(world, incident, issue_id)

    assert report.rests == (f"No mapping with a JQL is in force for issues like {issue_id}.",)
    assert linked(world) == {}


def test_p39_of_two_without_a_link_the_older_is_joined_wherever_it_lies() -> None:
    world = World(PAGING)
    issue = world.issue()
    older = opened(world, key_of(issue["id"]), PAYMENTS)
    world.clock.forward(minutes=1)
    younger = opened(world, key_of(issue["id"]))

    swept(world)

    assert linked(world) == {older: issue["key"]}
    assert any("duplicate" in note for note in world.notes(younger))


@pytest.mark.parametrize("attempted", [False, True])
def test_p39_one_that_is_resolved_does_not_keep_an_open_one_from_its_issue(
    *, attempted: bool
) -> None:
    world = World(PAGING)
    issue = world.issue()
    key = key_of(issue["id"])
    resolved = opened(world, key)
    world.pagerduty.model.resolve(resolved, by=RESPONDER)
    living = opened(world, key)
    if attempted:
        attempt(world, issue["id"])

    swept(world)

    assert linked(world) == {living: issue["key"]}


def test_p39_an_alert_whose_sender_chose_such_a_key_is_joined_to_nothing() -> None:
    """The key of one that no user opened says nothing: it could close anybody's issue."""
    world = World(PAGING)
    issue = world.issue()
    alert = world.pagerduty.model.trigger_event(CHECKOUT, "x", dedup_key=key_of(issue["id"]))
    alert.incident_key = key_of(issue["id"])

    swept(world)
    younger = moved(world, key_of(issue["id"]))
    swept(world)

    assert linked(world) == {younger: issue["key"]}
    assert world.notes(alert.id) == []


def test_p39_what_an_attempt_of_ours_may_have_opened_needs_no_other_proof() -> None:
    world = World(PAGING)
    issue = world.issue()
    attempt(world, issue["id"])
    incident = opened(world, key_of(issue["id"]))

    swept(world)

    assert linked(world) == {incident: issue["key"]}
    assert "pagerduty.is_by_user" not in world.plan.calls


def test_p39_an_issue_of_our_own_account_opens_nothing_and_gets_no_incident() -> None:
    world = World(PAGING)
    known = world.trigger()
    world.work()
    issue_id = world.issues[0]["id"]
    (link,) = world.links.links
    world.links._table.issues.clear()
    incident = opened(world, key_of(issue_id))

    report = joined(world, incident, issue_id)

    assert report.says == ()
    assert linked(world) == {known: link.issue.key if link.issue else ""}


def test_p39_an_incident_that_pagerduty_does_not_find_by_its_key_is_joined_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(PAGING)
    issue = world.issue()
    incident = opened(world, key_of(issue["id"]))
    monkeypatch.setattr("tests.fakes.openings.FakePager.find_by_key", lambda *_, **__: None)

    joined(world, incident, issue["id"])

    assert linked(world) == {incident: issue["key"]}


def test_p39_one_that_was_linked_meanwhile_and_one_whose_issue_is_gone_are_no_work() -> None:
    world, issue_id = an_open_match()
    (first,) = world.pagerduty.model.incidents
    gone = opened(world, key_of("99999"))

    assert "is linked already" in joined(world, first, issue_id).rests[0]
    assert joined(world, gone, "99999").rests
    assert linked(world).keys() == {first}


def test_p39_a_way_back_without_its_link_tells_nobody() -> None:
    world, first, second = a_duplicate()
    (link,) = world.links.links
    world.links.save(replace(link, issue=None, state=LinkState.FAILED))

    report = joined(world, second, world.issues[0]["id"])

    assert "which is linked to another" in report.rests[0]
    assert world.notes(second) == []
    assert first not in linked(world)


@pytest.mark.parametrize(
    ("error", "after"), [(Crash(), False), (Crash(), True), (Temporary("busy"), False)]
)
def test_p8_p39_a_duplicate_is_told_once_whatever_call_fails(
    error: BaseException, *, after: bool
) -> None:
    quiet = FaultPlan()
    world, _, _ = a_duplicate(quiet)
    begun = len(quiet.calls)
    swept(world)
    names = list(quiet.calls)

    def run(number: int) -> None:
        plan = FaultPlan()
        world, first, second = a_duplicate(plan)
        plan.fail(begun + number, error, after=after)
        for _ in range(3):
            world.clock.forward(minutes=16)
            try:
                world.sweeper().run()
            except (Crash, Temporary):
                continue
            world.work()
        told = [
            [note for note in world.notes(one) if "duplicate" in note] for one in (first, second)
        ]
        assert [len(notes) for notes in told] == [1, 1]
        assert linked(world).keys() == {first}
        assert world.queue.stored == []

    at_every_call(names[begun:], run, but=("queue.send",))
