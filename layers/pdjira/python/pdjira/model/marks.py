"""How the issue of an incident under a mapping is marked, and how it shows its incident."""

import re

from pdjira.model.incident import Incident
from pdjira.model.issue import Mark, RemoteLink
from pdjira.model.mapping import Mapping

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
