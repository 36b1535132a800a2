"""M12: whoever asks for an issue gets exactly one, or is told why there is none."""

from datetime import timedelta

import pytest

from pdjira.adapters.aws.queue import decode, encode
from pdjira.errors import Ambiguous, Misconfigured, Refused, Temporary
from pdjira.model.incident import Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import Conditions, CreateMode, Mapping
from pdjira.model.signal import SignalKind
from pdjira.sync.notices.steps import MOST_DENIALS
from tests.builders import NOW, a_const, a_mapping, a_request, a_signal
from tests.fakes.faults import Crash, FaultPlan
from tests.sandbox.pagerduty.seed import PAYMENTS, RESPONDER
from tests.scenes.lives import press, unheard
from tests.world import World

WORKFLOW = "PWORKFLOW1"
REQUIRED = "customfield_10001"


def manual(**changes: object) -> Mapping:
    return a_mapping(create_issue=CreateMode.MANUAL, **changes)


def start_workflow(world: World, incident: str, **changes: object) -> None:
    values = {"event_type": "incident.workflow.started", "workflow_id": WORKFLOW, **changes}
    world.signal(incident, id="workflow-1", **values)
    world.work()


def test_m12_an_incident_of_a_manual_mapping_gets_its_issue_when_it_is_asked_for() -> None:
    world = World(manual())
    incident = world.trigger()
    world.work()
    before = list(world.issues)

    press(world, incident)

    assert before == []
    assert [issue["key"] for issue in world.issues] == ["OPS-1"]
    assert len(world.notes(incident)) == 1


def test_m12_who_pressed_stands_on_the_timeline_before_what_was_done() -> None:
    world = World(manual())
    incident = unheard(world)

    press(world, incident)

    assert world.timeline(incident)[:2] == ["Asked by Ada.", "Created OPS-1 (mapping ops-bug)."]


def test_m12_a_press_whose_agent_is_unknown_says_so() -> None:
    world = World(manual())
    incident = unheard(world)

    press(world, incident, agent=None)

    assert world.timeline(incident)[0] == "Asked by somebody whom PagerDuty does not name."


@pytest.mark.parametrize(
    "mapping",
    [
        a_mapping(),
        manual(conditions=Conditions(urgency=("low",))),
        manual(enabled_since=NOW + timedelta(days=1)),
        a_mapping(conditions=Conditions(title_matches="never*")),
    ],
)
def test_m12_a_request_makes_the_issue_whatever_the_mapping_says_of_automatic_creation(
    mapping: Mapping,
) -> None:
    world = World(mapping)
    incident = unheard(world)

    press(world, incident)

    assert len(world.issues) == 1


def test_m12_a_resolved_incident_gets_its_issue_as_well() -> None:
    world = World(manual())
    incident = unheard(world)
    world.pagerduty.model.resolve(incident, by=RESPONDER)

    press(world, incident)

    assert len(world.issues) == 1


def test_m12_pressing_twice_makes_one_issue_and_both_stand_on_the_timeline() -> None:
    world = World(manual())
    incident = unheard(world)

    press(world, incident)
    press(world, incident, 2, agent="Grace")

    assert len(world.issues) == 1
    assert len(world.notes(incident)) == 1
    asked = [says for says in world.timeline(incident) if says.startswith("Asked")]
    assert asked == ["Asked by Ada.", "Asked by Grace."]


def test_m12_pressing_while_the_automatic_way_runs_makes_one_issue() -> None:
    world = World(plan=FaultPlan().fail(1, Ambiguous("lost"), method="jira.create_issue"))
    incident = world.trigger()
    world.queue.send(a_request(incident_id=incident))

    world.work()

    assert len(world.issues) == 1
    assert len(world.notes(incident)) == 1


def test_m12_a_button_makes_an_issue_under_its_own_mapping_only() -> None:
    world = World(manual(), manual(id="web-task", project=Reference(id="10200", name="WEB")))
    incident = unheard(world)

    press(world, incident, mapping_id="web-task")

    assert [issue["key"] for issue in world.issues] == ["WEB-1"]


def test_m12_a_started_workflow_makes_the_issue_of_every_mapping_that_names_it() -> None:
    web = Reference(id="10200", name="WEB")
    world = World(
        manual(manual_workflow_ids=("POTHER", WORKFLOW)),
        manual(id="web-task", project=web, manual_workflow_ids=(WORKFLOW,)),
        manual(id="no-task", manual_workflow_ids=("POTHER",)),
    )
    incident = unheard(world)

    start_workflow(world, incident)

    assert sorted(issue["key"] for issue in world.issues) == ["OPS-1", "WEB-1"]
    assert world.timeline(incident)[0] == "Asked by Ada."


