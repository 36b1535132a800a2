"""The table of faults: what each call to both vendors makes of each way in which it can fail.

A read is never ambiguous. A write that may not be repeated is ambiguous exactly where the request
may have taken effect; otherwise it has not, which is looked up at the server.
"""

import socket
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pdjira.adapters.http.messages import Site
from pdjira.adapters.http.transport import CallLimits, OwnError, Transport
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.jira.session import JiraAccess
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.errors import (
    Ambiguous,
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    TooLarge,
    Unauthenticated,
)
from pdjira.model.comment import Comment
from pdjira.model.incident import IncidentChange, IncidentStatus
from pdjira.model.workflow import Filling
from tests.builders import NOW, FakeClock
from tests.contract import pagerduty_sides
from tests.contract.jira_sides import BUG, PROJECT, START, FakeKey, connection, draft, link
from tests.contract.wire_double import serving
from tests.sandbox.faults import Fault, FaultKind
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.server import PagerDutyServer

IMPATIENT = CallLimits(connect=2, read=0.15, total=0.25)
PATIENT = CallLimits(connect=5, read=20, total=30)
TOO_MUCH = 10 * 1024 * 1024 + 1
PAGE = "<html><body>Sorry</body></html>"
TEXT = {"Content-Type": "text/plain"}
HTML = {"Content-Type": "text/html"}

# ---- the calls


