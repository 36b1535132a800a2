"""What the stack hands out and knows again: values under a signature that only it can make.

Imported by the worker: kept small.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from pdjira.errors import Misconfigured, PdjiraError


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs with the stack's own secret, which neither vendor knows. Replacing it voids all.

    `secret` yields it; it may raise `Temporary` or `Misconfigured`.
    """

    secret: Callable[[], str] = field(repr=False)

    def sign(self, purpose: str, *parts: str) -> str:
        """The signature of the parts, in this order and for this purpose alone.

        Raises `Misconfigured` where the secret holds no text: anybody could sign with nothing.
        """
        secret = self.secret().strip()
        if not secret:
            raise Misconfigured(
                "The secret LinkSecret holds no text, so nothing can be signed by it.",
                cure="Write a long random text into it, in Secrets Manager.",
            )
        signed = json.dumps([purpose, *parts]).encode()
        return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()

    def has_signed(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether this is that signature, found out in constant time."""
        expected = self.sign(purpose, *parts)
        return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


LINK_VALID = timedelta(days=7)
"""How long a note's address shows its incident to whoever reads the note."""

_VERSION, _PURPOSE = "1", "incident link"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLink:
    """What a token shows: this one incident, for reading, up to this time."""

    incident_id: str
    until: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it shows nothing any more."""
        return now >= self.until


def incident_token(signer: Signer, link: IncidentLink) -> str:
    """The token of a link: version, incident, end and signature."""
    end = str(int(link.until.timestamp()))
    signature = signer.sign(_PURPOSE, _VERSION, link.incident_id, end)
    return f"{_VERSION}.{link.incident_id}.{end}.{signature}"


def read_incident_token(signer: Signer, token: str) -> IncidentLink | None:
    """The link of a token, also of one that is over; None where the stack has not made it."""
    head, _, signature = token.rpartition(".")
    before, _, end = head.rpartition(".")
    version, _, incident_id = before.partition(".")
    if not signer.has_signed(signature, _PURPOSE, version, incident_id, end):
        return None
    until = datetime.fromtimestamp(int(end), UTC)
    return IncidentLink(incident_id=incident_id, until=until) if version == _VERSION else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAddress:
    """Names the page in notes. `admin_url` is where it is.

    `is_open`: whoever reads such a note may see why, without an account of AWS.
    """

    signer: Signer
    admin_url: str
    is_open: bool

    def of_incident(self, incident_id: str, until: datetime | None) -> str:
        """Where the page tells of an incident, to whoever reads it up to that time.

        Without a time, and where the secret cannot be read, one has to sign in there.
        """
        if self.is_open and until is not None:
            try:
                token = incident_token(
                    self.signer, IncidentLink(incident_id=incident_id, until=until)
                )
            except PdjiraError:
                return self._behind_sign_in(incident_id)
            return f"{self.admin_url}/why?t={quote(token, safe='')}"
        return self._behind_sign_in(incident_id)

    def of_pause(self, mapping_id: str) -> str:
        """Where the page shows what waits for a mapping's pause, to whoever is signed in."""
        return f"{self.admin_url}/paused?id={quote(mapping_id, safe='')}"

    def _behind_sign_in(self, incident_id: str) -> str:
        return f"{self.admin_url}/why?q={quote(incident_id, safe='')}"
