"""M7: what our API key may do, and what is subscribed to, on the fake and over HTTP."""

from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from pdjira.adapters.pagerduty.catalogue import PagerDutySubscriptions
from pdjira.errors import Refused, Temporary, Unauthenticated
from pdjira.health.pagerduty import KeyRights
from pdjira.health.webhooks import EVENTS
from tests.contract.pagerduty_sides import client, connection
from tests.contract.wire_double import answer, serving
from tests.fakes.health import FakeKeyRights, FakeSubscriptionRows, a_subscription
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.server import PagerDutyServer

URL = "https://x.example.com/webhooks/pagerduty"


class Side(Protocol):
    """The ports, and keys of every kind."""

    @property
    def rights(self) -> KeyRights: ...
    @property
    def subscriptions(self) -> PagerDutySubscriptions | FakeSubscriptionRows: ...
    def use_read_only_key(self) -> None: ...
    def use_narrow_key(self) -> None: ...
    def use_wrong_key(self) -> None: ...
    def write_as(self, email: str) -> None: ...
    def subscribe(self, *, service_id: str | None) -> None: ...


class InProcess:
    """The fakes."""

    def __init__(self) -> None:
        self._pagerduty = FakePagerDuty()
        self.rights = FakeKeyRights(self._pagerduty)
        self.subscriptions = FakeSubscriptionRows(self._pagerduty)

    def use_read_only_key(self) -> None:
        self.rights.forbidden |= {"write_notes", "change_incidents"}

    def use_narrow_key(self) -> None:
        self.rights.forbidden |= {"find_user", "read_log_entries"}
        self.subscriptions.is_forbidden = True

    def use_wrong_key(self) -> None:
        self._pagerduty.authenticated = False

    def write_as(self, email: str) -> None:
        self._pagerduty.from_email = email

    def subscribe(self, *, service_id: str | None) -> None:
        scope = {"type": "service_reference", "id": service_id} if service_id else None
        given = {"filter": scope} if scope else {}
        self.subscriptions.rows.append(a_subscription(url=URL, **given))


class OverHttp:
    """The adapters, before the sandbox's server."""

    def __init__(self, server: PagerDutyServer) -> None:
        self._server = server
        self._connection = connection(server.url)
        port = client(lambda: self._connection)
        self.rights = port.rights()
        self.subscriptions = port.subscriptions()

    def use_read_only_key(self) -> None:
        self._connection = connection(self._server.url, api_token=seed.READ_ONLY_TOKEN)

    def use_narrow_key(self) -> None:
        self._connection = connection(self._server.url, api_token=seed.NARROW_TOKEN)

    def use_wrong_key(self) -> None:
        self._connection = connection(self._server.url, api_token="wrong")

    def write_as(self, email: str) -> None:
        self._connection = connection(self._server.url, from_email=email)

    def subscribe(self, *, service_id: str | None) -> None:
        scope = {"type": "service_reference", "id": service_id}
        self._server.webhooks.create(
            URL,
            events=sorted(EVENTS),
            filter_=scope if service_id else {"type": "account_reference"},
        )


@pytest.fixture(params=["fake", "adapter"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "fake":
        yield InProcess()
        return
    with PagerDutyServer() as server:
        yield OverHttp(server)


def test_a_key_with_full_access_has_every_right(side: Side) -> None:
    side.rights.read_incidents()
    side.rights.read_log_entries()
    side.rights.write_notes()
    side.rights.change_incidents()

    assert side.rights.find_user() == seed.SYNC_EMAIL
    assert side.subscriptions.list_subscriptions() == ()


def test_m7_a_key_that_may_only_read_is_found_out_without_writing(side: Side) -> None:
    side.use_read_only_key()
    looks: list[Callable[[], object]] = [side.rights.write_notes, side.rights.change_incidents]

    side.rights.read_incidents()
    for look in looks:
        with pytest.raises(Refused) as caught:
            look()
        assert caught.value.status == 403


def test_m7_a_key_without_a_right_is_refused_there_alone(side: Side) -> None:
    side.use_narrow_key()
    refused: list[Callable[[], object]] = [
        side.rights.read_log_entries,
        side.rights.find_user,
        side.subscriptions.list_subscriptions,
    ]

    side.rights.read_incidents()
    side.rights.write_notes()
    side.rights.change_incidents()
    for look in refused:
        with pytest.raises(Refused):
            look()


@pytest.mark.parametrize(
    ("method", "right"),
    [("GET", "the right to read this"), ("PUT", "the right to write incidents")],
)
def test_m7_the_cure_for_a_right_that_the_key_lacks_speaks_of_what_was_tried(
    method: str, right: str
) -> None:
    refused = answer(403, '{"error": {"message": "Access Denied", "code": 2010}}')
    with serving(refused) as stage:
        rights = client(lambda: connection(stage.url)).rights()
        look = {"GET": rights.find_user, "PUT": rights.change_incidents}[method]
        with pytest.raises(Refused) as caught:
            look()

    assert right in str(caught.value.cure)


def test_a_key_that_is_not_accepted_is_told_by_every_look(side: Side) -> None:
    side.use_wrong_key()
    looks: list[Callable[[], object]] = [
        side.rights.read_incidents,
        side.rights.read_log_entries,
        side.rights.write_notes,
        side.rights.change_incidents,
        side.rights.find_user,
        side.subscriptions.list_subscriptions,
    ]

    for look in looks:
        with pytest.raises(Unauthenticated):
            look()


def test_an_address_that_is_no_users_is_not_found(side: Side) -> None:
    side.write_as("nobody@example.com")

    assert side.rights.find_user() is None


def test_subscriptions_are_listed_with_where_they_deliver_and_what(side: Side) -> None:
    side.subscribe(service_id=None)
    side.subscribe(service_id=seed.CHECKOUT)

    whole, one = side.subscriptions.list_subscriptions()

    assert (whole.url, whole.service_id, one.service_id) == (URL, None, seed.CHECKOUT)
    assert whole.events >= EVENTS
    assert (whole.is_ours, whole.works) == (True, True)


# What only the wire can show


def test_subscriptions_are_read_page_by_page() -> None:
    with PagerDutyServer() as server:
        for number in range(101):
            scope = {"type": "service_reference", "id": f"P{number}"}
            server.webhooks.create(URL, events=["incident.triggered"], filter_=scope)

        listed = client(lambda: connection(server.url)).subscriptions().list_subscriptions()

    assert len({one.id for one in listed}) == 101


def test_p22_a_subscription_that_was_switched_off_is_told() -> None:
    row = (
        '{"webhook_subscriptions": [{"active": true, "delivery_method": {"url": "x",'
        ' "temporarily_disabled": true}}, {"active": false}, 7], "more": false}'
    )
    with serving(answer(200, row)) as stage:
        off, inactive = client(lambda: connection(stage.url)).subscriptions().list_subscriptions()

    assert (off.is_disabled, off.works, off.events) == (True, False, frozenset())
    assert (inactive.is_active, inactive.works) == (False, False)


def test_an_answer_without_subscriptions_is_tried_again() -> None:
    with serving(answer(200, "{}")) as stage, pytest.raises(Temporary):
        client(lambda: connection(stage.url)).subscriptions().list_subscriptions()
