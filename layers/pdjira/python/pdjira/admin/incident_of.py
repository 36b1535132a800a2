"""What a person means by INCIDENT: an incident's id, number or URL, or its issue's key or URL."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from pdjira.errors import Misconfigured, NotFound, PdjiraError, Permanent, Temporary
from pdjira.model.incident import Incident
from pdjira.model.issue import IssueRef
from pdjira.model.ports import IncidentNamed, Issues, Links, PagerDuty
from pdjira.model.times import STEP_SECONDS, TimeLeft, unlimited

FORMS = (
    'Give the id, the number or the URL of an incident (such as "Q0ABCDEF123456" or 4711), '
    'or the key or the URL of its issue (such as "OPS-1").'
)

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]{1,18}")

_ID = re.compile(r"[A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What INCIDENT means, as far as both sides tell.

    `issue` is the one that was given by its key or URL. Without an `incident_id` no incident is
    linked to it. An `incident` of None is one that PagerDuty does not show, and `error` says why.
    """

    incident_id: str | None = None
    incident: Incident | None = None
    issue: IssueRef | None = None
    error: PdjiraError | None = None

    @property
    def name(self) -> str:
        """What people are told that it is about."""
        if self.incident is not None:
            return f"Incident {self.incident.number}"
        return f"The incident {self.incident_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """Finds what INCIDENT means."""

    pagerduty: PagerDuty
    issues: Issues
    links: Links
    incident_named: IncidentNamed

    def find(self, given: object) -> Meant:
        """What was given, also where PagerDuty does not answer and its id is known all the same.

        Raises `Permanent` where it is no incident and no issue, and `Temporary` where the side that
        would know it did not answer.
        """
        name = named(given)
        if not _KEY.fullmatch(name):
            return self._incident(name)
        issue = self._issue(name.upper())
        incident_id = self.links.incident_of(issue.id)
        return self._incident(incident_id, issue) if incident_id else Meant(issue=issue)

    def incident(self, given: object, time_left: TimeLeft = unlimited) -> Meant:
        """The incident that was given, by its links where a side does not answer.

        It has an `incident_id`; its `incident` is None while PagerDuty does not answer. Raises
        `Permanent` or `Temporary` where nothing tells which one it is.
        """
        try:
            meant = self.find(given)
        except (Temporary, NotFound):
            incident_id = self.incident_named(
                named(given).upper(), lambda: time_left() - STEP_SECONDS
            )
            if incident_id is None:
                raise
            meant = self.find(incident_id)
        if meant.error is not None and not isinstance(meant.error, Temporary):
            raise meant.error
        if meant.incident_id is None:
            key = meant.issue.key if meant.issue else ""
            raise NotFound(
                f"{key} is not linked to any incident.",
                cure="Give the incident itself: its id, its number or its URL.",
            )
        return meant

    def _issue(self, key: str) -> IssueRef:
        try:
            return self.issues.find_key(key)
        except NotFound as error:
            raise NotFound(
                f"Jira has no issue {key}, or does not show it to our account.",
                cure="Check the key; if it is right, let our account browse the issue's project.",
            ) from error

    def _incident(self, name: str, issue: IssueRef | None = None) -> Meant:
        try:
            found = self.pagerduty.get_incident(name)
        except (Temporary, Permanent) as error:
            return self._unseen(name, issue, error)
        return Meant(incident_id=found.id, incident=found, issue=issue)

    def _unseen(self, name: str, issue: IssueRef | None, error: PdjiraError) -> Meant:
        """What is stored of an incident that PagerDuty does not show."""
        if issue is not None or (not name.isdecimal() and self.links.of_incident(name)):
            return Meant(incident_id=name, issue=issue, error=error)
        if isinstance(error, NotFound):
            what = f"number {name}" if name.isdecimal() else f"id {name}"
            raise NotFound(f"PagerDuty has no incident of the {what}.", cure=FORMS) from error
        raise error


def names_issue(given: object) -> bool:
    """Whether an issue's key or URL was given. Raises `Misconfigured` as `named` does."""
    return _KEY.fullmatch(named(given)) is not None


def named(given: object) -> str:
    """The id, number or key in what was given. Raises `Misconfigured` where it holds none."""
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return str(given)
    text = given.strip() if isinstance(given, str) else ""
    name = _in_url(text) if "://" in text else text.removeprefix("#")
    if _KEY.fullmatch(name) or (_ID.fullmatch(name) and name.strip("0")):
        return name
    if given is None or (isinstance(given, str) and not text):
        raise Misconfigured("The request names no incident.", cure=FORMS)
    raise Misconfigured(f"{given!r} is neither an incident nor an issue.", cure=FORMS)


def _in_url(url: str) -> str:
    """The id of an incident, or the key of an issue, that a page of either side is about."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    selected = parse_qs(parts.query).get("selectedIssue", [])
    path = [unquote(part) for part in parts.path.split("/") if part]
    if "incidents" in path[:-1]:
        return path[path.index("incidents") + 1]
    return next((name for name in (*selected, *reversed(path)) if _KEY.fullmatch(name)), "")
