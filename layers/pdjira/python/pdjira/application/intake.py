"""A delivery comes in: prove the sender, store the signal, and only then say yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pdjira.domain.envelope import read_delivery
from pdjira.domain.signals import Signal
from pdjira.domain.signature import is_signed
from pdjira.errors import PdjiraError

LARGEST_BODY = 262_144
"""Bytes: PagerDuty sends nothing larger (https://developer.pagerduty.com/docs/webhooks-overview)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP status, one sentence for whoever sent it, and what was stored.

    `why` is for our log alone: it names our resources.
    """

    status: int
    says: str
    signal: Signal | None = None
    why: str | None = None

    def facts(self) -> dict[str, object]:
        """What the log tells of it."""
        signal = self.signal.facts() if self.signal else {}
        return {"status": self.status, "says": self.says, "why": self.why} | signal


class WebhookSecrets(Protocol):
    """The secrets that PagerDuty may sign with."""

    def current(self) -> Sequence[str]:
        """The secrets, at most 60 seconds old; none on a fresh stack."""

    def refreshed(self) -> Sequence[str]:
        """The secrets read anew, unless that was done in the last 5 seconds."""


class SignalSink(Protocol):
    """Where a signal is stored."""

    def send(self, signal: Signal) -> None:
        """Store the signal; returning means that it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyIntake:
    """Takes V3 webhooks.

    PagerDuty drops a delivery that is answered with a 4xx other than 429, and three drops in a
    row switch the subscription off for a day. So whatever a person here can mend, a wrong secret
    above all, is answered 503: it costs a delay, not a day of events.
    """

    secrets: WebhookSecrets
    queue: SignalSink

    def receive(self, body: bytes, signature: str | None) -> Answer:
        """Answer a delivery; `signature` is the header X-PagerDuty-Signature, None if missing."""
        if len(body) > LARGEST_BODY:
            return Answer(status=413, says=f"The body exceeds {LARGEST_BODY} bytes.")
        try:
            refusal = self._unproven(body, signature)
            return refusal or self._store(read_delivery(body))
        except PdjiraError as error:
            return Answer(status=503, says="Not stored; send it again.", why=error.says)

    def _unproven(self, body: bytes, signature: str | None) -> Answer | None:
        if not (self.secrets.current() or self.secrets.refreshed()):
            return Answer(status=503, says="No webhook secret is configured yet.")
        if not signature:
            return Answer(status=401, says="The header X-PagerDuty-Signature is missing.")
        if is_signed(body, signature, self.secrets.current()):
            return None
        if is_signed(body, signature, self.secrets.refreshed()):
            return None
        return Answer(status=503, says="The signature does not match any configured secret.")

    def _store(self, signal: Signal) -> Answer:
        self.queue.send(signal)
        return Answer(status=202, says="Stored.", signal=signal)
