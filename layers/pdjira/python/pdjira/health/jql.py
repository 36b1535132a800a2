"""Whether the JQL of each mapping is followed: what is paused, refused, or waits for too long."""

from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pdjira.errors import UnreadableItem
from pdjira.health.checks import Check, Status, ok
from pdjira.jql.matches import Cursor, MatchRow, cursor_of, cursor_of_project, of_now
from pdjira.jql.opening_rules import why_paused
from pdjira.jql.ports import Brakes, Cursors, MatchRows
from pdjira.model.mapping import Mapping
from pdjira.model.ports import Clock, Mappings
from pdjira.text.plain_text import counted

FOLLOWED = "followed"

LONG = timedelta(minutes=15)
"""A match that has settled opens its incident in a minute or two, unless something is wrong; and a
cursor moves at least every `OVERLAP`, even where nothing changes."""

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class JqlHealth:
    """Looks at what the poll has left behind; Jira is not asked."""

    mappings: Mappings
    cursors: Cursors
    brakes: Brakes
    rows: MatchRows
    clock: Clock

    def checks(self) -> Iterator[Check]:
        """A check for each thing that is wrong; one that all is well."""
        mappings = self.mappings.in_force()
        following = [mapping for mapping in mappings if mapping.jql is not None]
        cursors = self.cursors.known().by_id
        found = [
            *self._unread(mappings, cursors),
            *self._problems(mappings, cursors),
            *self._waiting(following),
        ]
        if not found:
            says = f"The JQL of {counted(len(following), 'mapping')} is followed."
            found = [ok("mappings", FOLLOWED, says)]
        yield from found

    def _unread(
        self, mappings: Sequence[Mapping], cursors: abc.Mapping[str, Cursor]
    ) -> Iterator[Check]:
        """What the poll should have read by now, in one check: mostly it does not run at all."""
        since: dict[str, datetime] = {}
        for mapping in mappings:
            project = mapping.project
            names = {cursor_of_project(project.id): f"changes in {project.name or project.id}"}
            if mapping.jql is not None:
                names[cursor_of(mapping)] = f"the JQL of mapping {mapping.id}"
            for cursor_id, name in names.items():
                read = _read_until(cursors.get(cursor_id), mapping)
                if read and self.clock() - read > LONG:
                    since[name] = read
        if since:
            yield _unread(since)

    def _problems(
        self, mappings: Sequence[Mapping], cursors: abc.Mapping[str, Cursor]
    ) -> Iterator[Check]:
        for mapping in mappings:
            cursor = cursors.get(cursor_of(mapping)) if mapping.jql is not None else None
            if cursor and cursor.problem:
                yield _refused(mapping.id, f"The JQL of mapping {mapping.id} is not run.", cursor)
            elif cursor and cursor.is_cut:
                yield _cut(mapping.id, f"that match the JQL of mapping {mapping.id}", cursor)
        for project in {mapping.project.id: mapping.project for mapping in mappings}.values():
            cursor = cursors.get(cursor_of_project(project.id))
            if cursor and cursor.problem:
                says = f"Changes in the project {project.name or project.id} are not followed."
                yield _refused(FOLLOWED, says, cursor)
            elif cursor and cursor.is_cut:
                yield _cut(FOLLOWED, f"in the project {project.name or project.id}", cursor)

    def _waiting(self, mappings: Sequence[Mapping]) -> Iterator[Check]:
        ids = [mapping.id for mapping in mappings]
        paused = self.brakes.paused_among(ids)
        waiting = self.rows.waiting_among(ids)
        for mapping in mappings:
            rows = of_now(self.rows.waiting(mapping.id), mapping) if mapping.id in waiting else ()
            unopened = [row for row in rows if row.refusal]
            late = [row for row in rows if not row.refusal and self._is_late(row, mapping)]
            if unopened:
                yield _unopened(mapping, unopened)
            if mapping.id in paused:
                yield from self._paused(mapping, rows)
            elif late:
                yield _late(mapping, late)

    def _paused(self, mapping: Mapping, rows: Sequence[MatchRow]) -> Iterator[Check]:
        """A pause that cannot be read is reported with the other items that cannot."""
        with suppress(UnreadableItem):
            yield _paused(mapping, why_paused(self.brakes.find(mapping.id)), rows)

    def _is_late(self, row: MatchRow, mapping: Mapping) -> bool:
        age = self.clock() - row.seen_at
        return age >= LONG + timedelta(seconds=mapping.jql_settle_seconds)


