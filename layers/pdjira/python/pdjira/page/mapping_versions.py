"""Who changed a mapping, when, and what; an earlier version comes back, and a mapping goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.admin.mapping_edits import NEW, Blocked, MappingEdits, Overtaken, Standing
from pdjira.mappings.changes import Changed, Difference, Item, differences
from pdjira.mappings.history import Version
from pdjira.page import addresses
from pdjira.page.mapping_view import told
from pdjira.page.web import Method, Page, Redirect, Request, Response, Route

_DRAFT = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version, with what it changed; `is_now`: what is stored now."""

    id: str
    changed: Changed
    is_deleted: bool
    is_now: bool
    is_first: bool
    changes: Sequence[tuple[str, str, str]]


def side_by_side(one: Difference, *, typed: Item, base: Item) -> dict[str, str]:
    """A key that somebody else has written otherwise; what was not changed here stays theirs."""
    key = one.field.partition(".")[0]
    is_mine = typed.get(key) != base.get(key)
    yours = told(one.after) if is_mine else "not changed by you"
    return {"field": one.field, "theirs": told(one.before), "yours": yours}


_JUST_NOW = timedelta(minutes=5)


def before_this(edits: MappingEdits, standing: Standing, now: datetime) -> str | None:
    """The version that was in force before what was saved just now, for *Undo*.

    The stored item may be among the versions already, or not yet.
    """
    is_new = standing.changed is not None and now - standing.changed.at < _JUST_NOW
    if standing.stored is None or not is_new:
        return None
    kept = edits.versions.of_mapping(standing.mapping_id)
    others = (one for one in kept if one.written not in (None, standing.stored.written))
    return next((one.id for one in others), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPages:
    """`/mapping/versions`, undo and delete."""

    edits: MappingEdits

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        return (
            Route(method=Method.GET, path="/mapping/versions", answer=self._show),
            Route(method=Method.POST, path="/mapping/undo", answer=self._undo),
            Route(method=Method.GET, path="/mapping/delete", answer=self._ask),
            Route(method=Method.POST, path="/mapping/delete", answer=self._delete),
        )

    def _show(self, request: Request) -> Response:
        mapping_id = request.query.get("id", "")
        return self._page(mapping_id, compared=request.query.get("compare", ""))

    def _page(self, mapping_id: str, *, compared: str = "", says: str = "") -> Page:
        standing = self.edits.look(mapping_id)
        versions = self.edits.versions.of_mapping(mapping_id)
        now = standing.stored.written if standing.stored else None
        rows = [
            _row(version, earlier, now)
            for version, earlier in zip(versions, [*versions[1:], None], strict=True)
        ]
        last = now or next((one.written for one in versions if one.written), {})
        name = str(last.get("name") or mapping_id)
        return Page(
            template="mapping_versions.html",
            title=f"Versions of {name}",
            values={
                "mapping_id": mapping_id,
                "rows": rows,
                "seen": standing.seen,
                "is_gone": now is None,
                "compared": self._compared(mapping_id, compared, now),
                "compared_what": compared,
                "says": says,
                "has_errors": bool(says),
            },
        )

    def _compared(
        self, mapping_id: str, compared: str, now: Item | None
    ) -> Sequence[tuple[str, str, str]] | None:
        """The keys in which the draft, or a version, differs from what is stored now."""
        if not compared:
            return None
        if compared == _DRAFT:
            draft = self.edits.drafts.find(mapping_id)
            other = draft.written if draft else None
        else:
            other = self.edits.version(mapping_id, compared).written
        return _changes(now or {}, other or {})

    def _undo(self, request: Request) -> Response:
        mapping_id, version_id = request.value("id"), request.value("version")
        outcome = self.edits.bring_back(
            mapping_id, version_id, seen=request.value("seen"), by=_by(request)
        )
        match outcome:
            case Blocked(blocking=blocking):
                says = " ".join(f"{one.says} {one.cure}" for one in blocking)
                return self._page(mapping_id, says=f"It was not brought back: {says}")
            case Overtaken():
                return self._page(mapping_id, says=_meanwhile(outcome))
        return Redirect(to=addresses.address("/mapping", id=mapping_id, done="undone"))

    def _ask(self, request: Request) -> Response:
        return self._asked(request.query.get("id", ""))

    def _asked(self, mapping_id: str, *, says: str = "") -> Page:
        standing = self.edits.look(mapping_id)
        written = standing.stored.written if standing.stored else {}
        return Page(
            template="mapping_delete.html",
            title=f"Delete {written.get('name') or mapping_id}?",
            values={
                "mapping_id": mapping_id,
                "seen": standing.seen,
                "is_draft": standing.seen == NEW,
                "says": says,
                "has_errors": bool(says),
            },
        )

    def _delete(self, request: Request) -> Response:
        mapping_id = request.value("id")
        overtaken = self.edits.delete(mapping_id, seen=request.value("seen"), by=_by(request))
        if overtaken is not None:
            return self._asked(mapping_id, says=_meanwhile(overtaken))
        return Redirect(to=addresses.address("/mappings", done="deleted"))


def _row(version: Version, earlier: Version | None, now: Item | None) -> VersionRow:
    before = earlier.written if earlier else None
    return VersionRow(
        id=version.id,
        changed=version.changed,
        is_deleted=version.written is None,
        is_now=version.written is not None and version.written == now,
        is_first=before is None,
        changes=() if version.written is None else _changes(before or {}, version.written),
    )


def _changes(before: Item, after: Item) -> list[tuple[str, str, str]]:
    return [(one.field, told(one.before), told(one.after)) for one in differences(before, after)]


def _meanwhile(overtaken: Overtaken) -> str:
    if overtaken.now is None:
        return "The mapping was deleted meanwhile. Nothing was done."
    by = overtaken.changed.by if overtaken.changed else "Somebody"
    return f"{by} changed the mapping meanwhile. Nothing was done: look at it, then press again."


def _by(request: Request) -> str | None:
    return request.visitor.name if request.visitor else None
