"""What joins an incident to its issue, how both show it, and what people are told of it."""

import re
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from pdjira.errors import Side
from pdjira.model.incident import Incident, IncidentStatus, PeopleAgreement
from pdjira.model.issue import IssueRef, Mark, Naming, RemoteLink
from pdjira.model.mapping import Mapping


class LinkState(StrEnum):
    """How far a link between an incident and its issue has come."""

    CREATING = "creating"
    LINKED = "linked"
    CLOSED = "closed"  # the incident was merged into another; without an issue: none is made
    FAILED = "failed"
    MISSING = "missing"  # Jira does not show the issue: it was deleted, or is hidden from us
    UNREADABLE = "unreadable"  # never stored: stands for a link that is not as we write it


class NoticeState(StrEnum):
    """Whether a notice has reached the incident."""

    DUE = "due"
    SENT = "sent"  # its answer was lost: it may be there
    TOLD = "told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that people must be told once, as a note on the incident, word for word `text`.

    `sent_at` is the time of an attempt that may be under way, or whose answer was lost; of one that
    is thought to have added nothing, a time so long ago that nobody waits for it. `until` is how
    long the page's address in the note shows the incident to whoever reads it.
    """

    state: NoticeState
    text: str = ""
    sent_at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldAgreement:
    """What both sides had when a field was last brought together, each as a digest.

    `incident` of what the rule made of the incident, `issue` of what the field held; None: that
    was not seen yet.
    """

    incident: str | None = None
    issue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What the incident said when both sides were last brought together.

    What it says now is compared with this, not with the event that came: so an event that comes
    twice, late or out of order changes nothing, and what a person has changed in Jira stays.
    `title` is a digest. A status of None: they were never brought together. What the issue said at
    that time stands beside it; None: it was not seen yet, or, of the priority once the link has an
    `initial_status_id`, that it had none. `fields` are those of the field rules that follow later
    changes, by field id. `waits`: a person has resolved the issue, and the incident resolves once
    none of its other issues keeps it open.
    """

    status: IncidentStatus | None = None
    priority_id: str | None = None
    title: str | None = None
    issue_status_id: str | None = None
    issue_priority_id: str | None = None
    issue_title: str | None = None
    waits: bool = False
    fields: abc.Mapping[str, FieldAgreement] = field(default_factory=dict)
    people: PeopleAgreement = field(default_factory=PeopleAgreement)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A status that is about to be written to a side, until its answer is remembered.

    `status` is the incident's that both sides then agree on, and `changed_at` when its status had
    last changed before, by PagerDuty. For Jira, `entry_id` is the newest entry that the issue's
    history had ("": there was none; None: it is not known). For PagerDuty, `before` is the status
    that the incident had, and `issue_status_id` that of the issue, which it follows.
    """

    side: Side
    status: IncidentStatus
    changed_at: datetime
    entry_id: str | None = None
    before: IncidentStatus | None = None
    issue_status_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWrite:
    """A status that we wrote."""

    side: Side
    at: datetime


class Extra(StrEnum):
    """The extras, in the order of the plan."""

    REMOTE_LINK = "remote_link"
    COMMENTS = "comments"
    NOTES = "notes"
    PEOPLE = "people"
    NOTICES = "notices"


class Failing(StrEnum):
    """How an extra failed last: `HANGS` costs each try the time of a whole call."""

    FAILS = "fails"
    HANGS = "hangs"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An extra that is still to be done.

    `since`: when it failed first, `tried`: when it was refused last (None: it was not refused), and
    `under` which secrets and mapping: another digest than that of now means that they have changed
    (""; it was not refused, or is not known). `is_known`: people know of it. Times are exact to a
    second.
    """

    since: datetime
    how: Failing = Failing.FAILS
    tried: datetime | None = None
    is_known: bool = False
    under: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the other side understood it and said no."""
        return self.how is Failing.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What joins an incident to its issue under one mapping, and what both last agreed on.

    `claimed_at` is the time of the first attempt to create the issue, `attempt_at` that of the
    latest one whose end is unknown (None: nothing is in flight). `project_id` and `issue_type_id`
    are where it was attempted, whatever the mapping says by now, and once the issue was read, where
    it is. `initial_status_id` is the status in which Jira created the issue, as far as it was seen.
    `version` counts writes; 0 is a link that was never stored. Notices are keyed by what they tell.
    `asked`: a person asked for the issue, so it is made whatever the mapping says of automatic
    creation. `refused`: Jira or PagerDuty refused something that is still lacking, and a person has
    to mend the cause. Notes written at `notes_since` or later may not be on the issue yet (None:
    all are that came). Comments up to about `comments_seen` were looked at, by Jira's times;
    `comments_on_record`: what became of each that may be new is on record. `paused`: the
    `status_writes` (of 24 hours) went to and fro, so no status is carried until a person asks for
    it. Since `unknown_since`, PagerDuty has not shown the incident. Since `ended_at`, it is
    resolved while a refusal keeps its issue from following. Since `held_since`, something has come
    that was not carried, since the mapping was off. `intent` is a status of which nobody knows yet
    whether it was written. `issue_note` is the id of the note that names the issue. `owed` are the
    extras that are still to be done. `issue_created_at` tells the issue from another one with its
    id, and is in whole seconds; at `issue_read_at`, exact to a day, Jira showed that it is this one
    (None: nothing is known yet). `looked_at`: when the latest look at both sides began that makes
    older signals void (see `Delivery`). `incident_number` is the incident's, None on links of
    earlier versions.
    """

    incident_id: str
    mapping_id: str
    state: LinkState
    claimed_at: datetime
    project_id: str
    issue_type_id: str
    attempt_at: datetime | None = None
    asked: bool = False
    version: int = 0
    issue: IssueRef | None = None
    issue_created_at: datetime | None = None
    issue_read_at: datetime | None = None
    remote_linked: bool = False
    agreed: Agreement = Agreement()
    initial_status_id: str | None = None
    refused: bool = False
    notes_since: datetime | None = None
    status_writes: tuple[StatusWrite, ...] = ()
    paused: bool = False
    comments_seen: datetime | None = None
    comments_on_record: bool = False
    unknown_since: datetime | None = None
    held_since: datetime | None = None
    ended_at: datetime | None = None
    issue_note: str | None = None
    owed: abc.Mapping[Extra, Owed] = field(default_factory=dict)
    looked_at: datetime | None = None
    incident_number: int | None = None
    intent: Intent | None = None
    notices: abc.Mapping[str, Notice] = field(default_factory=dict)


