"""The promises of `Circuits` and `SecretVersions`, kept by AWS's side and by their fakes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from pdjira.adapters.aws.secrets import CachedSecret, StoredSecretVersions
from pdjira.adapters.aws.sides import REMEMBERED_SECONDS, DynamoCircuits
from pdjira.circuits.breaker import Circuits, SecretVersions
from pdjira.circuits.rules import Circuit, Failure, closed, failed, probing
from pdjira.errors import Conflict, Side, Temporary
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, FakeClock
from tests.fakes.circuits import FakeCircuits, FakeSecretVersions

JIRA, PAGERDUTY = Circuit(side=Side.JIRA), Circuit(side=Side.PAGERDUTY)
PROJECT = Circuit(side=Side.JIRA, project_id="10100")
REFUSED = Failure(says="Not you.", cure="Check the token.", refused=True, secret="v1")
TIMED_OUT = Failure(says="No answer.", cure=None, refused=False, secret="v1")


@pytest.fixture
def seconds() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table(aws: Aws, seconds: FakeClock) -> DynamoCircuits:
    return another_process(aws, seconds)


def another_process(aws: Aws, seconds: FakeClock) -> DynamoCircuits:
    return DynamoCircuits(
        aws.dynamodb, LINKS_TABLE, clock=FakeClock(), monotonic=lambda: seconds().timestamp()
    )


@pytest.fixture(params=["table", "fake"])
def circuits(request: pytest.FixtureRequest) -> Circuits:
    if request.param == "fake":
        return FakeCircuits()
    stored: DynamoCircuits = request.getfixturevalue("table")
    return stored


def test_at_first_nothing_is_known_and_each_circuit_is_a_fresh_one(circuits: Circuits) -> None:
    assert list(circuits.known(Side.JIRA)) == []
    assert circuits.find(Side.JIRA, None) == JIRA
    assert circuits.find(Side.JIRA, "10100") == PROJECT


def test_what_is_stored_is_found_whole_in_its_new_version(circuits: Circuits) -> None:
    opened = failed(JIRA, REFUSED, now=NOW)
    stored = circuits.put(probing(opened, now=NOW + timedelta(minutes=1), secret="v1"))

    assert stored.version == 1
    assert circuits.find(Side.JIRA, None) == stored
    assert list(circuits.known(Side.JIRA)) == [stored]


def test_a_circuit_of_a_project_is_none_of_its_side_nor_of_the_other_side(
    circuits: Circuits,
) -> None:
    side = circuits.put(failed(JIRA, REFUSED, now=NOW))
    project = circuits.put(failed(PROJECT, TIMED_OUT, now=NOW))

    assert list(circuits.known(Side.JIRA)) == [side, project]
    assert list(circuits.known(Side.PAGERDUTY)) == []
    assert circuits.find(Side.JIRA, "10200").version == 0


def test_a_circuit_that_is_quiet_again_is_not_known_and_goes_on_from_its_version(
    circuits: Circuits,
) -> None:
    opened = circuits.put(failed(JIRA, REFUSED, now=NOW))

    circuits.put(closed(opened))

    assert list(circuits.known(Side.JIRA)) == []
    assert circuits.find(Side.JIRA, None).version == 2


@pytest.mark.parametrize("place", [JIRA, PAGERDUTY, PROJECT])
def test_only_one_of_two_who_saw_the_same_version_may_store(
    circuits: Circuits, place: Circuit
) -> None:
    opened = circuits.put(failed(place, REFUSED, now=NOW))
    circuits.put(probing(opened, now=NOW, secret="v1"))

    with pytest.raises(Conflict):
        circuits.put(probing(opened, now=NOW, secret="v1"))
    with pytest.raises(Conflict):
        circuits.put(failed(place, REFUSED, now=NOW))


def test_a_project_with_an_odd_id_has_a_circuit_as_well(circuits: Circuits) -> None:
    odd = circuits.put(failed(Circuit(side=Side.JIRA, project_id="x" * 99), TIMED_OUT, now=NOW))

    assert circuits.find(Side.JIRA, "x" * 99) == odd


def test_that_all_is_well_is_asked_for_once_in_five_seconds_for_both_sides(
    aws: Aws, table: DynamoCircuits, seconds: FakeClock
) -> None:
    wire = Wire(aws.dynamodb)

    for _ in range(10):
        table.known(Side.JIRA)
        table.known(Side.PAGERDUTY)
    assert wire.calls == ["Query"]

    seconds.forward(seconds=REMEMBERED_SECONDS)
    table.known(Side.JIRA)
    assert wire.calls == ["Query", "Query"]


def test_what_another_process_opens_is_known_within_five_seconds_and_its_end_at_once(
    aws: Aws, table: DynamoCircuits, seconds: FakeClock
) -> None:
    other = another_process(aws, seconds)
    table.known(Side.JIRA)

    opened = other.put(failed(JIRA, REFUSED, now=NOW))
    seconds.forward(seconds=REMEMBERED_SECONDS)
    assert list(table.known(Side.JIRA)) == [opened]

    other.put(closed(opened))
    assert list(table.known(Side.JIRA)) == []


def test_what_this_process_stores_it_knows_at_once(table: DynamoCircuits) -> None:
    table.known(Side.JIRA)

    stored = table.put(failed(JIRA, REFUSED, now=NOW))

    assert list(table.known(Side.JIRA)) == [stored]


def test_an_item_is_readable_short_and_forgotten_a_day_after_its_last_change(
    aws: Aws, table: DynamoCircuits
) -> None:
    endless = Failure(says="a" * 9_000, cure="b" * 9_000, refused=True, secret="v1")

    table.put(failed(PROJECT, endless, now=NOW))

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]
    assert (item["pk"], item["sk"]) == ({"S": "CIRCUIT#"}, {"S": "jira#10100"})
    assert item["expires_at"] == {"N": str(int(NOW.timestamp()) + 24 * 3600)}
    assert len(json.dumps(item)) < 2_000


def test_an_item_of_a_later_version_of_the_stack_is_not_guessed_at(
    aws: Aws, table: DynamoCircuits
) -> None:
    table.put(failed(JIRA, REFUSED, now=NOW))
    aws.dynamodb.update_item(
        TableName=LINKS_TABLE,
        Key={"pk": {"S": "CIRCUIT#"}, "sk": {"S": "jira"}},
        UpdateExpression="SET schema_version = :two",
        ExpressionAttributeValues={":two": {"N": "2"}},
    )

    assert list(table.known(Side.JIRA)) == []
    assert table.find(Side.JIRA, None) == JIRA


@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("Query", lambda circuits: circuits.known(Side.JIRA)),
        ("GetItem", lambda circuits: circuits.find(Side.JIRA, None)),
        ("PutItem", lambda circuits: circuits.put(JIRA)),
    ],
)
def test_p31_throttling_is_temporary_and_never_a_closed_circuit(
    aws: Aws, table: DynamoCircuits, operation: str, act: Callable[[Circuits], Any]
) -> None:
    Wire(aws.dynamodb).answer(operation, "ThrottlingException")

    with pytest.raises(Temporary):
        act(table)


@dataclass
class Credentials:
    """Names of credentials, and a person who changes these."""

    port: SecretVersions
    change: Callable[[Side], None]


@pytest.fixture(params=["stored", "fake"])
def credentials(request: pytest.FixtureRequest) -> Credentials:
    if request.param == "fake":
        fake = FakeSecretVersions()
        fake.lags = True
        return Credentials(port=fake, change=fake.change)
    return stored_credentials(request.getfixturevalue("aws"))


def stored_credentials(aws: Aws, *, signs: bool = False) -> Credentials:
    for name in ("connection", "token"):
        aws.secrets.create_secret(Name=name, SecretString=f"canary of {name}")

    def change(side: Side) -> None:
        name = "token" if signs and side is Side.JIRA else "connection"
        aws.secrets.put_secret_value(SecretId=name, SecretString="another canary")

    connection, token = (
        CachedSecret(aws.secrets, secret_id=name, monotonic=lambda: 0.0)
        for name in ("connection", "token")
    )
    port = StoredSecretVersions(connection, token, signs=lambda: signs)
    return Credentials(port=port, change=change)


@pytest.mark.parametrize("side", Side)
def test_credentials_have_one_name_until_they_change(credentials: Credentials, side: Side) -> None:
    before = credentials.port.version(side)
    credentials.port.refresh(side)
    assert credentials.port.version(side) == before

    credentials.change(side)
    assert credentials.port.version(side) == before


@pytest.mark.parametrize("side", Side)
def test_after_a_refresh_changed_credentials_have_another_name(
    credentials: Credentials, side: Side
) -> None:
    before = credentials.port.version(side)

    credentials.change(side)
    credentials.port.refresh(side)

    assert credentials.port.version(side) != before


def test_the_token_that_signs_counts_for_jira_alone(aws: Aws) -> None:
    credentials = stored_credentials(aws, signs=True)
    before = {side: credentials.port.version(side) for side in Side}

    credentials.change(Side.JIRA)
    credentials.port.refresh(Side.JIRA)

    assert credentials.port.version(Side.JIRA) != before[Side.JIRA]
    assert credentials.port.version(Side.PAGERDUTY) == before[Side.PAGERDUTY]


def test_a_token_that_signs_nothing_is_not_read(aws: Aws) -> None:
    credentials = stored_credentials(aws)
    wire = Wire(aws.secrets)

    credentials.port.version(Side.JIRA)

    assert wire.calls == ["GetSecretValue"]


def test_p23_a_name_holds_nothing_of_a_secret(aws: Aws) -> None:
    names = stored_credentials(aws, signs=True).port

    assert all(names.version(side) for side in Side)
    assert all("canary" not in names.version(side) for side in Side)


def test_a_secret_without_a_value_has_no_name(aws: Aws) -> None:
    missing = CachedSecret(aws.secrets, secret_id="missing", monotonic=lambda: 0.0)

    assert missing.version() == ""
