"""The promises of the ports in `ports/sweeps.py`, kept by the adapters and by the fakes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

import boto3
import pytest

from pdjira.adapters.aws.items import link_key, typed
from pdjira.adapters.aws.links import DynamoLinks, DynamoOpenLinks
from pdjira.adapters.aws.sweeps import PROBLEM_BYTES, PROBLEMS, DynamoDays, DynamoSweepResults
from pdjira.adapters.aws.webhooks import LambdaStarter
from pdjira.adapters.jira.searches import JiraStates
from pdjira.adapters.pagerduty import incidents
from pdjira.errors import Misconfigured, NotFound, Refused, Temporary, Unauthenticated
from pdjira.jql.ports import BATCH
from pdjira.model.incident import IncidentStatus
from pdjira.model.issue import IssueRef
from pdjira.model.link import Agreement, Link, LinkState
from pdjira.model.ports import Links
from pdjira.model.times import read_second
from pdjira.sweep.differences import IssueState, LogEntry, LogPage
from pdjira.sweep.ports import (
    Day,
    Days,
    Incidents,
    OpenLinks,
    Subscription,
    Subscriptions,
    SweepResult,
    SweepResults,
)
from tests.aws import LINKS_TABLE, REGION, Aws, Wire
from tests.builders import NOW, FakeClock, a_claim, a_link
from tests.contract import jira_sides
from tests.contract.jira_sides import PROJECT
from tests.contract.pagerduty_sides import client, connection
from tests.contract.wire_double import answer, serving
from tests.fakes.connecting import FakeSubscriptions
from tests.fakes.links import FakeLinks
from tests.fakes.pagerduty import FakePagerDuty
from tests.fakes.sweeps import (
    FakeDays,
    FakeIncidents,
    FakeIssueStates,
    FakeOpenLinks,
    FakeStarter,
    FakeSweepResults,
)
from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.delivery import Answer
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.server import PagerDutyServer

SERVICES = (seed.CHECKOUT, seed.PAYMENTS)
RESOLVED = Agreement(status=IncidentStatus.RESOLVED)
OUR_URL = "https://x.example.com/live/webhooks/pagerduty"


# ---- links


class Table(NamedTuple):
    links: Links
    open_links: OpenLinks


@pytest.fixture(params=["table", "fake"])
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "fake":
        links = FakeLinks()
        return Table(links, FakeOpenLinks(links))
    return a_table(request.getfixturevalue("aws"))


def a_table(aws: Aws) -> Table:
    return Table(
        DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="us"),
        DynamoOpenLinks(aws.dynamodb, LINKS_TABLE),
    )


def found(open_links: OpenLinks) -> list[Link]:
    return [link for batch in open_links.batches() for link in batch]


def test_p20_links_that_are_open_or_lack_something_are_found_whole_and_no_others(
    table: Table,
) -> None:
    wanted = [
        a_claim(incident_id="QCREATING", version=0),
        a_link(incident_id="QLINKED", version=0, notices={}),
        a_link(incident_id="QNOTES", version=0, agreed=RESOLVED, notes_since=NOW),
        a_link(incident_id="QREFUSED", version=0, agreed=RESOLVED, refused=True),
        a_link(incident_id="QFAILED", version=0, state=LinkState.FAILED, issue=None),
    ]
    others = [
        a_link(incident_id="QRESOLVED", version=0, agreed=RESOLVED),
        a_link(incident_id="QCLOSED", version=0, state=LinkState.CLOSED),
    ]

    stored = [table.links.save(link) for link in wanted]
    for link in others:
        table.links.save(link)

    assert sorted(found(table.open_links), key=_incident_id) == sorted(stored, key=_incident_id)


def test_r8_links_come_in_batches_that_one_search_can_compare(table: Table) -> None:
    for number in range(BATCH + 1):
        table.links.save(a_claim(incident_id=f"Q{number:03}", version=0))

    sizes = [len(batch) for batch in table.open_links.batches()]

    assert (max(sizes), sum(sizes)) == (BATCH, BATCH + 1)
    assert len({link.incident_id for link in found(table.open_links)}) == BATCH + 1


def test_links_come_in_an_order_that_stays_from_any_incident_on(table: Table) -> None:
    for number in range(6):
        table.links.save(a_link(incident_id=f"Q{number}", version=0, refused=number % 2 == 0))
    whole = [link.incident_id for link in found(table.open_links)]

    rest = [link.incident_id for batch in table.open_links.batches(start="Q3") for link in batch]

    assert whole == [f"Q{number}" for number in range(6)]
    assert rest == ["Q3", "Q4", "Q5"]


def test_where_no_link_is_open_there_is_no_batch(table: Table) -> None:
    assert list(table.open_links.batches()) == []


@pytest.mark.parametrize("incident_id", ["x" * 5000, "é" * 200, "a#LINK#b"])
def test_the_incident_of_a_link_is_known_whatever_its_id(table: Table, incident_id: str) -> None:
    table.links.save(a_claim(incident_id=incident_id, version=0))

    assert [link.incident_id for link in found(table.open_links)] == [incident_id]


def test_what_is_told_of_a_link_is_as_it_is_now(table: Table) -> None:
    first = table.links.save(a_claim(incident_id="Q1", version=0))
    batches = iter(table.open_links.batches())

    table.links.save(replace(first, project_id="10200"))

    assert [link.project_id for batch in batches for link in batch] == ["10200"]


def test_a_link_that_cannot_be_read_or_is_gone_by_now_is_passed_over(aws: Aws) -> None:
    table = a_table(aws)
    for name in ("Q1", "Q2", "Q3"):
        table.links.save(a_claim(incident_id=name, version=0))
    _spoil(aws, "Q2")
    Wire(aws.dynamodb).meanwhile("BatchGetItem", lambda: _delete(aws, "Q3"))

    assert [link.incident_id for link in found(table.open_links)] == ["Q1"]


def test_links_that_aws_leaves_out_are_asked_for_again(aws: Aws) -> None:
    table, wire = a_table(aws), Wire(aws.dynamodb)
    for name in ("Q1", "Q2"):
        table.links.save(a_claim(incident_id=name, version=0))
    _leave_out_once(aws)

    assert [link.incident_id for link in found(table.open_links)] == ["Q1", "Q2"]
    assert wire.calls.count("BatchGetItem") == 2


def test_a_table_that_gives_no_link_at_all_is_temporary(aws: Aws) -> None:
    table = a_table(aws)
    table.links.save(a_claim(version=0))
    keys = {"Keys": [typed(link_key("QINCIDENT00001", "ops-bug"))]}
    Wire(aws.dynamodb).answer(
        "BatchGetItem", "", status=200, Responses={}, UnprocessedKeys={LINKS_TABLE: keys}
    )

    with pytest.raises(Temporary):
        found(table.open_links)


def _incident_id(link: Link) -> str:
    return link.incident_id


def _spoil(aws: Aws, incident_id: str) -> None:
    """As a person may at the console."""
    aws.dynamodb.update_item(
        TableName=LINKS_TABLE,
        Key=typed(link_key(incident_id, "ops-bug")),
        UpdateExpression="REMOVE claimed_at",
    )


def _delete(aws: Aws, incident_id: str) -> None:
    aws.dynamodb.delete_item(TableName=LINKS_TABLE, Key=typed(link_key(incident_id, "ops-bug")))


def _leave_out_once(aws: Aws) -> None:
    """The first BatchGetItem gives all but its last item."""
    times = [1]

    def leave_out(parsed: dict[str, Any], **_: Any) -> None:
        if times:
            times.pop()
            item = parsed["Responses"][LINKS_TABLE].pop()
            key = {name: item[name] for name in ("pk", "sk")}
            parsed["UnprocessedKeys"] = {LINKS_TABLE: {"Keys": [key]}}

    aws.dynamodb.meta.events.register("after-call.*.BatchGetItem", leave_out)


# ---- what a sweep came to


@pytest.fixture(params=["table", "fake"])
def results(request: pytest.FixtureRequest) -> SweepResults:
    if request.param == "fake":
        return FakeSweepResults()
    return DynamoSweepResults(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def test_the_last_result_is_found_whole_in_place_of_the_one_before(results: SweepResults) -> None:
    first = SweepResult(at=NOW, since=None)
    second = SweepResult(
        at=NOW + timedelta(minutes=15, microseconds=1),
        since=NOW,
        compared=250,
        resynced=3,
        enabled=1,
        problems=("PagerDuty does not accept our API key.", "Ünsinn"),
        owing=("Q1", "Q2"),
        owed_since=NOW - timedelta(hours=1),
    )

    nothing = results.last()
    results.put(first)
    results.put(first)
    known = results.last()
    results.put(second)

    assert (nothing, known, results.last()) == (None, first, second)


def test_a_result_fits_however_much_went_wrong(aws: Aws) -> None:
    results = DynamoSweepResults(aws.dynamodb, LINKS_TABLE)

    results.put(SweepResult(at=NOW, since=None, problems=("x" * 5_000,) * 1_000))

    last = results.last()
    assert last is not None
    assert len(last.problems) == PROBLEMS
    assert {len(each.encode()) for each in last.problems} == {PROBLEM_BYTES}


# ---- PagerDuty


class PagerDuty(NamedTuple):
    """The port, and PagerDuty as people see it; `refuse` makes our key unknown."""

    incidents: Incidents
    model: PagerDutyModel
    clock: FakeClock
    refuse: Callable[[], None]


@pytest.fixture(params=["fake", "adapter"])
def pagerduty(request: pytest.FixtureRequest) -> Iterator[PagerDuty]:
    clock = FakeClock()
    if request.param == "fake":
        fake = FakePagerDuty(clock=clock)
        refuse = _setter(fake, "authenticated", value=False)
        yield PagerDuty(FakeIncidents(fake), fake.model, clock, refuse)
        return
    with PagerDutyServer(clock=clock) as server:
        keys = {"api_token": seed.API_TOKEN}
        ours = client(lambda: connection(server.url, **keys)).history()
        yield PagerDuty(ours, server.model, clock, lambda: keys.update(api_token="not-a-key"))


def _setter(thing: object, name: str, *, value: object) -> Callable[[], None]:
    return lambda: setattr(thing, name, value)


def opened(pagerduty: PagerDuty, title: str = "Checkout is down", **changes: Any) -> str:
    given = {"by": seed.RESPONDER, **changes}
    return pagerduty.model.trigger(given.pop("service_id", seed.CHECKOUT), title, **given).id


def open_now(incidents: Incidents) -> list[str]:
    pages = incidents.open_incidents(SERVICES)
    return [incident.id for page in pages for incident in page]


def whole_log(incidents: Incidents, *, since: datetime, until: datetime) -> list[LogEntry]:
    start: int | None = 0
    entries: list[LogEntry] = []
    while start is not None:
        page = incidents.log(since=since, until=until, start=start)
        entries += page.entries
        start = page.next_start
    return entries


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """PagerDuty shows three pages of two rows."""
    monkeypatch.setattr(incidents, "PAGE", 2)
    monkeypatch.setattr(incidents, "SHOWN", 6)
    monkeypatch.setattr("tests.sandbox.pagerduty.api.MAX_OFFSET", 6)


def test_p20_open_incidents_are_found_however_old_and_resolved_ones_are_not(
    pagerduty: PagerDuty,
) -> None:
    old, resolved, taken = (opened(pagerduty) for _ in range(3))
    pagerduty.model.resolve(resolved, by=seed.RESPONDER)
    pagerduty.model.acknowledge(taken, by=seed.RESPONDER)
    pagerduty.clock.forward(days=400)
    young = opened(pagerduty, service_id=seed.PAYMENTS)

    assert open_now(pagerduty.incidents) == [old, taken, young]


def test_an_incident_of_the_list_tells_what_is_compared(pagerduty: PagerDuty) -> None:
    incident_id = opened(pagerduty, "Überall 🔥", priority_id="PP1")
    pagerduty.model.acknowledge(incident_id, by=seed.RESPONDER)

    ((incident,),) = pagerduty.incidents.open_incidents(SERVICES)

    assert incident.priority is not None
    assert (incident.title, incident.priority.id) == ("Überall 🔥", "PP1")
    assert incident.status is IncidentStatus.ACKNOWLEDGED
    assert (incident.service.id, incident.created_at) == (seed.CHECKOUT, NOW)


def test_r8_a_page_holds_a_hundred_open_incidents(pagerduty: PagerDuty) -> None:
    for _ in range(incidents.PAGE + 1):
        opened(pagerduty)

    pages = [len(page) for page in pagerduty.incidents.open_incidents(SERVICES)]

    assert pages == [100, 1]


def test_open_incidents_of_other_services_are_not_read(pagerduty: PagerDuty) -> None:
    ours = opened(pagerduty)
    opened(pagerduty, service_id=seed.PAYMENTS)

    pages = list(pagerduty.incidents.open_incidents([seed.CHECKOUT]))

    assert [incident.id for page in pages for incident in page] == [ours]
    assert list(pagerduty.incidents.open_incidents([])) == []


def test_more_services_than_a_url_holds_are_asked_for_in_turn(
    pagerduty: PagerDuty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "SERVICES", 1)
    ours, others = opened(pagerduty), opened(pagerduty, service_id=seed.PAYMENTS)

    assert sorted(open_now(pagerduty.incidents)) == sorted([ours, others])


@pytest.mark.usefixtures("few")
def test_services_that_have_more_than_pagerduty_shows_are_asked_for_one_by_one(
    pagerduty: PagerDuty,
) -> None:
    ours = [opened(pagerduty) for _ in range(5)]
    others = [opened(pagerduty, service_id=seed.PAYMENTS) for _ in range(5)]

    assert set(open_now(pagerduty.incidents)) == {*ours, *others}


@pytest.mark.usefixtures("few")
def test_more_open_incidents_than_pagerduty_shows_are_refused(pagerduty: PagerDuty) -> None:
    shown = [opened(pagerduty) for _ in range(6)]
    before = open_now(pagerduty.incidents)
    opened(pagerduty)

    with pytest.raises(Refused) as raised:
        open_now(pagerduty.incidents)

    assert before == shown
    assert raised.value.cure


def created(pagerduty: PagerDuty, *, days: int) -> list[str]:
    found: list[str] = []
    start: int | None = 0
    while start is not None:
        page = pagerduty.incidents.created(
            seed.CHECKOUT,
            since=pagerduty.clock() - timedelta(days=days),
            until=pagerduty.clock(),
            start=start,
        )
        found += [incident.id for incident in page.incidents]
        start = page.next_start
    return found


def test_g8_an_incident_of_this_very_second_is_one_of_the_last_days(pagerduty: PagerDuty) -> None:
    pagerduty.clock.forward(seconds=0.6)
    new = opened(pagerduty)

    assert created(pagerduty, days=1) == [new]


def test_g8_incidents_of_the_last_days_are_found_newest_first_whatever_their_status(
    pagerduty: PagerDuty,
) -> None:
    old = opened(pagerduty)
    pagerduty.clock.forward(days=8)
    resolved = opened(pagerduty)
    opened(pagerduty, service_id=seed.PAYMENTS)
    pagerduty.model.resolve(resolved, by=seed.RESPONDER)
    pagerduty.clock.forward(days=1)
    young = opened(pagerduty)

    assert created(pagerduty, days=7) == [young, resolved]
    assert created(pagerduty, days=30) == [young, resolved, old]


@pytest.mark.usefixtures("few")
def test_g8_incidents_come_page_by_page_as_far_as_pagerduty_shows_them(
    pagerduty: PagerDuty,
) -> None:
    made = []
    for _ in range(7):
        pagerduty.clock.forward(minutes=1)
        made.append(opened(pagerduty))

    assert created(pagerduty, days=1) == made[:0:-1]


def test_p20_the_log_tells_what_happened_to_all_incidents_newest_first(
    pagerduty: PagerDuty,
) -> None:
    first = opened(pagerduty)
    pagerduty.clock.forward(minutes=1)
    second = opened(pagerduty, service_id=seed.PAYMENTS)
    pagerduty.model.add_note(
        first, "Restarted web-7.\nAll is well — für alle 🔥", by=seed.RESPONDER
    )
    pagerduty.clock.forward(minutes=1)
    pagerduty.model.resolve(first, by=seed.RESPONDER, resolution="Enough of it")

    entries = whole_log(pagerduty.incidents, since=NOW, until=pagerduty.clock())

    assert [(one.incident_id, one.kind, one.at - NOW) for one in entries] == [
        (first, "resolve", timedelta(minutes=2)),
        (first, "annotate", timedelta(minutes=1)),
        (second, "trigger", timedelta(minutes=1)),
        (first, "trigger", timedelta()),
    ]
    services = [seed.CHECKOUT, seed.CHECKOUT, seed.PAYMENTS, seed.CHECKOUT]
    assert [one.service_id for one in entries] == services


def test_both_ends_of_the_log_are_included_and_nothing_beyond(pagerduty: PagerDuty) -> None:
    made = []
    for _ in range(4):
        made.append(opened(pagerduty))
        pagerduty.clock.forward(seconds=1)

    entries = whole_log(
        pagerduty.incidents, since=NOW + timedelta(seconds=1), until=NOW + timedelta(seconds=2)
    )

    assert [one.incident_id for one in entries] == [made[2], made[1]]


def test_fractions_of_a_second_lose_no_line_of_the_log(pagerduty: PagerDuty) -> None:
    pagerduty.clock.forward(seconds=1, milliseconds=600)
    incident_id = opened(pagerduty)
    at = pagerduty.clock()

    entries = whole_log(pagerduty.incidents, since=at, until=at)

    assert [one.incident_id for one in entries] == [incident_id]


def test_r8_a_page_holds_a_hundred_lines_of_the_log(pagerduty: PagerDuty) -> None:
    for _ in range(incidents.PAGE):
        opened(pagerduty)
    since = until = pagerduty.clock()
    whole = pagerduty.incidents.log(since=since, until=until)
    opened(pagerduty)

    page = pagerduty.incidents.log(since=since, until=until)

    assert (len(whole.entries), whole.next_start, whole.is_cut) == (100, None, False)
    assert (len(page.entries), page.next_start, page.is_cut) == (100, 100, False)


@pytest.mark.usefixtures("few")
def test_a_log_that_pagerduty_does_not_show_whole_says_so(pagerduty: PagerDuty) -> None:
    for _ in range(6):
        opened(pagerduty)
    ended = pagerduty.incidents.log(since=NOW, until=NOW, start=4)
    opened(pagerduty)

    page = pagerduty.incidents.log(since=NOW, until=NOW, start=4)

    assert (ended.next_start, ended.is_cut) == (None, False)
    assert (len(page.entries), page.next_start, page.is_cut) == (2, None, True)


def test_a_key_that_is_not_accepted_reads_neither_incidents_nor_log(pagerduty: PagerDuty) -> None:
    pagerduty.refuse()

    with pytest.raises(Unauthenticated):
        open_now(pagerduty.incidents)
    with pytest.raises(Unauthenticated):
        pagerduty.incidents.log(since=NOW, until=NOW)


@pytest.mark.parametrize("body", ["{}", '{"incidents": [{"id": "Q1"}], "more": false}'])
def test_a_list_of_incidents_that_cannot_be_understood_is_temporary(body: str) -> None:
    with serving(answer(200, body)) as stage, pytest.raises(Temporary):
        open_now(client(lambda: connection(stage.url)).history())


def test_lines_of_no_incident_are_left_out_of_the_log() -> None:
    rows = [
        {"type": "notify_log_entry", "created_at": "2026-11-24T03:00:00Z", "incident": None},
        "nonsense",
        {"type": "annotate_log_entry", "created_at": "2026-11-24T03:00:00Z", **_about("Q1")},
    ]

    page = _log_of({"log_entries": rows, "more": False})

    whole = LogEntry(incident_id="Q1", service_id=None, kind="annotate", at=NOW)
    assert page == LogPage(entries=(whole,), next_start=None)


@pytest.mark.parametrize("said", [{}, {"log_entries": [{"incident": {"id": "Q1"}}]}])
def test_a_log_that_cannot_be_understood_is_temporary(said: dict[str, Any]) -> None:
    with pytest.raises(Temporary):
        _log_of(said)


def _about(incident_id: str) -> dict[str, Any]:
    return {"incident": {"id": incident_id, "type": "incident_reference"}}


def _log_of(said: dict[str, Any]) -> LogPage:
    with serving(answer(200, json.dumps(said))) as stage:
        asked = client(lambda: connection(stage.url)).history()
        return asked.log(since=NOW, until=NOW)


# ---- webhook subscriptions


class Switches(NamedTuple):
    port: Subscriptions
    subscription_id: str
    disable: Callable[[], None]
    forbid: Callable[[], None]


@pytest.fixture(params=["fake", "adapter"])
def switches(request: pytest.FixtureRequest) -> Iterator[Switches]:
    if request.param == "fake":
        fake = FakeSubscriptions(FakePagerDuty(), a_subscription())
        forbid = _setter(fake, "is_forbidden", value=True)
        yield Switches(fake, "PSUBSCR", lambda: fake.disable("PSUBSCR"), forbid)
        return
    with PagerDutyServer(send=lambda *_: Answer(status=410)) as server:
        made = server.webhooks.create(
            OUR_URL, events=["incident.triggered"], filter_={"type": "account_reference"}
        )
        keys = {"api_token": seed.API_TOKEN}
        ours = client(lambda: connection(server.url, **keys)).subscriptions()
        yield Switches(
            ours,
            made.id,
            lambda: setattr(made, "disabled_until", datetime.max.replace(tzinfo=UTC)),
            lambda: keys.update(api_token=seed.NARROW_TOKEN),
        )


def a_subscription(**changes: Any) -> Subscription:
    values: dict[str, Any] = {
        "id": "PSUBSCR",
        "url": OUR_URL,
        "events": frozenset({"incident.triggered"}),
        "service_id": None,
        "is_active": True,
        "is_disabled": False,
    }
    return Subscription(**{**values, **changes})


def test_p20_a_subscription_that_was_switched_off_is_switched_on_again(switches: Switches) -> None:
    switches.disable()
    (off,) = switches.port.list_subscriptions()

    switches.port.enable(switches.subscription_id)
    switches.port.enable(switches.subscription_id)

    (on,) = switches.port.list_subscriptions()
    assert off == a_subscription(id=switches.subscription_id, is_disabled=True)
    assert on == a_subscription(id=switches.subscription_id)


def test_a_subscription_that_is_gone_is_not_found(switches: Switches) -> None:
    with pytest.raises(NotFound):
        switches.port.enable("PGONE01")


def test_a_key_without_the_right_to_subscriptions_is_refused(switches: Switches) -> None:
    switches.forbid()

    with pytest.raises(Refused):
        switches.port.list_subscriptions()
    with pytest.raises(Refused):
        switches.port.enable(switches.subscription_id)


# ---- Jira


def states_of(side: jira_sides.Side) -> JiraStates | FakeIssueStates:
    if isinstance(side, jira_sides.InProcess):
        return FakeIssueStates(side.port)
    assert isinstance(side, jira_sides.OverHttp)
    return side.port.states()


def an_issue(side: jira_sides.Side, **fields: Any) -> IssueRef:
    made = {"project": {"id": PROJECT}, "issuetype": {"id": "10001"}, "summary": "Slow", **fields}
    bean = side.model.create_issue("alice", {"fields": made})
    return IssueRef(id=bean["id"], key=bean["key"])


def test_p20_the_states_of_the_issues_that_are_asked_for_are_told(side: jira_sides.Side) -> None:
    first = an_issue(side, summary="Überall 🔥", priority={"id": "2"})
    second, _ = an_issue(side), an_issue(side)

    told = states_of(side).states([second.id, first.id])

    assert {state.ref: state for state in told} == {
        first: _as_it_is(side, first),
        second: _as_it_is(side, second),
    }
    assert _as_it_is(side, first).priority_id == "2"


def test_an_issue_that_is_gone_or_never_was_is_not_shown_and_hides_no_other(
    side: jira_sides.Side,
) -> None:
    issue, gone = an_issue(side), an_issue(side)
    side.model.delete_issue("alice", gone.id)

    told = states_of(side).states([gone.id, issue.id, "99999", "not a number"])

    assert [state.ref for state in told] == [issue]


def test_the_index_may_show_what_was(side: jira_sides.Side) -> None:
    issue = an_issue(side, summary="Slow")
    side.model.lag = 30
    side.clock.forward(seconds=60)
    side.model.edit_issue("alice", issue.id, {"fields": {"summary": "Fast"}})

    (lagging,) = states_of(side).states([issue.id])
    side.clock.forward(seconds=31)
    (current,) = states_of(side).states([issue.id])

    assert (lagging.summary, current.summary) == ("Slow", "Fast")


def test_no_issue_needs_no_search(side: jira_sides.Side) -> None:
    side.refuse_us()

    assert list(states_of(side).states([])) == []


def test_r8_a_hundred_issues_are_one_search_unless_jira_gives_fewer(
    side: jira_sides.Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    issues = [an_issue(side) for _ in range(BATCH)]

    whole = states_of(side).states([issue.id for issue in issues])
    searches = _searches(side)
    if not isinstance(side, jira_sides.InProcess):
        monkeypatch.setattr("tests.sandbox.jira.model.SEARCH_CAP", 40)
    capped = states_of(side).states([issue.id for issue in issues])

    assert searches == 1
    assert {state.ref for state in whole} == set(issues)
    assert sorted(capped, key=_key) == sorted(whole, key=_key)


def test_an_empty_answer_to_nobody_is_not_believed(side: jira_sides.Side) -> None:
    side.refuse_us()

    with pytest.raises(Unauthenticated):
        states_of(side).states(["10001"])


@pytest.mark.parametrize("row", [{"id": "1", "key": "OPS-1"}, {"fields": {"status": {"id": "1"}}}])
def test_an_issue_that_jira_does_not_describe_is_temporary(row: dict[str, Any]) -> None:
    with serving(answer(200, json.dumps({"total": 1, "issues": [row]}))) as stage:
        states = jira_sides.client(lambda: jira_sides.connection(stage.url)).states()
        with pytest.raises(Temporary):
            states.states(["1"])


def test_an_issue_without_a_priority_has_none() -> None:
    fields = {"status": {"id": "1"}, "priority": None, "summary": None}
    row = {"id": "1", "key": "OPS-1", "fields": fields}

    with serving(answer(200, json.dumps({"total": 1, "issues": [row]}))) as stage:
        states = jira_sides.client(lambda: jira_sides.connection(stage.url)).states()
        (state,) = states.states(["1"])

    ref = IssueRef(id="1", key="OPS-1")
    assert state == IssueState(ref=ref, status_id="1", priority_id=None, summary="")


def test_nothing_found_that_does_not_tell_for_whom_is_asked_after() -> None:
    nothing = answer(200, '{"total": 0, "issues": []}')

    with serving(nothing, answer(401, '{"message": "no"}')) as stage:
        states = jira_sides.client(lambda: jira_sides.connection(stage.url)).states()
        with pytest.raises(Unauthenticated):
            states.states(["1"])


def _key(state: IssueState) -> str:
    return state.ref.key


def _as_it_is(side: jira_sides.Side, issue: IssueRef) -> IssueState:
    fields = side.model.get_issue("alice", issue.id)["fields"]
    return IssueState(
        ref=issue,
        status_id=fields["status"]["id"],
        priority_id=fields["priority"]["id"],
        summary=fields["summary"],
        created_at=read_second(fields["created"]),
    )


def _searches(side: jira_sides.Side) -> int:
    if isinstance(side, jira_sides.InProcess):
        return side.port.calls["states"]
    assert isinstance(side, jira_sides.OverHttp)
    return sum("/search" in str(call) for call in side.server.calls.calls())


# ---- a sweep at once


class Taken(NamedTuple):
    """A starter, and the requests that Lambda took from it."""

    starter: LambdaStarter
    requests: list[dict[str, Any]]


@pytest.fixture
def function(aws: Aws) -> Taken:
    """Lambda takes every event in, and runs nothing."""
    del aws
    ours, requests = a_lambda(), []

    def take(params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        requests.append(params)
        return SimpleNamespace(status_code=202), {"StatusCode": 202}

    ours.meta.events.register("before-call.lambda.Invoke", take)
    return Taken(LambdaStarter(ours, "jql-poller"), requests)


@pytest.fixture(params=["lambda", "fake"])
def starter(request: pytest.FixtureRequest) -> LambdaStarter | FakeStarter:
    if request.param == "fake":
        return FakeStarter()
    taken: Taken = request.getfixturevalue("function")
    return taken.starter


def a_lambda() -> Any:
    return boto3.Session("testing", "testing", region_name=REGION).client("lambda")


def test_a_sweep_may_be_started_again_and_again(starter: LambdaStarter | FakeStarter) -> None:
    starter.start()
    starter.start()


def test_a_sweep_is_started_as_the_schedule_does_and_not_waited_for(function: Taken) -> None:
    function.starter.start()

    (sent,) = function.requests
    assert sent["url_path"] == "/2015-03-31/functions/jql-poller/invocations"
    assert sent["headers"]["X-Amz-Invocation-Type"] == "Event"
    assert json.loads(sent["body"]) == {"mode": "sweep"}


@pytest.mark.usefixtures("aws")
def test_a_function_that_is_not_there_is_a_fault_of_the_stack() -> None:
    with pytest.raises(Misconfigured) as raised:
        LambdaStarter(a_lambda(), "gone").start()

    assert "gone" in str(raised.value)


# ---- what was seen on a day


@pytest.fixture(params=["table", "fake"])
def days(request: pytest.FixtureRequest) -> Days:
    if request.param == "fake":
        return FakeDays()
    return DynamoDays(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def test_g6_what_was_seen_on_a_day_is_kept_in_place_of_the_day_before(days: Days) -> None:
    assert days.last() is None
    day = Day(at=NOW, held=frozenset({"Add Comments in OPS"}), lost=("x",), soon=("y", "z"))

    days.put(Day(at=NOW - timedelta(days=1)))
    days.put(day)

    assert days.last() == day
    assert day.attentions == 3


def test_a_day_that_cannot_be_read_was_none(aws: Aws) -> None:
    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item=typed({"pk": "SWEEP#", "sk": "DAY"}))

    assert DynamoDays(aws.dynamodb, LINKS_TABLE).last() is None
