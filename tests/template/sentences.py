"""Every sentence that people can meet, read out of the source, and the page that lists them.

`python -m tests.template.sentences` writes `docs/troubleshooting.md` anew.
"""

import ast
import re
from collections import Counter, abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pdjira.errors import naming
from tests.template.argued import ARGUED, CORRECTED, IN_PLACE
from tests.template.buttons import by_button
from tests.template.keyed import FALLBACKS, KEYED

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "pdjira" / "python" / "pdjira"
PAGE = ROOT / "docs" / "troubleshooting.md"

GAP = "..."
"""What stands in the place of whatever is not known before."""

_AGAIN_SHOWN = (
    "Press *Try again*: the next line of the timeline says what was done, and no new note comes."
)

PLACES = {
    "health": ("What `health` says", "*Check now* on *Health*: the line is gone, or says `ok`."),
    "mappings": (
        "What `check` says of a mapping",
        "Save the mapping: within seconds its check no longer names it.",
    ),
    "jql": (
        "What is said of a JQL and its matches",
        "Give the issue's key to *Why did it not sync?*: it says what opens, and when.",
    ),
    "sync": ("What notes and the timeline say", _AGAIN_SHOWN),
    "model": ("What notes, the timeline and `explain` say", _AGAIN_SHOWN),
    "admin": ("What the admin function answers", "Invoke it again: the answer has no `error`."),
    "connection": (
        "What is said while both sides are being connected",
        "The line turns green by itself.",
    ),
    "page": ("What the page says", "The page shows it at once; load it again if in doubt."),
    "sweep": (
        "What sweeps say",
        "After the next sweep, within 15 minutes, *Health*, *sweep*, no longer says it.",
    ),
    "circuits": (
        "What is said while a side is left alone",
        "The strip of the page no longer names that side, within 15 minutes of its answer.",
    ),
    "worker": ("What the worker says of its messages", "*Problems* no longer counts it."),
    "webhooks": (
        "What webhooks are answered",
        "The log of the webhook has a line with `status` 202.",
    ),
    "adapters": (
        "What Jira, PagerDuty and AWS are said to have done",
        "*Check now* on *Health*, or *Save and connect* under *Connection*: each line is green.",
    ),
}
"""The folders whose sentences people meet, the most common first: title, and what a cure changes.

The modules beside the folders, what starts them and the functions are counted with the adapters.
"""

HEAD = """# Troubleshooting

Search this page for a part of the sentence that you read, without names and numbers: those are \
`...` here. Begin with a sentence of ours: what Jira or PagerDuty said stands behind it, in their \
words. An alarm: [alarms](run/alarms-and-dashboard.md). The name of a line in a log: \
[logs](reference/logs-and-figures.md).

The second column is the cure: what to press on the page, else what to do without it. *Try again*, \
*Create the issue now* and *Release…* stand on the page of the incident or problem. Not all \
that goes well is listed. No sentence to search for? [On call](run/on-call.md).

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
    "sub",
}

_AGAIN = "Nothing: it is tried again. If you asked for it, ask again."

_BY_KIND = {
    **dict.fromkeys(("Temporary", "Conflict", "TooLarge", "Unfinished", "CircuitOpen"), _AGAIN),
    **dict.fromkeys(("lost", "error_of"), _AGAIN),
    "Ambiguous": "Nothing: what became of it is looked up, before it is tried again.",
}
"""What is to be done about an error by its kind, where it names nothing else."""

_AS_QUOTED = "Search for what stands behind it."

_BESIDE = "Do what stands beside it."

_QUOTES = re.compile(r"[:.] \.\.\.$")

_TELLS_WHAT_TO_DO = re.compile(
    r"(?:Add|Assign|Check|Choose|Correct|Did you mean|Enter|Give|Have|In PagerDuty, open|Look|Make"
    r"|Mend|Narrow|Or open|Renew|Replace|Set|Take|Test again|Try|Type|Write)\b"
    r"|\.\.\. If it has it, look"
)

_PAIRS = frozenset({"error", "hint", "unchecked", "with_cure", "_warn", "skipped", "failed"})
"""What takes a sentence, and its cure behind it."""

Scope = abc.Mapping[str, ast.expr]

Read = abc.Callable[[ast.expr], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What is said, and the cure that stands beside it in the source; empty where none does.

    `is_cure`: what is said is a cure that goes with several sentences, or with words of others.
    `argued`: by which entry of `ARGUED` it has its cure.
    """

    place: str
    says: str
    cure: str = ""
    is_cure: bool = False
    argued: str = ""


