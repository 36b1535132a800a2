"""Who may call REST, and how often."""

import pytest

from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    control,
    error_of,
    new_incident,
)


@pytest.mark.parametrize(
    "header",
    ["", "Token token=wrong", f"Bearer {seed.API_TOKEN}", f"Token token={seed.APP_TOKEN}"],
)
def test_a_wrong_key_is_answered_401_with_an_error_body(rest: Rest, header: str) -> None:
    refused = rest("GET", "/abilities", headers={"Authorization": header})

    assert error_of(refused) == (401, 2006, ["Authentication failed"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/incident"),
        ("GET", "/incidents/QX/nothing"),
        ("POST", "/abilities"),
        ("GET", "/v2/"),
    ],
)
def test_a_path_that_does_not_exist_is_answered_404_with_an_error_body(
    rest: Rest, method: str, path: str
) -> None:
    assert error_of(rest(method, path)) == (404, 2100, ["Not Found"])


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("/incidents", "assignees"),
        ("/incidents/QNOSUCH", "custom_fields"),
        ("/services", "integrations"),
        ("/users/me", "calendar_urls"),
        ("/log_entries", "channels"),
        ("/incidents/types/incident_default/custom_fields", "field_options"),
    ],
)
def test_an_include_that_a_resource_does_not_know_is_refused(
    rest: Rest, path: str, taken: str
) -> None:
    refused = error_of(rest("GET", f"{path}?include[]={taken}&include[]=nonsense"))
    known = rest("GET", f"{path}?include[]={taken}")

    assert refused == (400, 2001, ["Invalid Input Provided", "Include nonsense is invalid"])
    assert "Include" not in known.text


def test_both_kinds_of_authorization_are_accepted(rest: Rest) -> None:
    rest("GET", "/abilities", status=200)
    rest("GET", "/abilities", status=200, headers={"Authorization": f"Bearer {seed.APP_TOKEN}"})


@pytest.mark.parametrize(
    ("sender", "code", "says"),
    [
        ("", 2016, "You must specify a user's email address"),
        ("not an address", 1028, 'Malformed "From" header'),
        ("nobody@example.com", 1008, "Requester User Not Found"),
    ],
)
def test_a_write_needs_the_address_of_a_user(rest: Rest, sender: str, code: int, says: str) -> None:
    status, got, words = error_of(
        rest("POST", "/incidents", new_incident(), headers={"From": sender})
    )

    assert (status, got) == (400, code)
    assert words[0].startswith(says)


def test_a_users_own_key_needs_no_address(rest: Rest) -> None:
    own = {"Authorization": f"Token token={seed.USER_TOKEN}", "From": ""}

    made = rest("POST", "/incidents", new_incident(), headers=own, status=201).json()["incident"]

    assert made["last_status_change_by"]["id"] == seed.RESPONDER


def test_a_read_only_key_may_not_write(rest: Rest) -> None:
    refused = rest(
        "POST",
        "/incidents",
        new_incident(),
        headers={"Authorization": f"Token token={seed.READ_ONLY_TOKEN}"},
    )

    assert error_of(refused)[:2] == (403, 2010)


def test_a_key_without_the_right_to_a_resource_is_refused_before_anything_is_looked_up(
    rest: Rest,
) -> None:
    narrow = {"Authorization": f"Token token={seed.NARROW_TOKEN}"}
    read_only = {"Authorization": f"Token token={seed.READ_ONLY_TOKEN}"}
    note = {"note": {"content": "x"}}

    for path in ("/users", "/log_entries", "/webhook_subscriptions"):
        assert error_of(rest("GET", path, headers=narrow))[:2] == (403, 2010)
    assert rest("GET", "/incidents", headers=narrow).status_code == 200
    unknown = "/incidents/QNOBODY/notes"
    assert rest("POST", unknown, note, headers=read_only).status_code == 403
    assert rest("POST", unknown, note).status_code == 404


def test_users_me_is_for_users_keys_only(rest: Rest) -> None:
    assert rest("GET", "/users/me").status_code == 400

    own = {"Authorization": f"Token token={seed.USER_TOKEN}"}
    assert rest("GET", "/users/me", headers=own).json()["user"]["email"] == seed.RESPONDER_EMAIL


def test_too_many_requests_are_answered_429_and_say_when_to_come_back(
    server: PagerDutyServer, rest: Rest
) -> None:
    control(server, "POST", "rate-limit", limit=2)

    answers = [rest("GET", "/abilities") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert 1 <= int(answers[2].headers["ratelimit-reset"]) <= 60
    assert answers[2].json() == {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
    assert "Retry-After" not in answers[2].headers
