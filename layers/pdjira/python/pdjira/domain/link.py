"""What joins an incident to its issue, what people are told of it, and its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pdjira.domain.issue import IssueRef


class LinkState(StrEnum):
    """How far a link between an incident and its issue has come."""

    CREATING = "creating"
    LINKED = "linked"
    FAILED = "failed"


class NoticeState(StrEnum):
    """Whether a notice has reached the incident."""

    DUE = "due"
    SENT = "sent"  # its answer was lost: it may be there
    TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that people must be told once, as a note on the incident, word for word `text`.

    `sent_at` is the time of an attempt whose answer was lost.
    """

    state: NoticeState
    text: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What joins an incident to its issue under one mapping, and what both last agreed on.

    `claimed_at` is the time of the first attempt to create the issue, `attempt_at` that of the
    latest one whose end is unknown (None: nothing is in flight). `project_id` and `issue_type_id`
    are where it was attempted, whatever the mapping says by now. `version` counts writes; 0 is a
    link that was never stored. Notices are keyed by what they tell.
    """

    incident_id: str
    mapping_id: str
    state: LinkState
    claimed_at: datetime
    project_id: str
    issue_type_id: str
    attempt_at: datetime | None = None
    version: int = 0
    issue: IssueRef | None = None
    remote_linked: bool = False
    notices: Mapping[str, Notice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One signal's story for an incident: what came and, sentence by sentence, what was done."""

    incident_id: str
    at: datetime
    signal: str
    signal_id: str
    says: tuple[str, ...]
