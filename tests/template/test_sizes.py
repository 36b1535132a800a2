"""Nothing grows beyond what fits into a head, and no test module leans on another."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PACKAGE = ROOT / "layers" / "pdjira" / "python" / "pdjira"

LONGEST_FUNCTION = 30
USUAL_FUNCTION = 20
LONGEST_FILE = 500
LONGEST_APP = 60


def _functions() -> Iterator[tuple[str, int]]:
    """Each function of the package by its place, with its lines: docstring and signature count."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                where = f"{path.relative_to(PACKAGE)}:{node.lineno} {node.name}"
                yield where, node.end_lineno - node.lineno + 1


def _lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


FUNCTIONS = dict(_functions())


def test_no_function_of_the_package_is_longer_than_30_lines() -> None:
    assert not {where: size for where, size in FUNCTIONS.items() if size > LONGEST_FUNCTION}


def test_nine_functions_in_ten_fit_in_20_lines() -> None:
    fitting = sum(size <= USUAL_FUNCTION for size in FUNCTIONS.values())

    assert fitting >= 0.9 * len(FUNCTIONS)


def test_no_file_of_the_package_is_longer_than_500_lines() -> None:
    sizes = {str(path.relative_to(PACKAGE)): _lines(path) for path in PACKAGE.rglob("*.py")}

    assert not {where: size for where, size in sizes.items() if size > LONGEST_FILE}


@pytest.mark.parametrize(
    "app", sorted(ROOT.glob("functions/*/app.py")), ids=lambda path: path.parent.name
)
def test_a_lambda_handler_is_thin(app: Path) -> None:
    assert _lines(app) <= LONGEST_APP


def _tests_imported_by(source: str) -> list[str]:
    """The test modules that a module imports, by whatever form of import."""
    named: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            named += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
    modules = {path.stem for path in TESTS.rglob("test_*.py")}
    return [
        name
        for name in named
        if name.startswith(("tests.", ".")) and name.rpartition(".")[2] in modules
    ]


def test_no_module_imports_a_test_module() -> None:
    """What several of them need lies in `builders.py`, `scenes/`, `fakes/` or a `conftest.py`."""
    found = {
        str(path.relative_to(TESTS)): _tests_imported_by(path.read_text("utf-8"))
        for path in TESTS.rglob("*.py")
    }

    assert not {where: named for where, named in found.items() if named}


@pytest.mark.parametrize(
    "source",
    [
        "from tests.template.test_sizes import ROOT",
        "from tests.template import conftest, test_sizes",
        "from . import test_sizes as sizes",
        "from .test_sizes import ROOT",
        "import tests.template.test_sizes",
    ],
)
def test_every_form_of_such_an_import_is_found(source: str) -> None:
    assert len(_tests_imported_by(source)) == 1
