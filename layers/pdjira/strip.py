"""Copies the package without what only people and type checkers read; the Makefile here calls it.

Docstrings, comments, annotations of functions and variables, and the imports that served only
these are left out. What is left stays on its line, so that a traceback on AWS points into the
source.
"""

import ast
import io
import re
import shutil
import sys
import tokenize
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

STAND_IN = '"."'
"""Where a statement has to stand, and for `dataclass`, which else makes a text at each import."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Cut(NamedTuple):
    """What is left out, from a line (from 1) and byte to another, and what is put there."""

    start: tuple[int, int]
    end: tuple[int, int]
    put: str = ""


def strip_package(source: Path, target: Path) -> None:
    """Write a folder's modules anew into another one, and copy its other files.

    Raises `SyntaxError` rather than write what Python cannot read.
    """
    for path in sorted(source.rglob("*")):
        if path.is_dir() or "__pycache__" in path.parts:
            continue
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            text = stripped(path.read_text("utf-8"))
            compile(text, str(path), "exec")
            copy.write_bytes(text.encode())
        else:
            shutil.copyfile(path, copy)


def stripped(source: str) -> str:
    """A module that does the same, each statement on the line where it was."""
    lines = [line.encode() for line in source.split("\n")]
    cuts = [*_comments(source), *_cuts(ast.parse(source), lines)]
    for (first, left), (last, right), put in _outermost(cuts):
        before, after = lines[first - 1][:left] + put.encode(), lines[last - 1][right:]
        lines[first - 1 : last] = [b""] * (last - first + 1)
        lines[first - 1] = before + after if after.strip() else before.rstrip()
    return b"\n".join(lines).decode()


def _outermost(cuts: Sequence[Cut]) -> Sequence[Cut]:
    """From the last to the first, without those that lie within another."""
    kept: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (cut.start, (-cut.end[0], -cut.end[1]))):
        if not kept or cut.start >= kept[-1].end:
            kept.append(cut)
    return kept[::-1]


def _comments(source: str) -> Iterator[Cut]:
    lines = source.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            start = len(lines[row - 1][:column].encode())
            yield Cut((row, start), (row, start + len(token.string.encode())))


def _cuts(tree: ast.Module, lines: Sequence[bytes]) -> Iterator[Cut]:
    """All that is left out but the comments."""
    annotations = {node: cut for node, cut in _annotations(tree) if _is_plain(cut, node, lines)}
    typing = {node: _whole(node) for node in tree.body if _is_for_typing(node)}
    texts = {
        node: _whole(node, put if _is_alone(node, lines) else STAND_IN)
        for node, put in _texts(tree)
    }
    yield from (*annotations.values(), *typing.values(), *texts.values())
    freed = {name for node in (*annotations, *typing) for name in _names(node, ())}
    freed.difference_update(_names(tree, {*annotations, *typing, *texts}))
    yield from _imports(tree, freed, lines)


def _imports(tree: ast.Module, freed: Collection[str], lines: Sequence[bytes]) -> Iterator[Cut]:
    """Imports whose names nothing else reads, whole or in part."""
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom) or not _is_alone(node, lines):
            continue
        kept = [alias for alias in node.names if _bound(alias) not in freed]
        if not kept:
            yield _whole(node)
        elif len(kept) < len(node.names):
            node.names = kept
            yield _whole(node, ast.unparse(node))


def _texts(tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Statements that are nothing but a text, and what is needed instead."""
    for node in ast.walk(tree):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if not isinstance(body, list):
                continue
            texts = [each for each in body if _is_text(each)]
            needs_one = len(texts) == len(body) and node is not tree
            needs_one |= isinstance(node, ast.ClassDef) and bool(node.decorator_list)
            for number, text in enumerate(texts):
                yield text, STAND_IN if needs_one and number == 0 else ""


def _annotations(tree: ast.Module) -> Iterator[tuple[ast.expr, Cut]]:
    """Annotations that nothing reads; those of a class are its fields, and stay."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation:
            start = node.col_offset + len(node.arg.encode())
            yield node.annotation, Cut((node.lineno, start), _end(node.annotation))
        elif isinstance(node, _Function) and node.returns:
            arrow = (node.returns.lineno, node.returns.col_offset - len(" -> "))
            yield node.returns, Cut(arrow, _end(node.returns))
    for declared in _declared(tree, in_class=False):
        yield declared.annotation, Cut(_end(declared.target), _end(declared.annotation))


def _declared(node: ast.AST, *, in_class: bool) -> Iterator[ast.AnnAssign]:
    """Variables outside of classes that get a value at once."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.AnnAssign) and child.value and not in_class:
            yield child
        is_class = isinstance(child, ast.ClassDef)
        yield from _declared(
            child, in_class=is_class or (in_class and not isinstance(child, _Function))
        )


def _is_plain(cut: Cut, node: ast.expr, lines: Sequence[bytes]) -> bool:
    """Whether nothing but the sign of an annotation stands before it, such as a parenthesis."""
    (line, start), end = cut.start, (node.lineno, node.col_offset)
    return end[0] == line and lines[line - 1][start : end[1]].strip() in {b":", b"->"}


def _is_text(node: ast.stmt) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _is_for_typing(node: ast.stmt) -> bool:
    if not isinstance(node, ast.If) or node.orelse:
        return False
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_alone(node: ast.stmt, lines: Sequence[bytes]) -> bool:
    """Whether no other statement shares its lines."""
    (first, left), (last, right) = (node.lineno, node.col_offset), _end(node)
    after = lines[last - 1][right:].strip()
    return not lines[first - 1][:left].strip() and (not after or after.startswith(b"#"))


def _names(node: ast.AST, left_out: Collection[ast.AST]) -> Iterator[str]:
    """What is named in a node, in texts as well: a class may be named before it is there."""
    if node in left_out:
        return
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from re.findall(r"\w+", node.value)
    for child in ast.iter_child_nodes(node):
        yield from _names(child, left_out)


def _bound(alias: ast.alias) -> str:
    return (alias.asname or alias.name).split(".")[0]


def _whole(node: ast.stmt, put: str = "") -> Cut:
    return Cut((node.lineno, node.col_offset), _end(node), put)


def _end(node: ast.expr | ast.stmt) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


if __name__ == "__main__":
    strip_package(Path(sys.argv[1]), Path(sys.argv[2]))
