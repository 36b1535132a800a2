"""A delivery of Jira comes in: prove the sender, store the signal, and only then say yes."""

import hmac
from dataclasses import dataclass, field
from typing import Protocol

from pdjira.model.message import SignalSink
from pdjira.webhooks.intake import Answer, admit
from pdjira.webhooks.jira_envelope import read_jira_delivery
from pdjira.webhooks.signature import is_signed_by_jira


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraWebhook:
    """How Jira proves itself: by the token of the URL, and by a signature where a secret is set.

    A token of None: no URL is in use.
    """

    token: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)


class JiraWebhooks(Protocol):
    """Where it is stored how Jira proves itself."""

    def current(self) -> JiraWebhook | None:
        """What is stored, at most 60 seconds old; None on a fresh stack."""

    def refreshed(self) -> JiraWebhook | None:
        """The same, read anew unless that was done in the last 5 seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JiraIntake:
    """Takes Jira's webhooks.

    Jira does not send again what was refused, and it switches nothing off. So a wrong proof is
    answered as what it is, and 503 is left for what a person here can fix. Only the issue's id is
    believed.
    """

    webhooks: JiraWebhooks
    queue: SignalSink

    def receive(self, body: bytes, signature: str | None, *, token: str) -> Answer:
        """Answer a delivery; `signature` is the header X-Hub-Signature, None if missing."""
        return admit(
            body,
            unproven=lambda: self._unproven(body, signature, token),
            read=lambda: read_jira_delivery(body),
            queue=self.queue,
        )

    def _unproven(self, body: bytes, signature: str | None, token: str) -> Answer | None:
        """Where the proof at hand does not match, the one that is stored by now may."""
        refusal = _refusal(self.webhooks.current(), body, signature, token)
        return refusal and _refusal(self.webhooks.refreshed(), body, signature, token)


def _refusal(
    webhook: JiraWebhook | None, body: bytes, signature: str | None, token: str
) -> Answer | None:
    if webhook is None:
        return Answer(status=503, says="Nothing is configured yet.")
    if webhook.token is None or not _is_same(token, webhook.token):
        return Answer(status=404, says="There is no such webhook.")
    if webhook.secret is None:
        return None
    if not signature:
        return Answer(status=401, says="The header X-Hub-Signature is missing.")
    if is_signed_by_jira(body, signature, webhook.secret):
        return None
    return Answer(status=401, says="The signature does not match the configured secret.")


def _is_same(given: str, token: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.strip().encode())
