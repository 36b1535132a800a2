"""Chromium, and what is served to it."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, executable
from tests.browser.looks import Looks
from tests.browser.site import Serve, served

_PATIENCE_MS = 20_000
"""Of an expectation, on a machine that has other things to do."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), headless=True, args=list(ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture
def looks(browser: Browser) -> Looks:
    """The looks of a page that anybody may open."""
    return Looks(browser=browser)


@pytest.fixture
def serve(browser: Browser) -> Iterator[Serve]:
    """Serves pages in the real site: `serve(FrontPage(...), clock=..., frame=...)`."""
    with ExitStack() as opened:
        yield lambda *pages, **given: opened.enter_context(served(browser, *pages, **given))
