"""The page of a job: how far it is, and its two buttons."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from pdjira.admin.jobs import Job, JobDesk, JobState, Reached
from pdjira.page.jobs import JobPage
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Redirect, Response
from tests.asking import answer_of
from tests.builders import NOW, FakeClock
from tests.fakes.jobs import FakeJobs, FakeRounds


@dataclass
class Site:
    """The page over one job."""

    jobs: FakeJobs = field(default_factory=FakeJobs)
    clock: FakeClock = field(default_factory=FakeClock)

    def has(self, state: JobState, **data: object) -> None:
        lease = self.clock() + timedelta(seconds=60)
        reached = Reached(data={"rows": [1], **data}, done=1, total=4, says="Reading.")
        job = Job(id="job-1", kind="dry-run", title="Dry run", asked={}, at=NOW, state=state)
        self.jobs.save(replace(job, reached=reached, lease=lease))

    def ask(self, method: Method, path: str, **given: str) -> Response:
        desk = JobDesk(
            jobs=self.jobs, begin_round=FakeRounds().begin, clock=self.clock, new_id=lambda: "job-2"
        )
        return answer_of(JobPage(desk=desk).routes(), method, path, self.clock(), **given)


@pytest.mark.parametrize(
    ("state", "later", "word", "buttons"),
    [
        (JobState.QUEUED, 0, "Starting", (False, True)),
        (JobState.RUNNING, 0, "At work", (False, True)),
        (JobState.RUNNING, 61, "Stopped", (True, True)),
        (JobState.FAILED, 0, "Failed", (True, False)),
        (JobState.DONE, 0, "Done", (False, False)),
        (JobState.CANCELLED, 0, "Cancelled", (False, False)),
    ],
)
def test_a_job_shows_its_state_and_the_buttons_that_it_takes(
    state: JobState, later: float, word: str, buttons: tuple[bool, bool]
) -> None:
    site = Site()
    site.has(state)
    site.clock.forward(seconds=later)
    page = site.ask(Method.GET, "/job", id="job-1")

    assert isinstance(page, Page)
    assert (page.title, page.values["word"]) == ("Dry run", word)
    assert (page.values["may_go_on"], page.values["may_cancel"]) == buttons
    assert page.values["is_running"] is (word in {"Starting", "At work"})


def test_m22_a_test_of_which_a_step_failed_is_not_shown_as_done() -> None:
    site = Site()
    site.has(JobState.DONE, status="failed")
    page = site.ask(Method.GET, "/job", id="job-1")

    assert isinstance(page, Page)
    assert (page.values["kind"], page.values["word"]) == (Kind.BROKEN, "Failed")


def test_a_script_gets_the_part_that_changes() -> None:
    site = Site()
    site.has(JobState.RUNNING)

    assert isinstance(site.ask(Method.GET, "/job", id="job-1", part="1"), Fragment)


@pytest.mark.parametrize("job_id", ["", "job-9"])
def test_a_job_that_there_is_not_is_no_page(job_id: str) -> None:
    page = Site().ask(Method.GET, "/job", id=job_id)

    assert isinstance(page, Page)
    assert page.status == 404


@pytest.mark.parametrize(
    ("path", "state"),
    [("/job/cancel", JobState.CANCELLED), ("/job/go-on", JobState.QUEUED)],
)
def test_a_button_does_what_it_says_and_leads_back(path: str, state: JobState) -> None:
    site = Site()
    site.has(JobState.RUNNING)
    site.clock.forward(seconds=61)
    answer = site.ask(Method.POST, path, id="job-1")

    assert answer == Redirect(to="/job?id=job-1")
    assert site.jobs.find("job-1").state is state  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/job/cancel", "/job/go-on"])
def test_a_button_of_a_job_that_there_is_not_says_so(path: str) -> None:
    page = Site().ask(Method.POST, path, id="job-9")

    assert isinstance(page, Page)
    assert (page.status, page.values["says"]) == (404, "There is no job job-9.")
