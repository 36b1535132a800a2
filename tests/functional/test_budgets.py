"""Budgets that are counts (R2, R4, R5, R9) hold in every test run, not only in `make bench`."""

from tests.benchmarks import r2_webhook, r4_calls, r5_dynamodb, r9_size


def test_r2_a_delivery_costs_one_aws_call() -> None:
    assert r2_webhook.calls_per_delivery() == 1


def test_r4_a_creation_costs_a_create_and_a_remote_link() -> None:
    story = r4_calls.tell(r4_calls.InProcess())

    assert story.creation.work == 2
    assert story.later_creation.work == 2


def test_r4_an_event_that_changes_nothing_asks_jira_at_most_once() -> None:
    story = r4_calls.tell(r4_calls.InProcess())

    assert sum(story.echo.jira.values()) <= r4_calls.ECHO_LIMIT


def test_r5_a_creation_stays_within_its_dynamodb_units() -> None:
    story = r5_dynamodb.tell()

    assert story.creation.write <= r5_dynamodb.WRITE_LIMIT
    assert story.creation.read <= r5_dynamodb.READ_LIMIT


def test_r5_an_event_that_changes_nothing_writes_nothing() -> None:
    story = r5_dynamodb.tell()

    assert story.echo.write == 0


def test_r9_our_own_code_stays_small() -> None:
    assert sum(r9_size.own_code().values()) <= r9_size.OWN_LIMIT * r9_size.KILOBYTE
