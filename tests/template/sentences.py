"""Every sentence that people can meet, read out of the source, and the page that lists them.

`python -m tests.template.sentences` writes `docs/troubleshooting.md` anew.
"""

import ast
import re
from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "pdjira" / "python" / "pdjira"
PAGE = ROOT / "docs" / "troubleshooting.md"

GAP = "..."
"""What stands in the place of whatever is not known before."""

PLACES = {
    "health": "What `health` says",
    "mappings": "What `check` says of a mapping",
    "jql": "What is said of a JQL and its matches",
    "sync": "What notes and the timeline say",
    "model": "What notes, the timeline and `explain` say",
    "admin": "What the admin function answers",
    "connection": "What is said while both sides are being connected",
    "page": "What the page says",
    "sweep": "What sweeps say",
    "circuits": "What is said while a side is left alone",
    "worker": "What the worker says of its messages",
    "webhooks": "What webhooks are answered",
    "adapters": "What Jira, PagerDuty and AWS are said to have done",
}
"""The folders whose sentences people meet, the most common first."""

HEAD = """# Troubleshooting

Whatever the software says is wrong, by its sentence: search for a part of what you read. `...` \
stands for names, numbers and words of Jira or PagerDuty. Where a cure is shown, it stands \
behind `What to do:` in a note, and as `cure` in an answer. `-` stands for a sentence in the \
words of others, and for no cure of its own: then nothing has to be done, or another row has it. \
What to look at first, and what to do where nothing is said at all: [on call](run/on-call.md).

This page is written by `make sentences`, out of the source.
"""

_SENTENCE = re.compile(r"(?:[A-Z\"]|\.\.\.).*\s.*(?:[.?!\"]|\.\.\.)\s*", re.DOTALL)

_GAPS = re.compile(r"\{[a-z_]+\}|(?:\.\.\.){2,}")

_WORDS = re.compile(r"[A-Za-z]{2,}")

_FEWEST_WORDS = 3

_NO_SENTENCE = {
    "ok",
    "log",
    "getLogger",
    "debug",
    "info",
    "warning",
    "error_log",
    "Field",
    "compile",
}

Scope = abc.Mapping[str, ast.expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What is said, and the cure that stands beside it in the source; empty where none does.

    `is_cure`: what is said is a cure that goes with several sentences, or with words of others.
    """

    place: str
    says: str
    cure: str = ""
    is_cure: bool = False


@cache
def sentences() -> list[Sentence]:
    """All of them, in the order of `PLACES`, each once."""
    found: dict[str, Sentence] = {}
    for place in PLACES:
        for path in sorted((PACKAGE / place).rglob("*.py")):
            for one in _of_module(place, ast.parse(path.read_text())):
                known = found.get(one.says)
                if known is None or (one.cure and not known.cure):
                    found[one.says] = one
    cures = {one.cure for one in found.values()}
    return [one for one in found.values() if one.cure or one.says not in cures]


def written() -> str:
    """The page."""
    parts = [HEAD]
    for place, title in PLACES.items():
        rows = [one for one in sentences() if one.place == place]
        if rows:
            lines = "\n".join(map(_row, rows))
            parts.append(f"## {title}\n\n| sentence | cure |\n|---|---|\n{lines}\n")
    return "\n".join(parts)


def lacking() -> list[str]:
    """The sentences that have no entry on the page."""
    page = PAGE.read_text()
    return [one.says for one in sentences() if f"| {_cell(one.says)} |" not in page]


def _row(one: Sentence) -> str:
    if one.is_cure:
        return f"| - | {_cell(one.says)} |"
    return f"| {_cell(one.says)} | {_cell(one.cure) or '-'} |"


def _cell(text: str) -> str:
    plain = " ".join(text.replace("|", "/").replace("`", "'").split())
    return f"`{plain}`" if plain else ""


def _of_module(place: str, module: ast.Module) -> Iterator[Sentence]:
    scope = _assigned(module.body)
    for statement in module.body:
        inner = [one for one in ast.walk(statement) if isinstance(one, ast.FunctionDef)]
        for function in inner:
            yield from _of_nodes(place, function, {**scope, **_assigned(ast.walk(function))})
        if not inner:
            yield from _of_nodes(place, statement, scope)
        elif isinstance(statement, ast.ClassDef):
            for one in statement.body:
                if not isinstance(one, ast.FunctionDef):
                    yield from _of_nodes(place, one, scope)


def _assigned(nodes: abc.Iterable[ast.AST]) -> dict[str, ast.expr]:
    return {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _of_nodes(place: str, root: ast.AST, scope: Scope) -> Iterator[Sentence]:
    for node in ast.walk(root):
        texts = [text for text in map(_reader(scope), _told_by(node)) if _is_sentence(text)]
        if texts:
            says, *others = texts
            by_name = "cure" in getattr(root, "name", "") or says in _cures_of(node, scope)
            cure = next(iter(others), "")
            yield Sentence(place=place, says=says, cure=cure, is_cure=by_name and not cure)


def _cures_of(node: ast.AST, scope: Scope) -> list[str]:
    """What a call gives as `cure`."""
    keywords = node.keywords if isinstance(node, ast.Call) else []
    return [_reader(scope)(one.value) for one in keywords if one.arg == "cure"]


def _told_by(node: ast.AST) -> list[ast.expr]:
    """The parts of a call, a pair or a `yield` that may hold a sentence and its cure."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _NO_SENTENCE:
            return []
        case ast.Call():
            return [*node.args, *(one.value for one in node.keywords)]
        case ast.Tuple():
            return list(node.elts)
        case ast.Return(value=ast.JoinedStr() | ast.Constant() as value):
            return [value]
    return []


def _reader(scope: Scope) -> abc.Callable[[ast.expr], str]:
    def read(node: ast.expr, depth: int = 3) -> str:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=values):
                return "".join(read(one, depth) for one in values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return (read(left, depth) or GAP) + (read(right, depth) or GAP)
            case ast.FormattedValue():
                return GAP
            case ast.Name(id=name) if depth and name in scope:
                return read(scope[name], depth - 1)
        return ""

    return lambda node: _GAPS.sub(GAP, read(node)).strip()


def _is_sentence(text: str) -> bool:
    return bool(_SENTENCE.fullmatch(text)) and len(_WORDS.findall(text)) >= _FEWEST_WORDS


if __name__ == "__main__":
    PAGE.write_text(written())
