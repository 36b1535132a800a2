"""M3: nothing that a client sends beside its token decides who it is or what it may reach."""

import base64
import json
import struct

import pytest
import requests

from tests.gateway.client import MYSELF, Client, a_jwt, said
from tests.gateway.conftest import Start
from tests.gateway.recorder import Recorder
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer

BASIC = "Basic " + base64.b64encode(f"{OUR_ACCOUNT}:{OUR_PASSWORD}".encode()).decode()


@pytest.mark.parametrize(
    "authorization", [BASIC, f"Bearer {OUR_TOKEN}", "Negotiate AAAA", "Bearer", "", "JWT {jwt}"]
)
def test_credentials_of_jira_itself_are_refused_and_never_passed_on(
    client: Client, jira: JiraServer, authorization: str
) -> None:
    jira.calls.reset()

    answer = client(headers={"Authorization": authorization.replace("{jwt}", a_jwt())})

    assert "Bearer with a JWT" in said(answer)
    assert jira.calls.calls() == []


@pytest.mark.parametrize("other", [BASIC, "Bearer {jwt}", "Bearer x.y.z"])
def test_two_authorization_headers_are_refused_in_either_order(client: Client, other: str) -> None:
    lines = [f"Authorization: Bearer {a_jwt()}", f"Authorization: {other}".format(jwt=a_jwt())]

    assert client.status(*lines) == 401
    assert client.status(*reversed(lines)) == 401
    assert client.status(f"{lines[0]}, {BASIC}") == 401


def test_a_percent_sign_that_is_meant_is_passed_on(start: Start, recorder: Recorder) -> None:
    _, client = start(jira=recorder.address)

    assert client(path=f"{MYSELF}?jql=100%25&query=%2525%3D50%25").status_code == 200

    (received,) = recorder.received
    assert received.target == f"{MYSELF}?jql=100%25&query=%2525%3D50%25"


def test_http_2_by_prior_knowledge_is_refused_with_all_that_it_brings(
    start: Start, recorder: Recorder
) -> None:
    """RFC 9113, 3.4: the preface, then frames; here a form, which no rule for bodies would see."""
    _, client = start(jira=recorder.address)
    form = b"os_username=alice&os_password=alice-password"
    names = {
        ":method": "POST",
        ":scheme": "https",
        ":authority": "jira.example.com",
        ":path": "/rest/api/2/search",
        "authorization": f"Bearer {a_jwt()}",
        "content-type": "application/x-www-form-urlencoded",
    }
    frames = [
        frame(kind=4, flags=0, stream=0, payload=b""),
        frame(kind=1, flags=4, stream=1, payload=b"".join(map(header, names.items()))),
        frame(kind=0, flags=1, stream=1, payload=form),
    ]

    answer = client.binary(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"".join(frames))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert recorder.received == []


