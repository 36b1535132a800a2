"""The promises of the `Mappings` port, kept by the table and by its fake."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from pdjira.adapters.aws.items import typed
from pdjira.adapters.aws.mappings import DynamoMappings
from pdjira.adapters.aws.stored_mapping import StoredMapping, read_item, read_mapping
from pdjira.errors import Misconfigured, Temporary
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import (
    Conditions,
    CreateMode,
    Direction,
    FieldRule,
    JqlAppliesTo,
    Mapping,
    PriorityRow,
    Reopen,
    RuleType,
    SyncNotes,
    SyncPeople,
    Verdict,
    error,
    unchecked,
)
from pdjira.model.ports import Mappings
from tests.aws import MAPPINGS_TABLE, Aws, Wire, put_mapping
from tests.builders import MAPPING_ITEM, NOW, WHOLE_MAPPING_ITEM
from tests.fakes.mappings import FakeMappings

SERVICE = "PABC123"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The mappings, and a person at the console who puts and removes items."""

    mappings: Mappings
    put: Callable[[dict[str, Any]], None]
    remove: Callable[[str], None]
    checked: Callable[[], list[str]]

    def in_force(self) -> list[str]:
        return [mapping.id for mapping in self.mappings.in_force()]

    def only(self, **changes: Any) -> Mapping:
        self.put(MAPPING_ITEM | changes)
        (mapping,) = self.mappings.in_force()
        return mapping

    def problem(self, item: dict[str, Any]) -> str:
        self.put(item)
        assert self.in_force() == []
        ((mapping_id, says),) = self.mappings.problems()
        assert mapping_id == item["id"]
        return says


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        fake = FakeMappings()
        return Store(
            mappings=fake,
            put=fake.put_item,
            remove=fake.remove,
            checked=lambda: sorted(fake.checks),
        )
    aws: Aws = request.getfixturevalue("aws")

    def remove(mapping_id: str) -> None:
        aws.dynamodb.delete_item(TableName=MAPPINGS_TABLE, Key={"id": {"S": mapping_id}})

    def checked() -> list[str]:
        items = aws.dynamodb.scan(TableName=MAPPINGS_TABLE)["Items"]
        return sorted(item["id"]["S"] for item in items if "check" in item)

    return Store(
        mappings=DynamoMappings(aws.dynamodb, MAPPINGS_TABLE),
        put=partial(put_mapping, aws),
        remove=remove,
        checked=checked,
    )


def test_the_mappings_of_all_services_come_by_id(store: Store) -> None:
    for mapping_id in ("b", "a", "c"):
        store.put(MAPPING_ITEM | {"id": mapping_id})
    store.put(MAPPING_ITEM | {"id": "d", "service": {"id": "PELSE", "name": "Else"}})

    assert store.in_force() == ["a", "b", "c", "d"]
    assert store.mappings.problems() == []


def test_what_is_switched_off_or_removed_is_so_at_once(store: Store) -> None:
    for mapping_id in ("a", "b"):
        store.put(MAPPING_ITEM | {"id": mapping_id})
    assert store.in_force() == ["a", "b"]

    store.put(MAPPING_ITEM | {"id": "a", "enabled": False})
    assert store.in_force() == ["b"]

    store.remove("b")
    assert store.in_force() == []
    assert store.mappings.problems() == []


def test_every_key_is_read(store: Store) -> None:
    store.put(WHOLE_MAPPING_ITEM)

    (mapping,) = store.mappings.in_force()

    assert mapping == Mapping(
        id="ops-bug",
        name="Create Bug (OPS)",
        enabled=True,
        service=Reference(id=SERVICE, name="Checkout"),
        project=Reference(id="10100", name="OPS"),
        issue_type=Reference(id="10001", name="Bug"),
        create_issue=CreateMode.AUTOMATIC,
        conditions=Conditions(
            urgency=("high",), priority_ids=("PP1", "none"), title_matches="*database*"
        ),
        field_rules=(
            FieldRule(target="labels", type=RuleType.CONST, value="blue,red"),
            FieldRule(
                target="customfield_10001",
                type=RuleType.ATTRIBUTE,
                source="incident_number",
                direction=Direction.BOTH,
            ),
            FieldRule(
                target="customfield_10002",
                type=RuleType.JIRA_VALUE,
                value={"id": "10300", "child": None, "weight": 2},
            ),
            FieldRule(
                target="description", type=RuleType.TEMPLATE, value="{{ incident_title }} ..."
            ),
        ),
        rules_to_pagerduty=(
            FieldRule(
                target="customfield_10003",
                type=RuleType.ATTRIBUTE,
                source="incident_urgency",
                direction=Direction.TO_PAGERDUTY,
            ),
        ),
        enabled_since=datetime(2026, 11, 24, 3, tzinfo=UTC),
        manual_workflow_ids=("PWF1",),
        statuses={
            IncidentStatus.TRIGGERED: Reference(id="1", name="Open"),
            IncidentStatus.RESOLVED: Reference(id="6", name="Closed"),
        },
        resolved_statuses=(Reference(id="7", name="Rejected"),),
        priorities=(
            PriorityRow(pagerduty_id="PP1", jira_id="1"),
            PriorityRow(pagerduty_id=None, jira_id="3"),
        ),
        sync_notes=SyncNotes.TO_JIRA,
        internal_comments=True,
        sync_people=SyncPeople(assignee=True, watchers=True),
        reopen=Reopen(issue=False, incident=False, not_after_days=14, not_with=("10001",)),
        acknowledge_on_status=True,
        sync_notes_email="a@example.com",
        jql="priority = Highest",
        jql_applies_to=JqlAppliesTo.EXISTING,
        jql_settle_seconds=30,
        max_incidents_per_hour=5,
        incident_urgency="low",
    )


