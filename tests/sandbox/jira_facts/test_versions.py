"""What differs from one version of Jira to another."""

import os
import signal
import subprocess
import sys

import jwt
import pytest

from tests.builders import FakeClock
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD
from tests.sandbox.jira.versions import VERSIONS
from tests.sandbox.jira_facts.client import Client, Json, a_bug, said

OURS = (OUR_ACCOUNT, OUR_PASSWORD)
OLD = "/issue/createmeta"
NEW = f"{OLD}/OPS/issuetypes"
ONE = "projectKeys=OPS&issuetypeIds=10001&expand=projects.issuetypes.fields"
KEY = "k" * 64


def installed(jira: Client, version: str) -> None:
    jira.control("PUT", "version", {"version": version})


def read(jira: Client, path: str) -> int:
    """The status as our account gets it, which Basic lets in everywhere."""
    jira.control("PUT", "sign-in", {"basic": True})
    return jira("GET", path, auth=OURS).status_code


# ---- which version


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_names_the_version_that_is_installed(jira: Client, version: str) -> None:
    installed(jira, version)

    info = jira("GET", "/serverInfo", headers={}).json()

    assert info["versionNumbers"] == list(VERSIONS[version].numbers)
    assert info["version"] == ".".join(map(str, info["versionNumbers"]))


def test_a_version_is_changed_under_way_and_everything_stays(jira: Client) -> None:
    key = jira.create()

    installed(jira, "7.2")
    after = jira("GET", f"/issue/{key}", auth=OURS)
    jira.control("POST", "reset")

    assert after.status_code == 200
    assert jira.control("GET", "version").json()["version"] == "9.12"


@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_version_is_chosen_when_the_server_is_started(by: str) -> None:
    command = [sys.executable, "-m", "tests.sandbox.jira"]
    environment = dict(os.environ)
    if by == "option":
        command += ["--version", "7.6"]
    else:
        environment["JIRA_VERSION"] = "7.6"
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            url = server.stdout.readline().split()[1]
            asked = subprocess.run(
                [sys.executable, "-c", _ASK, f"{url}/rest/api/2/serverInfo"],
                check=True,
                capture_output=True,
                text=True,
            )
        finally:
            server.send_signal(signal.SIGTERM)

    assert '"versionNumbers": [7, 6,' in asked.stdout


_ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"


# ---- create metadata


@pytest.mark.parametrize(
    ("version", "old", "new"),
    [
        ("7.2", 200, 404),
        ("7.6", 200, 404),
        ("8.4", 200, 200),
        ("8.20", 200, 200),
        ("9.12", 404, 200),
        ("10.3", 404, 200),
        ("11.3", 404, 200),
    ],
)
def test_each_version_has_its_create_metadata(
    jira: Client, version: str, old: int, new: int
) -> None:
    installed(jira, version)

    assert (read(jira, f"{OLD}?{ONE}"), read(jira, NEW), read(jira, f"{NEW}/10001")) == (
        old,
        new,
        new,
    )


def test_the_old_create_metadata_are_objects_by_field_id(jira: Client) -> None:
    installed(jira, "7.6")

    [project] = jira("GET", f"{OLD}?{ONE}", auth=OURS).json()["projects"]

    [kind] = project["issuetypes"]
    assert (project["key"], kind["name"]) == ("OPS", "Bug")
    assert kind["fields"]["summary"]["required"] is True
    assert "fieldId" not in kind["fields"]["summary"]


def test_the_old_create_metadata_tell_fields_only_when_asked_and_filter_as_asked(
    jira: Client,
) -> None:
    installed(jira, "7.6")

    def found(query: str) -> Json:
        return jira("GET", f"{OLD}?{query}", auth=OURS).json()["projects"]

    assert [project["key"] for project in found("")] == ["OPS", "WEB"]
    assert [project["key"] for project in found("projectIds=10200")] == ["WEB"]
    assert [len(project["issuetypes"]) for project in found("issuetypeIds=10001")] == [1, 1]
    assert "fields" not in found("projectKeys=OPS")[0]["issuetypes"][0]


def test_the_old_create_metadata_leave_out_what_one_may_not_create(jira: Client) -> None:
    installed(jira, "7.6")
    revoked = {"user": OUR_ACCOUNT, "project": "OPS", "revoke": ["CREATE_ISSUES"]}
    jira.control("POST", "permissions", revoked)

    assert jira("GET", f"{OLD}?{ONE}", auth=OURS).json()["projects"] == []
    assert jira("GET", f"{OLD}?projectKeys=NOPE", auth=OURS).json()["projects"] == []


# ---- signing in


@pytest.mark.parametrize(
    ("version", "token", "password"),
    [
        ("7.2", 401, 200),
        ("8.4", 401, 200),
        ("8.20", 200, 200),
        ("10.3", 200, 200),
        ("11.3", 200, 403),
    ],
)
def test_tokens_came_with_8_14_and_passwords_are_off_from_11_on(
    jira: Client, version: str, token: int, password: int
) -> None:
    installed(jira, version)

    answers = (jira("GET", "/myself"), jira("GET", "/myself", auth=OURS))

    assert tuple(answer.status_code for answer in answers) == (token, password)


def test_a_token_is_passed_over_by_a_version_that_knows_none(jira: Client) -> None:
    installed(jira, "8.4")

    answer = jira("GET", "/field")

    assert (answer.status_code, answer.headers["X-AUSERNAME"]) == (200, "anonymous")


def test_an_administrator_allows_passwords_on_11_and_forbids_them_before(jira: Client) -> None:
    installed(jira, "11.3")
    off = jira("GET", "/myself", auth=OURS)
    jira.control("PUT", "sign-in", {"basic": True})
    allowed = jira("GET", "/myself", auth=OURS)
    installed(jira, "8.20")
    jira.control("PUT", "sign-in", {"basic": False})
    forbidden = jira("GET", "/myself", auth=OURS)

    assert (off.status_code, allowed.status_code, forbidden.status_code) == (403, 200, 403)
    assert "Basic Authentication has been disabled" in off.text


