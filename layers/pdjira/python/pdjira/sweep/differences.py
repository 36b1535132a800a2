"""What a sweep sees of both sides, and in which links they differ from what was agreed on."""

from collections import abc
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from pdjira.errors import with_cure
from pdjira.model import notices
from pdjira.model.incident import Incident, IncidentStatus
from pdjira.model.issue import IssueRef, Naming
from pdjira.model.link import (
    REFUSED_AGAIN,
    Extra,
    Link,
    LinkState,
    Notice,
    NoticeState,
    Owed,
)
from pdjira.model.mapping import Mapping, fillable
from pdjira.model.notices import is_of_unreadable
from pdjira.sync.fields.rules import changed
from pdjira.sync.fields.title_and_priority import at_creation
from pdjira.text.plain_text import text_digest

IN_FLIGHT = timedelta(minutes=15)
"""A claim as young as this is still being worked on."""

_OFTEN = timedelta(days=1)

_LONG = timedelta(days=7)

_NOTED = "annotate"

_TRIGGERED = "trigger"

_FIELDS_CHANGED = "custom_field_value_change"

_CHANGED = "_change"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueState:
    """What a search shows of an issue; its index may lag. `created_at` is in whole seconds."""

    ref: IssueRef
    status_id: str
    priority_id: str | None
    summary: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A line of an incident's log; `kind` is PagerDuty's type of it without `_log_entry`.

    `service_id` is the incident's service. Of a note it does not tell the id, so the line only
    makes the worker read the notes.
    """

    incident_id: str
    service_id: str | None
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """A page of the log; `next_start` is where the next one starts, None after the last.

    `is_cut`: PagerDuty lets nobody read on, and there are more.
    """

    entries: tuple[LogEntry, ...]
    next_start: int | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What the log tells of an incident: whether it began, and since when notes were added.

    `fields_changed`: its custom fields were written, which the incident itself does not show.
    `changed`: something else was, such as its title, urgency or priority. `until` is the time of
    the latest entry.
    """

    incident_id: str
    service_id: str | None = None
    began: bool = False
    noted_since: datetime | None = None
    fields_changed: bool = False
    changed: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a sweep knows of a link's two sides.

    `incident` None: it is not open any more. `issue` None: the search shows none of that id.
    Where a side was not asked or did not answer, `pagerduty` or `jira` is False.
    """

    incident: Incident | None
    issue: IssueState | None = None
    pagerduty: bool = True
    jira: bool = True


def touched_by(entries: Iterable[LogEntry], known: abc.Mapping[str, Touched]) -> dict[str, Touched]:
    """What is known of each incident once more entries are read."""
    found = dict(known)
    for entry in entries:
        fresh = Touched(incident_id=entry.incident_id, service_id=entry.service_id)
        before = found.get(entry.incident_id, fresh)
        until = max(before.until or entry.at, entry.at)
        found[entry.incident_id] = replace(_with(before, entry), until=until)
    return found


def _with(before: Touched, entry: LogEntry) -> Touched:
    if entry.kind == _TRIGGERED:
        return replace(before, began=True)
    if entry.kind == _FIELDS_CHANGED:
        return replace(before, fields_changed=True)
    if entry.kind.endswith(_CHANGED):
        return replace(before, changed=True)
    if entry.kind != _NOTED:
        return before
    return replace(before, noted_since=min(before.noted_since or entry.at, entry.at))


def difference(link: Link, seen: Seen, mapping: Mapping, *, now: datetime) -> str | None:
    """What of a link has to be looked at, in a word or two; None: both sides are as agreed."""
    match link.state:
        case LinkState.CREATING:
            is_old = now - (link.attempt_at or link.claimed_at) >= IN_FLIGHT
            return "an unfinished issue" if is_old else None
        case LinkState.LINKED:
            found = (
                _stands_over(link),
                _incident_differs(link, seen.incident, mapping) if seen.pagerduty else None,
                _issue_differs(link, seen, mapping) if seen.jira else None,
            )
            return next((differs for differs in found if differs), None)
        case LinkState.MISSING:
            return _missing_differs(link, seen)
        case LinkState.CLOSED | LinkState.FAILED:
            return _closed_differs(link) if seen.incident is not None else None
        case LinkState.UNREADABLE:
            return None
        case _:
            assert_never(link.state)


def is_owed_again(link: Link, seen: Seen, *, now: datetime, is_hourly: bool) -> bool:
    """Whether a sweep has something tried that the link owes.

    Each sweep does so for a week, then one a day; what was refused is tried once an hour, while the
    incident is open.
    """
    if link.state is LinkState.CLOSED:
        return False
    is_missing = link.state is LinkState.MISSING
    return any(
        _is_due(owed, seen, now=now, is_hourly=is_hourly)
        for extra, owed in link.owed.items()
        if extra is Extra.NOTICES or not is_missing
    )


def _is_due(owed: Owed, seen: Seen, *, now: datetime, is_hourly: bool) -> bool:
    if owed.tried is not None:
        return is_hourly and seen.incident is not None and now - owed.tried >= REFUSED_AGAIN
    return now - owed.since < _LONG or (is_hourly and is_looked_for(owed.since, now=now))


def is_kept_back(link: Link) -> bool:
    """Whether something was refused that a person has to correct, so that it is tried now and then.

    A missing issue is not: the search itself shows whether it is there again.
    """
    if link.state is LinkState.MISSING:
        return False
    is_gone = any(is_of_unreadable(key) for key in link.notices)
    return link.refused or link.state is LinkState.FAILED or is_gone


def is_tried_again(link: Link, seen: Seen, *, now: datetime) -> bool:
    """Whether an hourly sweep tries what was kept back; for a while even after the end."""
    if seen.incident is not None:
        return True
    has_ended = seen.pagerduty and link.agreed.status is not IncidentStatus.RESOLVED
    may_be_behind = link.state in (LinkState.LINKED, LinkState.CREATING) and not link.paused
    is_behind = has_ended and may_be_behind
    return is_behind and not is_given_up(link, now=now)


def is_given_up(link: Link, *, now: datetime) -> bool:
    """Whether an hourly sweep leaves what could not follow its incident to the end.

    It is tried as often as `is_looked_for` says, and not after a week. Where there is no issue yet,
    the week begins with the link.
    """
    has_none = link.state in (LinkState.FAILED, LinkState.CREATING)
    ended = link.claimed_at if has_none else link.ended_at
    return ended is not None and not (now - ended < _LONG and is_looked_for(ended, now=now))


def is_looked_for(unknown_since: datetime, *, now: datetime) -> bool:
    """Whether an hourly sweep asks once more for an incident that PagerDuty does not show.

    Each does so on the first day; then one a day.
    """
    return now - unknown_since < _OFTEN or now.hour == unknown_since.hour


def is_thought_open(link: Link) -> bool:
    """Whether the link's incident was open when both sides were last brought together."""
    if link.unknown_since is not None or link.state in (LinkState.CLOSED, LinkState.FAILED):
        return False
    if link.state is LinkState.MISSING:
        return link.refused
    return link.agreed.status is not IncidentStatus.RESOLVED


