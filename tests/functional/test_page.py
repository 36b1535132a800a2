"""The page, from the gateway's event to the answer, cold-started from its folder."""

import pytest

from tests.functional.browsing import Browser
from tests.functional.conftest import ADMIN_URL
from tests.functional.lambdas import cold_started


@pytest.mark.usefixtures("account")
def test_a_link_that_an_invocation_makes_signs_in_once() -> None:
    with cold_started("admin") as function:
        url = function.handler({"action": "sign-in-link", "name": "Ana"}, None)["url"]
        assert url.startswith(f"{ADMIN_URL}/")
        browser, other = Browser(function), Browser(function)
        path = "/live/admin" + url.removeprefix(ADMIN_URL)

        preview = other.open(path)
        browser.open(path).press("/sign-in").follow()
        late = preview.press("/sign-in")

    assert (browser.status, late.status) == (200, 403)
    assert "This link was used or is older than 15 minutes" in late.text
