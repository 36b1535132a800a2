"""M23: all mappings go out and come in as one file; what is wrong is told, not written."""

import json
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdjira.errors import Refused, Temporary
from pdjira.mappings.changes import Difference, differences
from pdjira.mappings.exchange import Export
from tests.builders import MAPPING_ITEM, FakeClock
from tests.fakes.catalogue import fake_import, fake_mapping_check
from tests.fakes.faults import FaultPlan
from tests.fakes.jira import FakeJira
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.records import Service
from tests.sandbox.pagerduty.seed import (
    CHECKOUT,
    PAYMENTS,
    POLICY,
    SYNC_EMAIL,
    SYNC_USER,
    WORKFLOW,
    jira_extension,
)

NAMED: dict[str, Any] = {
    "id": "named",
    "service": {"name": "checkout"},
    "project": {"key": "OPS"},
    "issue_type": {"name": "Bug"},
    "create_issue": "manual",
    "manual_workflow_ids": ["Open a Jira issue"],
    "sync_notes_user": {"email": SYNC_EMAIL.upper()},
    "status_mapping": {"triggered": {"name": "Open"}, "resolved": {"name": "Resolved"}},
    "reopen": {"not_with_resolutions": [{"name": "Done"}]},
    "priorities": [{"pagerduty_id": "P1", "jira_id": "Highest"}],
    "conditions": {"priority_ids": ["P1", "none"]},
    "custom_fields": [
        {
            "target_issue_field": "customfield_10004",
            "type": "jira_value",
            "value": {"value": "Platform"},
        }
    ],
}


class Office:
    """Both sides, the table and an import between them."""

    def __init__(self, *items: dict[str, Any]) -> None:
        self.jira = FakeJira()
        self.pagerduty = FakePagerDuty()
        self.items = FakeMappingItems(*items)
        self.left: object = None

    @property
    def calls(self) -> list[str]:
        return [*self.jira.plan.calls, *self.pagerduty.plan.calls]

    def export(self) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", Export(items=self.items).run()["mappings"])

    def take(
        self, *given: Any, is_dry: bool = False, seconds: list[float] | None = None
    ) -> list[dict[str, Any]]:
        check = fake_mapping_check(self.jira, self.pagerduty, clock=FakeClock())
        left = iter(seconds or [])
        answer = fake_import(self.items, check).run(
            given, is_dry=is_dry, time_left=lambda: next(left, 0.0 if seconds else 900.0)
        )
        assert json.loads(json.dumps(answer)) == answer
        self.left = answer["left"]
        return cast("list[dict[str, Any]]", answer["mappings"])


def errors_of(row: dict[str, Any]) -> dict[str, str]:
    problems = row["check"]["problems"]
    return {one["field"]: one["says"] for one in problems if one["severity"] == "error"}


def test_an_export_is_a_file_of_what_people_wrote() -> None:
    office = Office(MAPPING_ITEM | {"check": {"status": "ok"}, "service_id": "PABC123"})

    assert Export(items=office.items).run() == {"schema_version": 1, "mappings": [MAPPING_ITEM]}


def test_a_mapping_typed_with_names_becomes_one_with_ids() -> None:
    office = Office()

    (row,) = office.take(NAMED)

    assert (row["id"], row["written"], errors_of(row)) == ("named", True, {})
    assert row["says"] == "It is new, and was written."
    assert office.items.store["named"] == NAMED | {
        "service": {"id": CHECKOUT, "name": "Checkout"},
        "project": {"id": "10100", "key": "OPS"},
        "issue_type": {"id": "10001", "name": "Bug"},
        "manual_workflow_ids": [WORKFLOW],
        "sync_notes_user": {"id": SYNC_USER, "email": SYNC_EMAIL},
        "status_mapping": {
            "triggered": {"id": "1", "name": "Open"},
            "resolved": {"id": "5", "name": "Resolved"},
        },
        "reopen": {"not_with_resolutions": [{"id": "10000", "name": "Done"}]},
        "priorities": [{"pagerduty_id": "PP1", "jira_id": "1"}],
        "conditions": {"priority_ids": ["PP1", "none"]},
        "custom_fields": [NAMED["custom_fields"][0] | {"value": {"id": "10300"}}],
    }


