"""The transport meets servers that are slow, cut off, lie or are somebody else."""

import datetime as dt
import gzip
import json
import re
import socket
import ssl
import threading
import time
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme
from cryptography import x509

from pdjira.adapters.connection_secret import parse_connection
from pdjira.adapters.http.messages import Answer, Call, Site, retry_after, segment
from pdjira.adapters.http.pool import address_problem, url_problem
from pdjira.adapters.http.transport import USER_AGENT, CallLimits, Transport
from pdjira.errors import (
    Ambiguous,
    Misconfigured,
    NotFound,
    OutOfTime,
    PdjiraError,
    Temporary,
    TooLarge,
)
from pdjira.model.times import CALL_SECONDS, STORE_SECONDS, answered_within, calls_within
from tests.contract.wire_double import (
    Stage,
    answer,
    closed_port,
    cut,
    drip,
    pem,
    raw,
    resolved,
    server_tls,
    serving,
    silence,
)

READ = Call(method="GET", path="/thing", repeatable=True, query=(("q", "a b"),))
UPSERT = Call(method="POST", path="/thing", repeatable=True, body={"a": 1})
CREATE = Call(method="POST", path="/thing", repeatable=False, body={"a": 1})
QUICK = CallLimits(connect=0.5, read=0.3, total=0.6, body=10_000)


def transport(stage: Stage, *, url: str | None = None, **options: Any) -> Transport:
    site = Site(
        name="Jira",
        url=url or stage.url,
        ca_pem=options.pop("ca_pem", None),
        allow_insecure=options.pop("allow_insecure", True),
    )
    options.setdefault("own_error", lambda answer: b"errorMessages" in answer.body)
    options.setdefault("limits", QUICK)
    return Transport(site, **options)


def failure(stage: Stage, call: Call, **options: Any) -> PdjiraError:
    line = transport(stage, **options)
    try:
        with pytest.raises(PdjiraError) as caught:
            line.send(call)
    finally:
        line.close()
    return caught.value


def test_an_answer_comes_whole_and_its_headers_in_any_case() -> None:
    with serving(answer(201, '{"id": "1"}', X_AUSERNAME="pagerduty")) as stage:
        line = transport(stage)

        got = line.send(READ)

        line.close()
    assert (got.status, got.json(), got.ok) == (201, {"id": "1"}, True)
    assert got.headers["x-ausername"] == "pagerduty"
    assert stage.requests[0].startswith("GET /thing?q=a+b HTTP/1.1\r\n")


def test_we_name_ourselves_with_our_version_and_never_as_a_browser() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]

    assert f"pdjira/{project['version']}" == USER_AGENT
    with serving(answer()) as stage:
        line = transport(stage)
        line.send(READ)
        line.close()
    assert f"User-Agent: {USER_AGENT}\r\n" in stage.requests[0]


def test_no_cookie_is_kept() -> None:
    with serving(answer(Set_Cookie="JSESSIONID=1; Path=/")) as stage:
        line = transport(stage)

        line.send(READ)
        line.send(READ)

        line.close()
    assert "cookie" not in stage.requests[1].lower()


def test_a_redirect_is_not_followed() -> None:
    with serving(answer(302, "", Location="http://127.0.0.1:1/login")) as stage:
        line = transport(stage)

        got = line.send(READ)

        line.close()
    assert got.redirects
    assert len(stage.requests) == 1


def test_a_proxy_named_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(answer()) as stage:
        line = transport(stage)

        assert line.send(READ).ok

        line.close()


def test_reads_and_repeatable_writes_share_a_connection_and_a_create_gets_its_own() -> None:
    with serving(answer()) as stage:
        line = transport(stage)

        line.send(READ)
        line.send(UPSERT)
        assert stage.connections == 1
        line.send(CREATE)
        line.send(CREATE)

        line.close()
    assert stage.connections == 3
    assert "Connection: close\r\n" in stage.requests[2]


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    now = 0.0
    with serving(answer()) as stage:
        line = transport(stage, clock=lambda: now, limits=CallLimits(idle=30))

        line.send(READ)
        now = 29.0
        line.send(READ)
        assert stage.connections == 1
        now = 60.0
        line.send(READ)

        line.close()
    assert stage.connections == 2


