"""M5 to M8, M10, G6: health says step by step what is wrong with a connection, and the cure."""

from collections import abc
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Misconfigured, Refused, Temporary, Unauthenticated, UnreadableSecret
from pdjira.health import pagerduty
from pdjira.health.checks import Check, Status, overall
from pdjira.health.webhooks import EVENTS
from pdjira.model.incident import Reference
from pdjira.model.link import LinkState, Notice, NoticeState
from pdjira.model.mapping import CreateMode, FieldRule, Mapping, RuleType, SyncPeople
from pdjira.model.rights import TABLE, ProjectRights
from pdjira.sweep.ports import SweepResult
from tests.builders import MAPPING_ITEM, a_link, a_mapping, an_attribute
from tests.fakes.faults import FaultPlan
from tests.fakes.health import Patient, a_subscription
from tests.sandbox.jira.seed import MINIMUM_RIGHTS, OUR_ACCOUNT
from tests.world import World

OTHER_PROJECT = {"id": "web-bug", "project": Reference(id="10200", name="WEB")}
Found = abc.Mapping[tuple[str, str], Check]


def found(patient: Patient) -> Found:
    return {(check.area, check.name): check for check in patient.health.checks()}


def names(patient: Patient, area: str) -> list[str]:
    return [check.name for check in patient.health.checks() if check.area == area]


def a_patient(*mappings: Mapping, plan: FaultPlan | None = None, **changes: Any) -> Patient:
    """A healthy stack; `changes` are those of its only mapping, if none is given."""
    return Patient(World(*(mappings or (a_mapping(**changes),)), plan=plan), "secret")


def revoke(patient: Patient, *keys: str, project: str | None = "OPS") -> None:
    patient.world.jira.model.world.revoke(OUR_ACCOUNT, *keys, project=project)


def rule(target: str) -> FieldRule:
    return FieldRule(target=target, type=RuleType.CONST, value="x")


def test_a_stack_that_works_is_ok_in_every_step() -> None:
    patient = a_patient()
    patient.world.sweeper().run()

    assert {check.status for check in patient.health.checks()} == {Status.OK}
    assert names(patient, "jira") == [
        "secret",
        "name",
        "connection",
        "certificate",
        "version",
        "clock",
        "sign-in",
        "token",
        "rights OPS",
    ]
    assert names(patient, "pagerduty") == ["key", "log entries", "from user", "notes", "incidents"]
    assert names(patient, "webhooks") == ["secrets", "buttons", "deliveries", "subscriptions"]


def test_g6_a_key_that_the_secret_should_not_have_needs_attention() -> None:
    patient = a_patient()
    patient.misspelt = ["jira.capem is no key of it."]

    told = found(patient)["jira", "secret"]

    assert (told.status, bool(told.cure)) == (Status.ATTENTION, True)
    assert told.says.endswith("jira.capem is no key of it.")
    assert ("jira", "rights OPS") in found(patient)


def test_g6_a_secret_that_cannot_be_read_is_told_once() -> None:
    patient = a_patient()
    patient.way.fails["named"] = UnreadableSecret("It lacks jira.url.", cure="Add it.")
    patient.secrets.failure = UnreadableSecret("It is no JSON.", cure="Correct it.")

    told = patient.health.checks()

    assert [check.says for check in told if check.status is Status.BROKEN] == ["It lacks jira.url."]
    assert found(patient)["webhooks", "secrets"].status is Status.UNCHECKED


@pytest.mark.parametrize(
    ("method", "step"),
    [
        ("named", "secret"),
        ("addresses", "name"),
        ("connect", "connection"),
        ("certificate_ends", "certificate"),
    ],
)
def test_m8_the_step_that_failed_is_named_and_the_later_ones_are_not_made(
    method: str, step: str
) -> None:
    patient = a_patient()
    patient.way.fails[method] = Temporary("It broke.", cure="Mend it.")

    told = [check for check in patient.health.checks() if check.area == "jira"][-1]

    assert (told.name, told.status, told.says, told.cure) == (
        step,
        Status.BROKEN,
        "It broke.",
        "Mend it.",
    )


