"""M13, M30, G10 and M29: an incident gets its issue, or its reason why not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.errors import Ambiguous, Misconfigured, NotFound, Refused, Side, Temporary
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.link import LinkState, NoticeState
from pdjira.model.mapping import Conditions, CreateMode
from pdjira.model.signal import MAPPING_CHANGED, SWEEP, SignalKind
from pdjira.worker.consume import Done
from tests.builders import NOW, a_const, a_first_delivery, a_mapping, a_signal, an_attribute
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.world import Properties
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER
from tests.world import World

ENVIRONMENT = "customfield_10001"


def why(world: World) -> list[str]:
    """Why the worker rested after its last signal."""
    verdict = world.outcomes[-1].verdict
    assert isinstance(verdict, Done)
    return list(verdict.report.rests)


def a_world_where_a_field_is_required() -> World:
    world = World()
    world.jira.model.set_required("10100", "10001", ENVIRONMENT, required=True)
    return world


def test_m13_an_incident_opens_exactly_one_issue_of_the_mappings_project_and_type() -> None:
    world = World()

    world.trigger("Checkout is down", details="p99 is 8 s")
    world.work()

    (issue,) = world.issues
    assert issue["key"] == "OPS-1"
    assert issue["fields"]["issuetype"]["id"] == "10001"
    assert issue["fields"]["summary"] == "Checkout is down"
    assert issue["fields"]["description"].startswith("p99 is 8 s\n")


def test_m30_the_issue_and_the_incident_name_each_other() -> None:
    world = World()

    incident = world.trigger()
    world.work()

    (issue,) = world.issues
    (link,) = issue["remotelinks"]
    url = f"https://sandbox.pagerduty.com/incidents/{incident}"
    assert issue["fields"]["description"].splitlines()[-1] == f"PagerDuty: {url}"
    assert issue["properties"]["pagerduty.incident"] == {"id": incident, "mapping": "ops-bug"}
    assert (link["globalId"], link["object"]["url"]) == (f"pagerduty.incident={incident}", url)
    assert world.notes(incident) == ["Jira issue OPS-1: http://jira.example.com/browse/OPS-1"]


def test_the_notes_of_two_issues_name_their_mappings() -> None:
    task = Reference(id="10002", name="Task")
    never = a_mapping(id="ops-never", create_issue=CreateMode.NEVER, issue_type=task)
    world = World(a_mapping(), a_mapping(id="ops-task", issue_type=task), never)

    incident = world.trigger()
    world.work()

    assert sorted(world.notes(incident)) == [
        "Jira issue OPS-1: http://jira.example.com/browse/OPS-1 (mapping ops-bug)",
        "Jira issue OPS-2: http://jira.example.com/browse/OPS-2 (mapping ops-task)",
    ]


@pytest.mark.parametrize("properties", [Properties.REFUSED, Properties.DROPPED])
def test_p7_without_properties_the_line_alone_finds_the_issue_of_a_lost_answer(
    properties: Properties,
) -> None:
    plan = FaultPlan().fail(1, Ambiguous("no answer"), method="jira.create_issue", after=True)
    world = World(plan=plan)
    world.jira.model.world.properties = properties

    incident = world.trigger()
    world.work()

    (issue,) = world.issues
    assert issue["properties"] == {}
    assert world.links.incident_of(issue["id"]) == incident


def test_the_description_of_an_events_api_incident_is_that_of_its_first_log_entry() -> None:
    world = World()
    details = {"host": "db1", "p99": "8 s"}

    incident = world.pagerduty.model.trigger_event(CHECKOUT, "Slow", details=details)
    world.signal(incident.id)
    world.work()

    assert world.issues[0]["fields"]["description"].startswith("host: db1\np99: 8 s\n")


def test_constants_and_attributes_fill_text_and_label_fields() -> None:
    rules = (a_const("labels", "pagerduty,blue"), an_attribute(ENVIRONMENT, "incident_urgency"))
    world = World(a_mapping(field_rules=rules))

    world.trigger()
    world.work()

    fields = world.issues[0]["fields"]
    assert sorted(fields["labels"]) == ["blue", "pagerduty"]
    assert fields[ENVIRONMENT] == "high"


def test_several_mappings_of_one_service_make_an_issue_each() -> None:
    world = World(a_mapping(), a_mapping(id="web-task", project=Reference(id="10200", name="WEB")))

    incident = world.trigger()
    world.work()

    assert sorted(issue["key"] for issue in world.issues) == ["OPS-1", "WEB-1"]
    assert len(world.notes(incident)) == 2


def test_a_refusal_under_one_mapping_does_not_keep_the_other_waiting() -> None:
    nowhere = a_mapping(id="a-nowhere", project=Reference(id="999", name="NONE"))
    world = World(nowhere, a_mapping())

    world.trigger()
    world.work()

    assert [issue["key"] for issue in world.issues] == ["OPS-1"]


def test_a_temporary_error_under_one_mapping_does_not_keep_the_other_waiting() -> None:
    plan = FaultPlan().fail(1, Temporary("busy"), method="jira.create_screen")
    world = World(
        a_mapping(), a_mapping(id="web", project=Reference(id="10200", name="WEB")), plan=plan
    )

    world.trigger()
    first = world.queue.receive()
    assert first
    world.consumer.consume(first)

    assert [issue["key"] for issue in world.issues] == ["WEB-1"]
    world.work()
    assert sorted(issue["key"] for issue in world.issues) == ["OPS-1", "WEB-1"]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (CreateMode.NEVER, "Mapping ops-bug: The mapping's create_issue is never."),
        (
            CreateMode.MANUAL,
            (
                "Mapping ops-bug: The mapping's create_issue is manual: it makes an issue only "
                "when somebody asks."
            ),
        ),
    ],
)
def test_a_mapping_that_creates_nothing_automatically_makes_no_issue(
    mode: CreateMode, reason: str
) -> None:
    world = World(a_mapping(create_issue=mode))

    world.trigger()
    world.work()

    assert world.issues == []
    assert why(world) == [reason]


@pytest.mark.parametrize(
    "mapping",
    [a_mapping(enabled=False), a_mapping(service=Reference(id=PAYMENTS, name="Payments"))],
)
def test_a_mapping_that_is_off_or_of_another_service_makes_no_issue(mapping: object) -> None:
    world = World(mapping)  # type: ignore[arg-type]

    world.trigger()
    world.work()

    assert world.issues == []


def test_g10_conditions_are_judged_at_every_signal_while_no_issue_exists() -> None:
    world = World(a_mapping(conditions=Conditions(priority_ids=("PP1",))))
    incident = world.trigger()
    world.work()
    before = list(world.issues)

    world.pagerduty.model.set_priority(incident, "PP1", by=RESPONDER)
    world.signal(incident, id="2", event_type="incident.priority_updated")
    world.work()

    assert before == []
    assert len(world.issues) == 1


def test_g10_conditions_no_longer_matter_once_the_issue_exists() -> None:
    world = World(a_mapping(conditions=Conditions(urgency=("high",))))
    incident = world.trigger()
    world.work()

    world.pagerduty.model.set_urgency(incident, "low", by=RESPONDER)
    world.signal(incident, id="2", event_type="incident.escalated")
    world.work()

    assert len(world.issues) == 1
    assert world.links.links[0].state is LinkState.LINKED


def test_a_late_triggered_still_creates_the_issue_of_a_resolved_incident() -> None:
    world = World()
    incident = world.trigger()
    world.pagerduty.model.resolve(incident, by=RESPONDER)

    world.work()

    assert len(world.issues) == 1


def test_another_late_event_creates_nothing_for_a_resolved_incident() -> None:
    world = World()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER)
    world.pagerduty.model.resolve(incident.id, by=RESPONDER)

    world.signal(incident.id, event_type="incident.acknowledged")
    world.work()

    assert world.issues == []
    assert why(world) == ["Mapping ops-bug: The incident is resolved and had no issue."]


def test_any_event_of_an_open_incident_makes_up_for_a_lost_triggered() -> None:
    world = World()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER)

    world.signal(incident.id, event_type="incident.acknowledged")
    world.work()

    assert len(world.issues) == 1


def test_an_incident_older_than_the_mappings_switching_on_gets_no_issue() -> None:
    world = World(a_mapping(enabled_since=NOW.replace(hour=4)))

    world.trigger()
    world.work()

    assert world.issues == []


def test_an_incident_that_an_issue_opened_makes_no_other_issue() -> None:
    world = World()

    world.trigger(incident_key="jira:jira.example.com:8080:10501")
    world.work()

    assert world.issues == []
    assert why(world) == ["Mapping ops-bug: The incident was opened by a Jira issue."]


def test_an_incident_that_pagerduty_no_longer_knows_is_said_on_the_timeline() -> None:
    world = World()

    world.signal("QGONE", occurred_at=NOW - timedelta(minutes=15))
    world.work()

    assert world.issues == []
    assert len(world.timeline("QGONE")) == 1


def test_m29_a_refusal_becomes_one_note_with_the_field_and_the_cure() -> None:
    world = a_world_where_a_field_is_required()

    incident = world.trigger()
    world.work()

    (note,) = world.notes(incident)
    assert 'requires the field "Incident number" (customfield_10001)' in note
    rule = '{"target_issue_field": "customfield_10001", "type": "attribute", '
    assert f"What to do: Add to custom_fields of the mapping ops-bug {rule}" in note
    assert world.timeline(incident) == [note]


def test_m29_people_are_told_once_per_cause() -> None:
    world = a_world_where_a_field_is_required()
    incident = world.trigger()
    world.work()

    for number in range(3):
        world.signal(incident, id=f"again-{number}", event_type="incident.escalated")
        world.work()
    world.jira.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="10100")
    world.signal(incident, id="other cause")
    world.work()

    assert len(world.notes(incident)) == 2
    assert len(set(world.notes(incident))) == 2


def test_m29_what_was_refused_is_done_when_the_next_signal_comes_after_the_cure() -> None:
    world = a_world_where_a_field_is_required()
    incident = world.trigger()
    world.work()

    world.mappings.put(a_mapping(field_rules=(a_const(ENVIRONMENT, "live"),)))
    world.signal(incident, id="2", kind=SignalKind.RESYNC, event_type="")
    world.work()

    assert len(world.issues) == 1
    assert world.links.links[0].state is LinkState.LINKED
    assert len(world.notes(incident)) == 2


def test_a_create_screen_that_changed_is_read_again_before_people_are_told() -> None:
    refusal = Refused("no", status=400, fields={"labels": "not on the screen"})
    plan = FaultPlan().fail(1, refusal, method="jira.create_issue")
    world = World(a_mapping(field_rules=(a_const("labels", "blue"),)), plan=plan)
    read = world.jira.create_screen

    def stale(*, project_id: str, issue_type_id: str) -> object:
        screen = read(project_id=project_id, issue_type_id=issue_type_id)
        if world.jira.forgotten == 0:
            world.jira.model.set_on_screen("10100", "10001", "labels", shown=False)
        return screen

    world.jira.create_screen = stale  # type: ignore[method-assign,assignment]
    incident = world.trigger()
    world.work()

    assert len(world.issues) == 1
    assert "labels is not on the create screen." in world.timeline(incident)


def test_a_missing_right_to_link_is_said_and_the_work_goes_on() -> None:
    world = World()
    world.jira.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project="10100")

    incident = world.trigger()
    world.work()

    assert len(world.issues) == 1
    assert len(world.notes(incident)) == 1
    assert any("has no link" in sentence for sentence in world.timeline(incident))


@pytest.mark.parametrize("change", ["secret", "mapping"])
def test_p34_a_missing_right_to_link_is_tried_again_once_a_secret_or_the_mapping_changed(
    change: str,
) -> None:
    world = World()
    world.jira.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project="10100")
    incident = world.trigger()
    world.work()

    if change == "secret":
        world.secrets.change(Side.JIRA)
    else:
        world.mappings.put(replace(world.mappings.in_force()[0], internal_comments=True))
    tried = []
    for number in range(2):
        world.signal(incident, id=f"later {number}", event_type="incident.acknowledged")
        world.work()
        tried.append(world.jira.calls["put_remote_link"])

    assert tried == [2, 2]


def test_p34_a_secret_that_cannot_be_read_is_no_change_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.jira.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project="10100")
    incident = world.trigger()
    world.work()

    def unreadable(side: Side) -> str:
        raise Temporary(f"The secret of {side.value} cannot be read.")

    monkeypatch.setattr(world.secrets, "version", unreadable)
    world.signal(incident, id="later", event_type="incident.acknowledged")
    world.work()

    assert world.jira.calls["put_remote_link"] == 1
    assert world.queue.dead == []


def test_p34_a_missing_right_to_link_is_said_once_and_tried_again_once_an_hour() -> None:
    world = World()
    world.jira.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project="10100")
    incident = world.trigger()
    world.work()
    before = list(world.timeline(incident))

    world.signal(incident, id="2", event_type="incident.acknowledged")
    world.work()
    tried = world.jira.calls["put_remote_link"]
    world.sweep(after=timedelta(hours=1), times=2)
    tried_hourly = world.jira.calls["put_remote_link"]
    world.jira.model.world.grant(OUR_ACCOUNT, "LINK_ISSUES", project="10100")
    world.sweep(after=timedelta(hours=1), times=2)

    assert (tried, tried_hourly) == (1, 3)
    assert world.timeline(incident) == before
    assert len(world.issues[0]["remotelinks"]) == 1
    assert not world.links.links[0].owed


def test_a_note_that_pagerduty_refuses_stays_due_and_is_told_within_the_hour() -> None:
    plan = FaultPlan().fail(1, Refused("no right", status=403), method="pagerduty.add_note")
    world = World(plan=plan)
    incident = world.trigger()
    world.work()
    due = dict(world.links.links[0].notices)

    world.sweep(after=timedelta(hours=1))

    assert due["issue"].state is NoticeState.DUE
    assert len(world.notes(incident)) == 1


def test_a_link_stays_with_its_mapping_when_the_incident_moves_to_another_service() -> None:
    world = World()
    incident = world.trigger()
    world.work()

    world.pagerduty.model.set_service(incident, PAYMENTS, by=RESPONDER)
    world.signal(incident, id="2", event_type="incident.service_updated")
    world.work()

    assert len(world.issues) == 1
    assert why(world) == ["Mapping ops-bug: The incident and its issue agree."]


def test_a_signal_that_changes_nothing_writes_nothing() -> None:
    world = World()
    incident = world.trigger()
    world.work()
    before = len(world.plan.calls)

    world.signal(incident, id="2", event_type="incident.annotated")
    world.work()

    assert world.plan.calls[before:] == [
        "queue.send",
        "links.of_incident",
        "circuits.known",
        "pagerduty.get_incident",
        "mappings.in_force",
    ]


def test_a_message_is_held_once_before_anything_is_written_to_a_side() -> None:
    world = World()
    world.trigger()
    world.work()

    calls = world.plan.calls
    assert calls.count("queue.defer") == 1
    assert calls.index("queue.defer") < calls.index("links.save") < calls.index("jira.create_issue")


def test_a_look_at_an_issue_that_finds_nothing_holds_no_message() -> None:
    world = World()
    incident = world.trigger()
    world.work()
    before = len(world.plan.calls)

    world.signal(incident, id="2", kind=SignalKind.ISSUE_CHANGED, event_type="")
    world.work()

    calls = world.plan.calls[before:]
    assert "jira.read_issue" in calls
    assert "queue.defer" not in calls


def test_r4_a_creation_costs_one_create_and_one_remote_link() -> None:
    world = World()

    world.trigger()
    world.work()

    calls = world.jira.calls
    assert calls["create_issue"] == 1
    assert calls["put_remote_link"] == 1
    assert calls["find_issue"] == 0
    assert set(calls) == {"create_issue", "put_remote_link", "create_screen", "server_info"}


def test_the_incidents_status_at_creation_is_read_from_pagerduty_not_from_the_event() -> None:
    world = World(a_mapping(field_rules=(an_attribute(ENVIRONMENT, "incident_status"),)))
    incident = world.trigger()
    world.pagerduty.model.acknowledge(incident, by=RESPONDER)

    world.work()

    assert world.issues[0]["fields"][ENVIRONMENT] == IncidentStatus.ACKNOWLEDGED.value


def test_each_reason_in_the_log_names_its_mapping_also_one_that_is_off_or_cannot_be_read() -> None:
    other = Reference(id="PELSE", name="Else")
    world = World(
        a_mapping(id="quiet", conditions=Conditions(urgency=("low",))),
        a_mapping(id="by-hand", create_issue=CreateMode.MANUAL),
        a_mapping(id="off", enabled=False),
        a_mapping(id="off-elsewhere", enabled=False, service=other),
    )
    world.mappings.put_item({"id": "broken", "service": {"id": CHECKOUT, "name": "Checkout"}})

    world.trigger()
    world.work()

    by_hand, quiet, broken, off = why(world)
    assert by_hand.startswith("Mapping by-hand: The mapping's create_issue is manual")
    assert quiet.startswith("Mapping quiet: The mapping's conditions do not hold: its urgency")
    assert broken.startswith("Mapping broken: The mapping cannot be read")
    assert off == "Mapping off: The mapping is switched off."


def test_a_failed_link_whose_mapping_is_switched_off_is_left_alone() -> None:
    world = a_world_where_a_field_is_required()
    incident = world.trigger()
    world.work()
    world.jira.model.set_required("10100", "10001", ENVIRONMENT, required=False)

    world.mappings.put(a_mapping(enabled=False))
    world.signal(incident, id="2", event_type="incident.acknowledged")
    world.work()

    assert world.issues == []
    assert why(world) == ["Mapping ops-bug: The mapping is switched off."]


def test_a_claim_whose_mapping_is_switched_off_is_left_alone_until_it_is_on_again() -> None:
    plan = FaultPlan().fail(1, Temporary("busy"), method="jira.create_issue")
    world = World(plan=plan)
    world.trigger()
    message = world.queue.receive()
    assert message
    world.consumer.consume(message)

    world.mappings.put(a_mapping(enabled=False))
    world.work()
    while_off = list(world.issues)
    world.mappings.put(a_mapping())
    world.signal(world.links.links[0].incident_id, id="2", event_type="incident.acknowledged")
    world.work()

    assert while_off == []
    assert len(world.issues) == 1


def test_notes_that_cannot_be_listed_stay_due_and_are_told_within_the_hour() -> None:
    plan = FaultPlan()
    plan.fail(1, Temporary("busy"), method="pagerduty.add_note")
    plan.fail(1, Refused("no right", status=403), method="pagerduty.list_notes")
    world = World(plan=plan)
    incident = world.trigger()
    world.work()
    before = list(world.notes(incident))

    world.sweep(after=timedelta(hours=1))

    assert before == []
    assert len(world.notes(incident)) == 1


def test_a_planner_that_never_rests_is_an_error_and_not_an_endless_loop() -> None:
    world = World()
    synchroniser = world.consumer.synchroniser

    class Circle:
        def perform(self, *_: object) -> None:
            """Nothing, so that the planner asks for it again."""

    circling = replace(synchroniser, performer=Circle())  # type: ignore[arg-type]
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER)

    with pytest.raises(RuntimeError, match="circle"):
        circling.handle(a_first_delivery(a_signal(incident_id=incident.id)))


def test_an_incident_that_pagerduty_does_not_show_yet_is_waited_for() -> None:
    plan = FaultPlan().fail(1, NotFound("Not Found"), method="pagerduty.get_incident")
    world = World(plan=plan)

    world.trigger()
    world.work()

    assert len(world.issues) == 1


def test_p5_a_replay_of_an_old_triggered_creates_nothing_for_a_resolved_incident() -> None:
    world = World(a_mapping(conditions=Conditions(urgency=("low",))))
    incident = world.trigger()
    world.work()
    world.pagerduty.model.resolve(incident, by=RESPONDER)
    world.mappings.put(a_mapping())

    world.clock.forward(days=17)
    world.signal(incident)
    world.work()

    assert world.issues == []


def test_a_triggered_from_the_future_is_no_beginning() -> None:
    """What could be replayed for ever otherwise; ten minutes of it are clocks that differ (P32)."""
    world = World()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER).id
    world.pagerduty.model.resolve(incident, by=RESPONDER)

    made = []
    for minutes in (60 * 24 * 365 * 7_000, 11, 9):
        at = world.clock() + timedelta(minutes=minutes)
        world.signal(incident, id=f"e{minutes}", occurred_at=at)
        world.work()
        made.append(len(world.issues))

    assert made == [0, 0, 1]


def test_a_description_that_pagerduty_does_not_give_keeps_no_issue_back() -> None:
    plan = FaultPlan().fail(1, Refused("no right", status=403), method="pagerduty.trigger_details")
    world = World(plan=plan)

    incident = world.trigger()
    world.work()

    assert len(world.issues) == 1
    assert any("did not give the description" in says for says in world.timeline(incident))
    assert len(world.notes(incident)) == 1


def test_m29_a_refusal_that_changes_its_words_with_every_try_ends_the_notes() -> None:
    plan = FaultPlan()
    for number in range(1, 30):
        said = Refused("no", status=400, messages=(f"Error ref {number * 7919:x} at 10:{number}",))
        plan.fail(number, said, method="jira.create_issue")
    world = World(plan=plan)
    incident = world.trigger()
    world.work()

    for number in range(25):
        world.signal(incident, id=f"echo-{number}", event_type="incident.annotated")
        world.signal(incident, id=f"other-{number}", event_type="incident.escalated")
        world.work()

    assert len(world.notes(incident)) == 1


def test_causes_that_never_repeat_make_at_most_five_notes() -> None:
    plan = FaultPlan()
    for number in range(1, 30):
        said = Refused("no", status=400, fields={"abcdefghijklmnopqrstuvwxyzäöü"[number - 1]: "no"})
        plan.fail(number, said, method="jira.create_issue")
    world = World(plan=plan)
    incident = world.trigger()
    world.work()

    for number in range(25):
        world.signal(incident, id=f"other-{number}", event_type="incident.escalated")
        world.work()

    assert len(world.notes(incident)) == 5


def test_our_own_note_is_no_reason_to_try_again() -> None:
    world = a_world_where_a_field_is_required()
    incident = world.trigger()
    world.work()
    before = world.jira.calls["create_issue"]

    world.signal(incident, id="echo", event_type="incident.annotated")
    world.work()

    assert world.jira.calls["create_issue"] == before


def test_a_refused_incident_that_moves_gets_no_issue_under_its_old_mapping() -> None:
    world = a_world_where_a_field_is_required()
    incident = world.trigger()
    world.work()
    world.jira.model.set_required("10100", "10001", ENVIRONMENT, required=False)

    world.pagerduty.model.set_service(incident, PAYMENTS, by=RESPONDER)
    world.signal(incident, id="2", event_type="incident.service_updated")
    world.work()

    assert world.issues == []


def test_a_note_that_cannot_be_told_does_not_keep_the_issue_back() -> None:
    plan = FaultPlan().fail(
        1, Misconfigured("The From user is unknown."), method="pagerduty.add_note", times=3
    )
    world = World(plan=plan)
    world.jira.model.set_required("10100", "10001", ENVIRONMENT, required=True)
    incident = world.trigger()
    world.work()
    world.jira.model.set_required("10100", "10001", ENVIRONMENT, required=False)

    world.signal(incident, id="2", event_type="incident.acknowledged")
    world.work()

    assert len(world.issues) == 1
    assert any("From user" in says for says in world.timeline(incident))


def test_a_remote_link_that_fails_does_not_keep_the_note_back() -> None:
    plan = FaultPlan().fail(1, Temporary("a plugin fails"), method="jira.put_remote_link", times=4)
    world = World(plan=plan)
    incident = world.trigger()
    message = world.queue.receive()
    assert message
    world.consumer.consume(message)

    assert len(world.notes(incident)) == 1
    world.work()
    assert len(world.issues[0]["remotelinks"]) == 1


def test_a_mapping_that_is_told_to_create_nothing_stops_a_claim_that_is_known_to_be_empty() -> None:
    plan = FaultPlan().fail(1, Temporary("Jira is down."), method="jira.create_issue")
    world = World(plan=plan)
    world.trigger()
    message = world.queue.receive()
    assert message
    world.consumer.consume(message)

    world.mappings.put(a_mapping(create_issue=CreateMode.NEVER))
    world.work()

    assert world.issues == []


def test_an_issue_id_that_a_restored_jira_gives_out_again_is_taken_over() -> None:
    world = World()
    first = world.trigger("before the restore")
    world.work()
    world.jira.model.reset()

    second = world.trigger("after the restore")
    world.work()

    assert world.links.issues == {world.issues[0]["id"]: (second, "ops-bug")}
    assert first != second
    assert len(world.notes(second)) == 1


def test_a_resync_creates_the_issue_of_a_resolved_incident_that_had_none() -> None:
    world = World()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER)
    world.pagerduty.model.resolve(incident.id, by=RESPONDER)

    world.signal(incident.id, kind=SignalKind.RESYNC, event_type="", occurred_at=None)
    world.work()

    assert len(world.issues) == 1


@pytest.mark.parametrize("event_type", ["", SWEEP, MAPPING_CHANGED])
def test_a_look_that_nobody_asked_for_makes_no_issue_for_a_resolved_incident(
    event_type: str,
) -> None:
    """It is about another mapping's issue, and the incident's start was heard or is long past."""
    world = World()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER)
    world.pagerduty.model.resolve(incident.id, by=RESPONDER)

    world.signal(incident.id, kind=SignalKind.RESYNC, event_type=event_type, agent=None)
    world.work()

    assert world.issues == []


def test_a_refused_issue_of_a_resolved_incident_is_made_once_its_mapping_is_mended() -> None:
    plan = FaultPlan().fail(1, Refused("no type", status=400), method="jira.create_issue")
    world = World(plan=plan)
    incident = world.trigger()
    world.work()
    world.pagerduty.model.resolve(incident, by=RESPONDER)

    world.signal(incident, id="m", kind=SignalKind.RESYNC, event_type=MAPPING_CHANGED, agent=None)
    world.work()

    assert len(world.issues) == 1
