"""Every way to sign in to Jira, and each way to be refused: told apart, with its own cure."""

import json
import re
import warnings
from collections import abc
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import jwt
import pytest

from pdjira.adapters.connection_secret import JiraConnection, JwtAuth
from pdjira.adapters.http.messages import NO_HEADERS, Answer, Call, Site
from pdjira.adapters.http.transport import OwnError, Transport
from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.jira.session import JiraAccess, TokenMint, query_string_hash
from pdjira.errors import Misconfigured, PdjiraError, Refused, Temporary, Unauthenticated
from tests.builders import FakeClock
from tests.contract.jira_sides import (
    BUG,
    PROJECT,
    SIGN_IN,
    SIGNING_KEY,
    START,
    FakeKey,
    OverHttp,
    client,
    connection,
    count,
    draft,
)
from tests.contract.wire_double import LIMITS, Play, answer, serving
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer

JWT = SIGN_IN["jwt"]
PLAIN_JWT = {"mode": "jwt", "user": OUR_ACCOUNT}


@pytest.fixture
def jira() -> Iterator[OverHttp]:
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        yield OverHttp(server, clock)


def refusal(jira: OverHttp) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        jira.port.who_am_i()
    return caught.value


def claims(token: str) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    read: dict[str, Any] = jwt.decode(token, SIGNING_KEY, algorithms=["HS256"], options=options)
    return read


# ---- the three ways


@pytest.mark.parametrize("way", SIGN_IN)
def test_m3_each_way_to_sign_in_is_known_as_our_account(jira: OverHttp, way: str) -> None:
    jira.take_tokens(qsh=True)
    jira.sign_in(SIGN_IN[way])

    assert jira.port.who_am_i() == OUR_ACCOUNT
    assert jira.port.known_as() == OUR_ACCOUNT
    assert jira.port.find_issue(draft(), since=START) is None
    assert jira.port.create_screen(project_id=PROJECT, issue_type_id=BUG).fields


# ---- mode jwt


def test_m3_a_token_names_issuer_user_and_times_and_lives_less_than_three_minutes() -> None:
    clock = FakeClock(START)
    auth = JwtAuth(mode="jwt", user="jdoe", issuer="us", audience="them", qsh=True)
    call = Call(method="GET", path="/rest/api/2/myself", repeatable=True)

    said = claims(TokenMint(FakeKey(), clock=clock).token(auth, call))

    assert (said["iss"], said["sub"], said["aud"]) == ("us", "jdoe", "them")
    assert said["iat"] <= START.timestamp() < said["exp"]
    assert said["exp"] - said["iat"] <= 180
    assert said["qsh"] == query_string_hash(call)
    assert said["jti"]


def test_m3_what_is_not_configured_is_not_in_the_token() -> None:
    auth = JwtAuth(mode="jwt")
    call = Call(method="GET", path="/", repeatable=True)

    said = claims(TokenMint(FakeKey(), clock=FakeClock(START)).token(auth, call))

    assert set(said) == {"iss", "sub", "iat", "exp", "jti"}
    assert (said["iss"], said["sub"]) == ("pagerduty", "PagerDuty")


def test_the_hash_of_a_request_is_that_of_atlassians_library() -> None:
    """The canonical form that Atlassian's atlassian-jwt documents, hashed."""
    query = [
        ("zee_last", "param"),
        ("repeated", "parameter 2"),
        ("jwt", "left out"),
        ("first", "param"),
        ("repeated", "parameter 1"),
    ]
    call = Call(method="get", path="/path/to/service/", query=query, repeatable=True)

    assert query_string_hash(call) == (
        "e52bb281606c3bd9ca16cfe96fe2df78f5d9ffa126f06befd750dfa10fa1a897"
    )


def test_m3_calls_of_a_minute_share_a_token_and_later_ones_get_another() -> None:
    clock = FakeClock(START)
    mint = TokenMint(FakeKey(), clock=clock)
    auth = JwtAuth(mode="jwt")
    first, second = (Call(method="GET", path=path, repeatable=True) for path in ("/a", "/b"))

    shared = {mint.token(auth, first), mint.token(auth, second)}
    clock.forward(seconds=61)

    assert len(shared) == 1
    assert mint.token(auth, first) not in shared


