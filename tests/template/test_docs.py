"""The documents tell the same story as the code: what they show is read, what they name exists."""

import ast
import inspect
import json
import re
import tomllib
from collections import abc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from pydantic import BaseModel

from pdjira.adapters.aws import comment_records, sides
from pdjira.adapters.aws.activities import activity_item, read_activity
from pdjira.adapters.aws.comment_records import DynamoCommentRecords, DynamoKeptComments
from pdjira.adapters.aws.given_up import given_up_item, read_given_up
from pdjira.adapters.aws.items import SCHEMA_VERSION, Attributes, link_key, untyped
from pdjira.adapters.aws.links import DynamoLinks, entry_item, read_entry
from pdjira.adapters.aws.queue import decode, encode
from pdjira.adapters.aws.stored_link import link_attributes, read_link
from pdjira.adapters.aws.stored_mapping import (
    StoredFieldRule,
    StoredMapping,
    read_mapping,
    read_problems,
)
from pdjira.adapters.connection_secret import Connection, parse_connection
from pdjira.admin.administer import Administration
from pdjira.bootstrap import metrics
from pdjira.bootstrap.jql_poller import Poller
from pdjira.health.checks import Check, Status, overall
from pdjira.jql.poll import Polled
from pdjira.mappings.exchange import Export
from pdjira.mappings.vendor_rules import V3_JQL, V3_RULE, mappings_of
from pdjira.mappings.watch import Judgement
from pdjira.model import rights
from pdjira.model.issue import IssueRef
from pdjira.model.mapping import Verdict
from pdjira.model.signal import Message, Signal, SignalKind
from pdjira.sweep.ports import SweepResult
from pdjira.sync.fields import values
from pdjira.sync.fields.rules import ATTRIBUTE_NAMES, custom_name
from pdjira.webhooks.intake import Reply
from pdjira.worker.consume import Deferred, Outcome
from tests.builders import HIGHEST, NOW, PAGING, a_link, a_mapping, a_schema
from tests.cloudformation import Template
from tests.fakes.catalogue import fake_import, fake_mapping_check
from tests.fakes.health import Patient
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.sign_ins import fake_sign_in_links
from tests.template.reference import behind
from tests.world import World

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "pdjira" / "python" / "pdjira"
TEMPLATE = Template.read(ROOT / "template.yaml")

