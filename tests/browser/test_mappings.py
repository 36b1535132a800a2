"""Mappings in a browser: the form, with and without a script, by keyboard, in every way."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pdjira.adapters.aws.stored_mapping import read_problems
from pdjira.admin.mapping_edits import MappingEdits
from pdjira.mappings.lists import Lists, Look
from pdjira.page.mapping_page import MappingPage
from pdjira.page.web import HasRoutes
from tests.browser.looks import Way
from tests.browser.site import NOW, Serve, Served
from tests.builders import MAPPING_ITEM, STATUS_MAPPING, FakeClock
from tests.fakes.catalogue import FakeJiraCatalogue, FakePagerDutyCatalogue, fake_mapping_check
from tests.fakes.history import FakeDrafts, FakeVersions
from tests.fakes.jira import FakeJira
from tests.fakes.lists import FakeLists
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.pagerduty import FakePagerDuty
from tests.fakes.searches import FakeSearches

ID = "ops-bug"
ITEM: dict[str, Any] = MAPPING_ITEM | {
    "name": "Create Bug (OPS)",
    "status_mapping": STATUS_MAPPING,
    "custom_fields": [
        {"target_issue_field": "labels", "type": "const", "value": "pagerduty,night shift"},
        {
            "target_issue_field": "description",
            "type": "template",
            "value": "{{ incident_service }}: {{ incident_title }}",
        },
    ],
    "changed": {"at": "2026-11-12T14:02:00Z", "by": "Bob"},
}
SCRIPTLESS = Way(name="scriptless", has_script=False)


@dataclass
class Desk:
    """What the pages stand on; both sides as fakes."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))
    items: FakeMappingItems = field(default_factory=lambda: FakeMappingItems(ITEM))
    versions: FakeVersions = field(default_factory=FakeVersions)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    kept: FakeLists = field(default_factory=FakeLists)
    jira: FakeJira = field(default_factory=FakeJira)
    pagerduty: FakePagerDuty = field(default_factory=FakePagerDuty)

    @property
    def edits(self) -> MappingEdits:
        return MappingEdits(
            items=self.items,
            versions=self.versions,
            drafts=self.drafts,
            check=fake_mapping_check(self.jira, self.pagerduty, clock=self.clock),
            clock=self.clock,
        )

    @property
    def lists(self) -> Lists:
        return Lists(
            jira=FakeJiraCatalogue(self.jira),
            pagerduty=FakePagerDutyCatalogue(self.pagerduty),
            host=str,
            kept=self.kept,
            clock=self.clock,
        )

    def page(self) -> HasRoutes:
        return MappingPage(
            edits=self.edits,
            lists=self.lists,
            searches=FakeSearches(self.jira),
            problems_in=read_problems,
        )

    def require(self, name: str) -> None:
        self.jira.model.set_required("10100", "10001", name, required=True)

    def know_lists(self) -> None:
        """Have every list read and kept, as after a first look."""
        lists = self.lists
        for read in (
            lists.services,
            lists.priorities,
            lists.workflows,
            lists.incident_fields,
            lists.projects,
            lists.jira_priorities,
            lists.resolutions,
        ):
            read(Look.FRESH)
        lists.project("10100", Look.FRESH)
        lists.screen("10100", "10001", Look.FRESH)

    def judge(self) -> None:
        """Have the stored mapping judged, as the stream does."""
        _, verdict = self.edits.judge(self.items.store[ID])
        self.items.store[ID]["check"] = verdict.shown()


@pytest.fixture
def desk() -> Desk:
    return Desk()


Begin = Callable[[], Served]


@pytest.fixture
def begin(desk: Desk, serve: Serve) -> Begin:
    return lambda: serve(desk.page(), clock=desk.clock)


def test_m20_the_form_of_a_mapping_that_lacks_a_required_field(desk: Desk, begin: Begin) -> None:
    desk.require("customfield_10001")
    desk.know_lists()
    desk.judge()

    begin().hold("mapping", f"/mapping?id={ID}", is_pictured=True)