@pytest.mark.parametrize(("method", "step"), [("server_info", "version"), ("who_am_i", "sign-in")])
def test_m8_a_jira_that_is_too_old_or_does_not_know_us_is_told_and_the_rights_are_not_asked_for(
    method: str, step: str
) -> None:
    plan = FaultPlan().fail(1, Misconfigured("Too old.", cure="Update."), method=f"jira.{method}")
    patient = a_patient(plan=plan)

    told = [check for check in patient.health.checks() if check.area == "jira"][-1]

    assert (told.name, told.status, told.cure) == (step, Status.BROKEN, "Update.")


@pytest.mark.parametrize(("days", "status"), [(31, Status.OK), (30, Status.ATTENTION)])
def test_g6_a_certificate_that_ends_within_thirty_days_needs_attention(
    days: int, status: Status
) -> None:
    patient = a_patient()
    patient.way.ends = patient.world.clock() + timedelta(days=days)

    told = found(patient)["jira", "certificate"]

    assert told.status is status
    assert patient.way.ends.date().isoformat() in told.says
    assert ("jira", "rights OPS") in found(patient)


def test_a_connection_without_encryption_has_no_certificate() -> None:
    patient = a_patient()
    patient.way.ends = None

    told = found(patient)["jira", "certificate"]

    assert (told.status, "not encrypted" in told.says) == (Status.OK, True)


@pytest.mark.parametrize(
    ("seconds", "status", "part"),
    [
        (300, Status.OK, "5 min 0 s ahead of"),
        (-12, Status.OK, "0 min 12 s behind"),
        (301, Status.ATTENTION, "5 min 1 s ahead of"),
        (-600, Status.ATTENTION, "10 min 0 s behind"),
        (86_400, Status.ATTENTION, "1440 min 0 s ahead of"),
        (86_401, Status.ATTENTION, "is 1 day ahead of ours. No clock is so far off"),
        (-(2026 * 365 * 86_400), Status.ATTENTION, "739,490 days behind"),
    ],
)
def test_p32_a_clock_that_is_more_than_five_minutes_off_is_named_as_a_cause(
    seconds: int, status: Status, part: str
) -> None:
    patient = a_patient()
    patient.way.clock_ahead = timedelta(seconds=seconds)

    told = found(patient)["jira", "clock"]

    assert (told.status, part in told.says) == (status, True)
    assert ("jira", "rights OPS") in found(patient)


def test_p32_a_jira_that_tells_no_time_is_no_reason_for_attention() -> None:
    patient = a_patient()
    patient.way.clock_ahead = None

    assert found(patient)["jira", "clock"].status is Status.UNCHECKED
    assert overall([found(patient)["jira", "clock"]]) is Status.OK


def test_m6_the_table_requires_exactly_the_minimum_rights() -> None:
    assert tuple(one.key for one in TABLE if one.required) == MINIMUM_RIGHTS


@pytest.mark.parametrize("key", MINIMUM_RIGHTS)
def test_m5_m6_each_missing_right_is_broken_and_named_per_project(key: str) -> None:
    patient = a_patient(a_mapping(), a_mapping(**OTHER_PROJECT))
    revoke(patient, key, project="WEB")
    right = next(one for one in TABLE if one.key == key)

    checks = found(patient)

    told = checks["jira", "rights WEB"]
    assert told.status is Status.BROKEN
    assert right.name in told.says
    assert right.used_for in told.says
    assert right.name in (told.cure or "")
    assert checks["jira", "rights OPS"].status is Status.OK


