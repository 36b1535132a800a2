"""An incident that an issue opens: what it says, why it is the only one, and how many."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from pdjira.errors import Permanent, with_cure
from pdjira.model import notices
from pdjira.model.comment import EarlierComments
from pdjira.model.incident import Incident, IncidentStatus, Reference
from pdjira.model.issue import Issue
from pdjira.model.link import Agreement, Link, LinkState
from pdjira.model.mapping import Mapping
from pdjira.model.times import BELIEVED_AFTER
from pdjira.sync.fields.title_and_priority import title_digest
from pdjira.text.markup import cut, one_line
from pdjira.text.plain_text import text_digest, to_plain

_TITLE_LIMIT = 255

_DETAILS_LIMIT = 20_000

_OWN_PORTS = {("http", 80), ("https", 443)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The claim on an issue that is to open an incident, under one mapping.

    `incident_key` is what PagerDuty knows the incident by, whatever the mapping or the address of
    Jira says later; it was to be opened in the service `service_id`, and may have been moved since.
    `attempt_at` is the time of an attempt whose end is unknown (None: nothing is in flight),
    `issue_status_id` the status of the issue then, and `earlier_comments` what stood on it (None:
    that is not known). `version` counts writes; 0 was never stored.
    """

    issue_id: str
    mapping_id: str
    service_id: str
    incident_key: str
    attempt_at: datetime | None = None
    issue_status_id: str | None = None
    earlier_comments: EarlierComments | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentDraft:
    """An incident to be opened; urgency and priority None: as the service has them."""

    service_id: str
    title: str
    details: str
    incident_key: str
    urgency: str | None = None
    priority_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PagingIssue:
    """An issue that may page; `description` is wiki markup, `is_ours`: our account created it."""

    issue: Issue
    description: str
    is_ours: bool


def key_of(issue_id: str, *, jira_url: str) -> str:
    """The incident key of an issue: `jira:<host>:<issue id>`, with a port that is not the usual."""
    parts = urlsplit(jira_url)
    host = (parts.hostname or "").lower()
    has_own_port = parts.port is None or (parts.scheme, parts.port) in _OWN_PORTS
    return f"jira:{host}{'' if has_own_port else f':{parts.port}'}:{issue_id}"


def draft_of(found: PagingIssue, mapping: Mapping, *, key: str, base_url: str) -> IncidentDraft:
    """What the incident says: the issue's summary, its description and its address."""
    issue = found.issue
    text = cut(to_plain(found.description), limit=_DETAILS_LIMIT)
    url = notices.issue_url(issue.ref, base_url=base_url)
    return IncidentDraft(
        service_id=mapping.service.id,
        title=_title(issue),
        details=f"{text}\n\n{url}".strip(),
        incident_key=key,
        urgency=mapping.incident_urgency,
        priority_id=_priority_id(issue, mapping),
    )


def is_of(mapping: Mapping, issue: Issue) -> bool:
    """Whether the issue is in the mapping's project and of its type: no other may page."""
    return (issue.project_id, issue.issue_type_id) == (mapping.project.id, mapping.issue_type.id)


def wrongly_found(issue: Issue, mapping: Mapping) -> Permanent:
    """Why an issue opens nothing: the search finds it though it is not of the mapping."""
    return Permanent(
        f"Jira's search finds {issue.ref.key} among the issues of project {mapping.project.name} "
        f"and type {mapping.issue_type.name}, but Jira shows it in another project or type.",
        cure="Ask a Jira administrator to rebuild the search index.",
    )


def lost_text(claim: Opening, reason: str) -> str:
    """What is said on an incident when Jira does not show the issue to link it with."""
    return with_cure(
        f"Issue {claim.issue_id} opened this incident (mapping {claim.mapping_id}), but Jira does "
        f"not show it, since it was deleted or is hidden from our account: {reason}",
        "If it was deleted, follow this incident by hand. If it is hidden, let our account see it: "
        "the two are linked once it matches the JQL again.",
    )


def id_given_again(issue: Issue, incident_id: str) -> Permanent:
    """Why an issue opens nothing: an earlier one of its id has an incident. See `key_of`."""
    return Permanent(
        f"Jira has given {issue.ref.key} the id of an issue that incident {incident_id} is linked "
        "with, as it does once it was restored from a backup.",
        cure="Page by hand. To have such an issue open its incident, resolve that one, then delete "
        f"the item ISSUE#{issue.ref.id}, LINK in LinksTable.",
    )