TEXTS: abc.Mapping[str, str] = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in (
        *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG")),
        *sorted((ROOT / "docs").rglob("*.md")),
    )
}
ALARMS = TEXTS["docs/run/alarms-and-dashboard.md"]
LOGS = TEXTS["docs/reference/logs-and-figures.md"]
EVERYTHING = "\n".join(TEXTS.values())
PROSE = re.sub(r"^```.*?^```$", "", EVERYTHING, flags=re.MULTILINE | re.DOTALL)
IN_BACKTICKS = frozenset(re.findall(r"`([^`\n]+)`", PROSE))
SOURCES = "\n".join(path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py")))

# Whose documents may be linked to, and the hosts of examples.
HOSTS = {
    "developer.atlassian.com",
    "developer.pagerduty.com",
    "docs.aws.amazon.com",
    "support.pagerduty.com",
    "api.pagerduty.com",
    "api.eu.pagerduty.com",
    "jira.example.com",
    "www.example.com",
}
# Words of AWS and PagerDuty that look like names of ours.
FOREIGN = {"CouldNotDetermineMessageSource", "QueueDeletedRecently", "PagerDuty", "PassThrough"}

# What the worker has CloudWatch count.
FIGURES = {
    *re.findall(r'yield "(\w+)"', inspect.getsource(metrics)),
    *metrics._COUNTED.values(),
}

# Where the keys of a function's log come from, beside its own.
FACTS: abc.Mapping[str, tuple[Callable[..., Any], ...]] = {
    "pagerduty_webhook": (Reply.facts, Signal.facts),
    "jira_webhook": (Reply.facts, Signal.facts),
    "mapping_check": (Judgement.facts,),
    "jql_poller": (Polled.facts, SweepResult.facts, Poller.swept),
    "sync_worker": (Message.facts, Outcome.facts, Deferred.facts, Signal.facts),
}

MOST_OF_AN_ALARM = 1024
"""The longest description that CloudWatch takes."""

_CAMEL = re.compile(r"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/(?:[\w-]+\.(?:py|md|json|yaml|toml|txt))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: where it stands, its language, its title and its text."""

    where: str
    language: str
    title: str
    text: str


def _blocks() -> Iterator[Block]:
    fence = re.compile(
        r'^```(\w*)(?: title="([^"]*)")?\n(.*?)^```$', flags=re.MULTILINE | re.DOTALL
    )
    for name, text in TEXTS.items():
        for found in fence.finditer(text):
            where = f"{name}:{text.count(chr(10), 0, found.start()) + 1}"
            yield Block(where=where, language=found[1], title=found[2] or "", text=found[3])


BLOCKS = list(_blocks())
JSON_BLOCKS = [block for block in BLOCKS if block.language == "json"]


# ---- what the documents show is what the code reads


def _connection(value: Any) -> None:
    assert parse_connection(json.dumps(value), allow_insecure=False) is not None
    for side, model in Connection.model_fields.items():
        assert isinstance(model.annotation, type)
        assert issubclass(model.annotation, BaseModel)
        assert set(value[side]) <= set(model.annotation.model_fields)


def _mapping(value: Any) -> None:
    read_mapping(value).to_domain()
    assert set(value) <= set(StoredMapping.model_fields)
    for rule in value.get("custom_fields", ()):
        assert set(rule) <= set(StoredFieldRule.model_fields)
        source = rule.get("source_incident_field", "incident_title")
        assert source in ATTRIBUTE_NAMES or custom_name(source)


def _field_rules(value: Any) -> None:
    _mapping({**_first("mapping"), "custom_fields": value})


def _link(item: Any) -> None:
    link = read_link(Attributes(item))

    key = link_key(link.incident_id, link.mapping_id)
    assert key | link_attributes(link, writer=item["writer"]) == item


def _way_back(item: Any) -> None:
    links = DynamoLinks(Any, "links", writer="w")  # type: ignore[arg-type]  # nothing is called
    issue = IssueRef(id=item["pk"].removeprefix("ISSUE#"), key="OPS-42")
    link = a_link(incident_id=item["incident"], mapping_id=item["mapping"], issue=issue)

    assert untyped(links._way_back(issue, link)["Item"]) == item


def _comment_record(item: Any) -> None:
    records = DynamoCommentRecords(Any, "links", writer=item["writer"])  # type: ignore[arg-type]  # nothing is called
    _, comment_id, mapping_id = item["sk"].split("#")
    link = a_link(incident_id=item["pk"].removeprefix("INCIDENT#"), mapping_id=mapping_id)

    assert records._item(link, comment_id, comment_records.read_record(Attributes(item))) == item


def _kept_comment(item: Any) -> None:
    records = DynamoKeptComments(Any, "links", clock=lambda: NOW)  # type: ignore[arg-type]  # nothing is called
    incident_id, (_, mapping_id, _) = item["pk"].removeprefix("INCIDENT#"), item["sk"].split("#")
    comment = comment_records.read_kept(Attributes(item), incident_id=incident_id)

    assert records.item(a_link(incident_id=incident_id, mapping_id=mapping_id), comment) == item


def _activity(item: Any) -> None:
    assert drop_none(activity_item(read_activity(Attributes(item)))) == item


def _given_up(item: Any) -> None:
    assert given_up_item(read_given_up(Attributes(item))) == item


def drop_none(item: abc.Mapping[str, Any]) -> dict[str, Any]:
    """The item as it is stored: what is NULL counts as left out."""
    return {name: value for name, value in item.items() if value is not None}


def _timeline_entry(item: Any) -> None:
    incident_id = item["pk"].removeprefix("INCIDENT#")

    assert entry_item(read_entry(Attributes(item), incident_id=incident_id)) == item


def _learned_status(item: Any) -> None:
    status_id, known = sides.read_status(Attributes(item))

    assert status_id == item["status"]
    assert item["sk"] == f"STATUS#{item['status']}"
    assert item["pk"] == sides.workflow_pk("10100", "10001")
    assert item["schema_version"] == SCHEMA_VERSION
    assert [sides.written_transition(transition) for transition in known] == item["transitions"]


def _attempts(item: Any) -> None:
    assert item["pk"].startswith("MESSAGE#")
    assert item["schema_version"] == SCHEMA_VERSION
    assert set(item) == {"pk", "sk", "schema_version", "unended", "named", "expires_at"}


def _circuit(item: Any) -> None:
    read = sides.read_circuit(Attributes(item))

    assert {**sides.written_circuit(read), "expires_at": item["expires_at"]} == item


def _verdict(value: Any) -> None:
    verdict = Verdict(
        at=datetime.fromisoformat(value["at"]),
        in_force=value["in_force"],
        problems=read_problems({"problems": value["problems"]}),
    )

    assert verdict.shown() == value


def _signal(value: Any) -> None:
    assert json.loads(encode(decode(json.dumps(value)))) == value


def _admin_request(value: Any) -> None:
    world = World(a_mapping(jql="priority = Highest"))
    for name in {"incident", "incident_id"} & set(value):
        value[name] = world.trigger()
    if "request" in value:
        value |= {"request": _resync(world)["request"]}

    admin = _administration(world)
    if value["action"] == "end-test-issue":
        admin.rehearsal.run("ops-bug", "keep")
        value |= {"issue": "OPS-1"}
    if "job" in value:
        value |= {"job": admin.jobs.start("unheard-of", {}, title="?").id}
    assert "error" not in admin.answer(value)


def _resync(world: World) -> dict[str, object]:
    return _administration(world).answer({"action": "resync", "incident_id": world.trigger()})


def _request_answer(value: Any) -> None:
    assert _shape(value) == _shape(_resync(World()))


def _outcome_answer(value: Any) -> None:
    world = World()
    asked = {"action": "outcome", "request": _resync(world)["request"]}
    world.work()

    assert _shape(value) == _shape(_administration(world).answer(asked))


def _health_answer(value: Any) -> None:
    checks = [Check(**{**check, "status": Status(check["status"])}) for check in value["checks"]]
    made = _administration(World()).health.checks()

    assert all(set(check) == {each.name for each in fields(Check)} for check in value["checks"])
    assert {(check.area, check.name) for check in checks} == {
        (check.area, check.name) for check in made
    }
    assert value["status"] == overall(checks).value
    assert _shape(value["checks"][0]) == _shape(asdict(made[0]))


def _test_issue_answer(value: Any) -> None:
    made = _administration(World()).answer(
        {"action": "test-issue", "mapping_id": "ops-bug", "afterwards": "close"}
    )

    assert _shape(value) == _shape(made)
    assert _shape(value["issue"]) == _shape(cast("dict[str, object]", made["issue"]))
    steps = cast("list[dict[str, object]]", made["steps"])
    assert [step["name"] for step in value["steps"]] == [step["name"] for step in steps]
    assert all(set(step) == set(steps[0]) for step in value["steps"])


def _sign_in_link_answer(value: Any) -> None:
    made = _administration(World()).answer({"action": "sign-in-link"})

    assert _shape(value) == _shape(made)


def _explain_answer(value: Any) -> None:
    world = World(a_mapping(), a_mapping(id="web-bug", enabled=False))
    incident = world.trigger()
    world.work()
    made: Any = _administration(world).answer({"action": "explain", "incident": incident})

    assert _shape(value) == _shape(made)
    assert _shape(value["incident"]) == _shape(made["incident"])
    assert [_shape(row) for row in value["mappings"]] == [_shape(row) for row in made["mappings"]]
    assert set(value["timeline"][0]) == set(made["timeline"][0])


def _dry_run_answer(value: Any) -> None:
    world = World(PAGING)
    world.trigger()
    world.work()
    world.issue(**HIGHEST)
    made: Any = _administration(world).answer({"action": "dry-run", "mapping_id": "ops-bug"})

    assert _shape(value) == _shape(made)
    assert value["counts"].keys() == made["counts"].keys()
    for key in ("incidents", "issues"):
        assert set(value[key][0]) == set(made[key][0])
    assert value["incidents"][0]["incident"].keys() == made["incidents"][0]["incident"].keys()


def _import_answer(value: Any) -> None:
    made: Any = _administration(World()).answer(
        {"action": "import", "mappings": [_first("mapping") | {"jql": "a = b"}], "dry_run": True}
    )

    assert _shape(value) == _shape(made)
    assert _shape(value["mappings"][0]) == _shape(made["mappings"][0])
    assert set(value["mappings"][0]["changes"][0]) == set(made["mappings"][0]["changes"][0])
    assert value["mappings"][0]["check"].keys() == made["mappings"][0]["check"].keys()


def _of_v3(value: Any) -> None:
    """The extension becomes the mapping that stands below it, and its settings are in the table."""
    (made,) = mappings_of(value)
    guide = TEXTS["docs/guide/moving-over.md"]
    told = set(
        re.findall(r"`(\w+)`", "".join(re.findall(r"^\|[^|]*\|([^|]*)\|", guide, re.MULTILINE)))
    )

    assert made.item == _first("mapping of the v3 extension")
    assert set(value["config"]["jira"]) <= told
    assert V3_RULE - told == set(V3_JQL)


READERS: abc.Mapping[str, Callable[[Any], None]] = {
    "connection secret": _connection,
    "mapping": _mapping,
    "mapping in DynamoDB JSON": lambda item: _mapping(untyped(item)),
    "field rules": _field_rules,
    "link": _link,
    "way back": _way_back,
    "comment record": _comment_record,
    "kept comment": _kept_comment,
    "timeline entry": _timeline_entry,
    "activity": _activity,
    "given up": _given_up,
    "learned status": _learned_status,
    "attempts": _attempts,
    "circuit": _circuit,
    "signal": _signal,
    "verdict": _verdict,
    "admin request": _admin_request,
    "health answer": _health_answer,
    "request answer": _request_answer,
    "outcome answer": _outcome_answer,
    "test issue answer": _test_issue_answer,
    "dry run answer": _dry_run_answer,
    "v3 extension": _of_v3,
    "mapping of the v3 extension": _mapping,
    "import answer": _import_answer,
    "explain answer": _explain_answer,
    "sign-in-link answer": _sign_in_link_answer,
}


@pytest.mark.parametrize("block", JSON_BLOCKS, ids=lambda block: f"{block.where} {block.title}")
def test_an_example_in_json_is_read_by_the_code_that_reads_it_in_service(block: Block) -> None:
    READERS[block.title](json.loads(block.text))


def test_the_first_mapping_is_the_same_in_both_forms_of_the_console() -> None:
    assert untyped(_first("mapping in DynamoDB JSON")) == _first("mapping")


def test_the_administrative_actions_that_are_named_are_those_that_are_answered() -> None:
    source = (PACKAGE / "admin" / "administer.py").read_text("utf-8")
    answered = set(re.findall(r'^ +"([a-z-]+)": (?:self\.|lambda)', source, flags=re.MULTILINE))

    assert set(re.findall(r'"action": ?"([a-z-]+)"', EVERYTHING)) == answered


def test_m22_every_action_has_a_test_event_and_every_test_event_is_answered() -> None:
    events = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in (ROOT / "docs" / "test-events").glob("*.json")
    }
    source = (PACKAGE / "admin" / "administer.py").read_text("utf-8")

    assert {event["action"] for event in events.values()} == set(
        re.findall(r'^ +"([a-z-]+)": (?:self\.|lambda)', source, flags=re.MULTILINE)
    )
    for name, event in events.items():
        assert name == event["action"]
        _admin_request(event)


# ---- what the documents name exists


def test_every_name_of_a_thing_is_one_of_the_template_or_of_the_code() -> None:
    defined = r"^(?:class )?([A-Z]\w+)(?:[(:]| = )"
    classes = set(re.findall(defined, SOURCES + _support(), flags=re.MULTILINE))
    of_template = {*TEMPLATE.parameters, *TEMPLATE.outputs, *TEMPLATE.resources}
    named = {name for name in IN_BACKTICKS if _CAMEL.fullmatch(name)}
    drawn = {
        name
        for block in BLOCKS
        if block.language == "mermaid"
        for name in _CAMEL.findall(block.text)
    }

    assert named - of_template - classes - FIGURES - FOREIGN == set()
    assert drawn - of_template - FOREIGN == set()


def test_every_target_of_make_that_is_named_exists_and_every_one_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    helped = set(re.findall(r"^([a-z-]+):.*## ", makefile, flags=re.MULTILINE))
    commands = [name for name in IN_BACKTICKS if name.startswith("make ")]
    commands += re.findall(r"^    (make .+)$", EVERYTHING, flags=re.MULTILINE)
    words = {word for command in commands for word in command.split()[1:] if "=" not in word}

    assert words <= targets
    assert helped <= {
        word for row in _first_column(TEXTS["CONTRIBUTING.md"]) for word in row.split()[1:]
    }


def test_every_file_that_is_named_exists() -> None:
    paths = {name for name in IN_BACKTICKS if _PATH.fullmatch(name)}
    paths = {path for path in paths if not path.startswith(".sandbox/")}

    assert len(paths) > 40
    assert {path for path in paths if not _is_there(path)} == set()


def test_every_path_into_the_package_or_the_tests_exists_wherever_it_stands() -> None:
    starts = (
        "model|text|circuits|sync|jql|sweep|mappings|health|webhooks|worker|admin|adapters|bootstrap"
        "|functions|tests"
    )
    paths = set(re.findall(rf"(?<![\w/-])(?:{starts})/[\w/.-]*\w", EVERYTHING))

    assert len(paths) > 100
    assert {path for path in paths if not _is_there(path)} == set()


def test_every_module_that_is_named_without_its_folder_exists() -> None:
    modules = {path.name for path in ROOT.glob("*/**/*.py") if ".venv" not in path.parts}
    named = {name for name in IN_BACKTICKS if re.fullmatch(r"\w+\.py", name)}

    assert len(named) > 10
    assert named - modules == set()


def test_what_each_folder_of_the_package_is_about_is_told_as_its_code_does() -> None:
    subjects = [path for path in PACKAGE.glob("**/__init__.py") if path.parent != PACKAGE]
    packages = [path for path in subjects if not {"adapters", "bootstrap"} & {*path.parts}]
    rows = _rows(_section(TEXTS["docs/architecture.md"], "Folders"))
    told = {_bare(row[0]): row[1] for row in rows if len(row) == 2}

    for package in packages:
        name = f"{package.parent.relative_to(PACKAGE)}/"
        assert told[name] == _summary(package).rstrip("."), name


def test_every_relative_link_leads_to_a_file_and_to_a_heading_of_it() -> None:
    broken = [
        f"{name}: {target}"
        for name, text in TEXTS.items()
        for target in re.findall(r"\]\(([^)\s]+)\)", text)
        if not urlsplit(target).scheme and not _leads_somewhere(name, target)
    ]

    assert broken == []


def test_no_document_shows_both_sides_of_a_merge() -> None:
    assert [
        name for name, text in TEXTS.items() if re.search("^(<{7}|>{7}) ", text, re.MULTILINE)
    ] == []


def test_no_host_is_named_but_those_of_the_vendors_and_of_examples() -> None:
    urls = re.findall(r"https?://[^\s`\"<>)|]+", EVERYTHING)

    assert {(urlsplit(url).hostname or "").rstrip(".") for url in urls} <= HOSTS


# ---- what there is, is documented


def test_the_tables_of_the_reference_are_those_of_the_template_and_the_code() -> None:
    assert list(behind()) == [], "Run `make reference`."


def test_every_alarm_has_its_row_for_whoever_is_on_call() -> None:
    alarms = TEMPLATE.of_type("AWS::CloudWatch::Alarm")

    assert set(_first_column(ALARMS)) == set(alarms)


def test_every_alarm_says_itself_whom_to_wake_and_what_to_do() -> None:
    for name, alarm in TEMPLATE.of_type("AWS::CloudWatch::Alarm").items():
        says = alarm["AlarmDescription"]["Fn::Sub"]
        assert re.search(r"\. Wake somebody\? (No|YES)[.;] .*What to do: .+\. https://", says), name
        assert len(says) + 100 < MOST_OF_AN_ALARM, name


def test_an_alarm_names_the_seconds_that_its_function_may_take() -> None:
    functions = TEMPLATE.of_type("AWS::Serverless::Function")
    named = 0
    for name, alarm in TEMPLATE.of_type("AWS::CloudWatch::Alarm").items():
        found = re.search(r"ran into its (\d+) seconds", alarm["AlarmDescription"]["Fn::Sub"])
        if found:
            (function,) = [one["Value"]["Ref"] for one in alarm["Dimensions"]]
            assert int(found[1]) == functions[function]["Timeout"], name
            named += 1

    assert named == len(functions)


def test_the_dashboard_shows_the_lag_by_side_from_the_log_without_a_metric() -> None:
    (board,) = TEMPLATE.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(board["DashboardBody"]["Fn::Sub"])["widgets"]
    (query,) = (one["properties"]["query"] for one in widgets if one["type"] == "log")
    signal = Signal(kind=SignalKind.ISSUE_CHANGED, id="1", issue_id="10001")
    message = Message(id="1", receipt="r", group="g", body="", receives=1, sent_at=NOW)

    logged = signal.facts() | message.facts(now=NOW)

    assert query.startswith("SOURCE '${SyncWorkerLogs}' | filter message = 'signal done'")
    assert query.endswith(" by kind")
    assert "(age_seconds" in query
    assert logged.keys() >= {"age_seconds", "kind"}


def test_the_dashboard_shows_figures_that_exist_and_are_documented() -> None:
    (board,) = TEMPLATE.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(board["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = [metric for one in widgets for metric in one["properties"].get("metrics", ())]
    ours = {metric[1]: metric[2:4] for metric in shown if metric[0] == "${AWS::StackName}"}
    counted = {
        one["MetricTransformations"][0]["MetricName"]
        for one in TEMPLATE.of_type("AWS::Logs::MetricFilter").values()
    }

    assert board["DashboardName"] == {"Ref": "AWS::StackName"}
    assert len(shown) <= 50, "more are not free"
    for name, dimension in ours.items():
        is_of_worker = dimension == ["service", "pdjira"]
        assert name in (FIGURES if is_of_worker else counted)
        assert is_of_worker or f"`{name}`" in LOGS
    assert set(ours) >= {"Lag", "Refusals", "Drift", "Owing", "CircuitsOpened", "RefusedDeliveries"}


def test_every_line_of_the_log_is_documented_with_its_keys() -> None:
    apps = {path: path.read_text("utf-8") for path in (ROOT / "functions").glob("*/app.py")}
    logged = {
        message: source + "".join(map(inspect.getsource, FACTS.get(path.parent.name, ())))
        for path, source in apps.items()
        for message in re.findall(r'(?:logger\.\w+|write)\("([^"]+)"', source)
    }
    rows = {_bare(row[0]): row[-1] for row in _rows(_section(LOGS, "The logs"))}

    assert set(rows) == set(logged)
    for message, keys in rows.items():
        for key in re.findall(r"`(\w+)`", keys):
            assert f'"{key}"' in logged[message]


def test_every_figure_of_the_worker_is_documented() -> None:
    assert set(_first_column(_section(LOGS, "Figures"))) == FIGURES


def test_the_attributes_and_reasons_of_dead_letters_are_those_of_the_code() -> None:
    rows = [_bare(row[0]) for row in _rows(TEXTS["docs/run/dead-letters.md"])]
    attributes = [name for name in rows if name.isidentifier()]
    reasons = [re.split(r"`|\.\.\.| \d", name)[0].strip() for name in rows if " " in name]

    assert set(attributes) == {"reason", "message_id", "receives", "sent_at"}
    assert all(f'"{name}": ' in SOURCES for name in attributes)
    assert len(reasons) == 6
    assert all(reason.rstrip(":") in SOURCES for reason in reasons)


def test_every_key_of_the_connection_secret_is_documented() -> None:
    documented = re.findall(r"`([\w.]+)`", TEXTS["docs/reference/connection-secret.md"])
    keys = {f"{side}.{key}" for side in ("pagerduty", "jira") for key in _keys_of(side)}

    assert {name for name in documented if name.split(".")[0] in ("pagerduty", "jira")} == keys


def test_every_key_of_a_mapping_is_documented_as_peoples_or_as_written_by_the_stack() -> None:
    used = set(re.findall(r"self\.(\w+)", inspect.getsource(StoredMapping.to_domain)))
    page = TEXTS["docs/reference/mapping.md"]
    table = page.split("## Verdict")[0]
    unused = _section(page, "Written by the stack")

    assert set(_first_column(table)) == used
    assert set(re.findall(r"`(\w+)`", unused)) == set(StoredMapping.model_fields) - used


def test_m6_the_least_rights_are_those_that_health_judges_by() -> None:
    minimum = ", ".join(right.name for right in rights.TABLE if right.required)
    assert f"* {minimum};" in TEXTS["docs/guide/by-hand.md"]


def test_every_attribute_of_an_incident_is_documented_and_no_other() -> None:
    named = re.findall(r"`(incident_\w+)`", TEXTS["docs/guide/fields.md"])

    assert set(named) == ATTRIBUTE_NAMES


def test_every_kind_of_field_is_documented_with_an_example_that_fits_it() -> None:
    rows = _rows(_section(TEXTS["docs/guide/fields.md"], "Kinds of field"))
    examples = {_bare(kind): re.findall(r"`([^`]+)`", example)[0] for _, kind, example in rows}

    assert set(examples) == set(values._CONVERTERS)
    for kind, example in examples.items():
        assert values.as_jira_value((example,), a_schema("x", type=kind))


def test_every_variable_of_a_command_is_an_output_or_set_in_the_documents() -> None:
    used = set(re.findall(r"\$(\w{2,})", "\n".join(_commands())))

    assert used - {"name", "value", "integration_url"} <= set(TEMPLATE.outputs)


def test_every_suite_is_explained() -> None:
    suites = {f"tests/{path.parent.name}/" for path in (ROOT / "tests").glob("*/test_*.py")}
    explained = set(_first_column(_section(TEXTS["CONTRIBUTING.md"], "Suites")))

    assert explained == suites | {"tests/benchmarks/"}


def test_decisions_are_numbered_dated_complete_and_listed() -> None:
    index = TEXTS["docs/decisions/README.md"]
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(record.name[:4]) for record in records]

    assert len(set(numbers)) == len(numbers), "one that went leaves a gap, none comes twice"
    for number, record in zip(numbers, records, strict=True):
        heading, _, dated, *_ = record.read_text("utf-8").splitlines()
        assert record.name.startswith(f"{number:04}-")
        assert heading.startswith(f"# {number:04}: ")
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}, accepted", dated)
        assert f"[{number:04}]({record.name})" in index
        headings = re.findall(r"^## (.+)$", record.read_text("utf-8"), flags=re.MULTILINE)
        assert headings == ["Context", "Decision", "Alternatives", "Consequences"]


def test_the_licence_is_the_one_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    licence = (ROOT / "LICENSE").read_text("utf-8")

    assert project["license"] == "Apache-2.0"
    assert licence.split()[:6] == ["Apache", "License", "Version", "2.0,", "January", "2004"]
    assert len(licence) == 11_358


def test_the_changelog_has_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]

    assert f"## {version}" in TEXTS["CHANGELOG.md"]


