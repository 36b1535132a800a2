"""Custom fields of incidents: how they are set up, read, written, and told of."""

import pytest

from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    an_incident,
    control,
    error_of,
    event_types,
    last_event,
)
from tests.sandbox.pagerduty_facts.document import problems
from tests.sandbox.vendors import needs_documents

UPDATED = "incident.custom_field_values.updated"


def values_of(rest: Rest, path: str) -> dict[str, object]:
    rows = rest("GET", path, status=200).json()["custom_fields"]
    return {row["name"]: row["value"] for row in rows}


def test_values_are_read_with_the_empty_ones_and_written_by_name_or_id(rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}/custom_fields/values"
    empty = values_of(rest, path)

    by_name = {"custom_fields": [{"name": "region", "value": "eu"}]}
    by_id = {"custom_fields": [{"id": "PFIELD3", "value": 42}]}
    rest("PUT", path, by_name, status=201)
    answer = rest("PUT", path, by_id, status=201).json()["custom_fields"]

    assert set(empty.values()) == {None}
    assert {row["name"]: row["value"] for row in answer} == values_of(rest, path)
    assert values_of(rest, path) == empty | {"region": "eu", "customers": 42}


def test_a_change_of_values_has_an_event_and_no_change_has_none(
    server: PagerDutyServer, rest: Rest
) -> None:
    incident = an_incident(rest)
    path = f"/incidents/{incident}/custom_fields/values"

    for value in ("eu", "us", "us"):
        rest("PUT", path, {"custom_fields": [{"name": "region", "value": value}]})

    assert event_types(server).count(UPDATED) == 2
    data = last_event(server)["data"]
    assert data["incident"]["id"] == incident
    assert [one["value"] for one in data["custom_fields"]] == ["us"]
    assert [one["value"] for one in data["changed_custom_fields"]] == ["eu"]
    kinds = [one.type for one in server.model.incident(incident).log]
    assert kinds.count("custom_field_value_change_log_entry") == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("region", 7),
        ("region", "x" * 256),
        ("environment", "moon"),
        ("teams", "web"),
        ("teams", [str(number) for number in range(11)]),
        ("customers", "many"),
        ("customers", True),
        ("cost", "much"),
        ("public", "yes"),
        ("due", "tomorrow"),
        ("due", "2026-11-24T03:00:00"),
        ("runbook", "here"),
        ("runbook", "https://example.com/" + "x" * 500),
        ("nonesuch", "x"),
        ("impact", "of another incident type"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_nothing_is_written(
    rest: Rest, name: str, value: object
) -> None:
    path = f"/incidents/{an_incident(rest)}/custom_fields/values"
    changes = [{"name": "region", "value": "eu"}, {"name": name, "value": value}]

    refused = rest("PUT", path, {"custom_fields": changes})

    assert error_of(refused)[:2] == (400, 2001)
    assert set(values_of(rest, path).values()) == {None}


def test_a_type_has_the_fields_of_the_base_type_and_its_own(rest: Rest) -> None:
    types = rest("GET", "/incidents/types", status=200).json()["incident_types"]

    base, major = (
        {
            row["name"]
            for row in rest("GET", f"/incidents/types/{one}/custom_fields").json()["fields"]
        }
        for one in ("incident_default", types[1]["id"])
    )

    assert [one["name"] for one in types] == ["incident_default", "major_default"]
    assert major - base == {"impact"}


def test_options_are_told_when_included(rest: Rest) -> None:
    path = "/incidents/types/incident_default/custom_fields"

    def options(query: str) -> object:
        rows = rest("GET", f"{path}{query}").json()["fields"]
        found = next(row for row in rows if row["name"] == "environment").get("field_options")
        return found and [one["data"]["value"] for one in found]

    assert options("") is None
    assert options("?include[]=field_options") == ["production", "staging"]


def test_a_plan_without_custom_fields_refuses_them(server: PagerDutyServer, rest: Rest) -> None:
    path = f"/incidents/{an_incident(rest)}/custom_fields/values"
    server.model.has_custom_fields = False

    types = rest("GET", "/incidents/types/incident_default/custom_fields")

    assert types.status_code == 402
    assert rest("GET", path).status_code == 403
    assert rest("PUT", path, {"custom_fields": []}).status_code == 403


def test_a_person_gives_a_field_a_value_by_the_control_interface(
    server: PagerDutyServer, rest: Rest
) -> None:
    incident = an_incident(rest)

    act = f"incidents/{incident}/custom_field"
    control(server, "POST", act, name="region", value="eu")

    assert values_of(rest, f"/incidents/{incident}/custom_fields/values")["region"] == "eu"


@needs_documents
def test_answers_about_custom_fields_are_as_the_vendors_document_says(rest: Rest) -> None:
    incident = an_incident(rest)
    values = f"/incidents/{incident}/custom_fields/values"
    given = {
        "custom_fields": [
            {"name": "region", "value": "eu"},
            {"name": "teams", "value": ["web"]},
        ]
    }
    fields = "/incidents/types/{type_id_or_name}/custom_fields"
    calls: list[tuple[str, str, str, object]] = [
        ("get", "/incidents/types", "/incidents/types", None),
        ("get", fields, "/incidents/types/incident_default/custom_fields", None),
        ("get", "/incidents/{id}/custom_fields/values", values, None),
    ]

    for method, template, path, sent in calls:
        assert problems(method, template, rest(method.upper(), path, sent)) == [], (method, path)
    assert rest("PUT", values, given, status=201).json().keys() == {"custom_fields"}
