"""Whether events reach us: what both sides deliver, can prove, and had refused."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pdjira.errors import PdjiraError, Refused
from pdjira.health.checks import Check, Inspection, Status, is_fault, ok, unanswered
from pdjira.model.mapping import CreateMode, Mapping
from pdjira.model.ports import Clock, Mappings
from pdjira.sweep.ports import OUR_PATH, Subscription
from pdjira.sync.fields.rules import names_custom_fields
from pdjira.text.plain_text import counted
from pdjira.webhooks.intake import JiraWebhooks, WebhookSecrets

DELIVERIES, PRESSES, OF_JIRA = "deliveries", "presses", "jira webhook"

COUNTED, COUNTED_LATELY = timedelta(hours=24), timedelta(minutes=15)

WORKFLOW_STARTED = "incident.workflow.started"

FIELDS_UPDATED = "incident.custom_field_values.updated"

EVENTS = frozenset(
    f"incident.{name}"
    for name in (
        "triggered",
        "acknowledged",
        "unacknowledged",
        "resolved",
        "reopened",
        "priority_updated",
        "annotated",
        "status_update_published",
    )
)
"""Event types without which something is missed until the incident's next event."""


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

    def is_proven(
        self, proof: Proof, *, since: datetime, subscription: str | None = None
    ) -> bool | None:
        """Whether a delivery was proven and stored; None where a few seconds did not tell.

        `subscription`: one of that webhook subscription of PagerDuty.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What people call it, and the cure; `one` and `many` follow the numbers."""

    name: str
    one: str
    many: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDeliveries:
    """Looks for what was refused in the last 24 hours, where there is something to prove it by."""

    secrets: WebhookSecrets
    action_token: WebhookSecrets
    jira: JiraWebhooks
    log: DeliveryLog
    clock: Clock

    def lately(self) -> Check | None:
        """Whether events of PagerDuty are refused now; None where that is not so or not known."""
        with suppress(PdjiraError):
            if self.secrets.current():
                found = self._look(Proof.SIGNATURE, _KINDS[Proof.SIGNATURE], COUNTED_LATELY)
                return found if is_fault(found) else None
        return None

    def is_proven_since(self, since: datetime) -> bool:
        """Whether an event of PagerDuty was proven since then, as far as that can be told."""
        with suppress(PdjiraError):
            return self.log.is_proven(Proof.SIGNATURE, since=since) is True
        return False

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

    def _look(self, proof: Proof, kind: _Kind, counted_in: timedelta = COUNTED) -> Check:
        since = self.clock() - counted_in
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookHealth:
    """Looks at what PagerDuty delivers. `action_token` proves its buttons."""

    secrets: WebhookSecrets
    action_token: WebhookSecrets
    subscriptions: Callable[[], Sequence[Subscription]]
    mappings: Mappings
    refused: RefusedDeliveries

    def checks(self) -> Iterator[Check]:
        """The checks; subscriptions that cannot be asked for stay unchecked."""
        steps = (
            Inspection(area="webhooks", name="secrets", look=self._secrets),
            Inspection(area="webhooks", name="buttons", look=self._buttons),
            Inspection(area="webhooks", name=DELIVERIES, look=self.refused.checks),
            Inspection(
                area="webhooks",
                name="subscriptions",
                look=self._subscriptions,
                fails=Status.UNCHECKED,
            ),
        )
        for step in steps:
            yield from step.checks()

    def _secrets(self) -> Iterator[Check]:
        count = len(self.secrets.refreshed())
        if count:
            are = counted(count, "webhook secret is", "webhook secrets are")
            yield ok("webhooks", "secrets", f"{are} configured.")
            return
        yield Check(
            area="webhooks",
            name="secrets",
            status=Status.BROKEN,
            says="No webhook secret is configured: every webhook of PagerDuty is answered 503.",
            cure="Put the secret that PagerDuty showed when the webhook was made into "
            "pagerduty.webhook_secrets of the connection secret.",
        )

    def _buttons(self) -> Iterator[Check]:
        if self.action_token.refreshed():
            yield ok("webhooks", "buttons", "A token for PagerDuty's buttons is configured.")
            return
        stuck = [mapping.id for mapping in self.mappings.in_force() if _needs_button(mapping)]
        if not stuck:
            yield ok("webhooks", "buttons", "No mapping needs a button of PagerDuty.")
            return
        yield Check(
            area="webhooks",
            name="buttons",
            status=Status.ATTENTION,
            says=f"Nobody can ask for an issue of {', '.join(stuck)}: no pagerduty.action_token is "
            "set, and no workflow is named in manual_workflow_ids.",
            cure="Set pagerduty.action_token and make a button with it, or name a workflow; "
            "docs/guide/which-incidents.md, By hand, shows both.",
        )

    def _subscriptions(self) -> Iterator[Check]:
        try:
            found = self.subscriptions()
        except Refused as error:
            yield _warn(
                "The API key may not read webhook subscriptions, so that they could not be looked "
                "at.",
                cure=error.cure or "Use an API key with full access, or look in PagerDuty.",
            )
            return
        yield from _subscription_checks(found, self.mappings.in_force())