def test_a_dry_run_writes_nothing_and_tells_what_would_change() -> None:
    office = Office(MAPPING_ITEM)

    new, changed, same = office.take(
        NAMED,
        MAPPING_ITEM | {"jql": "priority = Highest", "service": {"name": "Checkout"}},
        MAPPING_ITEM | {"id": "same"},
        is_dry=True,
    )

    assert not any(row["written"] for row in (new, changed, same))
    assert office.items.store == {"ops-bug": MAPPING_ITEM}
    assert changed["says"] == "It would be changed."
    assert changed["changes"] == [{"field": "jql", "before": None, "after": "priority = Highest"}]
    assert new["says"] == "It is new, and would be written."
    assert {"field": "id", "before": None, "after": "named"} in new["changes"]


def test_a_dry_run_and_an_import_judge_alike() -> None:
    wrong = MAPPING_ITEM | {"issue_type": {"name": "Bugg"}}
    (dry,), (real,) = Office().take(wrong, is_dry=True), Office().take(wrong)

    assert dry["says"] == "It would not be written, because it has errors."
    assert real["says"] == "It was not written, because it has errors."
    assert dry["check"]["problems"] == real["check"]["problems"]


def test_what_has_an_error_is_not_written_and_the_others_are() -> None:
    office = Office(MAPPING_ITEM)

    bad, good = office.take(
        MAPPING_ITEM | {"colour": "red"}, MAPPING_ITEM | {"id": "other", "jql": None}
    )

    assert not bad["written"]
    assert "colour" in errors_of(bad)
    assert good["written"]
    assert office.items.store["ops-bug"] == MAPPING_ITEM


def test_mappings_that_are_not_in_the_file_are_left_alone() -> None:
    office = Office(MAPPING_ITEM | {"id": "mine", "name": "Mine"})

    office.take(MAPPING_ITEM)

    assert set(office.items.store) == {"mine", "ops-bug"}
    assert office.items.store["mine"]["name"] == "Mine"


def test_every_unknown_name_is_told_once_with_what_was_probably_meant() -> None:
    office = Office()

    (row,) = office.take(
        NAMED
        | {
            "service": {"name": "Check"},
            "issue_type": {"name": "Bugg"},
            "manual_workflow_ids": ["Open"],
            "priorities": [{"pagerduty_id": "P9", "jira_id": "Highestt"}],
        }
    )

    found = [(one["field"], one["cure"]) for one in row["check"]["problems"]]
    assert not row["written"]
    assert ("service.name", 'Did you mean "Checkout"?') in found
    assert ("issue_type.name", 'Did you mean "Bug"?') in found
    assert ("priorities[0].jira_id", 'Did you mean "Highest"?') in found
    assert {"manual_workflow_ids[0]", "priorities[0].pagerduty_id"} <= {field for field, _ in found}
    assert ("status_mapping.triggered.name", "Correct those first.") in found
    assert not {"service.id", "issue_type.id", "status_mapping.triggered.id"} & {
        field for field, _ in found
    }


def test_an_ambiguous_name_is_an_error() -> None:
    office = Office()
    model = office.pagerduty.model
    model.services["PTWIN01"] = Service(
        id="PTWIN01", name="Checkout", policy_id=POLICY, created_at=model.clock()
    )

    (row,) = office.take(MAPPING_ITEM | {"service": {"name": "Checkout"}})

    assert errors_of(row) == {
        "service.name": '"Checkout" is the name of more than one service in PagerDuty.'
    }


def test_without_its_project_neither_type_nor_status_is_known() -> None:
    office = Office()

    (row,) = office.take(NAMED | {"project": {"key": "NONE"}})

    assert {
        "project.key",
        "issue_type.name",
        "status_mapping.triggered.name",
        "status_mapping.resolved.name",
    } <= set(errors_of(row))