def signed(clock: FakeClock, *, key: str = KEY, **claims: Json) -> dict[str, str]:
    now = int(clock().timestamp())
    made = {"iss": "us", "sub": OUR_ACCOUNT, "iat": now, "exp": now + 60, **claims}
    return {"Authorization": f"Bearer {jwt.encode(made, key, algorithm='HS256')}"}


@pytest.mark.parametrize("version", ["7.2", "11.3"])
def test_a_plugin_takes_signed_tokens_in_any_version(
    jira: Client, clock: FakeClock, version: str
) -> None:
    installed(jira, version)
    jira.control("PUT", "sign-in", {"jwt": {"key": KEY, "issuer": "us"}})

    answer = jira("GET", "/myself", headers=signed(clock))

    assert (answer.status_code, answer.headers["X-AUSERNAME"]) == (200, OUR_ACCOUNT)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"key": "n" * 64}, "signature"),
        ({"iss": "them"}, "issuer"),
        ({"aud": "them"}, "audience"),
        ({"exp": 1}, "expired"),
        ({"iat": 9_999_999_999, "exp": 9_999_999_999}, "future"),
        ({"qsh": "0"}, "another request"),
        ({"sub": None}, "not as it must be"),
    ],
)
def test_a_plugin_says_why_it_refuses_a_token(
    jira: Client, clock: FakeClock, wrong: Json, why: str
) -> None:
    plugin = {"key": KEY, "issuer": "us", "qsh": "qsh" in wrong}
    jira.control("PUT", "sign-in", {"jwt": plugin})

    answer = jira("GET", "/serverInfo", headers=signed(clock, **wrong))

    assert answer.status_code == 401
    assert answer.json()["status-code"] == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith('Bearer error="invalid_token"')
    assert why in challenge.lower()


def test_a_plugin_answers_400_for_a_user_that_jira_does_not_know(
    jira: Client, clock: FakeClock
) -> None:
    jira.control("PUT", "sign-in", {"jwt": {"key": KEY, "issuer": "us"}})

    answer = jira("GET", "/myself", headers=signed(clock, sub="nobody"))

    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("No user found")


def test_without_a_plugin_a_signed_token_is_unknown(jira: Client, clock: FakeClock) -> None:
    answer = jira("GET", "/serverInfo", headers=signed(clock))

    assert (answer.status_code, answer.headers["X-AUSERNAME"]) == (200, "anonymous")


def test_every_answer_has_the_date_of_jiras_own_clock(jira: Client, clock: FakeClock) -> None:
    answers = (jira("GET", "/myself"), jira("GET", "/myself", headers={}))

    told = f"{clock():%a, %d %b %Y %H:%M:%S} GMT"
    assert {answer.headers["Date"] for answer in answers} == {told}


# ---- people, comments, limits, webhooks


@pytest.mark.parametrize(("version", "key"), [("7.6", "bob"), ("9.12", "JIRAUSER10102")])
def test_a_users_key_is_the_name_in_old_versions(jira: Client, version: str, key: str) -> None:
    installed(jira, version)

    bob = jira("GET", f"/user?key={key}", auth=OURS).json()

    assert (bob["name"], bob["key"]) == ("bob", key)


@pytest.mark.parametrize(("version", "count"), [("7.6", 60), ("9.12", 50)])
def test_old_versions_list_all_comments_at_once(jira: Client, version: str, count: int) -> None:
    key = jira.create()
    for number in range(60):
        jira("POST", f"/issue/{key}/comment", json={"body": str(number)})
    installed(jira, version)

    page = jira("GET", f"/issue/{key}/comment", auth=OURS).json()

    assert (len(page["comments"]), page["total"]) == (count, 60)


@pytest.mark.parametrize(("version", "refused"), [("8.4", True), ("8.20", False)])
def test_the_rate_limit_came_with_8_6(jira: Client, version: str, *, refused: bool) -> None:
    installed(jira, version)

    url = f"{jira.server.url}/_sandbox/rate-limit"
    answer = jira.session.post(url, json={"times": 1}, timeout=10)

    assert (answer.status_code == 400) is refused


@pytest.mark.parametrize(("version", "status"), [("10.3", 200), ("11.3", 500)])
def test_searches_of_the_newest_version_end_at_ten_thousand(
    jira: Client, version: str, status: int
) -> None:
    installed(jira, version)

    answer = jira("POST", "/search", json={"jql": "", "startAt": 9_999, "maxResults": 2})

    assert answer.status_code == status


def test_in_read_only_mode_writes_are_refused_and_reads_are_not(jira: Client) -> None:
    installed(jira, "10.3")
    jira.control("PUT", "read-only", {"message": "Upgrade until noon"})

    write = jira("POST", "/issue", json=a_bug())
    mode = jira("GET", "/readonly-mode").json()

    assert said(write, 503)["errorMessages"] == ["Upgrade until noon"]
    assert (mode["enabled"], mode["message"]) == (True, "Upgrade until noon")
    assert jira.found("project = OPS") == []


@pytest.mark.parametrize(("version", "signed_"), [("9.12", False), ("10.3", True)])
def test_webhooks_are_signed_from_10_on(jira: Client, version: str, *, signed_: bool) -> None:
    installed(jira, version)

    assert jira.control("GET", "version").json()["signs_webhooks"] is signed_


def test_there_is_no_read_only_mode_before_10_3(jira: Client) -> None:
    assert jira("GET", "/readonly-mode").status_code == 404
