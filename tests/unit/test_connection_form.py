"""M3, M8: what a person typed becomes the connection secret, and nothing kept goes elsewhere."""

import copy
from typing import Any

import pytest

from pdjira.connection.form import SIGNING, Entered, Tree, ending, entered, get, put, shown

STORED: Tree = {
    "pagerduty": {
        "api_url": "https://api.pagerduty.com",
        "api_token": "the-key-of-pagerduty",
        "from_email": "sync@example.com",
        "webhook_secrets": ["one"],
        "unknown": {"kept": True},
    },
    "jira": {
        "url": "https://jira.example.com",
        "ca_pem": None,
        "auth": {"mode": "pat", "token": "the-token-of-jira", "note": "Ana's"},
        "colour": "blue",
    },
    "ours": 7,
}


KEY = "the-token-in-force"


def origin(url: str) -> str:
    return "/".join(url.split("/")[:3])


def typed(stored: Tree = STORED, **changes: str) -> Entered:
    names = {name.replace("__", "."): value for name, value in changes.items()}
    return entered(stored, names, origin=origin, signs=lambda text: text == KEY)


def problems(found: Entered) -> list[str]:
    return [one.field for one in found.problems]


def test_an_empty_secret_field_keeps_what_is_stored() -> None:
    found = typed(
        jira__url="https://jira.example.com/new-path",
        jira__auth__mode="pat",
        jira__auth__token="",
        pagerduty__api_token="  ",
    )

    assert get(found.connection, "jira.auth.token") == "the-token-of-jira"
    assert get(found.connection, "pagerduty.api_token") == "the-key-of-pagerduty"
    assert get(found.connection, "jira.url") == "https://jira.example.com/new-path"
    assert problems(found) == []


def test_what_the_person_wrote_and_we_do_not_know_is_kept() -> None:
    before = copy.deepcopy(STORED)
    found = typed(jira__auth__mode="basic", jira__auth__username="pd", jira__auth__password="p")

    assert before == STORED
    assert found.connection["ours"] == 7
    assert get(found.connection, "jira.colour") == "blue"
    assert get(found.connection, "pagerduty.unknown") == {"kept": True}
    assert get(found.connection, "pagerduty.webhook_secrets") == ["one"]
    assert get(found.connection, "jira.auth") == {
        "mode": "basic",
        "username": "pd",
        "password": "p",
        "note": "Ana's",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"jira__url": "https://evil.example.com"}, "jira.auth.token"),
        ({"jira__url": "http://jira.example.com"}, "jira.auth.token"),
        ({"jira__url": ""}, "jira.auth.token"),
        ({"pagerduty__api_url": "https://evil.example.com"}, "pagerduty.api_token"),
    ],
)
def test_p25_a_kept_credential_never_goes_to_another_host(changes: Any, field: str) -> None:
    assert problems(typed(**changes)) == [field]


def test_a_changed_host_is_fine_once_its_credential_is_entered_again() -> None:
    found = typed(jira__url="https://other.example.com", jira__auth__token="typed-again")

    assert problems(found) == []
    assert get(found.connection, "jira.auth.token") == "typed-again"


def test_a_password_is_asked_for_again_as_well() -> None:
    stored = copy.deepcopy(STORED)
    put(stored, "jira.auth", value={"mode": "basic", "username": "pd", "password": "kept"})

    assert problems(typed(stored, jira__url="https://b.example.com")) == ["jira.auth.password"]


def test_the_address_of_pagerduty_that_is_left_out_is_the_default_one() -> None:
    stored = copy.deepcopy(STORED)
    found = typed(stored, pagerduty__api_url="")

    assert get(found.connection, "pagerduty.api_url") is None
    assert problems(found) == []


