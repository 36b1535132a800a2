"""One deployed stack for the whole suite, with IAM enforced and a Jira user of the least rights."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, executable
from tests.builders import a_delivery
from tests.e2e.client import post
from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.history import broken_laws
from tests.sandbox.jira.seed import MINIMUM_RIGHTS

PATIENCE = 30_000
"""Milliseconds within which a page shows what it is waited for."""


@pytest.fixture(scope="session")
def fresh() -> dict[str, Any]:
    """What a stack answered that was deployed and not configured yet."""
    return {}


@pytest.fixture(scope="session")
def deployed(fresh: dict[str, Any]) -> Iterator[Sandbox]:
    """P28: our account in Jira has exactly the rights that the guide lists, and no global one.

    The webhook's function reads an empty secret again after five seconds at the earliest.
    When all tests are over, the laws that no end state of a single test shows are held.
    """
    with Sandbox(configured=False) as sandbox:
        sandbox.allow_links(allowed=False)
        fresh["webhook"] = post(sandbox, a_delivery())
        fresh["health"] = sandbox.stack.invoke("AdminFunction", {"action": "health"})
        sandbox.configure()
        eventually(lambda: post(sandbox, a_delivery()) == 401, what="the secret that was written")
        yield sandbox
        assert broken_laws(sandbox.jira.model, sandbox.pagerduty.model) == []


@pytest.fixture
def sandbox(deployed: Sandbox) -> Iterator[Sandbox]:
    """The stack, with both sides well again after each test, and no right more than before it."""
    least = {"OPS": set(MINIMUM_RIGHTS), "WEB": set(MINIMUM_RIGHTS), "": set()}
    assert deployed.rights() == least
    yield deployed
    assert deployed.rights() == least
    deployed.jira.start()
    deployed.jira.faults.clear()
    deployed.jira.model.lag = 0
    deployed.pagerduty.faults.clear()
    deployed.connect()
    deployed.put_mapping()


@pytest.fixture
def chromium() -> Iterator[Page]:
    """A tab of a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable(), headless=True, args=list(ARGUMENTS)
        )
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield page
        browser.close()
