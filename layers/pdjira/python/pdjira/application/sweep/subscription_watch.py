"""Switches our webhook subscriptions on again where PagerDuty has switched them off."""

from dataclasses import dataclass

from pdjira.application.circuits import Breaker
from pdjira.application.ports.sweeps import Switch
from pdjira.errors import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionWatch:
    """Looks at the subscriptions that deliver to us."""

    switch: Switch
    breaker: Breaker

    def enable(self) -> int:
        """Switch on those that PagerDuty has disabled for a day, and count them.

        What it dropped in between, the sweep finds in the log. A person's switching off stands.
        Raises `Refused` where the key may not.
        """
        with self.breaker.call(Side.PAGERDUTY):
            found = self.switch.list_subscriptions()
        disabled = [one for one in found if one.is_ours and one.is_disabled and one.is_active]
        for one in disabled:
            with self.breaker.call(Side.PAGERDUTY):
                self.switch.enable(one.id)
        return len(disabled)
