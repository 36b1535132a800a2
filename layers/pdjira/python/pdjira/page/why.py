"""Why an incident or an issue did not sync, or did: what `explain` says, and what to press."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from pdjira.admin.explain import Explain, Remembered
from pdjira.admin.requests import Answer, Arguments, PeoplesRequests
from pdjira.errors import PdjiraError, Permanent
from pdjira.model.signal import Progress
from pdjira.model.signing import IncidentLink, Signer, read_incident_token
from pdjira.model.times import TimeLeft
from pdjira.page import addresses
from pdjira.page.cures import by_name, for_jira, mending, on_page
from pdjira.page.strip import Kind
from pdjira.page.web import Access, Fragment, Method, Page, Redirect, Request, Response, Route

VERDICTS = {
    "refused": (Kind.BROKEN, "Refused"),
    "waits": (Kind.WAITING, "Waits"),
    "will create": (Kind.WAITING, "Comes by itself"),
    "linked": (Kind.OK, "In step"),
    "nothing": (Kind.OFF, "Does nothing"),
}
"""What each verdict looks like, the gravest first."""

_ORDER = list(VERDICTS)

_ASKED = {
    "resync": "Trying again",
    "create-issue": "Creating the issue",
    "recover": "Reading PagerDuty's log",
}

_ENDS = {
    Progress.DONE: (Kind.OK, "Done"),
    Progress.WAITS: (Kind.WAITING, "Waits"),
    Progress.GIVEN_UP: (Kind.BROKEN, "Given up"),
}

KEPT_SECONDS = 10.0
"""How long the readers of a note are told the same."""

_WAITS_SECONDS, _LOOKS_AFTER = 5.0, 0.25

_SPARE_SECONDS = 3.0

SINCE = (("1", "the last hour"), ("24", "the last day"), ("168", "the last week"))
"""How far back a person may have PagerDuty's log read, in hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyPage:
    """`/why?q=`. What a side has to tell comes after the page, as a part of it.

    `log_of` is where the log tells of an incident, by its id; `wait` sleeps for so many seconds.
    `signer` knows the links in notes; `kept` keeps what their readers are told for ten seconds, so
    that many of them cost both sides no more than one.
    """

    explain: Explain
    requests: PeoplesRequests
    log_of: Callable[[str], str]
    wait: Callable[[float], None]
    signer: Signer
    kept: Callable[[str, Callable[[], Answer]], Answer]

    def routes(self) -> Sequence[Route]:
        """What it answers."""
        return (
            Route(method=Method.GET, path="/why", answer=self._show, access=Access.INCIDENT_LINK),
            Route(method=Method.GET, path="/why/sides", answer=self._sides),
            Route(method=Method.POST, path="/why/try", answer=self._try),
            Route(method=Method.POST, path="/why/create", answer=self._create),
            Route(method=Method.POST, path="/why/recover", answer=self._recover),
        )

    def _show(self, request: Request) -> Response:
        """What is stored at once; with `sides`, for a browser without script, all of it."""
        if request.incident is not None:
            return self._read_only(request.incident, request)
        q = self._linked(request) or request.query.get("q", "").strip()
        if not q:
            return _page("Why did it not sync?", q=q)
        try:
            stored = self.explain.remembered(q)
        except Permanent as error:
            return _nothing(q, error)
        values: dict[str, object] = {"stored": stored and _remembered(stored)}
        values |= self._whole(q, request) if request.query.get("sides") else self._asked(request)
        name = _name(stored.number if stored else None, q)
        title = _answered(name, stored.issues, "issue") if stored else name
        whole = cast("dict[str, Any]", values.get("whole") or {})
        return _page(whole.get("heading", title), q=q, **values)

    def _linked(self, request: Request) -> str:
        """The incident of a note's link, for whoever is signed in and needs none."""
        link = read_incident_token(self.signer, request.query.get("t", ""))
        return link.incident_id if link else ""

    def _read_only(self, link: IncidentLink, request: Request) -> Response:
        """What the reader of a note sees, without what only those see who are signed in."""
        answer = self.kept(
            link.incident_id, lambda: self.explain.run(link.incident_id, request.time_left)
        )
        whole = for_readers(shown(answer, q=link.incident_id, log_of=None))
        values = _values("", whole=whole) | {"until": link.until, "incident_id": link.incident_id}
        return Page(template="why_read.html", title=str(whole["heading"]), values=values)

    def _sides(self, request: Request) -> Response:
        q = request.query.get("q", "")
        values = _values(q, **self._whole(q, request)) | {"title": request.query.get("said")}
        return Fragment(template="why_part.html", values=values)

    def _whole(self, q: str, request: Request) -> dict[str, object]:
        """What both sides say, but while something that was asked for is still to be done."""
        asked = self._asked(request)["asked"]
        if asked is not None and asked.is_pending:
            return {"asked": asked}
        try:
            whole = shown(self.explain.run(q, request.time_left), q=q, log_of=self.log_of)
        except Permanent as error:
            return {"asked": asked, "error": error}
        return {"asked": asked and asked.judged(whole["mappings"]), "whole": whole}

    def _asked(self, request: Request) -> "dict[str, Asked | None]":
        with suppress(Permanent):
            found = self.requests.outcome({"request": request.query.get("request")})
            return {"asked": _asked(found)}
        return {"asked": None}

    # ---- what is pressed

    def _try(self, request: Request) -> Response:
        asked: Arguments = {"incident": request.value("incident")}
        return self._ask(request, lambda: self.requests.resync(asked, request.time_left))

    def _create(self, request: Request) -> Response:
        asked: Arguments = {name: request.value(name) for name in ("incident", "mapping_id")}
        return self._ask(request, lambda: self.requests.create_issue(asked, request.time_left))

    def _recover(self, request: Request) -> Response:
        given = request.value("hours")
        hours = int(given) if given in {value for value, _ in SINCE} else 1
        asked: Arguments = {"since": (request.now - timedelta(hours=hours)).isoformat()}
        return self._ask(request, lambda: self.requests.recover(asked))

    def _ask(self, request: Request, ask: Callable[[], Answer]) -> Response:
        q = request.value("incident")
        try:
            request_id = str(ask()["request"])
        except PdjiraError as error:
            return _nothing(q, error)
        self._wait_for(request_id, request.time_left)
        return Redirect(to=addresses.why(q, request=request_id))

    def _wait_for(self, request_id: str, time_left: TimeLeft) -> None:
        """Give the worker a moment, so that the next page shows what came of it."""
        waited = 0.0
        while waited < min(_WAITS_SECONDS, time_left() - _SPARE_SECONDS):
            if self.requests.outcome({"request": request_id})["status"] != Progress.QUEUED:
                return
            self.wait(_LOOKS_AFTER)
            waited += _LOOKS_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asked for, and what came of it so far; `word` says how far it is."""

    id: str
    kind: Kind
    word: str
    at: datetime
    says: Sequence[str]
    is_pending: bool

    def judged(self, mappings: Any) -> "Asked":  # noqa: ANN401 - rows of the answer, which is JSON
        """The same, where it was done and is refused all the same."""
        is_refused = any(one["verdict"] == "refused" for one in mappings)
        if self.kind is Kind.OK and is_refused:
            return replace(self, kind=Kind.BROKEN, word="Refused again")
        return self


def _asked(outcome: Answer) -> Asked:
    progress = Progress(str(outcome["status"]))
    is_pending = progress is Progress.QUEUED
    doing = _ASKED.get(str(outcome["asked"]), "At work")
    kind, word = (Kind.WAITING, doing) if is_pending else _ENDS[progress]
    return Asked(
        id=str(outcome["request"]),
        kind=kind,
        word=word,
        at=datetime.fromisoformat(str(outcome["at"])),
        says=cast("list[str]", outcome["says"]),
        is_pending=is_pending,
    )


def shown(answer: Answer, *, q: str, log_of: Callable[[str], str] | None) -> dict[str, Any]:
    """What `explain` answered, with the heading that says it in one sentence.

    `log_of` None: whoever looks may not see the log.
    """
    incident: Any = answer["incident"]
    rows = sorted(
        cast("list[Any]", answer["mappings"]), key=lambda one: _ORDER.index(one["verdict"])
    )
    names = {one["id"]: one["name"] for one in rows}
    mappings = [_verdict(one, names) for one in rows]
    timeline: list[Any] = cast("list[Any]", answer["timeline"])
    name = _name(incident["number"] if incident else None, incident["id"] if incident else q)
    next_try = answer["next_try"]
    return {
        "incident": incident,
        "heading": _heading(name, mappings, is_incident=incident is not None),
        "reason": _reason(mappings),
        "mappings": mappings,
        "timeline": [
            (
                datetime.fromisoformat(one["at"]),
                [by_name(on_page(says), names) for says in one["says"]],
            )
            for one in timeline
        ],
        "next_try": datetime.fromisoformat(str(next_try)) if next_try else None,
        "not_known": answer["not_known"],
        "log": log_of(incident["id"]) if incident and log_of else None,
    }


_OTHERS = re.compile(r"(?i:jql)|/incidents/|\b[Ii]ncidents? (?:#?[0-9]|[PQ][A-Z0-9]{5,}\b)")
"""What the reader of a note has no business with: JQL, and other incidents."""

_WITHHELD = "This is shown to those who are signed in."


def for_readers(whole: dict[str, Any]) -> dict[str, Any]:
    """What the reader of a note may see of it."""
    incident = whole["incident"] or {}
    own = [str(incident[name]) for name in ("id", "number") if incident.get(name)]
    kept = [
        (at, [says for says in sentences if _is_for_readers(says, own)])
        for at, sentences in whole["timeline"]
    ]
    rows = [_row_for_readers(row, own) for row in whole["mappings"]]
    return {
        **whole,
        "reason": _reason(rows),
        "mappings": rows,
        "timeline": [(at, sentences) for at, sentences in kept if sentences],
    }


def _row_for_readers(row: dict[str, Any], own: Sequence[str]) -> dict[str, Any]:
    says, cure = row["says"], row["cure"] or ""
    return {
        **row,
        "says": says if _is_for_readers(says, own) else _WITHHELD,
        "cure": cure if _is_for_readers(cure, own) else None,
    }


def _is_for_readers(says: str, own: Sequence[str]) -> bool:
    for name in own:
        says = re.sub(rf"(?:[Ii]ncident #?|/incidents/){re.escape(name)}\b", "", says)
    return _OTHERS.search(says) is None


def _verdict(row: Any, names: dict[str, str]) -> dict[str, Any]:  # noqa: ANN401 - it is JSON
    kind, word = VERDICTS[row["verdict"]]
    is_idle, may_come = row["verdict"] == "nothing", row["verdict"] == "will create"
    cure, to = row["cure"] or "", addresses.mapping(row["id"])
    button = mending(cure, row["id"])
    is_more = row["verdict"] == "refused" or not row["in_force"] or button.to != to
    return {
        **row,
        "cure": by_name(on_page(cure), names),
        "copied": for_jira(row["says"], cure) if row["verdict"] == "refused" else "",
        "mending": button if is_more and cure else None,
        "kind": kind,
        "word": word,
        "may_create": may_come or (is_idle and row["in_force"] and row["issue"] is None),
        "may_try": row["verdict"] in {"refused", "waits"},
        "to": button.to if button.to == addresses.versions(row["id"]) else to,
    }


def _remembered(stored: Remembered) -> dict[str, object]:
    timeline = [(entry.at, entry.says) for entry in stored.timeline]
    return {"issues": stored.issues, "timeline": timeline}


def _heading(name: str, mappings: Sequence[Any], *, is_incident: bool) -> str:
    keys = [one["issue"]["key"] for one in mappings if one["issue"]]
    return _answered(name, keys, "issue" if is_incident else "incident")


def _answered(name: str, keys: Sequence[str], lacking: str) -> str:
    return f"{name} has {' and '.join(keys)}" if keys else f"{name} has no {lacking}"


def _reason(mappings: Sequence[Any]) -> str:
    """The gravest verdict's own words, where it is not that all is well."""
    says = [one["says"] for one in mappings if one["verdict"] != "linked"]
    return str(says[0]) if says and mappings[0]["verdict"] != "linked" else ""


def _name(number: int | None, q: str) -> str:
    """What people call it."""
    if number or q.isdecimal():
        return f"Incident {number or q}"
    return q.rstrip("/").rpartition("/")[2] or q


def _values(q: str, **values: object) -> dict[str, object]:
    absent = dict.fromkeys(("stored", "asked", "whole", "error"))
    return {"q": q, "since": SINCE, **absent, **values}


def _page(title: str, *, q: str, **values: object) -> Page:
    return Page(template="why.html", title=title, values=_values(q, **values))


def _nothing(q: str, error: PdjiraError) -> Page:
    """The same page with what was wrong: nothing was asked for."""
    return _page(_name(None, q), q=q, error=error)