@dataclass(kw_only=True)
class Scene:
    """Both clients, and what their calls are about; `summary` is that of the issue to create."""

    jira: JiraClient
    pagerduty: PagerDutyClient
    issue: str
    summary: str
    incident: str
    log_entry: str


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of a client, and the request of it that fails (`path`, a regular expression).

    `looks`: whether it reads the body of a success. `lists`: whether that body is a list.
    """

    side: Side
    act: Callable[[Scene], Any]
    path: str | None = None
    looks: bool = True
    lists: bool = False
    misses_nothing: bool = False


def _jira(act: Callable[[Scene], Any], **more: Any) -> Method:
    return Method(side=Side.JIRA, act=act, **more)


def _pagerduty(act: Callable[[Scene], Any], **more: Any) -> Method:
    return Method(side=Side.PAGERDUTY, act=act, **more)


COMMENT = Comment(id="P1", incident_id="Q1", about="a note", body="Restarted.")
RESOLVED = IncidentChange(status=IncidentStatus.RESOLVED)
PLACE = {"project_id": PROJECT, "issue_type_id": BUG}

REPEATABLE = {
    "jira server_info": _jira(lambda on: on.jira.server_info()),
    "jira who_am_i": _jira(lambda on: on.jira.who_am_i()),
    "jira create_screen": _jira(lambda on: on.jira.create_screen(**PLACE), path="/createmeta"),
    "jira find_issue": _jira(lambda on: on.jira.find_issue(draft(), since=START)),
    "jira find_moved_issue": _jira(
        lambda on: on.jira.find_moved_issue(draft(), since=START, taken=())
    ),
    "jira put_remote_link": _jira(lambda on: on.jira.put_remote_link(on.issue, link())),
    "jira read_issue": _jira(lambda on: on.jira.issues().read_issue(on.issue)),
    "jira read_issue, with comments": _jira(
        lambda on: on.jira.issues().read_issue(on.issue, with_comments=True)
    ),
    "jira read_history": _jira(lambda on: on.jira.issues().read_history(on.issue)),
    "jira read_comments": _jira(lambda on: on.jira.comments().read_comments(on.issue)),
    "jira is_marked": _jira(lambda on: on.jira.comments().is_marked(on.issue), misses_nothing=True),
    "jira transitions": _jira(lambda on: on.jira.issues().transitions(on.issue)),
    "jira update_issue": _jira(
        lambda on: on.jira.issues().update_issue(on.issue, {"summary": "x"}), looks=False
    ),
    "jira delete_issue": _jira(lambda on: on.jira.issues().delete_issue(on.issue), looks=False),
    "jira issue_in": _jira(lambda on: on.jira.issues().issue_in(**PLACE, status_id="1")),
    "jira find_comments": _jira(
        lambda on: on.jira.comments().find_comments(on.issue, COMMENT, since=START)
    ),
    "jira rights": _jira(lambda on: on.jira.rights().in_project(PROJECT), path="/mypermissions"),
    "jira rights, project": _jira(
        lambda on: on.jira.rights().in_project(PROJECT), path="/project/"
    ),
    "jira project": _jira(lambda on: on.jira.catalogue().project(PROJECT), path=r"/project/\d+$"),
    "jira project, statuses": _jira(
        lambda on: on.jira.catalogue().project(PROJECT), path="/statuses$", lists=True
    ),
    "jira priorities": _jira(lambda on: on.jira.catalogue().priorities(), lists=True),
    "jira resolutions": _jira(lambda on: on.jira.catalogue().resolutions(), lists=True),
    "pagerduty get_incident": _pagerduty(lambda on: on.pagerduty.get_incident(on.incident)),
    "pagerduty trigger_details": _pagerduty(
        lambda on: on.pagerduty.trigger_details(on.log_entry), misses_nothing=True
    ),
    "pagerduty change_incident": _pagerduty(
        lambda on: on.pagerduty.change_incident(on.incident, RESOLVED)
    ),
    "pagerduty has_been": _pagerduty(
        lambda on: on.pagerduty.has_been(on.incident, IncidentStatus.RESOLVED, since=NOW)
    ),
    "pagerduty list_notes": _pagerduty(lambda on: on.pagerduty.list_notes(on.incident)),
    "pagerduty service": _pagerduty(lambda on: on.pagerduty.catalogue().service(seed.CHECKOUT)),
    "pagerduty priorities": _pagerduty(lambda on: on.pagerduty.catalogue().priorities()),
    "pagerduty email_of": _pagerduty(lambda on: on.pagerduty.catalogue().email_of(seed.RESPONDER)),
    "pagerduty read_incidents": _pagerduty(lambda on: on.pagerduty.rights().read_incidents()),
    "pagerduty read_log_entries": _pagerduty(lambda on: on.pagerduty.rights().read_log_entries()),
    "pagerduty write_notes": _pagerduty(
        lambda on: on.pagerduty.rights().write_notes(), misses_nothing=True
    ),
    "pagerduty change_incidents": _pagerduty(
        lambda on: on.pagerduty.rights().change_incidents(), misses_nothing=True
    ),
    "pagerduty find_user": _pagerduty(lambda on: on.pagerduty.rights().find_user()),
    "pagerduty list_subscriptions": _pagerduty(
        lambda on: on.pagerduty.subscriptions().list_subscriptions()
    ),
}
ONCE = {
    "jira create_issue": _jira(
        lambda on: on.jira.create_issue(draft(fields={"summary": on.summary}))
    ),
    "jira add_comment": _jira(lambda on: on.jira.comments().add_comment(on.issue, COMMENT)),
    "jira transition": _jira(
        lambda on: on.jira.issues().transition(on.issue, "11", Filling()), looks=False
    ),
    "pagerduty add_note": _pagerduty(lambda on: on.pagerduty.add_note(on.incident, "Hello")),
}

# ---- the faults


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fault, and the error of repeatable calls and of those that are made once.

    `reads_on`: only the body is wrong, so that whoever does not read it sees a success.
    """

    rule: dict[str, Any] = field(default_factory=dict)
    again: type[PdjiraError]
    once: type[PdjiraError]
    waited: bool = False
    retry_after: float | None = None
    reads_on: bool = False


def _status(status: int, body: object = "", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"kind": FaultKind.STATUS, "status": status, "body": body, "headers": named}


def _unknown(rule: dict[str, Any], **more: Any) -> Row:
    """Nobody can tell whether the request took effect."""
    return Row(rule=rule, again=Temporary, once=Ambiguous, **more)


def _sure(rule: dict[str, Any], error: type[PdjiraError], **more: Any) -> Row:
    """The request surely took no effect."""
    return Row(rule=rule, again=error, once=error, **more)


