"""The tables of the documents that are written out of the template and the code.

`python -m tests.template.reference` writes them anew. Each stands between two comments, in a page
whose other text people write.
"""

import ast
import inspect
import json
import re
import textwrap
from collections import abc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pdjira.adapters.aws.stored_mapping import StoredMapping
from pdjira.adapters.connection_secret import Connection
from pdjira.health import pagerduty
from pdjira.model import rights
from pdjira.model.reason import SAID_OF_A_SIGNAL, Why
from tests.cloudformation import Template
from tests.scenes.event_types import EVENT_TYPES
from tests.template.buttons import by_button

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
EVENTS = ROOT / "docs" / "test-events"
PACKAGE = ROOT / "layers" / "pdjira" / "python" / "pdjira"
TEMPLATE = Template.read(ROOT / "template.yaml")

Rows = abc.Iterable[abc.Sequence[str]]


def parameters() -> str:
    """Every parameter of the template, in the groups in which sam asks for them."""
    groups = TEMPLATE.body["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    names = [name for group in groups for name in group["Parameters"]]
    return _table(
        ("parameter", "default", "meaning"),
        (
            (f"`{name}`", str(one["Default"]) or "empty", _line(one["Description"]))
            for name in names
            for one in [TEMPLATE.parameters[name]]
        ),
    )


def outputs() -> str:
    """Every output of the stack."""
    return _table(
        ("output", "what it is"),
        ((f"`{name}`", _line(one["Description"])) for name, one in TEMPLATE.outputs.items()),
    )


def rights_in_jira() -> str:
    """What our account in Jira needs."""
    return _rights("right in Jira", rights.TABLE)


def rights_in_pagerduty() -> str:
    """What the API key needs."""
    return _rights("right of the API key", pagerduty.TABLE)


def _rights(title: str, table: abc.Iterable[rights.Right | pagerduty.KeyRight]) -> str:
    return _table(
        (title, "needed", "used for", "what one sees without it"),
        (
            (f"`{one.name}`", "yes" if one.required else "no", one.used_for, one.without)
            for one in table
        ),
    )


def event_types() -> str:
    """What each event of PagerDuty does; those that do the same stand together."""
    by_effect: dict[str, list[str]] = {}
    for row in EVENT_TYPES:
        by_effect.setdefault(row.does, []).append(f"`{row.event}`")
    return _table(
        ("event type", "what it does"),
        ((", ".join(names), does) for does, names in by_effect.items()),
    )


def reasons() -> str:
    """Every answer of `explain`, an invocation by its name, three dots for what is filled in."""
    return _table(
        ("verdict", "says", "cure"),
        (
            (why.outlook.value, shown(why.says), by_button(shown(why.cured_by or "-")))
            for why in Why
            if why not in SAID_OF_A_SIGNAL
        ),
    )


def actions() -> str:
    """Every action in the order of the code, with an event as the console's Test button has it."""
    source = (PACKAGE / "admin" / "administer.py").read_text("utf-8")
    names = re.findall(r'^ +"([a-z-]+)": (?:self\.|lambda)', source, flags=re.MULTILINE)
    events = {name: json.loads((EVENTS / f"{name}.json").read_text("utf-8")) for name in names}
    return _table(
        ("action", "takes", "event to copy"),
        (
            (
                f"`{name}`",
                ", ".join(f"`{key}`" for key in event if key != "action") or "-",
                f"[{name}.json](../test-events/{name}.json)",
            )
            for name, event in events.items()
        ),
    )


def alarms() -> str:
    """Every alarm, as its own message says it, with the link to what it names."""
    told = {
        name: _ALARM.fullmatch(_line(one["AlarmDescription"]["Fn::Sub"]))
        for name, one in TEMPLATE.of_type("AWS::CloudWatch::Alarm").items()
    }
    return _table(
        ("alarm", "it says", "wake somebody?", "what to do"),
        (
            (f"`{name}`", says["says"], says["wake"], f"{says['do']}{_more(says)}")
            for name, says in told.items()
            if says
        ),
    )


_ALARM = re.compile(
    r"(?P<says>.+) Wake somebody\? (?P<wake>.+) What to do: (?P<do>.+) https://\S+ "
    r"More: docs/run/(?P<page>[\w.-]+?\.md)(?:, (?P<heading>[^.]+))?\."
)


def _more(says: re.Match[str]) -> str:
    if says["page"] == "alarms-and-dashboard.md":
        return ""
    anchor = f"#{says['heading'].lower().replace(' ', '-')}" if says["heading"] else ""
    return f" [More]({says['page']}{anchor})"


def mapping_keys() -> str:
    """Every key of a mapping that people write, as its model says."""
    return _keys(StoredMapping, "")


def secret_keys() -> str:
    """Every key of the connection secret."""
    sides = [(side, model.annotation) for side, model in Connection.model_fields.items()]
    return _table(
        ("key", "default", "meaning"),
        (row for side, model in sides for row in _documented(cast("type", model), f"{side}.")),
    )


def _keys(model: type[BaseModel], prefix: str) -> str:
    return _table(("key", "default", "meaning"), _documented(model, prefix))


def _documented(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    """The fields that have a docstring: key, default and meaning."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    (body,) = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
    for field, after in pairwise(body):
        match field, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield f"`{prefix}{name}`", _default(model.model_fields[name]), _line(text)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    match field.default:
        case bool() | int() | str() if field.default != "":
            return f"`{json.dumps(field.default)}`".replace('"', "")
    return "none"


def shown(text: str) -> str:
    """A sentence as the documents have it."""
    named = re.sub(r'\{\{"action": "([a-z-]+)".*?\}\}', r"`\1`", text)
    return re.sub(r"\{\w+\}", "...", named)


TABLES: abc.Mapping[str, tuple[str, Callable[[], str]]] = {
    "parameters": ("parameters.md", parameters),
    "outputs": ("parameters.md", outputs),
    "rights in Jira": ("rights.md", rights_in_jira),
    "rights of the API key": ("rights.md", rights_in_pagerduty),
    "event types": ("event-types.md", event_types),
    "reasons": ("reasons.md", reasons),
    "actions": ("actions.md", actions),
    "alarms": ("../run/alarms-and-dashboard.md", alarms),
    "keys of a mapping": ("mapping.md", mapping_keys),
    "keys of the secret": ("connection-secret.md", secret_keys),
}
"""The page of each table, and what writes it."""


def written(name: str) -> str:
    """A table between its comments."""
    return f"<!-- {name}: written by make reference -->\n\n{TABLES[name][1]()}\n\n<!-- end -->"


def behind() -> Iterator[str]:
    """The tables that do not stand as they would be written now."""
    for name, (page, _) in TABLES.items():
        if written(name) not in (FOLDER / page).read_text("utf-8"):
            yield name


def _table(head: abc.Sequence[str], rows: Rows) -> str:
    lines = [_row(head), f"|{'---|' * len(head)}", *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: abc.Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    for name, (page, _) in TABLES.items():
        path = FOLDER / page
        text = path.read_text("utf-8")
        start = text.index(f"<!-- {name}: ")
        end = text.index("<!-- end -->", start) + len("<!-- end -->")
        path.write_text(text[:start] + written(name) + text[end:], "utf-8")
