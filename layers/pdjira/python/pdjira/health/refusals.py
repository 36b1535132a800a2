"""Whether deliveries are refused because nobody can prove them: counted from the webhooks' logs."""

from collections.abc import Iterator, Sequence
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
    """When deliveries were refused, the earliest first; since `read_from` these are all."""

    times: tuple[datetime, ...]
    read_from: datetime


class DeliveryLog(Protocol):
    """What the webhooks have logged of their answers. Both raise `Temporary`."""

    def refusals(self, proof: Proof, *, since: datetime) -> Refusals:
        """What was refused for want of the proof, as far as a few seconds reach."""

    def is_proven(self, proof: Proof, *, since: datetime) -> bool | None:
        """Whether a delivery was proven and stored; None where a few seconds did not tell."""


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

_UNTOLD = (
    "Whether any was proven since is not known: the webhook's log since then is too long to be "
    "read in a few seconds (times in UTC)."
)

_UNREAD = (
    "The log of the webhook is too long to be read in a few seconds: what was refused in the last "
    "24 hours, but before {} UTC, is not known."
)

_ON_THE_DASHBOARD = (
    "Look at *Deliveries refused or not stored* on the stack's dashboard: it counts all of them."
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
        since = self.clock() - COUNTED
        found = self.log.refusals(proof, since=since)
        unread = "" if found.read_from <= since else _UNREAD.format(f"{found.read_from:%H:%M}")
        if not found.times:
            return _none_found(kind, unread)
        is_proven = self.log.is_proven(proof, since=found.times[-1])
        says = f"{'At least ' if unread else ''}{_told(found.times, kind)}."
        if is_proven is False:
            says = f"{says} None was proven since (times in UTC)."
            return _check(kind, Status.ATTENTION, says, kind.cure)
        if is_proven is None:
            return _check(kind, Status.UNCHECKED, f"{says} {_UNTOLD}", kind.cure)
        if unread:
            return _check(
                kind, Status.UNCHECKED, f"{says} {_PROVEN_SINCE} {unread}", _ON_THE_DASHBOARD
            )
        return ok("webhooks", kind.name, f"{says} {_PROVEN_SINCE}")


def _none_found(kind: _Kind, unread: str) -> Check:
    if not unread:
        return ok("webhooks", kind.name, "Nothing was refused in the last 24 hours.")
    return _check(kind, Status.UNCHECKED, f"No refusal was found. {unread}", _ON_THE_DASHBOARD)


def _check(kind: _Kind, status: Status, says: str, cure: str) -> Check:
    return Check(area="webhooks", name=kind.name, status=status, says=says, cure=cure)


def _told(times: Sequence[datetime], kind: _Kind) -> str:
    first, last = f"{times[0]:%H:%M}", f"{times[-1]:%H:%M}"
    if len(times) == 1:
        return f"1 {kind.one.format(f'at {last}')}"
    return f"{len(times)} {kind.many.format(f'since {first}, the last at {last}')}"
