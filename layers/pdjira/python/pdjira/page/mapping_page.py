"""The form of a mapping: picked from live lists, judged where it stands, saved or drafted."""

import json
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pdjira.admin.mapping_edits import (
    NEW,
    Blocked,
    MappingEdits,
    Overtaken,
    Saved,
    Standing,
)
from pdjira.errors import PdjiraError, Side
from pdjira.jql.lint import query_of, query_of_week, reading_of
from pdjira.jql.ports import Searches
from pdjira.mappings.changes import Item, written_by_people
from pdjira.mappings.fixes import fix_of, fixed
from pdjira.mappings.lists import Lists, Look
from pdjira.model.mapping import (
    Problem,
    RuleType,
    Severity,
    Verdict,
    VerdictStatus,
    errors_of,
)
from pdjira.model.times import answered_within
from pdjira.page import addresses
from pdjira.page.mapping_form import base_of, item_of, problems_of, slug, text_of, whole
from pdjira.page.mapping_offers import (
    Offered,
    as_shown,
    begun,
    chosen,
    news_of,
    offered,
    with_defaults,
)
from pdjira.page.mapping_versions import before_this, side_by_side
from pdjira.page.mapping_view import preview_of, summary_of, view_of
from pdjira.page.web import Fragment, Method, Page, Redirect, Request, Response, Route
from pdjira.sweep.ports import Incidents

_RECENT = timedelta(days=30)

_PREVIEW = 4.0
"""Seconds that a preview is worth."""

_OUR_OWN = 3.0
"""Seconds of a request that are left for the page itself."""

_AGAIN = (
    "Incidents that have no issue because of it are tried again within a minute; what else was "
    "refused, within the hour."
)

DONE = {
    "saved": ("ok", "Saved and in force.", _AGAIN),
    "saved-unchecked": (
        "ok",
        "Saved and in force. Not everything could be asked; it is checked again by itself.",
        _AGAIN,
    ),
    "saved-wrong": ("attention", "Saved and in force, with what was wrong already.", _AGAIN),
    "saved-off": ("ok", "Saved. It stays off.", ""),
    "draft": ("waiting", "Kept as a draft. It is not in force.", ""),
    "discarded": ("ok", "The draft is gone.", ""),
    "off": ("off", "Switched off. Nothing new is made; links are left alone.", ""),
    "undone": ("ok", "The earlier version is in force again.", _AGAIN),
    "fixed": ("ok", "Written into the form. Save to put it in force.", ""),
}
"""What is said after something was done: the kind, the word, and what follows from it."""

