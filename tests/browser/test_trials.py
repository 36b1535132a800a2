"""G8, M22: a mapping is tried in the browser, as a dry run and by a test issue."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pdjira.admin.jobs import JobDesk, JobRunner
from pdjira.admin.trials import DRY_RUN, TEST_ISSUE, DryRunWork, RehearsalWork
from pdjira.model.mapping import Conditions
from pdjira.page.jobs import JobPage
from pdjira.page.sessions import Session
from pdjira.page.trials import TrialPages
from tests.browser.looks import DESK, Way
from tests.browser.site import NOW, SESSION, Serve, Served
from tests.builders import HIGHEST, MAPPING_ITEM, PAGING, FakeClock, three_statuses
from tests.fakes.history import FakeDrafts
from tests.fakes.mappings import FakeMappingItems
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.world import World

LONG = "<b>Checkout</b> " + "answers very slowly " * 10

SCRIPTLESS = Way(name="scriptless", has_script=False)


@dataclass
class Trials:
    """The pages over a world whose jobs are done when somebody asks for a round."""

    world: World
    site: Served
    kinds: dict[str, Any]

    def work(self) -> None:
        """Do every round that was begun."""
        stack = self.world.admin_stack()
        runner: JobRunner = stack.job_runner(self.kinds)
        while self.world.rounds.begun:
            runner.run(*self.world.rounds.begun.pop(0), lambda: 119.0)


def a_world() -> World:
    mapping = three_statuses(
        conditions=Conditions(urgency=("high",)),
        id="ops-bug",
        name="Create Bug (OPS)",
        jql=PAGING.jql,
        jql_applies_to=PAGING.jql_applies_to,
        max_incidents_per_hour=1,
    )
    clock = FakeClock(NOW - timedelta(hours=1))
    world = World(mapping, clock=clock)
    for right in ("LINK_ISSUES", "DELETE_ISSUES"):
        world.jira.model.world.grant(OUR_ACCOUNT, right, project="10100")
    return world


@pytest.fixture
def trials(serve: Serve) -> Trials:
    world = a_world()
    item = MAPPING_ITEM | {"name": "Create Bug (OPS)"}
    items = FakeMappingItems(item)
    numbers = count(1)
    desk: JobDesk = world.admin_stack().job_desk(lambda: f"job-{next(numbers)}")
    site = serve(
        TrialPages(desk=desk, items=items, drafts=FakeDrafts()),
        JobPage(desk=desk),
        clock=world.clock,
    )
    kinds = {
        DRY_RUN: DryRunWork(dry_runs=world.dry_runs(item)),
        TEST_ISSUE: RehearsalWork(rehearsal=world.rehearsal()),
    }
    return Trials(world, site, kinds)


def past(trials: Trials) -> None:
    """Incidents of different fates, one of them with its issue, and two issues that match."""
    world = trials.world
    world.trigger("Database is slow")
    world.work()
    world.clock.forward(minutes=20)
    resolved = world.pagerduty.model.trigger("PABC123", "Checkout answers slowly", by=RESPONDER)
    world.pagerduty.model.resolve(resolved.id, by=RESPONDER)
    world.clock.forward(minutes=20)
    world.pagerduty.model.trigger("PABC123", LONG[:200], by=RESPONDER)
    world.clock.forward(minutes=20)
    world.pagerduty.model.trigger("PABC123", "Disk is half full", urgency="low", by=RESPONDER)
    for _ in range(2):
        world.issue(**HIGHEST)
    world.clock.now = NOW
    trials.site.sessions.put(SESSION, Session(name="Ana", begun_at=NOW, used_at=NOW))


def test_the_forms_hold_in_every_way(trials: Trials) -> None:
    trials.site.hold("dry-run-form", "/dry-run?id=ops-bug")
    trials.site.hold("test-form", "/test", is_pictured=False)


def test_a_form_without_a_choice_says_so(trials: Trials) -> None:
    def press(page: Page) -> None:
        page.goto(trials.site.url("/test"))
        page.get_by_role("button", name="Make the test issue").click()
        expect(page.get_by_role("alert")).to_be_visible()

    trials.site.hold("test-form-error", press)


def test_g8_a_dry_run_is_told_incident_by_incident(trials: Trials) -> None:
    past(trials)

    def run(page: Page) -> None:
        page.goto(trials.site.url("/dry-run?id=ops-bug"))
        page.get_by_role("button", name="Start the dry run").click()
        page.wait_for_url("**/job?**")
        expect(page.get_by_role("heading", level=1)).to_have_text("Dry run of Create Bug (OPS)")
        trials.work()
        page.reload()
        expect(page.get_by_role("heading", name="3 create, 1 nothing")).to_be_visible()

    trials.site.hold("dry-run", run, is_pictured=True)


def test_g8_a_dry_run_of_quiet_days_says_so(trials: Trials) -> None:
    def run(page: Page) -> None:
        page.goto(trials.site.url("/dry-run?id=ops-bug"))
        page.get_by_role("button", name="Start the dry run").click()
        page.wait_for_url("**/job?**")
        trials.work()
        page.reload()
        expect(page.get_by_text("No incident in these days.")).to_be_visible()

    trials.site.hold("dry-run-quiet", run)


def test_g8_a_dry_run_of_five_hundred_incidents_is_shown_in_time(trials: Trials) -> None:
    for number in range(500):
        trials.world.pagerduty.model.trigger("PABC123", f"Incident {number}", by=RESPONDER)
        trials.world.clock.forward(seconds=1)
    with trials.site.page("/dry-run?id=ops-bug") as page:
        page.get_by_role("button", name="Start the dry run").click()
        page.wait_for_url("**/job?**")
        trials.work()
        page.reload()
        expect(page.get_by_role("row")).to_have_count(501, timeout=20_000)


def test_m22_a_test_issue_is_told_step_by_step_and_deleted(trials: Trials) -> None:
    with trials.site.page("/test?id=ops-bug", DESK) as page:
        page.get_by_label("Keep it open").check()
        page.get_by_role("button", name="Make the test issue").click()
        page.wait_for_url("**/job?**")
        trials.work()
        page.reload()
        expect(page.get_by_role("heading", name="OPS-1 is left open")).to_be_visible()
        page.get_by_role("link", name="Delete it").click()
        page.get_by_role("button", name="Delete OPS-1").click()
        page.wait_for_url("**/job?id=job-2")
        trials.work()
        page.reload()
        expect(page.get_by_role("heading", name="OPS-1 is gone")).to_be_visible()

    assert trials.world.issues == []


def test_m22_a_test_issue_is_made_and_closed_without_a_script(trials: Trials) -> None:
    with trials.site.page("/test?id=ops-bug", SCRIPTLESS) as page:
        page.get_by_label("Keep it open").check()
        page.get_by_role("button", name="Make the test issue").click()
        page.wait_for_url("**/job?**")
        page.get_by_role("link", name="Look again").click()
        trials.work()
        page.get_by_role("link", name="Look again").click()
        page.get_by_role("button", name="Close it").click()
        page.wait_for_url("**/job?id=job-2")
        trials.work()
        page.get_by_role("link", name="Look again").click()
        expect(page.get_by_role("heading", name="OPS-1 is closed")).to_be_visible()


def test_m22_the_steps_hold_in_every_way(trials: Trials) -> None:
    trials.world.jira.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project="10100")

    def run(page: Page) -> None:
        page.goto(trials.site.url("/test?id=ops-bug"))
        page.get_by_role("button", name="Make the test issue").click()
        page.wait_for_url("**/job?**")
        trials.work()
        page.reload()
        expect(page.get_by_role("heading", level=2).last).to_contain_text("is closed")

    trials.site.hold("test-issue", run)


def test_the_question_before_deleting_holds_in_every_way(trials: Trials) -> None:
    trials.site.hold("test-delete", "/test/delete?id=ops-bug&issue=OPS-1&job=job-1")
