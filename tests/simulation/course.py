"""What a walk is like: its seed, its mappings, and how rough it is."""

import os
import random
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.mapping import CreateMode, Mapping, PriorityRow
from tests.builders import a_const, a_mapping
from tests.sandbox.pagerduty.seed import PAYMENTS
from tests.simulation.weather import USUAL, Chances

MOST_AN_HOUR, MOST_OF_ALL = 2, 3
"""Where the brake is a trouble: what a mapping, and all of them, may open in an hour."""

PACES = (0.1, 0.2, 1.0)
ROWS = (
    PriorityRow(pagerduty_id="PP1", jira_id="1"),
    PriorityRow(pagerduty_id="PP2", jira_id="2"),
    PriorityRow(pagerduty_id="PP3", jira_id="3"),
    PriorityRow(pagerduty_id=None, jira_id="5"),
)


def _statuses(*statuses: tuple[str, str]) -> dict[IncidentStatus, Reference]:
    named = (Reference(id=id_, name=name) for id_, name in statuses)
    return dict(zip(IncidentStatus, named, strict=True))


THREE_STEPS = a_mapping(
    id="ops-bug",
    statuses=_statuses(("1", "Open"), ("3", "In Progress"), ("5", "Resolved")),
    resolved_statuses=(Reference(id="6", name="Closed"),),
    field_rules=(a_const("resolution", "Done"),),
    priorities=ROWS,
    jql="priority = Highest AND statusCategory != Done",
    max_incidents_per_hour=1_000,
    acknowledge_on_status=True,
)
ANY_TO_ANY = a_mapping(
    id="web-task",
    project=Reference(id="10200", name="WEB"),
    issue_type=Reference(id="10002", name="Task"),
    statuses=_statuses(("10000", "To Do"), ("3", "In Progress"), ("10001", "Done")),
    priorities=ROWS,
)
PAGING = a_mapping(
    id="web-pages",
    service=Reference(id=PAYMENTS, name="Payments"),
    project=Reference(id="10200", name="WEB"),
    issue_type=Reference(id="10002", name="Task"),
    create_issue=CreateMode.NEVER,
    statuses=_statuses(("10000", "To Do"), ("3", "In Progress"), ("10001", "Done")),
    priorities=ROWS,
    jql="priority in (Highest, High) AND statusCategory != Done",
    max_incidents_per_hour=1_000,
)
PAYMENTS_TASK = a_mapping(
    id="payments-task",
    service=Reference(id=PAYMENTS, name="Payments"),
    issue_type=Reference(id="10002", name="Task"),
    statuses=_statuses(("1", "Open"), ("3", "In Progress"), ("5", "Resolved")),
    resolved_statuses=(Reference(id="6", name="Closed"),),
    field_rules=(a_const("resolution", "Done"),),
    priorities=ROWS,
)
MAPPINGS = (THREE_STEPS, ANY_TO_ANY, PAGING, PAYMENTS_TASK)


class Trouble(StrEnum):
    """What a walk may have beside its weather."""

    CLOCKS = "clocks"
    LAG = "lag"
    OUTAGES = "outages"
    PLACES = "places"
    MAPPINGS = "mappings"
    BRAKE = "brake"


def drawn(seed: int) -> frozenset[Trouble]:
    """Every second walk has a trouble, in any mixture."""
    rng = random.Random(f"troubles {seed}")
    return frozenset(one for one in Trouble if rng.random() < 0.5)


def named(troubles: str) -> frozenset[Trouble]:
    """Those that a comma separates; `none`: none. Raises `ValueError` for an unknown one."""
    return frozenset(Trouble(one) for one in troubles.split(",") if one != "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a walk is like.

    `losses` is the share of webhooks that never arrive, `jira_webhooks` that of Jira's events that
    somebody wants, `pace` stretches the time between two steps (None: quick or slow, as the seed
    has it), `rests` is how many steps lie between two rests. `troubles` come beside its weather.
    """

    seed: int
    steps: int = 500
    pace: float | None = None
    rests: int = 250
    mappings: tuple[Mapping, ...] = field(default=MAPPINGS, repr=False)
    troubles: frozenset[Trouble] = frozenset()
    chances: Chances = USUAL
    losses: float = 0.0
    jira_webhooks: float = 0.3
    incidents: int = 40

    @property
    def rules(self) -> tuple[Mapping, ...]:
        """The mappings with the limits that they have in this walk."""
        if Trouble.BRAKE not in self.troubles:
            return self.mappings
        return tuple(replace(one, max_incidents_per_hour=MOST_AN_HOUR) for one in self.mappings)

    @property
    def stack_limit(self) -> int:
        """What all mappings together may open in an hour."""
        return MOST_OF_ALL if Trouble.BRAKE in self.troubles else 10_000

    @property
    def command(self) -> str:
        """What walks the same walk again."""
        losses = f" LOSSES={self.losses}" if self.losses else ""
        named = ",".join(sorted(self.troubles)) or "none"
        troubles = f" TROUBLES={named}" if self.troubles != drawn(self.seed) else ""
        return f"make simulate SEED={self.seed} STEPS={self.steps}{losses}{troubles}"

    @property
    def stretch(self) -> float:
        """What the time between two steps is multiplied by."""
        return self.pace or random.Random(f"pace {self.seed}").choice(PACES)


def fresh_seed() -> int:
    """A seed that nobody knows beforehand."""
    return int.from_bytes(os.urandom(4), "big")
