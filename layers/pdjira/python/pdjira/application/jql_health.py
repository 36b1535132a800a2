"""Whether the JQL of each mapping is followed: what is paused, refused, or waits for too long."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from pdjira.application.checks import Check, Status, ok
from pdjira.application.openings import Brakes, Cursors, MatchRows
from pdjira.application.poll import cursor_of, cursor_of_project
from pdjira.application.ports import Clock, Mappings
from pdjira.domain.mapping import Mapping
from pdjira.domain.matches import Cursor, MatchRow

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
        for project in {mapping.project.id: mapping.project for mapping in mappings}.values():
            cursor = cursors.get(cursor_of_project(project.id))
            if cursor and cursor.problem:
                says = f"Changes in the project {project.name or project.id} are not followed."
                yield _refused(FOLLOWED, says, cursor)

    def _waiting(self, mappings: Sequence[Mapping]) -> Iterator[Check]:
        ids = [mapping.id for mapping in mappings]
        paused = self.brakes.paused_among(ids)
        waiting = self.rows.waiting_among(ids)
        for mapping in mappings:
            rows = self.rows.waiting(mapping.id) if mapping.id in waiting else ()
            late = [row for row in rows if self._is_late(row, mapping)]
            if mapping.id in paused:
                yield _paused(mapping, len(rows))
            elif late:
                yield _late(mapping, late)

    def _is_late(self, row: MatchRow, mapping: Mapping) -> bool:
        age = self.clock() - row.seen_at
        return age >= LONG + timedelta(seconds=mapping.jql_settle_seconds)


def _refused(name: str, says: str, cursor: Cursor) -> Check:
    cure = cursor.cure or "Correct the key `jql` of the mapping; its `check` says more."
    return _attention(name, f"{says} {cursor.problem}", cure)


def _paused(mapping: Mapping, waiting: int) -> Check:
    return _attention(
        mapping.id,
        f"The JQL of mapping {mapping.id} pauses: it has opened as many incidents as it may in an "
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
