"""An incident whose issue has fields that follow it, or that it follows."""

from typing import Any

from pdjira.model.mapping import Direction, FieldRule, Mapping
from pdjira.model.signal import SignalKind
from tests.builders import a_const, three_statuses
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.world import Beyond
from tests.sandbox.pagerduty import custom_fields
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.lives import Both

TEXT, AREA, LABELS, TEAM, COST, URL, REGIONS, DAY, TIME = (
    f"customfield_{10000 + number}" for number in range(1, 10)
)
"""Fields of Jira, one of each kind."""
TITLE, URGENCY, STATUS = "incident_title", "incident_urgency", "incident_status"
REGION, TEAMS, PRICE = "custom_field:region", "custom_field:teams", "custom_field:cost"
BOTH, TO_PAGERDUTY = Direction.BOTH, Direction.TO_PAGERDUTY


def ruled(*rules: FieldRule, **changes: Any) -> Mapping:
    """A mapping with these rules, each among those of its direction."""
    there = tuple(rule for rule in rules if rule.direction is not TO_PAGERDUTY)
    return three_statuses(
        field_rules=(a_const("resolution", "Done"), *there),
        rules_to_pagerduty=tuple(rule for rule in rules if rule.direction is TO_PAGERDUTY),
        **changes,
    )


class Fields(Both):
    """An incident whose issue has fields that follow it, or that it follows."""

    def __init__(self, *rules: FieldRule, plan: FaultPlan | None = None, **changes: Any) -> None:
        super().__init__(ruled(*rules, **changes), plan=plan)

    def give(self, name: str, value: object, *, hear: bool = True) -> None:
        """Somebody gives a custom field of the incident a value."""
        model = self.world.pagerduty.model
        change = {"name": name, "value": value}
        custom_fields.set_values(model, self.incident, [change], by=RESPONDER)
        if hear:
            self.hear("incident.custom_field_values.updated")

    def write(self, **fields: Any) -> None:
        """Somebody edits the issue, and nobody hears of it yet."""
        self.world.jira.model.edit_issue("alice", "OPS-1", {"fields": fields})

    def custom(self, name: str) -> object:
        """What a custom field of the incident holds."""
        found = self.world.pagerduty.model.incident(self.incident).custom_fields
        return next((one["value"] for one in found if one["name"] == name), None)

    def urgency(self) -> str:
        return self.world.pagerduty.model.incident(self.incident).urgency

    def title(self) -> str:
        return self.world.pagerduty.model.incident(self.incident).title

    def resync(self) -> None:
        self._number += 1
        self.world.signal(self.incident, id=f"resync-{self._number}", kind=SignalKind.RESYNC)
        self.world.work()

    def kept(self) -> list[str]:
        """What was overwritten, as the comments keep it."""
        return [one for one in self.world.comments() if "Both sides were changed" in one]

    def all_writes(self) -> int:
        return self.writes() + self.world.pagerduty.calls["set_incident_field"]


FIRE = "\U0001f525"
WIDE = f"Disk {FIRE} full"
REPLACED = "Disk \ufffd full"
SAID = 'Jira\'s database does not hold characters such as emoji: each was replaced by "\ufffd".'


class Wide(Fields):
    """An incident's life with a Jira that does something to emoji."""

    def __init__(
        self, *rules: FieldRule, beyond: Beyond, plan: FaultPlan | None = None, **changes: Any
    ) -> None:
        super().__init__(*rules, plan=plan, **changes)
        self.world.jira.model.world.beyond = beyond

    def retitle(self, title: str = WIDE) -> None:
        self.world.pagerduty.model.set_title(self.incident, title, by=RESPONDER)
        self.hear("incident.escalated")
