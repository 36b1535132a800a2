"""Lists of both sides: kept for ten minutes, shown older with their time while a side is down."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pdjira.errors import Misconfigured, Side, Temporary
from pdjira.mappings.lists import Lists, Look, Shown
from pdjira.model.incident import Reference
from tests.builders import NOW, FakeClock
from tests.fakes.catalogue import FakeJiraCatalogue, FakePagerDutyCatalogue
from tests.fakes.jira import FakeJira
from tests.fakes.lists import FakeLists
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.seed import CHECKOUT

DOWN = Temporary("It does not answer.")


@dataclass
class Scene:
    """Lists between fakes."""

    jira: FakeJira = field(default_factory=FakeJira)
    pagerduty: FakePagerDuty = field(default_factory=FakePagerDuty)
    clock: FakeClock = field(default_factory=FakeClock)
    kept: FakeLists = field(default_factory=FakeLists)
    host: Callable[[Side], str] = str

    @property
    def lists(self) -> Lists:
        return Lists(
            jira=FakeJiraCatalogue(self.jira),
            pagerduty=FakePagerDutyCatalogue(self.pagerduty),
            host=self.host,
            kept=self.kept,
            clock=self.clock,
        )

    def calls(self) -> int:
        return len(self.jira.plan.calls) + len(self.pagerduty.plan.calls)


def unreachable(side: Side) -> str:
    raise Misconfigured(f"{side} is not configured.")


ASK: dict[str, Callable[[Lists, Look], Shown[object]]] = {
    "services": lambda lists, look: lists.services(look),
    "priorities": lambda lists, look: lists.priorities(look),
    "workflows": lambda lists, look: lists.workflows(look),
    "fields of incidents": lambda lists, look: lists.incident_fields(look),
    "projects": lambda lists, look: lists.projects(look),
    "project": lambda lists, look: lists.project("10100", look),
    "screen": lambda lists, look: lists.screen("10100", "10001", look),
    "priorities of Jira": lambda lists, look: lists.jira_priorities(look),
    "resolutions": lambda lists, look: lists.resolutions(look),
}


@pytest.mark.parametrize("name", ASK)
def test_a_list_is_read_once_in_ten_minutes(name: str) -> None:
    scene, ask = Scene(), ASK[name]
    nothing = ask(scene.lists, Look.STORED)
    asked_nobody = scene.calls() == 0
    first = ask(scene.lists, Look.FRESH)
    calls = scene.calls()
    scene.clock.forward(minutes=9)
    again = ask(scene.lists, Look.FRESH)

    assert asked_nobody
    assert nothing == Shown(value=None)
    assert first.value
    assert (first, again, scene.calls()) == (Shown(value=first.value, at=NOW), first, calls)


@pytest.mark.parametrize(("look", "minutes"), [(Look.FRESH, 10), (Look.ANEW, 0)])
def test_a_list_that_is_old_or_wanted_anew_is_read_again(look: Look, minutes: int) -> None:
    scene = Scene()
    scene.lists.services(Look.FRESH)
    scene.clock.forward(minutes=minutes)
    calls = scene.calls()

    assert scene.lists.services(look).at == scene.clock()
    assert scene.calls() > calls


def test_while_a_side_is_down_the_older_list_is_shown_with_its_time() -> None:
    scene = Scene()
    scene.lists.services(Look.FRESH)
    scene.clock.forward(minutes=30)
    scene.pagerduty.plan.fail(len(scene.pagerduty.plan.calls) + 1, DOWN, times=99)
    shown = scene.lists.services(Look.FRESH)

    assert (shown.at, shown.failure) == (NOW, DOWN)
    assert Reference(id=CHECKOUT, name="Checkout") in (shown.value or ())


def test_without_an_older_list_why_there_is_none_is_said() -> None:
    scene = Scene()
    scene.pagerduty.plan.fail(1, DOWN, times=99)

    assert scene.lists.services(Look.FRESH) == Shown(value=None, failure=DOWN)


def test_without_a_secret_nothing_is_asked() -> None:
    scene = Scene(host=unreachable)

    shown = scene.lists.projects(Look.FRESH)
    assert (shown.value, isinstance(shown.failure, Misconfigured)) == (None, True)


def test_a_list_that_cannot_be_kept_is_shown_all_the_same() -> None:
    scene = Scene()
    scene.kept.faults.fail(2, DOWN)

    assert scene.lists.services(Look.FRESH).value
