"""What opening incidents needs, in memory: each fake keeps the promises of its port."""

import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pdjira.adapters.http.messages import Call
from pdjira.adapters.jira.issues import PAGING_FIELDS, paging_issue
from pdjira.adapters.jira.people import account_named
from pdjira.adapters.jira.searches import PROPERTY
from pdjira.adapters.pagerduty.client import first_of
from pdjira.adapters.pagerduty.incidents import is_by_user
from pdjira.errors import Conflict
from pdjira.jql.matches import (
    MOVED,
    Cursor,
    KnownCursors,
    MatchRefusal,
    MatchRow,
    MatchState,
    Memo,
    is_of_search,
)
from pdjira.jql.opening_rules import Brake, IncidentDraft, Opening, PagingIssue
from pdjira.model import incident as domain
from tests.fakes.faults import FaultPlan
from tests.fakes.jira import FakeJira
from tests.fakes.links import FakeLinks, unreadable
from tests.fakes.pagerduty import FakePagerDuty, _incident
from tests.sandbox.pagerduty.records import ApiError


class FakePagingIssues:
    """Issues of the Jira that a fake stands for."""

    def __init__(self, jira: FakeJira) -> None:
        self._jira = jira

    def read(self, issue_id: str) -> PagingIssue:
        call = Call(method="GET", path="/issue", repeatable=True)

        def get() -> PagingIssue:
            account = self._jira.account
            said = self._jira.model.get_issue(account, issue_id, fields=PAGING_FIELDS)
            return paging_issue(said, call, account=account_named(account))

        return self._jira._call("read_paging", get)

    def mark(self, issue_id: str, *, incident_id: str, mapping_id: str) -> None:
        value = {"id": incident_id, "mapping": mapping_id}
        self._jira._call(
            "mark",
            lambda: self._jira.model.put_property(self._jira.account, issue_id, PROPERTY, value),
        )


class FakePager:
    """Opens incidents in the PagerDuty that a fake stands for."""

    def __init__(self, pagerduty: FakePagerDuty) -> None:
        self._pagerduty = pagerduty

    def open_incident(self, draft: IncidentDraft) -> domain.Incident | None:
        model = self._pagerduty.model

        def post() -> domain.Incident | None:
            try:
                it = model.trigger(
                    draft.service_id,
                    draft.title,
                    by=self._pagerduty._user_id,
                    urgency=draft.urgency or "high",
                    priority_id=draft.priority_id,
                    details=draft.details,
                    incident_key=draft.incident_key,
                    channel_type="api",
                )
            except ApiError as error:
                if error.code == 2002:
                    return None
                raise
            self._pagerduty.opened.append((draft.incident_key, self._pagerduty._clock()))
            return _incident(model, it.id)

        return self._pagerduty._call("open_incident", post)

    def find_by_key(
        self, incident_key: str, *, since: datetime | None = None
    ) -> domain.Incident | None:
        model = self._pagerduty.model

        def find() -> domain.Incident | None:
            found = (it for it in model.incidents.values() if it.incident_key == incident_key)
            return first_of([_incident(model, it.id) for it in found], since=since)

        return self._pagerduty._call("find_by_key", find)

    def is_by_user(self, incident: domain.Incident) -> bool:
        def read() -> bool:
            entries = self._pagerduty.model.log_entries()
            found = (one.agent for one in entries if one.id == incident.first_log_entry_id)
            return any(is_by_user({"agent": agent}) for agent in found)

        return self._pagerduty._call("is_by_user", read)


