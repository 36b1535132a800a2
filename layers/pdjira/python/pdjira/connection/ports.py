"""What connecting needs of the world."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pdjira.connection.checklist import Milestones
from pdjira.connection.form import FieldProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretVersion:
    """A version of a secret: its text, its id, and when it was written."""

    text: str = field(repr=False)
    id: str
    at: datetime | None


NONE_YET = SecretVersion(text="", id="", at=None)


class VersionedSecret(Protocol):
    """A secret of which every change makes a version; people change it in AWS as well.

    One version more may be pending: it is not in force yet.
    """

    def current(self) -> SecretVersion:
        """What is in force, read afresh; `NONE_YET` where there is none."""

    def replace(self, text: str, *, known: str) -> str:
        """Put another version in the place of `known`; its id. Raises `Conflict` for any other."""

    def stage(self, text: str) -> str:
        """Keep a version that is pending, in place of any other such; its id."""

    def staged(self, version: str) -> str | None:
        """Its text; None where it is pending no longer."""

    def promote(self, version: str) -> None:
        """Put the pending version in force. Idempotent. Raises `Conflict`."""

    def unstage(self, version: str) -> None:
        """Forget the pending version. Idempotent."""


class SecretRules(Protocol):
    """What the connection secret must be."""

    def problems(self, text: str) -> Sequence[FieldProblem]:
        """What is wrong with it; nothing where it is as it must be."""

    def origin(self, url: str) -> str:
        """Scheme, host and port of an address: to whom credentials go."""


class Accounts(Protocol):
    """Where PagerDuty keeps accounts, and who is a user there."""

    def find(self, key: str, *, among: Sequence[str]) -> str | None:
        """The first of these addresses that accepts the key; None where none does.

        Raises `Temporary` where none does and one did not answer.
        """

    def users(self, key: str, *, among: Sequence[str]) -> Sequence[tuple[str, str]]:
        """The first hundred users that the key shows: e-mail address and name. Raises `Refused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A token that was made and not taken yet: its version, and when somebody last looked."""

    version: str
    looked_at: datetime


class PendingTokens(Protocol):
    """Which token is pending, if any."""

    def find(self) -> Pending | None:
        """The one that is."""

    def put(self, pending: Pending) -> None:
        """This one is, or was looked at once more."""

    def drop(self) -> None:
        """None is any more. Idempotent."""


class SetupRecord(Protocol):
    """What the setup has reached."""

    def reached(self) -> Milestones:
        """All of it."""

    def reach(self, milestones: Milestones) -> None:
        """Keep it, in place of what was kept."""