def test_m22_a_mapping_is_found_by_its_id_also_when_it_is_off(store: Store) -> None:
    store.put(MAPPING_ITEM | {"enabled": False})

    found = store.mappings.find("ops-bug")

    assert found
    assert (found.id, found.enabled) == ("ops-bug", False)
    assert store.mappings.find("no-such") is None


def test_m22_a_mapping_that_cannot_be_read_is_found_to_be_so(store: Store) -> None:
    store.put({"id": "half", "create_issue": "automatic"})

    with pytest.raises(Misconfigured, match="service is missing") as raised:
        store.mappings.find("half")

    assert raised.value.cure


def test_the_required_keys_are_enough(store: Store) -> None:
    mapping = store.only()

    assert mapping == Mapping(
        id="ops-bug",
        name="ops-bug",
        enabled=True,
        service=Reference(id=SERVICE, name="Checkout"),
        project=Reference(id="10100", name="OPS"),
        issue_type=Reference(id="10001", name="Bug"),
        create_issue=CreateMode.AUTOMATIC,
    )


def test_numbers_typed_in_the_console_are_taken_as_ids(store: Store) -> None:
    mapping = store.only(
        project={"id": Decimal(10100)},
        issue_type={"id": Decimal("1E+4"), "name": Decimal("1.50")},
        custom_fields=[
            {"target_issue_field": "labels", "type": "const", "value": Decimal(7)},
            {
                "target_issue_field": "x",
                "type": "jira_value",
                "value": [Decimal("1.5"), {"b", "a"}],
            },
        ],
    )

    assert mapping.project == Reference(id="10100", name="10100")
    assert mapping.issue_type == Reference(id="10000", name="1.5")
    assert [rule.value for rule in mapping.field_rules] == ["7", [1.5, ["a", "b"]]]


def test_a_blank_key_counts_as_left_out(store: Store) -> None:
    blank = {key: None for key in WHOLE_MAPPING_ITEM if key not in MAPPING_ITEM}
    emptied = {"name": "", "jql": "  ", "conditions": {"urgency": None, "title_matches": ""}}

    mapping = store.only(**(blank | emptied))

    assert mapping.name == "ops-bug"
    assert mapping.conditions == Conditions()
    assert mapping.enabled
    assert mapping.jql is None


def test_a_blank_constant_is_an_empty_text(store: Store) -> None:
    rule = {"target_issue_field": "labels", "type": "const", "value": ""}

    assert store.only(custom_fields=[rule]).field_rules[0].value == ""


def test_unknown_keys_are_passed_over(store: Store) -> None:
    store.only(colour="red", conditions={"moon": "full"}, service={"id": SERVICE, "x": b"y"})


def test_a_set_typed_in_the_console_is_a_list(store: Store) -> None:
    assert store.only(conditions={"urgency": {"low", "high"}}).conditions.urgency == ("high", "low")


