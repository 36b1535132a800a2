"""PagerDuty's webhook subscriptions, as health and the sweep need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

OUR_PATH = "/webhooks/pagerduty"
"""How the URL ends to which PagerDuty has to deliver: the output `PagerDutyWebhookUrl`."""

EVERY_EVENT = "*"
"""Stands for all event types among those that a subscription names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A webhook subscription. `service_id` is None for one that is not of a single service."""

    id: str
    url: str
    events: frozenset[str]
    service_id: str | None
    is_active: bool
    is_disabled: bool

    @property
    def is_ours(self) -> bool:
        """Whether it delivers to us, as far as its URL tells."""
        return self.url.split("?")[0].rstrip("/").endswith(OUR_PATH)

    def tells_of(self, event_type: str) -> bool:
        """Whether events of this type were subscribed to."""
        return not self.events.isdisjoint({event_type, EVERY_EVENT})

    @property
    def works(self) -> bool:
        """Whether it delivers at present."""
        return self.is_active and not self.is_disabled


class Subscriptions(Protocol):
    """The webhook subscriptions of the account."""

    def list_subscriptions(self) -> Sequence[Subscription]:
        """All that the key may see. Raises `Refused` where it may see none."""
