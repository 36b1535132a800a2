"""Long work as a person sees it: how far it is, how it ended, and what it found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pdjira.admin.jobs import Job, JobDesk, JobState
from pdjira.errors import Misconfigured
from pdjira.page import addresses
from pdjira.page.strip import Kind
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response, Route

_STATES = {
    JobState.QUEUED: (Kind.WAITING, "Starting"),
    JobState.RUNNING: (Kind.WAITING, "At work"),
    JobState.DONE: (Kind.OK, "Done"),
    JobState.FAILED: (Kind.BROKEN, "Failed"),
    JobState.CANCELLED: (Kind.OFF, "Cancelled"),
}

_STOPPED = (Kind.ATTENTION, "Stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """`/job`: what a job has found is shown by the template `job_<kind>.html`, if there is one."""

    desk: JobDesk

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        return (
            Route(method=Method.GET, path="/job", answer=self._show),
            Route(method=Method.POST, path="/job/cancel", answer=self._cancel),
            Route(method=Method.POST, path="/job/go-on", answer=self._go_on),
        )

    def _show(self, request: Request) -> Response:
        try:
            job = self.desk.find(request.query.get("id", ""))
        except Misconfigured as error:
            return _missing(error)
        values = _values(job, request)
        if request.query.get("part"):
            return Fragment(template="job_part.html", values=values)
        return Page(template="job.html", title=job.title, values=values)

    def _cancel(self, request: Request) -> Response:
        return _pressed(lambda: self.desk.cancel(request.value("id")))

    def _go_on(self, request: Request) -> Response:
        return _pressed(lambda: self.desk.go_on(request.value("id")))


def _pressed(press: Callable[[], Job]) -> Response:
    """Back to the job that a button was pressed for."""
    try:
        return Redirect(to=addresses.job(press().id))
    except Misconfigured as error:
        return _missing(error)


def _missing(error: Misconfigured) -> Page:
    return Page(
        template="job_missing.html",
        title="No such job",
        values={"says": error.says, "cure": error.cure},
        status=404,
    )


def _values(job: Job, request: Request) -> dict[str, object]:
    is_stopped = job.is_stopped(request.now)
    kind, word = _STOPPED if is_stopped else _STATES[job.state]
    if job.state is JobState.DONE and job.reached.data.get("status") == "failed":
        kind, word = Kind.BROKEN, "Failed"
    return {
        "job": job,
        "reached": job.reached,
        "kind": kind,
        "word": word,
        "is_running": job.is_at_work and not is_stopped,
        "may_go_on": job.may_go_on(request.now),
        "may_cancel": job.is_at_work,
    }