WEB_PAGE = _status(200, PAGE, **HTML)
ROWS = {
    "the connection is cut before anything is done": _unknown({"kind": FaultKind.CUT_BEFORE}),
    "the connection is cut when all is done": _unknown({"kind": FaultKind.CUT_AFTER}),
    "it hangs": _unknown({"kind": FaultKind.SLOW, "seconds": 5}, waited=True),
    "its answer drips": _unknown(
        {"kind": FaultKind.DRIP, "seconds": 0.05, "status": 200, "body": " " * 200}, waited=True
    ),
    "429 with a time": _sure(_status(429, Retry_After="7"), Temporary, retry_after=7),
    "429 with a time of ages": _sure(
        _status(429, Retry_After="9" * 19), Temporary, retry_after=900
    ),
    "429 with PagerDuty's header": _sure(
        _status(429, ratelimit_reset="9"), Temporary, retry_after=9
    ),
    "429 without a time": _sure(_status(429), Temporary),
    "408": _sure(_status(408), Temporary),
    "503 with a page": _sure(_status(503, PAGE, **HTML), Temporary),
    "500 with a page": _unknown(_status(500, PAGE, **HTML)),
    "500 of something in between": _unknown(_status(500, {"message": "Internal error"})),
    "502 with a page": _unknown(_status(502, PAGE, **HTML)),
    "504 with a page": _unknown(_status(504, PAGE, **HTML), waited=True),
    "599": _unknown(_status(599)),
    "a redirect": _sure(_status(302, Location="https://other.example.com/rest"), Temporary),
    "an empty 200": _unknown(_status(200), reads_on=True),
    "an empty 200 in plain text": _unknown(_status(200, **TEXT), reads_on=True),
    "a 200 in plain text": _unknown(_status(200, "OK", **TEXT), reads_on=True),
    "a 200 cut short": _unknown(_status(200, '{"id": "1', **TEXT), reads_on=True),
    "a 200 that is no object": _unknown(_status(200, "null", **TEXT), reads_on=True),
    "a 200 nested without end": _unknown(_status(200, "[" * 100_000, **TEXT), reads_on=True),
    "a 200 of more than 10 MB": Row(
        rule=_status(200, " " * TOO_MUCH), again=TooLarge, once=Ambiguous
    ),
    "a page not found": _sure(_status(404, PAGE, **HTML), Misconfigured),
}
JIRAS = {
    "401": _sure(_status(401), Unauthenticated),
    "a CAPTCHA": _sure(
        _status(403, PAGE, X_Authentication_Denied_Reason="CAPTCHA_CHALLENGE"), Unauthenticated
    ),
    "a page to log in": _sure(WEB_PAGE, Unauthenticated),
    "a redirect to a page to log in": _sure(
        _status(302, Location="https://sso.example.com/login"), Unauthenticated
    ),
    "Jira's own 403": _sure(_status(403, {"errorMessages": ["No."], "errors": {}}), Refused),
    "Jira's own 404": _sure(_status(404, {"errorMessages": ["None."], "errors": {}}), NotFound),
    "Jira's own 400": _sure(_status(400, {"errorMessages": [], "errors": {"a": "b"}}), Refused),
    "a blocked account": _sure(
        _status(403, "", Retry_After="9223372036854775807"), Temporary, retry_after=900
    ),
}
PAGERDUTYS = {
    "401": _sure(
        _status(401, {"error": {"message": "Unauthorized", "code": 2006}}), Unauthenticated
    ),
    "a web page": _unknown(WEB_PAGE),
    "PagerDuty's own 500": _sure(
        _status(500, {"error": {"message": "Internal", "code": 2000}}), Temporary
    ),
    "PagerDuty's own 403": _sure(
        _status(403, {"error": {"message": "Access Denied", "code": 2010}}), Refused
    ),
    "PagerDuty's own 404": _sure(
        _status(404, {"error": {"message": "Not Found", "code": 2100}}), NotFound
    ),
    "PagerDuty's own 400": _sure(
        _status(400, {"error": {"message": "Invalid", "code": 2001}}), Refused
    ),
    "a From that is no user": _sure(
        _status(400, {"error": {"message": "Requester User Not Found", "code": 1008}}),
        Misconfigured,
    ),
}