def test_m12_a_workflow_that_no_mapping_names_is_nobodys_request() -> None:
    world = World(manual())
    incident = unheard(world)

    start_workflow(world, incident)

    assert world.issues == []
    assert world.notes(incident) == []
    assert world.timeline(incident) == []


def test_m12_one_workflow_serves_the_mappings_of_several_services() -> None:
    payments = Reference(id=PAYMENTS, name="Payments")
    world = World(
        manual(manual_workflow_ids=(WORKFLOW,)),
        manual(id="payments", service=payments, manual_workflow_ids=(WORKFLOW,)),
    )
    incident = unheard(world)

    start_workflow(world, incident)

    assert len(world.issues) == 1
    assert len(world.notes(incident)) == 1


OFF = manual(enabled=False)
ELSEWHERE = manual(service=Reference(id=PAYMENTS, name="Payments"))
NEVER = a_mapping(create_issue=CreateMode.NEVER)


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        (manual(id="another"), "no mapping of this id is in force"),
        (OFF, "no mapping of this id is in force"),
        (ELSEWHERE, "is for incidents of the service Payments, not of Checkout"),
        (NEVER, "The mapping's create_issue is never."),
    ],
)
def test_m12_who_asks_where_there_is_no_issue_to_be_had_is_told_once_on_the_incident(
    mapping: Mapping, reason: str
) -> None:
    world = World(mapping)
    incident = unheard(world)

    press(world, incident)
    press(world, incident, 2)

    (note,) = world.notes(incident)
    assert world.issues == []
    assert note.startswith("No Jira issue (mapping ops-bug). Somebody asked for one, but ")
    assert reason in note
    assert "What to do: " in note
    assert world.timeline(incident) == ["Asked by Ada.", note] * 2


def test_m12_each_cause_is_told_by_a_note_of_its_own() -> None:
    world = World(NEVER)
    incident = unheard(world)

    press(world, incident)
    press(world, incident, 2, mapping_id="gone")

    assert len(world.notes(incident)) == 2


def test_m12_a_workflow_that_only_another_services_mapping_names_is_told() -> None:
    elsewhere = manual(
        service=Reference(id=PAYMENTS, name="Payments"), manual_workflow_ids=(WORKFLOW,)
    )
    world = World(elsewhere)
    incident = unheard(world)

    start_workflow(world, incident)

    (note,) = world.notes(incident)
    assert "is for incidents of the service Payments" in note


def test_m12_an_incident_that_an_issue_opened_gets_no_other_by_asking() -> None:
    world = World(manual())
    incident = unheard(world, incident_key="jira:jira.example.com:10501")

    press(world, incident)

    (note,) = world.notes(incident)
    assert world.issues == []
    assert "The incident was opened by a Jira issue." in note


def test_m12_nobody_is_told_of_a_mapping_that_is_off_where_the_issue_is_there() -> None:
    world = World()
    incident = world.trigger()
    world.work()

    world.mappings.put(a_mapping(enabled=False))
    press(world, incident)

    assert len(world.notes(incident)) == 1
    assert world.timeline(incident)[-1] == "Asked by Ada."


def test_m12_what_was_asked_for_and_refused_is_done_after_the_cure_without_asking_again() -> None:
    world = World(manual())
    world.jira.model.set_required("10100", "10001", REQUIRED, required=True)
    incident = unheard(world)
    press(world, incident)
    refused = world.links.links[0]

    world.mappings.put(manual(field_rules=(a_const(REQUIRED, "live"),)))
    world.signal(incident, id="sweep", kind=SignalKind.RESYNC, event_type="")
    world.work()

    assert (refused.state, refused.asked) == (LinkState.FAILED, True)
    assert len(world.issues) == 1
    assert sum(says == "Asked by Ada." for says in world.timeline(incident)) == 1


def test_m12_a_request_takes_up_an_issue_that_jira_refused_the_automatic_way() -> None:
    world = World()
    world.jira.model.set_required("10100", "10001", REQUIRED, required=True)
    incident = world.trigger()
    world.work()
    world.mappings.put(manual())
    world.jira.model.set_required("10100", "10001", REQUIRED, required=False)

    press(world, incident)

    assert len(world.issues) == 1