_UNDONE = {"saved", "saved-unchecked", "saved-wrong"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """A form as it was sent, or as it is to be shown. `seen` and `seen_draft` name what was read.

    `problems` None: it was not judged yet.
    """

    mapping_id: str
    item: Item
    base: Item
    seen: str = NEW
    seen_draft: int = 0
    problems: Sequence[Problem] | None = None
    extra: abc.Mapping[str, object] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether there was no such mapping when the form was made."""
        return self.seen == NEW


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingPage:
    """`/mapping`. `problems_in` reads the problems of a verdict that is stored in an item."""

    edits: MappingEdits
    lists: Lists
    searches: Searches
    past: Incidents
    problems_in: Callable[[object], Sequence[Problem]]

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        return (
            Route(method=Method.GET, path="/mapping", answer=self._show),
            Route(method=Method.POST, path="/mapping", answer=self._take, filled=self._filled),
            Route(method=Method.POST, path="/mapping/disable", answer=self._switch_off),
            Route(method=Method.GET, path="/lists/services", answer=self._services),
            Route(method=Method.GET, path="/lists/projects", answer=self._projects),
        )

    # ---- GET

    def _services(self, request: Request) -> Response:
        """Every service as options, for a script to filter."""
        with answered_within(lambda: request.time_left() - _OUR_OWN):
            found = self.lists.services(Look.FRESH).value or ()
        options = [(one.id, one.name) for one in found]
        return Fragment(template="options.html", values={"options": options})

    def _projects(self, request: Request) -> Response:
        with answered_within(lambda: request.time_left() - _OUR_OWN):
            found = self.lists.projects(Look.FRESH).value or ()
        options = [(one.id, f"{one.key}, {one.name}") for one in found]
        return Fragment(template="options.html", values={"options": options})

    def _show(self, request: Request) -> Response:
        query = request.query
        mapping_id = query.get("id", "")
        standing = self.edits.look(mapping_id) if mapping_id else Standing(mapping_id="")
        if mapping_id and standing.stored is None and standing.draft is None:
            if self.edits.versions.has_any(mapping_id):
                return Redirect(to=addresses.versions(mapping_id))
            return _no_such(mapping_id)
        form = self._read(standing, wants_stored=query.get("show") == "stored")
        if not mapping_id:
            form = replace(form, item=begun(query))
        look = Look.ANEW if query.get("read") == "anew" else Look.STORED
        found = offered(self.lists, form.item, look, request.time_left)
        if form.is_new and standing.draft is None:
            form = replace(form, item=with_defaults(form.item, found.project.value))
        if look is Look.ANEW and chosen(form.item, "project"):
            form = self._judged(form, request)
        done = query.get("done", "")
        if done in _UNDONE:
            form = replace(form, extra={"undo": before_this(self.edits, standing, request.now)})
        return self._page(form, found, standing, done=done)

    def _read(self, standing: Standing, *, wants_stored: bool) -> _Form:
        stored, draft = standing.stored, standing.draft
        shows_draft = draft is not None and not (wants_stored and stored is not None)
        written = draft.written if draft and shows_draft else stored.written if stored else {}
        check = stored.as_read.get("check") if stored and not shows_draft else None
        return _Form(
            mapping_id=standing.mapping_id,
            item=written,
            base=written,
            seen=standing.seen,
            seen_draft=standing.seen_draft,
            problems=self.problems_in(check) if check else None,
        )

    # ---- POST

    def _take(self, request: Request) -> Response:
        form, found = self._typed(request)
        do = request.value("do")
        if request.value("fix"):
            return self._fix(form, request)
        if request.value("find"):
            return self._find(form, request)
        if request.value("add"):
            shown = {"added": request.value("add.field")}
            return self._page(replace(form, extra=shown), found)
        if request.value("jql-check"):
            return self._check_jql(form, request)
        ways: dict[str, Callable[[], Response]] = {
            "save": lambda: self._save(form, request),
            "save-off": lambda: self._save(form, request, is_on=False),
            "draft": lambda: self._keep_draft(form, request),
            "dry-run": lambda: self._keep_draft(form, request, then="/dry-run"),
            "discard": lambda: self._discard(form),
        }
        return ways.get(do, lambda: self._check(form, request))()

    def _typed(self, request: Request) -> tuple[_Form, Offered]:
        """The form as it was sent, with the names that the kept lists have for its ids."""
        typed = request.form
        bare = {"project": {"id": request.value("project.id")}}
        bare["issue_type"] = {"id": request.value("issue_type.id")}
        found = offered(self.lists, bare, Look.STORED, request.time_left)
        item = item_of(typed, found.called(request.value("issue_type.id")))
        form = _Form(
            mapping_id=request.value("id"),
            item=item,
            base=base_of(typed),
            seen=request.value("seen"),
            seen_draft=whole(request.value("seen_draft")),
            problems=problems_of(request.value("problems")),
        )
        return form, found

    def _find(self, form: _Form, request: Request) -> Response:
        """Read the lists that belong to what is chosen; a script asks for this once it is there."""
        found = offered(self.lists, form.item, Look.FRESH, request.time_left)
        if form.is_new:
            form = replace(form, item=with_defaults(form.item, found.project.value))
        if request.value("find") == "lists" and chosen(form.item, "project") and form.mapping_id:
            form = self._previewed(self._judged(form, request), found, request)
        looked_for = request.value("service.id.find")
        form = replace(form, extra={**form.extra, "looked_for": looked_for})
        done = request.value("done") if request.value("find") == "lists" else ""
        return self._page(form, found, done=done)

    def _fix(self, form: _Form, request: Request) -> Response:
        """Write what the cure of a problem shows into the form; nothing is saved."""
        place = whole(request.value("fix"))
        problems = form.problems or ()
        fix = fix_of(problems[place], form.item) if place < len(problems) else None
        if fix is not None:
            form = replace(form, item=fixed(form.item, fix))
        return self._check(form, request, done="fixed")

    def _check(self, form: _Form, request: Request, *, done: str = "") -> Response:
        form = self._judged(form, request)
        found = offered(self.lists, form.item, Look.FRESH, request.time_left)
        return self._page(self._previewed(form, found, request), found, done=done)

    def _previewed(self, form: _Form, found: Offered, request: Request) -> _Form:
        """With what each template makes of the service's latest incident, where there is one."""
        candidate = self.edits.check.read(_whole(form)).candidate
        rules = [
            (f"custom_fields[{place}]", rule)
            for place, rule in (candidate.rules if candidate else ())
            if rule.type is RuleType.TEMPLATE
        ]
        if not candidate or not rules:
            return form
        try:
            with answered_within(lambda: min(_PREVIEW, request.time_left() - _OUR_OWN)):
                page = self.past.created(
                    candidate.mapping.service.id, since=request.now - _RECENT, until=request.now
                )
        except PdjiraError:
            return form
        if not page.incidents:
            return form
        screen = found.screen.value
        previews = {
            name: (page.incidents[0].number, preview)
            for name, rule in rules
            if (preview := preview_of(rule, page.incidents[0], screen))
        }
        return replace(form, extra={**form.extra, "previews": previews})

    def _check_jql(self, form: _Form, request: Request) -> Response:
        form = self._judged(form, request)
        found = offered(self.lists, form.item, Look.FRESH, request.time_left)
        return self._page(replace(form, extra={"jql": self._jql_news(form)}), found)

    def _jql_news(self, form: _Form) -> dict[str, object]:
        candidate = self.edits.check.read(_whole(form)).candidate
        if candidate is None or candidate.mapping.jql is None:
            return {}
        mapping = candidate.mapping
        news: dict[str, object] = {
            "reading": reading_of(mapping.jql or ""),
            "service": mapping.service.name,
        }
        now, week = query_of(mapping), query_of_week(mapping)
        try:
            if now and week:
                news["in_jira"] = self.lists.host(Side.JIRA).rstrip("/") + addresses.search(now)
                news |= {"now": self.searches.count(now), "week": self.searches.count(week)}
        except PdjiraError as error:
            news["failure"] = error.says
        return news

    def _save(self, form: _Form, request: Request, *, is_on: bool = True) -> Response:
        found = offered(self.lists, form.item, Look.FRESH, request.time_left)
        item = dict(with_defaults(form.item, found.project.value) if form.is_new else form.item)
        if is_on and item.get("enabled") is not None:
            item["enabled"] = True
        form = self._named(replace(form, item=item), found)
        with answered_within(lambda: request.time_left() - _OUR_OWN):
            outcome = self.edits.save(_whole(form), seen=form.seen, by=_by(request))
        match outcome:
            case Saved(verdict=verdict):
                done = _how_saved(verdict) if is_on else "saved-off"
                return Redirect(to=addresses.address("/mapping", id=form.mapping_id, done=done))
            case Blocked(item=wanted, verdict=verdict):
                form = replace(
                    form, item=wanted, problems=verdict.problems, mapping_id=request.value("id")
                )
                return self._page(form, found, is_refused=True)
            case _:
                return self._overtaken(form, found, outcome)

    def _keep_draft(self, form: _Form, request: Request, *, then: str = "") -> Response:
        found = offered(self.lists, form.item, Look.STORED, request.time_left)
        form = self._named(form, found)
        outcome = self.edits.keep_draft(_whole(form), seen_draft=form.seen_draft, by=_by(request))
        if isinstance(outcome, Overtaken):
            return self._overtaken(form, found, outcome, is_draft=True)
        if isinstance(outcome, Blocked):
            form = replace(form, problems=outcome.blocking, mapping_id=request.value("id"))
            return self._page(form, found, is_refused=True)
        if then:
            return Redirect(to=addresses.address(then, id=form.mapping_id, draft="1"))
        return Redirect(to=addresses.address("/mapping", id=form.mapping_id, done="draft"))

    def _discard(self, form: _Form) -> Response:
        self.edits.discard_draft(form.mapping_id)
        if form.is_new:
            return Redirect(to="/mappings")
        return Redirect(to=addresses.address("/mapping", id=form.mapping_id, done="discarded"))

    def _switch_off(self, request: Request) -> Response:
        self.edits.switch_off(request.value("id"), by=_by(request))
        return Redirect(to=addresses.address("/mapping", id=request.value("id"), done="off"))

    def _filled(self, request: Request) -> Response:
        """The form as it was typed, after the session had ended."""
        form, found = self._typed(request)
        return self._page(replace(form, extra={"session_ended": True}), found)

    def _overtaken(
        self, form: _Form, found: Offered, outcome: Overtaken, *, is_draft: bool = False
    ) -> Response:
        """What somebody else wrote, and the form on top of it: another press writes that."""
        standing = self.edits.look(form.mapping_id)
        theirs = dict(outcome.now or {})
        mine = _on_top(theirs, form) if outcome.now is not None else form.item
        form = replace(
            form,
            item=mine,
            base=theirs,
            seen=standing.seen,
            seen_draft=standing.seen_draft,
            extra={
                "overtaken": True,
                "overtaken_draft": is_draft,
                "is_gone": outcome.now is None,
                "changed": outcome.changed,
                "differences": [
                    side_by_side(one, typed=form.item, base=form.base)
                    for one in outcome.differences
                    if one.field.split(".")[0] in mine
                ],
            },
        )
        return self._page(form, found, standing)

    # ---- what all share

    def _judged(self, form: _Form, request: Request) -> _Form:
        with answered_within(lambda: request.time_left() - _OUR_OWN):
            _, verdict = self.edits.judge(_whole(form))
        problems = tuple(one for one in verdict.problems if one.field != "id" or form.mapping_id)
        return replace(form, problems=problems)

    def _named(self, form: _Form, found: Offered) -> _Form:
        """A new mapping with an id and a name, made of what it is for."""
        item = dict(form.item)
        called = found.called(chosen(item, "issue_type"))
        project = called.of("project", chosen(item, "project")) or "mapping"
        service = called.of("service", chosen(item, "service")) or ""
        issue_type = called.of("issue_type", chosen(item, "issue_type")) or "Issue"
        if not item.get("name") and form.is_new and service:
            item["name"] = f"{issue_type} in {project} for {service}"
        if form.mapping_id:
            return replace(form, item=item)
        wanted = slug(str(item.get("name") or f"{project} {service}"))
        return replace(form, item=item, mapping_id=self._free(wanted))

    def _names(self) -> abc.Mapping[str, str]:
        return {
            one.id: str(one.written.get("name") or "") for one in self.edits.items.stored_items()
        }

    def _free(self, wanted: str) -> str:
        taken = {one.id for one in self.edits.items.stored_items()}
        taken |= {one.mapping_id for one in self.edits.drafts.all_drafts()}
        numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
        return next(one for one in (wanted, *numbered) if one not in taken)

    def _page(
        self,
        form: _Form,
        found: Offered,
        standing: Standing | None = None,
        *,
        done: str = "",
        is_refused: bool = False,
    ) -> Page:
        standing = standing or (self.edits.look(form.mapping_id) if form.mapping_id else None)
        form = replace(form, problems=as_shown(form.problems, form.item, self._names))
        asked = {name: str(form.extra.get(name) or "") for name in ("added", "looked_for")}
        view = view_of(form.item, found, form.problems or (), **asked)
        name = str(form.item.get("name") or form.mapping_id)
        return Page(
            template="mapping.html",
            title=f"Edit {name}" if form.mapping_id else "New mapping",
            values={
                **_NO_NEWS,
                **view,
                **form.extra,
                **_state_of(standing),
                **_borne(form),
                **_judgement(form, view),
                "has_errors": is_refused or "overtaken" in form.extra,
                "is_refused": is_refused,
                "news": news_of(found),
                **_said(done),
            },
        )


_NO_NEWS: abc.Mapping[str, object] = {"jql": {}, "previews": {}, "undo": None}


def _borne(form: _Form) -> dict[str, object]:
    """What the form bears in hidden inputs."""
    return {
        "mapping_id": form.mapping_id,
        "base": json.dumps(written_by_people(form.base)),
        "seen": form.seen,
        "seen_draft": form.seen_draft,
        "shown_problems": text_of(form.problems or ()),
        "is_new": form.is_new,
    }


def _said(done: str) -> dict[str, object]:
    return {"done": DONE.get(done), "done_name": done}


def _judgement(form: _Form, view: abc.Mapping[str, object]) -> dict[str, object]:
    problems = form.problems or ()
    return {
        "summary": summary_of(problems, view),
        "is_judged": form.problems is not None,
        "hints": sum(1 for one in problems if one.severity is Severity.HINT),
        "errors": len(errors_of(problems)),
    }


def _how_saved(verdict: Verdict | None) -> str:
    """Which of the sentences is true of what was saved."""
    status = verdict.status if verdict else VerdictStatus.OK
    ends = {VerdictStatus.UNCHECKED: "-unchecked", VerdictStatus.INVALID: "-wrong"}
    return f"saved{ends.get(status, '')}"


def _state_of(standing: Standing | None) -> dict[str, object]:
    stored = standing.stored if standing else None
    draft = standing.draft if standing else None
    return {
        "draft": draft,
        "stored": stored,
        "is_off": stored is not None and stored.written.get("enabled") is False,
        "stored_changed": standing.changed if standing else None,
    }


def _whole(form: _Form) -> dict[str, object]:
    return {**form.item, "id": form.mapping_id or "new"}


def _by(request: Request) -> str | None:
    return request.visitor.name if request.visitor else None


def _on_top(theirs: Item, form: _Form) -> dict[str, object]:
    """What they wrote, with the keys that were changed in the form."""
    changed = {key: one for key, one in form.item.items() if form.base.get(key) != one}
    return {**theirs, **changed}


def _no_such(mapping_id: str) -> Page:
    values = {
        "says": f"There is no mapping {mapping_id}, and no draft of one.",
        "cure": "Look at the list of mappings: it may have been deleted.",
    }
    return Page(template="told.html", title="No such mapping", values=values, status=404)
