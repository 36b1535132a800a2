"""The page of a job in every state."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from pdjira.admin.jobs import Job, JobDesk, JobState, Reached
from pdjira.page.jobs import JobPage
from tests.browser.looks import DESK
from tests.browser.site import NOW, SESSION, Serve
from tests.builders import FakeClock
from tests.fakes.jobs import FakeJobs, FakeRounds


def _page(jobs: FakeJobs, clock: FakeClock) -> JobPage:
    return JobPage(
        desk=JobDesk(jobs=jobs, begin_round=FakeRounds().begin, clock=clock, new_id=lambda: "job-2")
    )


def _job(state: JobState) -> Job:
    reached = Reached(data={}, done=42, total=60, says="Reading the incidents of the last days.")
    job = Job(
        id="job-1",
        kind="example",
        title="Dry run of Create Bug (OPS)",
        asked={},
        at=NOW - timedelta(seconds=40),
        state=state,
    )
    return replace(job, reached=reached, lease=NOW + timedelta(seconds=60))


@pytest.mark.parametrize("state", list(JobState))
def test_a_job_is_shown_in_every_state(serve: Serve, state: JobState) -> None:
    jobs, clock = FakeJobs(), FakeClock(NOW)
    jobs.save(_job(state))
    site = serve(_page(jobs, clock), clock=clock)

    site.hold(f"job-{state.value}", "/job?id=job-1")


def test_a_job_that_ends_is_shown_and_said_without_a_press(serve: Serve) -> None:
    jobs, clock = FakeJobs(), FakeClock(NOW)
    jobs.save(_job(JobState.RUNNING))
    site = serve(_page(jobs, clock), clock=clock)

    with site.page("/job?id=job-1") as page:
        jobs.save(replace(_job(JobState.DONE), version=1))

        expect(page.get_by_text("Done", exact=True)).to_be_visible()
        expect(page.locator("#said")).to_contain_text("Done")


def test_a_session_that_ended_loses_nothing(serve: Serve) -> None:
    """403: nothing was done, and after a sign-in in another tab the same press goes on."""
    jobs, clock = FakeJobs(), FakeClock(NOW)
    jobs.save(_job(JobState.RUNNING))
    site = serve(_page(jobs, clock), clock=clock)

    def press(page: Page) -> None:
        page.goto(site.url("/job?id=job-1"))
        kept = site.sessions.kept.pop(SESSION)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Your session ended")).to_be_visible()
        site.sessions.kept[SESSION] = kept

    site.hold("session-ended", press)
    with site.looks.page(DESK) as page:
        press(page)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("Cancelled")).to_be_visible()
