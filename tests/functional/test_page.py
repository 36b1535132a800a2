"""The page, from the gateway's event to the answer, cold-started from its folder."""

import base64
import hmac
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.browsing import PREFIX, Browser, a_page_event
from tests.functional.conftest import ADMIN_URL, Account
from tests.functional.lambdas import ROOT, Function, cold_started

NESTED = b"".join(
    b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (depth, depth + 1)
    for depth in range(1_000)
)


@pytest.fixture
def function(account: Account) -> Iterator[Function]:
    del account
    with cold_started("admin") as function:
        yield function


def _link(function: Function, **asked: Any) -> str:
    """The path of a new link."""
    url = function.handler({"action": "sign-in-link", **asked}, None)["url"]
    assert url.startswith(f"{ADMIN_URL}/")
    return PREFIX + str(url).removeprefix(ADMIN_URL)


@pytest.fixture
def browser(function: Function) -> Browser:
    """Somebody who is signed in."""
    return Browser(function).open(_link(function)).press("/sign-in").follow()


def test_a_link_that_an_invocation_makes_signs_in_once(function: Function) -> None:
    browser, other, path = Browser(function), Browser(function), _link(function, name="Ana")

    preview = other.open(path)
    browser.open(path).press("/sign-in").follow()
    late = preview.press("/sign-in")

    assert (browser.status, late.status) == (200, 403)
    assert "This link was used or is older than 15 minutes" in late.text


@pytest.mark.parametrize("name", [7, [], {}])
def test_a_name_that_is_no_text_is_answered_with_the_cure(function: Function, name: object) -> None:
    answer = function.handler({"action": "sign-in-link", "name": name}, None)

    assert set(answer["error"]) == {"says", "cure"}


def test_whoever_is_not_signed_in_is_told_how_and_comes_back_to_where_they_were(
    function: Function, browser: Browser
) -> None:
    stranger = Browser(function)

    stranger.open("/job?id=a").open("/job?id=a&again=1")
    assert stranger.status == 403
    assert "sign-in-link" in stranger.text
    stranger.open(_link(function)).press("/sign-in")

    assert stranger.header("Location") == f"{PREFIX}/job?id=a"
    assert browser.click_from_elsewhere("").status == 200
    assert 'http-equiv="refresh"' in browser.text
    assert browser.open("?again=1").status == 200


def test_g19_all_mappings_are_had_as_one_file(browser: Browser) -> None:
    file = browser.open("/moving/export")

    assert file.status == 200
    assert file.header("Content-Disposition").endswith("pdjira-mappings.json")
    assert isinstance(json.loads(file.text)["mappings"], list)


PAGES = ["", "/connection", "/health", "/mappings", "/moving", "/problems", "/setup"]


@pytest.mark.parametrize("path", PAGES)
def test_r13_a_page_reads_each_thing_once(function: Function, browser: Browser, path: str) -> None:
    browser.open(path)
    asked: list[tuple[str, str]] = []
    aws = function.process.aws  # type: ignore[attr-defined]  # what app.py names so
    for client in (aws.dynamodb, aws.secrets, aws.sqs):
        client.meta.events.register(
            "provide-client-params.*.*",
            lambda params, model, **_: asked.append((model.name, repr(params))),
        )

    assert browser.open(path).status == 200

    assert len(asked) == len(set(asked)) > 10


def test_m_every_answer_has_its_headers_and_every_static_file_is_there(browser: Browser) -> None:
    page = browser.open("").text
    addresses = [part.split('"')[0] for part in page.split(f'"{PREFIX}/static/')[1:]]

    assert browser.header("Cache-Control") == "no-store"
    assert browser.header("Content-Security-Policy").startswith("default-src 'none'")
    assert {address.rpartition("/")[2] for address in addresses} >= {"page.css", "page.js"}
    for address in addresses:
        assert browser.open(f"/static/{address}").status == 200
        assert "immutable" in browser.header("Cache-Control")


