"""G10: conditions on a mapping: urgency, priority, title."""

import pytest

from pdjira.model.incident import Reference
from pdjira.model.mapping import Conditions
from pdjira.sync.creation.rules import unmet
from tests.builders import an_incident


@pytest.mark.parametrize(
    ("conditions", "clause"),
    [
        (Conditions(), None),
        (Conditions(urgency=("high",)), None),
        (
            Conditions(urgency=("low",)),
            "its urgency is high, and conditions.urgency asks for low",
        ),
        (Conditions(priority_ids=("PP1", "PP2")), None),
        (
            Conditions(priority_ids=("PP2", "PP3")),
            "its priority is P1 (PP1), and conditions.priority_ids asks for PP2 or PP3",
        ),
        (
            Conditions(priority_ids=("none",)),
            "its priority is P1 (PP1), and conditions.priority_ids asks for none",
        ),
        (Conditions(title_matches="*DATABASE*"), None),
        (
            Conditions(title_matches="database"),
            'its title "The Database is full" does not match title_matches, database',
        ),
        (
            Conditions(urgency=("high",), title_matches="*web*"),
            'its title "The Database is full" does not match title_matches, *web*',
        ),
    ],
)
def test_g10_an_incident_meets_all_conditions_or_the_first_unmet_one_is_named(
    conditions: Conditions, clause: str | None
) -> None:
    incident = an_incident(title="The Database is full", priority=Reference(id="PP1", name="P1"))

    assert unmet(conditions, incident) == clause


def test_g10_an_incident_without_a_priority_matches_none() -> None:
    assert unmet(Conditions(priority_ids=("none",)), an_incident(priority=None)) is None
    assert unmet(Conditions(priority_ids=("PP1",)), an_incident(priority=None))
