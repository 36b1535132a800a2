"""Tells from what Jira shows of an issue whether it bears the mark of a draft."""

from collections.abc import Mapping
from enum import Enum

from pdjira.domain.model import Mark

PROPERTY = "pagerduty.incident"
_LINE_START = "PagerDuty: "


class LastLine(Enum):
    """What the last line of an issue's description says of its mark."""

    OURS = "ours"
    OTHER = "other"
    NONE = "none"


def last_line(description: object, mark: Mark) -> LastLine:
    """Whether the description ends with the mark's line, with another's, or with none."""
    lines = description.split("\n") if isinstance(description, str) else []
    written = [line.strip() for line in lines if line.strip()]
    if written and written[-1] == mark.line.strip():
        return LastLine.OURS
    if written and written[-1].startswith(_LINE_START):
        return LastLine.OTHER
    return LastLine.NONE


def property_value(mark: Mark) -> dict[str, str]:
    """The entity property's value for the mark."""
    return {"id": mark.incident_id, "mapping": mark.mapping_id}


def has_property(value: object, mark: Mark) -> bool:
    """Whether an entity property's value is the mark's."""
    return isinstance(value, Mapping) and all(
        value.get(name) == wanted for name, wanted in property_value(mark).items()
    )
