"""Dry run, test issue and moving over at the page of the deployed stack."""

import pytest
import requests

from tests.builders import RESOLUTION_RULE, STATUS_MAPPING
from tests.e2e.client import Page
from tests.sandbox.environment import MAPPING, Sandbox, eventually
from tests.sandbox.pagerduty.seed import CHECKOUT, jira_extension

ID = "v3-PEXT001"


@pytest.fixture
def page(sandbox: Sandbox) -> Page:
    """The page for somebody who is signed in."""
    page = Page(sandbox)
    page.sign_in(sandbox.stack.invoke("AdminFunction", {"action": "sign-in-link"})["url"])
    return page


def ended(page: Page, answer: requests.Response, what: str) -> str:
    """The page of a job that a press has started, once it says so."""

    def shown() -> str | None:
        text = page.follow(answer).text
        return text if what in text else None

    return str(eventually(shown, what=f"a job whose page says {what}"))


def test_g8_a_dry_run_goes_on_by_itself_and_writes_nothing(sandbox: Sandbox, page: Page) -> None:
    incident = sandbox.trigger("Checkout answers slowly")
    eventually(lambda: sandbox.is_linked(incident), what="the issue")
    before = sandbox.issues_of(incident), sandbox.notes_of(incident)

    form = page.get("/dry-run", id=MAPPING["id"]).text
    text = ended(page, page.press("/dry-run", form, days="7"), "Look at the mapping")

    assert "Checkout answers slowly" in text
    assert before[0][0]["key"] in text
    assert (sandbox.issues_of(incident), sandbox.notes_of(incident)) == before


def test_m22_a_test_issue_is_made_step_by_step_and_closed_later(
    sandbox: Sandbox, page: Page
) -> None:
    sandbox.put_mapping(status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE])
    form = page.get("/test", id=MAPPING["id"]).text
    kept = ended(page, page.press("/test", form, afterwards="keep"), "left open")
    closed = ended(page, page.press("/test/end", kept), "is closed")

    assert "The test went well." in closed


def test_g19_a_service_is_moved_over_once_the_old_rule_is_off(sandbox: Sandbox, page: Page) -> None:
    extensions = sandbox.pagerduty.model.extensions
    extensions.append(jira_extension(CHECKOUT, resolvedStatus=None))

    rules = page.get("/moving", read="1").text
    page.press("/moving/take", rules, take=ID, **{"try": ""})
    taken = page.get("/moving/rule", id=ID, read="1").text
    extensions.clear()
    free = page.get("/moving/rule", id=ID, read="1").text
    forced = page.follow(page.press("/moving/force", free)).text
    sandbox.remove_mapping(ID)

    assert "still makes issues" in taken
    assert "/moving/force" not in taken
    assert "The mapping is written." in forced
