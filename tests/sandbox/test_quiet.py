"""The quiet minute of the demo lets nothing pass but the schedule's polls."""

import pytest

from tests.sandbox.quiet import SEARCH, Count, Counters, disturbance

CREATE = "POST /rest/api/2/issue"
BEFORE = Count(sides={"Jira": {SEARCH: 10, CREATE: 3}, "PagerDuty": {}}, rounds=5)


def _after(jira: dict[str, int], *, rounds: int, pagerduty: dict[str, int] | None = None) -> Count:
    sides = {"Jira": {SEARCH: 10, CREATE: 3} | jira, "PagerDuty": pagerduty or {}}
    return Count(sides=sides, rounds=rounds)


def test_a_minute_with_nothing_but_polls_is_quiet() -> None:
    assert disturbance(BEFORE, _after({SEARCH: 14}, rounds=7), searches=2) == ""


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(_after({SEARCH: 12, CREATE: 4}, rounds=6), id="a write to Jira"),
        pytest.param(
            _after({SEARCH: 12, "GET /rest/api/2/issue": 1}, rounds=6), id="a read of Jira"
        ),
        pytest.param(
            _after({SEARCH: 12}, rounds=6, pagerduty={"POST /incidents": 1}),
            id="a write to PagerDuty",
        ),
        pytest.param(
            _after({SEARCH: 12}, rounds=6, pagerduty={"GET /incidents": 1}),
            id="a read of PagerDuty",
        ),
        pytest.param(_after({SEARCH: 13}, rounds=6), id="a search that no poll made"),
        pytest.param(_after({}, rounds=5), id="no poll at all"),
        pytest.param(_after({}, rounds=6), id="a poll that searched for nothing"),
    ],
)
def test_a_minute_with_anything_else_is_not(after: Count) -> None:
    assert disturbance(BEFORE, after, searches=2)


def test_the_counters_tell_searches_from_writes_though_both_are_posted() -> None:
    counters = Counters.of({SEARCH: 4, CREATE: 3, "GET /rest/api/2/issue": 2, "PUT /x": 1})

    assert counters == Counters(searches=4, reads=2, writes=4)
