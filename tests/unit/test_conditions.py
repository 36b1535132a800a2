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
        (Conditions(urgency=("low",)), "its urgency is high"),
        (Conditions(priority_ids=("PP1", "PP2")), None),
        (Conditions(priority_ids=("PP2",)), "its priority is P1"),
        (Conditions(priority_ids=("none",)), "its priority is P1"),
        (Conditions(title_matches="*DATABASE*"), None),
        (Conditions(title_matches="database"), "its title does not match database"),
        (Conditions(urgency=("high",), title_matches="*web*"), "its title does not match *web*"),
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