def test_half_a_character_in_a_body_does_no_harm() -> None:
    with serving(answer()) as stage:
        line = transport(stage)

        line.send(Call(method="POST", path="/x", repeatable=False, body={"a": "\ud800 é"}))

        line.close()
    assert stage.requests[0].endswith('{"a": "\\ud800 \\u00e9"}')


SWELLING = gzip.compress(b"a" * 10_000_000)
UNANSWERED = {
    "silence": silence,
    "a cut before the answer": cut(),
    "a cut in the headers": cut(b"HTTP/1.1 200 OK\r\nContent-Len"),
    "a cut in the body": cut(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"),
    "a cut in a chunk": cut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nabc"),
    "something that is no HTTP": raw(b"220 smtp.example.com ESMTP\r\n"),
    "dripping headers": drip(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 500, every=0.05),
    "a dripping body": drip(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 900, every=0.02),
    "an endless body": raw(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 20_000),
    "a body announced as too long": answer(200, "a" * 20_000),
    "a compressed body that swells": answer(200, SWELLING, Content_Encoding="gzip"),
    "a compressed body in one chunk that swells": raw(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        + f"{len(SWELLING):x}\r\n".encode()
        + SWELLING
        + b"\r\n0\r\n\r\n"
    ),
    "a body that is not compressed as it says": answer(200, "abc", Content_Encoding="gzip"),
    "a gateway's 502": answer(502, "<html>Bad gateway</html>"),
    "a 504 that looks like Jira's": answer(504, '{"errorMessages": ["x"]}'),
    "a 500 of something in between": answer(500, '{"message": "Internal server error"}'),
    "a 524 of something in between": answer(524, "timeout"),
}


@pytest.mark.parametrize("play", UNANSWERED.values(), ids=UNANSWERED.keys())
def test_a_create_without_an_answer_is_ambiguous(play: Any) -> None:
    with serving(play) as stage:
        error = failure(stage, CREATE)

    assert type(error) is Ambiguous
    assert "POST /thing" in str(error)
    assert "127.0.0.1" in str(error)


TOO_LONG = {name for name in UNANSWERED if "too long" in name or "swells" in name}


@pytest.mark.parametrize("name", UNANSWERED)
@pytest.mark.parametrize("call", [READ, UPSERT], ids=["read", "upsert"])
def test_what_may_be_repeated_is_tried_again_later(name: str, call: Call) -> None:
    with serving(UNANSWERED[name]) as stage:
        error = failure(stage, call)

    assert type(error) is (TooLarge if name in TOO_LONG else Temporary)
    assert len(stage.requests) == 1


@pytest.mark.parametrize("name", ["dripping headers", "a dripping body"])
def test_a_slow_drip_ends_at_the_total_deadline(name: str) -> None:
    begun = time.monotonic()
    with serving(UNANSWERED[name]) as stage:
        error = failure(stage, READ)

        assert QUICK.read < time.monotonic() - begun < QUICK.total + 1
    assert "did not answer GET /thing within" in str(error)


@pytest.mark.parametrize("name", ["silence", "a dripping body"])
def test_p38_a_call_for_a_person_who_waits_ends_when_its_time_is_over(name: str) -> None:
    begun = time.monotonic()
    with serving(UNANSWERED[name]) as stage, answered_within(lambda: 0.1):
        error = failure(stage, READ)

        assert time.monotonic() - begun < QUICK.read
    assert type(error) is Temporary


def test_p38_no_call_begins_when_the_time_of_a_person_is_over() -> None:
    with serving(answer(200, "{}")) as stage, answered_within(lambda: 0.0):
        error = failure(stage, READ)

    assert type(error) is OutOfTime
    assert stage.requests == []


def test_a_500_with_the_servers_own_body_is_an_answer() -> None:
    with serving(answer(500, '{"errorMessages": ["Internal server error"]}')) as stage:
        line = transport(stage)

        assert line.send(CREATE).status == 500

        line.close()


@pytest.mark.parametrize("status", [408, 429, 503])
def test_a_server_that_says_later_has_done_nothing(status: int) -> None:
    with serving(answer(status, "", Retry_After="7")) as stage:
        error = failure(stage, CREATE)

    assert type(error) is Temporary
    assert error.retry_after == 7


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "9223372036854775807"}, 900),
        ({"Retry-After": "9" * 5000}, 900),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "soon", "ratelimit-reset": "12"}, 12),
        ({"ratelimit-reset": "4000"}, 900),
        (
            {
                "Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT",
                "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30,
        ),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "Wed, 99 Oct 2015 99:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_named_wait_is_honoured_and_clamped(
    headers: dict[str, str], seconds: float | None
) -> None:
    """P17."""
    with serving(answer(429, "", **headers)) as stage:
        error = failure(stage, READ)

    assert isinstance(error, Temporary)
    assert error.retry_after == seconds