def test_an_address_that_is_none_and_a_page_that_fails_are_told_in_words(
    function: Function, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.open("/nowhere/at/all").status == 404
    assert "There is no such page." in browser.text

    monkeypatch.setattr("pdjira.bootstrap.page.FrontPage._show", lambda *_: 1 / 0)

    assert browser.open("").status == 500
    assert "This page failed. The sync does not depend on it." in browser.text
    assert "ZeroDivisionError" not in browser.text
    assert function.handler({"action": "health"}, None)["status"] == "broken"


def test_p23_the_log_tells_of_a_request_but_of_no_token(
    caplog: pytest.LogCaptureFixture, function: Function
) -> None:
    path = _link(function)
    browser = Browser(function).open(path).press("/sign-in").follow()
    browser.open("/why?t=s3cret&q=s3cret")

    (handler,) = logging.getLogger("pdjira").handlers
    lines = [json.loads(handler.format(record)) for record in caplog.records]
    told = json.dumps(lines)

    assert [line["route"] for line in lines if line["message"] == "page"] == [
        "/sign-in",
        "/sign-in",
        "/",
        "/why",
    ]
    assert path.rpartition("=")[2] not in told
    assert "s3cret" not in told
    assert all(value not in told for value in browser.cookies.values())


@pytest.mark.parametrize(
    "path",
    ["/why", "/why?q=Q0ABC", "/why?q=%3F%21", "/why/sides?q=7", "/why?q=7&sides=1", "/why?q=OPS-1"],
)
def test_p38_why_is_shown_also_while_no_side_can_be_asked(
    account: Account, browser: Browser, path: str
) -> None:
    account.put_secret("{}")

    assert browser.open(path).status == 200
    assert "connection secret is still empty" in browser.text or "sides" not in path


def test_a_link_secret_that_holds_no_text_opens_nothing(
    account: Account, function: Function
) -> None:
    """A binary value reads as none."""
    account.aws.secrets.put_secret_value(SecretId="link", SecretBinary=b"a new value")
    until = str(int(time.time()) + 3_600)
    signed = json.dumps(["incident link", "1", "Q1ABC", until]).encode()
    forged = hmac.new(b"", signed, "sha256").hexdigest()

    browser = Browser(function).open(f"/why?t=1.Q1ABC.{until}.{forged}&again=1")

    assert browser.status == 500
    assert "The secret LinkSecret holds no text" in browser.text
    assert Browser(function).open("/sign-in?token=a").status == 500


def test_the_footer_says_what_runs_where(account: Account, browser: Browser) -> None:
    assert "jira.example.com" in browser.open("").text
    account.put_secret("{}")
    assert browser.open("/setup").status == 200
    assert "jira.example.com" not in browser.text


def test_a_stack_that_is_not_connected_leads_from_the_front_page_to_the_connection(
    account: Account, browser: Browser
) -> None:
    account.put_secret("{}")
    assert browser.open("").header("Location").endswith("/connection")
    assert browser.follow().status == 200

    account.put_secret("{ no json")
    assert browser.open("").status == 200


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"csrf=1"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%00"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(6_000))),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--"),
        ("multipart/form-data", b"nothing"),
        ("multipart/form-data; boundary=b0", NESTED),
        ("multipart/form-data; boundary=" + "(" * 5_000, b"--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: " + b"(" * 5_000),
    ],
)
def test_a_body_that_is_no_form_does_nothing(browser: Browser, kind: str, body: bytes) -> None:
    event = a_page_event("POST", "/sign-out", headers={"content-type": kind})
    event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    answer = browser.hand(event)

    assert answer.status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_that_another_site_sends_signs_nobody_out(browser: Browser, site: str) -> None:
    """The browser would drop its cookie, though it was not sent along."""
    inputs = browser.form("/sign-out")
    body = "&".join(f"{name}={value}" for name, value in inputs.items())
    kind = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": site}

    answer = browser.hand(a_page_event("POST", "/sign-out", body=body, headers=kind))

    assert (answer.status, bool(browser.cookies)) == (403, True)


def test_a_body_in_parts_is_not_read_as_no_form_of_the_page_sends_one(browser: Browser) -> None:
    """Anybody may send one, and what reads such a body takes minutes for some, or breaks."""
    inputs = browser.form("/sign-out")
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(name, value) for name, value in inputs.items()) + "--x--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    templates = ROOT / "functions" / "admin" / "templates"

    answer = browser.hand(a_page_event("POST", "/sign-out", body=body, headers=kind))

    assert answer.status == 403
    assert not [file.name for file in templates.iterdir() if "enctype" in file.read_text()]


@pytest.mark.parametrize(
    ("whole", "proxy", "prefix"),
    [
        ("/live/admin", None, "/live/admin"),
        ("/live/admin/", "", "/live/admin"),
        ("/admin", None, "/admin"),
        ("/tools/admin/sign-in", "sign-in", "/tools/admin"),
    ],
)
def test_links_lead_below_the_address_by_which_one_came(
    function: Function, whole: str, proxy: str | None, prefix: str
) -> None:
    event = a_page_event("GET", "", {"again": "1"})
    event["requestContext"]["path"] = whole
    event["pathParameters"] = None if proxy is None else {"proxy": proxy}

    text = Browser(function).hand(event).text

    assert f'href="{prefix}/static/' in text


def test_r1_a_direct_invocation_imports_nothing_of_the_page(account: Account) -> None:
    del account
    program = (
        "import json, sys\n"
        "sys.path[:0] = [sys.argv[1]]\n"
        "import app\n"
        "print(json.dumps(sorted(name for name in sys.modules if 'pdjira.page' in name"
        " or name in ('jinja2', 'aws_lambda_powertools.event_handler'))))\n"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program, str(ROOT / "functions" / "admin")],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )

    assert json.loads(answer.stdout) == []