@pytest.mark.parametrize(
    ("key", "who"),
    [
        ("ASSIGN_ISSUES", SyncPeople(assignee=True)),
        ("MANAGE_WATCHERS", SyncPeople(watchers=True)),
        ("USER_PICKER", SyncPeople(assignee=True)),
        ("USER_PICKER", SyncPeople(watchers=True)),
    ],
)
def test_a_right_about_people_is_missed_only_where_they_are_carried(
    key: str, who: SyncPeople
) -> None:
    needing, others = a_patient(sync_people=who), a_patient()
    for patient in (needing, others):
        world = patient.world.jira.model.world
        world.grant(OUR_ACCOUNT, "USER_PICKER")
        world.revoke(OUR_ACCOUNT, key, project=None if key == "USER_PICKER" else "OPS")
    name = next(one.name for one in TABLE if one.key == key)

    told = found(needing)["jira", "rights OPS"]

    assert (told.status, name in (told.cure or "")) == (Status.ATTENTION, True)
    assert found(others)["jira", "rights OPS"].status is Status.OK


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("LINK_ISSUES", None),
        ("ASSIGN_ISSUES", "assignee"),
        ("MODIFY_REPORTER", "reporter"),
        ("SCHEDULE_ISSUES", "duedate"),
        ("SET_ISSUE_SECURITY", "security"),
    ],
)
def test_a_right_beyond_m6_is_missed_only_by_a_mapping_that_needs_it(
    key: str, field: str | None
) -> None:
    needing = a_patient(field_rules=(rule(field),) if field else ())
    others = a_patient()
    revoke(needing, key)

    told = found(needing)["jira", "rights OPS"]

    assert told.status is Status.ATTENTION
    assert "work goes on without it" in told.says
    assert found(others)["jira", "rights OPS"].status is Status.OK


def test_several_missing_rights_are_told_together_and_the_worst_counts() -> None:
    patient = a_patient()
    revoke(patient, "LINK_ISSUES", "ADD_COMMENTS")

    told = found(patient)["jira", "rights OPS"]

    assert told.status is Status.BROKEN
    assert "Add Comments, Link Issues" in (told.cure or "")


def test_a_right_that_this_jira_does_not_know_is_not_missed() -> None:
    held = frozenset(MINIMUM_RIGHTS)
    told = ProjectRights(named=held, held=held, is_service_desk=True)

    assert told.missing == frozenset()


def test_m10_an_account_that_is_no_agent_of_a_service_desk_is_told() -> None:
    patient = a_patient()
    project = patient.world.jira.model.world.project_named("OPS")

    project.type_key = "service_desk"
    told = found(patient)["jira", "agent OPS"]
    patient.world.jira.model.world.grant(OUR_ACCOUNT, "SERVICEDESK_AGENT", project="OPS")

    assert told.status is Status.ATTENTION
    assert "Service Desk Team" in (told.cure or "")
    assert ("jira", "agent OPS") not in found(patient)


@pytest.mark.parametrize(
    ("method", "name", "right"),
    [
        ("read_incidents", "key", pagerduty.READ_INCIDENTS),
        ("read_log_entries", "log entries", pagerduty.READ_LOG_ENTRIES),
        ("write_notes", "notes", pagerduty.WRITE_NOTES),
        ("change_incidents", "incidents", pagerduty.CHANGE_INCIDENTS),
        ("find_user", "from user", pagerduty.READ_USERS),
    ],
)
def test_m7_each_right_that_the_key_lacks_is_named(
    method: str, name: str, right: pagerduty.KeyRight
) -> None:
    patient = a_patient()
    patient.key.forbidden.add(method)

    told = found(patient)["pagerduty", name]

    assert told.status is (Status.BROKEN if right.required else Status.ATTENTION)
    assert right.name in told.says
    assert right.without in told.says
    assert str(told.cure).endswith(f"the right to {right.name}.")


def test_m7_a_plan_that_lacks_something_keeps_its_own_cure() -> None:
    refused = Refused("Not in this plan.", cure="Ask for the plan.", status=402)
    plan = FaultPlan().fail(1, refused, method="pagerduty.read_log_entries")

    assert found(a_patient(plan=plan))["pagerduty", "log entries"].cure == "Ask for the plan."


def test_a_key_that_is_not_accepted_is_told_once() -> None:
    patient = a_patient()
    patient.world.pagerduty.authenticated = False

    assert names(patient, "pagerduty") == ["key"]


