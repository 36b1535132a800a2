"""M2, P24: the token is replaced without a refusal in between, and the old one ends."""

import threading

import pytest
import requests

from tests.gateway.client import NEXT_TOKEN, TOKEN, a_jwt, said
from tests.gateway.conftest import Site, Start

THIRD_TOKEN = "third-AuthTokenSecret-of-the-tests-0123456789-abcdefghijklmnopqrs"


def test_during_the_change_both_tokens_count_and_afterwards_only_the_new_one(
    start: Start, site: Site
) -> None:
    gateway, client = start()
    assert "signature" in said(client(a_jwt(NEXT_TOKEN)))

    gateway.reload(site(token_next=NEXT_TOKEN))
    during = [client(a_jwt(key)).status_code for key in (TOKEN, NEXT_TOKEN)]
    gateway.reload(site(token=NEXT_TOKEN))

    assert during == [200, 200]
    assert client(a_jwt(NEXT_TOKEN)).status_code == 200
    assert "signature" in said(client(a_jwt(TOKEN)))


def test_a_revoked_token_is_refused_after_a_reload_also_where_the_line_was_taken_out(
    start: Start, site: Site
) -> None:
    """HAProxy's master keeps variables over a reload; the first line of the file undoes that."""
    gateway, client = start(token_next=NEXT_TOKEN)

    gateway.reload(site())

    assert "signature" in said(client(a_jwt(NEXT_TOKEN)))
    assert client(a_jwt(TOKEN)).status_code == 200


def test_no_request_fails_while_tokens_are_replaced_under_load(start: Start, site: Site) -> None:
    gateway, client = start()
    statuses: list[int] = []
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            statuses.append(client.status(f"Authorization: Bearer {a_jwt()}"))

    worker = threading.Thread(target=load)
    worker.start()
    try:
        for next_token in (NEXT_TOKEN, THIRD_TOKEN, None):
            gateway.reload(site(token_next=next_token))
    finally:
        stop.set()
        worker.join()

    assert set(statuses) == {200}


@pytest.mark.filterwarnings("ignore:The HMAC key is 31 bytes")
def test_an_empty_or_short_token_is_a_key_to_nothing(start: Start) -> None:
    short = "0123456789012345678901234567890"
    _, client = start(token=short, token_next=short)

    assert len(short) == 31
    assert "signature" in said(client(a_jwt(short)))


def test_the_credential_of_jira_is_replaced_by_a_reload(start: Start, site: Site) -> None:
    gateway, client = start(jira_authorization="Bearer no-such-token")
    before: requests.Response = client()

    gateway.reload(site())

    assert before.status_code == 401
    assert client().status_code == 200


def test_a_file_that_cannot_be_read_leaves_the_gateway_as_it_was(start: Start, site: Site) -> None:
    gateway, client = start()

    reloaded = gateway.reload(site().replace("setenv PDJIRA_USER", "setenvv PDJIRA_USER"))

    assert not reloaded
    assert client().status_code == 200
