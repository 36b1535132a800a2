"""An incident that an issue opens: what it says, and what makes it the only one."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from pdjira.errors import Permanent, with_cure
from pdjira.model import notices
from pdjira.model.comment import EarlierComments
from pdjira.model.incident import Incident, IncidentStatus, Reference
from pdjira.model.issue import Issue
from pdjira.model.link import Agreement, Link, LinkState
from pdjira.model.mapping import Mapping
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
