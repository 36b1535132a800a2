"""M3, P32: the stack's own client signs in by token, through the gateway."""

import time
from collections import abc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pdjira.adapters.connection_secret import JiraConnection
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.jira.session import JiraAccess
from pdjira.errors import Misconfigured, Unauthenticated
from tests.gateway.client import NEXT_TOKEN, TOKEN
from tests.gateway.conftest import Start
from tests.sandbox.jira.seed import OUR_ACCOUNT


class _Key:
    """`AuthTokenSecret`, which changes when it is read again."""

    def __init__(self, *values: str) -> None:
        self._values = list(values)

    def value(self) -> str:
        return self._values[0]

    def refresh(self) -> bool:
        if len(self._values) > 1:
            self._values.pop(0)
            return True
        return False


def _client(
    url: str,
    authority: Path,
    *,
    key: _Key,
    off: timedelta = timedelta(),
    auth: abc.Mapping[str, object] = {"mode": "jwt", "qsh": True},
) -> JiraClient:
    connection = JiraConnection.model_validate(
        {"url": url, "ca_pem": authority.read_text("ascii"), "auth": auth},
        context={"allow_insecure": True},
    )
    access = JiraAccess(connection=lambda: connection, signing_key=key, allow_insecure=True)
    return JiraClient(access, clock=lambda: datetime.now(UTC) + off, monotonic=time.monotonic)


@pytest.mark.parametrize("minutes", [0, 10, -10])
def test_the_stack_signs_in_by_token_whatever_its_own_clock_says(
    start: Start, certificates: Path, minutes: int
) -> None:
    gateway, _ = start()
    off = timedelta(minutes=minutes)
    jira = _client(gateway.url, certificates / "authority.pem", key=_Key(TOKEN), off=off)

    assert jira.who_am_i() == OUR_ACCOUNT
    assert jira.who_am_i() == OUR_ACCOUNT


def test_the_stack_takes_up_a_token_that_was_replaced_meanwhile(
    start: Start, certificates: Path
) -> None:
    gateway, _ = start(token=NEXT_TOKEN)
    key = _Key(TOKEN, NEXT_TOKEN)

    assert _client(gateway.url, certificates / "authority.pem", key=key).who_am_i() == OUR_ACCOUNT


@pytest.mark.parametrize(
    "auth",
    [
        {"mode": "pat", "token": "of-Jira-itself"},
        {"mode": "basic", "username": "pagerduty", "password": "of-Jira-itself"},
    ],
    ids=["pat", "basic"],
)
def test_another_mode_than_jwt_is_told_as_such(
    start: Start, certificates: Path, auth: dict[str, str]
) -> None:
    gateway, _ = start()
    jira = _client(gateway.url, certificates / "authority.pem", key=_Key(TOKEN), auth=auth)

    with pytest.raises(Unauthenticated, match="must be Bearer with a JWT") as caught:
        jira.who_am_i()

    assert "jira.auth.mode to jwt" in (caught.value.cure or "")


def test_a_wrong_context_path_is_told_as_such(start: Start, certificates: Path) -> None:
    gateway, _ = start()
    jira = _client(f"{gateway.url}/jira", certificates / "authority.pem", key=_Key(TOKEN))

    with pytest.raises(Misconfigured, match="REST version 2 only") as caught:
        jira.who_am_i()

    assert "jira.url" in (caught.value.cure or "")
    assert "PDJIRA_JIRA_CONTEXT" in (caught.value.cure or "")


def test_the_stack_says_that_it_was_refused(start: Start, certificates: Path) -> None:
    gateway, _ = start(token=NEXT_TOKEN)

    with pytest.raises(Unauthenticated):
        _client(gateway.url, certificates / "authority.pem", key=_Key(TOKEN)).who_am_i()
