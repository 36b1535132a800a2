"""Our layer as sam builds it, without docstrings, comments and annotations, keeps its promises."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.layers import build_own
from tests.benchmarks.scene import ROOT

SOURCE = ROOT / "layers" / "pdjira" / "python"
MODULES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
IMPORT_ALL = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
PROMISES = ["test_pagerduty_webhook.py", "test_jira_webhook.py", "test_mapping_check.py"]
SOME = "p1 or p4 or m23"


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_own(tmp_path_factory.mktemp("layer"))


def in_the_layer(layer: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(layer), "PYTHONWARNINGS": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def definitions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno


def test_every_function_and_class_stands_on_its_line(layer: Path) -> None:
    assert sorted(path.relative_to(layer) for path in layer.rglob("*.py")) == MODULES
    for module in MODULES:
        assert list(definitions(layer / module)) == list(definitions(SOURCE / module)), module


def test_every_statement_that_is_left_stands_on_its_line(layer: Path) -> None:
    for module in MODULES:
        before, after = (
            {
                node.lineno
                for node in ast.walk(ast.parse((folder / module).read_text("utf-8")))
                if isinstance(node, ast.stmt)
            }
            for folder in (SOURCE, layer)
        )
        assert after <= before, module


def test_every_module_is_imported(layer: Path) -> None:
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    done = in_the_layer(layer, "-c", f"{IMPORT_ALL}; print(sys.modules['pdjira'].__file__)", *names)

    assert done.returncode == 0, done.stdout
    assert Path(done.stdout.strip()) == layer / "pdjira" / "__init__.py"


def test_functions_keep_their_promises_with_it(layer: Path) -> None:
    files = [str(Path(__file__).with_name(name)) for name in PROMISES]
    done = in_the_layer(layer, "-m", "pytest", "-q", "-k", SOME, *files)

    assert done.returncode == 0, done.stdout