# ---- helpers


def _administration(world: World) -> Administration:
    items = FakeMappingItems(_first("mapping"))
    check = fake_mapping_check(world.jira, world.pagerduty, clock=world.clock)
    return Administration(
        health=Patient(world, "secret").looking(),
        requests=world.requests_of_people(lambda: "new"),
        explain=world.explain(),
        mapping_check=check,
        export=Export(items=items),
        import_=fake_import(items, check),
        rehearsal=world.rehearsal(),
        jobs=world.admin_stack().job_desk(lambda: "job-1"),
        runner=world.admin_stack().job_runner({}),
        dry_runs=world.dry_runs(_first("mapping")),
        sign_in_links=fake_sign_in_links(world.clock),
    )


def _commands() -> list[str]:
    return re.findall(r"^    (\S.*)$", EVERYTHING, flags=re.MULTILINE)


def _first(title: str) -> Any:
    return json.loads(next(block.text for block in BLOCKS if block.title == title))


def _shape(value: abc.Mapping[str, object]) -> dict[str, type]:
    return {key: str if isinstance(each, str) else type(each) for key, each in value.items()}


def _section(text: str, heading: str, *, level: int = 2) -> str:
    marks = "#" * level
    found = re.search(
        rf"^{marks} {re.escape(heading)}$(.*?)(?=^#{{1,{level}}} |\Z)",
        text,
        flags=re.MULTILINE | re.DOTALL,
    )
    assert found, heading
    return found[1]


def _rows(text: str) -> list[list[str]]:
    """The rows of all tables, without their heads."""
    rows: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        _, _, *body = table.splitlines()
        rows += [[cell.strip() for cell in line.strip("|").split("|")] for line in body]
    return rows


def _first_column(text: str) -> list[str]:
    """What stands in backticks in the first column of all tables."""
    return [name for row in _rows(text) for name in re.findall(r"`([^`]+)`", row[0])]


def _bare(cell: str) -> str:
    return cell.strip("`")


def _keys_of(side: str) -> set[str]:
    model = Connection.model_fields[side].annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return set(model.model_fields)


def _support() -> str:
    paths = (ROOT / "tests" / "sandbox" / "faults.py", ROOT / "tests" / "fakes" / "faults.py")
    return "\n".join(path.read_text("utf-8") for path in paths)


def _summary(path: Path) -> str:
    """The first line of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring, path
    return docstring.splitlines()[0]


def _is_there(path: str) -> bool:
    return (ROOT / path).exists() or (PACKAGE / path).exists()


def _leads_somewhere(name: str, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (ROOT / name).parent / path if path else ROOT / name
    if not file.exists():
        return False
    return not anchor or anchor in _anchors(file.read_text("utf-8"))


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
