"""R11: the tree: how far one incident runs through it, and how much of it one has to read."""

import ast
import os
import re
import sysconfig
from collections import Counter, abc
from dataclasses import dataclass

from tests.benchmarks.budget import Figure
from tests.benchmarks.deployed import WEBHOOK, WORKER, Run, deployed
from tests.benchmarks.scene import FUNCTIONS
from tests.benchmarks.tree import (
    KNOWN,
    PACKAGES,
    Module,
    fields_of,
    importing_test_modules,
    methods,
    modules,
    of_the_page,
    protocols,
    subject_named,
    to_read,
)

FORMER_FILES, FORMER_MOVES, FORMER_LINES = 109, 230, 18_202
"""At commit f779981, by this same trace and count."""

LINES_LIMIT = 18_295
FILES_LIMIT, PRODUCT_LIMIT, SMALL_LIMIT = 60, 190, 20
PROTOCOLS_LIMIT, METHODS_LIMIT, SHARED_LIMIT = 30, 100, 8
SMALL_LINES = 60
SHOWN = 8

ASPECTS = (
    "creation",
    "status",
    "fields",
    "remote_link",
    "notices",
    "notes",
    "people",
    "extras",
)
"""A field of `Situation` by such a name, and of a type of its own, is an aspect's part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Where a rule stands, as patterns of module names, and how much there may be to read."""

    what: str
    begins: re.Pattern[str]
    files: int
    lines: int


RULES = (
    Rule(
        what="how a status is decided",
        begins=re.compile(r"pdjira\.sync\.status\.(?!steps$)\w+"),
        files=4,
        lines=700,
    ),
    Rule(
        what="how a retry is decided",
        begins=re.compile(r"pdjira\.worker\.retries"),
        files=3,
        lines=400,
    ),
)
"""What performs a status (`steps`) is not the rule."""


def measure() -> list[Figure]:
    """A trace of the first incident after both functions have started, and counts of the tree."""
    return [*_way(), *_to_read(), *_files(), *_ports(), *_smaller()]


# ---- the way of one incident


def _way() -> list[Figure]:
    webhook, worker = trace()
    of_webhook, of_worker = files_of(WEBHOOK, webhook), files_of(WORKER, worker)
    moves = moves_of(worker.seen)
    return [
        _figure(
            "files that one incident runs through",
            len(of_webhook | of_worker),
            FILES_LIMIT,
            "files",
            f"webhook {len(of_webhook)}, worker {len(of_worker)}; {FORMER_FILES} at f779981",
        ),
        _figure(
            "moves between subjects in the worker",
            moves.total(),
            FORMER_MOVES / 2,
            "calls",
            f"{FORMER_MOVES} at f779981, and half of them wanted; not counted: {', '.join(KNOWN)}",
            *(f"{n:>4} {caller} -> {callee}" for (caller, callee), n in moves.most_common(SHOWN)),
        ),
    ]


def trace() -> tuple[Run, Run]:
    """The runs of webhook and worker for one `incident.triggered`, with the calls in each."""
    with deployed(_as_in_the_tree) as stack:
        return stack.create(look="calls")


def _as_in_the_tree(function: str) -> str:
    folders = (FUNCTIONS / function, PACKAGES, sysconfig.get_path("purelib"))
    return os.pathsep.join(map(str, folders))


def files_of(function: str, run: Run) -> set[str]:
    """The files of the product that a run has executed something of."""
    called = {call.partition(">")[2] for call in run.seen}
    return {f"{function}/{file}" if file == "app.py" else file for file in called}


def moves_of(seen: abc.Mapping[str, int]) -> Counter[tuple[str, str]]:
    """How often each subject called another."""
    moves: Counter[tuple[str, str]] = Counter()
    for call, times in seen.items():
        caller, _, callee = call.partition(">")
        pair = subject_of(caller), subject_of(callee)
        if pair[0] != pair[1] and all(pair) and not set(KNOWN) & set(pair):
            moves[pair] += times
    return moves


def subject_of(file: str) -> str:
    """The folder below `pdjira`, those of the adapters one by one; empty beside them."""
    package, *folders = file.removesuffix(".py").split("/")
    if package != "pdjira" or not folders:
        return ""
    return "/".join(folders[: 2 if folders[0] == "adapters" else 1])


