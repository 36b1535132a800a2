"""What every page shares: signing in, and what is shown when something goes wrong."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Page, expect

from pdjira.errors import Temporary
from pdjira.page.web import Method, Route
from tests.browser.site import Serve, failing


class _Failing:
    """Pages that fail in each way."""

    def routes(self) -> Sequence[Route]:
        errors = {
            "/crash": ValueError("unforeseen"),
            "/busy": Temporary("DynamoDB throttles the stack.", cure="Try again in a minute."),
        }
        return [
            Route(method=method, path=path, answer=failing(error))
            for path, error in errors.items()
            for method in Method
        ]


def test_sign_in_tells_how_to_get_a_link(serve: Serve) -> None:
    site = serve()

    site.stranger.hold("sign-in", site.url("/sign-in"), is_pictured=True)


def test_a_link_shows_one_button(serve: Serve) -> None:
    site = serve()

    site.stranger.hold("sign-in-link", site.url("/sign-in?token=t"))


def test_a_used_link_says_so(serve: Serve) -> None:
    site = serve()

    def use(page: Page) -> None:
        page.goto(site.url("/sign-in?token=used"))
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("This link was used")).to_be_visible()

    site.stranger.hold("sign-in-used", use)


@pytest.mark.parametrize(
    ("name", "path"), [("not-found", "/nowhere"), ("failed", "/crash"), ("busy", "/busy")]
)
def test_a_failure_says_what_to_do(serve: Serve, name: str, path: str) -> None:
    site = serve(_Failing())

    site.hold(name, path)