def as_opened(
    incident: Incident, issue: Issue, mapping: Mapping | None, claim: Opening
) -> Incident:
    """The incident as the claim's attempt has opened it, as far as its issue tells.

    The attempt's answer was lost: what the incident says by now may be a person's change.
    """
    if mapping is None or claim.mapping_id != mapping.id:
        return incident
    priority_id = _priority_id(issue, mapping)
    return replace(
        incident,
        title=_title(issue),
        priority=Reference(id=priority_id, name=priority_id) if priority_id else None,
    )


def opened_link(
    incident: Incident, issue: Issue, *, claim: Opening, now: datetime, base_url: str
) -> Link:
    """The link of an issue and the incident that it has opened.

    They agree that the incident is triggered, and the issue in the status that it had when the
    attempt began: whatever happened since is a change.
    """
    text = notices.issue_text(issue.ref, base_url=base_url)
    status_id = claim.issue_status_id or issue.status.id
    return Link(
        incident_id=incident.id,
        incident_number=incident.number,
        mapping_id=claim.mapping_id,
        state=LinkState.LINKED,
        claimed_at=now,
        notes_since=incident.created_at,
        project_id=issue.project_id,
        issue_type_id=issue.issue_type_id,
        issue=issue.ref,
        issue_created_at=issue.created_at,
        issue_read_at=now,
        initial_status_id=status_id,
        notices=notices.with_due({}, notices.ISSUE, text),
        agreed=_agreed_by(incident, issue, status_id),
    )


def _agreed_by(incident: Incident, issue: Issue, status_id: str) -> Agreement:
    return Agreement(
        status=IncidentStatus.TRIGGERED,
        priority_id=incident.priority.id if incident.priority else None,
        title=title_digest(incident),
        issue_status_id=status_id,
        issue_priority_id=issue.priority_id,
        issue_title=text_digest(issue.summary),
    )


def first_status(before: Opening | None, issue: Issue) -> str:
    """The status of the issue at the first attempt that may have opened the incident."""
    if before is None or before.attempt_at is None or before.issue_status_id is None:
        return issue.status.id
    return before.issue_status_id


def _title(issue: Issue) -> str:
    return one_line(issue.summary, limit=_TITLE_LIMIT) or issue.ref.key


def _priority_id(issue: Issue, mapping: Mapping) -> str | None:
    """The first row of the mapping for the issue's priority; None also where it means none."""
    rows = (row.pagerduty_id for row in mapping.priorities if row.jira_id == issue.priority_id)
    return next(rows, None)


HOUR = timedelta(hours=1)

_TELLING_TIME = BELIEVED_AFTER + timedelta(minutes=3)
"""How long one match may take to tell people of a pause, before another does."""

_AWAITED = timedelta(days=1)


class Pause(StrEnum):
    """How a mapping stands with its limits."""

    NONE = "none"
    HELD = "held"
    OVER = "over"  # it has just ended


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNoteAttempt:
    """The match of which issue tells people of a pause, on which incident, and since when.

    `text` is the digest of the note; None: an earlier version began it.
    """

    issue_id: str
    incident_id: str
    at: datetime
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """What a mapping has opened, by issue and time; `mapping_id` None: all mappings together.

    `paused_at`: nothing is opened until somebody releases what waits; `limit` names the limit that
    was reached. `is_announced`: people know; before that, `telling` is the attempt to tell them,
    unless it is known to have failed.
    """

    mapping_id: str | None
    openings: tuple[tuple[str, datetime], ...] = ()
    paused_at: datetime | None = None
    limit: str = ""
    is_announced: bool = False
    telling: PauseNoteAttempt | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many incidents an hour may bring: by a mapping's `own` JQL, and by the whole `stack`."""

    own: int
    stack: int


def counted(brake: Brake, *, now: datetime) -> frozenset[str]:
    """The issues that count at present."""
    return frozenset(_counted(brake, now))


