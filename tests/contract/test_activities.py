"""The promises of the `Activities` port, kept by the table and by its fake."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.aws.activities import KEPT, DynamoActivities
from pdjira.errors import Temporary
from pdjira.model.link import Activities, Activity
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.benchmarks.capacity import item_bytes
from tests.builders import NOW
from tests.fakes.activities import FakeActivities

DONE = Activity(
    incident_id="QINCIDENT1",
    number=1042,
    title="Checkout answers slowly",
    service="Checkout",
    url="https://acme.pagerduty.com/incidents/QINCIDENT1",
    at=NOW,
    event="incident.triggered",
    says="Created OPS-1 (mapping ops-bug).",
    issues={"ops-bug": "OPS-1"},
)


@pytest.fixture(params=["table", "fake"])
def activities(request: pytest.FixtureRequest) -> Activities:
    if request.param == "fake":
        return FakeActivities()
    return DynamoActivities(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def test_an_incident_stands_once_a_day_with_the_last_thing_that_was_done(
    activities: Activities,
) -> None:
    later = replace(DONE, at=NOW + timedelta(minutes=1), says="Moved OPS-1.")
    other = replace(DONE, incident_id="QINCIDENT2", at=NOW + timedelta(seconds=30))
    for activity in (DONE, other, later):
        activities.put(activity)

    assert activities.of_day(NOW.date()) == [later, other]


def test_each_day_has_its_own_list(activities: Activities) -> None:
    tomorrow = replace(DONE, at=NOW + timedelta(days=1))
    activities.put(DONE)
    activities.put(tomorrow)

    assert activities.of_day(NOW.date()) == [DONE]
    assert activities.of_day(tomorrow.at.date()) == [tomorrow]
    assert activities.of_day((NOW - timedelta(days=1)).date()) == []


def test_r5_an_activity_costs_one_write_unit_however_long_its_texts_are(
    activities: Activities,
) -> None:
    long = replace(
        DONE,
        title="ü" * 5_000,
        service="s" * 500,
        url="https://acme.pagerduty.com/" + "u" * 500,
        says="said " * 500,
        issues={f"mapping-{number}": f"OPS-{number}" for number in range(50)},
    )
    activities.put(long)

    (found,) = activities.of_day(NOW.date())

    assert long.title.startswith(found.title.removesuffix("…"))
    assert found.url == ""
    assert found.issues.items() < long.issues.items()
    assert found.issues["mapping-0"] == "OPS-0"


def test_r5_the_longest_item_is_smaller_than_a_kilobyte(aws: Aws) -> None:
    DynamoActivities(aws.dynamodb, LINKS_TABLE).put(
        replace(
            DONE,
            incident_id="Q" * 100,
            title="ü" * 500,
            service="s" * 500,
            url="https://acme.pagerduty.com/incidents/" + "Q" * 83,
            event="e" * 500,
            says="said " * 500,
            issues={f"m{number}": f"OPS-{number}" for number in range(50)},
        )
    )

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert item_bytes(item) <= 1024
    assert item["expires_at"] == {"N": str(int((NOW + KEPT).timestamp()))}


def test_an_item_that_cannot_be_read_costs_itself_alone(aws: Aws) -> None:
    activities = DynamoActivities(aws.dynamodb, LINKS_TABLE)
    activities.put(DONE)
    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]
    activities.put(replace(DONE, incident_id="QINCIDENT2"))
    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "number": {"S": "many"}})

    assert [one.incident_id for one in activities.of_day(NOW.date())] == ["QINCIDENT2"]


def test_p31_throttling_is_temporary_and_never_an_empty_day(aws: Aws) -> None:
    activities = DynamoActivities(aws.dynamodb, LINKS_TABLE)
    Wire(aws.dynamodb).answer("Query", "ThrottlingException")

    with pytest.raises(Temporary):
        activities.of_day(NOW.date())