def _table(methods: dict[str, Method]) -> list[Any]:
    own = {Side.JIRA: JIRAS, Side.PAGERDUTY: PAGERDUTYS}
    return [
        pytest.param(method, row, id=f"{method_name}: {name}")
        for method_name, method in methods.items()
        for name, row in {**ROWS, **own[method.side]}.items()
    ]


# ---- the stage


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[JiraServer, PagerDutyServer]]:
    with JiraServer(clock=FakeClock(START)) as jira, PagerDutyServer() as pagerduty:
        yield jira, pagerduty


@pytest.fixture
def stage(servers: tuple[JiraServer, PagerDutyServer]) -> Iterator["Stage"]:
    stage = Stage(*servers)
    yield stage
    stage.jira.faults.clear()
    stage.pagerduty.faults.clear()


class Stage:
    """Both servers, each call with clients and an issue and incident of its own."""

    def __init__(self, jira: JiraServer, pagerduty: PagerDutyServer) -> None:
        self.jira = jira
        self.pagerduty = pagerduty

    def failure(self, method: Method, rule: dict[str, Any]) -> PdjiraError | None:
        """What comes out of the method under the fault; None for a success."""
        timed = rule["kind"] in {FaultKind.SLOW, FaultKind.DRIP}
        scene = self.scene(IMPATIENT if timed else PATIENT)
        fault = Fault(**rule, times=None, path=method.path)
        self.server(method).faults.add(fault)
        before = self._written(method, scene)
        raised = None
        try:
            method.act(scene)
        except PdjiraError as error:
            raised = error
        if raised is not None and not isinstance(raised, Ambiguous):
            is_done = rule["kind"] in {FaultKind.CUT_AFTER, FaultKind.DRIP}
            assert is_done or self._written(method, scene) == before
        return raised

    def scene(
        self, limits: CallLimits, *, jira: str | None = None, pagerduty: str | None = None
    ) -> Scene:
        """Clients with such limits, before these servers or those at other addresses."""

        def open_transport(site: Site, *, own_error: OwnError) -> Transport:
            return Transport(site, own_error=own_error, limits=limits)

        fields = {
            "project": {"id": PROJECT},
            "issuetype": {"id": BUG},
            "summary": "Slow",
        }
        issue = self.jira.model.create_issue(OUR_ACCOUNT, {"fields": fields})
        incident = self.pagerduty.model.trigger(seed.CHECKOUT, "Slow", by=seed.RESPONDER)
        there = pagerduty_sides.connection(pagerduty or self.pagerduty.url)
        here = connection(jira or self.jira.url)
        return Scene(
            jira=JiraClient(
                JiraAccess(connection=lambda: here, signing_key=FakeKey(), allow_insecure=True),
                clock=FakeClock(START),
                monotonic=lambda: 0.0,
                open_transport=open_transport,
            ),
            pagerduty=PagerDutyClient(
                lambda: there, allow_insecure=True, open_transport=open_transport
            ),
            issue=str(issue["id"]),
            summary=f"After {issue['key']}",
            incident=incident.id,
            log_entry=incident.log[0].id,
        )

    def server(self, method: Method) -> JiraServer | PagerDutyServer:
        """The one that the method calls."""
        return self.jira if method.side is Side.JIRA else self.pagerduty

    def _written(self, method: Method, scene: Scene) -> object:
        """What is there of what the method may have written."""
        if method.side is Side.PAGERDUTY:
            incident = self.pagerduty.model.incident(scene.incident)
            return incident.status, len(incident.notes)
        titles = [one.values.get("summary") for one in [*self.jira.model.issues.values()]]
        return titles.count(scene.summary), self.jira.model.get_issue("alice", scene.issue)


# ---- the table


@pytest.mark.parametrize(("method", "row"), _table(REPEATABLE))
def test_what_may_be_repeated_is_never_ambiguous(stage: Stage, method: Method, row: Row) -> None:
    """P17: and where a time is named, that one is told."""
    error = stage.failure(method, row.rule)

    if (row.reads_on and not method.looks) or (row.again is NotFound and method.misses_nothing):
        assert error is None
        return
    judge(error, row.again, method, row)