@pytest.mark.parametrize("step", [timedelta(hours=1), -timedelta(hours=1)])
def test_m3_no_token_outlives_its_minute_when_our_clock_is_set(step: timedelta) -> None:
    clock = FakeClock(START)
    mint = TokenMint(FakeKey(), clock=clock)
    call = Call(method="GET", path="/", repeatable=True)
    before = mint.token(JwtAuth(mode="jwt"), call)

    clock.now += step

    assert mint.token(JwtAuth(mode="jwt"), call) != before


def test_m3_with_the_hash_on_every_call_has_a_token_of_its_own(jira: OverHttp) -> None:
    jira.take_tokens(qsh=True)
    jira.sign_in(JWT)

    for number in range(3):
        jira.port.create_issue(draft(incident=f"Q{number}"))
        jira.port.find_issue(draft(), since=START)

    assert count(jira) == 3
    assert {call["status"] for call in jira.server.calls.calls()} <= {200, 201}


@pytest.mark.parametrize("minutes", [-10, 10])
@pytest.mark.parametrize("auth", [JWT, PLAIN_JWT])
def test_p32_a_clock_ten_minutes_off_changes_nothing(
    jira: OverHttp, auth: dict[str, Any], minutes: int
) -> None:
    """Tokens follow the clock of Jira's last `Date`, from the first refusal on."""
    ours = FakeClock(START + timedelta(minutes=minutes))
    jira.take_tokens(audience=auth.get("audience"), qsh=auth.get("qsh", False))
    port = client(lambda: connection(jira.server.url, auth=auth), clock=ours)

    port.create_issue(draft())
    port.create_issue(draft(incident="Q2"))

    assert count(jira) == 2
    assert [call["status"] for call in jira.server.calls.calls()] == [401, 201, 201]


@pytest.mark.parametrize(
    "date",
    [
        "Thu, 31 Dec 2099 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Mon, 01 Jan 0001 00:00:00 +1400",
        format_datetime(START + timedelta(days=1, seconds=1), usegmt=True),
    ],
)
def test_p32_a_time_that_no_clock_can_show_is_not_believed(date: str) -> None:
    said = json.dumps({"name": OUR_ACCOUNT, "fields": {}, "total": 0, "issues": []})
    with serving(answer(401, "{}", Date=date), answer(200, said, Date=date)) as stage:
        port = client(lambda: connection(stage.url, auth=PLAIN_JWT))
        with pytest.raises(Unauthenticated) as caught:
            port.who_am_i()
        port.who_am_i()
        port.searches().matches("project = OPS")

    tokens = [claims(request.split("Bearer ")[1].split("\r")[0]) for request in stage.requests]
    assert all(abs(token["iat"] - START.timestamp()) <= 60 for token in tokens)
    assert all(token["exp"] - token["iat"] <= 180 for token in tokens)
    assert port.clock_ahead() is None
    assert abs(port.clock_told() or timedelta()) > timedelta(days=1)
    assert "its clock is right" in (caught.value.cure or "")


@pytest.mark.parametrize("hours", [-24, 24])
def test_p32_a_clock_up_to_a_day_off_is_followed(hours: int) -> None:
    theirs = START + timedelta(hours=hours)
    named = format_datetime(theirs, usegmt=True)
    with serving(answer(200, json.dumps({"name": OUR_ACCOUNT}), Date=named)) as stage:
        port = client(lambda: connection(stage.url, auth=PLAIN_JWT))
        port.who_am_i()
        port.who_am_i()

    token = claims(stage.requests[-1].split("Bearer ")[1].split("\r")[0])
    assert token["iat"] <= theirs.timestamp() < token["exp"]


@pytest.mark.parametrize("minutes", [-10, 10])
@pytest.mark.parametrize("auth", [SIGN_IN["pat"], PLAIN_JWT])
def test_p32_how_far_jiras_clock_is_from_ours_is_known_from_its_answers(
    jira: OverHttp, auth: dict[str, Any], minutes: int
) -> None:
    ours = FakeClock(START + timedelta(minutes=minutes))
    jira.take_tokens(audience=None)
    port = client(lambda: connection(jira.server.url, auth=auth), clock=ours)
    before = port.clock_ahead()

    port.server_info()

    assert before is None
    assert port.clock_ahead() == timedelta(minutes=-minutes)


@pytest.mark.parametrize(
    ("auth", "named"),
    [
        ({"mode": "basic", "username": "bot", "password": "p"}, "bot"),
        ({"mode": "jwt", "user": "PagerDuty"}, "PagerDuty"),
        ({"mode": "pat", "token": "t" * 20}, ""),
    ],
)
def test_our_account_has_the_name_of_the_secret_until_jira_tells_one(
    jira: OverHttp, auth: dict[str, Any], named: str
) -> None:
    port = client(lambda: connection(jira.server.url, auth=auth))

    assert port.known_as() == named


