"""Regions, subscriptions, the trial of a token and the rules of the secret: fakes and adapters."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pdjira.adapters.connecting import ConnectionRules, JiraTokenTrial, PagerDutyAccounts
from pdjira.adapters.connection_secret import JiraConnection
from pdjira.connection import ports
from pdjira.errors import NotFound, Refused, Temporary, UnreadableSecret
from pdjira.sweep.ports import Subscription, Subscriptions
from tests.contract.pagerduty_sides import client, connection
from tests.contract.wire_double import open_transport
from tests.fakes.connecting import (
    WEBHOOK_URL,
    FakeAccounts,
    FakeSubscriptions,
    FakeTrial,
)
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT
from tests.sandbox.pagerduty.server import PagerDutyServer

KEY, NEXT_KEY = "k" * 64, "n" * 64


# ---- regions


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Two regions, of which the second knows the key."""

    port: ports.Accounts
    key: str
    addresses: tuple[str, str]
    silence: Callable[[], object]


@pytest.fixture(params=["fake", "adapter"])
def accounts(request: pytest.FixtureRequest) -> Iterator[Accounts]:
    if request.param == "fake":
        fake = FakeAccounts(keys={"https://eu.example.com": API_TOKEN})
        yield Accounts(
            port=fake,
            key=API_TOKEN,
            addresses=("https://us.example.com", "https://eu.example.com"),
            silence=lambda: fake.silent.add("https://us.example.com"),
        )
        return
    with PagerDutyServer() as first, PagerDutyServer() as second:
        first.model.tokens.clear()
        yield Accounts(
            port=PagerDutyAccounts(allow_insecure=True, open_transport=open_transport),
            key=API_TOKEN,
            addresses=(first.url, second.url),
            silence=lambda: first.faults.add(FaultKind.STATUS, status=503, times=None),
        )


def test_the_region_that_knows_the_key_is_found(accounts: Accounts) -> None:
    assert accounts.port.find(accounts.key, among=accounts.addresses) == accounts.addresses[1]


def test_a_key_that_no_region_knows_has_none(accounts: Accounts) -> None:
    assert accounts.port.find("another-key-of-somebody", among=accounts.addresses) is None


def test_a_region_that_is_silent_is_told_only_where_no_other_knows_the_key(
    accounts: Accounts,
) -> None:
    accounts.silence()

    assert accounts.port.find(accounts.key, among=accounts.addresses) == accounts.addresses[1]
    with pytest.raises(Temporary):
        accounts.port.find("another-key-of-somebody", among=accounts.addresses)


def test_what_no_header_can_hold_is_no_key_and_a_narrow_key_is_one() -> None:
    regions = PagerDutyAccounts(allow_insecure=True, open_transport=open_transport)
    with PagerDutyServer() as server:
        server.faults.add(FaultKind.STATUS, status=403, times=None)

        assert regions.find("not a key", among=(server.url,)) is None
        assert regions.find(API_TOKEN, among=(server.url,)) == server.url


# ---- subscriptions


@pytest.fixture(params=["fake", "adapter"])
def desk(request: pytest.FixtureRequest) -> Iterator[Subscriptions]:
    if request.param == "fake":
        yield FakeSubscriptions(FakePagerDuty())
        return
    with PagerDutyServer() as server:
        yield client(lambda: connection(server.url)).subscriptions()


def a_draft(*, service_id: str | None = None) -> Subscription:
    return Subscription(
        id="",
        url=WEBHOOK_URL,
        events=frozenset({"incident.triggered", "incident.resolved"}),
        service_id=service_id,
        is_active=True,
        is_disabled=False,
        description="made here",
    )


@pytest.mark.parametrize("service_id", [None, CHECKOUT])
def test_a_webhook_is_made_and_its_secret_is_told_once(
    desk: Subscriptions, service_id: str | None
) -> None:
    made, secret = desk.create(a_draft(service_id=service_id))
    (listed,) = desk.list_subscriptions()

    assert secret
    assert listed == made
    assert (listed.url, listed.events) == (WEBHOOK_URL, a_draft().events)
    assert (listed.service_id, listed.description) == (service_id, "made here")
    assert listed.works
    assert secret not in repr(listed)