def _needs_button(mapping: Mapping) -> bool:
    return mapping.create_issue is CreateMode.MANUAL and not mapping.manual_workflow_ids


class Repair(StrEnum):
    """What the stack can do itself where events do not reach it."""

    MAKE = "make"
    SWITCH_ON = "on"
    ROTATE = "rotate"


def repair_of(check: Check) -> Repair | None:
    """What cures it, where that is ours to do."""
    if not is_fault(check) or check.area != "webhooks":
        return None
    if check.name == DELIVERIES:
        return Repair.ROTATE
    if check.name != SUBSCRIPTIONS:
        return None
    if check.says.startswith(_NONE_OF_OURS):
        return Repair.MAKE
    return Repair.SWITCH_ON if _OFF.search(check.says) else None


SUBSCRIPTIONS = "subscriptions"

_NONE_OF_OURS = "No webhook subscription has a URL"

_OFF = re.compile(r"switched (?:our webhook )?off")


def _subscription_checks(
    found: Sequence[Subscription], mappings: Sequence[Mapping]
) -> Iterator[Check]:
    ours = [one for one in found if one.is_ours]
    if not ours:
        yield _warn(
            f"{_NONE_OF_OURS} that ends in {OUR_PATH}: PagerDuty delivers no event to us, unless "
            "something in between forwards them.",
            cure="Make one in PagerDuty (Integrations > Generic Webhooks) for the output "
            "PagerDutyWebhookUrl.",
        )
    elif not any(one.works for one in ours):
        yield _not_working(ours)
    else:
        yield from _gaps([one for one in ours if one.works], ours, mappings)


def _not_working(ours: Sequence[Subscription]) -> Check:
    if any(one.is_disabled for one in ours):
        return _warn(
            "PagerDuty has switched our webhook off, because three deliveries in a row were "
            "dropped. What happens meanwhile is never delivered.",
            cure="Mend the cause (docs/run/on-call.md names the usual ones). The next sweep "
            "switches the webhook on and fetches what was dropped; `recover` reaches further back.",
            status=Status.BROKEN,
        )
    return _warn(
        "Our webhook is switched off in PagerDuty, so no event is delivered.",
        cure="Switch it on: Integrations > Generic Webhooks > the webhook.",
        status=Status.BROKEN,
    )


def _gaps(
    working: Sequence[Subscription], ours: Sequence[Subscription], mappings: Sequence[Mapping]
) -> Iterator[Check]:
    problems = [problem for mapping in mappings for problem in _gaps_of(mapping, working)]
    off = len(ours) - len(working)
    if off:
        problems.append(f"{off} of our {len(ours)} webhook subscriptions are switched off.")
    if not problems:
        deliver = counted(len(working), "subscription delivers", "subscriptions deliver")
        yield ok("webhooks", "subscriptions", f"{deliver} webhooks.")
        return
    yield _warn(
        " ".join(dict.fromkeys(problems)),
        cure="In PagerDuty, Integrations > Generic Webhooks > the webhook: correct its scope, its "
        "events, and switch it on.",
    )


def _gaps_of(mapping: Mapping, working: Sequence[Subscription]) -> Iterator[str]:
    service = mapping.service
    for_it = [one for one in working if one.service_id in {None, service.id}]
    if not for_it:
        yield f"No webhook subscription is for the service {service.name}."
        return
    needed = EVENTS | ({WORKFLOW_STARTED} if mapping.manual_workflow_ids else set())
    needed |= {FIELDS_UPDATED} if names_custom_fields(mapping) else set()
    lacking = [event for event in sorted(needed) if not any(it.tells_of(event) for it in for_it)]
    if lacking:
        names = ", ".join(lacking)
        yield f"Events of the service {service.name} are not subscribed to: {names}."


def _warn(says: str, *, cure: str, status: Status = Status.ATTENTION) -> Check:
    return Check(area="webhooks", name=SUBSCRIPTIONS, status=status, says=says, cure=cure)


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
