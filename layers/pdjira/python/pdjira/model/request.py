"""What a person asked this stack for, and what came of it. Imported by the worker: kept small."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Progress(StrEnum):
    """How far the work on a request has come."""

    QUEUED = "queued"  # nobody has worked on it yet
    WAITS = "waits"  # it was tried in vain, and is tried again by itself
    DONE = "done"  # also where there was nothing to do
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request under its id, and the latest news of it: what was done, or why it was not."""

    id: str
    action: str
    progress: Progress
    at: datetime
    says: tuple[str, ...] = ()
    incident_id: str | None = None


class Requests(Protocol):
    """The requests of people, kept for a week."""

    def put(self, asked: Asked) -> None:
        """Keep the latest news of a request in place of what was known. May be repeated."""

    def find(self, request_id: str) -> Asked | None:
        """The request as stored now; None where there is none, or none that can be read."""


NOTHING_TO_DO = "Nothing was to be done."


def done(says: tuple[str, ...], rests: tuple[str, ...]) -> tuple[str, ...]:
    """What people are told of work that has ended: what it did, or else why it did nothing."""
    return says or (NOTHING_TO_DO, *rests)