# ---- what there is to read


def _to_read() -> abc.Iterator[Figure]:
    for rule in RULES:
        begun = [
            name for name, each in modules().items() if rule.begins.fullmatch(name) and each.lines
        ]
        if not begun:
            raise RuntimeError(f"nothing decides {rule.what}: {rule.begins.pattern}")
        found = to_read(begun, _is_known)
        listed = ", ".join(f"{_short(each)} {each.lines}" for each in found)
        what = f"to read, {rule.what}"
        yield _figure(what, len(found), rule.files, "files", listed)
        yield _figure(what, sum(each.lines for each in found), rule.lines, "lines")


def _is_known(name: str) -> bool:
    return subject_named(name) in KNOWN


def _short(module: Module) -> str:
    return module.name.removeprefix("pdjira.")


# ---- counts


def _files() -> abc.Iterator[Figure]:
    product, without = _product()
    small = [each for each in product if each.lines <= SMALL_LINES and not _may_be_small(each)]
    what = "files of the product"
    yield _figure(what, len(product), PRODUCT_LIMIT, "files")
    yield _figure(_but_page(what), len(without), PRODUCT_LIMIT, "files", _PAGE)
    yield _figure(
        f"modules of at most {SMALL_LINES} lines",
        len(small),
        SMALL_LIMIT,
        "files",
        f"without __init__, app.py, ports.py and bootstrap: {', '.join(map(_short, small))}",
    )
    what = "lines of code"
    yield _figure(
        what,
        _lines(product),
        LINES_LIMIT,
        "lines",
        f"of the package, without blank lines and docstrings; {FORMER_LINES:,} at f779981",
    )
    yield _figure(_but_page(what), _lines(without), LINES_LIMIT, "lines", "f779981 had no page")


_PAGE = "without page, connection, and what only these need"


def _but_page(what: str) -> str:
    return f"{what}, without the page"


def _product() -> tuple[list[Module], list[Module]]:
    """All modules, and those that there would be without the administrator's page."""
    left_out = of_the_page()
    return [*modules().values()], [each for name, each in modules().items() if name not in left_out]


def _lines(product: abc.Iterable[Module]) -> int:
    return sum(each.lines_of_code for each in product if not each.is_function)


def _may_be_small(module: Module) -> bool:
    names = {"__init__.py", "app.py", "ports.py"}
    return module.path.name in names or "bootstrap" in module.path.parts


def _ports() -> abc.Iterator[Figure]:
    found, without = map(protocols, _product())
    wide = sorted(found, key=lambda each: -len(methods(each)))[:SHOWN]
    what = "Protocols"
    yield _figure(what, len(found), PROTOCOLS_LIMIT, "classes")
    yield _figure(_but_page(what), len(without), PROTOCOLS_LIMIT, "classes")
    what = "methods in Protocols"
    yield _figure(
        what,
        _methods(found),
        METHODS_LIMIT,
        "methods",
        f"most in {', '.join(f'{each.name} {len(methods(each))}' for each in wide)}",
    )
    yield _figure(_but_page(what), _methods(without), METHODS_LIMIT, "methods")


def _methods(found: abc.Iterable[ast.ClassDef]) -> int:
    return sum(len(methods(each)) for each in found)


def _smaller() -> abc.Iterator[Figure]:
    fields = fields_of("Situation")
    parts = [name for name, kind in fields.items() if name in ASPECTS and kind.isidentifier()]
    shared = [name for name in fields if name not in parts]
    importing = importing_test_modules()
    yield _figure(
        "shared fields of Situation",
        len(shared),
        SHARED_LIMIT,
        "fields",
        ", ".join(shared),
        f"beside them the parts of aspects: {', '.join(parts) or 'none'}",
    )
    yield _figure(
        "test modules that import another",
        len(importing),
        0,
        "modules",
        *(f"{path}: {', '.join(others)}" for path, others in [*importing.items()][:SHOWN]),
    )


def _figure(what: str, value: float, limit: float, unit: str, *details: str) -> Figure:
    return Figure(
        budget="R11", what=what, value=value, limit=limit, unit=unit, details=list(details)
    )
