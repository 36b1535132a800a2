"""Every promise is held by tests, and docs/promises.md names them."""

import pytest

from tests.benchmarks.__main__ import BUDGETS as MEASURED
from tests.template.promises import (
    BUDGETS,
    PAGE,
    PROMISES,
    holding,
    kept,
    promise_table,
    written,
)


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_is_held_by_a_test_that_bears_its_number(promise: str) -> None:
    assert holding()[promise]


def test_no_test_bears_the_number_of_a_promise_that_there_is_not() -> None:
    assert set(holding()) == set(PROMISES)


def test_the_page_of_promises_names_the_tests_of_today() -> None:
    assert promise_table() in PAGE.read_text("utf-8"), "Run `make promises`."


def test_every_budget_that_is_measured_is_on_the_page() -> None:
    assert set(MEASURED) <= set(BUDGETS)


def test_whoever_has_measured_no_figure_writes_none_away() -> None:
    page = PAGE.read_text("utf-8")

    assert written(kept(page)).split("## Budgets")[1] == page.split("## Budgets")[1]
    assert kept(written({"R4": ["4 calls", "5 calls"]})) == {"R4": ["4 calls", "5 calls"]}
