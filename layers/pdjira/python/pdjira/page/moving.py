"""Moving over: the rules of PagerDuty's own integrations, and all mappings as one file."""

import json
from collections import abc
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from pdjira.admin.jobs import JobDesk
from pdjira.admin.mapping_edits import Blocked, Outcome, Overtaken, Standing
from pdjira.admin.moving_over import MovingOver
from pdjira.admin.trials import DRY_RUN, IMPORT
from pdjira.errors import Misconfigured, PdjiraError
from pdjira.mappings.changes import Item
from pdjira.mappings.exchange import Export
from pdjira.mappings.moving import Contents, contents_of, is_told
from pdjira.mappings.moving_rules import OldRule, Stage, carried
from pdjira.model.mapping import Problem, errors_of
from pdjira.page import addresses
from pdjira.page.strip import Kind
from pdjira.page.web import Download, Fragment, Method, Page, Redirect, Request, Response, Route
from pdjira.text.plain_text import counted

FILE = "pdjira-mappings.json"

_STAGES = {
    Stage.OLD: (Kind.WAITING, "Not taken over"),
    Stage.DRAFT: (Kind.OFF, "Taken over, off"),
    Stage.IN_FORCE: (Kind.OK, "In force"),
}

_SEVERAL = 2

_WRONG = (Kind.BROKEN, "Taken over, a draft with errors")