def with_agreed(link: Link, agreed: Agreement) -> Link:
    """The link once both sides agree so: on their statuses, nothing is intended any more.

    Where they agree as they did before, the way that was begun ended where it had started.
    """
    before, after = ((one.status, one.issue_status_id) for one in (link.agreed, agreed))
    goes_on = before == after and agreed != link.agreed
    return replace(link, agreed=agreed, intent=link.intent if goes_on else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One signal's story for an incident: what came and, sentence by sentence, what was done."""

    incident_id: str
    at: datetime
    signal: str
    signal_id: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCounts:
    """How many links are open, and how many incidents lack something that was refused.

    `failed_incidents` are the ids of up to ten of these incidents.
    """

    open: int
    failed: int
    failed_incidents: tuple[str, ...] = ()


SHORT_WINDOW, LONG_WINDOW = timedelta(minutes=10), timedelta(hours=24)

MOST_WRITES = {SHORT_WINDOW: 3, LONG_WINDOW: 8}
"""How many writes to one side are carried within a time: the first stops a storm soon, the second a
slow automation."""


def with_write(
    writes: Sequence[StatusWrite], *, side: Side, at: datetime
) -> tuple[StatusWrite, ...]:
    """The writes of the last 24 hours with one more; the steps of one way count as one."""
    at = at.replace(microsecond=0)
    recent = [write for write in writes if at - write.at < LONG_WINDOW]
    is_one_way = bool(recent) and recent[-1].side is side is Side.JIRA
    if is_one_way:
        recent.pop()
    return (*recent, StatusWrite(side=side, at=at))[-2 * (MOST_WRITES[LONG_WINDOW] + 1) :]


def goes_to_and_fro(writes: Sequence[StatusWrite], *, side: Side, at: datetime) -> bool:
    """Whether one more write to that side would be the fourth or the ninth: see `MOST_WRITES`."""
    ages = [at - write.at for write in with_write(writes, side=side, at=at) if write.side is side]
    return any(sum(age < window for age in ages) > most for window, most in MOST_WRITES.items())


EXTRA_PATIENCE = timedelta(minutes=1)
"""How long an extra keeps its message, counted from the message's first delivery."""

TOLD_AFTER = timedelta(hours=1)
"""When people are told of what is owed."""

REFUSED_AGAIN = timedelta(minutes=55)
"""How old a refusal must be to be tried again: an hour, since schedules are not exact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """An extra that failed in this round, and why, in a sentence.

    `owed` None: its message comes again soon.
    """

    why: str
    owed: Owed | None = None


NAME = "pagerduty.incident"
"""The key of the issue's entity property, and how the global id of its remote link begins."""

TEST_NAME = "pagerduty.test"
"""The key of a test issue's entity property."""

LINE_START = "PagerDuty: "
"""How the last line of the issue's description begins."""

_KEY_OF_ISSUE = re.compile(r"jira:[^:/\s]+(?::\d+)?:(\d+)")


def mark_line(incident: Incident) -> str:
    """The line that ends the description of every issue of ours."""
    return f"{LINE_START}{incident.html_url}"


def mark_of(incident: Incident, mapping: Mapping) -> Mark:
    """What tells the issue of this incident under this mapping."""
    return Mark(incident_id=incident.id, mapping_id=mapping.id, line=mark_line(incident))


def mark_of_test(mapping: Mapping) -> Mark:
    """What tells a test issue of the mapping."""
    return Mark(incident_id=None, mapping_id=mapping.id, line=f"{LINE_START}test of {mapping.id}")


def remote_link(incident: Incident) -> RemoteLink:
    """The link by which the issue shows its incident."""
    return RemoteLink(
        global_id=f"{NAME}={incident.id}",
        url=incident.html_url,
        title=f"PagerDuty incident {incident.number}",
    )


def is_opened_by_issue(incident: Incident) -> bool:
    """Whether the incident's key says that a Jira issue opened it, whatever host Jira had then."""
    return opened_by(incident) is not None


def opened_by(incident: Incident) -> str | None:
    """The id of the issue that opened the incident, as its key says; None: it says of none."""
    found = _KEY_OF_ISSUE.fullmatch(incident.incident_key or "")
    return found[1] if found else None


_INCIDENT_ID = re.compile(r"[A-Za-z0-9]{1,100}")


def last_line(description: str) -> str:
    """The last line of a description in which something is written; "" without one."""
    written = (line.strip() for line in reversed(description.split("\n")))
    return next((line for line in written if line), "")


def is_of_test(line: str) -> bool:
    """Whether a description's last line is ours and names no incident: that of a test issue."""
    return line.startswith(LINE_START) and named_by_line(line) is None


def named_by_line(line: str) -> Naming | None:
    """The incident that a description's last line names: the last part of its address."""
    if not line.startswith(LINE_START):
        return None
    try:
        url = urlsplit(line.removeprefix(LINE_START).strip())
    except ValueError:
        return None
    incident_id = url.path.rpartition("/")[2]
    is_address = url.scheme in {"http", "https"} and bool(url.netloc)
    return Naming(incident_id=incident_id) if is_address and is_incident_id(incident_id) else None


def is_incident_id(text: str) -> bool:
    """Whether the text may be an id of an incident."""
    return bool(_INCIDENT_ID.fullmatch(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An incident, and the last thing that was done about it on a day.

    `event` is what came, `says` what was done, `issues` the keys of its issues by mapping id.
    """

    incident_id: str
    number: int
    title: str
    service: str
    url: str
    at: datetime
    event: str
    says: str
    issues: abc.Mapping[str, str] = field(default_factory=dict)


class Activities(Protocol):
    """The incidents of each of the last eight days about which something was done."""

    def put(self, activity: Activity) -> None:
        """Keep it in place of an earlier one of that incident and day. May be repeated.

        Long texts are cut, and of many issues the first are kept.
        """

    def of_day(self, day: date) -> Sequence[Activity]:
        """Those of a day (UTC), the latest first; those of the last second may be missing."""


def latest(*days: Sequence[Activity]) -> Sequence[Activity]:
    """The activities of several days, the latest first: of each incident the last one."""
    found: dict[str, Activity] = {}
    for one in sorted((each for day in days for each in day), key=lambda each: each.at):
        found[one.incident_id] = one
    return sorted(found.values(), key=lambda each: each.at, reverse=True)
