"""M23: what `make export` and `make import` print, and that an import goes on until all is done."""

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "administer.py"
Run = Callable[..., int]


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("administer_script", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def asked(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was asked; the function does one mapping in each of its invocations."""
    requests: list[dict[str, Any]] = []

    def answer(stack: str, request: dict[str, Any]) -> dict[str, Any]:
        assert stack == "mine"
        requests.append(request)
        if "from" in request:
            return {"mappings": [], "left": 0, "says": "There is none."}
        if request["action"] == "export":
            return {"schema_version": 1, "mappings": [{"id": "ä"}]}
        return {"mappings": [told(number, row) for number, row in enumerate(request["mappings"])]}

    def told(number: int, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": row["id"],
            "outcome": row["outcome"] if number == 0 else "not done",
            "says": "Said.",
            "changes": [{"field": "jql", "before": None, "after": "x"}],
            "check": {
                "status": "ok",
                "problems": [{"severity": "hint", "field": "f", "says": "S.", "cure": "C."}],
            },
        }

    monkeypatch.setattr(script, "_ask", answer)
    return requests


@pytest.fixture
def run(script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    def with_file(*arguments: str, file: object = ...) -> int:
        path = tmp_path / "mappings.json"
        if file is not ...:
            path.write_text(file if isinstance(file, str) else json.dumps(file), "utf-8")
            arguments = (*arguments, str(path))
        monkeypatch.setattr(sys, "argv", ["administer.py", "--stack", "mine", *arguments])
        return int(script.main())

    return with_file


def test_an_import_from_pagerduty_needs_no_file(
    run: Run, asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", "--from-pagerduty") == 0

    assert asked == [{"action": "import", "from": "pagerduty", "dry_run": False}]
    assert capsys.readouterr().out == "There is none.\n"


@pytest.mark.usefixtures("asked")
def test_an_export_is_printed_as_a_file(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export") == 0

    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "mappings": [{"id": "ä"}]}


def test_an_import_is_asked_again_until_nothing_is_left(
    run: Run, asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"id": f"m{number}", "outcome": "changed"} for number in range(3)]

    assert run("import", "--dry-run", file={"schema_version": 1, "mappings": rows}) == 0

    assert [len(request["mappings"]) for request in asked] == [3, 2, 1]
    assert all(request["dry_run"] for request in asked)
    printed = capsys.readouterr().out
    assert printed.count("Said.") == 3
    assert '    jql: null -> "x"\n    hint, f: S. C.\n' in printed


def test_a_file_that_cannot_be_read_is_told(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", file="no JSON") == 1
    assert run("import", "no-such-file") == 1

    assert run("import") == 1
    told = capsys.readouterr().err
    assert told.count("cannot be read") == 2
    assert "Give a FILE" in told


def test_a_mapping_that_was_refused_is_an_exit_status(
    run: Run, asked: list[dict[str, Any]]
) -> None:
    assert run("import", file=[{"id": "m", "outcome": "invalid"}]) == 1
    assert run("import", file={"id": "m", "outcome": "new"}) == 0
    assert asked[-1] == {
        "action": "import",
        "mappings": [{"id": "m", "outcome": "new"}],
        "dry_run": False,
    }


def test_an_import_that_gets_no_further_ends(
    run: Run, asked: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", file=[{"id": "m", "outcome": "not done"}]) == 1

    assert len(asked) == 1
    assert "no time left for 1 mapping(s)" in capsys.readouterr().out


def test_what_the_function_refuses_is_told(
    run: Run,
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = {"error": {"says": "It is down.", "cure": "Wait."}}
    monkeypatch.setattr(script, "_ask", lambda *_: error)

    assert (run("export"), run("import", file=[{"id": "m"}])) == (1, 1)
    assert capsys.readouterr().err == "It is down. Wait.\n" * 2