@pytest.mark.parametrize("key", ["service", "project", "issue_type", "create_issue"])
@pytest.mark.parametrize("value", [..., None, ""])
def test_a_mapping_without_what_it_needs_is_not_in_force_and_named(
    store: Store, key: str, value: object
) -> None:
    item = {name: each for name, each in MAPPING_ITEM.items() if name != key}

    says = store.problem(item if value is ... else item | {key: value})

    assert says.startswith(f"{key} is missing: it must be ")
    assert says.endswith(".")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"service": {}}, "service.id is missing: it must be text."),
    ({"service": "PABC123"}, "service must be a map, such as "),
    ({"enabled": "true"}, "enabled must be true or false (a Boolean)."),
    ({"enabled": Decimal(1)}, "enabled must be true or false (a Boolean)."),
    ({"create_issue": "yes"}, "create_issue must be 'automatic', 'manual' or 'never'."),
    ({"conditions": ["high"]}, "conditions must be a map, such as "),
    ({"conditions": {"urgency": "high"}}, "conditions.urgency must be a list, such as "),
    ({"conditions": {"urgency": ["urgent"]}}, "conditions.urgency[0] must be 'high' or 'low'."),
    ({"name": True}, "name must be text."),
    ({"name": b"x"}, "name must be text."),
    ({"jql_applies_to": "all"}, "jql_applies_to must be 'new' or 'existing'."),
    ({"jql_settle_seconds": "30"}, "jql_settle_seconds must be a whole number."),
    ({"jql_settle_seconds": Decimal("1.5")}, "jql_settle_seconds must be a whole number."),
    ({"max_incidents_per_hour": Decimal(-1)}, "max_incidents_per_hour must be a whole number from"),
    ({"status_mapping": {"resolved": "6"}}, "status_mapping.resolved must be a map, such as "),
    ({"reopen": {"issue": "no"}}, "reopen.issue must be true or false (a Boolean)."),
    ({"reopen": {"not_after_days": "x"}}, "reopen.not_after_days must be a whole number."),
    ({"priorities": ["PP1"]}, "priorities[0] must be a map, such as "),
    ({"sync_notes": "all"}, "sync_notes must be 'both', 'to_jira', 'to_pagerduty' or 'off'."),
    ({"sync_notes_user": {"email": "a"}}, "sync_notes_user.id is missing: it must be text."),
    ({"sync_people": True}, "sync_people must be a map, such as "),
    ({"custom_fields": {}}, "custom_fields must be a list, such as "),
    ({"custom_fields": [{"type": "const"}]}, "custom_fields[0].target_issue_field is missing"),
    ({"custom_fields": [{"target_issue_field": "x"}]}, "custom_fields[0].type is missing"),
    (
        {"custom_fields": [{"target_issue_field": "x", "type": "const", "value": ["a"]}]},
        "custom_fields[0].value must be text.",
    ),
    (
        {"custom_fields": [{"target_issue_field": "x", "type": "attribute"}]},
        "custom_fields[0].source_incident_field must be",
    ),
    (
        {"custom_fields": [{"target_issue_field": "x", "type": "jira_value", "value": None}]},
        "custom_fields[0].value must be",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), WRONG, ids=lambda each: str(each)[:60])
def test_a_key_of_a_wrong_kind_takes_the_mapping_out_of_force_and_is_named(
    store: Store, changes: dict[str, Any], sentence: str
) -> None:
    assert store.problem(MAPPING_ITEM | changes).startswith(sentence)


@pytest.mark.parametrize(
    "key", ["service_id", "enabled_since", "jql_paused", "check", "written_by_stack"]
)
@pytest.mark.parametrize("value", ["yesterday", "", None, True, Decimal(7), ["x"], {"x": "y"}])
def test_what_the_stack_writes_is_ignored_on_input_whatever_it_holds(
    store: Store, key: str, value: object
) -> None:
    mapping = store.only(**{key: value})

    assert mapping.enabled_since is None
    assert read_item(MAPPING_ITEM | {key: value}).problems == ()


def test_an_unreadable_mapping_does_not_stand_in_the_way_of_others(store: Store) -> None:
    store.put(MAPPING_ITEM | {"id": "broken", "project": None})
    store.put(MAPPING_ITEM | {"id": "good"})

    assert store.in_force() == ["good"]
    assert [mapping_id for mapping_id, _ in store.mappings.problems()] == ["broken"]


def test_a_mapping_that_cannot_be_read_is_told_with_the_json_to_write(store: Store) -> None:
    says = store.problem(MAPPING_ITEM | {"project": None})

    assert says.endswith('Add, for example, "project": {"id": "10100", "key": "OPS"}.')


def test_several_wrong_keys_are_all_named(store: Store) -> None:
    says = store.problem(MAPPING_ITEM | {"project": None, "enabled": "yes", "name": True})

    assert all(key in says for key in ("project is missing", "enabled must", "name must"))


def test_what_the_last_verdict_named_is_told_of_mappings_in_force(store: Store) -> None:
    named = error("project.id", "No.", "Yes.")
    check = Verdict(at=NOW, problems=(named,)).shown()
    for mapping_id, more in (("a", {}), ("b", {"enabled": False}), ("c", {"project": None})):
        store.put(MAPPING_ITEM | {"id": mapping_id, "check": check} | more)
    store.put(MAPPING_ITEM | {"id": "d", "check": Verdict(at=NOW).shown()})

    assert [(id_, tuple(found)) for id_, found in store.mappings.verdicts()] == [("a", (named,))]