def test_a_secret_that_cannot_be_read_names_nobody() -> None:
    def unreadable() -> JiraConnection:
        raise Misconfigured("It is empty.")

    assert client(unreadable).known_as() == ""


def test_m2_p24_a_token_that_was_replaced_on_both_sides_costs_one_more_call(
    jira: OverHttp,
) -> None:
    jira.take_tokens()
    jira.sign_in(JWT)
    jira.port.who_am_i()
    jira.server.calls.reset()

    jira.key.stored = "n" * 64
    jira.take_tokens(key="n" * 64)

    assert jira.port.who_am_i() == OUR_ACCOUNT
    assert [call["status"] for call in jira.server.calls.calls()] == [401, 200]
    assert jira.key.refreshed == 1


def test_p25_a_key_that_was_voided_signs_nothing_once_the_connection_is_another(
    jira: OverHttp,
) -> None:
    jira.take_tokens(key="n" * 64)
    jira.sign_in({"mode": "pat", "token": OUR_TOKEN})
    jira.port.who_am_i()
    jira.key.value()
    jira.server.calls.reset()

    jira.key.stored = "n" * 64
    jira.sign_in(JWT)

    assert jira.port.who_am_i() == OUR_ACCOUNT
    assert [call["status"] for call in jira.server.calls.calls()] == [200]


def test_m2_a_refused_token_whose_key_is_the_same_is_not_sent_twice(jira: OverHttp) -> None:
    jira.take_tokens(key="n" * 64)
    jira.sign_in(JWT)

    refusal(jira)

    assert [call["status"] for call in jira.server.calls.calls()] == [401]


WRONG_PRESSS: dict[str, tuple[dict[str, Any], str]] = {
    "another key": ({"key": "n" * 64}, "signature"),
    "another issuer": ({"issuer": "somebody"}, "issuer is unknown"),
    "another audience": ({"audience": "confluence"}, "[Aa]udience"),
}


@pytest.mark.parametrize("wrong", WRONG_PRESSS)
def test_m3_jiras_side_says_why_it_refuses_a_token(jira: OverHttp, wrong: str) -> None:
    plugin, why = WRONG_PRESSS[wrong]
    jira.take_tokens(**plugin)
    jira.sign_in(JWT)

    error = refusal(jira)

    assert re.search(f"the token that we signed: .*{why}", error.says)
    assert "AuthTokenSecret" in (error.cure or "")
    assert "the issuer pagerduty, the audience jira and the user pagerduty" in (error.cure or "")
    assert "clock" not in (error.cure or "")


def test_p32_where_jiras_clock_cannot_be_learned_it_is_named_as_a_cause() -> None:
    with serving(answer(401, "")) as stage:
        port = client(lambda: connection(stage.url, auth=PLAIN_JWT))
        with pytest.raises(Unauthenticated) as caught:
            port.who_am_i()

    assert len(stage.requests) == 1
    assert "its clock is right" in (caught.value.cure or "")


def test_m3_a_user_that_jira_does_not_know_is_named(jira: OverHttp) -> None:
    jira.take_tokens()
    jira.sign_in({**JWT, "user": "nobody"})

    error = refusal(jira)

    assert "does not know the user nobody" in error.says
    assert "jira.auth.user" in (error.cure or "")


def test_m3_an_e_mail_address_in_place_of_the_user_name_is_named(jira: OverHttp) -> None:
    jira.sign_in({"mode": "basic", "username": "pagerduty@example.com", "password": "x"})

    error = refusal(jira)

    assert "does not accept our user name and password" in error.says
    assert str(error.cure).startswith("Use the name you sign in with as jira.auth.username")


def test_m3_a_jira_that_takes_no_tokens_answers_as_to_nobody(jira: OverHttp) -> None:
    jira.sign_in(JWT)

    with pytest.raises(Unauthenticated, match="that we signed: it treated us as not signed in"):
        jira.port.find_issue(draft(), since=START)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("", "is empty"),
        ("k" * 31, "of 31 bytes"),
        ("ü" * 15, "of 30 bytes"),
        ("-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----", "public key"),
    ],
)
def test_m3_a_secret_that_cannot_sign_is_told_before_anything_is_sent(key: str, says: str) -> None:
    with serving(answer(200)) as stage:
        port = client(lambda: connection(stage.url, auth=PLAIN_JWT), signing_key=FakeKey(key))
        with pytest.raises(Misconfigured, match=says):
            port.who_am_i()

    assert stage.requests == []


