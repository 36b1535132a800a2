"""`jql_poller`, cold-started from its folder: an event of the scheduler in, a round of searches."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import typed
from pdjira.adapters.aws.sweeps import DynamoLeases
from pdjira.bootstrap.jql_poller import LEASE_SECONDS
from pdjira.model.times import RESERVE
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE
from tests.builders import MAPPING_ITEM
from tests.functional.conftest import Account
from tests.functional.events import LateContext
from tests.functional.lambdas import cold_started

POLL = {"mode": "poll"}


@pytest.mark.parametrize("mode", ["poll", "sweep"])
def test_m16_while_the_secret_is_empty_a_round_is_left_out_and_says_why(
    account: Account, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    account.put_secret("{}")
    account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(dict(MAPPING_ITEM)))

    with cold_started("jql_poller") as function:
        caplog.set_level("INFO")
        answer = function.handler({"mode": mode}, None)

    (line,) = [one for one in caplog.records if one.message == "round left out"]
    assert answer == {"polled": [], "left_out": "The connection secret is empty."}
    assert (vars(line)["mode"], vars(line)["why"]) == (mode, answer["left_out"])


def test_an_unknown_mode_is_said_and_does_nothing(account: Account) -> None:
    del account

    with cold_started("jql_poller") as function:
        answer = function.handler({"mode": "sleep"}, None)

    assert answer["error"]["says"] == "There is no such mode."


@pytest.mark.parametrize("count", [0, 1])
def test_a_search_that_fails_is_answered_and_logged(
    account: Account, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    """Jira is out of reach in a test."""
    item = {**MAPPING_ITEM, "jql": "priority = Highest"}
    for _ in range(count):
        account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(item))

    with cold_started("jql_poller") as function:
        answer = function.handler(POLL, None)

    assert len(answer["polled"]) == 2 * count
    assert all(one["problem"] for one in answer["polled"])
    assert ("search failed" in caplog.messages) is bool(count)


def test_g2_a_sweep_answers_what_it_came_to_and_logs_it_for_the_alarm(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """Both sides are out of reach in a test."""
    account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(dict(MAPPING_ITEM)))

    with cold_started("jql_poller") as function:
        answer = function.handler({"mode": "sweep"}, None)

    (line,) = [one for one in caplog.records if one.message == "sweep done"]
    assert answer["swept"]["compared"] == 0
    assert answer["swept"]["problems"]
    assert vars(line)["problems"] == answer["swept"]["problems"]


@pytest.mark.parametrize(("mode", "operation"), [("poll", "Scan"), ("sweep", "PutItem")])
def test_a_round_that_cannot_begin_is_logged_for_the_alarm_and_is_no_crash(
    account: Account, caplog: pytest.LogCaptureFixture, mode: str, operation: str
) -> None:
    account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(dict(MAPPING_ITEM)))

    with cold_started("jql_poller") as function:
        client = function.stack.aws.dynamodb
        client.meta.events.register(f"before-call.dynamodb.{operation}", _throttled)
        answer = function.handler({"mode": mode}, None)

    (line,) = [one for one in caplog.records if one.message == f"{mode} failed"]
    assert "ThrottlingException" in answer["error"]["says"]
    assert vars(line)["why"] == answer["error"]["says"]


def _throttled(**_: object) -> None:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slowly"}}, "Scan")


def test_a_round_that_comes_while_another_runs_is_left_out_and_says_so(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    leases = DynamoLeases(account.aws.dynamodb, LINKS_TABLE)
    now = datetime.now(UTC)
    leases.take("poll", owner="another", now=now, until=now + timedelta(minutes=1))

    with cold_started("jql_poller") as function:
        caplog.set_level("INFO")
        answer = function.handler(POLL, None)

    assert answer == {"polled": [], "left_out": "Another poll is under way."}
    (line,) = [one for one in caplog.records if one.message == "round left out"]
    assert vars(line)["why"] == "Another poll is under way."


def test_a_poll_without_time_is_one_line_in_the_log_however_many_searches_it_left_out(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    item = {**MAPPING_ITEM, "jql": "priority = Highest"}
    account.aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(item))

    with cold_started("jql_poller") as function:
        answer = function.handler(POLL, LateContext())

    (line,) = [one for one in caplog.records if one.message == "poll cut short"]
    assert [one["is_late"] for one in answer["polled"]] == [True, True]
    assert vars(line)["left_out"] == 2
    assert "search failed" not in caplog.messages


def test_a_poll_stops_before_its_lease_ends_though_the_function_has_more_time(
    account: Account,
) -> None:
    del account

    with cold_started("jql_poller") as function:
        left = function.stack.time_of("poll", None)()

    assert RESERVE < left <= LEASE_SECONDS["poll"]
