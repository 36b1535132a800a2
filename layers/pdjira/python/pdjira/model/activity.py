"""What happened last to each incident on a day, as lists show it. Imported by the worker."""

from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol


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
