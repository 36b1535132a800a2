"""Why an incident did not sync, as the page shows it: at once what is stored, then both sides."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pdjira.adapters.memory import Memory
from pdjira.admin.requests import Answer
from pdjira.errors import Temporary
from pdjira.model.signal import Asked, Progress
from pdjira.model.signing import LINK_VALID, IncidentLink, Signer, incident_token
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response
from pdjira.page.why import KEPT_SECONDS, WhyPage, for_readers
from pdjira.sweep.work import CURSOR
from tests.builders import a_mapping
from tests.world import World


class Whys:
    """The page over a world; `works_after` is when the worker does what was asked for."""

    def __init__(self, world: World, *, works_after: int = 1) -> None:
        self.world = world
        self.waits = 0
        self._works_after = works_after
        self.memory = Memory[Answer](seconds=KEPT_SECONDS, clock=lambda: world.clock().timestamp())
        numbers = iter(range(1_000))
        self.page = WhyPage(
            explain=world.explain(),
            requests=world.requests_of_people(lambda: str(next(numbers))),
            log_of=lambda incident_id: f"https://logs/{incident_id}",
            wait=self._wait,
            signer=SIGNER,
            kept=self.memory.get,
        )

    def _wait(self, _seconds: float) -> None:
        self.waits += 1
        if self.waits == self._works_after:
            self.world.work()

    def get(self, path: str = "/why", **query: str) -> Response:
        return self._answer(Method.GET, path)(self._request(path, Method.GET, query=query))

    def post(self, path: str, **form: str) -> Response:
        given = {name: [value] for name, value in form.items()}
        return self._answer(Method.POST, path)(self._request(path, Method.POST, form=given))

    def read(self, incident: str, **query: str) -> Response:
        """Open the link of a note, as somebody who is not signed in."""
        link = IncidentLink(incident_id=incident, until=self.world.clock() + LINK_VALID)
        request = self._request("/why", Method.GET, query=query, incident=link)
        return self._answer(Method.GET, "/why")(request)

    def _answer(self, method: Method, path: str) -> Callable[[Request], Response]:
        routes = self.page.routes()
        return next(one.answer for one in routes if (one.method, one.path) == (method, path))

    def _request(self, path: str, method: Method, **more: Any) -> Request:
        return Request(
            method=method, path=path, now=self.world.clock(), request_id="request-1", **more
        )


SIGNER = Signer(secret=lambda: "secret")


def shown(response: Response) -> Any:
    assert isinstance(response, Page | Fragment)
    return response.values


def a_refused_incident(world: World) -> str:
    """Jira requires a field that nothing fills."""
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    incident = world.trigger()
    world.work()
    return incident


def mend(world: World) -> None:
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=False)


def test_g6_what_is_stored_is_shown_at_once_and_asks_no_side() -> None:
    world = World(a_mapping())
    incident = world.trigger()
    world.work()
    world.plan.calls.clear()
    whys = Whys(world)
    number = str(world.pagerduty.model.incident(incident).number)

    for q in (incident, number, "OPS-1", f"https://example.pagerduty.com/incidents/{incident}"):
        page = whys.get(q=q)
        assert isinstance(page, Page)
        assert page.title == f"Incident {number} has OPS-1"
        assert shown(page)["stored"]["issues"] == ["OPS-1"]
        assert shown(page)["stored"]["timeline"]
        assert shown(page)["whole"] is None
    assert not [call for call in world.plan.calls if call.startswith(("jira.", "pagerduty."))]


def test_what_is_not_stored_is_asked_for_after_the_page() -> None:
    whys = Whys(World(a_mapping()))

    page = whys.get(q="4711")

    assert isinstance(page, Page)
    assert (page.title, shown(page)["stored"], shown(page)["error"]) == (
        "Incident 4711",
        None,
        None,
    )


def test_the_box_alone_is_shown_where_nothing_is_asked_for() -> None:
    page = Whys(World()).get(q="  ")

    assert isinstance(page, Page)
    assert (page.title, shown(page)["q"]) == ("Why did it not sync?", "")


def test_what_is_no_incident_and_no_issue_is_said_with_every_form_that_is() -> None:
    whys = Whys(World(a_mapping()))

    assert "neither an incident nor an issue" in shown(whys.get(q="what?!"))["error"].says
    assert shown(whys.get("/why/sides", q="OPS-77"))["error"].says
    assert shown(whys.get(q="OPS-77", sides="1"))["whole"] is None


def test_p38_the_part_of_both_sides_says_by_mapping_why_and_what_to_do() -> None:
    world = World(a_mapping(), a_mapping(id="web-bug", name="Web", enabled=False))
    incident = a_refused_incident(world)
    whys = Whys(world)

    part = whys.get("/why/sides", q=incident)

    assert isinstance(part, Fragment)
    whole = shown(part)["whole"]
    number = world.pagerduty.model.incident(incident).number
    assert whole["heading"] == f"Incident {number} has no issue"
    rows = {row["id"]: row for row in whole["mappings"]}
    assert (rows["ops-bug"]["kind"], rows["ops-bug"]["word"]) == ("broken", "Refused")
    assert rows["web-bug"]["kind"] == "off"
    assert rows["ops-bug"]["says"] == whole["reason"]
    assert rows["ops-bug"]["to"] == "/mapping?id=ops-bug"
    assert whole["log"] == f"https://logs/{incident}"
    assert [row["may_try"] for row in whole["mappings"]] == [True, False]
    assert whole["next_try"] is None or whole["next_try"].tzinfo
    assert whole["timeline"][0][0].tzinfo
    assert shown(whys.get(q=incident, sides="1"))["whole"] == whole


def test_a_cure_names_the_button_that_does_it_and_the_button_leads_there() -> None:
    world = World(a_mapping())
    incident = a_refused_incident(world)
    whole = shown(Whys(world).get("/why/sides", q=incident))["whole"]
    (row,) = whole["mappings"]

    assert row["cure"] == 'Press "Fill the field", or make the field optional in Jira.'
    assert row["copied"] == ""
    assert row["mending"].to == f"/mapping?id={row['id']}&read=anew#custom_fields"
    assert not [says for _, told in whole["timeline"] for says in told if "{" in says]
    assert whole["timeline"][0][1][0].startswith(f"No Jira issue ({row['name']}). ")


def test_while_a_side_is_down_no_mapping_is_blamed() -> None:
    world = World(a_mapping())
    incident = world.trigger()
    for method in ("server_info", "create_screen", "ids"):
        world.plan.fail_next(f"jira.{method}", Temporary("Jira is down."), times=9)
    whole = shown(Whys(world).get("/why/sides", q=incident))["whole"]

    assert [(row["verdict"], row["mending"]) for row in whole["mappings"]] == [("waits", None)]


def test_m11_what_comes_by_itself_can_be_had_at_once() -> None:
    world = World(a_mapping())
    whole = shown(Whys(world).get("/why/sides", q=world.trigger()))["whole"]
    (row,) = whole["mappings"]

    assert (row["verdict"], row["may_create"], row["may_try"]) == ("will create", True, False)
    assert row["cure"] == 'To have it at once, press "Create the issue now".'


def test_without_script_the_heading_is_the_answer_too() -> None:
    world = World(a_mapping())
    incident = world.trigger()
    page = Whys(world).get(q=incident, sides="1")
    number = world.pagerduty.model.incident(incident).number

    assert isinstance(page, Page)
    assert page.title == f"Incident {number} has no issue"


def test_a_linked_incident_says_which_issue_it_has_and_an_issue_what_it_pages() -> None:
    world = World(a_mapping())
    incident = world.trigger()
    world.work()
    issue = world.jira.model.create_issue(
        "alice",
        {"fields": {"project": {"id": "10100"}, "issuetype": {"id": "10001"}, "summary": "x"}},
    )
    whys = Whys(world)

    linked = shown(whys.get("/why/sides", q=incident))["whole"]
    unlinked = shown(whys.get("/why/sides", q=issue["key"]))["whole"]

    assert linked["heading"].endswith(" has OPS-1")
    assert linked["reason"] == ""
    assert unlinked["heading"] == f"{issue['key']} has no incident"
    assert (unlinked["incident"], unlinked["log"], unlinked["next_try"]) == (None, None, None)


def test_g6_try_again_waits_for_what_comes_of_it_and_shows_it() -> None:
    world = World(a_mapping())
    incident = a_refused_incident(world)
    mend(world)
    whys = Whys(world, works_after=2)

    pressed = whys.post("/why/try", incident=incident)

    assert isinstance(pressed, Redirect)
    assert pressed.to == f"/why?q={incident}&request=request-0"
    assert whys.waits == 2
    assert shown(whys.get(q=incident, request="request-0"))["asked"].word == "Done"
    part = shown(whys.get("/why/sides", q=incident, request="request-0"))
    assert part["asked"].kind == "ok"
    assert "OPS-1" in " ".join(part["asked"].says)


def test_a_refusal_that_comes_again_is_no_success() -> None:
    world = World(a_mapping())
    incident = a_refused_incident(world)
    whys = Whys(world)

    whys.post("/why/try", incident=incident)

    asked = shown(whys.get("/why/sides", q=incident, request="request-0"))["asked"]
    assert (asked.kind, asked.word) == ("broken", "Refused again")


def test_what_takes_longer_is_followed_and_asks_no_side_meanwhile() -> None:
    world = World(a_mapping())
    incident = a_refused_incident(world)
    whys = Whys(world, works_after=1_000)

    assert isinstance(whys.post("/why/try", incident=incident), Redirect)
    world.plan.calls.clear()
    part = shown(whys.get("/why/sides", q=incident, request="request-0"))

    assert (part["asked"].is_pending, part["asked"].word) == (True, "Trying again")
    assert part["whole"] is None
    assert not [call for call in world.plan.calls if call.startswith(("jira.", "pagerduty."))]
    assert whys.waits == 20


def test_a_request_that_waits_or_is_unknown_is_shown_as_such() -> None:
    world = World(a_mapping())
    incident = a_refused_incident(world)
    whys = Whys(world)
    asked = Asked(id="late", action="resync", progress=Progress.WAITS, at=world.clock())
    world.requests.put(replace(asked, says=("Jira does not answer.",)))

    assert shown(whys.get(q=incident, request="other"))["asked"] is None
    assert shown(whys.get(q=incident, request="late"))["asked"].word == "Waits"


def test_m11_create_the_issue_now_makes_it_where_a_person_has_to_ask() -> None:
    world = World(a_mapping(create_issue="manual"))
    incident = world.trigger()
    world.work()
    whys = Whys(world)
    (row,) = shown(whys.get("/why/sides", q=incident))["whole"]["mappings"]
    assert row["may_create"]

    whys.post("/why/create", incident=incident, mapping_id="ops-bug")

    part = shown(whys.get("/why/sides", q=incident, request="request-0"))
    assert part["whole"]["heading"].endswith(" has OPS-1")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/why/try", {"incident": "Q0NOSUCH"}),
        ("/why/create", {"incident": "Q0NOSUCH", "mapping_id": "ops-bug"}),
        ("/why/create", {"incident": ""}),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nothing_is_done(
    path: str, form: dict[str, str]
) -> None:
    world = World(a_mapping())

    page = Whys(world).post(path, **form)

    assert isinstance(page, Page)
    assert shown(page)["error"].says


@pytest.mark.parametrize(("hours", "read"), [("1", 1), ("24", 24), ("9999", 1), ("", 1)])
def test_g6_recover_reads_the_log_of_the_time_that_was_picked(hours: str, read: int) -> None:
    world = World(a_mapping())
    incident = world.trigger()
    world.work()
    whys = Whys(world)

    assert isinstance(whys.post("/why/recover", incident=incident, hours=hours), Redirect)

    asked = shown(whys.get(q=incident, request="request-0"))["asked"]
    assert asked.word == "Reading PagerDuty's log"
    found = world.cursors.find(CURSOR)
    cursor = found.until if found else None
    assert cursor == world.clock() - timedelta(hours=read)


# ---- the address in a note


def test_the_reader_of_a_note_sees_why_without_what_is_for_administrators() -> None:
    world = World(a_mapping(), a_mapping(id="web-bug", name="Web", enabled=False))
    incident = a_refused_incident(world)
    whys = Whys(world)

    page = whys.read(incident)

    assert isinstance(page, Page)
    number = world.pagerduty.model.incident(incident).number
    assert (page.template, page.title) == ("why_read.html", f"Incident {number} has no issue")
    values = shown(page)
    assert values["until"] == world.clock() + LINK_VALID
    assert values["whole"]["log"] is None
    assert [row["verdict"] for row in values["whole"]["mappings"]] == ["refused", "nothing"]
    assert values["whole"]["timeline"]


def test_the_reader_of_a_note_is_told_of_that_incident_alone() -> None:
    world = World(a_mapping())
    incident, other = a_refused_incident(world), world.trigger()

    page = Whys(world).read(incident, q=other)

    assert shown(page)["whole"]["incident"]["id"] == incident


def test_many_readers_cost_both_sides_no_more_than_one_in_ten_seconds() -> None:
    world = World(a_mapping())
    incident = a_refused_incident(world)
    whys = Whys(world)

    whys.read(incident)
    world.plan.calls.clear()
    for _ in range(5):
        whys.read(incident)
    assert not [call for call in world.plan.calls if call.startswith(("jira.", "pagerduty."))]
    world.clock.forward(seconds=11)
    whys.read(incident)
    assert [call for call in world.plan.calls if call.startswith("pagerduty.")]


@pytest.mark.parametrize(
    ("says", "is_shown"),
    [
        ("Created OPS-1.", True),
        ("Incident 7 has OPS-1.", True),
        ("https://example.pagerduty.com/incidents/Q7 has OPS-1.", True),
        ("The JQL of mapping ops-bug opened this.", False),
        ("This incident was merged into incident 78.", False),
        ("See https://example.pagerduty.com/incidents/Q78.", False),
        ("Incident #8 is the first.", False),
        ("OPS-1 has the id of an issue that incident Q3KLM9XYZABCDE is linked to.", False),
        ("The mapping cannot be read: jql must be a text, not project = SECRET.", False),
        ("Set jql_applies_to to existing.", False),
        ("The incident PagerDuty shows is resolved. Incident Q7 has OPS-1.", True),
    ],
)
def test_the_reader_of_a_note_sees_neither_jql_nor_other_incidents(
    says: str, is_shown: bool
) -> None:
    row = {"verdict": "waits", "says": says, "cure": says}
    whole = {
        "incident": {"id": "Q7", "number": 7},
        "mappings": [row],
        "timeline": [(None, [says]), (None, ["Created OPS-1.", says])],
    }

    seen = for_readers(whole)

    assert (says in str(seen)) is is_shown or says == "Created OPS-1."
    assert seen["reason"] == seen["mappings"][0]["says"]
    assert len(seen["timeline"]) == 1 + is_shown
    assert for_readers({**whole, "incident": None})["mappings"]


def test_whoever_is_signed_in_opens_the_incident_of_a_link_as_any_other() -> None:
    world = World(a_mapping())
    incident = a_refused_incident(world)
    link = IncidentLink(incident_id=incident, until=world.clock())

    page = Whys(world).get(t=incident_token(SIGNER, link), q="4711")

    assert shown(page)["q"] == incident
    assert shown(Whys(world).get(t="forged"))["q"] == ""