class FakeOpenings:
    def __init__(self, links: FakeLinks, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._links = links
        self.unreadable: set[str] = set()
        self._stored: dict[str, Opening] = {}
        self._lock = threading.Lock()

    def find(self, issue_id: str) -> Opening | None:
        with self.faults.call("openings.find"), self._lock:
            if issue_id in self.unreadable:
                raise unreadable(f"ISSUE#{issue_id}", "LINK")
            return None if issue_id in self._links.issues else self._stored.get(issue_id)

    def mapping_of(self, issue_id: str) -> str | None:
        """Under which mapping the issue was claimed last, past the faults."""
        stored = self._stored.get(issue_id)
        return stored.mapping_id if stored else None

    def delete(self, issue_id: str) -> None:
        """A person deletes the item: the claim, or the way back that lies in its place."""
        self._stored.pop(issue_id, None)
        self._links.delete_way_back(issue_id)

    def put(self, opening: Opening) -> Opening:
        with self.faults.call("openings.put"), self._lock:
            stored = self._stored.get(opening.issue_id)
            is_lost = stored is not None and stored.version != opening.version
            if is_lost or opening.issue_id in self._links.issues:
                raise Conflict("Somebody else wrote first.")
            self._links.claimed(opening.issue_id)
            self._stored[opening.issue_id] = replace(opening, version=opening.version + 1)
            return self._stored[opening.issue_id]


class FakeMatchRows:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.stored: dict[tuple[str, str], MatchRow] = {}
        self._lock = threading.Lock()

    def add(self, row: MatchRow) -> bool:
        with self.faults.call("rows.add"), self._lock:
            key = (row.mapping_id, row.issue_id)
            stored = self.stored.get(key)
            if stored is not None and not self._gives_way(stored, row):
                return False
            self.stored[key] = row
            return True

    def add_new(self, rows: Sequence[MatchRow]) -> Sequence[MatchRow]:
        return [row for row in rows if self.add(row)]

    def find(self, mapping_id: str, issue_id: str) -> MatchRow | None:
        with self.faults.call("rows.find"), self._lock:
            return self.stored.get((mapping_id, issue_id))

    def put(self, row: MatchRow, *, after: MatchState) -> None:
        with self.faults.call("rows.put"), self._lock:
            key = (row.mapping_id, row.issue_id)
            stored = self.stored.get(key)
            if stored and (stored.state, stored.reads) == (after, row.reads):
                self.stored[key] = row

    def refuse(self, row: MatchRow, refusal: MatchRefusal) -> None:
        with self.faults.call("rows.refuse"), self._lock:
            key = (row.mapping_id, row.issue_id)
            stored = self.stored.get(key)
            if stored and (stored.state, stored.reads) == (MatchState.WAITING, row.reads):
                self.stored[key] = replace(stored, refusal=refusal)

    def miss(self, row: MatchRow, *, since: datetime | None) -> None:
        with self.faults.call("rows.miss"), self._lock:
            key = (row.mapping_id, row.issue_id)
            stored = self.stored.get(key)
            if stored and (stored.state, stored.reads) == (row.state, row.reads):
                self.stored[key] = replace(stored, missed_at=since)

    def forget(self, row: MatchRow) -> None:
        with self.faults.call("rows.forget"), self._lock:
            key = (row.mapping_id, row.issue_id)
            stored = self.stored.get(key)
            if stored and (stored.state, stored.reads) == (row.state, row.reads):
                del self.stored[key]

    def all(self, mapping_id: str) -> Sequence[MatchRow]:
        with self.faults.call("rows.all"), self._lock:
            return [
                row for (mapping, _), row in sorted(self.stored.items()) if mapping == mapping_id
            ]

    def waiting(self, mapping_id: str) -> Sequence[MatchRow]:
        with self.faults.call("rows.waiting"), self._lock:
            return [
                row
                for (mapping, _), row in sorted(self.stored.items())
                if mapping == mapping_id and row.state is MatchState.WAITING
            ]

    def count_waiting(self, mapping_id: str, *, reads: str) -> int:
        with self.faults.call("rows.count_waiting"), self._lock:
            return sum(
                row.mapping_id == mapping_id
                and (row.state, row.reads) == (MatchState.WAITING, reads)
                for row in self.stored.values()
            )

    def waiting_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        with self.faults.call("rows.waiting_among"), self._lock:
            waiting = {
                row.mapping_id for row in self.stored.values() if row.state is MatchState.WAITING
            }
            return waiting & set(mapping_ids)

    @staticmethod
    def _gives_way(stored: MatchRow, row: MatchRow) -> bool:
        if stored.seen_at > row.seen_at:
            return False
        if stored.state is MatchState.OPENED:
            return stored.has_opened_for_another(row.issue_created_at)
        return stored.reads != row.reads


class FakeBrakes:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.unreadable: set[str | None] = set()
        self._stored: dict[str | None, Brake] = {}
        self._lock = threading.Lock()

    def find(self, mapping_id: str | None) -> Brake:
        with self.faults.call("brakes.find"), self._lock:
            if mapping_id in self.unreadable:
                raise unreadable(f"BRAKE#{mapping_id}", "MAPPING")
            return self._stored.get(mapping_id, Brake(mapping_id=mapping_id))

    def put(self, brake: Brake) -> Brake:
        with self.faults.call("brakes.put"), self._lock:
            known = self._stored.get(brake.mapping_id)
            if known is not None and known.version != brake.version:
                raise Conflict("Somebody else wrote first.")
            self._stored[brake.mapping_id] = replace(brake, version=brake.version + 1)
            return self._stored[brake.mapping_id]

    def paused_among(self, mapping_ids: Collection[str]) -> Collection[str]:
        with self.faults.call("brakes.paused_among"), self._lock:
            return {
                one for one in mapping_ids if one in self._stored and self._stored[one].paused_at
            }


class FakeCursors:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self._stored: dict[str, Cursor] = {}
        self._lock = threading.Lock()

    def memo(self, memo_id: str) -> Memo | None:
        found = self.find(memo_id)
        return _memo(found) if found else None

    def remember(self, memo: Memo) -> None:
        self.put(
            Cursor(
                id=memo.id,
                until=memo.at,
                reads=memo.says,
                passed_on=memo.fresh,
                version=memo.version,
            )
        )

    def find(self, cursor_id: str) -> Cursor | None:
        with self.faults.call("cursors.find"), self._lock:
            found = self._stored.get(cursor_id)
            if found and not found.is_readable:
                raise unreadable("CURSOR#", cursor_id)
            return found

    def break_item(self, cursor_id: str) -> None:
        """Somebody edits the item so that it cannot be read."""
        until = datetime.min.replace(tzinfo=UTC)
        broken = Cursor(id=cursor_id, until=until, reads="", is_readable=False, version=-1)
        self._stored[cursor_id] = broken

    def drop(self, item_id: str) -> None:
        with self.faults.call("cursors.drop"), self._lock:
            self._stored.pop(item_id, None)

    def known(self) -> KnownCursors:
        with self.faults.call("cursors.known"), self._lock:
            moved = self._stored.get(MOVED.id)
            return KnownCursors(
                by_id={key: one for key, one in self._stored.items() if is_of_search(key)},
                moved=_memo(moved) if moved and moved.is_readable else MOVED,
            )

    def put(self, cursor: Cursor) -> None:
        with self.faults.call("cursors.put"), self._lock:
            known = self._stored.get(cursor.id)
            if known is not None and known.version != cursor.version:
                raise Conflict("Somebody else wrote first.")
            self._stored[cursor.id] = replace(cursor, version=cursor.version + 1)

    def forget(self, cursor: Cursor) -> None:
        with self.faults.call("cursors.forget"), self._lock:
            if self._stored.get(cursor.id) == cursor:
                del self._stored[cursor.id]


def _memo(stored: Cursor) -> Memo:
    return Memo(
        id=stored.id,
        at=stored.until,
        says=stored.reads,
        fresh=stored.passed_on,
        version=stored.version,
    )


class FakePauses:
    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.shown: dict[str, tuple[datetime, int] | None] = {}

    def show(self, mapping_id: str, *, since: datetime | None, waiting: int) -> None:
        with self.faults.call("pauses.show"):
            self.shown[mapping_id] = (since, waiting) if since else None

    def recount(self, mapping_id: str, *, since: datetime, waiting: int) -> None:
        with self.faults.call("pauses.recount"):
            shown = self.shown.get(mapping_id)
            if shown and shown[0] == since:
                self.shown[mapping_id] = (since, waiting)