def test_what_was_not_checked_is_judged_again(store: Store) -> None:
    parts = {"a": (unchecked("project", "Not checked.", "Wait."),), "b": (error("c", "d.", "e."),)}
    for mapping_id, problems in parts.items():
        check = Verdict(at=NOW, problems=problems).shown()
        store.put(MAPPING_ITEM | {"id": mapping_id, "check": check})
    store.put(MAPPING_ITEM | {"id": "c"})

    store.mappings.check_unchecked_again()

    assert store.checked() == ["b"]


# ---- the stored form --------------------------------------------------------------------------


def test_the_defaults_are_those_of_the_interface() -> None:
    stored = read_mapping(MAPPING_ITEM)

    assert (stored.jql, stored.jql_applies_to, stored.jql_settle_seconds) == (None, "new", 0)
    assert stored.max_incidents_per_hour == 10
    assert stored.incident_urgency is None
    assert stored.status_mapping.resolved is None
    assert (stored.reopen.issue, stored.reopen.incident) == (True, True)
    assert (stored.reopen.not_after_days, stored.reopen.not_with_resolutions) == (None, ())
    assert (stored.sync_notes, stored.sync_notes_user) == ("both", None)
    assert not stored.acknowledge_on_status
    assert not stored.internal_comments
    assert (stored.sync_people.assignee, stored.sync_people.watchers) == (False, False)


@pytest.mark.parametrize(("assignee", "watchers"), [(True, False), (False, True)])
def test_g7_which_people_are_carried_is_read(*, assignee: bool, watchers: bool) -> None:
    people = {"assignee": assignee, "watchers": watchers}

    mapping = read_mapping({**MAPPING_ITEM, "sync_people": people}).to_domain()

    assert mapping.sync_people == SyncPeople(assignee=assignee, watchers=watchers)


def test_every_key_of_the_interface_is_known() -> None:
    assert set(StoredMapping.model_fields) == set(WHOLE_MAPPING_ITEM)


# ---- the table --------------------------------------------------------------------------------


def test_a_table_of_several_pages_is_read_whole(aws: Aws) -> None:
    for number in range(30):
        put_mapping(aws, MAPPING_ITEM | {"id": f"m{number:02}", "jql": "x" * 60_000})
    wire = Wire(aws.dynamodb)

    found = DynamoMappings(aws.dynamodb, MAPPINGS_TABLE).in_force()

    assert len(found) == 30
    assert wire.calls == ["Scan", "Scan"]


def test_throttling_is_temporary_and_never_no_mappings(aws: Aws) -> None:
    """P31."""
    Wire(aws.dynamodb).answer("Scan", "ProvisionedThroughputExceededException")
    mappings = DynamoMappings(aws.dynamodb, MAPPINGS_TABLE)

    with pytest.raises(Temporary):
        mappings.in_force()
    with pytest.raises(Temporary):
        mappings.problems()


def test_a_table_that_is_not_there_is_named(aws: Aws) -> None:
    with pytest.raises(Misconfigured, match="elsewhere does not exist"):
        DynamoMappings(aws.dynamodb, "elsewhere").in_force()


def test_p38_all_are_listed_also_what_is_off_or_cannot_be_read(store: Store) -> None:
    store.put(MAPPING_ITEM | {"id": "on"})
    store.put(MAPPING_ITEM | {"id": "off", "enabled": False})
    store.put(MAPPING_ITEM | {"id": "half", "name": "Half", "project": "OPS"})
    store.put({"id": "bare", "name": 7})

    bare, half, off, on = store.mappings.all_listed()

    assert [one.id for one in (bare, half, off, on)] == ["bare", "half", "off", "on"]
    assert (on.in_force, on.mapping) == (on.mapping, store.mappings.find("on"))
    assert (off.in_force, off.mapping) == (None, store.mappings.find("off"))
    assert (half.mapping, half.name, half.service_id) == (None, "Half", SERVICE)
    assert (bare.mapping, bare.name, bare.service_id) == (None, "bare", None)
    assert "project" in half.says


def test_r13_whoever_looks_at_one_moment_scans_the_table_once(aws: Aws) -> None:
    aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(MAPPING_ITEM))
    kept = DynamoMappings(aws.dynamodb, MAPPINGS_TABLE, is_kept=True)
    before = (kept.in_force(), kept.problems(), kept.verdicts(), kept.all_listed())

    aws.dynamodb.delete_item(TableName=MAPPINGS_TABLE, Key=typed({"id": MAPPING_ITEM["id"]}))

    assert len(kept.in_force()) == 1
    assert (kept.in_force(), kept.problems(), kept.verdicts(), kept.all_listed()) == before
