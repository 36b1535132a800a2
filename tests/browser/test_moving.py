"""G19, M23: a service is moved over in the browser, with a script and without."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pdjira.admin.jobs import JobDesk
from pdjira.admin.mapping_edits import MappingEdits
from pdjira.admin.moving_over import MovingOver
from pdjira.admin.trials import IMPORT, ImportWork
from pdjira.errors import Temporary
from pdjira.mappings.exchange import Export
from pdjira.mappings.moving import Moving
from pdjira.page.jobs import JobPage
from pdjira.page.moving import MovingPage
from tests.browser.looks import DESK, PHONE, Way, axe
from tests.browser.site import NOW, Serve, Served
from tests.builders import MAPPING_ITEM, FakeClock
from tests.fakes.catalogue import fake_import, fake_mapping_check
from tests.fakes.history import FakeDrafts, FakeVersions
from tests.fakes.mappings import FakeMappingItems
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, SYNC_USER, jira_extension
from tests.world import World

SCRIPTLESS = Way(name="scriptless", has_script=False)

ID = f"v3-PEXT001-{CHECKOUT}"

FILE = json.dumps(
    {
        "schema_version": 1,
        "mappings": [MAPPING_ITEM | {"name": "Mine"}, MAPPING_ITEM | {"id": "new"}, {"id": "half",
            "create_issue": "never"}],
    },
    indent=1,
)  # fmt: skip


@dataclass
class Move:
    """The page over both sides, and what works on its jobs."""

    world: World
    site: Served
    items: FakeMappingItems
    work: Callable[[], None]

    @property
    def extensions(self) -> list[Any]:
        """Those that PagerDuty has."""
        return self.world.pagerduty.model.extensions


@pytest.fixture
def move(serve: Serve) -> Move:
    world = World(clock=FakeClock(NOW))
    world.pagerduty.model.extensions[:] = [
        jira_extension(CHECKOUT, PAYMENTS, user=SYNC_USER, resolvedStatus=None, somethingNew=1)
    ]
    items, numbers = FakeMappingItems(MAPPING_ITEM), count(1)
    check = fake_mapping_check(
        world.jira, world.pagerduty, clock=world.clock, mappings=world.mappings
    )
    edits = MappingEdits(
        items=items, versions=FakeVersions(), drafts=FakeDrafts(), check=check, clock=world.clock
    )
    moving = Moving(items=items, jira=check.jira, pagerduty=check.pagerduty)
    stack = world.admin_stack()
    desk: JobDesk = stack.job_desk(lambda: f"job-{next(numbers)}")
    runner = stack.job_runner({IMPORT: ImportWork(import_=fake_import(items, check))})

    def work() -> None:
        while world.rounds.begun:
            runner.run(*world.rounds.begun.pop(0), lambda: 119.0)

    page = MovingPage(
        over=MovingOver(moving=moving, edits=edits), export=Export(items=items), desk=desk
    )
    return Move(world, serve(page, JobPage(desk=desk), clock=world.clock), items, work)


def test_g19_the_rules_of_v3_hold_in_every_way(move: Move) -> None:
    move.site.hold("moving", "/moving", is_pictured=True)


@pytest.mark.parametrize("way", [DESK, PHONE], ids=lambda way: way.name)
def test_g19_what_becomes_what_is_told_setting_by_setting(move: Move, way: Way) -> None:
    with move.site.page("/moving?read=1", way) as page:
        page.locator("li summary").first.click()

        expect(page.get_by_role("row").filter(has_text="sync@example.com").first).to_be_visible()
        expect(page.get_by_text("config.jira.somethingNew is not known here").first).to_be_visible()
        assert axe(page) == []


def test_a_page_while_pagerduty_is_down_says_so(move: Move) -> None:
    error = Temporary("PagerDuty does not answer.", cure="Wait.")
    move.world.plan.fail_next("pagerduty.jira_extensions", error, times=99)

    move.site.hold("moving-down", "/moving?read=1")


def test_m23_a_text_that_is_no_json_is_told_by_its_line(move: Move) -> None:
    def read(page: Page) -> None:
        page.goto(move.site.url("/moving"))
        page.get_by_text("Paste or upload").click()
        page.get_by_label("Rules or mappings, as JSON").fill('{"rule":\n {"a" 1}}')
        page.get_by_role("button", name="Read it").click()
        expect(page.get_by_role("alert")).to_contain_text("Line 2, column 7")
        expect(page.get_by_label("Rules or mappings, as JSON")).to_have_value('{"rule":\n {"a" 1}}')

    move.site.hold("moving-error", read)


def test_m23_a_file_is_read_into_the_box(move: Move) -> None:
    file = {"name": "rules.json", "mimeType": "application/json", "buffer": b'{"a": "b"}'}
    with move.site.page("/moving") as page:
        page.get_by_text("Paste or upload").click()
        page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]

        expect(page.get_by_label("Rules or mappings, as JSON")).to_have_value('{"a": "b"}')


@pytest.mark.parametrize("way", [Way(name="desk"), SCRIPTLESS], ids=lambda way: way.name)
def test_g19_a_service_is_moved_over(move: Move, way: Way) -> None:
    with move.site.page("/moving", way) as page:
        if not way.has_script:
            page.get_by_role("link", name="Read them from PagerDuty").click()
        page.get_by_role("button", name="Take over Checkout as draft").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Jira OPS, Checkout")
        if not way.has_script:
            page.get_by_role("link", name="Ask Jira and PagerDuty").click()
        expect(page.get_by_text("The old rule still makes issues")).to_be_visible()
        expect(page.get_by_role("button", name="Put in force")).to_have_count(0)
        move.extensions[:] = []
        page.get_by_role("link", name="I did").click()
        page.get_by_role("button", name="Put in force").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Jira OPS, Checkout")

    assert move.items.store[ID]["enabled"] is True


def test_g19_where_pagerduty_tells_otherwise_a_person_may_say_that_it_is_off(move: Move) -> None:
    with move.site.page("/moving") as page:
        page.get_by_role("button", name="Take over Checkout as draft").click()
        page.get_by_role("link", name="I did").click()
        page.get_by_role("button", name="Put in force").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Not in force")
        page.go_back()
        page.get_by_label("The old rule is off").check()
        page.get_by_role("button", name="Put in force").click()
        expect(page.get_by_text("The old rule still makes issues")).to_be_visible()

    assert move.items.store[ID]["enabled"] is True


def test_g19_how_far_a_service_is_holds_in_every_way(move: Move) -> None:
    def take(page: Page) -> None:
        if ID not in move.items.store:
            page.goto(move.site.url("/moving?read=1"))
            page.get_by_role("button", name="Take over Checkout as draft").click()
        page.goto(move.site.url(f"/moving/rule?id={ID}&did=1&read=1"))

    move.site.hold("moving-rule", take)


def test_g19_a_rule_with_errors_is_a_draft_to_be_mended(move: Move) -> None:
    move.world.jira.model.set_required("10100", "10001", "labels", required=True)

    with move.site.page("/moving?read=1") as page:
        page.get_by_role("button", name="Take over Checkout as draft").click()
        expect(page.get_by_role("link", name="Mend it")).to_be_visible()

    def look(page: Page) -> None:
        page.goto(move.site.url(f"/moving/rule?id={ID}&read=1"))
        expect(page.get_by_text("Jira requires the field Labels")).to_be_visible()

    move.site.hold("moving-draft", look)


def test_m23_a_file_is_previewed_and_imported(move: Move) -> None:
    with move.site.page("/moving") as page:
        page.get_by_text("Paste or upload").click()
        page.get_by_label("Rules or mappings, as JSON").fill(FILE)
        page.get_by_role("button", name="Read it").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("3 mappings read")
        page.get_by_role("button", name="Preview the import").click()
        page.wait_for_url("**/job?**")
        move.work()
        page.reload()
        expect(page.get_by_text("It would be changed.")).to_be_visible()
        assert "new" not in move.items.store
        page.get_by_role("button", name="Import them").click()
        page.wait_for_url("**/job?id=job-2")
        move.work()
        page.reload()
        expect(page.get_by_text("It is new, and was written.")).to_be_visible()

    assert move.items.store["ops-bug"]["name"] == "Mine"


def test_m23_the_preview_holds_in_every_way(move: Move) -> None:
    def preview(page: Page) -> None:
        page.goto(move.site.url("/moving"))
        page.get_by_text("Paste or upload").click()
        page.get_by_label("Rules or mappings, as JSON").fill(FILE)
        page.get_by_role("button", name="Read it").click()
        page.get_by_role("button", name="Preview the import").click()
        page.wait_for_url("**/job?**")
        move.work()
        page.reload()
        expect(page.get_by_text("It would be changed.")).to_be_visible()

    move.site.hold("import-preview", preview)
