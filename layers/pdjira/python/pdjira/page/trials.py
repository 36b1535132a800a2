"""Tries a mapping: a dry run of past incidents, or a test issue; both go on as jobs."""

from collections.abc import Sequence
from dataclasses import dataclass

from pdjira.admin.jobs import JobDesk
from pdjira.admin.test_issue import Afterwards
from pdjira.admin.trials import DRY_RUN, TEST_ISSUE
from pdjira.mappings.changes import Item
from pdjira.mappings.history import Drafts
from pdjira.mappings.ports import MappingItems
from pdjira.page import addresses
from pdjira.page.web import Method, Page, Redirect, Request, Response, Route

DAYS = ("1", "7", "30")
"""Of how many days incidents may be judged."""

_AFTERWARDS = (
    (Afterwards.CLOSE.value, "Close it", "It is walked through every mapped status to the last."),
    (Afterwards.KEEP.value, "Keep it open", "To look at it in Jira; close it from here later."),
    (Afterwards.DELETE.value, "Delete it", "Needs the right Delete Issues; else it is closed."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """A mapping that may be tried. `draft` None: what is stored is tried."""

    id: str
    name: str
    draft: Item | None = None

    @property
    def shown(self) -> str:
        """As the heading of its job names it."""
        return f"{self.name}, draft" if self.draft is not None else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPages:
    """`/dry-run` and `/test`."""

    desk: JobDesk
    items: MappingItems
    drafts: Drafts

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        return (
            Route(method=Method.GET, path="/dry-run", answer=self._dry_run),
            Route(method=Method.POST, path="/dry-run", answer=self._run_dry, filled=self._dry_run),
            Route(method=Method.GET, path="/test", answer=self._test),
            Route(method=Method.POST, path="/test", answer=self._make, filled=self._test),
            Route(method=Method.GET, path="/test/delete", answer=self._sure),
            Route(method=Method.POST, path="/test/end", answer=self._end),
        )

    # ---- dry run

    def _dry_run(self, request: Request) -> Page:
        return self._form("dry_run.html", "Dry run", request)

    def _run_dry(self, request: Request) -> Response:
        chosen, days = self._chosen(request), request.value("days")
        if chosen is None or days not in DAYS:
            return self._dry_run(request)
        tried: dict[str, object] = {"mapping_id": chosen.id}
        if chosen.draft is not None:
            tried = {"mapping": {**chosen.draft}}
        title = f"Dry run of {chosen.shown}"
        return self._started(request, DRY_RUN, {**tried, "days": int(days)}, title)

    # ---- test issue

    def _test(self, request: Request) -> Page:
        return self._form("test.html", "Test issue", request)

    def _make(self, request: Request) -> Response:
        chosen, how = self._chosen(request), request.value("afterwards")
        if chosen is None or how not in {one.value for one in Afterwards}:
            return self._test(request)
        asked = {"mapping_id": chosen.id, "afterwards": how}
        return self._started(request, TEST_ISSUE, asked, f"Test issue of {chosen.name}")

    def _sure(self, request: Request) -> Page:
        """The page that asks once more before an issue is deleted."""
        given = {name: request.query.get(name, "") for name in ("id", "issue", "job")}
        issue = given["issue"]
        return Page(template="test_delete.html", title=f"Delete {issue}?", values=given)

    def _end(self, request: Request) -> Response:
        issue, how = request.value("issue"), request.value("afterwards")
        asked = {"mapping_id": request.value("id"), "issue": issue, "afterwards": how}
        verb = "Delete" if how == Afterwards.DELETE.value else "Close"
        return self._started(request, TEST_ISSUE, asked, f"{verb} test issue {issue}")

    # ---- both

    def _started(
        self, request: Request, kind: str, asked: dict[str, object] | dict[str, str], title: str
    ) -> Redirect:
        by = request.visitor.name if request.visitor else None
        return Redirect(to=addresses.job(self.desk.start(kind, asked, title=title, by=by).id))

    def _form(self, template: str, title: str, request: Request) -> Page:
        """The form, with what was chosen; after a POST, nothing was."""
        chosen, is_post = self._chosen(request), request.method is Method.POST
        looked_for = request.value("id.find").casefold()
        choices = [(one.id, one.name) for one in self._choices()]
        values = {
            "chosen": chosen,
            "offered": [one for one in choices if looked_for in one[1].casefold()],
            "total": len(choices),
            "looked_for": request.value("id.find"),
            "days": request.value("days") or "7",
            "afterwards": request.value("afterwards") or Afterwards.CLOSE.value,
            "ways": _AFTERWARDS,
            "has_errors": is_post and chosen is None and not request.value("find"),
        }
        heading = f"{title} of {chosen.shown}" if chosen else title
        return Page(template=template, title=heading, values=values)

    def _chosen(self, request: Request) -> _Choice | None:
        """The mapping that the address or the form names; [Find] chooses nothing."""
        if request.value("find"):
            return None
        wanted = request.value("id") or request.query.get("id", "")
        if request.value("draft") or request.query.get("draft"):
            draft = self.drafts.find(wanted)
            return _Choice(id=wanted, name=draft.name, draft=draft.written) if draft else None
        return next((one for one in self._choices() if one.id == wanted), None)

    def _choices(self) -> Sequence[_Choice]:
        found = [_Choice(id=one.id, name=_name(one.written)) for one in self.items.stored_items()]
        return sorted(found, key=lambda one: one.name.casefold())


def _name(item: Item) -> str:
    return str(item.get("name") or item.get("id"))