@cache
def sentences() -> list[Sentence]:
    """All of them, in the order of `PLACES`, each once."""
    found: dict[str, Sentence] = {}
    for place in PLACES:
        for path in _modules(place):
            for one in _of_module(place, ast.parse(path.read_text())):
                known = found.get(one.says)
                if known is None or (one.cure and not known.cure):
                    found[one.says] = one
    cures = {one.cure for one in found.values()}
    read = [_argued(one) for one in found.values() if one.cure or one.says not in cures]
    said = [one for one in read if not one.is_cure]
    by_source = {one.says for one in said}
    return said + [one for one in _keyed(read) if one.says not in by_source]


def _modules(place: str) -> list[Path]:
    found = [*(PACKAGE / place).rglob("*.py")]
    if place == "adapters":
        found += [*PACKAGE.glob("*.py"), *(PACKAGE / "bootstrap").glob("*.py")]
        found += (ROOT / "functions").rglob("*.py")
    return sorted(found)


def _keyed(read: Sequence[Sentence]) -> Iterator[Sentence]:
    """What the source puts together only then, with the whole of the cure that begins so."""
    for place, rows in KEYED.items():
        for says, begins in rows.items():
            whole = [one.says for one in read if one.is_cure and one.says.startswith(begins)]
            whole += [one.cure for one in read if one.cure.startswith(begins)]
            yield Sentence(place=place, says=says, cure=(whole or [begins])[0])


def keyless() -> list[str]:
    """The cures of the source that no sentence leads to."""
    begins = (*FALLBACKS, *(one for rows in KEYED.values() for one in rows.values()))
    return [
        one.says
        for place in PLACES
        for path in _modules(place)
        for one in map(_argued, _of_module(place, ast.parse(path.read_text())))
        if one.is_cure and not one.says.startswith(begins)
    ]