@pytest.mark.parametrize(("method", "row"), _table(ONCE))
def test_p7_what_is_made_once_is_ambiguous_exactly_where_it_may_have_taken_effect(
    stage: Stage, method: Method, row: Row
) -> None:
    error = stage.failure(method, row.rule)

    if row.reads_on and not method.looks:
        assert error is None
        return
    judge(error, row.once, method, row)


def judge(error: PdjiraError | None, wanted: type[PdjiraError], method: Method, row: Row) -> None:
    assert type(error) is wanted, repr(error)
    assert error.says
    if isinstance(error, Unauthenticated):
        assert error.side is method.side
    if isinstance(error, Temporary | Ambiguous):
        assert error.timed_out == (method.side if row.waited else None)
    if isinstance(error, Temporary):
        assert error.retry_after == row.retry_after


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("jira create_issue", Temporary),
        ("jira add_comment", Temporary),
        ("jira transition", Refused),
    ],
)
def test_jiras_own_500_is_an_answer(stage: Stage, name: str, wanted: type[PdjiraError]) -> None:
    """To a transition it knows none; at anything else it has failed."""
    own = _status(500, {"errorMessages": ["Internal server error"], "errors": {}})

    assert type(stage.failure(ONCE[name], own)) is wanted


@pytest.mark.parametrize("method", [*REPEATABLE.values(), *ONCE.values()], ids=[*REPEATABLE, *ONCE])
def test_where_nobody_listens_nothing_was_sent(stage: Stage, method: Method) -> None:
    scene = stage.scene(PATIENT)
    server = stage.server(method)
    server.stop()
    try:
        with pytest.raises(Temporary) as caught:
            method.act(scene)
    finally:
        server.start()

    assert type(caught.value) is Temporary
    assert caught.value.timed_out is None


SHAPES: dict[str, object] = {
    "an empty object": {},
    "an empty list": [],
    "a list of nothing": [None, 1, "x", []],
    "everything is null": dict.fromkeys(
        ("id", "key", "fields", "issues", "comments", "values", "incident", "notes", "note", "name")
    ),
    "everything is a number": dict.fromkeys(
        ("id", "key", "fields", "issues", "comments", "transitions", "incident", "notes", "note"), 7
    ),
    "rows of another kind": {
        "issues": [None, 1],
        "comments": ["x"],
        "transitions": [{}],
        "values": [[]],
        "notes": [None, {}],
        "note": [],
        "incident": [],
        "webhook_subscriptions": [None],
        "users": [None],
        "priorities": [None],
        "permissions": [],
    },
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("method", REPEATABLE.values(), ids=REPEATABLE.keys())
def test_an_answer_of_another_shape_is_temporary_or_says_nothing(
    stage: Stage, method: Method, shape: object
) -> None:
    """Whatever a server answers, nothing but an error of ours comes out."""
    error = stage.failure(method, _status(200, shape))

    assert error is None or type(error) in {Temporary, NotFound}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("name", ["jira create_issue", "jira add_comment", "pagerduty add_note"])
def test_a_success_that_names_nothing_may_have_written(
    stage: Stage, name: str, shape: object
) -> None:
    error = stage.failure(ONCE[name], _status(201, shape))

    assert error is None or type(error) is Ambiguous


def endless(connection: socket.socket) -> None:
    """A body that never ends, sent for as long as somebody listens."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" " * 65_536)


@pytest.mark.parametrize("name", ["jira read_issue", "pagerduty get_incident"])
def test_a_body_without_end_is_refused_within_bounded_memory(stage: Stage, name: str) -> None:
    with serving(endless) as double:
        scene = stage.scene(PATIENT, jira=double.url, pagerduty=double.url)
        tracemalloc.start()
        try:
            with pytest.raises(Temporary, match="more than 10,485,760 bytes"):
                REPEATABLE[name].act(scene)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 2 * TOO_MUCH
