"""Both layers as sam builds them hold the sources and bytecode that is taken as it is."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.layers import DEFAULT_ARCHITECTURE, OWN, THIRD_PARTY, build
from tests.benchmarks.scene import ROOT

SOURCE = ROOT / "layers" / "pdjira" / "python"
MODULES = sorted(path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
IMPORT_ALL = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
PROMISES = ["test_pagerduty_webhook.py", "test_jira_webhook.py", "test_mapping_check.py"]
SOME = "p1 or p4 or m23"

HASH_BASED, CHECKS_SOURCE = 0b01, 0b10
"""Flags of a bytecode file, its second four bytes: https://peps.python.org/pep-0552/"""


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(OWN, tmp_path_factory.mktemp("layer"))


@pytest.fixture(scope="module")
def third_party(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(
        THIRD_PARTY, tmp_path_factory.mktemp("dependencies"), architecture=DEFAULT_ARCHITECTURE
    )


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


def flags_of_bytecode(module: Path) -> int:
    compiled = Path(importlib.util.cache_from_source(str(module))).read_bytes()
    assert compiled[:4] == importlib.util.MAGIC_NUMBER, module
    return int.from_bytes(compiled[4:8], "little")


def modules_of(layer: Path) -> list[Path]:
    return sorted(layer.rglob("*.py"))


def test_our_layer_holds_the_package_as_it_stands(layer: Path) -> None:
    assert [path.relative_to(layer) for path in modules_of(layer)] == MODULES
    assert all(
        (layer / module).read_bytes() == (SOURCE / module).read_bytes() for module in MODULES
    )


def test_every_module_of_both_layers_but_the_page_has_bytecode_that_no_time_of_a_file_makes_void(
    layer: Path, third_party: Path
) -> None:
    ours = [one for one in modules_of(layer) if one.parent.name != "page"]
    for module in [*ours, *modules_of(third_party)]:
        assert flags_of_bytecode(module) & (HASH_BASED | CHECKS_SOURCE) == HASH_BASED, module


def test_tracebacks_name_the_place_of_a_module_on_aws(layer: Path) -> None:
    compiled = Path(importlib.util.cache_from_source(str(layer / "pdjira/errors.py"))).read_bytes()

    assert b"/opt/python/pdjira/errors.py" in compiled
    assert str(layer).encode() not in compiled


def test_the_bytecode_of_our_layer_has_no_docstring_and_its_source_has_all(layer: Path) -> None:
    source = layer / "pdjira/errors.py"
    (docstring, *_) = source.read_text().removeprefix('"""').splitlines()

    assert docstring
    assert (
        docstring.encode() not in Path(importlib.util.cache_from_source(str(source))).read_bytes()
    )


def test_no_module_of_the_package_asserts_or_reads_a_docstring() -> None:
    sources = [(SOURCE / module).read_text() for module in MODULES]

    assert not [one for one in sources if "__doc__" in one or "\n    assert " in one]


def test_two_builds_of_our_layer_are_the_same_to_the_byte(layer: Path, tmp_path: Path) -> None:
    again = build(OWN, tmp_path)

    assert {
        path.relative_to(again): path.read_bytes() for path in again.rglob("*") if path.is_file()
    } == {path.relative_to(layer): path.read_bytes() for path in layer.rglob("*") if path.is_file()}


def test_the_third_party_layer_is_of_the_processor_that_is_asked_for(third_party: Path) -> None:
    machines = {path.read_bytes()[18:20] for path in third_party.rglob("*.so")}

    assert machines == {(183).to_bytes(2, "little")}, "ELF e_machine: 183 is EM_AARCH64"


def test_every_module_is_imported(layer: Path) -> None:
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in MODULES]
    done = in_the_layer(layer, "-c", f"{IMPORT_ALL}; print(sys.modules['pdjira'].__file__)", *names)

    assert done.returncode == 0, done.stdout
    assert Path(done.stdout.strip()) == layer / "pdjira" / "__init__.py"


def test_functions_keep_their_promises_with_it(layer: Path) -> None:
    files = [str(Path(__file__).with_name(name)) for name in PROMISES]
    done = in_the_layer(layer, "-m", "pytest", "-q", "-k", SOME, *files)

    assert done.returncode == 0, done.stdout


def test_a_python_that_is_missing_is_named_with_the_cure(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "--makefile", str(ROOT / "layers/pdjira/Makefile"), "build-PdjiraLayer"],
        check=False,
        cwd=ROOT / "layers/targets/python3.14-arm64",
        env={"PATH": os.defpath, "ARTIFACTS_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert "python3.14 is not on the path" in done.stderr
    assert "sam build --parameter-overrides PythonRuntime=python3.x" in done.stderr
