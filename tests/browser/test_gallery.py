"""Every component, in every state, in every way that people look at it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import gallery
from tests.browser.looks import Looks, settled
from tests.browser.serving import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(gallery.answer) as server:
        yield server


@pytest.mark.parametrize("name", ["gallery", "quiet", "open"])
def test_components_hold_in_every_way(looks: Looks, server: Server, name: str) -> None:
    looks.hold(f"components-{name}", server.url(f"/{name}"))


@pytest.fixture
def page(looks: Looks, server: Server) -> Iterator[Page]:
    with looks.page() as page:
        page.goto(server.url("/gallery"))
        settled(page)
        yield page


def test_local_time_stands_before_utc(page: Page) -> None:
    expect(page.locator(".lead")).to_contain_text(
        "As of 04:10:05 (03:10:05 UTC), 12 Nov 01:10:05 (00:10:05 UTC), 12 Nov 2026, "
        "05:00 (04:00 UTC)"
    )


def test_a_picker_filters_while_one_types_and_keeps_what_is_chosen(page: Page) -> None:
    page.get_by_label("Type a part of the name").first.fill("out 5")

    expect(page.locator("output").nth(1)).to_have_text("1 of 9 services")
    assert page.locator("#service option").all_inner_texts() == ["Checkout 2", "Checkout 5"]
    assert page.locator("#service").input_value() == "S2"


def test_a_picker_loads_its_list(page: Page) -> None:
    expect(page.locator("[id='user.find'] ~ output, .picker output").last).to_have_text(
        "214 of 214 users"
    )


def test_a_part_that_comes_later_is_put_in_and_said(page: Page) -> None:
    expect(page.get_by_text("OPS-342 created")).to_be_visible()
    expect(page.locator("#said")).to_have_text("Done")


def test_what_is_wrong_has_the_focus_and_leads_to_its_input(page: Page) -> None:
    expect(page.locator(".summary")).to_be_focused()

    page.get_by_role("link", name="Incident number: Jira requires it").click()

    expect(page.get_by_label("Incident number")).to_be_focused()


def test_a_table_shows_only_the_rows_that_are_asked_for(page: Page) -> None:
    page.get_by_label("Show only").fill("nothing such")

    expect(page.locator("#events tbody tr:visible")).to_have_count(0)


def test_the_keyboard_goes_through_the_page_in_the_order_it_stands_in(
    looks: Looks, server: Server
) -> None:
    with looks.page() as page:
        page.goto(server.url("/quiet"))
        reached = []
        for _ in range(4):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.textContent.trim()"))

    assert reached == ["Skip to the content", "pdjira", "Now", "Mappings"]
