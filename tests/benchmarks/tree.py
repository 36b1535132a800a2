"""The product's files as they are written: their imports, their lines, what they define."""

import ast
from collections import abc
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from tests.benchmarks.scene import FUNCTIONS, ROOT

PACKAGES = ROOT / "layers" / "pdjira" / "python"

KNOWN = ("model", "text", "errors")
"""Subjects that every reader knows: nobody counts the way to them."""

PAGE = frozenset({"page", "connection"})
"""The subjects of the administrator's page."""

_TOGETHER = frozenset({"adapters", "bootstrap", "functions"})


@dataclass(frozen=True)
class Module:
    """A module of the package, or `functions.<name>`: the `app` of that function."""

    name: str
    path: Path

    @property
    def is_function(self) -> bool:
        """Whether it is the `app` of one."""
        return self.path.is_relative_to(FUNCTIONS)

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text("utf-8")

    @cached_property
    def syntax(self) -> ast.Module:
        """Its source, parsed."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """All its lines."""
        return len(self.text.splitlines())

    @property
    def lines_of_code(self) -> int:
        """Its lines without blank ones and without docstrings, those of attributes among them."""
        told = {
            line
            for node in ast.walk(self.syntax)
            if isinstance(node, ast.Expr) and _is_text(node.value)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        lines = enumerate(self.text.splitlines(), 1)
        return sum(bool(line.strip()) and number not in told for number, line in lines)

    @property
    def classes(self) -> abc.Iterator[ast.ClassDef]:
        """The classes that it defines."""
        return (node for node in ast.walk(self.syntax) if isinstance(node, ast.ClassDef))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@cache
def modules() -> abc.Mapping[str, Module]:
    """All of the product, by name."""
    files = [*sorted(PACKAGES.rglob("*.py")), *sorted(FUNCTIONS.glob("*/app.py"))]
    return {name: Module(name, path) for path in files for name in [_name_of(path)]}


def _name_of(path: Path) -> str:
    if path.is_relative_to(FUNCTIONS):
        return f"functions.{path.parent.name}"
    return ".".join(path.relative_to(PACKAGES).with_suffix("").parts).removesuffix(".__init__")


def imports_of(module: Module) -> abc.Iterator[str]:
    """The names of the product's modules that it imports, wherever in it this stands."""
    known = modules()
    for name in imported(module.syntax):
        parent = name.rpartition(".")[0]
        yield from (each for each in (name, parent) if each in known and known[each].lines_of_code)


def imported(syntax: ast.Module) -> abc.Iterator[str]:
    """What is imported, by its full name: a module, or a name in one."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


def to_read(begun: abc.Iterable[str], is_known: abc.Callable[[str], bool]) -> list[Module]:
    """These modules and all that they import, directly or not, but for what a reader knows."""
    waiting, found = list(begun), dict[str, Module]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = modules()[name]
            waiting += [each for each in imports_of(found[name]) if not is_known(each)]
    return list(found.values())


def of_the_page() -> frozenset[str]:
    """What there would not be without the administrator's page: its subjects and what serves them.

    A module serves them where nothing else imports it, but for what puts things together; an
    adapter, where it knows no other subject.
    """
    found: frozenset[str] = frozenset()
    while (more := frozenset(name for name in modules() if _is_of_page(name, found))) != found:
        found = more
    return found


def _is_of_page(name: str, found: frozenset[str]) -> bool:
    subject = subject_named(name)
    if subject in PAGE or name in found:
        return True
    imported_ = {each for each in imports_of(modules()[name]) if each != name}
    if subject == "bootstrap":
        return any(subject_named(each) == "page" for each in imported_)
    if subject == "adapters":
        used = {each for each in imported_ if subject_named(each) not in {"adapters", *KNOWN}}
    else:
        used = {each for each in _importers()[name] if subject_named(each) not in _TOGETHER}
        used |= {each for each in _importers()[name] if subject in KNOWN}
    return bool(used) and used <= found


@cache
def _importers() -> abc.Mapping[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in modules()}
    for name, module in modules().items():
        for each in imports_of(module):
            found[each] |= {name} - {each}
    return found


def subject_named(name: str) -> str:
    """The subject of a module by its name: the folder below `pdjira`, or `functions`."""
    return name.removeprefix("pdjira.").partition(".")[0]


def protocols(among: abc.Iterable[Module]) -> list[ast.ClassDef]:
    """Every class of these modules, not of functions, that is a Protocol by its own bases."""
    return [
        each
        for module in among
        if not module.is_function
        for each in module.classes
        if any(ast.unparse(base).partition("[")[0] == "Protocol" for base in each.bases)
    ]


def methods(definition: ast.ClassDef) -> list[str]:
    """The names of its methods."""
    return [each.name for each in definition.body if isinstance(each, ast.FunctionDef)]


def fields_of(name: str) -> dict[str, str]:
    """The fields of the one class of that name, each with its type as it is written."""
    (found,) = (
        each for module in modules().values() for each in module.classes if each.name == name
    )
    annotated = (each for each in found.body if isinstance(each, ast.AnnAssign))
    return {ast.unparse(each.target): ast.unparse(each.annotation) for each in annotated}


def importing_test_modules() -> dict[str, list[str]]:
    """The test modules that import others, and which, by their names."""
    tests = ROOT / "tests"
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in sorted(tests.rglob("test_*.py"))
    }
    found = {}
    for module, path in paths.items():
        names = set(imported(ast.parse(path.read_text("utf-8"))))
        names |= {name.rpartition(".")[0] for name in names}
        if others := sorted(names & {*paths}):
            found[module] = others
    return found
