"""A delivery comes in: prove the sender, store the signal, and only then say yes.

It costs one call of AWS, and another one when the secret is due to be read.
"""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from pdjira.errors import PdjiraError
from pdjira.model.signal import Signal, SignalQueue
from pdjira.webhooks.envelope import (
    is_signed,
    is_signed_by_jira,
    read_action,
    read_delivery,
    read_jira_delivery,
)

LARGEST_BODY = 262_144
"""Bytes: PagerDuty sends nothing larger (https://developer.pagerduty.com/docs/webhooks-overview)."""

WRONG_SIGNATURE = "The signature does not match any configured secret."
"""The log tells refusals by these sentences, and `health` counts its lines."""

WRONG_PRESS = "The action token does not match the configured one."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
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


Proof_co = TypeVar("Proof_co", covariant=True)


class Proofs(Protocol[Proof_co]):
    """Where it is stored how a sender proves itself; nothing on a fresh stack."""

    def current(self) -> Proof_co:
        """What is stored, at most 60 seconds old."""
        ...

    def refreshed(self) -> Proof_co:
        """The same, read anew unless that was done in the last 5 seconds."""
        ...


WebhookSecrets = Proofs[Sequence[str]]
"""The secrets by which PagerDuty may prove itself: to sign with, or to send along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyIntake:
    """Takes V3 webhooks.

    PagerDuty drops a delivery that is answered with a 4xx other than 429, and three drops in a row
    switch the subscription off for a day. So whatever a person here can fix, above all a wrong
    secret, is answered 503: it costs a delay, not a day of events.
    """

    secrets: WebhookSecrets
    queue: SignalQueue

    def receive(self, body: bytes, signature: str | None) -> Reply:
        """Answer a delivery; `signature` is the header X-PagerDuty-Signature, None if missing."""
        return admit(
            body,
            unproven=lambda: self._unproven(body, signature),
            read=lambda: read_delivery(body),
            queue=self.queue,
        )

    def _unproven(self, body: bytes, signature: str | None) -> Reply | None:
        return unproven(
            self.secrets,
            signature,
            is_proof=partial(is_signed, body),
            says=(
                "No webhook secret is configured yet.",
                "The header X-PagerDuty-Signature is missing.",
                WRONG_SIGNATURE,
            ),
        )


def admit(
    body: bytes,
    *,
    unproven: Callable[[], Reply | None],
    read: Callable[[], Signal],
    queue: SignalQueue,
) -> Reply:
    """Look at the size, then at the proof, then store; what a person here can fix is 503."""
    if len(body) > LARGEST_BODY:
        return Reply(status=413, says=f"The body exceeds {LARGEST_BODY} bytes.")
    try:
        refusal = unproven()
        if refusal:
            return refusal
        signal = read()
        queue.send(signal)
    except PdjiraError as error:
        return Reply(status=503, says="Not stored; send it again.", why=error.says)
    return Reply(status=202, says="Stored.", signal=signal)


def unproven(
    secrets: WebhookSecrets,
    header: str | None,
    *,
    is_proof: Callable[[str, Sequence[str]], bool],
    says: tuple[str, str, str],
) -> Reply | None:
    """The answer to a sender who is not proven; None for one who is.

    `says` is what is said while no secret is set, where the header is missing, and where it does
    not match; the secrets are read once more before that.
    """
    unset, missing, wrong = says
    if not (secrets.current() or secrets.refreshed()):
        return Reply(status=503, says=unset)
    if not header:
        return Reply(status=401, says=missing)
    if is_proof(header, secrets.current()) or is_proof(header, secrets.refreshed()):
        return None
    return Reply(status=503, says=wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionIntake:
    """Takes Custom Incident Actions, which prove themselves by the token of a custom header.

    The answers are those to webhooks, and for the same reason: see `PagerDutyIntake`.
    """

    tokens: WebhookSecrets
    queue: SignalQueue

    def receive(self, body: bytes, token: str | None, *, mapping_id: str) -> Reply:
        """Answer an action; `token` is the header X-Action-Token, None if missing."""
        return admit(
            body,
            unproven=lambda: self._unproven(token),
            read=lambda: read_action(body, mapping_id=mapping_id),
            queue=self.queue,
        )

    def _unproven(self, token: str | None) -> Reply | None:
        return unproven(
            self.tokens,
            token,
            is_proof=_is_any,
            says=(
                "No action token is configured yet.",
                "The header X-Action-Token is missing.",
                WRONG_PRESS,
            ),
        )


def _is_any(given: str, tokens: Sequence[str]) -> bool:
    """Whether the token is one of those, each compared in constant time."""
    raw = given.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(raw, token.strip().encode()) for token in tokens]
    return any(matches)


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraWebhook:
    """How Jira proves itself: by the token of the URL, and by a signature where a secret is set.

    A token of None: no URL is in use.
    """

    token: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)


JiraWebhooks = Proofs[JiraWebhook | None]
"""How Jira proves itself; None on a fresh stack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraIntake:
    """Takes Jira's webhooks.

    Jira does not send again what was refused, and it switches nothing off. So a wrong proof is
    answered as what it is, and 503 is left for what a person here can fix. Only the issue's id is
    believed.
    """

    webhooks: JiraWebhooks
    queue: SignalQueue

    def receive(self, body: bytes, signature: str | None, *, token: str) -> Reply:
        """Answer a delivery; `signature` is the header X-Hub-Signature, None if missing."""
        return admit(
            body,
            unproven=lambda: self._unproven(body, signature, token),
            read=lambda: read_jira_delivery(body),
            queue=self.queue,
        )

    def _unproven(self, body: bytes, signature: str | None, token: str) -> Reply | None:
        """Where the proof at hand does not match, the one that is stored by now may."""
        refusal = _refusal(self.webhooks.current(), body, signature, token)
        return refusal and _refusal(self.webhooks.refreshed(), body, signature, token)


def _refusal(
    webhook: JiraWebhook | None, body: bytes, signature: str | None, token: str
) -> Reply | None:
    if webhook is None:
        return Reply(status=503, says="Nothing is configured yet.")
    if webhook.token is None or not _is_same(token, webhook.token):
        return Reply(status=404, says="There is no such webhook.")
    if webhook.secret is None:
        return None
    if not signature:
        return Reply(status=401, says="The header X-Hub-Signature is missing.")
    if is_signed_by_jira(body, signature, webhook.secret):
        return None
    return Reply(status=401, says="The signature does not match the configured secret.")


def _is_same(given: str, token: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.strip().encode())
