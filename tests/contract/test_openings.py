"""The promises of the ports in `ports/openings.py`, kept by the side of AWS and by the fakes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.adapters.aws.items import typed, untyped
from pdjira.adapters.aws.mappings import DynamoPauses
from pdjira.errors import Conflict
from pdjira.jql.matches import MOVED, Cursor, KnownCursors, MatchRow, MatchState, Memo
from pdjira.jql.opening_rules import Opening, opened, paused, resumed
from pdjira.model.comment import EarlierComments
from pdjira.model.issue import IssueRef
from tests.aws import MAPPINGS_TABLE, Aws
from tests.builders import NOW, a_link
from tests.contract.conftest import Stores

CLAIM = Opening(
    issue_id="10501",
    mapping_id="ops-bug",
    service_id="PABC123",
    incident_key="jira:jira.example.com:10501",
    attempt_at=NOW,
    issue_status_id="3",
    earlier_comments=EarlierComments(seen=NOW, ids=("10001", "10002")),
)
ROW = MatchRow(
    mapping_id="ops-bug", issue_id="10501", state=MatchState.WAITING, seen_at=NOW, reads="a"
)
LATER = NOW + timedelta(minutes=1)


def test_a_claim_is_found_whole_and_no_link_yet(stores: Stores) -> None:
    claim = stores.openings.put(CLAIM)
    ended = stores.openings.put(replace(claim, attempt_at=None))

    assert claim == replace(CLAIM, version=1)
    assert stores.openings.find("10501") == ended == replace(CLAIM, attempt_at=None, version=2)
    assert stores.openings.find("10502") is None
    assert stores.links.incident_of("10501") is None


def test_g15_of_two_claims_on_one_issue_one_is_lost(stores: Stores) -> None:
    stores.openings.put(CLAIM)

    with pytest.raises(Conflict):
        stores.openings.put(replace(CLAIM, mapping_id="other"))


def test_g15_a_complete_link_takes_the_place_of_the_claim_and_cannot_be_claimed(
    stores: Stores,
) -> None:
    claim = stores.openings.put(CLAIM)

    stores.links.complete(a_link(version=0))

    assert stores.openings.find("10501") is None
    assert stores.links.incident_of("10501") == "QINCIDENT00001"
    for again in (claim, CLAIM):
        with pytest.raises(Conflict):
            stores.openings.put(again)


def test_an_issue_that_is_claimed_is_joined_to_no_incident(stores: Stores) -> None:
    joins: Any = stores.links
    claim = stores.openings.put(CLAIM)
    link = stores.links.complete(a_link(version=0, issue=IssueRef(id="10502", key="OPS-2")))

    assert joins.join(link, IssueRef(id="10501", key="OPS-1")) is None
    assert stores.openings.find("10501") == claim


def test_p21_a_match_is_one_row_however_often_it_is_found(stores: Stores) -> None:
    assert stores.rows.add(ROW)
    assert not stores.rows.add(replace(ROW, seen_at=NOW + timedelta(minutes=1)))

    assert stores.rows.find("ops-bug", "10501") == ROW
    assert stores.rows.find("other", "10501") is None
    assert list(stores.rows.waiting("ops-bug")) == [ROW]
    assert list(stores.rows.waiting("other")) == []
    assert set(stores.rows.waiting_among(["other", "ops-bug"])) == {"ops-bug"}
    assert set(stores.rows.waiting_among(["other"])) == set()


def test_a_row_goes_on_from_the_state_that_is_named_and_no_other(stores: Stores) -> None:
    stores.rows.add(ROW)
    released = replace(ROW, released=True)

    stores.rows.put(released, after=MatchState.WAITING)
    assert list(stores.rows.waiting("ops-bug")) == [released]
    stores.rows.put(replace(ROW, state=MatchState.OPENED), after=MatchState.WAITING)
    stores.rows.put(ROW, after=MatchState.WAITING)
    stores.rows.put(replace(ROW, issue_id="9"), after=MatchState.WAITING)
    stores.rows.put(replace(ROW, reads="b"), after=MatchState.OPENED)

    found = stores.rows.find("ops-bug", "10501")
    assert found == replace(ROW, state=MatchState.OPENED)
    assert list(stores.rows.waiting("ops-bug")) == []
    assert stores.rows.find("ops-bug", "9") is None


def test_all_rows_of_a_mapping_are_told_whatever_became_of_their_issues(stores: Stores) -> None:
    rows = [
        replace(ROW, issue_id=f"{number}", state=state, missed_at=LATER)
        for number, state in enumerate(MatchState)
    ]
    for row in (*rows, replace(ROW, mapping_id="other"), replace(ROW, mapping_id="ops")):
        stores.rows.add(row)

    found = stores.rows.all("ops-bug")

    assert sorted(found, key=lambda row: row.issue_id) == rows
    assert list(stores.rows.all("none")) == []


def test_what_is_forgotten_may_match_again(stores: Stores) -> None:
    stores.rows.add(ROW)

    stores.rows.forget(ROW)
    stores.rows.forget(ROW)

    assert stores.rows.find("ops-bug", "10501") is None
    assert stores.rows.add(ROW)


@pytest.mark.parametrize("changed", [{"state": MatchState.OPENED}, {"reads": "b"}])
def test_a_row_that_is_another_by_now_is_not_forgotten(
    stores: Stores, changed: dict[str, Any]
) -> None:
    stores.rows.add(replace(ROW, **changed))

    stores.rows.forget(ROW)

    assert stores.rows.find("ops-bug", "10501") == replace(ROW, **changed)


@pytest.mark.parametrize("state", [MatchState.WAITING, MatchState.BASELINE])
def test_m16_a_row_of_what_was_read_before_gives_way(stores: Stores, state: MatchState) -> None:
    stores.rows.add(replace(ROW, state=state))
    anew = replace(ROW, reads="b", seen_at=LATER)

    assert stores.rows.add(anew)
    assert stores.rows.find("ops-bug", "10501") == anew
    assert not stores.rows.add(replace(ROW, seen_at=NOW))
    assert stores.rows.find("ops-bug", "10501") == anew


def test_m16_a_row_that_has_opened_gives_way_to_none(stores: Stores) -> None:
    opened_row = replace(ROW, state=MatchState.OPENED)
    stores.rows.add(opened_row)

    assert not stores.rows.add(replace(ROW, reads="b", seen_at=LATER))
    assert stores.rows.find("ops-bug", "10501") == opened_row


@pytest.mark.parametrize("mapping_id", ["ops-bug", None])
def test_a_brake_is_found_whole_and_of_two_writers_one_is_lost(
    stores: Stores, mapping_id: str | None
) -> None:
    fresh = stores.brakes.find(mapping_id)

    first = stores.brakes.put(opened(fresh, "10501", now=NOW))
    second = stores.brakes.put(replace(paused(first, now=NOW, limit="x, 1"), is_announced=True))

    assert (fresh.mapping_id, fresh.version, first.version) == (mapping_id, 0, 1)
    assert stores.brakes.find(mapping_id) == second
    with pytest.raises(Conflict):
        stores.brakes.put(first)


def test_p21_a_cursor_moves_on_the_condition_that_nobody_else_moved_it(stores: Stores) -> None:
    cursor = Cursor(id="mapping ops-bug", until=NOW, reads="x")

    stores.cursors.put(cursor)

    assert stores.cursors.find("mapping ops-bug") == replace(cursor, version=1)
    assert stores.cursors.find("project 10100") is None
    with pytest.raises(Conflict):
        stores.cursors.put(cursor)


def test_a_cursor_is_forgotten_unless_it_has_moved_meanwhile(stores: Stores) -> None:
    stores.cursors.put(Cursor(id="mapping ops-bug", until=NOW, reads="x"))
    first = stores.cursors.find("mapping ops-bug")
    assert first is not None
    stores.cursors.put(replace(first, until=LATER))

    stores.cursors.forget(first)
    moved = stores.cursors.find("mapping ops-bug")
    assert moved is not None
    for _ in range(2):
        stores.cursors.forget(moved)

    assert moved.until == LATER
    assert stores.cursors.find("mapping ops-bug") is None


def test_of_the_mappings_those_that_are_paused_are_found(stores: Stores) -> None:
    for mapping_id in ("ops-bug", "other", None):
        stores.brakes.put(paused(stores.brakes.find(mapping_id), now=NOW, limit="x, 1"))
    stores.brakes.put(resumed(stores.brakes.find("other")))

    assert set(stores.brakes.paused_among(["ops-bug", "other", "third"])) == {"ops-bug"}
    assert set(stores.brakes.paused_among(["other"])) == set()


def test_all_cursors_are_known_by_their_ids_and_whole(stores: Stores) -> None:
    long = Cursor(id="mapping " + "x" * 200, until=NOW, reads="x", problem="No.", cure="Mend it.")
    stores.cursors.put(long)
    told = frozenset({"10501@2026-11-24T03:00:00+00:00", "10502@2026-11-24T03:00:00+00:00"})
    changes = Cursor(id="project 10100", until=NOW, reads="10100", passed_on=told, is_cut=True)
    stores.cursors.put(changes)

    assert stores.cursors.known().by_id == {
        long.id: replace(long, version=1),
        "project 10100": replace(changes, version=1),
    }


def test_a_memo_is_no_cursor_and_is_kept_as_earlier_versions_kept_it(stores: Stores) -> None:
    moved = Memo(id=MOVED.id, at=NOW, says="10200 10300", fresh=frozenset({"10300"}))
    place = Memo(id="place of links", at=NOW, says="PINC1")
    stores.cursors.remember(moved)
    stores.cursors.put(Cursor(id=place.id, until=NOW, reads=place.says))

    assert stores.cursors.memo(place.id) == replace(place, version=1)
    assert stores.cursors.memo("hourly") is None
    assert stores.cursors.known() == KnownCursors(by_id={}, moved=replace(moved, version=1))
    with pytest.raises(Conflict):
        stores.cursors.remember(moved)
    stores.cursors.drop(place.id)
    assert stores.cursors.memo(place.id) is None


def test_m16_a_pause_stands_on_the_item_of_its_mapping_and_makes_none(aws: Aws) -> None:
    pauses = DynamoPauses(aws.dynamodb, MAPPINGS_TABLE)
    aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed({"id": "ops-bug"}))

    pauses.show("ops-bug", since=NOW, waiting=353)
    shown = _mappings(aws)
    pauses.show("ops-bug", since=None, waiting=0)
    pauses.show("gone", since=NOW, waiting=1)

    assert shown == [
        {"id": "ops-bug", "jql_paused": {"since": "2026-11-24T03:00:00+00:00", "waiting": 353}}
    ]
    assert _mappings(aws) == [{"id": "ops-bug", "jql_paused": None}]


def test_m16_the_number_of_a_pause_is_put_right_and_no_pause_is_made_or_changed(aws: Aws) -> None:
    pauses = DynamoPauses(aws.dynamodb, MAPPINGS_TABLE)
    for mapping_id in ("paused", "not-paused"):
        aws.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed({"id": mapping_id}))
    pauses.show("paused", since=NOW, waiting=1)
    pauses.show("not-paused", since=None, waiting=0)

    for waiting in (3, 3):
        pauses.recount("paused", since=NOW, waiting=waiting)
    pauses.recount("paused", since=NOW - timedelta(hours=1), waiting=7)
    for mapping_id in ("not-paused", "gone"):
        pauses.recount(mapping_id, since=NOW, waiting=3)

    shown = {item["id"]: item["jql_paused"] for item in _mappings(aws)}
    assert shown == {
        "paused": {"since": "2026-11-24T03:00:00+00:00", "waiting": 3},
        "not-paused": None,
    }


def _mappings(aws: Aws) -> list[dict[str, Any]]:
    return [untyped(item) for item in aws.dynamodb.scan(TableName=MAPPINGS_TABLE)["Items"]]
