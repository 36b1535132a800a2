"""The pages of mappings on fakes: both sides, the table of mappings, and what is kept beside it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pdjira.adapters.aws.stored_mapping import read_item, read_problems
from pdjira.admin.jobs import JobDesk
from pdjira.admin.mapping_edits import MappingCopies, MappingEdits
from pdjira.errors import Side
from pdjira.mappings.changes import Item
from pdjira.mappings.lists import Lists, Look
from pdjira.model.mapping import Problem
from pdjira.page.mapping_list import MappingsPage
from pdjira.page.mapping_page import MappingPage
from pdjira.page.mapping_versions import VersionPages
from pdjira.page.web import HasRoutes
from tests.builders import MAPPING_ITEM, STATUS_MAPPING, FakeClock
from tests.fakes.activities import FakeActivities
from tests.fakes.catalogue import FakeJiraCatalogue, FakePagerDutyCatalogue, fake_mapping_check
from tests.fakes.faults import FaultPlan
from tests.fakes.history import FakeDrafts, FakeVersions
from tests.fakes.jira import FakeJira
from tests.fakes.jobs import FakeJobs, FakeRounds
from tests.fakes.lists import FakeLists
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.pagerduty import FakePagerDuty
from tests.fakes.searches import FakeSearches
from tests.fakes.sweeps import FakeIncidents
from tests.sandbox.pagerduty.model import PagerDutyModel

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


@dataclass
class Desk:
    """One mapping, unless other items are given."""

    clock: FakeClock = field(default_factory=FakeClock)
    items: FakeMappingItems = field(default_factory=lambda: FakeMappingItems(ITEM))
    versions: FakeVersions = field(default_factory=FakeVersions)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    kept: FakeLists = field(default_factory=FakeLists)
    jira: FakeJira = field(default_factory=FakeJira)
    pagerduty: FakePagerDuty = field(init=False)
    activities: FakeActivities = field(default_factory=FakeActivities)
    jobs: FakeJobs = field(default_factory=FakeJobs)

    def __post_init__(self) -> None:
        model = PagerDutyModel(clock=self.clock, rng=random.Random(0))
        self.pagerduty = FakePagerDuty(model, clock=self.clock, plan=FaultPlan())

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
            host=_host,
            kept=self.kept,
            clock=self.clock,
        )

    @property
    def job_desk(self) -> JobDesk:
        return JobDesk(
            jobs=self.jobs, begin_round=FakeRounds().begin, clock=self.clock, new_id=lambda: "job-1"
        )

    def pages(self) -> Sequence[HasRoutes]:
        return (
            MappingPage(
                edits=self.edits,
                lists=self.lists,
                searches=FakeSearches(self.jira),
                past=FakeIncidents(self.pagerduty),
                problems_in=read_problems,
            ),
            MappingsPage(
                copies=MappingCopies(edits=self.edits),
                lists=self.lists,
                activities=self.activities,
                desk=self.job_desk,
                judge=_judged,
            ),
            VersionPages(edits=self.edits),
        )

    def require(self, name: str) -> None:
        """Have Jira require a field."""
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

    def now(self) -> datetime:
        return self.clock()


def _host(side: Side) -> str:
    return side.value


def _judged(item: Item) -> tuple[bool, Sequence[Problem]]:
    return read_item(item).candidate is not None, read_problems(item.get("check"))