def test_a_from_user_that_does_not_exist_is_broken_and_no_note_is_tried() -> None:
    patient = a_patient()
    patient.world.pagerduty.from_email = "nobody@example.com"

    checks = found(patient)

    assert checks["pagerduty", "from user"].status is Status.BROKEN
    assert "from_email" in (checks["pagerduty", "from user"].cure or "")
    assert ("pagerduty", "notes") not in checks


def subscribed(*rows: dict[str, Any], **changes: Any) -> Check:
    patient = a_patient(**changes)
    patient.subscriptions.rows = list(rows)
    return found(patient)["webhooks", "subscriptions"]


def test_without_a_subscription_of_ours_attention_is_needed() -> None:
    told = subscribed(a_subscription(url="https://example.com/other"))

    assert told.status is Status.ATTENTION
    assert "PagerDutyWebhookUrl" in (told.cure or "")


def test_a_trailing_slash_or_a_query_does_not_hide_our_subscription() -> None:
    told = subscribed(a_subscription(url="https://example.com/v1/webhooks/pagerduty/?a=1"))

    assert told.status is Status.OK


@pytest.mark.parametrize(
    ("change", "part"), [({"disabled": True}, "three deliveries"), ({"active": False}, "off")]
)
def test_p22_a_webhook_that_is_switched_off_is_broken(change: dict[str, Any], part: str) -> None:
    told = subscribed(a_subscription(**change))

    assert told.status is Status.BROKEN
    assert part in told.says


def test_one_of_two_subscriptions_that_is_off_needs_attention() -> None:
    told = subscribed(a_subscription(), a_subscription(active=False))

    assert told.status is Status.ATTENTION
    assert "1 of our 2" in told.says


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_each_event_type_that_is_not_subscribed_to_is_named(event: str) -> None:
    told = subscribed(a_subscription(events=sorted(EVENTS - {event})))

    assert told.status is Status.ATTENTION
    assert event in told.says


def test_a_subscription_to_every_event_lacks_none() -> None:
    row = a_subscription(events=["*"])

    told = subscribed(row, field_rules=(an_attribute("labels", "custom_field:region"),))

    assert (told.status, told.cure) == (Status.OK, None)


def test_the_start_of_workflows_is_needed_only_where_a_mapping_names_one() -> None:
    row = a_subscription(events=sorted(EVENTS))

    assert subscribed(row).status is Status.OK
    told = subscribed(row, manual_workflow_ids=("PWORKFL",))
    assert "incident.workflow.started" in told.says


def test_g9_changes_of_custom_fields_are_needed_only_where_a_rule_names_one() -> None:
    row = a_subscription(events=sorted(EVENTS))

    told = subscribed(row, field_rules=(an_attribute("labels", "custom_field:region"),))

    assert "incident.custom_field_values.updated" in told.says


def test_a_service_that_no_subscription_is_for_is_named() -> None:
    scope = {"type": "service_reference", "id": "PABC123"}

    assert subscribed(a_subscription(filter=scope)).status is Status.OK
    told = subscribed(a_subscription(filter={**scope, "id": "POTHER"}))
    assert "Checkout" in told.says


def test_subscriptions_that_the_key_may_not_see_need_attention() -> None:
    patient = a_patient()
    patient.subscriptions.is_forbidden = True

    told = found(patient)["webhooks", "subscriptions"]

    assert told.status is Status.ATTENTION
    assert "could not be looked at" in told.says


def test_subscriptions_that_cannot_be_asked_for_now_need_attention() -> None:
    plan = FaultPlan().fail(1, Temporary("Down."), method="pagerduty.list_subscriptions")

    check = found(a_patient(plan=plan))["webhooks", "subscriptions"]

    assert (check.status, overall([check])) == (Status.UNCHECKED, Status.ATTENTION)


def test_a_manual_mapping_that_nobody_can_ask_for_needs_attention() -> None:
    manual: dict[str, Any] = {"create_issue": CreateMode.MANUAL}
    stuck, by_workflow = a_patient(**manual), a_patient(**manual, manual_workflow_ids=("PWORKFL",))
    by_button = a_patient(**manual)
    by_button.action_token.put("token")

    told = found(stuck)["webhooks", "buttons"]

    assert told.status is Status.ATTENTION
    assert "ops-bug" in told.says
    assert found(by_workflow)["webhooks", "buttons"].status is Status.OK
    assert found(by_button)["webhooks", "buttons"].status is Status.OK