def is_unannounced(brake: Brake, *, now: datetime) -> bool:
    """Whether people do not know of a pause though the match that tells them has had its time."""
    since = brake.telling.at if brake.telling else brake.paused_at
    return since is not None and not brake.is_announced and now - since >= _TELLING_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a mapping stands with its limits: what is `counted`, and how many more may open.

    `is_unannounced`: no match is telling people of its pause.
    """

    pause: Pause
    counted: AbstractSet[str] = frozenset()
    room: int = 0
    is_unannounced: bool = False


def is_full(brake: Brake, issue_id: str, *, limit: int, now: datetime) -> bool:
    """Whether one more would be more than may be opened in the last hour."""
    counted = _counted(brake, now)
    return issue_id not in counted and len(counted) >= limit


def reached(
    brake: Brake, stack: Brake, issue_id: str, *, limits: Limits, now: datetime
) -> str | None:
    """Which limit one more incident would exceed, by its name and number; None where none."""
    if is_full(brake, issue_id, limit=limits.own, now=now):
        return f"max_incidents_per_hour, {limits.own}"
    if is_full(stack, issue_id, limit=limits.stack, now=now):
        return f"MaxIncidentsPerHour of the stack, {limits.stack}"
    return None


def standing_of(
    brake: Brake, stack: Brake, *, limits: Limits, waiting: int, now: datetime
) -> Standing:
    """How the mapping of a brake stands while so many of its matches wait."""
    ours, left = counted(brake, now=now), limits.stack - len(_counted(stack, now))
    pause = Pause.NONE if brake.paused_at is None else Pause.HELD
    if may_resume(brake, waiting=waiting, limit=limits.own, now=now):
        pause = Pause.OVER
    return Standing(
        pause=pause,
        counted=ours,
        room=max(min(limits.own - len(ours), left), 0),
        is_unannounced=pause is Pause.HELD and is_unannounced(brake, now=now),
    )


def has_counted(brake: Brake, issue_id: str, *, now: datetime) -> bool:
    """Whether the issue was counted already: a retry is no second opening."""
    return issue_id in _counted(brake, now)


def opened(brake: Brake, issue_id: str, *, now: datetime) -> Brake:
    """The brake with an opening that counts from now; those of an hour ago are forgotten."""
    kept = _counted(not_opened(brake, issue_id), now)
    return replace(brake, openings=(*kept.items(), (issue_id, now)))


def not_opened(brake: Brake, issue_id: str) -> Brake:
    """The brake without an opening that surely opened nothing."""
    kept = tuple(one for one in brake.openings if one[0] != issue_id)
    return replace(brake, openings=kept)


def paused(brake: Brake, *, now: datetime, limit: str) -> Brake:
    """The brake, pulled because of a limit: its name and number."""
    return replace(resumed(brake), paused_at=now, limit=limit)


def resumed(brake: Brake) -> Brake:
    """The brake, released."""
    return replace(brake, paused_at=None, limit="", is_announced=False, telling=None)


def announced(brake: Brake) -> Brake:
    """The brake of whose pause people know, or cannot be told."""
    return replace(brake, is_announced=True, telling=None)


def is_announced_by_another(brake: Brake, issue_id: str, *, now: datetime) -> bool:
    """Whether another match is already announcing the pause."""
    telling = brake.telling
    if telling is None or telling.issue_id == issue_id:
        return False
    return now - telling.at < _TELLING_TIME


def why_paused(brake: Brake) -> str:
    """Why nothing more is opened; brakes of earlier versions do not name the limit."""
    limit = f" ({brake.limit})" if brake.limit else ""
    return f"as many incidents were opened as may be in an hour{limit}"


def may_resume(brake: Brake, *, waiting: int, limit: int, now: datetime) -> bool:
    """Whether a pause ends by itself: fewer than the limit still wait after an hour."""
    return brake.paused_at is not None and now - brake.paused_at >= HOUR and waiting < limit


def awaits_incident(brake: Brake, *, now: datetime) -> bool:
    """Whether what was counted before a pause may yet turn out to have opened an incident."""
    since = brake.paused_at
    return since is not None and bool(brake.openings) and now - since < _AWAITED


def latest(brake: Brake, *, now: datetime) -> list[str]:
    """The issues that were counted in the hour before, the latest first."""
    return [*reversed(_counted(brake, now))]


def _counted(brake: Brake, now: datetime) -> dict[str, datetime]:
    return {issue_id: at for issue_id, at in brake.openings if now - at < HOUR}