def test_a_webhook_is_described_pinged_switched_on_and_deleted(desk: Subscriptions) -> None:
    made, _ = desk.create(a_draft())

    desk.describe(made.id, "another text")
    desk.ping(made.id)
    desk.enable(made.id)
    desk.activate(made.id)
    (listed,) = desk.list_subscriptions()
    desk.delete(made.id)
    desk.delete(made.id)

    assert (listed.description, listed.works) == ("another text", True)
    assert desk.list_subscriptions() == ()


def test_a_webhook_that_is_gone_cannot_be_pinged(desk: Subscriptions) -> None:
    with pytest.raises(NotFound):
        desk.ping("PGONE")


def test_an_eleventh_webhook_is_refused_by_name() -> None:
    with PagerDutyServer() as server:
        port = client(lambda: connection(server.url)).subscriptions()
        for _ in range(10):
            port.create(a_draft())

        with pytest.raises(Refused, match="limit exceeded"):
            port.create(a_draft())


# ---- a token that is not in force


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A Jira whose side holds `KEY`."""

    port: JiraTokenTrial | FakeTrial
    silence: Callable[[], object]


@pytest.fixture(params=["fake", "adapter"])
def signed(request: pytest.FixtureRequest) -> Iterator[Signed]:
    if request.param == "fake":
        fake = FakeTrial({KEY})
        yield Signed(port=fake, silence=lambda: setattr(fake, "silent", Temporary("No answer.")))
        return
    with JiraServer() as server:
        server.model.jwt = JwtPlugin(key=KEY)
        jira = JiraConnection.model_validate(
            {"url": server.url, "auth": {"mode": "jwt", "user": OUR_ACCOUNT}},
            context={"allow_insecure": True},
        )
        yield Signed(
            port=JiraTokenTrial(
                connection=lambda: jira,
                allow_insecure=True,
                clock=server.model.clock,
                monotonic=lambda: 0.0,
            ),
            silence=lambda: server.faults.add(FaultKind.STATUS, status=503, times=None),
        )


def test_m2_a_token_is_taken_once_jiras_side_holds_it(signed: Signed) -> None:
    assert signed.port.is_taken(KEY)
    assert not signed.port.is_taken(NEXT_KEY)


def test_m2_a_jira_that_is_silent_tells_nothing_of_a_token(signed: Signed) -> None:
    signed.silence()

    with pytest.raises(Temporary):
        signed.port.is_taken(KEY)


# ---- the rules of the secret


def problems(connection_: object) -> dict[str, str]:
    found = ConnectionRules(allow_insecure=False).problems(json.dumps(connection_))
    return {one.field: one.says for one in found}


def test_what_is_wrong_is_told_at_its_field() -> None:
    whole = {
        "pagerduty": {"api_token": "canary", "from_email": "sync"},
        "jira": {"url": "ftp://jira.example.com", "auth": {"mode": "pat", "token": " "}},
    }

    found = problems(whole)

    assert set(found) == {"pagerduty.from_email", "jira.url", "jira.auth.token"}
    assert "canary" not in str(found)


def test_a_side_that_is_missing_is_told_at_its_first_field() -> None:
    assert set(problems({})) == {"pagerduty.api_token", "jira.url"}
    assert set(problems({"jira": {"url": "https://jira.example.com"}, "pagerduty": {}})) == {
        "jira.auth.mode",
        "pagerduty.api_token",
        "pagerduty.from_email",
    }


def test_a_whole_secret_has_no_problem_and_what_is_no_json_is_refused() -> None:
    whole = {
        "pagerduty": {"api_token": "key", "from_email": "sync@example.com"},
        "jira": {"url": "https://jira.example.com", "auth": {"mode": "pat", "token": "t"}},
    }

    assert problems(whole) == {}
    with pytest.raises(UnreadableSecret):
        ConnectionRules(allow_insecure=False).problems("{")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://jira.example.com/jira/", "https://jira.example.com:443"),
        ("https://JIRA.example.com.:443", "https://jira.example.com:443"),
        ("http://jira.example.com", "http://jira.example.com:80"),
        ("https://jira.example.com:8443", "https://jira.example.com:8443"),
        ("", ""),
        ("jira.example.com", ""),
        ("https://[", ""),
    ],
)
def test_credentials_go_to_scheme_host_and_port(url: str, origin: str) -> None:
    assert ConnectionRules(allow_insecure=False).origin(url) == origin
