"""Both ways to meet the sandbox's Jira: in process by the fake, over HTTP by the adapter."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from pdjira.adapters.connection_secret import JiraConnection
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.jira.searches import PROPERTY
from pdjira.adapters.jira.session import JiraAccess, SigningKey
from pdjira.errors import Ambiguous
from pdjira.mappings.ports import JiraCatalogue
from pdjira.model.issue import IssueDraft, IssueRef, Mark, RemoteLink
from pdjira.model.ports import Comments, Issues, Jira
from pdjira.sync.people.steps import JiraPeople
from tests.builders import FakeClock
from tests.contract.wire_double import open_transport
from tests.fakes.catalogue import FakeJiraCatalogue
from tests.fakes.faults import FaultPlan
from tests.fakes.jira import FakeJira
from tests.fakes.people import FakeJiraPeople
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer

SIGNING_KEY = "k" * 64
SIGN_IN: dict[str, dict[str, Any]] = {
    "pat": {"mode": "pat", "token": OUR_TOKEN},
    "basic": {"mode": "basic", "username": OUR_ACCOUNT, "password": OUR_PASSWORD},
    "jwt": {"mode": "jwt", "user": OUR_ACCOUNT, "audience": "jira", "qsh": True},
}
"""How our account signs in to the sandbox's Jira; for `jwt` it needs `take_tokens`."""
WAYS = {
    "7.2": ("basic", "jwt"),
    "7.6": ("basic",),
    "8.4": ("basic", "jwt"),
    "8.20": ("basic", "pat"),
    "9.12": ("pat", "jwt"),
    "10.3": ("basic", "pat"),
    "11.3": ("pat", "jwt"),
}
"""By version of Jira, the ways to sign in by which it is held to the core of the port."""
on_every_version = pytest.mark.parametrize(
    "side",
    [
        "fake",
        "adapter",
        *(
            pytest.param((version, way), id=f"{version} by {way}")
            for version, ways in WAYS.items()
            for way in ways
        ),
    ],
    indirect=True,
)
"""M1, M3: marks the core of the port, which every version keeps by every way to sign in."""
START = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
PROJECT, BUG, TASK = "10100", "10001", "10002"
LINE = "PagerDuty: https://acme.pagerduty.com/incidents/Q1"
OTHERS_LINE = "PagerDuty: https://acme.pagerduty.com/incidents/Q2"


class Side(Protocol):
    """The port, Jira as people see it, and what can go wrong between them."""

    model: JiraModel
    clock: FakeClock

    @property
    def port(self) -> Jira: ...

    @property
    def issues(self) -> Issues: ...

    @property
    def comments(self) -> Comments: ...

    @property
    def people(self) -> JiraPeople: ...

    def refuse_us(self) -> None:
        """From now on our credentials are not accepted."""

    def lose_request(self) -> None:
        """The next create is cut off before anything is done."""

    def lose_answer(self) -> None:
        """The next create is carried out, but its answer is lost."""

    def commit_late(self) -> None:
        """The next create is carried out later, and no answer comes."""

    def wait_for_late_commit(self) -> None:
        """Let that time pass."""


class InProcess:
    """The fake."""

    def __init__(self) -> None:
        self.clock = FakeClock(START)
        self._plan = FaultPlan()
        self.port = FakeJira(clock=self.clock, plan=self._plan)
        self.issues = self.comments = self.port
        self.people = FakeJiraPeople(self.port)
        self.model = self.port.model

    def refuse_us(self) -> None:
        self.port.authenticated = False

    def lose_request(self) -> None:
        self._plan.fail_next("jira.create_issue", Ambiguous("no answer"))

    def lose_answer(self) -> None:
        self._plan.fail_next("jira.create_issue", Ambiguous("no answer"), after=True)

    def commit_late(self) -> None:
        self.port.commit_late("create_issue", 60)

    def wait_for_late_commit(self) -> None:
        self.clock.forward(seconds=61)


