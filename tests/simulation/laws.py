"""The laws of a walk: what must hold once everything has come to rest."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pdjira.errors import Side
from pdjira.jql.matches import MatchState
from pdjira.model.incident import IncidentStatus
from pdjira.model.link import Link, LinkState
from pdjira.model.mapping import Mapping, stands_for
from pdjira.sync.fields.rules import priority_row
from pdjira.text.markup import LINE_LIMIT, one_line
from tests.builders import JIRA_WEBHOOK_SECRET, JIRA_WEBHOOK_TOKEN, WEBHOOK_SECRET
from tests.sandbox.history import SECRETS
from tests.sandbox.history import broken_laws as broken_history
from tests.sandbox.jira.issues import Comment, Issue
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.records import Incident
from tests.sandbox.pagerduty.seed import SYNC_USER
from tests.world import World

_LOGGED = {
    "acknowledge": IncidentStatus.ACKNOWLEDGED,
    "unacknowledge": IncidentStatus.TRIGGERED,
    "reopen": IncidentStatus.TRIGGERED,
    "resolve": IncidentStatus.RESOLVED,
}

_HOUR = timedelta(hours=1) - timedelta(minutes=2)
"""Within an hour: a commit may come a minute after its attempt was counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What a walk with troubles need not keep.

    `slack`: how far the clocks of both sides were apart; what came first cannot be told then.
    `held_back`: what a mapping need not
    carry, by its id and that of the note or comment. `released`: issues that no limit counts.
    `edited`: mappings whose priorities were changed on the way, so that both sides may have agreed
    on what has no row now. `told_again`: so often something may have come about once more that is
    told each time.
    """

    slack: timedelta = timedelta()
    held_back: Collection[tuple[str, str]] = ()
    released: Collection[str] = ()
    edited: Collection[str] = ()
    told_again: int = 0


NONE = Allowances()


def broken_laws(world: World, allowances: Allowances = NONE) -> list[str]:
    """One sentence for each law that does not hold now, when everything has come to rest."""
    history = broken_history(
        world.jira.model,
        world.pagerduty.model,
        late=world.jira.late_at,
        slack=allowances.slack,
        told_again=allowances.told_again,
    )
    undone = () if allowances.slack else (_undone,)
    now = (_queue, _matches, _storms, _secrets, *undone)
    found = [*history, *(says for law in now for says in law(world))]
    return [*found, *_links(world, allowances), *_brake(world, allowances)]


def _queue(world: World) -> Iterator[str]:
    for message in world.queue.stored:
        yield f"The queue still holds {message.body}"
    for dead in world.queue.dead:
        yield f"Dead-lettered ({dead.reason}): {dead.message.body}"


def _matches(world: World) -> Iterator[str]:
    """A match that may page has opened its incident."""
    for (mapping_id, issue_id), row in world.rows.stored.items():
        if row.state is MatchState.WAITING and int(issue_id) in world.jira.model.issues:
            yield f"Issue {issue_id} still waits to open an incident for {mapping_id}"


def _brake(world: World, allowances: Allowances) -> Iterator[str]:
    """No mapping, nor all together, open more in an hour than they may."""
    limits = {one.id: one.max_incidents_per_hour for one in world.mappings.in_force()}
    opened: dict[str | None, list[datetime]] = defaultdict(list)
    for key, at in world.pagerduty.opened:
        issue_id = key.rpartition(":")[2]
        if issue_id not in allowances.released:
            opened[world.openings.mapping_of(issue_id)].append(at)
            opened[None].append(at)
    for mapping_id, times in opened.items():
        limit = world.stack_limit if mapping_id is None else limits[mapping_id]
        most = max(sum(at <= one < at + _HOUR for one in times) for at in times)
        if most > limit:
            yield f"{mapping_id or 'The stack'} opened {most} incidents in an hour, not {limit}"


def _links(world: World, allowances: Allowances) -> Iterator[str]:
    linked = Counter(link.issue.id for link in world.links.links if link.issue)
    yield from (f"Issue {one} has {count} links" for one, count in linked.items() if count > 1)
    for incident in world.pagerduty.model.incidents.values():
        links = [link for link in world.links.links if link.incident_id == incident.id]
        yield from _incident(world, incident, links, allowances)


def _incident(
    world: World, incident: Incident, links: list[Link], allowances: Allowances
) -> Iterator[str]:
    pairs: list[tuple[Link, Mapping, Issue]] = []
    mappings = {one.id: one for one in world.mappings.in_force()}
    for link in links:
        mapping, issue = mappings[link.mapping_id], _issue_of(world, link)
        yield from _link(world, incident, link, mapping)
        if link.state is LinkState.LINKED and issue and not link.paused:
            pairs.append((link, mapping, issue))
    if len(pairs) == len(links) and not any(_is_left_alone(world, *pair) for pair in pairs):
        yield from _statuses(incident, pairs)
    for link, mapping, issue in pairs:
        name = f"{incident.id}/{issue.key}"
        yield from (f"{name}: {says}" for says in _title(incident, issue))
        if mapping.id not in allowances.edited:
            yield from (f"{name}: {says}" for says in _priority(world, incident, mapping, issue))
        yield from (f"{name}: {says}" for says in _talk(world, incident, link, issue, allowances))


def _link(world: World, incident: Incident, link: Link, mapping: Mapping) -> Iterator[str]:
    """Nothing is left half done, and what Jira shows is linked."""
    name = f"{incident.id}/{link.mapping_id}"
    is_wanted = mapping.service.id == incident.service_id
    if is_wanted and link.state in {LinkState.CREATING, LinkState.FAILED}:
        yield f"{name} is {link.state.value}"
    if link.paused and link.state is LinkState.LINKED:
        yield f"{name} is paused though somebody asked for it"
    issue = _issue_of(world, link)
    if link.state is LinkState.MISSING and issue and world.jira.shows(issue):
        yield f"{name} is missing, and Jira shows {issue.key}"


def _issue_of(world: World, link: Link) -> Issue | None:
    return world.jira.model.issues.get(int(link.issue.id)) if link.issue else None


def _statuses(incident: Incident, pairs: list[tuple[Link, Mapping, Issue]]) -> Iterator[str]:
    """Resolved means that all issues are; open means that one of them is."""
    closed = [
        stands_for(mapping, issue.status_id, IncidentStatus.RESOLVED) for _, mapping, issue in pairs
    ]
    told = ", ".join(f"{issue.key} in {issue.status_id}" for _, _, issue in pairs)
    if incident.is_open and closed and all(closed):
        yield f"{incident.id} is {incident.status}, and its issues are closed: {told}"
    if not incident.is_open and not all(closed):
        yield f"{incident.id} is resolved, and an issue is open: {told}"


def _is_left_alone(world: World, link: Link, mapping: Mapping, issue: Issue) -> bool:
    """Whether the status is left as it is.

    The issue was closed already when it opened its incident, and is so now: what people changed to
    and fro before anybody looked cannot be seen. Or it was moved to a project whose workflow has
    not all the mapping's statuses.
    """
    known = world.jira.model.project_of(issue).workflow.statuses
    seen, resolved = (link.initial_status_id, issue.status_id), IncidentStatus.RESOLVED
    came_closed = all(one and stands_for(mapping, one, resolved) for one in seen)
    return came_closed or any(one.id not in known for one in mapping.statuses.values())


def _title(incident: Incident, issue: Issue) -> Iterator[str]:
    title = one_line(incident.title, limit=LINE_LIMIT)
    if title != one_line(str(issue.values["summary"]), limit=LINE_LIMIT):
        yield f"the title is {title!r}, the summary {issue.values['summary']!r}"


def _priority(world: World, incident: Incident, mapping: Mapping, issue: Issue) -> Iterator[str]:
    """The priority, where the map has a row for what both say."""
    row = priority_row(mapping, world.pagerduty.get_incident(incident.id))
    priority = issue.values["priority"]
    is_mapped = any(one.jira_id == priority for one in mapping.priorities)
    if row and is_mapped and row.jira_id != priority:
        yield f"the priority is {incident.priority_id}, that of the issue {priority}"


def _talk(
    world: World,
    incident: Incident,
    link: Link,
    issue: Issue,
    allowances: Allowances,
) -> Iterator[str]:
    """What people wrote stands on the other side, once."""
    carried = Counter(
        mark["id"]
        for comment in issue.comments
        if comment.author == OUR_ACCOUNT and (mark := comment.properties.get("pagerduty.note"))
    )
    for mark, count in carried.items():
        if count > 1:
            yield f"{mark} came {count} times"
    people = [note for note in incident.notes if note.id not in world.pagerduty.written]
    for note in people:
        is_free = (link.mapping_id, note.id) in allowances.held_back and not carried[note.id]
        if carried[note.id] != 1 and not is_free:
            yield f"note {note.id} ({note.content!r}) came {carried[note.id]} times"
    for comment in issue.comments:
        if (link.mapping_id, str(comment.id)) not in allowances.held_back:
            yield from _comment(incident, link, comment, allowances)


def _comment(
    incident: Incident, link: Link, comment: Comment, allowances: Allowances
) -> Iterator[str]:
    origin = f"?focusedCommentId={comment.id}"
    count = sum(note.content.endswith(origin) for note in incident.notes)
    is_ours = "pagerduty.note" in comment.properties
    is_early = comment.created <= link.claimed_at + allowances.slack
    wanted = 0 if is_ours or comment.visibility is not None else 1
    if count != wanted and not (is_early and count == 0):
        yield f"comment {comment.id} ({comment.body!r}) came {count} times, not {wanted}"


def _storms(world: World) -> Iterator[str]:
    """We reopen an incident no more often than people open its issues again."""
    for incident in world.pagerduty.model.incidents.values():
        ours = [
            entry
            for entry in incident.log
            if entry.type == "reopen_log_entry" and entry.agent["id"] == world.pagerduty._user_id
        ]
        moves = sum(
            _human_moves(world, link.issue.id)
            for link in world.links.links
            if link.incident_id == incident.id and link.issue
        )
        if len(ours) > moves:
            yield f"{incident.id} was reopened {len(ours)} times, by {moves} moves of people"


class _Change(NamedTuple):
    """A change of the status of an incident, or of its issue."""

    at: datetime
    side: Side
    status: str
    is_ours: bool


def _undone(world: World) -> Iterator[str]:
    """A person's change, while the other side has not changed since both agreed, is never undone.

    Both agree where a status of ours makes them so, whether its answer came or not. An incident
    with several issues follows the others as well, so only those with one are looked at. Nothing is
    said of what cannot be told by the times of both sides (a person and we changed one side within
    one moment), nor of a write that took effect long after its answer was lost.
    """
    links = [link for link in world.links.links if link.issue]
    counted = Counter(link.incident_id for link in links)
    mappings = {one.id: one for one in world.mappings.in_force()}
    for link in links:
        issue = link.issue and world.jira.model.issues.get(int(link.issue.id))
        is_only_one = counted[link.incident_id] == 1
        if issue and is_only_one and link.incident_id in world.pagerduty.model.incidents:
            yield from _undone_on(world, link, issue, mappings[link.mapping_id])


def _undone_on(world: World, link: Link, issue: Issue, mapping: Mapping) -> Iterator[str]:
    found = [*_in_jira(issue), *_in_pagerduty(world, link)]
    by_people = {(one.at, one.side) for one in found if not one.is_ours}
    unclear = {one.at for one in found if one.is_ours and (one.at, one.side) in by_people}
    now = {Side.JIRA: "", Side.PAGERDUTY: IncidentStatus.TRIGGERED.value}
    agree, moved = False, None
    for change in sorted(found, key=lambda one: (one.at, one.is_ours)):
        is_clear = change.at not in {*unclear, *world.jira.late_at}
        if change.is_ours and agree and is_clear and moved is change.side:
            yield f"{link.incident_id}/{issue.key}: we undid what a person did, at {change.at}"
        now[change.side] = change.status
        if change.is_ours:
            state = IncidentStatus(now[Side.PAGERDUTY])
            agree, moved = is_clear and stands_for(mapping, now[Side.JIRA], state), None
        else:
            agree = agree and is_clear and moved in {None, change.side}
            moved = change.side


def _in_jira(issue: Issue) -> Iterator[_Change]:
    for change in issue.history:
        for item in change.items:
            if item["field"] == "status":
                is_ours = change.author == OUR_ACCOUNT
                yield _Change(change.created, Side.JIRA, str(item["to"]), is_ours)


def _in_pagerduty(world: World, link: Link) -> Iterator[_Change]:
    for entry in world.pagerduty.model.incident(link.incident_id).log:
        status = _LOGGED.get(entry.type.removesuffix("_log_entry"))
        is_ours = entry.id in world.pagerduty.changes or entry.agent["id"] == SYNC_USER
        if status:
            yield _Change(entry.created_at, Side.PAGERDUTY, status.value, is_ours)


def _secrets(world: World) -> Iterator[str]:
    """Neither the timeline nor a dead letter names a secret."""
    texts = [sentence for entry in world.links.entries for sentence in entry.says]
    texts += [dead.reason for dead in world.queue.dead]
    for secret in (*SECRETS, WEBHOOK_SECRET, JIRA_WEBHOOK_TOKEN, JIRA_WEBHOOK_SECRET):
        if any(secret in text for text in texts):
            yield f"The timeline or a dead letter names a secret: {secret[:4]}..."


def _human_moves(world: World, issue_id: str) -> int:
    issue = world.jira.model.issues.get(int(issue_id))
    if issue is None:
        return 1_000
    changed = [change for change in issue.history if change.author != OUR_ACCOUNT]
    return sum(any(item["field"] == "status" for item in change.items) for change in changed)