def test_a_refusal_without_a_cure_of_its_own_still_has_one() -> None:
    refused = Refused("No.", status=403)
    plan = FaultPlan().fail(1, refused, method="pagerduty.list_subscriptions")

    assert found(a_patient(plan=plan))["webhooks", "subscriptions"].cure


def test_a_mapping_of_which_a_part_was_not_checked_is_unchecked() -> None:
    hint = {"severity": "hint", "field": "project", "says": "Not checked.", "cure": "Wait."}
    check = {"status": "unchecked", "at": "2026-11-02T09:00:00Z", "problems": [hint]}
    patient = a_patient()
    patient.world.mappings.put_item({**MAPPING_ITEM, "check": check})

    told = found(patient)["mappings", "ops-bug"]

    assert (told.status, told.says) == (
        Status.UNCHECKED,
        "The mapping ops-bug: project: Not checked.",
    )


def test_mappings_that_make_two_issues_of_one_incident_are_named_once() -> None:
    patient = a_patient()
    patient.world.mappings.put(a_mapping(id="twice"))
    patient.world.mappings.put(a_mapping(id="elsewhere", service=Reference(id="P", name="x")))

    told = found(patient)["mappings", "doubled"]

    assert told.status is Status.ATTENTION
    assert told.says == (
        "The mapping ops-bug and the mapping twice make issues of one type in one project for the "
        "service Checkout: each incident will get two issues."
    )
    assert told.cure


@pytest.mark.parametrize(
    ("severities", "status", "part"),
    [(["hint", "error"], Status.ATTENTION, "error"), (["hint"], Status.OK, "hint")],
)
def test_what_the_last_verdict_has_against_a_mapping_is_told_errors_first(
    severities: list[str], status: Status, part: str
) -> None:
    problems = [
        {"severity": severity, "field": "jql", "says": f"an {severity}.", "cure": "Mend it."}
        for severity in severities
    ]
    check = {"status": "ok", "at": "2026-11-02T09:00:00Z", "problems": problems}
    patient = a_patient()
    patient.world.mappings.put_item({**MAPPING_ITEM, "check": check})

    told = found(patient)["mappings", "ops-bug"]

    assert (told.status, told.says) == (status, f"The mapping ops-bug: jql: an {part}.")
    assert told.cure == "Mend it."


def test_an_incident_without_an_issue_is_told_with_its_number_and_the_reason() -> None:
    patient = a_patient()
    world = patient.world
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    number = world.pagerduty.get_incident(world.trigger()).number
    world.work()

    told = found(patient)["links", "refused"]

    assert told.status is Status.ATTENTION
    assert told.says == (
        f'Incident {number} has no issue: Jira requires the field "Incident number" '
        "(customfield_10001), and the mapping does not fill it (mapping ops-bug)."
    )
    assert str(told.cure).startswith("Add to custom_fields of the mapping ops-bug {")
    assert "resync" in str(told.cure)


def test_an_issue_that_lacks_something_is_told_with_what_its_incident_was_told() -> None:
    patient = a_patient()
    notice = Notice(
        state=NoticeState.TOLD, text="OPS-1 stays in Open. No way. What to do: Mend it."
    )
    for incident_id, notices in (("Q1", {"status-x": notice}), ("Q2", {})):
        link = a_link(incident_id=incident_id, refused=True, notices=notices, version=0)
        patient.world.links.save(link)

    told = found(patient)["links", "refused"]

    assert told.says == (
        "Incident Q2 lacks something that was refused (mapping ops-bug). "
        "Incident Q1: OPS-1 stays in Open. No way (mapping ops-bug)."
    )
    assert str(told.cure).startswith("Read the note on the incident, and mend what it names. Mend ")