def test_a_wait_is_read_without_a_server() -> None:
    assert retry_after(Answer(status=429, headers={"Retry-After": "3"}, body=b"")) == 3


@pytest.mark.parametrize("call", [READ, CREATE], ids=["read", "create"])
def test_a_refused_connection_has_sent_nothing(call: Call) -> None:
    error = failure(Stage(port=closed_port()), call)

    assert type(error) is Temporary
    assert "refused the connection" in str(error)


def test_a_name_that_does_not_resolve_has_sent_nothing() -> None:
    def unknown(*_: object, **__: object) -> list[tuple[Any, ...]]:
        raise socket.gaierror(-2, "Name or service not known")

    error = failure(Stage(port=0), CREATE, url="https://jira.example.com", resolve=unknown)

    assert type(error) is Temporary
    assert "could not be resolved" in str(error)


def test_an_address_that_does_not_answer_is_given_up_and_the_next_one_tried() -> None:
    with serving(answer()) as stage:

        def two(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            return [resolved("127.0.0.1", closed_port()), resolved("127.0.0.1", port)]

        line = transport(stage, url=f"http://jira.test:{stage.port}", resolve=two)

        assert line.send(READ).ok

        line.close()


@pytest.mark.parametrize("call", [READ, UPSERT, CREATE])
def test_p41_no_call_begins_that_may_not_end_in_time(call: Call) -> None:
    enough = CALL_SECONDS + STORE_SECONDS
    with serving(answer(200, "{}")) as stage:
        with calls_within(lambda: 300.0), calls_within(lambda: enough - 1):
            error = failure(stage, call)
        with calls_within(lambda: enough):
            transport(stage).send(call)

    assert isinstance(error, OutOfTime)
    assert len(stage.requests) == 1


def test_no_message_shows_a_header_or_a_query() -> None:
    """P23."""
    secret = {"Authorization": "Bearer canary-secret"}
    call = Call(
        method="GET", path="/thing", repeatable=True, query=(("k", "canary-query"),), headers=secret
    )
    with serving(cut()) as stage:
        error = failure(stage, call)

    seen: BaseException | None = error
    while seen is not None:
        assert "canary-secret" not in f"{seen!s} {seen!r}"
        seen = seen.__cause__ or seen.__context__
    assert "canary" not in str(error)
    assert "canary" not in f"{call!r}".replace("canary-query", "")


@pytest.mark.parametrize("value", ["Bearer canary\nX: y", "Bearer canary-\u0430"])
def test_a_credential_that_no_header_can_hold_is_not_quoted(value: str) -> None:
    """P23."""
    call = READ.with_headers({"Authorization": value})

    error = failure(Stage(port=1), call)

    assert type(error) is Misconfigured
    assert error.__context__ is None
    assert "canary" not in str(error)


METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1",
    "fe80::5efe:a9fe:a9fe",
    "2001:db8::5efe:a9fe:a9fe",
    "::a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "224.0.0.1",
    "ff02::1",
    "0.0.0.0",  # noqa: S104 - not bound to: refused
    "0.1.2.3",
    "::",
    "240.0.0.1",
    "255.255.255.255",
    "::ffff:0.0.0.0",
    "::ffff:a9fe:a9fe%eth0",
    "::ffff:0:a9fe:a9fe",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b::e000:1",
    "2002:e000:1::",
    "2001:0:5db8:d822:0:0:5601:5601",
    "fd00:ec2::23",
    "fd00:c1::a9fe:a9fe",
    "fe80::200:5efe:a9fe:a9fe",
    "239.255.255.250",
    "not an address",
]
LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
ADMITTED = [
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "fd12:3456::1",
    "::ffff:10.0.0.1",
    "64:ff9b::5db8:d822",
    "93.184.216.34",
    "2606:2800:220:1::1",
]


