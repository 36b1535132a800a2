"""A pressed Custom Incident Action comes in: prove the sender, store the request, then say yes."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from pdjira.application.webhooks.intake import Answer, SignalSink, WebhookSecrets, admit, unproven
from pdjira.domain.webhooks.envelope import read_action


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionIntake:
    """Takes Custom Incident Actions, which prove themselves by the token of a custom header.

    The answers are those to webhooks, and for the same reason: see `PagerDutyIntake`.
    """

    tokens: WebhookSecrets
    queue: SignalSink

    def receive(self, body: bytes, token: str | None, *, mapping_id: str) -> Answer:
        """Answer an action; `token` is the header X-Action-Token, None if missing."""
        return admit(
            body,
            unproven=lambda: self._unproven(token),
            read=lambda: read_action(body, mapping_id=mapping_id),
            queue=self.queue,
        )

    def _unproven(self, token: str | None) -> Answer | None:
        return unproven(
            self.tokens,
            token,
            is_proof=_is_any,
            says=(
                "No action token is configured yet.",
                "The header X-Action-Token is missing.",
                "The action token does not match the configured one.",
            ),
        )


def _is_any(given: str, tokens: Sequence[str]) -> bool:
    """Whether the token is one of those, each compared in constant time."""
    raw = given.strip().encode("utf-8", "replace")
    matches = [hmac.compare_digest(raw, token.strip().encode()) for token in tokens]
    return any(matches)