_COUNTED = {
    "In force": "in force",
    "Taken over, off": "taken over",
    _WRONG[1]: "taken over with errors",
    "Not taken over": "not taken over",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MovingPage:
    """`/moving` and what is below it."""

    over: MovingOver
    export: Export
    desk: JobDesk

    def routes(self) -> Sequence[Route]:
        """As every page has them."""
        get, post = Method.GET, Method.POST
        return (
            Route(method=get, path="/moving", answer=self._show),
            Route(method=post, path="/moving", answer=self._read, filled=self._show),
            Route(method=post, path="/moving/take", answer=self._take),
            Route(method=get, path="/moving/rule", answer=self._rule),
            Route(method=post, path="/moving/force", answer=self._force),
            Route(method=get, path="/moving/export", answer=self._file),
            Route(method=post, path="/moving/import", answer=self._import),
        )

    # ---- the rules

    def _show(self, request: Request) -> Response:
        """What can be done; the rules that PagerDuty tells come after it."""
        text = request.value("text")
        if request.query.get("part"):
            return Fragment(template="moving_rules.html", values=self._told())
        values = self._told() if request.query.get("read") else {"rules": None}
        return _page({"text": text, "error": "", **values})

    def _told(self) -> abc.Mapping[str, object]:
        try:
            return _rows(self.over.moving.from_pagerduty(), self.over.drafts(), text="")
        except PdjiraError as error:
            return {"rules": (), "text": "", "failure": error}

    def _read(self, request: Request) -> Response:
        """What the pasted text holds. Nothing is done with it yet."""
        text = request.value("text")
        try:
            found = contents_of(text)
        except Misconfigured as error:
            return _page({"text": text, "error": error.says, "cure": error.cure, "rules": None})
        rules = self.over.moving.shown(found.rules)
        values = {
            **_rows(rules, self.over.drafts(), text=text),
            "mappings": len(found.mappings),
            "repeated": found.repeated,
        }
        return Page(template="moving_read.html", title=_title(rules, found), values=values)

    def _take(self, request: Request) -> Response:
        """Take one rule over, or try it first, out of the text or as PagerDuty tells it."""
        text, wanted = request.value("text"), request.value("take") or request.value("try")
        rules = self._rules_of(text)
        rule = next((one for one in rules if one.id == wanted), None)
        if rule is None:
            says = "This rule is not there any more."
            return _told_so("Nothing was taken over", says, "Read the rules again.")
        if request.value("try"):
            return self._tried(rule, request)
        try:
            outcome = self.over.take_over(rule, by=_by(request))
        except Misconfigured as error:
            return _told_so("Nothing was taken over", error.says, error.cure)
        return self._taken(rule.id, outcome)

    def _rules_of(self, text: str) -> Sequence[OldRule]:
        if not text:
            return self.over.moving.from_pagerduty()
        return self.over.moving.shown(contents_of(text).rules)

    def _tried(self, rule: OldRule, request: Request) -> Redirect:
        item, _ = self.over.edits.judge(self.over.moving.ready(rule))
        asked: dict[str, object] = {"mapping": {**item}, "days": 7, "rule": rule.id}
        title = f"Dry run of {rule.name}, not taken over"
        return Redirect(
            to=addresses.job(self.desk.start(DRY_RUN, asked, title=title, by=_by(request)).id)
        )

    def _taken(self, mapping_id: str, outcome: Outcome) -> Response:
        if isinstance(outcome, Overtaken):
            says = "Somebody has made this mapping meanwhile."
            return _told_so("Nothing was taken over", says, "Look at the mapping.")
        return Redirect(to=addresses.moving_rule(mapping_id))

    # ---- one service

    def _rule(self, request: Request) -> Response:
        """How far it is: what is stored at once, and what PagerDuty tells after it."""
        mapping_id = request.query.get("id", "")
        try:
            standing = self.over.look(mapping_id)
        except Misconfigured as error:
            return _told_so("Not taken over", error.says, error.cure, status=404)
        values = self._values(standing, request)
        if request.query.get("part"):
            return Fragment(template="moving_old.html", values={**values, **self._old(standing)})
        if request.query.get("read"):
            values |= self._old(standing)
        return Page(template="moving_rule.html", title=_name(_item(standing)), values=values)

    def _values(self, standing: Standing, request: Request) -> dict[str, object]:
        item = _item(standing)
        return {
            "id": standing.mapping_id,
            "is_draft": standing.stored is None,
            "is_on": standing.stored is not None and item.get("enabled") is not False,
            "is_told": is_told(standing.mapping_id),
            "did": request.query.get("did", ""),
            "settings": tuple(carried(item, {})),
            "looked": False,
            "old": None,
            "failure": None,
            "problems": (),
            "hints": (),
        }

    def _old(self, standing: Standing) -> dict[str, object]:
        """The rule as PagerDuty has it now, and what keeps the mapping from being in force."""
        _, verdict = self.over.edits.judge(_item(standing))
        errors = errors_of(verdict.problems)
        hints = [one for one in verdict.problems if one not in errors]
        found = {"looked": True, "problems": errors, "hints": hints}
        try:
            return {**found, "old": self.over.moving.old_rule(standing.mapping_id)}
        except PdjiraError as error:
            return {**found, "failure": error}

    def _force(self, request: Request) -> Response:
        mapping_id, is_off = request.value("id"), bool(request.value("is_off"))
        try:
            outcome = self.over.put_in_force(mapping_id, is_off_there=is_off, by=_by(request))
        except Misconfigured as error:
            return _told_so("Not in force", error.says, error.cure)
        if isinstance(outcome, Overtaken):
            says = "Somebody changed the mapping meanwhile. Nothing of yours was saved."
            return _told_so("Not in force", says, "Look at the mapping, and try again.")
        if isinstance(outcome, Blocked):
            says = " ".join(one.says for one in outcome.blocking)
            return _told_so("Not in force", says, "Mend that in the mapping, and try again.")
        return Redirect(to=addresses.moving_rule(mapping_id))

    # ---- all mappings as one file

    def _file(self, request: Request) -> Download:
        del request
        body = json.dumps(self.export.run(), indent=2, ensure_ascii=False)
        return Download(name=FILE, content_type="application/json", body=f"{body}\n".encode())

    def _import(self, request: Request) -> Response:
        """A preview of what an import would change; or the import that a preview has shown."""
        job_id = request.value("job")
        if job_id:
            previewed = self.desk.find(job_id)
            if previewed.kind != IMPORT:
                says = "This job is no preview of an import."
                return _told_so("Nothing was imported", says, "Read the file again.")
            asked: dict[str, object] = {**previewed.asked, "dry_run": False}
            return self._started(asked, "Import of mappings", request)
        text = request.value("text")
        try:
            found = contents_of(text)
        except Misconfigured as error:
            return _page({"text": text, "error": error.says, "cure": error.cure, "rules": None})
        asked = {"mappings": [dict(one) for one in found.mappings], "dry_run": True}
        return self._started(asked, "Preview of an import", request)

    def _started(self, asked: dict[str, object], title: str, request: Request) -> Redirect:
        return Redirect(
            to=addresses.job(self.desk.start(IMPORT, asked, title=title, by=_by(request)).id)
        )


def _page(values: abc.Mapping[str, object]) -> Page:
    found = {"failure": None, "cure": "", "has_errors": bool(values["error"]), **values}
    return Page(template="moving.html", title="Moving over", values=found)


def _rows(rules: Sequence[OldRule], drafts: Collection[str], *, text: str) -> dict[str, object]:
    left_by_all = _left_by_all(rules)
    rows = [
        (
            replace(rule, left=tuple(one for one in rule.left if one not in left_by_all)),
            *(_WRONG if _is_wrong(rule, drafts) else _STAGES[rule.stage]),
        )
        for rule in rules
    ]
    words = [word for _, _, word in rows]
    counts = [(words.count(word), said) for word, said in _COUNTED.items()]
    progress = ", ".join(f"{number} {said}" for number, said in counts if number)
    services = len({rule.service for rule in rules})
    said = counted(services, "service", "services")
    if services < len(rules):
        said = f"{len(rules)} rules for {said}"
    found = {"rules": rows, "text": text, "failure": None, "left_by_all": left_by_all}
    return {**found, "progress": f"{said}: {progress}."}


def _left_by_all(rules: Sequence[OldRule]) -> Sequence[Problem]:
    """What is carried over of none of several rules: it is told once."""
    if len(rules) < _SEVERAL:
        return ()
    return [one for one in rules[0].left if all(one in rule.left for rule in rules)]


def _is_wrong(rule: OldRule, drafts: Collection[str]) -> bool:
    return rule.stage is Stage.OLD and rule.id in drafts


def _title(rules: Sequence[OldRule], found: Contents) -> str:
    read = len(rules)
    if not read:
        return (
            "1 mapping read" if len(found.mappings) == 1 else f"{len(found.mappings)} mappings read"
        )
    return "1 rule read" if read == 1 else f"{read} rules read"


def _told_so(title: str, says: str, cure: str | None, *, status: int = 200) -> Page:
    values = {"says": says, "cure": cure or "Go back, and try again."}
    return Page(template="told.html", title=title, values=values, status=status)


def _item(standing: Standing) -> Item:
    if standing.stored is not None:
        return standing.stored.written
    return standing.draft.written if standing.draft else {}


def _name(item: Item) -> str:
    """As people call it, with its service."""
    service = item.get("service")
    shown = service.get("name") if isinstance(service, abc.Mapping) else None
    return ", ".join(str(one) for one in (item.get("name") or item.get("id"), shown) if one)


def _by(request: Request) -> str | None:
    return request.visitor.name if request.visitor else None
