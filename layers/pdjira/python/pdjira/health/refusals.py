"""Whether deliveries are refused because nobody can prove them: counted from the webhooks' logs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pdjira.errors import PdjiraError
from pdjira.health.checks import Check, Status, ok, unanswered
from pdjira.model.ports import Clock
from pdjira.webhooks.intake import WebhookSecrets
from pdjira.webhooks.jira_intake import JiraWebhooks

DELIVERIES, PRESSES, OF_JIRA = "deliveries", "presses", "jira webhook"

COUNTED = timedelta(hours=24)


class Proof(StrEnum):
    """By what a sender is proven."""

    SIGNATURE = "signature"
    BUTTON = "button"
    JIRA = "jira"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How many were refused, and when. `is_whole`: nothing of the log was left unread."""

    count: int
    first: datetime
    last: datetime
    is_whole: bool = True


class DeliveryLog(Protocol):
    """What the webhooks have logged of their answers."""

    def refusals(self, proof: Proof, *, since: datetime) -> Refusals | None:
        """What was refused for want of the proof; None for nothing. Raises `Temporary`."""

    def is_proven(self, proof: Proof, *, since: datetime) -> bool:
        """Whether a delivery was proven and stored, as far as can be seen in a few seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What people call it, and the cure; `one` and `many` follow the numbers."""

    name: str
    one: str
    many: str
    cure: str


_KINDS = {
    Proof.SIGNATURE: _Kind(
        name=DELIVERIES,
        one="delivery refused {}: its signature matches none of webhook_secrets",
        many="deliveries refused {}: their signature matches none of webhook_secrets",
        cure="Put the secret of PagerDuty's webhook into pagerduty.webhook_secrets of the "
        "connection secret. PagerDuty shows it only once: if you do not have it, make a second "
        "webhook with the same URL, scope and events, add its secret, and delete the first. What "
        "was refused comes again by itself.",
    ),
    Proof.BUTTON: _Kind(
        name=PRESSES,
        one="press of a button refused {}: its X-Action-Token is not action_token",
        many="presses of buttons refused {}: their X-Action-Token is not action_token",
        cure="Write the text of pagerduty.action_token into the header X-Action-Token of every "
        "button (the extension in PagerDuty). What was refused comes again by itself.",
    ),
    Proof.JIRA: _Kind(
        name=OF_JIRA,
        one="delivery of Jira refused {}: its URL does not end with webhook_token, or its "
        "signature is not that of webhook_secret",
        many="deliveries of Jira refused {}: their URL does not end with webhook_token, or their "
        "signature is not that of webhook_secret",
        cure="Enter in Jira's webhook the output JiraWebhookUrl with a slash and "
        "jira.webhook_token at the end, and jira.webhook_secret as its secret. The poll finds what "
        "was refused.",
    ),
}


_PROVEN_SINCE = (
    "Others were proven since (times in UTC): these came from a stranger, or from a second sender "
    "with another secret."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDeliveries:
    """Looks for what was refused in the last 24 hours, where there is something to prove it by."""

    secrets: WebhookSecrets
    action_token: WebhookSecrets
    jira: JiraWebhooks
    log: DeliveryLog
    clock: Clock

    def checks(self) -> Iterator[Check]:
        """A check for each way to prove oneself that is set up."""
        if self.secrets.current():
            yield self._check(Proof.SIGNATURE)
        if self.action_token.current():
            yield self._check(Proof.BUTTON)
        webhook = self.jira.current()
        if webhook and webhook.token:
            yield self._check(Proof.JIRA)

    def _check(self, proof: Proof) -> Check:
        try:
            return self._look(proof, _KINDS[proof])
        except PdjiraError as error:
            return unanswered("webhooks", _KINDS[proof].name, error)

    def _look(self, proof: Proof, kind: _Kind) -> Check:
        found = self.log.refusals(proof, since=self.clock() - COUNTED)
        if found is None:
            return ok("webhooks", kind.name, "Nothing was refused in the last 24 hours.")
        says = _told(found, kind)
        if self.log.is_proven(proof, since=found.last):
            return ok("webhooks", kind.name, f"{says}. {_PROVEN_SINCE}")
        return Check(
            area="webhooks",
            name=kind.name,
            status=Status.ATTENTION,
            says=f"{says}. None was proven since (times in UTC).",
            cure=kind.cure,
        )


def _told(found: Refusals, kind: _Kind) -> str:
    first, last = f"{found.first:%H:%M}", f"{found.last:%H:%M}"
    least = "" if found.is_whole else "At least "
    if found.count == 1:
        return f"{least}1 {kind.one.format(f'at {last}')}"
    return f"{least}{found.count} {kind.many.format(f'since {first}, the last at {last}')}"