def test_what_a_side_cannot_be_asked_is_an_error_where_the_id_is_lacking_and_asked_once() -> None:
    office = Office()
    office.jira.authenticated = False

    (row, _) = office.take(NAMED, NAMED | {"id": "second"})

    assert not row["written"]
    assert "could not be looked up" in errors_of(row)["project.key"]
    assert "priorities[0].jira_id" not in errors_of(row)
    assert office.jira.plan.calls.count("jira.project") == 1


def test_values_of_a_field_that_jira_does_not_list_stay_as_they_are() -> None:
    rules = [
        {"target_issue_field": "labels", "type": "jira_value", "value": [{"name": "x"}]},
        {"target_issue_field": "customfield_10004", "type": "jira_value", "value": {"name": "x"}},
    ]
    office = Office()
    (row,) = office.take(MAPPING_ITEM | {"custom_fields": rules})

    assert list(errors_of(row)) == ["custom_fields[1].value.name"]

    office.jira.model.world.revoke("pagerduty", "CREATE_ISSUES", project="10100")
    (row,) = office.take(MAPPING_ITEM | {"id": "other", "custom_fields": rules})
    assert "custom_fields[1].value.name" not in errors_of(row)


def test_what_stands_in_the_place_of_an_id_stays_where_no_list_can_be_read() -> None:
    office = Office()
    office.pagerduty.plan.fail_next("pagerduty.priorities", Refused("No.", status=403), times=5)

    (row,) = office.take(MAPPING_ITEM | {"conditions": {"priority_ids": ["P1"]}})

    assert "conditions.priority_ids[0]" not in errors_of(row)


@pytest.mark.parametrize("entry", [None, "ops-bug", 7, [], {}, {"id": " "}, {"id": True}])
def test_what_is_no_mapping_of_a_file_is_told_and_does_not_hinder_others(entry: object) -> None:
    office = Office()

    bad, good = office.take(entry, MAPPING_ITEM)

    assert (bad["id"], bad["written"], bad["check"]["status"]) == (None, False, "invalid")
    assert good["written"]


def test_an_id_that_stands_twice_in_a_file_is_written_neither_time() -> None:
    office = Office()

    rows = office.take(MAPPING_ITEM, MAPPING_ITEM | {"name": "Other"})

    assert [row["written"] for row in rows] == [False, False]
    assert errors_of(rows[0]) == {"id": "ops-bug stands in the file 2 times."}


def test_a_number_is_taken_as_an_id_and_what_the_stack_writes_is_ignored() -> None:
    office = Office()

    (row,) = office.take(MAPPING_ITEM | {"id": 7, "check": "mine", "enabled_since": "2020"})

    assert (row["id"], row["written"]) == ("7", True)
    assert office.items.store["7"] == MAPPING_ITEM | {"id": "7"}


def test_an_item_that_was_changed_meanwhile_is_not_overwritten() -> None:
    office = Office(MAPPING_ITEM)
    edited = MAPPING_ITEM | {"name": "By a person"}
    office.items.meanwhile.append(lambda: office.items.store.update({"ops-bug": edited}))

    (row,) = office.take(MAPPING_ITEM | {"name": "By the file"})

    assert not row["written"]
    assert "somebody changed the item meanwhile" in row["says"]
    assert office.items.store["ops-bug"] == edited


def test_a_table_that_takes_no_item_is_told_and_the_next_one_is_tried() -> None:
    office = Office()
    office.items.faults.fail_next("items.replace_item", Temporary("throttled"))

    failed, good = office.take(MAPPING_ITEM, MAPPING_ITEM | {"id": "other", "name": "x"})

    assert (failed["written"], good["written"]) == (False, True)
    assert errors_of(failed) == {"id": "throttled"}


# ---- PagerDuty's own rules


def rules_in(office: Office, **options: Any) -> list[dict[str, Any]]:
    check = fake_mapping_check(office.jira, office.pagerduty, clock=FakeClock())
    answer = fake_import(office.items, check).from_pagerduty(
        is_dry=options.get("is_dry", False), time_left=lambda: 900.0
    )
    return cast("list[dict[str, Any]]", answer["mappings"])