def _read_until(cursor: Cursor | None, mapping: Mapping) -> datetime | None:
    """Up to when it was read, or since when it should be; None where another check tells of it."""
    if cursor and (cursor.problem or cursor.is_cut or not cursor.is_readable):
        return None
    times = [time for time in (cursor and cursor.until, mapping.enabled_since) if time]
    return max(times, default=None)


def _unread(since: dict[str, datetime]) -> Check:
    names = ", ".join([*since][:_MOST_NAMED])
    more = " and more" if len(since) > _MOST_NAMED else ""
    return _attention(
        FOLLOWED,
        f"Not read since {min(since.values()):%Y-%m-%d %H:%M} UTC: {names}{more}.",
        "Look into the log of JqlPollerFunction, and whether its schedules are on.",
    )


_LOOK = "Look into the log of JqlPollerFunction: it says more."


def _refused(name: str, says: str, cursor: Cursor) -> Check:
    return _attention(name, f"{says} {cursor.problem}", cursor.cure or _LOOK)


def _cut(name: str, which: str, cursor: Cursor) -> Check:
    return _attention(
        name,
        f"More issues {which} were changed at once than one search shows; so far the changes up to "
        f"{cursor.until.isoformat()} were read.",
        "Nothing, if an import or a bulk change is under way: every minute more of them are read.",
    )


def _unopened(mapping: Mapping, rows: Sequence[MatchRow]) -> Check:
    """The latest refusal stands for all."""
    last = max(rows, key=lambda row: row.turn)
    says, cure = (last.refusal.says, last.refusal.cure) if last.refusal else ("", None)
    return _attention(
        mapping.id,
        f"{counted(len(rows), 'issue that matches', 'issues that match')} the JQL of mapping "
        f"{mapping.id} opened no incident, "
        f"issue {last.issue_id} for this reason: {says}",
        cure or "The worker's log says more.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedJql(Check):
    """A JQL that opens nothing more until a person lets through what waits, and why it does not."""

    mapping_id: str
    jql: str
    why: str
    rows: Sequence[MatchRow]

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self.rows)


def _paused(mapping: Mapping, why: str, rows: Sequence[MatchRow]) -> Check:
    wait = counted(len(rows), "issue waits", "issues wait")
    return PausedJql(
        area="mappings",
        name=mapping.id,
        status=Status.ATTENTION,
        says=f"The JQL of mapping {mapping.id} pauses: {why}, and {wait}.",
        cure="Narrow the JQL, or let through what waits: invoke the admin function with "
        f'{{"action": "release", "mapping_id": "{mapping.id}"}}.',
        mapping_id=mapping.id,
        jql=mapping.jql or "",
        why=why,
        rows=rows,
    )


def _late(mapping: Mapping, rows: Sequence[MatchRow]) -> Check:
    return _attention(
        mapping.id,
        f"{counted(len(rows), 'issue that matches', 'issues that match')} the JQL of mapping "
        f"{mapping.id} waited for more than a quarter of an hour, and opened no incident.",
        "The worker's log says why: look for `signal deferred` and `signal done` with the "
        f"mapping {mapping.id} and the issue {rows[0].issue_id}.",
    )


def _attention(name: str, says: str, cure: str) -> Check:
    return Check(area="mappings", name=name, status=Status.ATTENTION, says=says, cure=cure)