def test_who_asked_is_said_once_however_often_the_signal_comes_again() -> None:
    plan = FaultPlan().fail(1, Temporary("busy"), method="jira.create_issue", times=2)
    plan.fail(1, Temporary("busy"), method="pagerduty.add_note", times=2)
    world = World(manual(), plan=plan)
    incident = unheard(world)

    press(world, incident)

    assert len(world.issues) == 1
    assert sum(says == "Asked by Ada." for says in world.timeline(incident)) == 1


@pytest.mark.parametrize("seconds", [0, 60, 200])
def test_m12_a_denial_whose_answer_is_lost_is_told_once(seconds: float) -> None:
    world = World(NEVER)
    incident = unheard(world)
    world.pagerduty.commit_late("add_note", seconds)

    press(world, incident)
    press(world, incident, 2)

    assert len(world.notes(incident)) == 1


def test_m12_a_denial_is_told_once_wherever_the_worker_dies() -> None:
    calls = len(_denied(FaultPlan()).plan.calls)

    for number in range(2, calls + 1):
        for after in (False, True):
            world = _denied(FaultPlan().fail(number, Crash(), after=after))
            (incident,) = world.pagerduty.model.incidents
            assert len(world.notes(incident)) == 1, (number, after)


def _denied(plan: FaultPlan) -> World:
    world = World(NEVER, plan=plan)
    press(world, unheard(world))
    return world


def test_a_denial_that_pagerduty_refuses_is_said_on_the_timeline() -> None:
    plan = FaultPlan().fail(1, Refused("no right", status=403), method="pagerduty.add_note")
    world = World(NEVER, plan=plan)
    incident = unheard(world)

    press(world, incident)

    assert world.notes(incident) == []
    assert world.timeline(incident)[-1].endswith("The incident could not be told: no right")


def test_a_denial_waits_while_the_secret_is_not_as_it_must_be() -> None:
    plan = FaultPlan().fail(1, Misconfigured("no From user"), method="pagerduty.list_notes")
    world = World(NEVER, plan=plan)
    incident = unheard(world)

    press(world, incident)

    assert len(world.notes(incident)) == 1
    assert len(world.timeline(incident)) == 2


def test_a_denial_does_not_hide_the_error_of_another_mapping() -> None:
    plan = FaultPlan().fail(1, Temporary("Jira is busy"), method="jira.create_screen")
    plan.fail(1, Temporary("PagerDuty is busy"), method="pagerduty.list_notes")
    world = World(a_mapping(id="automatic"), NEVER, plan=plan)
    incident = unheard(world)

    press(world, incident)

    assert len(world.issues) == 1
    assert len(world.notes(incident)) == 2


def test_an_incident_that_pagerduty_does_not_know_says_who_asked_for_its_issue() -> None:
    world = World(manual())

    press(world, "QGONE", occurred_at=NOW - timedelta(minutes=15))

    assert world.timeline("QGONE")[0] == "Asked by Ada."


def test_a_request_survives_the_queue_and_a_message_of_an_older_stack_asks_for_nothing() -> None:
    old = (
        '{"schema_version": 1, "kind": "incident_changed", "id": "1", '
        '"event_type": "incident.triggered", "incident_id": "Q1"}'
    )

    assert decode(encode(a_request())) == a_request()
    assert decode(encode(a_signal(workflow_id=WORKFLOW))).workflow_id == WORKFLOW
    assert (decode(old).mapping_id, decode(old).workflow_id) == (None, None)


def test_p26_buttons_of_ever_new_names_cannot_fill_an_incident_with_notes() -> None:
    world = World(manual())
    incident = unheard(world)

    for number in range(MOST_DENIALS + 5):
        press(world, incident, number, mapping_id=f"made up {number}")

    assert len(world.notes(incident)) == MOST_DENIALS
    assert any(says.endswith("it has 10 such notes.") for says in world.timeline(incident))


def test_a_press_that_names_an_incident_by_its_number_works_on_it_in_no_other_group() -> None:
    """PagerDuty's GET takes a number for an id; SECURITY.md: no sender reaches another group."""
    world = World(manual())
    incident = unheard(world)

    press(world, str(world.pagerduty.model.incidents[incident].number))

    assert world.issues == []
    assert world.timeline(incident) == []
    assert world.notes(incident) == []
