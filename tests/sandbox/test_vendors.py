"""A clone says how many checks it leaves out."""

from pathlib import Path

import pytest

from tests.sandbox.vendors import left_out, needs_documents

TESTS = Path(__file__).parents[1]
WHY = str(needs_documents.kwargs["reason"])


def skipped(because: str) -> pytest.TestReport:
    return pytest.TestReport(
        nodeid="tests/test_x.py::test_y",
        location=("tests/test_x.py", 1, "test_y"),
        keywords={},
        outcome="skipped",
        longrepr=("tests/test_x.py", 1, f"Skipped: {because}"),
        when="setup",
    )


def test_the_checks_that_lack_a_vendors_document_are_counted() -> None:
    said = left_out([skipped(WHY), skipped("no unshare"), skipped(WHY)])

    assert said == f"2 checks of the sandbox were left out: {WHY}."


def test_nothing_is_said_where_nothing_was_left_out() -> None:
    assert left_out([skipped("no unshare")]) is None


def test_nothing_but_the_vendors_documents_is_looked_for_beside_the_repository() -> None:
    looking = {
        path.name for path in TESTS.rglob("*.py") if '"shared"' in path.read_text(encoding="utf-8")
    }

    assert looking == {"vendors.py", Path(__file__).name}
