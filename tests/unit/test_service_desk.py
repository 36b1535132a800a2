"""M10, M16, M20: a service desk's request types and organizations, its agents, its automation."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.errors import Refused, Temporary
from pdjira.health.checks import Check
from pdjira.health.jira import no_agent
from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, FieldSchema
from pdjira.model.mapping import FieldRule, JqlAppliesTo, Mapping, RuleType, SyncNotes
from pdjira.sync.fields.steps import with_offered
from pdjira.sync.fields.values import (
    Unfit,
    as_jira_value,
    desk_problems,
    goes_by_name,
    organization,
    request_type,
)
from tests.builders import a_const, a_mapping, a_rule_item, a_schema, a_screen, an_attribute
from tests.fakes.catalogue import Judge
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.desks import ORGANIZATIONS, REQUEST_TYPE, open_desk
from tests.sandbox.jira.versions import VERSIONS
from tests.sandbox.jira.world import AutomationRule, Desk
from tests.scenes.lives import Both
from tests.world import World

TYPE = a_schema(
    REQUEST_TYPE,
    name="Customer Request Type",
    type="sd-customerrequesttype",
    custom="com.atlassian.servicedesk:vp-origin",
)
GROUPS = a_schema(
    ORGANIZATIONS, name="Organizations", type="array", items="sd-customerorganization"
)
OUTAGE = AllowedValue(id="ops/outage", name="Report an outage")
UNTOLD = AllowedValue(id="", name="Report an outage")
ACME = AllowedValue(id="1", name="Acme")


def offering(schema: FieldSchema, *values: AllowedValue) -> FieldSchema:
    return replace(schema, allowed=values)


def at_desk(
    *rules: FieldRule, tells_keys: bool = True, plan: FaultPlan | None = None, **changes: Any
) -> World:
    """A world whose project is a service desk, and its mapping has these rules."""
    world = World(a_mapping(field_rules=rules, **changes), plan=plan)
    open_desk(world.jira.model.world, tells_keys=tells_keys)
    return world


def request_type_of(world: World) -> Any:
    return world.issues[0]["fields"][REQUEST_TYPE]


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("ops/outage", TYPE, "ops/outage"),
        (" ops/outage ", offering(TYPE, OUTAGE), "ops/outage"),
        ("report an OUTAGE", offering(TYPE, OUTAGE), "ops/outage"),
        ("Acme", offering(GROUPS, ACME), [1]),
        ("7", GROUPS, [7]),
    ],
)
def test_m10_a_request_type_goes_by_name_or_key_and_an_organization_by_name_or_id(
    text: str, schema: FieldSchema, value: object
) -> None:
    assert as_jira_value((text,), schema) == value


@pytest.mark.parametrize(
    ("text", "schema", "says"),
    [
        ("Report an outage", TYPE, "by name or as portal/key"),
        ("Other", offering(TYPE, OUTAGE), "Report an outage"),
        ("Report an outage", offering(TYPE, UNTOLD), "XML view"),
        ("Initech", offering(GROUPS, ACME), "Acme"),
        ("Acme", GROUPS, "by name or id"),
    ],
)
def test_m10_what_is_no_request_type_or_organization_does_not_fit(
    text: str, schema: FieldSchema, says: str
) -> None:
    with pytest.raises(Unfit, match=says):
        as_jira_value((text,), schema)


def test_a_name_with_a_slash_is_a_name_where_one_is_called_so() -> None:
    offered = offering(TYPE, AllowedValue(id="ops/hw", name="Hardware/Software"))

    assert request_type("hardware/software", offered) == "ops/hw"


def test_digits_of_other_scripts_are_no_id() -> None:
    assert organization("٣", GROUPS) is None


@pytest.mark.parametrize(
    ("rule", "schema", "asked"),
    [
        (a_const(REQUEST_TYPE, "Report an outage"), TYPE, True),
        (a_const(REQUEST_TYPE, "ops/outage"), TYPE, False),
        (an_attribute(REQUEST_TYPE, "incident_title"), TYPE, True),
        (FieldRule(target=REQUEST_TYPE, type=RuleType.JIRA_VALUE, value="x"), TYPE, False),
        (a_const(ORGANIZATIONS, "1, 2"), GROUPS, False),
        (a_const(ORGANIZATIONS, "1, Acme"), GROUPS, True),
        (a_const("labels", "Acme"), a_schema("labels"), False),
    ],
)
def test_m10_only_a_rule_that_goes_by_name_asks_the_service_desk(
    rule: FieldRule, schema: FieldSchema, asked: bool
) -> None:
    assert goes_by_name(rule, schema) is asked


def test_a_rule_for_a_field_that_is_not_on_the_screen_asks_nobody() -> None:
    mapping = a_mapping(field_rules=(a_const("customfield_1", "x"),))
    screen = a_screen()

    assert with_offered(screen, mapping, World().jira.offered) == screen


@pytest.mark.parametrize("name", ["Report an outage", "ops/outage"])
def test_m10_an_issue_is_created_with_its_request_type(name: str) -> None:
    world = at_desk(a_const(REQUEST_TYPE, name), a_const(ORGANIZATIONS, "Globex,1"))

    world.trigger()
    world.work()

    assert request_type_of(world)["requestType"]["name"] == "Report an outage"
    named = [one["name"] for one in world.issues[0]["fields"][ORGANIZATIONS]]
    assert named == ["Globex", "Acme"]


def test_m10_what_jira_takes_is_given_as_it_is_and_no_further_call_is_made() -> None:
    value = FieldRule(target=REQUEST_TYPE, type=RuleType.JIRA_VALUE, value="ops/getithelp")
    world = at_desk(value)

    world.trigger()
    world.work()

    assert request_type_of(world)["requestType"]["name"] == "Get IT help"
    assert world.jira.calls["offered"] == 0


def test_m10_a_request_type_whose_key_jira_does_not_tell_is_said_and_the_issue_is_made() -> None:
    world = at_desk(a_const(REQUEST_TYPE, "Report an outage"), tells_keys=False)

    incident = world.trigger()
    world.work()

    assert request_type_of(world) is None
    assert any("only as portal/key" in says for says in world.timeline(incident))


def test_m10_a_service_desk_that_does_not_answer_is_asked_again_and_one_issue_is_made() -> None:
    plan = FaultPlan().fail(1, Temporary("busy"), method="jira.offered")
    world = at_desk(a_const(REQUEST_TYPE, "Report an outage"), plan=plan)

    world.trigger()
    world.work()

    assert len(world.issues) == 1
    assert request_type_of(world)["requestType"]["name"] == "Report an outage"


def test_a_service_desk_that_refuses_to_tell_keeps_the_issue_back_and_says_so() -> None:
    plan = FaultPlan().fail(1, Refused("no", status=400), method="jira.offered")
    world = at_desk(a_const(REQUEST_TYPE, "Report an outage"), plan=plan)

    incident = world.trigger()
    world.work()

    assert any("No Jira issue" in note for note in world.notes(incident))


def judge(*, desk: bool = True, tells_keys: bool = True) -> Judge:
    made = Judge()
    open_desk(made.world, tells_keys=tells_keys)
    if not desk:
        made.world.desks.clear()
    return made


VALUE = "custom_fields[0].value"


@pytest.mark.parametrize(
    ("value", "told", "found"),
    [
        ("Report an outage", {}, []),
        ("ops/outage", {}, []),
        ("ops/lunch", {}, [("error", VALUE)]),
        ("Lunch", {}, [("error", VALUE)]),
        ("Report an outage", {"tells_keys": False}, [("error", VALUE)]),
        ("ops/outage", {"tells_keys": False}, [("hint", VALUE)]),
        ("ops/outage", {"desk": False}, [("hint", VALUE)]),
        ("Report an outage", {"desk": False}, [("error", VALUE)]),
    ],
)
def test_m10_a_check_compares_a_request_type_with_what_the_service_desk_offers(
    value: str, told: dict[str, bool], found: list[tuple[str, str]]
) -> None:
    rules = [a_rule_item(REQUEST_TYPE, value)]

    assert judge(**told).says(custom_fields=rules) == found


@pytest.mark.parametrize(
    ("value", "found"), [("Acme,2", []), ("7", [("error", VALUE)]), ("Lunch", [("error", VALUE)])]
)
def test_m10_a_check_compares_organizations_with_those_of_the_service_desk(
    value: str, found: list[tuple[str, str]]
) -> None:
    assert judge().says(custom_fields=[a_rule_item(ORGANIZATIONS, value)]) == found


def test_m10_a_check_takes_jiras_own_value_as_it_is_and_asks_no_service_desk() -> None:
    made = judge(desk=False)

    found = made.says(custom_fields=[a_rule_item(REQUEST_TYPE, "x/y", type="jira_value")])

    assert found == []
    assert made.jira.calls["offered"] == 0


def test_a_service_desk_without_any_says_that_it_has_to_be_added_first() -> None:
    found = list(desk_problems(a_const(ORGANIZATIONS, "7"), [7], offering(GROUPS), field="f"))

    assert [one.cure for one in found] == ["Add it in Jira first."]


def test_a_test_issue_has_the_request_type_too() -> None:
    world = at_desk(a_const(REQUEST_TYPE, "Get IT help"))

    world.rehearsal().run("ops-bug", "keep")

    assert request_type_of(world)["requestType"]["name"] == "Get IT help"


# ---- Comments


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("internal", [True, False])
def test_m19_comments_of_a_service_desk_become_notes_whether_public_or_internal(
    version: str, internal: bool
) -> None:
    both = Both(a_mapping(sync_notes=SyncNotes.BOTH))
    both.world.jira.model.install(version)
    open_desk(both.world.jira.model.world)
    marks = [{"key": "sd.public.comment", "value": {"internal": internal}}]

    body = {"body": "Restarted web-7.", "properties": marks}
    both.world.jira.model.add_comment("alice", "OPS-1", body)
    both.hear_jira()

    assert any("Restarted web-7." in note for note in both.notes())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("internal", [True, False])
def test_m10_our_comments_are_internal_where_the_mapping_says_so(
    version: str, internal: bool
) -> None:
    both = Both(a_mapping(internal_comments=internal))
    both.world.jira.model.install(version)
    open_desk(both.world.jira.model.world)
    both.world.jira.model.world.grant("pagerduty", "SERVICEDESK_AGENT", project="OPS")

    both.world.note(both.incident, "Restarted web-7.")
    both.world.work()

    (comment,) = both.world.issues[0]["fields"]["comment"]["comments"]
    mark = {"key": "sd.public.comment", "value": {"internal": True}}
    assert (mark in comment["properties"]) is internal


def test_m10_a_refused_internal_comment_is_told_with_the_role_that_it_needs() -> None:
    plan = FaultPlan().fail(1, Refused("no", status=403), method="jira.add_comment")
    both = Both(a_mapping(internal_comments=True), plan=plan)

    both.world.note(both.incident, "Restarted web-7.")
    both.world.work()

    assert any("Service Desk Team" in note for note in both.notes())


# ---- Agents


def agent_check(*mappings: Mapping) -> Check:
    return no_agent(Reference(id="10100", name="OPS"), mappings)


def test_m10_without_an_agent_licence_what_customers_do_not_see_is_named() -> None:
    told = agent_check(a_mapping(), a_mapping(id="quiet", sync_notes=SyncNotes.OFF))

    assert "customers do not see those of ops-bug." in told.says
    assert "quiet" not in told.says


def test_m10_internal_comments_without_an_agent_licence_may_be_seen_by_customers() -> None:
    told = agent_check(a_mapping(internal_comments=True))

    assert "ops-bug has internal_comments" in told.says
    assert "customers do not see" not in told.says


def test_m10_the_cure_names_the_group_and_the_role_as_the_vendors_guide_does() -> None:
    told = agent_check(a_mapping())

    assert "group jira-servicedesk-users" in (told.cure or "")
    assert "Users and roles" in (told.cure or "")
    assert "role Service Desk Team" in (told.cure or "")


# ---- Automation


def automated(settle: int, *rules: AutomationRule) -> tuple[World, Desk]:
    mapping: Mapping = a_mapping(
        jql="priority = Highest",
        jql_applies_to=JqlAppliesTo.NEW,
        jql_settle_seconds=settle,
    )
    world = World(mapping)
    desk = open_desk(world.jira.model.world)
    world.poller().run()
    world.clock.forward(minutes=1)
    desk.rules.extend(rules)
    return world, desk


def polled(world: World, *, minutes: int) -> int:
    """How many incidents there are after so many rounds of the poller, one a minute."""
    for _ in range(minutes):
        world.poller().run()
        world.work(until=world.clock.now)
        world.clock.forward(minutes=1)
    return len(world.pagerduty.model.incidents)


CALM_DOWN = AutomationRule(after=70, fields=(("priority", {"name": "Low"}),))
RAISE = AutomationRule(after=70, fields=(("priority", {"name": "Highest"}),))


def test_m16_an_issue_that_automation_takes_out_of_the_jql_pages_nobody() -> None:
    world, _ = automated(180, CALM_DOWN)

    world.issue(priority={"name": "Highest"})

    assert polled(world, minutes=10) == 0


def test_m16_without_a_settling_time_it_pages_before_automation_ran() -> None:
    world, _ = automated(0, CALM_DOWN)

    world.issue(priority={"name": "Highest"})

    assert polled(world, minutes=1) == 1


@pytest.mark.parametrize("settle", [0, 180])
def test_m16_an_issue_that_automation_brings_into_the_jql_pages_as_automation_left_it(
    settle: int,
) -> None:
    world, _ = automated(
        settle, RAISE, AutomationRule(after=75, fields=(("summary", "Payments are down"),))
    )

    world.issue(priority={"name": "Low"})

    assert polled(world, minutes=10) == 1
    (incident,) = world.pagerduty.model.incidents.values()
    assert incident.title == "Payments are down"
