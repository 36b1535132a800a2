"""The connection secret is read whole, or refused by the name of what is wrong in it."""

import json
from typing import Any

import pytest
import trustme

from pdjira.adapters.connection_secret import (
    BasicAuth,
    Connection,
    JwtAuth,
    PatAuth,
    misspelt,
    parse_connection,
)
from pdjira.errors import Misconfigured, UnreadableSecret


def secret(**changes: Any) -> dict[str, Any]:
    """A whole secret; `jira__url=...` changes one value, None takes it away."""
    whole: dict[str, Any] = {
        "pagerduty": {
            "api_url": "https://api.pagerduty.com",
            "api_token": "canary-token",
            "from_email": "sync@example.com",
            "webhook_secrets": ["canary-secret-1", "canary-secret-2"],
            "action_token": None,
        },
        "jira": {
            "url": "https://jira.example.com/jira/",
            "ca_pem": None,
            "auth": {"mode": "pat", "token": "canary-pat"},
            "webhook_token": "canary-webhook",
            "webhook_secret": None,
        },
    }
    for path, value in changes.items():
        part, key = path.split("__")
        if value is None:
            del whole[part][key]
        else:
            whole[part][key] = value
    return whole


def read(value: object, *, allow_insecure: bool = False) -> Connection:
    raw = value if isinstance(value, str) else json.dumps(value)
    connection = parse_connection(raw, allow_insecure=allow_insecure)
    assert connection is not None
    return connection


def test_a_whole_secret_is_read() -> None:
    connection = read(secret())

    assert connection.pagerduty.api_token.get_secret_value() == "canary-token"
    assert [one.get_secret_value() for one in connection.pagerduty.webhook_secrets] == [
        "canary-secret-1",
        "canary-secret-2",
    ]
    assert connection.jira.url == "https://jira.example.com/jira"
    assert isinstance(connection.jira.auth, PatAuth)


def test_each_way_to_sign_in_is_read() -> None:
    jwt = read(secret(jira__auth={"mode": "jwt"})).jira.auth
    basic = read(secret(jira__auth={"mode": "basic", "username": "u", "password": " p "})).jira.auth

    assert isinstance(jwt, JwtAuth)
    assert (jwt.user, jwt.issuer, jwt.audience, jwt.qsh) == ("PagerDuty", "pagerduty", None, False)
    assert isinstance(basic, BasicAuth)
    assert basic.password.get_secret_value() == " p "


@pytest.mark.parametrize("raw", [None, "", "  \n", "{}", "null"])
def test_an_empty_secret_is_none(raw: str | None) -> None:
    assert parse_connection(raw, allow_insecure=False) is None


def test_an_unknown_key_is_ignored() -> None:
    whole = {**secret(pagerduty__note="x", jira__note="y"), "more": 1}

    assert read(whole).jira.url == "https://jira.example.com/jira"


def test_blanks_around_a_pasted_token_are_dropped() -> None:
    connection = read(
        secret(
            pagerduty__api_token=" canary-token\n",
            jira__auth={"mode": "pat", "token": "canary-pat\r\n"},
        )
    )

    assert connection.pagerduty.api_token.get_secret_value() == "canary-token"


def test_no_repr_shows_a_secret() -> None:
    """P23."""
    connection = read(secret())

    assert "canary" not in f"{connection!r} {connection} {connection.jira.auth!r}"


def test_http_and_loopback_need_leave() -> None:
    local = secret(jira__url="http://127.0.0.1:8080", pagerduty__api_url="http://localhost:1/")

    assert read(local, allow_insecure=True).pagerduty.api_url == "http://localhost:1"
    with pytest.raises(Misconfigured, match=r"pagerduty\.api_url .* jira\.url"):
        read(local)


