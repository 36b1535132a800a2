"""The first hour in Chromium: from the deployment to the first synced incident, action by action.

An action is a command, an answer, a field, a choice or a press; in AWS's, Jira's and PagerDuty's
own pages each thing that is made counts one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.looks import settled
from tests.sandbox.environment import MAPPING, Sandbox, eventually
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT, SYNC_EMAIL

MOST = 16
"""Actions after the deployment."""

PATIENCE = 30_000


@dataclass(slots=True)
class Actions:
    """What a person does, one after the other, and everything they type."""

    page: Page
    done: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)

    def does(self, what: str) -> None:
        """Something outside the page."""
        self.done.append(what)

    def fill(self, what: Locator, text: str) -> None:
        """Type into an input."""
        self.done.append(f"types {text}")
        self.typed.append(text)
        what.fill(text)

    def choose(self, what: Locator, words: str) -> None:
        """Choose from a list by what it shows."""
        self.done.append(f"chooses {words}")
        option = what.locator("option", has_text=words).first
        what.select_option(value=option.get_attribute("value"), timeout=PATIENCE)

    def check(self, words: str) -> None:
        """Choose one of several that are all shown."""
        self.done.append(f"chooses {words}")
        self.page.get_by_role("radio", name=words, exact=True).check()

    def press(self, words: str) -> None:
        """Press a button, or a link that looks like one."""
        self.done.append(f"presses {words}")
        found = self.page.get_by_role("button", name=words, exact=True)
        link = self.page.get_by_role("link", name=words, exact=True)
        found.or_(link).first.click()


@pytest.fixture
def unconfigured(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The deployed stack as `sam deploy` leaves it; PagerDuty knows nothing of it."""
    sandbox.remove_mapping(MAPPING["id"])
    for one in sandbox.pagerduty.webhooks.all():
        sandbox.pagerduty.webhooks.delete(one.id)
    sandbox.empty()
    yield sandbox
    failed = [line for line in sandbox.stack.logs("AdminFunction") if "page failed" in line]
    print("\n".join(failed))
    for one in sandbox.pagerduty.webhooks.all():
        sandbox.pagerduty.webhooks.delete(one.id)
    for item in sandbox.stack.mappings.scan()["Items"]:
        sandbox.remove_mapping(str(item["id"]))
    sandbox.subscription = sandbox.subscribe()


@pytest.fixture
def page(chromium: Page) -> Page:
    return chromium


def test_from_the_deployment_to_the_first_synced_incident_in_sixteen_actions(
    unconfigured: Sandbox, page: Page
) -> None:
    sandbox, person = unconfigured, Actions(page)

    person.does("invokes the admin function for a link")
    person.does("opens the link")
    page.goto(sandbox.sign_in_link(name="Ana"))
    person.press("Sign in")

    person.does("makes an API key in PagerDuty")
    person.does("makes an access token in Jira")
    person.fill(page.get_by_label("Address (required)"), sandbox.jira.url)
    person.fill(page.get_by_role("textbox", name="Access token"), OUR_TOKEN)
    person.fill(page.get_by_label("API key"), API_TOKEN)
    person.fill(page.get_by_label("From user"), SYNC_EMAIL)
    person.press("Save and connect")
    expect(page.get_by_text("That was all.")).to_be_visible()
    assert page.locator(".check.broken").all_inner_texts() == []

    person.press("Make the first mapping")
    person.check("Checkout")
    person.choose(page.locator("[id='project.id']"), "OPS")
    settled(page)
    expect(page.locator("[id='issue_type.id'] option:checked")).to_have_text("Bug")
    person.press("Save and put in force")
    expect(page.get_by_text("Saved and in force.")).to_be_visible()

    person.does("opens an incident")
    incident = sandbox.trigger("Checkout answers slowly")
    eventually(lambda: sandbox.is_linked(incident), seconds=60, what="the first synced incident")

    page.goto(re.sub(r"/admin.*", "/admin/setup", page.url))
    expect(page.locator("#content").get_by_text("5 of 5 done.")).to_be_visible(timeout=60_000)
    assert len(person.done) <= MOST, person.done
    ids = {CHECKOUT, "10100", "10001", "OPS"}
    assert ids.isdisjoint(person.typed)
    (subscription,) = sandbox.pagerduty.webhooks.all()
    stored = sandbox.stack.secrets.get_secret_value(
        SecretId=sandbox.stack.outputs["ConnectionSecretArn"]
    )["SecretString"]
    assert json.loads(stored)["pagerduty"]["webhook_secrets"] == subscription.secrets
