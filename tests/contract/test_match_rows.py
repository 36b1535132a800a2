"""P27: many rows of one mapping, by AWS's side and by the fake, at a price that stays small."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.adapters.aws.openings import DynamoMatchRows
from pdjira.jql.matches import MatchRefusal, MatchRow, MatchState
from pdjira.jql.opening_rules import PauseNoteAttempt, announced
from pdjira.jql.ports import MatchRows
from tests.aws import LINKS_TABLE, Aws
from tests.builders import NOW
from tests.contract.conftest import Stores
from tests.fakes.openings import FakeMatchRows

ROW = MatchRow(
    mapping_id="ops-bug", issue_id="10501", state=MatchState.WAITING, seen_at=NOW, reads="a"
)
REFUSAL = MatchRefusal(at=NOW, says="No.", cure="Ask.")
MANY = 60


@pytest.fixture(params=["table", "fake"])
def rows(request: pytest.FixtureRequest) -> MatchRows:
    if request.param == "fake":
        return FakeMatchRows()
    aws: Aws = request.getfixturevalue("aws")
    return DynamoMatchRows(aws.dynamodb, LINKS_TABLE)


def many(**changes: Any) -> list[MatchRow]:
    return [replace(ROW, issue_id=f"{20_000 + number}", **changes) for number in range(MANY)]


@pytest.mark.parametrize("number", [2, MANY])
def test_of_many_rows_those_are_added_that_are_new(rows: MatchRows, number: int) -> None:
    page = many()[:number]
    rows.add(page[0])
    rows.add(replace(page[1], state=MatchState.OPENED, reads="b"))
    gives_way = replace(page[-1], reads="b", state=MatchState.BASELINE)
    if number == MANY:
        rows.add(gives_way)

    assert list(rows.add_new(page)) == page[2:]
    assert list(rows.add_new(page)) == []
    assert list(rows.add_new([])) == []
    assert rows.find("ops-bug", page[-1].issue_id) is not None


@pytest.mark.parametrize("number", [3, MANY])
def test_rows_that_wait_are_told_whole_and_counted(rows: MatchRows, number: int) -> None:
    waiting = many()[:number]
    rows.add_new(waiting)
    rows.add(replace(ROW, state=MatchState.BASELINE))
    rows.add(replace(ROW, issue_id="1", reads="b"))
    rows.add(replace(ROW, mapping_id="other"))

    found = [row for row in rows.waiting("ops-bug") if row.reads == "a"]

    assert found == waiting
    assert rows.count_waiting("ops-bug", reads="a") == number
    assert rows.count_waiting("none", reads="a") == 0


def test_why_a_row_goes_on_to_wait_stands_on_it_as_long_as_it_does(rows: MatchRows) -> None:
    rows.add(ROW)
    rows.refuse(ROW, replace(REFUSAL, cure=None))
    first = rows.find("ops-bug", "10501")
    rows.refuse(ROW, REFUSAL)
    refused = replace(ROW, refusal=REFUSAL)
    assert first == replace(ROW, refusal=replace(REFUSAL, cure=None))
    assert list(rows.waiting("ops-bug")) == [refused]

    rows.put(replace(refused, released=True), after=MatchState.WAITING)
    rows.refuse(ROW, replace(REFUSAL, at=NOW + timedelta(hours=1)))
    later = rows.find("ops-bug", "10501")
    assert later is not None
    assert (later.released, later.turn) == (True, NOW + timedelta(hours=1))


@pytest.mark.parametrize("changed", [{"state": MatchState.OPENED}, {"reads": "b"}])
def test_a_row_that_is_another_by_now_is_not_refused(
    rows: MatchRows, changed: dict[str, Any]
) -> None:
    rows.add(replace(ROW, **changed))

    rows.refuse(ROW, REFUSAL)
    rows.refuse(replace(ROW, issue_id="9"), REFUSAL)

    assert rows.find("ops-bug", "10501") == replace(ROW, **changed)
    assert rows.find("ops-bug", "9") is None


AN_HOUR_LATER = NOW + timedelta(hours=1)
AGAIN = replace(ROW, issue_created_at=AN_HOUR_LATER, seen_at=AN_HOUR_LATER)


@pytest.mark.parametrize("number", [1, MANY])
def test_p8_a_row_that_has_opened_gives_way_to_an_issue_that_was_created_at_another_time(
    rows: MatchRows, number: int
) -> None:
    rows.add(replace(ROW, state=MatchState.OPENED, issue_created_at=NOW))
    page = [AGAIN, *many()[1:number]]

    assert list(rows.add_new(page)) == page
    assert rows.find("ops-bug", "10501") == AGAIN
    assert list(rows.add_new(page)) == []


@pytest.mark.parametrize(
    "stored",
    [
        {"issue_created_at": None},
        {"issue_created_at": AN_HOUR_LATER},
        {"issue_created_at": NOW, "seen_at": NOW + timedelta(hours=2)},
        {"issue_created_at": NOW, "state": MatchState.BASELINE},
        {"issue_created_at": NOW, "state": MatchState.WAITING},
    ],
)
def test_p8_a_row_stays_whose_issue_may_be_the_same_or_that_was_seen_later_or_has_not_opened(
    rows: MatchRows, stored: dict[str, Any]
) -> None:
    row = replace(ROW, **{"state": MatchState.OPENED, **stored})
    rows.add(row)

    assert not rows.add(AGAIN)
    assert not rows.add(replace(AGAIN, issue_created_at=None))
    assert rows.find("ops-bug", "10501") == row


def test_p27_many_rows_cost_few_calls(aws: Aws) -> None:
    rows = DynamoMatchRows(aws.dynamodb, LINKS_TABLE)
    rows.add_new(many())
    calls: Counter[str] = Counter()
    aws.dynamodb.meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.update([model.name])
    )

    rows.add_new(many())
    assert len(rows.waiting("ops-bug")) == MANY

    assert calls == {"Query": 3}


def test_p27_who_tells_of_a_pause_stands_on_the_brake(stores: Stores) -> None:
    telling = PauseNoteAttempt(issue_id="10501", incident_id="QINCIDENT00001", at=NOW)
    brake = replace(stores.brakes.find("ops-bug"), paused_at=NOW, telling=telling)

    begun = stores.brakes.put(brake)

    assert stores.brakes.find("ops-bug") == begun == replace(brake, version=1)
    done = stores.brakes.put(announced(begun))
    assert stores.brakes.find("ops-bug") == done
    assert (done.is_announced, done.telling) == (True, None)


def test_a_sweep_notes_whether_it_has_found_a_row_and_changes_nothing_else(
    rows: MatchRows,
) -> None:
    rows.add(ROW)
    rows.put(replace(ROW, released=True), after=MatchState.WAITING)
    rows.refuse(ROW, REFUSAL)

    rows.miss(ROW, since=NOW)
    missed = rows.find("ops-bug", "10501")
    rows.miss(ROW, since=None)
    found = rows.find("ops-bug", "10501")

    assert missed == replace(ROW, released=True, refusal=REFUSAL, missed_at=NOW)
    assert found == replace(ROW, released=True, refusal=REFUSAL)


@pytest.mark.parametrize("changed", [{"state": MatchState.OPENED}, {"reads": "b"}])
def test_a_row_that_is_another_by_now_is_not_missed(
    rows: MatchRows, changed: dict[str, Any]
) -> None:
    rows.add(replace(ROW, **changed))

    rows.miss(ROW, since=NOW)
    rows.miss(replace(ROW, issue_id="9"), since=NOW)

    assert rows.find("ops-bug", "10501") == replace(ROW, **changed)
    assert rows.find("ops-bug", "9") is None
