"""The page's templates: text stays text, times are UTC, and a name that is missing is an error."""

import re
from collections import abc
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import UndefinedError

from pdjira.page import addresses
from pdjira.page.rendering import Renderer, duration, hash_of
from tests.builders import NOW

ROOT = Path(__file__).parents[2] / "functions" / "admin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("templates", "static"):
        (tmp_path / name).mkdir()
    (tmp_path / "templates" / "components.html").write_text(
        "{% macro strong(words) %}<b>{{ words }}</b>{% endmacro %}"
        "{% macro here() %}{{ place }}{% endmacro %}"
    )
    (tmp_path / "static" / "page.css").write_text("body {}")
    return tmp_path


def _shown(folder: Path, template: str, **names: object) -> str:
    (folder / "templates" / "a.html").write_text(template)
    return Renderer(folder / "templates", folder / "static").render("a.html", names)


def test_what_people_write_is_text(folder: Path) -> None:
    """P26."""
    shown = _shown(folder, "{{ strong(title) }}", title="<script>alert(1)</script>")

    assert shown == "<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>"


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("https://acme.pagerduty.com/incidents/Q1", True),
        ("http://jira.example.com/browse/OPS-1", True),
        ("javascript:alert(1)//", False),
        ("JavaScript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("//evil.example.com", False),
        ("", False),
        (None, False),
    ],
)
def test_an_address_that_a_vendor_tells_is_a_link_where_it_leads_to_the_web(
    address: str | None, *, is_link: bool
) -> None:
    """P26. Every template that shows such an address does so by the macro `link`."""
    renderer = Renderer([ROOT / "templates", ROOT], ROOT / "static")
    environment = renderer._environment
    template = environment.from_string("{% import 'components.html' as c %}{{ c.link(a, '<b>') }}")

    shown = template.render(a=address)

    assert shown.endswith("&lt;b&gt;</a>" if is_link else "&lt;b&gt;")
    assert ("href=" in shown) is is_link
    for file in (ROOT / "templates").iterdir():
        others = re.findall(r'href="{{ (?!url\()(\w+(?:\.\w+)*)', file.read_text())
        assert set(others) <= {"address", "how.console", "log"}, file.name


def test_components_see_what_the_template_sees(folder: Path) -> None:
    assert _shown(folder, "{{ here() }}", place="here") == "here"


def test_a_name_that_is_missing_is_an_error(folder: Path) -> None:
    with pytest.raises(UndefinedError, match="nobody"):
        _shown(folder, "{{ nobody }}")


def test_the_name_of_the_static_files_changes_with_them(folder: Path) -> None:
    before = hash_of(folder / "static")
    assert _shown(folder, "{{ static_hash }}") == before

    (folder / "static" / "page.css").write_text("body { margin: 0; }")

    assert hash_of(folder / "static") != before


@pytest.mark.parametrize(
    ("stamp", "shown"),
    [
        ("2026-11-29T03:10:05Z", "03:10:05 UTC"),
        ("2026-11-12T13:02:00Z", "12 Nov 13:02:00 UTC"),
        ("2025-11-29T13:02:00Z", "29 Nov 2025 13:02:00 UTC"),
    ],
)
def test_a_time_is_in_utc_with_the_day_where_it_is_another(
    folder: Path, stamp: str, shown: str
) -> None:
    moment, now = map(datetime.fromisoformat, (stamp, "2026-11-29T04:00:00Z"))

    html = _shown(folder, "{{ moment|time }}", moment=moment, now=now)

    assert html == f'<time datetime="{stamp}" data-shown="second">{shown}</time>'