def test_m3_a_key_of_any_script_is_taken_as_it_stands(jira: OverHttp) -> None:
    """The key is the string of AuthTokenSecret, as UTF-8 bytes."""
    key = " schlüssel 🔑 von zwei Dutzend \n"
    jira.key = FakeKey(key)
    jira.take_tokens(key=key, audience=None)
    port = client(lambda: connection(jira.server.url, auth=PLAIN_JWT), signing_key=FakeKey(key))

    with warnings.catch_warnings(action="ignore"):
        assert port.who_am_i() == OUR_ACCOUNT


def test_p23_neither_key_nor_token_is_in_an_error_or_a_repr(jira: OverHttp) -> None:
    jira.take_tokens(key="n" * 64)
    jira.sign_in(JWT)

    error = refusal(jira)

    shown = f"{error!r} {error.cure} {error.__cause__!r} {jira.connection!r}"
    assert SIGNING_KEY not in shown
    assert "eyJ" not in shown


# ---- a token or a password of the wrong Jira


@pytest.mark.parametrize("version", ["7.2", "8.4"])
def test_m3_an_access_token_for_a_jira_before_8_14_is_told_by_its_version(
    jira: OverHttp, version: str
) -> None:
    jira.model.install(version)

    error = refusal(jira)

    assert "knows no personal access tokens; they came with 8.14" in error.says
    assert jira.model.version.text in error.says
    assert "basic or jwt" in (error.cure or "")


def test_m3_an_access_token_that_jira_does_not_know_may_have_expired(jira: OverHttp) -> None:
    jira.refuse_us()

    error = refusal(jira)

    assert "the personal access token" in error.says
    assert "expire" in (error.cure or "")


def test_m3_basic_on_jira_11_is_told_by_its_version(jira: OverHttp) -> None:
    jira.model.install("11.3")
    jira.sign_in(SIGN_IN["basic"])

    error = refusal(jira)

    assert "as by default since 11 (this is 11.3.0)" in error.says
    assert "jira.auth.mode pat" in (error.cure or "")


def test_m3_basic_on_jira_11_works_where_an_administrator_allows_it(jira: OverHttp) -> None:
    jira.model.install("11.3")
    jira.model.basic = True
    jira.sign_in(SIGN_IN["basic"])

    assert jira.port.who_am_i() == OUR_ACCOUNT


def test_m3_basic_that_an_administrator_switched_off_is_told_without_a_version(
    jira: OverHttp,
) -> None:
    jira.model.basic = False
    jira.sign_in(SIGN_IN["basic"])

    assert refusal(jira).says.endswith("Basic authentication is off.")


# ---- refusals of every kind


def test_a_wrong_password_is_told_and_then_the_captcha(jira: OverHttp) -> None:
    jira.sign_in({**SIGN_IN["basic"], "password": "wrong"})

    for _ in range(3):
        assert "user name and password" in refusal(jira).says

    assert "CAPTCHA" in refusal(jira).says


def test_a_refused_password_is_tried_once_and_not_again_to_learn_the_version(
    jira: OverHttp,
) -> None:
    """Three failed sign-ins lock the account, so no call of ours may waste one."""
    jira.sign_in({**SIGN_IN["basic"], "password": "wrong"})

    refusal(jira)

    assert [call["status"] for call in jira.server.calls.calls()] == [401]


class ThroughAProxyForBrowsers(Transport):
    """What stands between puts a browser's User-Agent into our calls."""

    def send(self, call: Call, headers: abc.Mapping[str, str] = NO_HEADERS) -> Answer:
        return super().send(call, {**headers, "User-Agent": "Mozilla/5.0"})


def browser_transport(site: Site, *, own_error: OwnError) -> Transport:
    return ThroughAProxyForBrowsers(site, own_error=own_error, limits=LIMITS)


def test_the_cross_site_check_is_told_as_such(jira: OverHttp) -> None:
    access = JiraAccess(
        connection=lambda: jira.connection, signing_key=FakeKey(), allow_insecure=True
    )
    port = JiraClient(access, clock=jira.clock, open_transport=browser_transport)

    with pytest.raises(Refused, match="XSRF") as caught:
        port.create_issue(draft())

    assert "User-Agent" in (caught.value.cure or "")


