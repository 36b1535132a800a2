"""A second issue for an incident, or a second incident of an issue: how it is told from the first.

This happens outside the bounds of the claim protocol, where Jira carries out a create long after
its answer was lost.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from pdjira.errors import with_cure
from pdjira.model import notices
from pdjira.model.incident import Incident
from pdjira.model.issue import IssueRef, Naming
from pdjira.model.link import Link, LinkState, Notice, NoticeState
from pdjira.model.marks import LINE_START

_KIND = "duplicate-"

_INCIDENT_ID = re.compile(r"[A-Za-z0-9]{1,100}")

_UNFINISHED = (LinkState.CREATING, LinkState.FAILED)


def last_line(description: str) -> str:
    """The last line of a description in which something is written; "" without one."""
    written = (line.strip() for line in reversed(description.split("\n")))
    return next((line for line in written if line), "")


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
    return Naming(incident_id=incident_id) if is_address and _is_id(incident_id) else None


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


def _is_id(text: str) -> bool:
    return bool(_INCIDENT_ID.fullmatch(text))
