"""Mappings in a browser: the form, with and without a script, by keyboard, in every way."""

from collections.abc import Callable

import pytest

from tests.browser.looks import Way
from tests.browser.site import NOW, Serve, Served
from tests.builders import FakeClock
from tests.desk import ID, Desk

SCRIPTLESS = Way(name="scriptless", has_script=False)


@pytest.fixture
def desk() -> Desk:
    return Desk(clock=FakeClock(NOW))


Begin = Callable[[], Served]


@pytest.fixture
def begin(desk: Desk, serve: Serve) -> Begin:
    return lambda: serve(*desk.pages(), clock=desk.clock)


def test_m20_the_form_of_a_mapping_that_lacks_a_required_field(desk: Desk, begin: Begin) -> None:
    desk.require("customfield_10001")
    desk.know_lists()
    desk.judge()

    begin().hold("mapping", f"/mapping?id={ID}", is_pictured=True)