def says_of(row: dict[str, Any]) -> list[str]:
    return [one["says"] for one in row["check"]["problems"]]


def test_g19_the_rules_that_pagerduty_tells_become_mappings_that_are_off() -> None:
    office = Office()
    user = {"id": SYNC_USER, "type": "user_reference"}
    office.pagerduty.model.extensions += [jira_extension(CHECKOUT, PAYMENTS, user=user)]

    dry = rules_in(office, is_dry=True)
    assert office.items.store == {}
    done = rules_in(office)

    ids = ["v3-PEXT001-PABC123", "v3-PEXT001-PDEF456"]
    assert [row["id"] for row in dry] == [row["id"] for row in done] == ids
    assert [row["written"] for row in (*dry, *done)] == [False, False, True, True]
    assert "PagerDuty does not tell whether a JQL is set: look there." in says_of(done[0])
    stored = office.items.store[ids[0]]
    assert (stored["enabled"], stored["project"]) == (False, {"id": "10100", "key": "OPS"})
    assert stored["sync_notes_user"] == {"id": SYNC_USER, "email": SYNC_EMAIL}


def test_g19_a_rule_imported_again_leaves_an_edited_item_alone_and_says_so() -> None:
    office = Office()
    office.pagerduty.model.extensions += [jira_extension()]
    rules_in(office)

    (same,) = rules_in(office)
    office.items.store["v3-PEXT001"]["enabled"] = True
    (edited,) = rules_in(office)

    assert (same["outcome"], same["written"]) == ("unchanged", False)
    assert (edited["outcome"], edited["written"]) == ("kept", False)
    assert edited["says"].startswith("It was left alone")
    assert edited["changes"] == [{"field": "enabled", "before": True, "after": False}]
    assert office.items.store["v3-PEXT001"]["enabled"] is True


def test_g19_a_rule_of_a_cloud_is_found_by_its_names() -> None:
    office = Office()
    rule = {
        "id": "R1",
        "name": "Critical",
        "enabled": False,
        "config": {
            "service": {"id": CHECKOUT, "type": "service_reference"},
            "jira": {
                "project": {"id": "99", "key": "OPS"},
                "issue_type": {"id": "99", "name": "Bug"},
                "create_issue_on_incident_trigger": True,
                "autocreate_jql": None,
                "status_mapping": {"triggered": {"id": "99", "name": "Open"}},
                "sync_notes_user": None,
            },
        },
    }

    (row,) = office.take(rule)

    assert (row["id"], row["written"]) == ("cloud-R1", True), row
    assert office.items.store["cloud-R1"]["status_mapping"]["triggered"] == {
        "id": "1",
        "name": "Open",
    }


def test_g19_what_a_rule_names_and_nobody_knows_is_not_written() -> None:
    office = Office()
    office.pagerduty.model.extensions += [
        jira_extension(user={"id": "PNOBODY"}, project={"id": "99", "key": "X"})
    ]

    (row,) = rules_in(office)

    assert not row["written"]
    assert {"project.id", "sync_notes_user.id"} <= set(errors_of(row))


def test_g19_a_rule_without_a_service_is_told() -> None:
    (row,) = Office().take({"config": {"jira": {"project": {}, "mood": 1}}})

    assert (row["id"], row["written"]) == (None, False)
    assert errors_of(row) == {"service": "The rule names no service."}


def test_g19_where_pagerduty_shows_no_rule_the_answer_says_so() -> None:
    office = Office()
    check = fake_mapping_check(office.jira, office.pagerduty, clock=FakeClock())

    answer = fake_import(office.items, check).from_pagerduty(is_dry=True)

    assert answer["mappings"] == []
    assert "no extension" in str(answer["says"])


# ---- time


def test_what_time_does_not_allow_is_not_written_and_a_second_call_goes_on() -> None:
    given = [MAPPING_ITEM | {"id": f"m{number}", "name": f"n{number}"} for number in range(4)]
    office = Office()

    first = office.take(*given, seconds=[100, 90, 50, 40, 30, 20])
    assert ([row["written"] for row in first], office.left) == ([True, True, False, False], 2)
    assert "no time left" in first[2]["says"]

    second = office.take(*given, seconds=[100, 99, 98, 97, 10, 10, 10])
    assert ([row["written"] for row in second], office.left) == ([False, False, True, True], 0)
    assert len(office.items.store) == 4