@pytest.mark.usefixtures("socket_disabled")
@pytest.mark.parametrize("address", METADATA)
def test_an_address_that_must_never_be_called_is_refused_before_a_connection(address: str) -> None:
    """P25: whatever the name resolves to, and in whatever form; every address is judged."""

    def resolve(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [resolved("93.184.216.34", port), resolved(address, port)]

    error = failure(Stage(port=0), CREATE, url="https://jira.example.com", resolve=resolve)

    assert type(error) is Temporary
    assert "never called" in str(error)


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_needs_leave(address: str) -> None:
    """P25."""
    assert address_problem(address, allow_insecure=False) == "is a loopback address"
    assert address_problem(address, allow_insecure=True) is None


@pytest.mark.parametrize("address", ADMITTED)
def test_private_and_public_addresses_are_admitted(address: str) -> None:
    assert address_problem(address, allow_insecure=False) is None


SPELLINGS = [
    "2852039166",
    "0xA9FEA9FE",
    "0251.0376.0251.0376",
    "169.254.43518",
    "0xa9.254.169.254",
    "169.254.169.254.",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]",
    "[fe80::1%25eth0]",
    "0",
    "\uff11\uff16\uff19.254.169.254",
    "169\u3002254\u3002169\u3002254",
    "0.0.0.0",  # noqa: S104 - not bound to: refused
    "0.0",
    "0x0",
    "[0::]",
    "0000251.0376.0251.0376",
    "0xa9.0xfe.0xa9.0xfe",
    "169.0xfe.0251.254",
    "169.16689662",
    "025177524776",
    "169.254.169.254..",
    "169.254.169.254:443",
    "\u2460\u2465\u2468.\u2461\u2464\u2463.169.254",
    "169.254.169.2\u20754",
    "169\uff61254\uff61169\uff61254",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[::169.254.169.254]",
    "[::ffff:0:169.254.169.254]",
    "[64:ff9b:1:2:3:4:169.254.169.254]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:a9fe:a9fe::]",
    "[2001:0:5db8:d822:0:0:5601:5601]",
    "[FD00:0EC2:0:0:0:0:0:254]",
    "[fe80::200:5efe:169.254.169.254]",
    "[ff02::1]",
    "224.0.0.1",
    "255.255.255.255",
    "169.254.170.23",
    "100.100.100.200",
]


@pytest.mark.parametrize("key", ["jira.url", "pagerduty.api_url"])
@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_such_an_address_gets_into_the_connection_secret(
    host: str, key: str
) -> None:
    """P25: decided when the secret is read, long before a connection."""
    url = f"https://{host}/jira"
    raw = json.dumps(
        {
            "pagerduty": {
                "api_url": url if key == "pagerduty.api_url" else "https://api.pagerduty.com",
                "api_token": "t",
                "from_email": "sync@example.com",
            },
            "jira": {
                "url": url if key == "jira.url" else "https://jira.example.com",
                "auth": {"mode": "jwt"},
            },
        }
    )

    with pytest.raises(Misconfigured, match=f"^{key} names an address .* never called"):
        parse_connection(raw, allow_insecure=True)


