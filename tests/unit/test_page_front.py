"""The front page: the last events of a day, problems by cause, and no call to either vendor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.errors import Misconfigured
from pdjira.model.link import Activity
from pdjira.page.front import SHOWN_EVENTS, SHOWN_PROBLEMS, FrontPage
from pdjira.page.overview import Names
from pdjira.page.strip import Attention, Kind, Problem, Strip
from pdjira.page.web import Method, Page, Redirect, Request
from tests.builders import NOW
from tests.fakes.activities import FakeActivities

MOVED = Activity(
    incident_id="Q1",
    number=1042,
    title="Checkout answers slowly",
    service="Checkout",
    url="https://acme.example.com/incidents/Q1",
    at=NOW - timedelta(minutes=1),
    event="incident.acknowledged",
    says="Moved to In Progress.",
    issues={"ops-bug": "OPS-341", "ops-task": "OPS-342", "ops-copy": "OPS-341"},
)


@dataclass
class _Problems:
    """So many problems."""

    number: int

    def found(self) -> Sequence[Problem]:
        one = Problem(kind=Kind.BROKEN, heading="12 incidents", says="Jira refuses.", since=NOW)
        return [one] * self.number


def _shown(front: FrontPage) -> Page:
    (route,) = front.routes()
    page = route.answer(Request(method=Method.GET, path="", now=NOW, request_id="r"))
    assert isinstance(page, Page)
    return page


def _front(
    *activities: Activity, problems: int = 0, jira: str = "https://jira.example.com/"
) -> FrontPage:
    kept = FakeActivities()
    for one in activities:
        kept.put(one)

    def url() -> str:
        if not jira:
            raise Misconfigured("The connection secret has no jira.url.")
        return jira

    names = Names(mappings={"ops-bug": "Create Bug (OPS)"})
    return FrontPage(
        activities=kept, jira_url=url, names=lambda: names, problems=_Problems(problems).found
    )


def test_an_event_leads_to_its_reason_and_to_each_of_its_issues() -> None:
    (event,) = _events(_front(MOVED))

    assert event.incident == "1042 Checkout answers slowly"
    assert event.why == "/why?q=Q1"
    assert event.issues == [
        ("OPS-341", "https://jira.example.com/browse/OPS-341"),
        ("OPS-342", "https://jira.example.com/browse/OPS-342"),
    ]


def test_an_event_names_a_mapping_by_its_name() -> None:
    (event,) = _events(_front(replace(MOVED, says="Created OPS-341 (mapping ops-bug).")))

    assert event.says == "Created OPS-341 (Create Bug (OPS))."


def test_before_jira_is_connected_an_issue_is_named_without_an_address() -> None:
    (event,) = _events(_front(MOVED, jira=""))

    assert event.issues == [("OPS-341", None), ("OPS-342", None)]


def test_incidents_of_a_day_are_counted_and_the_last_are_shown() -> None:
    many = [
        replace(MOVED, incident_id=f"Q{number}", at=NOW - timedelta(minutes=number))
        for number in range(SHOWN_EVENTS + 5)
    ]
    old = replace(MOVED, incident_id="Q-old", at=NOW - timedelta(hours=25))

    page = _shown(_front(*many, old))

    assert page.values["incidents"] == SHOWN_EVENTS + 5
    assert len(_events(_front(*many, old))) == SHOWN_EVENTS


@pytest.mark.parametrize(("number", "more"), [(0, 0), (2, 0), (SHOWN_PROBLEMS + 3, 3)])
def test_the_gravest_problems_are_shown_and_the_others_counted(number: int, more: int) -> None:
    values = _shown(_front(problems=number)).values

    assert len(values["problems"]) == min(number, SHOWN_PROBLEMS)  # type: ignore[arg-type]
    assert values["more_problems"] == more


def test_what_ends_by_itself_needs_nobody() -> None:
    kinds = (Kind.BROKEN, Kind.ATTENTION, Kind.WAITING, Kind.OFF)
    strip = Strip(attentions=[Attention(kind=kind, says="x", to="/health") for kind in kinds])

    assert strip.needing == 2


def _events(front: FrontPage) -> Sequence[Any]:
    events = _shown(front).values["events"]
    assert isinstance(events, list)
    return events


def test_a_stack_that_is_not_connected_yet_leads_to_where_one_begins() -> None:
    page = FrontPage(
        activities=FakeActivities(), jira_url=str, names=Names, begins=lambda: "/connection"
    )
    (route,) = page.routes()

    response = route.answer(Request(method=Method.GET, path="", now=NOW, request_id="r"))

    assert response == Redirect(to="/connection")
