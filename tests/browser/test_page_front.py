"""The front page: its heading is the answer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from playwright.sync_api import expect

from pdjira.model.link import Activity
from pdjira.page.front import FrontPage
from pdjira.page.overview import Names
from pdjira.page.strip import Button, Kind, Problem
from tests.browser.looks import PHONE
from tests.browser.site import NOW, QUIET_FRAME, TROUBLED_FRAME, Serve
from tests.fakes.activities import FakeActivities

PROBLEMS = (
    Problem(
        kind=Kind.BROKEN,
        heading="12 incidents have no issue",
        says="Jira requires the field Incident number, and the mapping Create Bug (OPS) does not "
        "fill it.",
        since=NOW - timedelta(minutes=55, seconds=43),
        buttons=(
            Button(words="Fill the field", to="/mapping?id=ops-bug#custom_fields", is_first=True),
            Button(words="Try all 12 again", to="/problem/try", given={"cause": "c1"}),
        ),
        more=Button(words="Show the 12 incidents", to="/problem?cause=c1"),
    ),
    Problem(
        kind=Kind.ATTENTION,
        heading="353 issues wait to page somebody",
        says="Urgent issues page SRE may open 10 incidents an hour and has paused. Nothing more "
        "opens until you let it.",
        buttons=(Button(words="See what waits", to="/paused?id=urgent"),),
    ),
)


def _event(number: int, title: str, seconds: int, says: str, issue: str = "") -> Activity:
    return Activity(
        incident_id=f"Q{number}",
        number=number,
        title=title,
        service="Checkout",
        url="",
        at=NOW - timedelta(seconds=seconds),
        event="incident.triggered",
        says=says,
        issues={"ops-bug": issue} if issue else {},
    )


EVENTS = (
    _event(
        1042, "Checkout error rate above 5 %", 14, "Refused by Jira: Incident number is required."
    ),
    _event(
        1041,
        "Database replica lags",
        475,
        "Moved OPS-341 to In Progress, as Ana acknowledged.",
        "OPS-341",
    ),
    _event(
        1040,
        "<b>Payments</b> answers slowly",
        725,
        "Created OPS-340 (mapping Create Bug (OPS)).",
        "OPS-340",
    ),
    _event(
        1039,
        "Queue age above 10 min on a host with-a-very-long-name.internal.example.com",
        1793,
        "A comment of Jonas became a note.",
        "OPS-339",
    ),
)


def _front(events: Sequence[Activity] = (), problems: Sequence[Problem] = ()) -> FrontPage:
    kept = FakeActivities()
    for event in events:
        kept.put(event)
    return FrontPage(
        activities=kept,
        jira_url=lambda: "https://jira.example.com",
        names=Names,
        problems=lambda: problems,
    )


def test_what_needs_somebody_is_said_first(serve: Serve) -> None:
    site = serve(_front(EVENTS, PROBLEMS), frame=TROUBLED_FRAME)

    site.hold("now", "", is_pictured=True)


def test_a_quiet_day_is_a_quiet_page(serve: Serve) -> None:
    site = serve(_front(EVENTS[1:]))

    site.hold("now-quiet", "")
    with site.page("") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Everything is in step")


def test_many_long_names_and_markup_are_text(serve: Serve) -> None:
    """P26, with names of 200 characters."""
    name = "<img src=x onerror=alert(1)>" + "very-long-name-" * 12
    many = [replace(_event(n, name, n, name, f"OPS-{n}"), service=name) for n in range(20)]
    problem = replace(PROBLEMS[0], heading=name, says=name, cure=name)

    serve(_front(many, [problem] * 7), frame=TROUBLED_FRAME).hold("now-long", "")


def test_before_the_setup_nothing_is_called_in_step(serve: Serve) -> None:
    site = serve(_front(), frame={**QUIET_FRAME, "is_setup_done": False})

    site.hold("now-first", "")


def test_the_menu_of_a_phone_leads_to_every_page(serve: Serve) -> None:
    site = serve(_front(EVENTS), frame=TROUBLED_FRAME)

    with site.page("", PHONE) as page:
        page.get_by_text("Menu: Now").click()
        expect(page.get_by_role("link", name="Problems (2)")).to_be_visible()
        page.screenshot(path=".sandbox/looks/menu-phone-dark.png")