def unsaid() -> list[str]:
    """The keys that the source does not say, piece by piece."""
    trees = [ast.parse(path.read_text()) for place in PLACES for path in _modules(place)]
    texts = [
        one.value
        for tree in trees
        for one in ast.walk(tree)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    source = "\n".join(" ".join(text.split()) for text in texts)
    return [
        says
        for rows in KEYED.values()
        for says in rows
        if any(piece not in source for piece in _pieces(says))
    ]


def _pieces(says: str) -> list[str]:
    """What stands between the gaps, as far as it can be looked for."""
    pieces = [piece.strip(' .,:;()"') for piece in re.split(r"\.\.\.|: |\. ", says)]
    return [piece for piece in pieces if len(_WORDS.findall(piece)) > _FEWEST_WORDS]


def _argued(one: Sentence) -> Sentence:
    """With what is to be done where the source has no cure beside it, or that it is one itself."""
    if one.says in CORRECTED:
        return replace(one, cure=CORRECTED[one.says], argued=one.says)
    if one.cure == GAP:
        return replace(one, cure=_BESIDE)
    if one.cure or one.is_cure:
        return one
    if _TELLS_WHAT_TO_DO.match(one.says) and one.place not in IN_PLACE:
        return replace(one, is_cure=True)
    begins = next((begin for begin in ARGUED if one.says.startswith(begin)), None)
    if begins is not None:
        return replace(one, cure=ARGUED[begins], argued=begins)
    quotes = _QUOTES.search(one.says)
    return replace(one, cure=_AS_QUOTED if quotes else IN_PLACE.get(one.place, ""))


def uncured() -> list[str]:
    """The sentences that have no cure, and that nobody has argued for."""
    return [one.says for one in sentences() if not one.cure]


def needless() -> set[str]:
    """What is argued for though it need not be."""
    return {*ARGUED, *CORRECTED} - {one.argued for one in sentences()}


def written() -> str:
    """The page."""
    parts = [HEAD]
    for place, (title, worked) in PLACES.items():
        rows = [one for one in sentences() if one.place == place]
        if rows:
            lines = "\n".join(map(_row, rows))
            parts.append(
                f"## {title}\n\n**Did it work?** {worked}\n\n"
                f"| sentence | cure |\n|---|---|\n{lines}\n"
            )
    return "\n".join(parts)


def is_found(said: str) -> bool:
    """Whether a sentence has a row, by what stands around its names and numbers."""
    plain = _cell(said).strip("`")
    return any(pattern.search(plain) for pattern in _patterns())


@cache
def _patterns() -> list[re.Pattern[str]]:
    keys = {way for one in sentences() for way in (one.says, naming(one.says, GAP))}
    plain = [_cell(key).strip("`") for key in keys]
    return [re.compile(".*".join(map(re.escape, key.split(GAP)))) for key in plain]


def lacking() -> list[str]:
    """The sentences that have no entry on the page."""
    page = PAGE.read_text()
    return [one.says for one in sentences() if _row(one).partition(" | ")[0] not in page]


def _row(one: Sentence) -> str:
    return f"| {_cell(naming(one.says, GAP))} | {_prose(by_button(one.cure))} |"


def _prose(text: str) -> str:
    return " ".join(text.replace("|", "/").replace("<", "&lt;").split())


def _cell(text: str) -> str:
    plain = " ".join(text.replace("|", "/").replace("`", "'").split())
    return f"`{plain}`" if plain else ""


def _of_module(place: str, module: ast.Module) -> Iterator[Sentence]:
    scope = _assigned(module.body)
    for statement in module.body:
        inner = [one for one in ast.walk(statement) if isinstance(one, ast.FunctionDef)]
        for function in inner:
            yield from _of_nodes(place, function, scope)
        if not inner:
            yield from _of_nodes(place, statement, scope)
        elif isinstance(statement, ast.ClassDef):
            for one in statement.body:
                if not isinstance(one, ast.FunctionDef):
                    yield from _of_nodes(place, one, scope)


def _assigned(nodes: abc.Iterable[ast.AST]) -> dict[str, ast.expr]:
    """What names stand for: where one is given several things, the last of them."""
    assigned = [one for one in nodes if isinstance(one, ast.Assign)]
    return {
        target.id: node.value
        for node in sorted(assigned, key=lambda one: one.lineno)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _of_nodes(place: str, root: ast.AST, outer: Scope) -> Iterator[Sentence]:
    """Those of a function or a statement: a name means what it was given last before its use."""
    within = list(ast.walk(root))
    times = _times_given(within)
    once = [name for name in {*outer, *times} if times[name] <= 1]
    for node in within:
        line = getattr(node, "lineno", 0)
        before = [one for one in within if getattr(one, "lineno", line + 1) < line]
        scope = {**outer, **_assigned(before)}
        read = _reader(scope, {name: scope[name] for name in once if _is_part(name, scope)})
        told = [one for one in _told_by(node) if _is_sentence(read(one))]
        if not told:
            continue
        says = read(told[0])
        cure = _cure_beside(node, told, read)
        by_name = "cure" in getattr(root, "name", "") or says == _given_as_cure(node, read)
        yield Sentence(place=place, says=says, cure=cure, is_cure=by_name and cure in {"", says})


def _cure_beside(node: ast.AST, told: Sequence[ast.expr], read: Read) -> str:
    """The cure that stands beside a sentence: as `cure`, behind it, or by the kind of its error.

    `GAP` where one is put together only then.
    """
    given = _given_as_cure(node, read)
    if given:
        return given
    if told[1:]:
        return read(told[1])
    parts = _told_by(node)
    behind = parts[parts.index(told[0]) + 1 :]
    if any("cure" in ast.unparse(one) for one in behind) or (behind and _name_of(node) in _PAIRS):
        return GAP
    return _BY_KIND.get(_name_of(node), "")


def _given_as_cure(node: ast.AST, read: Read) -> str:
    """What a call gives as `cure`."""
    for one in node.keywords if isinstance(node, ast.Call) else ():
        if one.arg == "then":
            return f"Nothing to do: {read(one.value)}."
        if one.arg == "cure" and not (isinstance(one.value, ast.Constant) and not one.value.value):
            return read(one.value) or GAP
    return ""


def _name_of(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""


def _told_by(node: ast.AST) -> list[ast.expr]:
    """The parts of a call, a pair or a line that may hold a sentence and its cure."""
    match node:
        case ast.Call() if _name_of(node) in _NO_SENTENCE:
            return []
        case ast.Call():
            return [*node.args, *(one.value for one in node.keywords)]
        case ast.Tuple():
            return list(node.elts)
        case ast.Return(value=ast.JoinedStr() | ast.Constant() as value):
            return [value]
        case ast.Assign(targets=[ast.Name(id="says")], value=ast.JoinedStr() as value):
            return [value]
    return []


def _reader(scope: Scope, parts: Scope) -> Read:
    def read(node: ast.expr, depth: int = 4) -> str:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=values):
                return "".join(read(one, depth) for one in values)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return (read(left, depth) or GAP) + (read(right, depth) or GAP)
            case ast.FormattedValue(value=ast.Name(id=name)) if depth and name in parts:
                return read(parts[name], depth - 1)
            case ast.FormattedValue() | ast.Attribute(attr="cure"):
                return GAP
        meant = _meant(node, scope) if depth else []
        return next(filter(None, (read(one, depth - 1) for one in meant)), "")

    return lambda node: _GAPS.sub(GAP, read(node)).strip()


def _is_part(name: str, scope: Scope) -> bool:
    """Whether a name stands for words that are said with the rest of a sentence."""
    text = scope.get(name)
    return isinstance(text, ast.Constant | ast.JoinedStr) and any(
        isinstance(one, ast.Constant) and " " in str(one.value) for one in ast.walk(text)
    )


def _times_given(nodes: abc.Iterable[ast.AST]) -> Counter[str]:
    """How often each name is given something: what is given once stands for one thing alone."""
    names = (one for one in nodes if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    return Counter(one.id for one in names)


def _meant(node: ast.expr, scope: Scope) -> list[ast.expr]:
    """What stands behind a name, or may come of a choice."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.BoolOp(op=ast.Or(), values=values):
            return [values[-1]]
        case ast.Name(id=name):
            known = scope.get(name) or _package().get(name)
            return [known] if known is not None else []
        case ast.Call(func=ast.Name(id=name)) if name in _package():
            return [_package()[name]]
    return []


@cache
def _package() -> Scope:
    """Constants and functions of the package by their names: what they are, and what they return.

    A name that several modules give to different things is none.
    """
    found: dict[str, ast.expr] = {}
    several: set[str] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ast.parse(path.read_text())
        returned = {
            one.name: returns[-1]
            for one in module.body
            if isinstance(one, ast.FunctionDef)
            if (returns := [*_returned_by(one)])
        }
        for name, value in {**_assigned(module.body), **returned}.items():
            if name in found and ast.dump(found[name]) != ast.dump(value):
                several.add(name)
            found[name] = value
    return {name: value for name, value in found.items() if name not in several}


def _returned_by(function: ast.FunctionDef) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


def _is_sentence(text: str) -> bool:
    return bool(_SENTENCE.fullmatch(text)) and len(_WORDS.findall(text)) >= _FEWEST_WORDS


if __name__ == "__main__":
    PAGE.write_text(written())
