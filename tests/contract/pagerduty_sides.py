"""Both ways to meet the sandbox's PagerDuty: in process by the fake, over HTTP by the adapter."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from pdjira.adapters.connection_secret import PagerDutyConnection
from pdjira.adapters.pagerduty.catalogue import RestUsers
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.errors import Ambiguous
from pdjira.model.ports import PagerDuty
from tests.contract.wire_double import open_transport
from tests.fakes.faults import FaultPlan
from tests.fakes.pagerduty import FakePagerDuty
from tests.fakes.people import FakeUsers
from tests.sandbox.faults import FaultKind
from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.server import PagerDutyServer


class Side(Protocol):
    """The port, PagerDuty as people see it, and what can go wrong between them."""

    model: PagerDutyModel

    @property
    def port(self) -> PagerDuty: ...

    @property
    def users(self) -> RestUsers | FakeUsers: ...

    def refuse_our_key(self) -> None:
        """From now on the key is not accepted."""

    def write_as(self, email: str) -> None:
        """From now on notes come from the user with this address."""

    def lose_request(self) -> None:
        """The next note is cut off before anything is done."""

    def lose_answer(self) -> None:
        """The next note is written, but its answer is lost."""

    def commit_late(self) -> None:
        """The next note is written later, and no answer comes."""

    def wait_for_late_commit(self) -> None:
        """Let that time pass."""


class InProcess:
    """The fake."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
        self._plan = FaultPlan()
        self.port = FakePagerDuty(clock=lambda: self.now, plan=self._plan)
        self.users = FakeUsers(self.port)
        self.model = self.port.model

    def refuse_our_key(self) -> None:
        self.port.authenticated = False

    def write_as(self, email: str) -> None:
        self.port.from_email = email

    def lose_request(self) -> None:
        self._plan.fail_next("pagerduty.add_note", Ambiguous("no answer"))

    def lose_answer(self) -> None:
        self._plan.fail_next("pagerduty.add_note", Ambiguous("no answer"), after=True)

    def commit_late(self) -> None:
        self.port.commit_late("add_note", 30)

    def wait_for_late_commit(self) -> None:
        self.now += timedelta(seconds=31)
        self.port.settle()


class OverHttp:
    """The adapter, before the sandbox's server."""

    def __init__(self, server: PagerDutyServer) -> None:
        self.server = server
        self.model = server.model
        self.connection = connection(server.url)
        self.port = client(lambda: self.connection)
        self.monotonic = 0.0
        self.users = self.port.users(monotonic=lambda: self.monotonic)

    def refuse_our_key(self) -> None:
        self.connection = connection(self.server.url, api_token="not-a-key")

    def write_as(self, email: str) -> None:
        self.connection = connection(self.server.url, from_email=email)

    def lose_request(self) -> None:
        self.server.faults.add(FaultKind.CUT_BEFORE, path="/notes")

    def lose_answer(self) -> None:
        self.server.faults.add(FaultKind.CUT_AFTER, path="/notes")

    def commit_late(self) -> None:
        self.server.faults.add(FaultKind.LATE_COMMIT, path="/notes", seconds=0.1)

    def wait_for_late_commit(self) -> None:
        self.server.faults.settle()


def connection(url: str, **changes: Any) -> PagerDutyConnection:
    return PagerDutyConnection.model_validate(
        {"api_url": url, "api_token": seed.API_TOKEN, "from_email": seed.SYNC_EMAIL, **changes},
        context={"allow_insecure": True},
    )


def client(current: Callable[[], PagerDutyConnection]) -> PagerDutyClient:
    return PagerDutyClient(current, allow_insecure=True, open_transport=open_transport)


def opened(side: Side, **changes: Any) -> str:
    given = {"by": seed.RESPONDER, "details": "Disk full on db-1", **changes}
    return side.model.trigger(seed.CHECKOUT, "Checkout is down", **given).id