def test_an_authority_of_ones_own_is_taken_whole_or_refused() -> None:
    pem = trustme.CA().cert_pem.bytes().decode()

    assert read(secret(jira__ca_pem=pem)).jira.ca_pem == pem
    assert read(secret(jira__ca_pem=" ")).jira.ca_pem is None
    with pytest.raises(Misconfigured, match=r"jira\.ca_pem"):
        read(secret(jira__ca_pem=pem[:200]))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"jira__url": None}, "lacks jira.url"),
        ({"jira__url": 7}, "jira.url"),
        ({"jira__url": "canary.example.com"}, "jira.url"),
        ({"jira__url": "https://u:canary@jira.example.com"}, "jira.url"),
        ({"jira__url": "https://169.254.169.254"}, "jira.url"),
        ({"jira__auth": None}, "lacks jira.auth"),
        ({"jira__auth": "canary"}, "jira.auth"),
        ({"jira__auth": {"mode": "canary"}}, "jira.auth.mode"),
        ({"jira__auth": {"token": "canary"}}, "jira.auth.mode"),
        ({"jira__auth": {"mode": "pat"}}, "lacks jira.auth.token"),
        ({"jira__auth": {"mode": "pat", "token": ""}}, "jira.auth.token is empty"),
        ({"jira__auth": {"mode": "pat", "token": "canary canary"}}, "jira.auth.token"),
        ({"jira__auth": {"mode": "basic", "username": "", "password": "x"}}, "jira.auth.username"),
        ({"jira__auth": {"mode": "basic", "username": "a:b", "password": "x"}}, "jira.auth.user"),
        ({"jira__auth": {"mode": "basic", "username": "u", "password": ""}}, "jira.auth.password"),
        (
            {"jira__auth": {"mode": "basic", "username": "u", "password": "canary\ud83d"}},
            "jira.auth.password holds half of a character",
        ),
        ({"jira__auth": {"mode": "jwt", "user": "canary\ud83d"}}, "jira.auth.user holds half"),
        ({"pagerduty__api_token": None}, "lacks pagerduty.api_token"),
        ({"pagerduty__api_token": "canary\nx: y"}, "pagerduty.api_token"),
        ({"pagerduty__api_token": "canary-ü"}, "pagerduty.api_token"),
        ({"pagerduty__from_email": "canary"}, "pagerduty.from_email"),
        ({"pagerduty__from_email": "canary@x\nX: y"}, "pagerduty.from_email"),
        (
            {"pagerduty__from_email": "canary-ü@example.com"},
            "pagerduty.from_email holds characters",
        ),
        (
            {"pagerduty__from_email": "canary@ex\u0430mple.com"},
            "pagerduty.from_email holds characters",
        ),
        ({"pagerduty__webhook_secrets": "canary"}, "pagerduty.webhook_secrets"),
        ({"pagerduty__webhook_secrets": ["canary", 7]}, "pagerduty.webhook_secrets[1]"),
    ],
)
def test_what_is_wrong_is_named_with_a_cure_and_without_its_value(
    changes: dict[str, Any], field: str
) -> None:
    """P23."""
    with pytest.raises(Misconfigured) as caught:
        read(secret(**changes))

    assert field in str(caught.value)
    assert caught.value.cure
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("changes", "written", "meant"),
    [
        ({"jira__webhooktoken": "canary"}, "jira.webhooktoken", "jira.webhook_token"),
        ({"jira__capem": "canary"}, "jira.capem", "jira.ca_pem"),
        (
            {"jira__auth": {"mode": "pat", "token": "canary", "Token": "canary"}},
            "jira.auth.Token",
            "jira.auth.token",
        ),
        ({"pagerduty__colour": "canary"}, "pagerduty.colour", None),
        ({"jira__a remark": "canary"}, 'jira."a remark"', None),
        ({"jira__Nz5-4711": "canary"}, "jira.(a key of 8 characters, not shown)", None),
    ],
)
def test_g6_a_key_that_is_none_is_named_with_the_one_probably_meant(
    changes: dict[str, Any], written: str, meant: str | None
) -> None:
    probably = f"; {meant} was probably meant" if meant else ""

    assert list(misspelt(json.dumps(secret(**changes)))) == [
        f"{written} is no key of it and is ignored{probably}."
    ]


@pytest.mark.parametrize("raw", [None, "{}", json.dumps(secret()), '{"jira": 1, "pagerduty": []}'])
def test_g6_a_secret_without_unknown_keys_has_none_misspelt(raw: str | None) -> None:
    assert list(misspelt(raw)) == []


def test_g6_a_key_that_lacks_is_told_once_with_the_misspelt_one() -> None:
    whole = secret(pagerduty__api_token=None, pagerduty__apitoken="canary")

    with pytest.raises(UnreadableSecret) as caught:
        read(whole)

    assert str(caught.value) == (
        "The connection secret lacks pagerduty.api_token; pagerduty.apitoken was probably meant "
        "to be that."
    )


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ('{"jira": {}\n "pagerduty": {}}', "line 2, column 2, where a comma is expected"),
        ('{\n "jira" {}}', "line 2, column 9, where a colon is expected"),
        ("{\n jira: {}}", "line 2, column 2, where a key in double quotes is expected"),
        ('{"jira": canary}', "line 1, column 10, where a value is expected"),
        ('{"jira": 1} canary', "line 1, column 13, where something follows its end"),
        ('{"jira": "canary', "line 1, column 10, where a text begins that has no end"),
        ('{"jira": "canary\n"}', "line 1, column 17, where a text holds a line break or the like"),
        (r'{"jira": "can\ary"}', "where a text holds a backslash that must be doubled"),
        ('["canary"]', "it is another kind of value"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
@pytest.mark.usefixtures("collected")
def test_g6_broken_json_is_told_with_line_and_column(raw: str, where: str) -> None:
    with pytest.raises(UnreadableSecret) as caught:
        read(raw)

    assert where in str(caught.value)


@pytest.mark.parametrize("raw", ["canary", '{"canary": ', '["canary"]', '"canary"', "[" * 100_000])
@pytest.mark.usefixtures("collected")
def test_what_is_no_object_is_refused_without_being_quoted(raw: str) -> None:
    """P23."""
    with pytest.raises(Misconfigured, match="JSON object") as caught:
        read(raw)

    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None
