"""P20, G9: a sweep finds fields of an incident that were changed without anybody hearing of it."""

from pdjira.model.mapping import Mapping
from tests.builders import an_attribute
from tests.sandbox.pagerduty import custom_fields
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.fields import AREA, BOTH, REGION, TEXT, URGENCY, ruled
from tests.scenes.sweeps import a_swept_world, agreed, swept
from tests.world import World


def give(world: World, incident: str, value: str) -> None:
    change = {"name": "region", "value": value}
    custom_fields.set_values(world.pagerduty.model, incident, [change], by=RESPONDER)


def field_of(mapping: Mapping, field: str) -> object:
    """What a field holds after an urgency and a custom field were changed, unheard, and swept."""
    world = a_swept_world(mapping)
    incident = agreed(world)
    world.pagerduty.model.set_urgency(incident, "low", by=RESPONDER)
    give(world, incident, "eu")
    swept(world)
    world.work()
    return world.issues[0]["fields"][field]


def test_p20_a_lost_change_of_urgency_reaches_its_field() -> None:
    assert field_of(ruled(an_attribute(TEXT, URGENCY)), TEXT) == "low"


def test_p20_a_lost_change_of_a_custom_field_reaches_its_field() -> None:
    assert field_of(ruled(an_attribute(AREA, REGION, BOTH)), AREA) == "eu"


def test_g2_custom_fields_that_no_rule_names_are_no_reason_to_look() -> None:
    world = a_swept_world(ruled(an_attribute(TEXT, URGENCY)))
    give(world, agreed(world), "eu")

    assert swept(world).resynced == 0