class FakeKey:
    """The secret that signs tokens; `stored` becomes its value when it is read again."""

    def __init__(self, value: str = SIGNING_KEY) -> None:
        self.stored = self._read = value
        self.refreshed = 0

    def value(self) -> str:
        return self._read

    def refresh(self) -> bool:
        self.refreshed += 1
        changed, self._read = self._read != self.stored, self.stored
        return changed


class OverHttp:
    """The adapter, before the sandbox's server."""

    def __init__(self, server: JiraServer, clock: FakeClock) -> None:
        self.server = server
        self.clock = clock
        self.model = server.model
        self.connection = connection(server.url)
        self.monotonic = 0.0
        self.key = FakeKey()
        self.port = client(
            lambda: self.connection,
            clock=clock,
            monotonic=lambda: self.monotonic,
            signing_key=self.key,
        )
        self.issues = self.port.issues()
        self.comments = self.port.comments()
        self.people = self.port.people()

    def refuse_us(self) -> None:
        self.sign_in({"mode": "pat", "token": "not-a-token"})

    def sign_in(self, auth: dict[str, Any]) -> None:
        self.connection = connection(self.server.url, auth=auth)

    def take_tokens(self, **plugin: Any) -> None:
        """Let Jira take the tokens that we sign, checked as its administrator entered."""
        self.model.jwt = JwtPlugin(**{"key": SIGNING_KEY, "audience": "jira", **plugin})

    def lose_request(self) -> None:
        self.server.faults.add(FaultKind.CUT_BEFORE, method="POST", path="/issue$")

    def lose_answer(self) -> None:
        self.server.faults.add(FaultKind.CUT_AFTER, method="POST", path="/issue$")

    def commit_late(self) -> None:
        self.server.faults.add(FaultKind.LATE_COMMIT, method="POST", path="/issue$", seconds=0.1)

    def wait_for_late_commit(self) -> None:
        self.server.faults.settle()


def connection(url: str, **changes: Any) -> JiraConnection:
    return JiraConnection.model_validate(
        {"url": url, "auth": {"mode": "pat", "token": OUR_TOKEN}, **changes},
        context={"allow_insecure": True},
    )


def client(
    current: Callable[[], JiraConnection],
    *,
    clock: FakeClock | None = None,
    monotonic: Callable[[], float] = lambda: 0.0,
    signing_key: SigningKey | None = None,
) -> JiraClient:
    return JiraClient(
        JiraAccess(connection=current, signing_key=signing_key or FakeKey(), allow_insecure=True),
        clock=clock or FakeClock(START),
        monotonic=monotonic,
        open_transport=open_transport,
    )


def draft(*, incident: str = "Q1", mapping: str = "ops-bug", **changes: Any) -> IssueDraft:
    line = changes.pop("line", LINE)
    given: dict[str, Any] = {
        "project_id": PROJECT,
        "issue_type_id": BUG,
        "fields": {"summary": "Checkout is down", "description": f"Disk full\n\n{line}"},
        "mark": Mark(incident_id=incident, mapping_id=mapping, line=line),
    }
    return IssueDraft(**{**given, **changes})


def bean(side: Side, issue: IssueRef) -> dict[str, Any]:
    """The issue as somebody who may see everything sees it."""
    return side.model.get_issue("alice", issue.id, properties=(PROPERTY,))


def count(side: Side) -> int:
    return len(side.model.issues)


def put_description(side: Side, issue: IssueRef, description: str | None) -> None:
    side.model.edit_issue("alice", issue.id, {"fields": {"description": description}})


def put_mark(side: Side, issue: IssueRef, value: object) -> None:
    side.model.put_property("alice", issue.id, PROPERTY, value)


def drop_mark(side: Side, issue: IssueRef) -> None:
    side.model.delete_property("alice", issue.id, PROPERTY)


def link(title: str = "[#1] Checkout is down") -> RemoteLink:
    return RemoteLink(
        global_id="pagerduty.incident=Q1",
        url="https://acme.pagerduty.com/incidents/Q1",
        title=title,
    )


def catalogue_of(side: Side) -> JiraCatalogue:
    if isinstance(side, InProcess):
        return FakeJiraCatalogue(side.port)
    assert isinstance(side, OverHttp)
    return side.port.catalogue()