LOGIN_PAGES: dict[str, tuple[dict[str, Any], str]] = {
    "a page": (
        {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>Log in"},
        "with a web page",
    ),
    "a redirect": (
        {"status": 302, "headers": {"Location": "https://sso.example.com/adfs/ls"}},
        "a page to log in, at sso.example.com",
    ),
}


@pytest.mark.parametrize("kind", LOGIN_PAGES)
def test_a_single_sign_on_before_jira_is_told_as_such(jira: OverHttp, kind: str) -> None:
    fault, says = LOGIN_PAGES[kind]
    jira.server.faults.add(FaultKind.STATUS, times=None, **fault)

    error = refusal(jira)

    assert says in error.says
    assert "single sign-on" in (error.cure or "")


def test_a_jira_in_read_only_mode_is_tried_again(jira: OverHttp) -> None:
    jira.model.install("10.3")
    jira.model.read_only = "Upgrade until noon"

    with pytest.raises(Temporary):
        jira.port.create_issue(draft())

    assert count(jira) == 0
    assert jira.port.find_issue(draft(), since=START) is None


HTML = "text/html;charset=UTF-8"
DENIED = {"X_Authentication_Denied_Reason": "CAPTCHA_CHALLENGE; login-url=https://x/login.jsp"}
INVALID = 'Bearer realm="jira", error="invalid_token", error_description="Key unknown."'
MODES: dict[str, tuple[dict[str, Any], Play, str]] = {
    "jwt, 401 of a gateway": (PLAIN_JWT, answer(401, "", WWW_Authenticate=INVALID), "Key unknown."),
    "jwt, 401 of a gateway with a body": (
        PLAIN_JWT,
        answer(401, '{"message": "Gateway: The token is too old.", "status-code": 401}'),
        "we signed: Gateway: The token is too old.",
    ),
    "jwt, 401 without a reason": (PLAIN_JWT, answer(401, "<p>No", Content_Type=HTML), "we signed."),
    "jwt, anonymous": (PLAIN_JWT, answer(200, X_AUSERNAME="anonymous"), "not signed in"),
    "basic, 401": (SIGN_IN["basic"], answer(401, ""), "our user name and password."),
    "basic, CAPTCHA": (SIGN_IN["basic"], answer(403, "", **DENIED), "CAPTCHA"),
    "basic, 401 with a reason": (
        SIGN_IN["basic"],
        answer(401, '{"message": "Locked until noon.", "status-code": 401}'),
        "our user name and password: Locked until noon.",
    ),
    "pat, 401": (SIGN_IN["pat"], answer(401, ""), "the personal access token."),
    "pat, 401 with a reason": (
        SIGN_IN["pat"],
        answer(401, "", WWW_Authenticate=INVALID),
        "the personal access token: Key unknown.",
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_each_mode_has_its_own_words_for_a_refusal(name: str) -> None:
    auth, play, words = MODES[name]
    with serving(play) as stage, pytest.raises(Unauthenticated) as caught:
        client(lambda: connection(stage.url, auth=auth)).who_am_i()

    assert words in caught.value.says
    assert caught.value.cure


@pytest.mark.parametrize("way", ["pat", "basic"])
def test_m3_what_takes_signed_tokens_only_leads_to_the_mode(way: str) -> None:
    why = "Gateway: There must be one Authorization header. It must be Bearer with a JWT."
    refused = answer(401, json.dumps({"message": why, "status-code": 401}))
    with serving(refused) as stage, pytest.raises(Unauthenticated) as caught:
        client(lambda: connection(stage.url, auth=SIGN_IN[way])).who_am_i()

    assert why in caught.value.says
    assert "jira.auth.mode to jwt" in (caught.value.cure or "")


@pytest.mark.parametrize("auth", [SIGN_IN["pat"], PLAIN_JWT])
def test_an_error_object_of_something_else_is_no_question_of_the_user(auth: dict[str, Any]) -> None:
    """Only in mode jwt a plugin's 400 with `error` means that it does not know the user."""
    body = '{"error": {"status": "ERROR", "message": "No user found"}}'
    with serving(answer(400, body)) as stage, pytest.raises(PdjiraError) as caught:
        client(lambda: connection(stage.url, auth=auth)).who_am_i()

    assert isinstance(caught.value, Unauthenticated) is (auth["mode"] == "jwt")
