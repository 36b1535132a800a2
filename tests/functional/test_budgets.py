"""Budgets that are counts hold in every test run, not only in `make bench`."""

import pytest

from tests.benchmarks import (
    r2_webhook,
    r4_calls,
    r5_dynamodb,
    r7_poll,
    r8_sweep,
    r9_size,
    r11_tree,
    r12_catching_up,
)
from tests.benchmarks.deployed import WEBHOOK, WORKER
from tests.benchmarks.life import CREATION_KINDS, STATUS_KINDS, Kind


@pytest.fixture(scope="module")
def calls() -> r4_calls.Story:
    return r4_calls.tell(r4_calls.InProcess())


@pytest.fixture(scope="module")
def units() -> r5_dynamodb.Story:
    return r5_dynamodb.tell()


def test_r2_a_delivery_costs_one_aws_call() -> None:
    assert r2_webhook.calls_per_delivery() == 1


@pytest.mark.parametrize("kind", Kind)
def test_r4_an_event_stays_within_its_calls_to_jira(kind: Kind, calls: r4_calls.Story) -> None:
    assert calls.work(kind) <= r4_calls.LIMITS[kind]


@pytest.mark.parametrize("kind", [Kind.AGAIN, Kind.ECHO])
def test_r4_what_brings_nothing_new_does_not_learn_either(
    kind: Kind, calls: r4_calls.Story
) -> None:
    assert calls.later[kind].jira == {}


@pytest.mark.parametrize("kind", CREATION_KINDS)
def test_r5_a_creation_stays_within_its_dynamodb_units(
    kind: Kind, units: r5_dynamodb.Story
) -> None:
    creation = units.later[kind]

    assert creation.write <= r5_dynamodb.CREATION_LIMITS[kind].write
    assert creation.read <= r5_dynamodb.CREATION_LIMITS[kind].read


@pytest.mark.parametrize("kind", STATUS_KINDS)
def test_r5_a_status_event_stays_within_its_dynamodb_units(
    kind: Kind, units: r5_dynamodb.Story
) -> None:
    event = units.later[kind]

    assert event.write <= r5_dynamodb.STATUS_LIMITS.write
    assert event.read <= r5_dynamodb.STATUS_LIMITS.read


def test_r5_an_incident_that_follows_its_issue_stays_within_the_same_units() -> None:
    for event in r5_dynamodb.tell_back().values():
        assert event.write <= r5_dynamodb.STATUS_LIMITS.write
        assert event.read <= r5_dynamodb.STATUS_LIMITS.read


def test_r5_an_event_that_changes_nothing_writes_nothing(units: r5_dynamodb.Story) -> None:
    assert units.later[Kind.AGAIN].write == 0


def test_r5_our_own_note_that_comes_back_lists_the_new_issue_for_the_page_and_no_more(
    units: r5_dynamodb.Story,
) -> None:
    assert units.later[Kind.ECHO].write == 1


def test_r5_an_incident_with_many_notes_is_read_as_cheaply_as_one_without() -> None:
    crowd = r5_dynamodb.in_a_crowd(notes=60, links=60)

    assert crowd.way_back.read == 1
    assert crowd.links.read == 1


def test_r7_an_idle_poll_searches_once_for_each_mapping_and_project(
    socket_enabled: None,  # noqa: ARG001 - Jira listens on loopback
) -> None:
    found = r7_poll.idle_round(mappings=4, seconds=0)

    assert found.calls == {r7_poll.SEARCH: 4 + len(r7_poll.PROJECTS)}


def test_r8_an_idle_sweep_stays_within_its_calls() -> None:
    figures = r8_sweep.measure()

    assert [figure.line() for figure in figures if figure.is_over] == []


def test_r9_our_own_layer_stays_small() -> None:
    assert r9_size.own_code()[r9_size.LAYER] <= r9_size.OWN_LIMIT * r9_size.KILOBYTE


def test_r11_a_trace_follows_an_incident_from_its_webhook_to_its_issue(
    socket_enabled: None,  # noqa: ARG001 - AWS and both sides listen on loopback
) -> None:
    webhook, worker = r11_tree.trace()

    assert f"{WEBHOOK}/app.py" in r11_tree.files_of(WEBHOOK, webhook)
    assert "pdjira/adapters/jira/session.py" in r11_tree.files_of(WORKER, worker)
    assert r11_tree.moves_of(worker.seen)["adapters/jira", "adapters/http"] > 0


def test_r11_a_move_is_a_call_from_one_subject_to_another() -> None:
    seen = {
        "app.py>pdjira/worker/consume.py": 1,
        "pdjira/sync/round.py>pdjira/sync/status/way.py": 2,
        "pdjira/sync/round.py>pdjira/text/markup.py": 4,
        "pdjira/sync/round.py>pdjira/adapters/jira/issues.py": 8,
        "pdjira/adapters/jira/issues.py>pdjira/adapters/http/pool.py": 16,
    }

    assert r11_tree.moves_of(seen) == {
        ("sync", "adapters/jira"): 8,
        ("adapters/jira", "adapters/http"): 16,
    }


def test_r12_a_day_without_jira_costs_few_calls() -> None:
    figures = r12_catching_up.measure()

    assert [figure.line() for figure in figures if figure.is_over] == []
