"""Mappings in a browser: the form, with and without a script, by keyboard, in every way."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from pdjira.admin.jobs import JobState, Reached
from pdjira.errors import Side, Temporary
from pdjira.mappings.changes import Changed
from pdjira.mappings.history import Draft, Version
from pdjira.mappings.lists import ListKey, ListKind
from pdjira.model.link import Activity
from pdjira.page.jobs import JobPage
from tests.browser.looks import DESK, Way, axe
from tests.browser.site import NOW, Serve, Served
from tests.builders import FakeClock
from tests.desk import ID, ITEM, Desk
from tests.sandbox.pagerduty.seed import CHECKOUT

SCRIPTLESS = Way(name="scriptless", has_script=False)
ANA = Changed(at=NOW - timedelta(hours=1), by="Ana")
PROJECTS = ListKey(side=Side.JIRA, host=Side.JIRA.value, kind=ListKind.PROJECTS)
COPIED = Reached(
    data={
        "rows": [
            {
                "service": "Payments",
                "outcome": "made",
                "says": "It has the mapping.",
                "mapping_id": "ops-bug-payments",
                "cure": "",
            },
            {
                "service": "Search",
                "outcome": "refused",
                "says": "PagerDuty knows no service PX.",
                "mapping_id": "",
                "cure": "Take the id from the end of the service's URL in PagerDuty.",
            },
        ]
    },
    done=2,
    total=2,
    says="1 of 2 copied, 1 refused.",
    is_over=True,
)


@pytest.fixture
def desk() -> Desk:
    return Desk(clock=FakeClock(NOW))


Begin = Callable[[], Served]


@pytest.fixture
def begin(desk: Desk, serve: Serve) -> Begin:
    return lambda: serve(*desk.pages(), JobPage(desk=desk.job_desk), clock=desk.clock)


def test_m20_the_form_of_a_mapping_that_lacks_a_required_field(desk: Desk, begin: Begin) -> None:
    desk.require("customfield_10001")
    desk.know_lists()
    desk.judge()

    begin().hold("mapping", f"/mapping?id={ID}", is_pictured=True)


def test_m12_what_is_refused_leads_to_its_input(desk: Desk, begin: Begin) -> None:
    desk.require("customfield_10001")
    desk.know_lists()
    number = {"target_issue_field": "customfield_10001", "type": "attribute"}
    rule = number | {"source_incident_field": "incident_number"}
    desk.items.store[ID] = ITEM | {"custom_fields": [*ITEM["custom_fields"], rule]}
    site = begin()

    def save(page: Page) -> None:
        page.goto(site.url(f"/mapping?id={ID}"))
        page.get_by_label("Incident number: filled with").select_option(label="Nothing")
        page.get_by_role("button", name="Save and put in force").click()
        expect(page.get_by_role("heading", name="1 thing must be mended")).to_be_visible()

    site.hold("mapping-refused", save)
    with site.page(f"/mapping?id={ID}") as page:
        save(page)
        expect(page.locator(".summary")).to_be_focused()
        page.get_by_role("link", name="Jira requires the field Incident number").click()
        expect(page.get_by_label("Incident number: filled with")).to_be_focused()
        page.get_by_role("button", name="Fix it: fill with the number of the incident").click()
        page.get_by_role("button", name="Save and put in force").click()
        expect(page.get_by_text("Saved and in force.")).to_be_visible()
    assert desk.items.store[ID]["custom_fields"][-1]["source_incident_field"] == "incident_number"


@pytest.mark.parametrize("way", [DESK, SCRIPTLESS], ids=lambda way: way.name)
def test_m12_a_first_mapping_is_three_choices(desk: Desk, begin: Begin, way: Way) -> None:
    desk.items.store.clear()
    with begin().page("/mappings", way) as page:
        page.get_by_role("link", name="Make the first one").click()
        if not way.has_script:
            page.get_by_role("link", name="Read them").first.click()
        page.get_by_label("Checkout").check()
        page.get_by_label("Jira project").select_option(label="OPS, Operations")
        page.get_by_role("button", name="Save and put in force").click()
        expect(page.get_by_text("Saved and in force.")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_have_text("Edit Bug in OPS for Checkout")
    (item,) = desk.items.store.values()
    assert item["status_mapping"]["resolved"]


def test_another_project_fills_the_form_while_one_looks(desk: Desk, begin: Begin) -> None:
    desk.know_lists()
    with begin().page("/mapping") as page:
        page.get_by_label("Name", exact=True).fill("Typed before")
        page.get_by_label("Jira project").focus()
        page.get_by_label("Jira project").select_option(label="OPS, Operations")
        expect(page.get_by_label("When acknowledged, move to")).to_have_value("3")
        expect(page.get_by_label("Name", exact=True)).to_have_value("Typed before")
        expect(page.get_by_label("Jira project")).to_be_focused()


def test_a_mapping_is_saved_by_keyboard_alone(desk: Desk, begin: Begin) -> None:
    desk.know_lists()
    with begin().page(f"/mapping?id={ID}") as page:
        page.get_by_label("Name", exact=True).focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("By keyboard")
        for _ in range(200):
            if page.evaluate("document.activeElement.textContent") == "Save and put in force":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Saved and in force.")).to_be_visible()
    assert desk.items.store[ID]["name"] == "By keyboard"


def test_enter_in_a_field_saves_nothing(desk: Desk, begin: Begin) -> None:
    desk.know_lists()
    with begin().page(f"/mapping?id={ID}") as page:
        page.get_by_label("Name", exact=True).fill("Typed")
        page.get_by_label("Name", exact=True).press("Enter")
        expect(page.get_by_label("Name", exact=True)).to_have_value("Typed")
    assert desk.items.store[ID]["name"] == "Create Bug (OPS)"


def test_of_two_tabs_the_second_is_told_what_differs(desk: Desk, begin: Begin) -> None:
    desk.know_lists()
    site = begin()

    def collide(page: Page) -> None:
        desk.items.store[ID] = ITEM | {"name": "Create Bug (OPS)"}
        page.goto(site.url(f"/mapping?id={ID}"))
        changed = {"at": "2026-11-29T02:00:00Z", "by": "Bob"}
        desk.items.store[ID] |= {"name": "Theirs", "changed": changed}
        page.get_by_label("Name", exact=True).fill("Mine")
        page.get_by_role("button", name="Save and put in force").click()
        expect(page.get_by_role("heading", name="Bob changed this at")).to_be_visible()
        expect(page.get_by_role("cell", name="Theirs")).to_be_visible()

    site.hold("mapping-overtaken", collide)


def test_a_draft_is_told_from_what_is_in_force(desk: Desk, begin: Begin) -> None:
    desk.know_lists()
    draft = {key: value for key, value in ITEM.items() if key != "changed"} | {"jql": "labels = x"}
    desk.edits.keep_draft(draft, seen_draft=0, by="Ana")

    begin().hold("mapping-draft", f"/mapping?id={ID}")


def test_while_jira_is_down_the_form_says_so_and_works(desk: Desk, begin: Begin) -> None:
    desk.know_lists()
    desk.clock.forward(minutes=20)
    down = Temporary("Jira at jira.example.com does not answer.")
    desk.jira.plan.fail(len(desk.jira.plan.calls) + 1, down, times=9_999)

    begin().hold("mapping-jira-down", f"/mapping?id={ID}&read=anew")


def test_a_form_without_lists_reads_them_after_it_is_shown(desk: Desk, begin: Begin) -> None:
    site = begin()
    with site.page(f"/mapping?id={ID}") as page:
        expect(page.get_by_text("Loading Jira's lists")).to_have_count(0)
        assert len(page.get_by_label("Jira project").locator("option").all()) > 2
    assert desk.kept.find(PROJECTS)


def test_a_new_mapping_looks_like_this(desk: Desk, begin: Begin) -> None:
    services = desk.pagerduty.model.services
    for number in range(40):
        one = replace(services[CHECKOUT], id=f"PS{number:04}", name=f"Service {number:02}")
        services[one.id] = one
    desk.know_lists()

    begin().hold("mapping-new", "/mapping")


# ---- the list and what leads from it


def some_mappings(desk: Desk, count: int) -> None:
    for number in range(count):
        name = f"Mapping {number:03} {'<b>long</b> ' * 16 if number < 5 else ''}"
        item = ITEM | {"id": f"m-{number}", "name": name}
        desk.items.store[f"m-{number}"] = item
    desk.items.store["off"] = ITEM | {"id": "off", "name": "Bugs of Payments", "enabled": False}
    desk.items.store["odd"] = ITEM | {"id": "odd", "name": "Odd", "service": 7}
    desk.drafts.save(Draft(mapping_id="new", written={"name": "Tasks"}, changed=ANA))
    desk.versions.keep(Version(id="1", mapping_id="gone", changed=ANA, written={"name": "Former"}))
    desk.versions.keep(Version(id="2", mapping_id="gone", changed=ANA, written=None))
    desk.activities.put(
        Activity(
            incident_id="Q1",
            number=1041,
            title="Disk full",
            service="Checkout",
            url="",
            at=NOW - timedelta(minutes=7),
            event="incident.triggered",
            says="Created OPS-342.",
            issues={ID: "OPS-342"},
        )
    )


def test_the_list_of_mappings(desk: Desk, begin: Begin) -> None:
    some_mappings(desk, 0)

    begin().hold("mappings", "/mappings", is_pictured=True)


def test_a_list_with_long_names(desk: Desk, begin: Begin) -> None:
    some_mappings(desk, 12)

    begin().hold("mappings-long", "/mappings")


def test_of_500_mappings_some_are_found_by_a_part_of_the_name(desk: Desk, begin: Begin) -> None:
    some_mappings(desk, 500)
    with begin().page("/mappings") as page:
        page.get_by_label("Show only").fill("mapping 49")
        expect(page.locator("#mappings tbody tr:visible")).to_have_count(15)
        assert axe(page) == []


def test_without_a_mapping_the_list_leads_to_the_first(desk: Desk, begin: Begin) -> None:
    desk.items.store.clear()

    begin().hold("mappings-none", "/mappings")


def test_copies_are_chosen_by_name(desk: Desk, begin: Begin) -> None:
    desk.know_lists()
    site = begin()

    site.hold("mapping-copy", f"/mappings/copy?id={ID}")
    with site.page(f"/mappings/copy?id={ID}", SCRIPTLESS) as page:
        page.get_by_role("button", name="Copy to the chosen").click()
        expect(page.get_by_text("Choose at least one service.")).to_be_visible()
        page.get_by_label("Payments").check()
        page.get_by_role("button", name="Copy to the chosen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Copy Create Bug (OPS)")
    job = desk.jobs.find("job-1")
    assert job
    desk.jobs.save(replace(job, state=JobState.DONE, reached=COPIED, lease=None))
    site.hold("job-copies", "/job?id=job-1")


def test_versions_tell_who_changed_what_and_bring_it_back(desk: Desk, begin: Begin) -> None:
    written = {key: value for key, value in ITEM.items() if key != "changed"}
    for number, (by, name) in enumerate((("in AWS", "Bugs"), ("Ana", "Bugs!"), ("Bob", None))):
        changed = Changed(at=NOW - timedelta(days=3 - number), by=by)
        given = written | ({"name": name} if name else {})
        version = Version(id=f"{number}", mapping_id=ID, changed=changed, written=given)
        desk.versions.keep(version)
    site = begin()

    site.hold("mapping-versions", f"/mapping/versions?id={ID}&compare=1", is_pictured=True)
    with site.page(f"/mapping/versions?id={ID}", SCRIPTLESS) as page:
        page.get_by_role("button", name="Bring this back").first.click()
        expect(page.get_by_text("The earlier version is in force again.")).to_be_visible()
    assert desk.items.store[ID]["name"] == "Bugs!"


def test_deleting_asks_first(desk: Desk, begin: Begin) -> None:
    site = begin()

    site.hold("mapping-delete", f"/mapping/delete?id={ID}")
    with site.page(f"/mapping/delete?id={ID}") as page:
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("Its links keep their history")).to_be_visible()
    assert desk.items.store == {}
