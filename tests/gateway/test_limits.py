"""M3: the gateway answers for its own limits, and says of Jira's troubles no more than it knows."""

import ssl

import pytest
import requests
import trustme

from tests.gateway.client import MYSELF, Client, a_jwt, said
from tests.gateway.conftest import Start
from tests.gateway.recorder import Recorder
from tests.gateway.running import the_gateway
from tests.sandbox.jira.server import JiraServer

KIB = 1024


@pytest.mark.parametrize("size", [55 * KIB, 256 * KIB, 1024 * KIB - 10])
def test_bodies_up_to_a_mebibyte_pass(start: Start, recorder: Recorder, size: int) -> None:
    _, client = start(jira=recorder.address)

    answer = client(method="POST", path="/rest/api/2/issue", json={"a": "x" * size})

    assert answer.status_code == 200
    assert len(recorder.received[0].body) == size + len('{"a": ""}')


def test_a_larger_body_is_refused_before_it_is_sent(start: Start, recorder: Recorder) -> None:
    _, client = start(jira=recorder.address)

    status = client.status(
        f"Authorization: Bearer {a_jwt()}",
        "Content-Type: application/json",
        f"Content-Length: {1024 * KIB + 1}",
        method="POST",
    )

    assert status == 413
    assert recorder.received == []


def test_long_and_many_headers_are_refused(start: Start, recorder: Recorder) -> None:
    _, client = start(jira=recorder.address)
    signed = f"Authorization: Bearer {a_jwt()}"

    assert client.status(signed, f"X-Long: {'x' * 16 * KIB}") == 400
    assert client.status(signed, *(f"X-{number}: x" for number in range(60))) == 400
    assert recorder.received == []


@pytest.mark.parametrize(
    "begun",
    [
        f"GET {MYSELF} HTTP/1.1\r\nHost: j\r\nAuthor",
        (
            f"POST {MYSELF} HTTP/1.1\r\nHost: j\r\nContent-Type: application/json\r\n"
            'Content-Length: 100\r\nAuthorization: Bearer {token}\r\n\r\n{"a": '
        ),
    ],
    ids=["headers", "body"],
)
def test_a_client_that_does_not_go_on_is_cut_off_before_jira_hears_of_it(
    start: Start, recorder: Recorder, begun: str
) -> None:
    hasty = the_gateway(
        **{
            "timeout http-request 5s": "timeout http-request 50ms",
            "wait-for-body time 5s": "wait-for-body time 50ms",
        }
    )
    _, client = start(hasty, jira=recorder.address)

    answer = client.raw(begun.replace("{token}", a_jwt()))

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert recorder.received == []


def test_who_is_refused_too_often_has_to_wait_and_others_have_not(client: Client) -> None:
    statuses = [client("a.b.c").status_code for _ in range(61)]

    waiting = client()

    assert set(statuses) == {401}
    assert (waiting.status_code, waiting.headers["Retry-After"]) == (429, "30")
    assert waiting.json()["status-code"] == 429
    assert client.status(f"Authorization: Bearer {a_jwt()}", source="127.0.0.9") == 200


def test_who_asks_too_much_has_to_wait(start: Start) -> None:
    _, client = start(the_gateway(**{"sc_http_req_rate(0) gt 1000": "sc_http_req_rate(0) gt 10"}))

    statuses = [client().status_code for _ in range(11)]

    assert statuses == [200] * 10 + [429]


def test_only_the_agreed_addresses_may_connect(start: Start) -> None:
    _, client = start(sources="127.0.0.2/32 127.0.0.16/28 2001:db8::/32")

    answered = client.status(f"Authorization: Bearer {a_jwt()}", source="127.0.0.2")

    assert answered == 200
    assert client.is_let_in("127.0.0.20")
    assert not client.is_let_in("127.0.0.3")


def test_only_modern_tls_is_spoken(client: Client) -> None:
    assert client.tls(ssl.TLSVersion.TLSv1_3) in {
        *("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
    }
    assert str(client.tls(ssl.TLSVersion.TLSv1_2)).startswith("ECDHE-")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises(ssl.SSLError):
        client.tls(ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError):
        client.tls(ssl.TLSVersion.TLSv1_2, ciphers="AES128-GCM-SHA256:AES256-SHA")


def test_plain_http_gets_no_answer(start: Start) -> None:
    gateway, _ = start()

    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.ConnectionError):
            session.get(f"http://127.0.0.1:{gateway.port}{MYSELF}", timeout=10)


def test_an_unreachable_jira_is_a_503_and_never_looks_like_an_answer_of_jira(
    start: Start, recorder: Recorder
) -> None:
    """Nothing was sent, so the stack may repeat; the page is the gateway's own."""
    _, client = start(jira=recorder.address)
    recorder.stop()

    answer = client(method="POST", path="/rest/api/2/issue", json={})

    assert answer.status_code == 503
    assert "html" in answer.headers["Content-Type"]


@pytest.mark.parametrize("path", ["", "/jira"])
def test_a_context_path_is_part_of_the_address_on_both_sides(start: Start, path: str) -> None:
    with JiraServer(context_path=path) as jira:
        address = jira.url.removeprefix("http://").removesuffix(path)
        _, client = start(jira=address, jira_context=path or None)

        assert client(path=f"{path}{MYSELF}").status_code == 200
        assert client(path=f"/other{MYSELF}").status_code == 403
        assert client(path=f"{'' if path else '/jira'}{MYSELF}").status_code == 403


def test_jira_is_reached_by_https_where_its_authority_is_named(
    start: Start, authority: trustme.CA
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("jira.example.com").configure_cert(context)
    with JiraServer(tls=context) as jira, authority.cert_pem.tempfile() as trusted:
        secure = {"jira": jira.url.removeprefix("https://"), "jira_ca": trusted}
        _, right = start(**secure, jira_name="jira.example.com")
        _, wrong = start(**secure, jira_name="other.example.com")

        assert right().status_code == 200
        assert wrong().status_code == 503


def test_a_line_of_the_log_names_client_reason_and_path_but_no_query(start: Start) -> None:
    """P23: the fixture looks for tokens and credentials in every test; here is what is there."""
    gateway, client = start()

    client(a_jwt(sub="admin", jti="the-id-of-the-token"), path=f"{MYSELF}?jql=private")
    assert "user" in said(client(a_jwt(sub="admin")))

    gateway.wait_for("status=401", 2)
    line = next(line for line in gateway.lines if "the-id-of-the-token" in line)
    assert "client=127.0.0.1 status=401 " in line
    assert f'path="{MYSELF}"' in line
    assert 'refused="The user is not the one of this gateway."' in line
    assert "private" not in "\n".join(gateway.lines)