def test_minutes_days_and_ages_are_times_as_well(folder: Path) -> None:
    moment = NOW - timedelta(seconds=14)

    html = _shown(folder, "{{ then|minute }} {{ then|day }} {{ then|ago }}", then=moment, now=NOW)

    stamp = f'datetime="{moment:%Y-%m-%dT%H:%M:%SZ}"'
    assert f'<time {stamp} data-shown="minute">{moment:%H:%M} UTC</time>' in html
    assert f'<time {stamp} data-shown="day">{moment.day} {moment:%b %Y}</time>' in html
    assert f"<time {stamp}>14 s ago</time>" in html


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (7200, "2 h"),
        (86_400, "1 day"),
        (180_000, "2 days"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_unit(seconds: int, shown: str) -> None:
    assert duration(timedelta(seconds=seconds)) == shown


def test_numbers_agree_with_their_words(folder: Path) -> None:
    template = (
        "{{ 1|counted('issue') }}, {{ 2000|counted('issue') }}, {{ 0|counted('fix', 'fixes') }}"
    )

    assert _shown(folder, template) == "1 issue, 2,000 issues, 0 fixes"


@pytest.mark.parametrize("name", ["page.css", "page.js"])
def test_style_and_script_keep_their_budget(name: str) -> None:
    """R13: 15 KB each, uncompressed, and nothing of another host."""
    source = (ROOT / "static" / name).read_bytes()

    assert len(source) <= 15_000
    assert b"http" not in source


def test_no_template_holds_a_style_or_a_script_of_its_own() -> None:
    """The page's Content-Security-Policy forbids both."""
    for template in (ROOT / "templates").glob("*.html"):
        source = template.read_text("utf-8")
        assert " style=" not in source
        assert "<style" not in source
        assert "<script>" not in source
        assert " on" not in {part[:3] for part in source.split('"') if part.startswith(" on")}
        assert "|safe" not in source.replace(" ", "")


def test_every_cure_is_shown_as_who_has_the_page_before_them_can_do_it() -> None:
    for file in (ROOT / "templates").iterdir():
        shown = re.findall(r"{{[^}]*\bcure\b[^}]*}}", file.read_text())
        calls = re.compile(r"on_page|mending|to_do\(|check\(|problem\(|verdict\(|buttons\(")
        assert [one for one in shown if not calls.search(one)] == [], file.name


RULE = '{"target_issue_field": "customfield_10001", "type": "const", "value": "x"}'

UNFILLED = {
    "severity": "error",
    "says": "Jira requires the field Number.",
    "cure": f"Add to custom_fields {RULE}.",
}


def _real(template: str, **names: object) -> str:
    """A template of the product, as its page shows it, without the escapes."""
    known = {
        "url": lambda path, **query: f"/admin{addresses.address(path, **query)}",
        "hidden_inputs": dict,
        "visitor": "Ana",
        "now": NOW,
        "title": "",
        "here": "",
        "footer": (),
        "strip": None,
        "is_setup_done": True,
        "problems_count": 0,
    }
    return unescape(Renderer(ROOT / "templates", ROOT / "static").render(template, known | names))


def _a_job(template: str, asked: dict[str, object], data: abc.Mapping[str, object]) -> str:
    """What a job has found, as its page shows it at the end."""
    job, reached = SimpleNamespace(asked=asked, id="job-1"), SimpleNamespace(data=data)
    return _real(template, job=job, reached=reached, is_running=False)


def _a_dry_run(asked: dict[str, object]) -> str:
    incident = {"url": "https://a.example.com", "number": 1, "title": "Slow"}
    row = {"incident": incident, "would": "refused", "filled": [], "today": [], **UNFILLED}
    found = {
        "mapping": {"id": "ops-bug"},
        "says": "By today's values.",
        "check": {"status": "invalid", "problems": [UNFILLED]},
        "counts": {"create": 0, "nothing": 0, "refused": 1},
        "matching": None,
        "left_out": [],
        "incidents": [row],
        "issues": [],
    }
    return _a_job("job_dry-run.html", asked, found)


@pytest.mark.parametrize("asked", [{"mapping_id": "ops-bug"}, {"mapping": {"id": "ops-bug"}}])
def test_a_cure_of_a_dry_run_stands_beside_the_button_that_it_names(
    asked: dict[str, object],
) -> None:
    html = _a_dry_run(asked)

    assert html.count('Press "Fill the field".') == 2
    assert html.count('mapping?id=ops-bug&read=anew#custom_fields">Fill the field</a>') == 2
    assert 'href="/admin/mapping?id=ops-bug">Look at the mapping</a>' in html


def test_g19_the_dry_run_of_a_rule_leads_to_where_it_is_taken_over_first() -> None:
    html = _a_dry_run({"mapping": {"id": "ops-bug"}, "rule": "ops-bug"})

    assert 'href="/admin/moving">Take it over</a>' in html
    assert "/admin/mapping" not in html


def test_a_cure_of_a_test_issue_stands_beside_the_button_that_it_names() -> None:
    steps = [{"name": "create", "status": "failed", **UNFILLED}]

    html = _a_job("job_test-issue.html", {"mapping_id": "m"}, {"steps": steps, "issue": None})

    assert 'Press "Fill the field".' in html
    assert 'mapping?id=m&read=anew#custom_fields">Fill the field</a>' in html


def test_a_cure_of_an_import_shows_the_json_that_belongs_into_the_file() -> None:
    asks = {**UNFILLED, "cure": 'Invoke the admin function with {"action": "resync"}.'}
    row: dict[str, object] = {"id": "m", "outcome": "invalid", "says": "Left out.", "changes": []}
    row |= {"check": {"problems": [UNFILLED, asks]}}

    html = _a_job("job_import.html", {"dry_run": True}, {"rows": [row]})

    assert UNFILLED["cure"] in html
    assert 'Press "Try again".' in html


@pytest.mark.parametrize(
    ("service", "to"),
    [({"id": "PA/B", "name": "Checkout"}, "/mapping?service=PA/B"), (None, "/mapping")],
)
def test_a_service_without_a_mapping_is_picked_already_where_one_is_made(
    service: object, to: str
) -> None:
    incident = {"id": "Q1", "title": "Slow", "status": None, "url": None, "service": service}
    whole: dict[str, object] = {"heading": "Incident 1 has no issue", "incident": incident}
    whole |= dict.fromkeys(("reason", "log", "next_try"))
    whole |= dict.fromkeys(("not_known", "mappings", "timeline"), ())

    html = _real("why_part.html", whole=whole, asked=None, error=None, title="", q="1", since=())

    assert f'href="/admin{to}">Make a mapping</a>' in html


@pytest.mark.parametrize("sendable", [0, 1])
def test_what_cannot_be_sent_again_leads_to_what_helps(sendable: int) -> None:
    letter = SimpleNamespace(
        name="No incident", why=None, event="", says="It cannot be read.", at=NOW, is_readable=False
    )
    counts = {"dead": 1 + sendable, "sendable": sendable, "untold": sendable, "gone": 0}

    html = _real("dead_letters.html", letters=[letter], **counts)

    assert 'href="/admin/health#recover">Open Recover</a>' in html
    assert ("Send again</button>" in html) is bool(sendable)
    assert ("It is no event that can be sent again." in html) is not sendable
