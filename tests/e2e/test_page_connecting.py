"""Connecting at the page of the deployed stack, in Chromium: secrets are replaced, and kept."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.pagerduty.seed import API_TOKEN

PAGES = ("", "/setup", "/connection", "/connection/test?look=1", "/health", "/problems")
FUNCTIONS = (
    "AdminFunction",
    "PagerDutyWebhookFunction",
    "JiraWebhookFunction",
    "SyncWorkerFunction",
    "JqlPollerFunction",
    "MappingCheckFunction",
)


@pytest.fixture
def page(sandbox: Sandbox, chromium: Page) -> Iterator[Page]:
    """The page Connection; afterwards the sandbox has its own webhook again."""
    chromium.goto(sandbox.sign_in_link(name="Ana"))
    chromium.get_by_role("button", name="Sign in").click()
    chromium.get_by_role("link", name="Connection", exact=True).first.click()
    yield chromium
    for one in sandbox.pagerduty.webhooks.all():
        sandbox.pagerduty.webhooks.delete(one.id)
    sandbox.subscription = sandbox.subscribe()
    sandbox.jira.model.jwt = None


def secret(sandbox: Sandbox, output: str) -> str:
    """The text of a secret that is in force."""
    found = sandbox.stack.secrets.get_secret_value(SecretId=sandbox.stack.outputs[output])
    return str(found["SecretString"])


def stored(sandbox: Sandbox) -> Any:
    return json.loads(secret(sandbox, "ConnectionSecretArn"))


def test_m11_p24_the_webhooks_secret_is_replaced_by_a_second_webhook(
    sandbox: Sandbox, page: Page
) -> None:
    (former,) = sandbox.pagerduty.webhooks.all()

    page.get_by_role("button", name="Replace its secret").click()
    expect(page.get_by_text("For the whole account (new)")).to_be_visible()
    (new,) = [one for one in sandbox.pagerduty.webhooks.all() if one.id != former.id]
    assert stored(sandbox)["pagerduty"]["webhook_secrets"] == [*new.secrets, *former.secrets]
    received = page.locator(".check.ok", has_text="(new)")
    expect(received).to_be_visible()
    page.get_by_role("button", name="Delete the old webhook").click()

    expect(page.get_by_text("The old webhook and its secret are gone.")).to_be_visible()
    assert [one.id for one in sandbox.pagerduty.webhooks.all()] == [new.id]
    assert stored(sandbox)["pagerduty"]["webhook_secrets"] == new.secrets
    incident = sandbox.trigger("Checkout answers slowly")
    eventually(lambda: sandbox.is_linked(incident), what="the issue")


def test_m11_a_webhook_that_is_off_is_switched_on_at_health(sandbox: Sandbox, page: Page) -> None:
    (one,) = sandbox.pagerduty.webhooks.all()
    one.active = False
    page.get_by_role("link", name="Health", exact=True).first.click()
    page.get_by_role("button", name="Check now").click()
    expect(page.locator("#content").get_by_text(re.compile("needs? somebody"))).to_be_visible()
    page.get_by_role("link", name="Health", exact=True).first.click()

    page.get_by_role("button", name="Switch it on").click()

    expect(page.get_by_role("heading", name="Look at both sides")).to_be_visible()
    assert [one.active for one in sandbox.pagerduty.webhooks.all()] == [True]


def test_m2_a_token_made_at_the_page_is_in_force_once_jira_takes_it(
    sandbox: Sandbox, page: Page
) -> None:
    page.get_by_role("radio", name="Signed token").check()
    page.get_by_label("Jira user").fill(OUR_ACCOUNT)
    page.get_by_role("button", name="Save and connect").click()
    expect(page.get_by_text("That was all.")).to_be_visible()
    before = secret(sandbox, "AuthTokenSecretArn")
    page.get_by_role("link", name="Connection", exact=True).first.click()

    page.get_by_role("button", name="Make a new token").click()
    token = page.get_by_label("Token for Jira").input_value()
    expect(page.locator("#content").get_by_text("Pending: Jira")).to_be_visible()
    assert secret(sandbox, "AuthTokenSecretArn") == before
    sandbox.jira.model.jwt = JwtPlugin(key=token)

    expect(page.locator("#content").get_by_text("Jira takes it: it is in force")).to_be_visible()
    assert secret(sandbox, "AuthTokenSecretArn") == token
    page.reload()
    expect(page.locator("body")).not_to_contain_text(token)
    incident = sandbox.trigger("Checkout answers slowly")
    eventually(lambda: sandbox.is_linked(incident), what="the issue")
    assert_kept(sandbox, page, token)


def test_p23_what_is_typed_into_the_form_is_found_in_the_secret_alone(
    sandbox: Sandbox, page: Page
) -> None:
    page.get_by_role("radio", name="Name and password").check()
    page.get_by_label("Name (required)").fill(OUR_ACCOUNT)
    page.get_by_role("textbox", name="Password").fill(OUR_PASSWORD)
    page.get_by_label("API key").fill(f"{API_TOKEN}-mistyped")
    page.get_by_role("button", name="Test only").click()
    expect(page.get_by_text("Tried only.")).to_be_visible()
    assert API_TOKEN not in page.content()
    page.get_by_role("textbox", name="Password").fill(OUR_PASSWORD)
    page.get_by_label("API key").fill(API_TOKEN)
    page.get_by_role("button", name="Save and connect").click()
    expect(page.get_by_text("That was all.")).to_be_visible()
    incident = sandbox.trigger("Checkout answers slowly")
    eventually(lambda: sandbox.is_linked(incident), what="the issue")

    auth = stored(sandbox)["jira"]["auth"]
    assert (auth["password"], stored(sandbox)["pagerduty"]["api_token"]) == (
        OUR_PASSWORD,
        API_TOKEN,
    )
    assert_kept(sandbox, page, OUR_PASSWORD, API_TOKEN, OUR_TOKEN)


def assert_kept(sandbox: Sandbox, page: Page, *canaries: str) -> None:
    """No canary is in a page, an item or a line of a log."""
    base = page.url.partition("/admin")[0] + "/admin"
    left = {path: page.goto(base + path) and page.content() for path in PAGES}
    left |= {name: "\n".join(sandbox.stack.logs(name)) for name in FUNCTIONS}
    left |= {"links": str(sandbox.stack.links.scan()["Items"])}
    left |= {"mappings": str(sandbox.stack.mappings.scan()["Items"])}

    found = {where for where, text in left.items() if any(one in str(text) for one in canaries)}
    assert found == set()
