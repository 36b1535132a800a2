"""What ends some day: certificates, and the token that we sign in by."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pdjira.errors import NotFound, PdjiraError
from pdjira.health.checks import Check, Status, ok, unchecked
from pdjira.model.ports import Clock

SOON = timedelta(days=30)


class Way(Protocol):
    """The way to a server, step by step; each step raises what is wrong with it, and its cure."""

    def named(self) -> str:
        """The host that the connection secret names. Raises `Misconfigured`."""

    def addresses(self) -> Sequence[str]:
        """The addresses of the host. Raises `Temporary` where one of them is not to be called."""

    def connect(self) -> str:
        """Open a connection, and close it; host and port. Raises `Temporary`."""

    def certificate_ends(self) -> datetime | None:
        """When the server's ends, after it was verified as for every call; None over http.

        Raises `Temporary`.
        """

    def authorities_end(self) -> datetime | None:
        """When the first of `ca_pem` ends; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A personal access token by the name that a person gave it; None for one that never ends."""

    name: str
    ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Looks at what ends within `SOON`."""

    way: Way
    tokens: Callable[[], Sequence[AccessToken] | None]
    clock: Clock

    def soon(self) -> Iterator[str]:
        """A sentence for each thing that ends soon; what cannot be asked for tells nothing."""
        for look in (self.certificate, self.token):
            try:
                yield from (one.says for one in look() if one.status is Status.ATTENTION)
            except PdjiraError:
                continue

    def certificate(self) -> Iterator[Check]:
        """That of Jira, and those of `ca_pem` where one ends soon."""
        ends = self.way.certificate_ends()
        if ends is None:
            yield ok("jira", "certificate", "There is none: the connection is not encrypted.")
        elif self._is_soon(ends):
            yield _ending(
                "certificate",
                f"Its certificate is trusted, but ends on {_day(ends)}; then nothing works.",
                cure="Renew the server's certificate. If it is one that you entered as "
                "jira.ca_pem, enter the new one as well.",
            )
        else:
            yield ok("jira", "certificate", f"Its certificate is trusted and ends on {_day(ends)}.")
        trusted = self.way.authorities_end()
        if trusted and self._is_soon(trusted):
            yield _ending(
                "ca_pem",
                f"A certificate of jira.ca_pem ends on {_day(trusted)}; what it vouches for is not "
                "trusted from then on.",
                cure="Enter the one that follows it in jira.ca_pem, beside the old one.",
            )

    def token(self) -> Iterator[Check]:
        """The personal access token, where we sign in by one."""
        try:
            listed = self.tokens()
        except NotFound:
            says = "This Jira does not tell when personal access tokens end."
            then = "note the day when you make a token, and replace it before"
            yield unchecked("jira", "token", says, then=then)
            return
        if listed is None:
            return
        ending = [one for one in listed if one.ends and self._is_soon(one.ends)]
        if not ending:
            yield ok(
                "jira", "token", "No personal access token of our account ends within 30 days."
            )
            return
        named = ", ".join(f"{one.name} on {_day(one.ends)}" for one in ending if one.ends)
        which = "" if len(listed) == 1 else " Jira does not tell which one is in use here."
        yield _ending(
            "token",
            f"A personal access token of our account ends soon: {named}.{which}",
            cure="Sign in to Jira as our account, make a new one (Profile > Personal Access "
            "Tokens), enter it as jira.auth.token, and revoke the old one.",
        )

    def _is_soon(self, ends: datetime) -> bool:
        return timedelta() < ends - self.clock() <= SOON


def _day(ends: datetime) -> str:
    return ends.date().isoformat()


def _ending(name: str, says: str, *, cure: str) -> Check:
    return Check(area="jira", name=name, status=Status.ATTENTION, says=says, cure=cure)
