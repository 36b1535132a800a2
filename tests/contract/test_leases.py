"""The promises of `Leases`, kept by the table and by the fake."""

from datetime import timedelta

import pytest

from pdjira.adapters.aws.sweeps import DynamoLeases
from pdjira.sweep.work import Leases
from tests.aws import LINKS_TABLE, Aws
from tests.builders import NOW
from tests.fakes.leases import FakeLeases

LATER = NOW + timedelta(minutes=5)


@pytest.fixture(params=["table", "fake"])
def leases(request: pytest.FixtureRequest) -> Leases:
    if request.param == "fake":
        return FakeLeases()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoLeases(aws.dynamodb, LINKS_TABLE)


def test_of_two_owners_one_has_the_lease_until_it_is_given_back(leases: Leases) -> None:
    assert leases.take("poll", owner="first", now=NOW, until=LATER)
    assert not leases.take("poll", owner="second", now=NOW, until=LATER)

    leases.give_back("poll", owner="first", now=NOW)

    assert leases.take("poll", owner="second", now=NOW, until=LATER)


def test_a_lease_ends_by_itself_where_its_owner_has_died(leases: Leases) -> None:
    leases.take("poll", owner="first", now=NOW, until=LATER)
    just_before = LATER - timedelta(microseconds=1)

    assert not leases.take("poll", owner="second", now=just_before, until=LATER)
    assert leases.take("poll", owner="second", now=LATER, until=LATER + timedelta(minutes=5))


def test_whoever_comes_late_gives_nothing_back_that_is_anothers(leases: Leases) -> None:
    leases.take("poll", owner="first", now=NOW, until=NOW)
    leases.take("poll", owner="second", now=NOW, until=LATER)

    leases.give_back("poll", owner="first", now=NOW)
    leases.give_back("sweep", owner="first", now=NOW)

    assert not leases.take("poll", owner="third", now=NOW, until=LATER)


def test_taking_it_again_after_a_lost_answer_is_no_loss(leases: Leases) -> None:
    leases.take("poll", owner="first", now=NOW, until=LATER)

    assert leases.take("poll", owner="first", now=NOW, until=LATER)


def test_leases_of_other_names_are_others(leases: Leases) -> None:
    leases.take("poll", owner="first", now=NOW, until=LATER)

    assert leases.take("sweep", owner="second", now=NOW, until=LATER)


def test_when_the_latest_round_was_at_work_is_known(leases: Leases) -> None:
    before = leases.latest("poll")
    leases.take("poll", owner="first", now=NOW, until=LATER)
    begun = leases.latest("poll")

    leases.give_back("poll", owner="first", now=NOW + timedelta(seconds=2))

    assert (before, begun) == (None, NOW)
    assert leases.latest("poll") == NOW + timedelta(seconds=2)
    assert leases.latest("sweep") is None


def test_a_time_that_cannot_be_read_is_none(aws: Aws) -> None:
    leases = DynamoLeases(aws.dynamodb, LINKS_TABLE)
    leases.take("poll", owner="first", now=NOW, until=LATER)
    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "at": {"S": "noon"}})

    assert leases.latest("poll") is None
