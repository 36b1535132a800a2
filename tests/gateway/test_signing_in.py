"""M3, P24: whoever holds the token is the Jira account, and nobody else is anybody."""

import base64
import json
import time
from typing import Any

import jwt
import pytest

from tests.gateway.client import NEXT_TOKEN, TOKEN, Client, a_jwt, said
from tests.gateway.conftest import Start
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer


def _forged(header: object, claims: object = None, signature: str = "AAAA") -> str:
    payload = claims or jwt.decode(a_jwt(), options={"verify_signature": False})
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in (header, payload)]
    return ".".join([*(part.decode().rstrip("=") for part in parts), signature])


def _tampered(**claims: Any) -> str:
    head, _, signature = a_jwt().split(".")
    _, changed, _ = a_jwt(**claims).split(".")
    return f"{head}.{changed}.{signature}"


def test_a_good_token_passes_and_jira_sees_its_own_account(client: Client) -> None:
    answer = client(a_jwt())

    assert answer.status_code == 200
    assert answer.headers["X-AUSERNAME"] == OUR_ACCOUNT
    assert answer.json()["name"] == OUR_ACCOUNT


def test_the_account_may_sign_in_to_jira_by_password_as_well(start: Start) -> None:
    pair = base64.b64encode(f"{OUR_ACCOUNT}:{OUR_PASSWORD}".encode()).decode()
    _, client = start(jira_authorization=f"Basic {pair}")

    assert client(a_jwt()).headers["X-AUSERNAME"] == OUR_ACCOUNT


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_the_scheme_may_be_written_in_any_case(client: Client, scheme: str) -> None:
    answer = client(headers={"Authorization": f"{scheme} {a_jwt()}"})

    assert answer.headers["X-AUSERNAME"] == OUR_ACCOUNT


def test_a_token_may_carry_more_claims_such_as_the_hash_of_the_query(client: Client) -> None:
    assert client(a_jwt(qsh="0" * 64, extra={"a": ["list"]})).status_code == 200


WRONG: dict[str, tuple[str, str]] = {
    "another key": (a_jwt(NEXT_TOKEN), "signature"),
    "an empty key": (_forged({"alg": "HS256"}, signature=""), "Bearer with a JWT"),
    "a changed claim": (_tampered(sub="admin"), "signature"),
    "HS512": (a_jwt(TOKEN, algorithm="HS512"), "HS256"),
    "HS384": (a_jwt(TOKEN, algorithm="HS384"), "HS256"),
    "alg none with a signature": (_forged({"alg": "none"}), "HS256"),
    "alg none": (_forged({"alg": "none"}, signature=""), "Bearer with a JWT"),
    "alg nOnE": (_forged({"alg": "nOnE"}), "HS256"),
    "RS256 in the header": (_forged({"alg": "RS256"}, signature="AAAA"), "HS256"),
    "hs256 in lower case": (_forged({"alg": "hs256"}), "HS256"),
    "two algorithms": (_forged({"alg": ["HS256", "none"]}), "HS256"),
    "no algorithm": (_forged({"typ": "JWT"}), "HS256"),
    "a header that is no object": (_forged("HS256"), "HS256"),
    "no signature that fits": (_forged({"alg": "HS256"}), "signature"),
    "garbage": ("not.a.token", "HS256"),
    "one part": ("garbage", "Bearer with a JWT"),
    "four parts": (f"{a_jwt()}.AAAA", "Bearer with a JWT"),
    "the shared secret itself": (TOKEN, "Bearer with a JWT"),
    "a personal access token": (OUR_TOKEN, "Bearer with a JWT"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_signed_with_the_token_by_hs256_is_refused_in_jiras_shape(
    client: Client, jira: JiraServer, case: str
) -> None:
    token, reason = WRONG[case]
    jira.calls.reset()

    answer = client(token)

    assert reason in said(answer)
    assert jira.calls.calls() == []


def _past(seconds: int) -> int:
    return int(time.time()) - seconds


CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": _past(1)}, "expired"),
    "no exp": ({"exp": None}, "lacks exp or iat"),
    "exp that is no number": ({"exp": "tomorrow"}, "lacks exp or iat"),
    "negative exp": ({"exp": -1}, "lacks exp or iat"),
    "issued in the future": ({"iat": _past(-3600), "exp": _past(-7200)}, "in the future"),
    "no iat": ({"iat": None}, "lacks exp or iat"),
    "issued long ago, valid for long": ({"iat": _past(3600), "exp": _past(-3600)}, "too old"),
    "another issuer": ({"iss": "somebody"}, "issuer"),
    "an issuer that only begins so": ({"iss": "pagerduty.evil"}, "issuer"),
    "no issuer": ({"iss": None}, "issuer"),
    "another user": ({"sub": "admin"}, "user"),
    "the user in other letters": ({"sub": "pagerduty"}, "user"),
    "no user": ({"sub": None}, "user"),
    "an audience where none is agreed": ({"aud": "elsewhere"}, "audience"),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_a_claim_that_is_not_as_agreed_is_refused_by_its_name(client: Client, case: str) -> None:
    claims, reason = CLAIMS[case]

    assert reason in said(client(a_jwt(**claims)))


@pytest.mark.parametrize("audience", [None, "elsewhere", "", ["jira", "elsewhere"]])
def test_an_audience_that_is_agreed_must_be_named(start: Start, audience: Any) -> None:
    _, client = start(audience="jira")

    assert "audience" in said(client(a_jwt(aud=audience)))
    assert client(a_jwt(aud="jira")).status_code == 200


def test_clocks_may_differ_by_less_than_a_minute(client: Client) -> None:
    assert client(a_jwt(iat=_past(-40), exp=_past(-180))).status_code == 200
    assert client(a_jwt(iat=_past(240), exp=_past(-60))).status_code == 200


def test_other_users_and_issuers_can_be_agreed(start: Start) -> None:
    _, client = start(user="Paging Robot", issuer="https://sync.example.com/")

    named = client(a_jwt(sub="Paging Robot", iss="https://sync.example.com/"))

    assert named.headers["X-AUSERNAME"] == OUR_ACCOUNT
    assert "issuer" in said(client(a_jwt()))


def test_without_a_token_nobody_learns_what_is_behind(client: Client, jira: JiraServer) -> None:
    jira.calls.reset()

    statuses = {
        client.status(target=target)
        for target in ("/", "/rest/api/2/serverInfo", "/login.jsp", "/rest/api/2/nothing", "/..;/x")
    }

    assert statuses == {401}
    assert jira.calls.calls() == []


def test_a_refusal_tells_the_time_to_whoever_has_lost_it(client: Client) -> None:
    """P32: tokens follow the clock of the last `Date`."""
    answer = client("not.a.token")

    assert answer.headers["Date"].endswith(" GMT")
    assert "X-AUSERNAME" not in answer.headers
