"""Whether events reach us: what PagerDuty delivers, and whether it can prove itself to us."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pdjira.errors import Refused
from pdjira.health.checks import Check, Inspection, Status, ok
from pdjira.health.refusals import DELIVERIES, RefusedDeliveries
from pdjira.model.mapping import CreateMode, Mapping
from pdjira.model.ports import Mappings
from pdjira.sweep.ports import OUR_PATH, Subscription, Subscriptions
from pdjira.sync.fields.following import names_custom_fields
from pdjira.webhooks.intake import WebhookSecrets

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


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookHealth:
    """Looks at what PagerDuty delivers. `action_token` proves its buttons."""

    secrets: WebhookSecrets
    action_token: WebhookSecrets
    subscriptions: Subscriptions
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
            yield ok("webhooks", "secrets", f"{count} webhook secret(s) are configured.")
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
            found = self.subscriptions.list_subscriptions()
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


def _subscription_checks(
    found: Sequence[Subscription], mappings: Sequence[Mapping]
) -> Iterator[Check]:
    ours = [one for one in found if one.is_ours]
    if not ours:
        yield _warn(
            f"No webhook subscription has a URL that ends in {OUR_PATH}: PagerDuty delivers no "
            "event to us, unless something in between forwards them.",
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
        yield ok("webhooks", "subscriptions", f"{len(working)} webhook subscription(s) deliver.")
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
    return Check(area="webhooks", name="subscriptions", status=status, says=says, cure=cure)