def test_what_is_so_already_is_judged_last_as_far_as_time_allows() -> None:
    office = Office(MAPPING_ITEM | {"colour": "red"})

    (judged,) = office.take(MAPPING_ITEM | {"colour": "red"})
    (unjudged,) = office.take(MAPPING_ITEM | {"colour": "red"}, seconds=[100, 10])

    assert judged["says"] == unjudged["says"] == "Nothing to write: it is like this already."
    assert "colour" in errors_of(judged)
    assert [one["severity"] for one in unjudged["check"]["problems"]] == ["hint"]


# ---- what differs


def test_a_difference_is_told_by_its_key_and_a_null_says_as_much_as_nothing() -> None:
    before = {"a": 1, "b": {"c": [1, None], "d": None}, "e": {"f": {"g": None}}, "h": None}
    after = {"a": 2, "b": {"c": [1, None]}, "e": {"f": {}}, "i": {"j": 1}}

    assert differences(before, after) == (
        Difference(field="a", before=1, after=2),
        Difference(field="i", before=None, after={"j": 1}),
    )


NAMES = st.sampled_from(["", "First", "Second"])
ITEMS = st.fixed_dictionaries(
    {"id": st.sampled_from("abc")},
    optional={
        "name": NAMES | st.none(),
        "enabled": st.booleans(),
        "service": st.sampled_from([{"id": "PABC123"}, {"name": "Checkout"}, {"id": "PNONE"}]),
        "project": st.sampled_from([{"id": "10100"}, {"key": "OPS"}, {"key": "NONE"}]),
        "issue_type": st.sampled_from([{"id": "10001"}, {"name": "Bug"}]),
        "create_issue": st.sampled_from(["automatic", "never"]),
        "priorities": st.lists(
            st.sampled_from([{"pagerduty_id": "P1", "jira_id": "1"}, {"jira_id": "Highest"}]),
            max_size=2,
        ),
        "jql_settle_seconds": st.integers(-1, 3),
        "colour": st.just("red"),
        "check": st.just({"status": "ok"}),
    },
)
FILES = st.lists(ITEMS, max_size=3, unique_by=lambda item: str(item["id"]))


@settings(max_examples=40, deadline=None)
@given(stored=FILES)
def test_an_export_that_is_imported_changes_nothing(stored: list[dict[str, Any]]) -> None:
    office = Office(*stored)
    before = json.loads(json.dumps(office.items.store))
    # A file that holds no name in an id's place; one that does is put right once.
    plain = [one for one in office.export() if not _has_names(one)]

    rows = office.take(*plain)

    assert not any(row["written"] for row in rows)
    assert office.items.store == before


def _has_names(item: dict[str, Any]) -> bool:
    return (
        "name" in item.get("service", {})
        or "key" in item.get("project", {})
        or ("name" in item.get("issue_type", {}) or bool(item.get("priorities")))
    )


@settings(max_examples=40, deadline=None)
@given(stored=FILES, file=FILES)
def test_an_import_that_is_repeated_changes_nothing_more(
    stored: list[dict[str, Any]], file: list[dict[str, Any]]
) -> None:
    office = Office(*stored)
    first = office.take(*file)
    after = json.loads(json.dumps(office.items.store))

    again = office.take(*file)

    assert office.items.store == after
    assert not any(row["written"] for row in again)
    assert [_errors(row) for row in again] == [_errors(row) for row in first]
    assert office.take(*office.export(), is_dry=True) is not None


def _errors(row: dict[str, Any]) -> set[str]:
    return set(errors_of(row))


def test_a_table_that_cannot_be_read_is_an_error_of_the_whole() -> None:
    office = Office()
    office.items.faults = FaultPlan().fail(1, Temporary("down"))

    with pytest.raises(Temporary):
        office.take(MAPPING_ITEM)