@pytest.mark.parametrize("host", SPELLINGS)
def test_p25_a_redirect_to_such_an_address_looks_up_nothing_and_calls_nobody(host: str) -> None:
    asked: list[str] = []
    target = quote(f"http://{host}/latest/meta-data/", safe=":/[]%")
    with serving(answer(307, "", Location=target)) as stage:

        def resolve(name: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            asked.append(name)
            return [resolved("127.0.0.1", port)]

        line = transport(stage, url=f"http://jira.test:{stage.port}", resolve=resolve)

        assert line.send(UPSERT).redirects

        line.close()
    assert asked == ["jira.test"]
    assert len(stage.requests) == 1


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_such_an_address_gets_into_the_configuration(host: str) -> None:
    """P25."""
    assert "never called" in str(url_problem(f"https://{host}/jira", allow_insecure=True))


@pytest.mark.usefixtures("socket_disabled")
def test_the_host_is_judged_as_the_resolver_understands_it() -> None:
    """P25: what no check of spellings knows is still judged by its address."""

    def resolve(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        return [resolved("169.254.169.254", port)]

    error = failure(Stage(port=0), READ, url="https://metadata.example.com", resolve=resolve)

    assert "169.254.169.254" in str(error)


def test_the_connection_goes_to_the_very_address_that_was_judged() -> None:
    """P25: a name that resolves to something else the second time gains nothing."""
    answers = ["127.0.0.1", "169.254.169.254"]
    with serving(answer()) as stage:

        def resolve(_host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
            return [resolved(answers.pop(0), port)]

        line = transport(stage, url=f"http://rebinding.test:{stage.port}", resolve=resolve)

        assert line.send(READ).ok

        line.close()
    assert answers == ["169.254.169.254"]


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("ftp://jira.example.com", "https://"),
        ("jira.example.com", "https://"),
        ("", "https://"),
        ("http://jira.example.com", "https://"),
        ("https://u:p@jira.example.com", "password"),
        ("https://jira.example.com@169.254.169.254", "password"),
        ("https://jira.example.com/#a", "fragment"),
        ("https://jira.example.com/?a=b", "query"),
        ("https://jira.example.com?", "query"),
        ("https:///jira", "no host"),
        ("https://.", "no host"),
        ("https://\u00fc..example.com", "no host"),
        ("https://jira.example.com\\@evil.example.com", "valid"),
        ("https://jira.example.com:99999", "valid"),
        ("https://jira.example.com:x", "valid"),
        ("https://[::1", "valid"),
        ("https://169%2e254%2e169%2e254", "valid"),
        ("https://169.254.169.254%2f", "valid"),
        ("https://169.254.16\u00ad9.254", "blanks"),
        ("https://169.254.169\u200b.254", "blanks"),
        ("https://jira.example.com/a/../b", "path"),
        ("https://jira example.com", "blanks"),
        ("https://jira.example.com\r\nX: y", "blanks"),
        ("https://127.0.0.1", "loopback"),
    ],
)
def test_a_url_that_cannot_be_right_is_told_in_one_sentence(url: str, part: str) -> None:
    assert part in str(url_problem(url, allow_insecure=False))
    with pytest.raises(Misconfigured):
        Transport(Site(name="Jira", url=url), own_error=lambda _: False)


@pytest.mark.parametrize(
    "url",
    [
        "https://jira.example.com",
        "https://jira.example.com:8443/jira",
        "https://10.0.0.5",
        "https://jira.example.com.",
        "https://b\u00fccher.example.com",
        "HTTPS://jira.example.com",
    ],
)
def test_a_usual_url_is_taken(url: str) -> None:
    assert url_problem(url, allow_insecure=False) is None
    line = Transport(Site(name="Jira", url=url), own_error=lambda _: False)
    assert line._tls is not None


@pytest.mark.parametrize(
    "value", ["", ".", "..", "../x", "a/b", "a?b", "a#b", "a b", "a%2Fb", "\ud800", "\u00e9", "a\n"]
)
def test_what_no_id_looks_like_reaches_no_server(value: str) -> None:
    with pytest.raises(NotFound):
        segment(value)


@pytest.mark.parametrize("value", ["Q2VRB1IP1MZFRI", "10100", "OPS-1", "OPS_2", "a.b~c"])
def test_an_id_is_a_segment_as_it_stands(value: str) -> None:
    assert segment(value) == value


@pytest.fixture
def named() -> Any:
    """Resolve every name to loopback."""
    return lambda _host, port, **_: [resolved("127.0.0.1", port)]


def tls_failure(
    tls: ssl.SSLContext, ca_pem: str | None, *, host: str = "jira.example.com"
) -> PdjiraError:
    with serving(answer(), tls=tls) as stage:
        error = failure(
            stage,
            CREATE,
            url=f"https://{host}:{stage.port}",
            ca_pem=ca_pem,
            resolve=lambda _host, port, **_: [resolved("127.0.0.1", port)],
        )
        assert stage.requests == []
    assert type(error) is Temporary
    return error


def test_an_authority_of_ones_own_is_trusted_beside_the_public_ones(
    authority: trustme.CA, named: Any
) -> None:
    tls = server_tls(authority.issue_cert("jira.example.com"))
    with serving(answer(), tls=tls) as stage:
        line = transport(
            stage,
            url=f"https://jira.example.com:{stage.port}",
            ca_pem=pem(authority),
            resolve=named,
        )

        assert line.send(CREATE).ok

        assert line._tls is not None
        assert line._tls.cert_store_stats()["x509_ca"] > 100
        line.close()


def test_a_host_with_a_trailing_dot_is_the_same_host(authority: trustme.CA, named: Any) -> None:
    tls = server_tls(authority.issue_cert("jira.example.com"))
    with serving(answer(), tls=tls) as stage:
        line = transport(
            stage,
            url=f"https://jira.example.com.:{stage.port}",
            ca_pem=pem(authority),
            resolve=named,
        )

        assert line.send(READ).ok

        line.close()


def test_an_intermediate_authority_alone_can_be_trusted(authority: trustme.CA, named: Any) -> None:
    intermediate = authority.create_child_ca()
    tls = server_tls(intermediate.issue_cert("jira.example.com"))
    with serving(answer(), tls=tls) as stage:
        line = transport(
            stage,
            url=f"https://jira.example.com:{stage.port}",
            ca_pem=pem(intermediate),
            resolve=named,
        )

        assert line.send(READ).ok

        line.close()


def test_a_private_authority_that_is_not_given_is_told(authority: trustme.CA) -> None:
    error = tls_failure(server_tls(authority.issue_cert("jira.example.com")), None)

    assert "incomplete" in str(error)
    assert "ca_pem" in str(error.cure)


def test_an_expired_certificate_is_told(authority: trustme.CA) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = authority.issue_cert("jira.example.com", not_after=past)

    assert "has expired" in str(tls_failure(server_tls(certificate), pem(authority)))


def test_a_certificate_that_is_not_valid_yet_is_told(authority: trustme.CA) -> None:
    future = dt.datetime(2990, 1, 1, tzinfo=dt.UTC)
    certificate = authority.issue_cert("jira.example.com", not_before=future)

    assert "not valid yet" in str(tls_failure(server_tls(certificate), pem(authority)))


def test_a_certificate_for_another_host_is_told(authority: trustme.CA) -> None:
    certificate = authority.issue_cert("other.example.com")

    assert "for another host" in str(tls_failure(server_tls(certificate), pem(authority)))


def test_a_certificate_for_another_address_is_told(authority: trustme.CA) -> None:
    certificate = authority.issue_cert("jira.example.com")
    error = tls_failure(server_tls(certificate), pem(authority), host="127.0.0.1")

    assert "not for this IP address" in str(error)


def test_a_self_signed_certificate_is_told(authority: trustme.CA, tmp_path: Path) -> None:
    loner = trustme.CA()
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    loner.cert_pem.write_to_path(str(chain))
    loner.private_key_pem.write_to_path(str(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(chain), str(key))

    assert "self-signed" in str(tls_failure(context, pem(authority)))


def test_a_chain_without_its_intermediate_is_told(authority: trustme.CA, tmp_path: Path) -> None:
    leaf = authority.create_child_ca().issue_cert("jira.example.com")
    alone = tmp_path / "leaf.pem"
    alone.write_bytes(leaf.cert_chain_pems[0].bytes() + leaf.private_key_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(alone))
    assert len(x509.load_pem_x509_certificates(leaf.cert_chain_pems[0].bytes())) == 1

    assert "chain is incomplete" in str(tls_failure(context, pem(authority)))


def test_a_server_that_speaks_no_tls_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()

        error = failure(Stage(port=0), CREATE, url=f"https://127.0.0.1:{listener.getsockname()[1]}")

        thread.join(5)
    assert type(error) is Temporary
    assert "what answers on that port does not speak https" in str(error)


def test_something_that_is_no_certificate_is_not_trusted() -> None:
    for text in ("nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "é"):
        with pytest.raises(Misconfigured, match="ca_pem"):
            Transport(
                Site(name="Jira", url="https://jira.example.com", ca_pem=text),
                own_error=lambda _: False,
            )


def test_a_handshake_that_never_ends_has_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        error = failure(Stage(port=port), CREATE, url=f"https://127.0.0.1:{port}")

    assert type(error) is Temporary
    assert re.search("in time", str(error))
