"""Whether the JQL of each mapping is followed: what is paused, refused, or waits for too long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pdjira.application.health.checks import Check, Status, ok
from pdjira.application.jql.pages import CORRECT_JQL
from pdjira.application.ports.core import Clock, Mappings
from pdjira.application.ports.openings import Brakes, Cursors, MatchRows
from pdjira.domain.jql.matches import Cursor, MatchRow, cursor_of, cursor_of_project, of_now
from pdjira.domain.mapping import Mapping

FOLLOWED = "followed"
LONG = timedelta(minutes=15)
"""A match that has settled opens its incident in a minute or two, unless something is wrong."""


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
        found = [*self._problems(mappings), *self._waiting(following)]
        if not found:
            says = f"The JQL of {len(following)} mapping(s) is followed."
            found = [ok("mappings", FOLLOWED, says)]
        yield from found

    def _problems(self, mappings: Sequence[Mapping]) -> Iterator[Check]:
        cursors = self.cursors.known()
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
                yield _paused(mapping, len(rows))
            elif late:
                yield _late(mapping, late)

    def _is_late(self, row: MatchRow, mapping: Mapping) -> bool:
        age = self.clock() - row.seen_at
        return age >= LONG + timedelta(seconds=mapping.jql_settle_seconds)


def _refused(name: str, says: str, cursor: Cursor) -> Check:
    cure = cursor.cure or CORRECT_JQL
    return _attention(name, f"{says} {cursor.problem}", cure)


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
        f"{len(rows)} issue(s) that match the JQL of mapping {mapping.id} opened no incident, "
        f"issue {last.issue_id} for this reason: {says}",
        cure or "The worker's log says more.",
    )


def _paused(mapping: Mapping, waiting: int) -> Check:
    return _attention(
        mapping.id,
        f"The JQL of mapping {mapping.id} pauses: as many incidents were opened as may be in an "
        f"hour, and {waiting} issue(s) wait.",
        "Narrow the JQL, or let through what waits: invoke the admin function with "
        f'{{"action": "release", "mapping_id": "{mapping.id}"}}.',
    )


def _late(mapping: Mapping, rows: Sequence[MatchRow]) -> Check:
    return _attention(
        mapping.id,
        f"{len(rows)} issue(s) that match the JQL of mapping {mapping.id} have waited for more "
        "than a quarter of an hour, and have opened no incident.",
        "The worker's log says why: look for `signal deferred` and `signal done` with the "
        f"mapping {mapping.id} and the issue {rows[0].issue_id}.",
    )


def _attention(name: str, says: str, cure: str) -> Check:
    return Check(area="mappings", name=name, status=Status.ATTENTION, says=says, cure=cure)
