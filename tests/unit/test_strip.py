"""What the build of our layer leaves out of a module, and what it must not touch."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from layers.pdjira.strip import strip_package, stripped


def built(source: str) -> str:
    return stripped(dedent(source).lstrip("\n"))


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "module"}
    exec(compile(built(source), "module", "exec"), names)  # noqa: S102 - it is what is tested
    return names


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('"""Of a module."""\n\nx = 1\n', "\n\nx = 1\n"),
        ('"""Nothing but this."""\n', "\n"),
        (
            'def f():\n    """One\n\n    and more."""\n    return 1\n',
            "def f():\n\n\n\n    return 1\n",
        ),
        ('class A:\n    """Of a class."""\n\n    x = 1\n', "class A:\n\n\n    x = 1\n"),
        ('X = 1\n"""Of a variable."""\nY = 2\n', "X = 1\n\nY = 2\n"),
        ("x = 1  # why\n# alone\ny = 2\n", "x = 1\n\ny = 2\n"),
        ('x = "ü"  # ä\n', 'x = "ü"\n'),
        ("x = [\n    1,  # one\n]  # noqa: X\n", "x = [\n    1,\n]\n"),
    ],
)
def test_docstrings_and_comments_leave_their_lines_empty(source: str, left: str) -> None:
    assert stripped(source) == left


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('def f():\n    """Only this."""\n', 'def f():\n    "."\n'),
        ('def f(): "Only this."\n', 'def f(): "."\n'),
        ('def f():\n    """Two\n    lines."""\n', 'def f():\n    "."\n\n'),
        ('def f():\n    "One."\n    "Two."\n', 'def f():\n    "."\n\n'),
        ('class E(Exception):\n    """Only this."""\n', 'class E(Exception):\n    "."\n'),
        ('if x:\n    "so"\nelse:\n    "so"\n', 'if x:\n    "."\nelse:\n    "."\n'),
        ('match x:\n    case "a":\n        "so"\n', 'match x:\n    case "a":\n        "."\n'),
    ],
)
def test_a_body_of_a_docstring_alone_keeps_a_statement(source: str, left: str) -> None:
    assert stripped(source) == left


@pytest.mark.parametrize(
    "source",
    [
        '"""Of a module."""\nfrom __future__ import annotations\n\nx = 1\n',
        '"""Of a module."""; from __future__ import annotations\nx = 1\n',
        '"no docstring"; x = 1\n',
        '("in parentheses")\nx = 1\n',
        '(\n    "in parentheses"\n)\nx = 1\n',
        'class A:\n    "shares its line"; x = 1\nx = A.x\n',
    ],
)
def test_what_shares_its_line_with_a_text_still_runs(source: str) -> None:
    assert run(source)["x"] == 1


@pytest.mark.parametrize(
    "source",
    [
        'x = """\n  # no comment   \n\n"""\n',
        "x = f'''\n  # no comment {1}  \n'''\n",
        'x = ("one "\n    "#two")\n',
        'x = "a\\\n  # b"\n',
        'print("""first\n    """)\n',
        'f"""{x}"""\n',
        'b"bytes"\n',
    ],
)
def test_a_text_that_is_used_is_not_touched(source: str) -> None:
    assert stripped(source) == source


def test_a_decorated_class_keeps_a_docstring_so_that_dataclass_need_not_make_one() -> None:
    module = run(
        '''
        from dataclasses import dataclass

        @dataclass
        class Point:
            """Where."""

            x: int = 1
            """From the left."""
        '''
    )

    assert module["Point"].__doc__ == "."
    assert module["Point"]().x == 1


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("def f(a: int, *b: T, c: T = 1, **d: T) -> T: ...\n", "def f(a, *b, c = 1, **d): ...\n"),
        ("async def f(a: 'T') -> list[int]: ...\n", "async def f(a): ...\n"),
        ("def f(\n    a: int,\n) -> dict[\n    int, int\n]: ...\n", "def f(\n    a,\n): ...\n\n\n"),
        ("X: dict[str, int] = {}\n", "X = {}\n"),
        ("X: dict[\n    str, int\n] = {}\nY = 1\n", "X = {}\n\n\nY = 1\n"),
        (
            "class A:\n    def f(s):\n        s.x: int = 1\n",
            "class A:\n    def f(s):\n        s.x = 1\n",
        ),
    ],
)
def test_annotations_of_functions_and_variables_go(source: str, left: str) -> None:
    assert stripped(source) == left


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    x: int = 1\n    if True:\n        y: int = 2\n",
        "x: int\n",
        "(x): int = 1\n",
        "def f(a: (int)) -> (\n    int\n): ...\n",
        "def f()->int: ...\n",
        "f = lambda a: int\n",
    ],
)
def test_annotations_that_are_fields_or_in_parentheses_stay(source: str) -> None:
    assert stripped(source) == source


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("from a import A, B\nB()\ndef f(x: A): ...\n", "from a import B\nB()\ndef f(x): ...\n"),
        (
            "from a import (\n    A,  # a\n    B,\n)\nB()\nx: A = 1\n",
            "from a import B\n\n\n\nB()\nx = 1\n",
        ),
        ("import a.b\nx: a.b.C = 1\n", "\nx = 1\n"),
        ("import a as b, c\nx: b.C = 1\n", "import c\nx = 1\n"),
        ("import a\nif TYPE_CHECKING:\n    from b import B\nx: 'a.B' = 1\n", "\n\n\nx = 1\n"),
        ("from t import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\n", "\n\n\n"),
    ],
)
def test_imports_for_annotations_alone_go(source: str, left: str) -> None:
    assert stripped(source) == left


@pytest.mark.parametrize(
    "rest",
    [
        "def f(x: A): return A\n",
        "def f(x: A): ...\nclass B:\n    a: A\n",
        "def f(x: A): ...\nclass B:\n    a: 'list[A]'\n",
        "def f(x: A): ...\n__all__ = ['A']\n",
        "def f(x: (A)): ...\n",
        "import B\n",
    ],
)
def test_an_import_that_anything_else_may_need_stays(rest: str) -> None:
    assert "from a import A\n" in stripped(f"from a import A\n{rest}")


def test_a_package_is_copied_with_its_other_files_but_without_bytecode(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for name, text in {
        "p/a.py": "# ä\nx = 1\n",
        "p/b.txt": "# b\n",
        "p/__pycache__/a.pyc": "",
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, "utf-8")

    strip_package(source, target)

    files = {path.name: path.read_text("utf-8") for path in target.rglob("*") if path.is_file()}
    assert files == {"a.py": "\nx = 1\n", "b.txt": "# b\n"}