def _closed_differs(link: Link) -> str | None:
    """Such a link of an open incident; a second incident of an issue may have to be told so."""
    if link.issue is not None:
        return "an incident that was merged and reopened"
    is_untold = link.state is LinkState.CLOSED and _has_untold(link)
    return "an untold notice" if is_untold else None


def _missing_differs(link: Link, seen: Seen) -> str | None:
    """Such a link stays refused as long as its incident is open."""
    if seen.jira and seen.issue is not None and not _is_another(link, seen.issue):
        return "an issue that is shown again"
    if _has_untold(link) and Extra.NOTICES not in link.owed:
        return "an untold notice"
    is_open = seen.incident is not None
    return "the incident's status" if seen.pagerduty and is_open != link.refused else None


def _is_another(link: Link, issue: IssueState) -> bool:
    """Whether Jira, restored from a backup, has given the id of the link's issue to another one."""
    times = {link.issue_created_at, issue.created_at}
    return None not in times and len(times) > 1


def _has_untold(link: Link) -> bool:
    return any(notice.state is not NoticeState.TOLD for notice in link.notices.values())


def _stands_over(link: Link) -> str | None:
    """What any look carries or tells; what is owed has its own times."""
    if _has_untold(link) and Extra.NOTICES not in link.owed:
        return "an untold notice"
    if link.held_since is not None:
        return "what came while its mapping was off"
    is_lacking = link.notes_since is not None and Extra.COMMENTS not in link.owed
    return "a note" if is_lacking else None