def test_incidents_that_lack_something_for_one_cause_are_told_together() -> None:
    patient = a_patient()
    for number in range(12):
        text = (
            "No Jira issue (mapping ops-bug). Jira requires Incident number. What to do: Fill it."
        )
        told = {"refused-1": Notice(state=NoticeState.TOLD, text=text if number == 5 else "")}
        link = a_link(
            incident_id=f"Q{number:02}",
            state=LinkState.FAILED,
            issue=None,
            notices=told,
            version=0,
        )
        patient.world.links.save(link)

    check = found(patient)["links", "refused"]

    assert check.says == (
        "12 incidents have no issue: Jira requires Incident number (mapping ops-bug)."
    )
    assert str(check.cure).startswith("Fill it. Then invoke")


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (6, "1 more incident lacks something that was refused."),
        (12, "7 more incidents lack something that was refused."),
    ],
)
def test_of_many_causes_five_are_told(count: int, says: str) -> None:
    patient = a_patient()
    for number in range(count):
        notice = Notice(state=NoticeState.TOLD, text=f"Reason {number:02}.")
        link = a_link(
            incident_id=f"Q{number:02}",
            refused=True,
            notices={f"status-{number}": notice},
            version=0,
        )
        patient.world.links.save(link)

    told = found(patient)["links", "refused"]

    assert told.says.count("Incident Q") == 5
    assert told.says.endswith(says)


def test_an_incident_is_told_by_its_number_and_on_older_links_by_its_id() -> None:
    patient = a_patient()
    for name, number in (("Q1", 1042), ("Q" * 300, None)):
        failed = a_link(
            incident_id=name,
            state=LinkState.FAILED,
            issue=None,
            incident_number=number,
            mapping_id=f"mapping-{number}",
            version=0,
        )
        patient.world.links.save(failed)
    patient.world.links.save(a_link(incident_id="Q1", mapping_id="well", version=0))

    told = found(patient)["links", "refused"]

    assert told.says == (
        "Incident 1042 has no issue (mapping mapping-1042). "
        f"Incident {'Q' * 300} has no issue (mapping mapping-None)."
    )


def test_g6_a_stack_without_a_mapping_or_a_sweep_says_that_these_were_not_looked_at() -> None:
    patient = a_patient(enabled=False)

    told = {check.name: check for check in patient.health.checks()}

    for name in ("rights", "sweep", "owed"):
        assert told[name].status is Status.UNCHECKED
        assert str(told[name].cure).startswith("Nothing to do: ")


def test_g6_one_fault_is_told_once_whoever_meets_it() -> None:
    refused = Unauthenticated("PagerDuty does not accept our API key.", cure="Enter a valid key.")
    plan = FaultPlan()
    for method in ("read_incidents", "list_subscriptions"):
        plan.fail(1, refused, method=f"pagerduty.{method}", times=9)
    patient = a_patient(plan=plan)
    patient.world.sweep_results.put(
        SweepResult(at=patient.world.clock(), since=None, problems=(f"The log: {refused.says}",))
    )

    told = patient.health.checks()

    assert [(one.area, one.name) for one in told if refused.says in one.says] == [
        ("pagerduty", "key")
    ]
    assert found(patient)["webhooks", "subscriptions"].cure == "Do what pagerduty, key says."


@pytest.mark.parametrize(
    "method",
    [
        "jira.server_info",
        "jira.who_am_i",
        "jira.in_project",
        "pagerduty.read_incidents",
        "pagerduty.read_log_entries",
        "pagerduty.find_user",
        "pagerduty.write_notes",
        "pagerduty.change_incidents",
        "pagerduty.list_subscriptions",
        "queue.depth",
        "links.counts",
        "mappings.problems",
        "mappings.in_force",
        "mappings.verdicts",
        "circuits.known",
        "cursors.known",
        "sweeps.last",
    ],
)
@pytest.mark.parametrize("error", [Temporary("Down."), Misconfigured("Wrong."), KeyError("x")])
def test_g6_every_check_that_is_not_ok_has_a_cure(method: str, error: Exception) -> None:
    patient = a_patient(plan=FaultPlan().fail(1, error, method=method))

    told = patient.health.checks()

    assert [check for check in told if check.status is not Status.OK and not check.cure] == []
