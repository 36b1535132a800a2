"""R13: the page. Its own CPU as built; first byte, size and stillness in Chromium, as deployed."""

import re
import time
from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from subprocess import SubprocessError
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from pdjira.adapters.aws.sessions import DynamoSessions
from pdjira.page.http import SESSION_COOKIE
from pdjira.page.sessions import Session
from tests.aws import LINKS_TABLE
from tests.benchmarks.budget import Figure, NotMeasuredError
from tests.benchmarks.deployed import FunctionProcess, Run, admin_deployed, as_in_lambda
from tests.benchmarks.r1_import import read_only_layers
from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.serving import ROOT, an_event
from tests.sandbox.environment import Sandbox

FIRST_BYTE, CPU, SIZE = 0.3, 50.0, 100.0
OPENINGS = 7
SESSION = "session-of-the-benchmark"
_LINK = re.compile(r'href="([^"#?]*)"')


def measure() -> list[Figure]:
    """Every page that the navigation leads to.

    Raises `NotMeasuredError` where neither Chromium nor a stack starts here.
    """
    return [_cpu(), *_in_chromium()]


# ---- Own CPU ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    path: str
    milliseconds: float


def _cpu() -> Figure:
    with (
        read_only_layers() as layers,
        admin_deployed(lambda name: as_in_lambda(name, *layers)) as (admin, account),
    ):
        now = datetime.now(UTC)
        session = Session(name=None, begun_at=now, used_at=now)
        DynamoSessions(account.dynamodb, LINKS_TABLE).put(SESSION, session)
        begun = time.monotonic()
        first = _opened(admin, "")
        wall = time.monotonic() - begun
        paths = _paths(str(first.answer["body"]))
        spent = [_spent(admin, path) for path in paths]
    slowest = max(spent, key=lambda one: one.milliseconds)
    start = f"{first.cpu * 1000:.0f} ms CPU, {wall:.2f} s, beside the function's own start (R1)"
    return Figure(
        budget="R13",
        what="own CPU of a page, warm",
        value=slowest.milliseconds,
        limit=CPU,
        unit="ms CPU",
        digits=1,
        details=[
            f"the dearest of {len(paths)}: {slowest.path or '/'}, median of {OPENINGS}",
            ", ".join(f"{one.path or '/'} {one.milliseconds:.1f}" for one in spent),
            f"the first page of a process: {start}",
        ],
    )


def _spent(admin: FunctionProcess, path: str) -> _Spent:
    runs = [_opened(admin, path).cpu for _ in range(OPENINGS)]
    return _Spent(path=path, milliseconds=median(runs) * 1000)


def _opened(admin: FunctionProcess, path: str) -> Run:
    headers = {"Host": "localhost", "Cookie": f"{SESSION_COOKIE}={SESSION}"}
    run = admin.run(an_event("GET", f"{ROOT}{path}", headers))
    assert run.answer["statusCode"] == 200, (path, run.answer["statusCode"])
    return run


def _paths(html: str) -> Sequence[str]:
    """The pages of the navigation, below `/admin`."""
    found = {urlsplit(link).path.partition("/admin")[2] for link in _LINK.findall(html)}
    return sorted(path for path in found if not path.startswith("/static"))


# ---- In Chromium, on the deployed stack ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A page as the browser had it: seconds to the first byte, bytes in all, what moved."""

    path: str
    first_byte: float
    size: float
    moved: float


def _in_chromium() -> list[Figure]:
    with ExitStack() as opened:
        sandbox, browser = _started(opened), opened.enter_context(_chromium())
        sandbox.trigger("Checkout answers slowly")
        sandbox.stack.invoke("AdminFunction", {"action": "health"})
        seen = _looked_at(sandbox, browser)
    slowest = max(seen, key=lambda one: one.first_byte)
    largest = max(seen, key=lambda one: one.size)
    moved = max(seen, key=lambda one: one.moved)
    return [
        Figure(
            budget="R13",
            what="first byte of a page, warm",
            value=slowest.first_byte,
            limit=FIRST_BYTE,
            unit="s",
            digits=3,
            details=[
                f"{slowest.path or '/'}, median of {OPENINGS}; of all "
                + ", ".join(f"{one.path or '/'} {one.first_byte:.3f}" for one in seen)
            ],
        ),
        Figure(
            budget="R13",
            what="bytes of a page in all, uncompressed",
            value=largest.size / 1000,
            limit=SIZE,
            unit="kB",
            digits=1,
            details=[largest.path or "/"],
        ),
        Figure(
            budget="R13",
            what="layout shift of a page",
            value=moved.moved,
            limit=0,
            unit="",
            digits=3,
            details=[moved.path or "/"],
        ),
    ]


def _started(opened: ExitStack) -> Sandbox:
    try:
        return opened.enter_context(Sandbox(say=lambda line: print(f"      {line}", flush=True)))
    except (RuntimeError, OSError, SubprocessError) as error:
        raise NotMeasuredError(f"the stack does not start here: {error}") from error


@contextmanager
def _chromium() -> Iterator[Browser]:
    try:
        path = executable()
    except SystemExit as error:
        raise NotMeasuredError(str(error.code)) from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def _looked_at(sandbox: Sandbox, browser: Browser) -> list[_Seen]:
    root = sandbox.stack.browser_url(sandbox.stack.outputs["AdminUrl"])
    link = sandbox.stack.invoke("AdminFunction", {"action": "sign-in-link"})["url"]
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{root}/sign-in?{urlsplit(link).query}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(f"{re.escape(root)}/?$"))
    paths = _paths(page.content())
    cookies = page.context.cookies()
    return [_seen(browser, cookies, root, path) for path in paths]


def _seen(
    browser: Browser, cookies: Sequence[abc.Mapping[str, Any]], root: str, path: str
) -> _Seen:
    """Each time in a browser that keeps nothing, so that every file is counted."""
    found = []
    for _ in range(OPENINGS):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_cookies(cookies)  # type: ignore[arg-type]  # as they were read
        page = context.new_page()
        page.goto(f"{root}{path}")
        found.append(_measured(page))
        context.close()
    return _Seen(
        path=path,
        first_byte=median(one["first"] for one in found) / 1000,
        size=max(one["size"] for one in found),
        moved=max(one["moved"] for one in found),
    )


def _measured(page: Page) -> dict[str, float]:
    measured: dict[str, float] = page.evaluate(
        """() => new Promise(resolve => {
          const all = [...performance.getEntriesByType('navigation'),
                       ...performance.getEntriesByType('resource')];
          let moved = 0;
          new PerformanceObserver(list => list.getEntries().forEach(one => moved += one.value))
            .observe({type: 'layout-shift', buffered: true});
          setTimeout(() => resolve({
            first: all[0].responseStart - all[0].requestStart,
            size: all.reduce((sum, one) => sum + one.encodedBodySize, 0),
            moved,
          }), 300);
        })"""
    )
    return measured