def _incident_differs(link: Link, incident: Incident | None, mapping: Mapping) -> str | None:
    agreed = link.agreed
    status = incident.status if incident else IncidentStatus.RESOLVED
    if status is not agreed.status and not link.paused:
        return "the incident's status"
    if incident is None:
        return None
    now = at_creation(incident)
    if (now.priority_id, now.title) != (agreed.priority_id, agreed.title):
        return "the incident's priority or title"
    return "a field of the incident" if changed(incident, agreed, mapping) else None


def _issue_differs(link: Link, seen: Seen, mapping: Mapping) -> str | None:
    """What a field rule fills is not compared: the rule decides it."""
    agreed, issue, ruled = link.agreed, seen.issue, fillable(mapping)
    if issue is None:
        return "an issue that is not shown"
    has_moved = link.issue is not None and issue.ref.key != link.issue.key
    if has_moved or _is_another(link, issue):
        return "the issue's key, or another issue in its place"
    if issue.status_id != agreed.issue_status_id and not link.paused:
        return "the issue's status"
    if "priority" not in ruled and issue.priority_id != agreed.issue_priority_id:
        return "the issue's priority"
    if "summary" not in ruled and text_digest(issue.summary) != agreed.issue_title:
        return "the issue's summary"
    return None


_KIND = "duplicate-"

_UNFINISHED = (LinkState.CREATING, LinkState.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIssue:
    """An issue that our own account created, as a search shows it.

    `created_at` is Jira's time in whole seconds, `last_line` the last line of the description.
    """

    ref: IssueRef
    project_id: str
    issue_type_id: str
    created_at: datetime
    last_line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIssuePage:
    """A page of such issues; `next_start` is where the next one starts, None after the last."""

    issues: tuple[OwnIssue, ...]
    next_start: int | None


def link_of(
    links: Iterable[Link], naming: Naming, *, project_id: str, issue_type_id: str
) -> Link | None:
    """The link of the incident to which an issue with that mark belongs.

    By the line alone it is one of that project and issue type; one that has an issue goes first.
    """
    if naming.mapping_id is not None:
        return next((link for link in links if link.mapping_id == naming.mapping_id), None)
    place = (project_id, issue_type_id)
    fitting = [link for link in links if (link.project_id, link.issue_type_id) == place]
    return min(fitting, key=is_unfinished, default=None)


def is_unfinished(link: Link) -> bool:
    """Whether the issue with the mark may still become the link's own."""
    return link.state in _UNFINISHED


def first_of(link: Link, issue_id: str) -> IssueRef | None:
    """The link's own issue, of which the other is a duplicate; None where it is none."""
    own = None if is_unfinished(link) else link.issue
    return None if own is None or own.id == issue_id else own


def text(duplicate: IssueRef, first: IssueRef) -> str:
    """The note that says that there are two issues, which one is kept in step, and what to do."""
    return notices.bounded(
        with_cure(
            f"{duplicate.key} stays in Jira as a duplicate of {first.key}: both were created for "
            f"this incident, and {first.key} alone is kept in step with it.",
            f"Close {duplicate.key}.",
        )
    )


def incident_texts(duplicate: Incident, first: Incident, issue: IssueRef) -> tuple[str, str]:
    """The notes that say so of two incidents: for the first, and for its duplicate."""
    says = f"both were opened by {issue.key}, and incident {first.number} alone is kept in step"
    cure = f"Merge incident {duplicate.number} into incident {first.number}."
    told_first = f"Incident {duplicate.number} is a duplicate of this one: {says} with it."
    told_second = f"This incident is a duplicate of incident {first.number}: {says} with it."
    return (
        notices.bounded(with_cure(told_first, cure)),
        notices.bounded(with_cure(told_second, cure)),
    )


def closed_link(duplicate: Incident, *, under: Link, at: datetime) -> Link:
    """The link of a second incident: closed and without an issue, so nothing is carried or made."""
    return Link(
        incident_id=duplicate.id,
        mapping_id=under.mapping_id,
        state=LinkState.CLOSED,
        claimed_at=at,
        project_id=under.project_id,
        issue_type_id=under.issue_type_id,
    )


def with_notice(link: Link, duplicate_id: str, says: str) -> Link:
    """The link with the notice of a duplicate, once; past the most of a kind, nothing is added.

    The duplicate is an issue or an incident. Others of its kind stay, told or not: each is about
    another one.
    """
    key = f"{_KIND}{duplicate_id}"
    others = [one for one in link.notices if one.startswith(_KIND)]
    if key in others or len(others) >= notices.MOST_OF_A_KIND:
        return link
    due = Notice(state=NoticeState.DUE, text=says)
    return replace(link, notices={**link.notices, key: due})