def frame(*, kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """A frame of HTTP/2."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def header(named: tuple[str, str]) -> bytes:
    """A header in HPACK: a literal that no table keeps (RFC 7541, 6.2.2)."""
    return b"\0" + b"".join(map(text, named))


def text(value: str) -> bytes:
    """A text in HPACK: its length in a prefix of seven bits, then its bytes."""
    size, rest = len(value), b""
    if size >= 127:
        size, beyond = 127, size - 127
        while beyond >= 128:
            rest += bytes([beyond % 128 + 128])
            beyond //= 128
        rest += bytes([beyond])
    return bytes([size]) + rest + value.encode("ascii")


SMUGGLED = {
    "Cookie": "JSESSIONID=of-somebody; seraph.rememberme.cookie=of-somebody",
    "Proxy-Authorization": BASIC,
    "X-Forwarded-User": "admin",
    "X-Remote-User": "admin",
    "Remote-User": "admin",
    "X-AUSERNAME": "admin",
    "X-Atlassian-Identity": "admin",
    "X-HTTP-Method-Override": "DELETE",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "evil.example.com",
    "Forwarded": "for=192.0.2.1",
    "X-Original-URL": "/secure/admin",
    "Authorization_": BASIC,
    "Upgrade-Insecure-Requests": "1",
}


def test_only_headers_that_jira_needs_go_on_and_who_it_is_says_the_gateway(
    start: Start, recorder: Recorder
) -> None:
    _, client = start(jira=recorder.address)

    answer = client(headers={**SMUGGLED, "X-Atlassian-Token": "no-check"})

    (received,) = recorder.received
    assert answer.status_code == 200
    assert received.headers["authorization"] == [f"Bearer {OUR_TOKEN}"]
    assert received.headers["x-forwarded-for"] == ["127.0.0.1"]
    assert received.headers["user-agent"] == ["pdjira/0.1.0"]
    assert set(received.headers) - {"connection"} == {
        *("host", "accept", "accept-encoding", "user-agent", "x-atlassian-token"),
        *("authorization", "x-forwarded-for", "x-forwarded-proto"),
    }


def test_a_header_named_by_connection_cannot_take_the_credential_away(
    start: Start, recorder: Recorder
) -> None:
    _, client = start(jira=recorder.address)

    client(headers={"Connection": "close, Authorization, X-Forwarded-For"})

    (received,) = recorder.received
    assert received.headers["authorization"] == [f"Bearer {OUR_TOKEN}"]
    assert received.headers.get("connection", []) in ([], ["close"])


def test_the_session_that_jira_opens_stays_with_the_gateway(
    start: Start, recorder: Recorder
) -> None:
    _, client = start(jira=recorder.address)

    assert "Set-Cookie" not in client().headers


@pytest.mark.parametrize(
    "query",
    [
        "os_username=alice&os_password=alice-password",
        "jql=x&os_authType=none",
        "os%5Fusername=alice",
        "os%255Fusername=alice",
        "OS_username=alice",
        "jwt=a.b.c",
        "oauth_token=x",
        "access_token=x",
        "jql=100%25&os_username=alice",
        "jql=100%2525&os_username=alice",
        "jql=100%25&os%255Fusername=alice",
        "jql=100%&os_username=alice",
        "jql=%zz&os%5Fusername=alice",
        "os_username=alice&jql=%2",
        "jql=%00&os_username=alice",
        "jql=%00&os%5Fusername=alice",
        "jql=%2500&os_username=alice",
        "jql=x;os_username=alice",
    ],
)
def test_credentials_in_the_query_are_refused(start: Start, recorder: Recorder, query: str) -> None:
    _, client = start(jira=recorder.address)

    answer = client(path=f"{MYSELF}?{query}")

    assert (answer.status_code, set(answer.json())) == (403, {"errorMessages", "errors"})
    assert recorder.received == []


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/secure/admin/ViewApplicationProperties.jspa",
        "/rest/auth/1/session",
        "/rest/api/latest/myself",
        "/rest/api/2",
        "/jira/rest/api/2/myself",
        "/rest/api/2/../../../secure/admin",
        "/rest/api/2/%2e%2e/%2e%2e/secure",
        "/rest/api/2/..;/..;/secure/admin",
        "/rest/api/2/myself;jsessionid=of-somebody",
        "/rest/api/2//myself",
        "/rest/api/2/.hidden",
        "/rest/api/2/a%2fb",
        "/rest/api/2/a\\b",
        "//evil.example.com/rest/api/2/myself",
        "/rest/servicedeskapi/request/1",
        "/rest/servicedeskapi/servicedesks",
        "/rest/servicedeskapi/servicedesk/../request",
    ],
)
def test_paths_beside_the_rest_interface_are_refused_however_they_are_disguised(
    start: Start, recorder: Recorder, target: str
) -> None:
    _, client = start(jira=recorder.address)

    status = client.status(f"Authorization: Bearer {a_jwt()}", target=target)

    assert status == 403
    assert recorder.received == []


@pytest.mark.parametrize("path", ["", "/1/requesttype", "/1/organization"])
def test_what_service_desks_offer_is_read_and_nothing_is_written_there(
    start: Start, recorder: Recorder, path: str
) -> None:
    _, client = start(jira=recorder.address)
    target = f"/rest/servicedeskapi/servicedesk{path}"

    read = client(path=f"{target}?limit=100", headers={"X-ExperimentalApi": "opt-in"})
    written = client(method="POST", path=target, json={})

    assert (read.status_code, written.status_code) == (200, 403)
    (received,) = recorder.received
    assert received.headers["x-experimentalapi"] == ["opt-in"]


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "OPTIONS", "HEAD", "CONNECT", "PROPFIND"])
def test_other_methods_are_refused(start: Start, recorder: Recorder, method: str) -> None:
    _, client = start(jira=recorder.address)

    status = client.status(f"Authorization: Bearer {a_jwt()}", method=method)

    assert status in ({400} if method == "CONNECT" else {405})
    assert recorder.received == []


def test_a_body_that_servers_could_measure_differently_is_refused(
    start: Start, recorder: Recorder
) -> None:
    _, client = start(jira=recorder.address)
    signed = (f"Authorization: Bearer {a_jwt()}", "Content-Type: application/json")
    chunked, measured = "Transfer-Encoding: chunked", "Content-Length: 2"

    statuses = [
        client.status(*signed, chunked, method="POST"),
        client.status(*signed, chunked, measured, method="POST"),
        client.status(*signed, measured, "Content-Length: 3", method="POST"),
        client.status(*signed, "Content-Length: -1", method="POST"),
        client.status(*signed, "Transfer-Encoding: identity", measured, method="POST"),
    ]

    assert set(statuses) <= {400, 411, 422}
    assert recorder.received == []


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_that_is_no_json_is_refused(start: Start, recorder: Recorder, kind: str) -> None:
    _, client = start(jira=recorder.address)

    answer = client(
        method="POST",
        path="/rest/api/2/search",
        headers={"Content-Type": kind},
        data="os_username=alice&os_password=alice-password",
    )

    assert answer.status_code == 415
    assert recorder.received == []


FORM, JSON = "Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json"


@pytest.mark.parametrize("kinds", [(FORM, JSON), (JSON, FORM), (JSON, JSON)])
def test_a_body_of_two_kinds_is_refused(
    start: Start, recorder: Recorder, kinds: tuple[str, str]
) -> None:
    """Which of them counts, servers see differently, and a form may sign in somebody else."""
    _, client = start(jira=recorder.address)
    lines = (f"Authorization: Bearer {a_jwt()}", *kinds, "Content-Length: 2")

    status = client.status(*lines, target="/rest/api/2/search", method="POST")

    assert status == 415
    assert recorder.received == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_of_json_arrives_as_it_was_sent(
    start: Start, recorder: Recorder, method: str
) -> None:
    _, client = start(jira=recorder.address)
    body = {"jql": 'text ~ "Zoë & 100 %"', "fields": ["summary"]}

    answer = client(method=method, path="/rest/api/2/search?a=%C3%A9&b=1%2F2", json=body)

    (received,) = recorder.received
    assert answer.status_code == 200
    assert (received.method, received.target) == (method, "/rest/api/2/search?a=%C3%A9&b=1%2F2")
    assert json.loads(received.body) == body


def test_the_calls_of_the_stack_pass_and_are_those_of_the_account(
    client: Client, jira: JiraServer
) -> None:
    jira.model.reset()
    fields = {"project": {"key": "OPS"}, "issuetype": {"id": "10001"}, "summary": "Slow"}

    made = client(method="POST", path="/rest/api/2/issue", json={"fields": fields})
    put = client(
        method="PUT",
        path=f"/rest/api/2/issue/{made.json()['id']}/properties/pagerduty.incident",
        json={"id": "QINCIDENT00001"},
    )
    found = client(path=f"/rest/api/2/issue/{made.json()['key']}?fields=creator")

    assert (made.status_code, put.status_code) == (201, 201)
    assert found.json()["fields"]["creator"]["name"] == OUR_ACCOUNT


def test_a_refusal_by_jira_comes_back_as_jira_said_it(client: Client) -> None:
    answer: requests.Response = client(path="/rest/api/2/issue/OPS-404")

    assert answer.status_code == 404
    assert answer.json()["errorMessages"]
    assert answer.headers["X-AUSERNAME"] == OUR_ACCOUNT
