"""Which mappings exist and whether they work; a copy for many services; what is deleted."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.admin.jobs import JobDesk
from pdjira.admin.mapping_edits import COPY, MappingCopies, asked_of
from pdjira.errors import PdjiraError
from pdjira.mappings.changes import Changed, Item, StoredItem, read_changed
from pdjira.mappings.lists import Lists, Look
from pdjira.model.incident import Reference
from pdjira.model.link import Activities, Activity, latest
from pdjira.model.mapping import Problem, errors_of
from pdjira.page import addresses
from pdjira.page.cures import by_name
from pdjira.page.mapping_offers import news_of_services
from pdjira.page.mapping_view import few
from pdjira.page.strip import Kind
from pdjira.page.web import Method, Page, Redirect, Request, Response, Route

_MOST = 200
"""How many services are shown to choose from; [Find] looks for others."""

_DAY = timedelta(days=1)

_DONE = {
    "deleted": "Deleted. Its links keep their history; it is among the deleted below.",
    "discarded": "The draft is gone.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow:
    """A mapping in the list, with its incidents of the last day and the last event of theirs."""

    id: str
    name: str
    service: str
    place: str
    kind: Kind
    word: str
    has_draft: bool
    changed: Changed | None
    count: int = 0
    last: Activity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingsPage:
    """`/mappings`. `judge` reads whether an item can be read, and what its verdict says."""

    copies: MappingCopies
    lists: Lists
    activities: Activities
    desk: JobDesk
    judge: Callable[[Item], tuple[bool, Sequence[Problem]]]

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        return (
            Route(method=Method.GET, path="/mappings", answer=self._show),
            Route(method=Method.GET, path="/mappings/copy", answer=self._choose),
            Route(
                method=Method.POST,
                path="/mappings/copy",
                answer=self._copy,
                filled=self._choose,
            ),
        )

    # ---- the list

    def _show(self, request: Request) -> Response:
        edits = self.copies.edits
        drafts = {one.mapping_id: one for one in edits.drafts.all_drafts()}
        happened = self._last_day(request.now)
        stored = edits.items.stored_items()
        names = {one.id: str(one.written.get("name") or one.id) for one in stored}
        happened = [replace(one, says=by_name(one.says, names)) for one in happened]
        rows = [self._row(one, drafts, happened) for one in stored]
        known = {row.id for row in rows}
        rows += [
            _draft_row(draft.written, draft.mapping_id, draft.changed)
            for draft in drafts.values()
            if draft.mapping_id not in known
        ]
        return Page(
            template="mappings.html",
            title="Mappings",
            values={
                "rows": sorted(rows, key=lambda row: (row.name.casefold(), row.id)),
                "deleted": edits.versions.deleted(),
                "done": _DONE.get(request.query.get("done", "")),
            },
        )

    def _last_day(self, now: datetime) -> Sequence[Activity]:
        """What happened in the last day; nothing where that cannot be read: the list stands."""
        try:
            days = [self.activities.of_day((now - back).date()) for back in (timedelta(), _DAY)]
        except PdjiraError:
            return ()
        return [one for one in latest(*days) if one.at > now - _DAY]

    def _row(
        self, stored: StoredItem, drafts: abc.Mapping[str, object], happened: Sequence[Activity]
    ) -> MappingRow:
        is_readable, problems = self.judge(stored.as_read)
        kind, word = _state(stored.written, problems, is_readable=is_readable)
        own = [one for one in happened if stored.id in one.issues]
        return MappingRow(
            id=stored.id,
            name=str(stored.written.get("name") or stored.id),
            service=_named(stored.written, "service"),
            place=_place(stored.written),
            kind=kind,
            word=word,
            has_draft=stored.id in drafts,
            changed=read_changed(stored.as_read.get("changed")),
            count=len(own),
            last=next(iter(own), None),
        )

    # ---- copies

    def _choose(self, request: Request) -> Response:
        """Which services; a POST that found no choice comes back here."""
        mapping_id = request.query.get("id") or request.value("id")
        look = Look.FRESH if request.query.get("read") or request.form else Look.STORED
        shown = self.lists.services(look)
        plan = self.copies.plan(mapping_id, shown.value or ())
        looked_for = request.value("find")
        chosen = frozenset(request.form.get("service", ()))
        return Page(
            template="mapping_copy.html",
            title="Copy to services",
            values={
                "mapping_id": mapping_id,
                "name": self._name(mapping_id),
                "plan": plan,
                "can": few([(one.id, one.name) for one in plan.can], looked_for, chosen, _MOST),
                "chosen": chosen,
                "looked_for": looked_for,
                "news": news_of_services(shown),
                "has_errors": bool(request.form) and request.value("do") == "copy",
            },
        )

    def _copy(self, request: Request) -> Response:
        wanted = set(request.form.get("service", ()))
        mapping_id = request.value("id")
        if request.value("do") != "copy" or not wanted:
            return self._choose(request)
        known = self.lists.services(Look.STORED).value or ()
        names = {one.id: one.name for one in known}
        services = [Reference(id=one, name=names.get(one, one)) for one in sorted(wanted)]
        services.sort(key=lambda one: one.name.casefold())
        job = self.desk.start(
            COPY,
            asked_of(mapping_id, services),
            title=f"Copy {self._name(mapping_id)}",
            by=request.visitor.name if request.visitor else None,
        )
        return Redirect(to=addresses.job(job.id))

    def _name(self, mapping_id: str) -> str:
        stored = self.copies.edits.look(mapping_id).stored
        return str((stored.written if stored else {}).get("name") or mapping_id)


def _state(item: Item, problems: Sequence[Problem], *, is_readable: bool) -> tuple[Kind, str]:
    if not is_readable:
        return Kind.BROKEN, "Cannot be read"
    if item.get("enabled") is False:
        return Kind.OFF, "Off"
    count = len(errors_of(problems))
    if count:
        return Kind.ATTENTION, f"In force with {count} problem{'' if count == 1 else 's'}"
    return Kind.OK, "In force"


def _named(item: Item, key: str, by: str = "name") -> str:
    found = item.get(key)
    if not isinstance(found, abc.Mapping):
        return ""
    return str(found.get(by) or found.get("id") or "")


def _place(item: Item) -> str:
    parts = (_named(item, "project", "key"), _named(item, "issue_type"))
    return ", ".join(part for part in parts if part)


def _draft_row(written: Item, mapping_id: str, changed: Changed) -> MappingRow:
    return MappingRow(
        id=mapping_id,
        name=str(written.get("name") or mapping_id),
        service=_named(written, "service"),
        place=_place(written),
        kind=Kind.WAITING,
        word="Draft",
        has_draft=True,
        changed=changed,
    )