def test_another_way_to_sign_in_leaves_no_key_of_the_former_one() -> None:
    found = typed(
        jira__auth__mode="jwt",
        jira__auth__user="pd",
        jira__auth__issuer="",
        jira__auth__audience="",
        jira__auth__qsh="true",
        jira__auth__token="of another mode",
    )

    assert get(found.connection, "jira.auth") == {
        "mode": "jwt",
        "user": "pd",
        "audience": None,
        "qsh": True,
        "note": "Ana's",
    }


def test_a_box_that_is_not_ticked_says_false() -> None:
    stored: Tree = {"jira": {"auth": {"mode": "jwt", "qsh": True}}}

    assert get(typed(stored, jira__auth__mode="jwt").connection, "jira.auth.qsh") is False
    assert get(typed(stored, jira__url="").connection, "jira.auth.qsh") is True


def test_a_way_to_sign_in_that_there_is_not_changes_nothing() -> None:
    assert get(typed(jira__auth__mode="magic").connection, "jira.auth.mode") == "pat"


def test_a_fresh_secret_is_filled_and_what_stands_in_the_way_is_replaced() -> None:
    for stored in ({}, {"jira": "text", "pagerduty": None}):
        found = typed(
            dict(stored),
            jira__auth__mode="pat",
            jira__url=" https://jira.example.com ",
            jira__auth__token="t",
            pagerduty__api_token="k",
            pagerduty__from_email="a@example.com",
            pagerduty__api_url="",
            jira__ca_pem="",
        )

        assert problems(found) == []
        assert found.connection == {
            "jira": {
                "url": "https://jira.example.com",
                "ca_pem": None,
                "auth": {"mode": "pat", "token": "t"},
            },
            "pagerduty": {"api_token": "k", "from_email": "a@example.com"},
        }


def test_an_address_left_out_where_its_side_is_missing_does_no_harm() -> None:
    assert typed({}, pagerduty__api_url="").connection == {}


def test_p23_of_a_secret_a_form_shows_the_last_four_characters_alone() -> None:
    values = shown(STORED)

    assert values["jira.auth.token"] == "jira"
    assert values["pagerduty.api_token"] == "duty"
    assert values["jira.url"] == "https://jira.example.com"
    assert values["jira.auth.mode"] == "pat"
    assert "the-token-of-jira" not in str(values)
    assert "the-token" not in repr(typed())


def test_p23_of_a_short_secret_nothing_is_shown() -> None:
    assert ending("12345678901") == ""
    assert ending("123456789012") == "9012"


def test_a_form_of_an_empty_secret_begins_with_an_access_token() -> None:
    values = shown({"jira": {"auth": {"qsh": True}}, "pagerduty": ["no object"]})

    assert values["jira.auth.mode"] == "pat"
    assert values["jira.auth.qsh"] == "true"
    assert values["pagerduty.from_email"] == ""


SIGNED: Tree = {"jira": {"url": "https://jira.example.com", "auth": {"mode": "jwt"}}}


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", ["Enter it again"]),
        ("another-token", ["It is not the one in force"]),
        (f" {KEY} ", []),
    ],
)
def test_p25_only_who_knows_the_token_that_signs_has_it_sign_for_another_host(
    key: str, told: list[str]
) -> None:
    found = typed(SIGNED, jira__url="https://other.example.com", jira__auth__signing_token=key)

    said = [one.says for one in found.problems if one.field == SIGNING]
    assert [says.startswith(begin) for says, begin in zip(said, told, strict=True)] == [True] * len(
        told
    )
    assert KEY not in repr(found.connection)


def test_on_the_same_host_or_first_of_all_the_token_that_signs_is_not_asked_for() -> None:
    same = typed(SIGNED, jira__url="https://jira.example.com/jira")
    first = typed({}, jira__url="https://jira.example.com", jira__auth__mode="jwt")
    begun = typed(STORED, jira__url="https://other.example.com", jira__auth__mode="jwt")

    assert [
        one.field for it in (same, first, begun) for one in it.problems if one.field == SIGNING
    ] == []
