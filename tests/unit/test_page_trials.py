"""G8, M22: the forms that start a dry run and a test issue."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from pdjira.admin.jobs import Job, JobDesk
from pdjira.mappings.changes import Changed
from pdjira.mappings.history import Draft
from pdjira.page.trials import TrialPages
from pdjira.page.web import Method, Page, Redirect, Response
from tests.asking import answer_of
from tests.builders import MAPPING_ITEM, NOW, FakeClock
from tests.fakes.history import FakeDrafts
from tests.fakes.jobs import FakeJobs, FakeRounds
from tests.fakes.mappings import FakeMappingItems

NAMED = MAPPING_ITEM | {"id": "web-bug", "name": "Create Bug (WEB)"}


@dataclass
class Site:
    """The pages over two mappings and a draft."""

    jobs: FakeJobs = field(default_factory=FakeJobs)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    items: FakeMappingItems = field(default_factory=lambda: FakeMappingItems(MAPPING_ITEM, NAMED))

    def ask(self, method: Method, path: str, **given: str) -> Response:
        desk = JobDesk(
            jobs=self.jobs,
            begin_round=FakeRounds().begin,
            clock=FakeClock(),
            new_id=lambda: "job-1",
        )
        pages = TrialPages(desk=desk, items=self.items, drafts=self.drafts)
        return answer_of(pages.routes(), method, path, NOW, **given)

    def page(self, method: Method, path: str, **given: str) -> Page:
        found = self.ask(method, path, **given)
        assert isinstance(found, Page)
        return found

    def started(self, path: str, **given: str) -> Job:
        found = self.ask(Method.POST, path, **given)
        assert found == Redirect(to="/job?id=job-1")
        job = self.jobs.find("job-1")
        assert job
        assert job.by == "Ana"
        return job

    def draft(self) -> None:
        written = NAMED | {"jql": "priority = Highest"}
        changed = Changed(at=NOW, by="Ana")
        self.drafts.save(Draft(mapping_id="web-bug", written=written, changed=changed))


@pytest.mark.parametrize(("path", "title"), [("/dry-run", "Dry run"), ("/test", "Test issue")])
def test_a_form_offers_every_mapping_by_name(path: str, title: str) -> None:
    page = Site().page(Method.GET, path)

    assert page.title == title
    assert page.values["offered"] == [("web-bug", "Create Bug (WEB)"), ("ops-bug", "ops-bug")]
    assert (page.values["chosen"], page.values["has_errors"]) == (None, False)


def test_a_mapping_that_the_address_names_is_chosen() -> None:
    page = Site().page(Method.GET, "/test", id="web-bug")

    assert page.title == "Test issue of Create Bug (WEB)"


def test_find_shows_the_mappings_whose_name_holds_the_text_and_chooses_none() -> None:
    site = Site()
    given = {"find": "id", "id.find": "web", "id": "ops-bug", "days": "30"}

    page = site.page(Method.POST, "/dry-run", **given)

    assert page.values["offered"] == [("web-bug", "Create Bug (WEB)")]
    assert (page.values["total"], page.values["days"]) == (2, "30")
    assert (page.values["chosen"], page.values["has_errors"]) == (None, False)


@pytest.mark.parametrize("path", ["/dry-run", "/test"])
def test_a_press_without_a_mapping_says_so(path: str) -> None:
    given = {"days": "7", "afterwards": "keep", "id": "gone"}

    page = Site().page(Method.POST, path, **given)

    assert page.values["has_errors"] is True
    assert page.values["afterwards"] == "keep"


@pytest.mark.parametrize(
    ("path", "given"), [("/dry-run", {"days": "9"}), ("/test", {"afterwards": "burn"})]
)
def test_a_press_with_what_no_form_offers_starts_nothing(path: str, given: dict[str, str]) -> None:
    site = Site()

    site.page(Method.POST, path, id="ops-bug", **given)

    assert site.jobs.find("job-1") is None


def test_g8_a_dry_run_of_a_stored_mapping_is_a_job() -> None:
    job = Site().started("/dry-run", id="web-bug", days="30")

    assert (job.kind, job.title) == ("dry-run", "Dry run of Create Bug (WEB)")
    assert job.asked == {"mapping_id": "web-bug", "days": 30}


def test_g8_a_dry_run_of_a_draft_tries_what_the_draft_holds() -> None:
    site = Site()
    site.draft()

    job = site.started("/dry-run", id="web-bug", draft="1", days="7")

    tried: Any = job.asked["mapping"]
    assert job.title == "Dry run of Create Bug (WEB), draft"
    assert tried["jql"] == "priority = Highest"


def test_g8_a_draft_that_is_gone_is_not_tried() -> None:
    assert Site().page(Method.GET, "/dry-run", id="web-bug", draft="1").values["chosen"] is None


def test_m22_a_test_issue_is_a_job() -> None:
    job = Site().started("/test", id="ops-bug", afterwards="keep")

    assert (job.kind, job.title) == ("test-issue", "Test issue of ops-bug")
    assert job.asked == {"mapping_id": "ops-bug", "afterwards": "keep"}


@pytest.mark.parametrize(("how", "verb"), [("close", "Close"), ("delete", "Delete")])
def test_m22_a_kept_test_issue_is_ended_by_a_job(how: str, verb: str) -> None:
    job = Site().started("/test/end", id="ops-bug", issue="OPS-7", afterwards=how)

    assert job.title == f"{verb} test issue OPS-7"
    assert job.asked == {"mapping_id": "ops-bug", "issue": "OPS-7", "afterwards": how}


def test_m22_before_a_test_issue_is_deleted_a_page_asks_once_more() -> None:
    page = Site().page(Method.GET, "/test/delete", id="ops-bug", issue="OPS-7", job="job-1")

    assert page.title == "Delete OPS-7?"
    assert page.values == {"id": "ops-bug", "issue": "OPS-7", "job": "job-1"}
