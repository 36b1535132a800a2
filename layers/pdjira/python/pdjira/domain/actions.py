"""What the planner can ask for next."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateIssue:
    """Claim the link, create the issue with its mark, complete the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindIssue:
    """Look for an issue that an earlier attempt, whose end is unknown, may have created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowIncident:
    """Put the remote link to the incident onto the issue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPeople:
    """Put a notice onto the incident as a note.

    `look_first`: an earlier attempt may have put it there already.
    """

    notice: str
    look_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing can be done yet, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """There is nothing to do, and why."""

    why: str


Step = CreateIssue | FindIssue | ShowIncident | TellPeople
"""What is performed; the planner is asked again afterwards."""

Action = Step | Wait | Rest
