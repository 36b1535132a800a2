"""Who one is to Jira, and how it refuses those who are not who they say."""

import pytest

from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD
from tests.sandbox.jira_facts.client import TOKEN, Client, a_bug, said


@pytest.mark.parametrize("auth", [None, (OUR_ACCOUNT, OUR_PASSWORD)])
def test_token_and_password_sign_in_and_the_answer_names_the_account(
    jira: Client, auth: tuple[str, str] | None
) -> None:
    answer = jira("GET", "/myself", auth=auth) if auth else jira("GET", "/myself")

    assert answer.json()["name"] == OUR_ACCOUNT
    assert answer.headers["X-AUSERNAME"] == OUR_ACCOUNT
    assert answer.headers["X-Seraph-LoginReason"] == "OK"


def test_a_bad_password_is_refused_with_a_page(jira: Client) -> None:
    answer = jira("GET", "/serverInfo", auth=(OUR_ACCOUNT, "wrong"))

    assert answer.status_code == 401
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "AUTHENTICATED_FAILED" in answer.text


def test_three_bad_passwords_lock_the_account_until_a_person_signs_in(jira: Client) -> None:
    for _ in range(3):
        assert jira("GET", "/myself", auth=(OUR_ACCOUNT, "wrong")).status_code == 401

    locked = jira("GET", "/myself", auth=(OUR_ACCOUNT, OUR_PASSWORD))
    jira.control("PUT", f"users/{OUR_ACCOUNT}", {"unlock": True})
    unlocked = jira("GET", "/myself", auth=(OUR_ACCOUNT, OUR_PASSWORD))

    assert locked.status_code == 403
    assert locked.headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"
    assert locked.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE;")
    assert unlocked.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer no-such-token"}])
def test_a_missing_or_unknown_token_is_answered_as_to_anonymous(
    jira: Client, headers: dict[str, str]
) -> None:
    jira.create()

    search = jira("POST", "/search", json={"jql": ""}, headers=headers)
    field = jira("GET", "/field", headers=headers)
    projects = jira("GET", "/project", headers=headers)

    assert (search.status_code, search.json()["total"]) == (200, 0)
    assert (field.status_code, projects.json()) == (200, [])
    assert {one.headers["X-AUSERNAME"] for one in (search, field, projects)} == {"anonymous"}


def test_what_needs_a_login_answers_an_anonymous_user_in_the_other_error_shape(
    jira: Client,
) -> None:
    answer = jira("GET", "/myself", headers={})

    assert answer.status_code == 401
    assert answer.json()["status-code"] == 401
    assert set(answer.json()) == {"message", "status-code"}
    assert answer.headers["WWW-Authenticate"].startswith("OAuth ")


def test_an_anonymous_create_is_a_400_that_only_the_header_tells_from_a_refusal(
    jira: Client,
) -> None:
    answer = jira("POST", "/issue", json=a_bug(), headers={})

    assert "project" in said(answer, 400)["errors"]
    assert answer.headers["X-AUSERNAME"] == "anonymous"


def test_a_browser_fails_the_cross_site_check(jira: Client) -> None:
    headers = {**TOKEN, "User-Agent": "Mozilla/5.0", "X-Atlassian-Token": "no-check"}

    answer = jira("POST", "/issue", json=a_bug(), headers=headers)

    assert (answer.status_code, answer.text) == (403, "XSRF check failed")
    assert jira("GET", "/myself", headers=headers).status_code == 200


def test_only_those_signed_in_are_told_the_servers_time(jira: Client) -> None:
    known, nobody = jira("GET", "/serverInfo"), jira("GET", "/serverInfo", headers={})

    assert known.json()["versionNumbers"][:2] == [9, 12]
    assert "serverTime" in known.json()
    assert "serverTime" not in nobody.json()


def test_a_body_that_is_not_declared_as_json_is_not_taken(jira: Client) -> None:
    answer = jira("POST", "/issue", data="{}")

    assert answer.status_code == 415
