"""What the use cases may rely on of custom fields: the fake and the adapter keep the promises."""

import pytest

from pdjira.errors import NotFound, Refused, Temporary
from pdjira.mappings.offers import FieldOffer
from pdjira.mappings.ports import PagerDutyCatalogue
from pdjira.model.incident import IncidentChange, IncidentField
from tests.contract.pagerduty_sides import OverHttp, Side, client, connection, opened
from tests.contract.wire_double import answer, serving
from tests.fakes.catalogue import FakePagerDutyCatalogue
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty import custom_fields, seed


@pytest.fixture
def side(pagerduty_side: Side) -> Side:
    return pagerduty_side


def catalogue_of(side: Side) -> PagerDutyCatalogue:
    if isinstance(side.port, FakePagerDuty):
        return FakePagerDutyCatalogue(side.port)
    assert isinstance(side, OverHttp)
    return client(lambda: side.connection).catalogue()


def given(side: Side, incident_id: str, **values: object) -> None:
    changes = [{"name": name, "value": value} for name, value in values.items()]
    custom_fields.set_values(side.model, incident_id, changes, by=seed.RESPONDER)


def test_g9_the_custom_fields_of_an_incident_come_by_name_the_empty_ones_too(side: Side) -> None:
    incident = opened(side)
    given(side, incident, region="eu", teams=["web", "pay"], cost=42.0, public=True)

    fields = side.port.incident_fields(incident)

    assert fields["region"] == IncidentField(name="region", value="eu")
    assert fields["teams"] == IncidentField(name="teams", several=True, value=("web", "pay"))
    assert fields["cost"] == IncidentField(name="cost", data_type="float", value="42")
    assert fields["public"] == IncidentField(name="public", data_type="boolean", value="true")
    assert fields["due"] == IncidentField(name="due", data_type="datetime", value=None)
    assert "impact" not in fields


def test_g9_a_field_is_written_by_its_name_and_tells_what_it_then_holds(side: Side) -> None:
    incident = opened(side)

    fields = side.port.set_incident_field(incident, "due", "2026-11-24T03:00:00Z")
    emptied = side.port.set_incident_field(incident, "due", None)

    assert fields["due"].value == "2026-11-24T03:00:00Z"
    assert emptied["due"].value is None


def test_g9_writing_the_same_again_tells_of_no_change(side: Side) -> None:
    incident = opened(side)
    side.port.set_incident_field(incident, "region", "eu")
    before = len(side.model.events)

    side.port.set_incident_field(incident, "region", "eu")

    assert len(side.model.events) == before


def test_g9_what_a_field_does_not_take_is_refused(side: Side) -> None:
    incident = opened(side)

    for name, value in (("environment", "nowhere"), ("region", "x" * 256), ("nonesuch", "x")):
        with pytest.raises(Refused):
            side.port.set_incident_field(incident, name, value)


def test_g9_an_account_without_custom_fields_refuses(side: Side) -> None:
    incident = opened(side)
    side.model.has_custom_fields = False

    with pytest.raises(Refused):
        side.port.incident_fields(incident)
    with pytest.raises(Refused):
        side.port.set_incident_field(incident, "region", "eu")
    assert catalogue_of(side).custom_fields(["region"]) is None


def test_g9_the_fields_of_an_incident_that_is_gone_are_not_found(side: Side) -> None:
    with pytest.raises(NotFound):
        side.port.incident_fields("QNONE")
    with pytest.raises(NotFound):
        side.port.set_incident_field("QNONE", "region", "eu")


def test_g9_the_urgency_of_an_incident_is_changed(side: Side) -> None:
    incident = opened(side)

    side.port.change_incident(incident, IncidentChange(urgency="low"))

    assert side.model.incident(incident).urgency == "low"


def test_g9_custom_fields_are_offered_with_their_kind_and_options(side: Side) -> None:
    offers = catalogue_of(side).custom_fields(["region", "environment", "teams"])

    assert offers is not None
    assert offers["region"] == FieldOffer(name="region")
    assert offers["environment"].options == ("production", "staging")
    assert offers["teams"].several
    assert offers["customers"].data_type == "integer"


def test_g9_a_field_of_another_incident_type_is_offered_as_well(side: Side) -> None:
    offers = catalogue_of(side).custom_fields(["impact"])

    assert offers is not None
    assert offers["impact"].data_type == "string"


# ---- on the wire


def test_g9_a_key_that_may_not_see_custom_fields_is_refused() -> None:
    body = '{"error": {"message": "Forbidden", "code": 2010}}'

    with serving(answer(403, body)) as stage, pytest.raises(Refused):
        client(lambda: connection(stage.url)).catalogue().custom_fields(["region"])


def test_g9_an_answer_without_custom_fields_is_temporary() -> None:
    with serving(answer(200, "{}")) as stage, pytest.raises(Temporary):
        client(lambda: connection(stage.url)).incident_fields("Q")


def test_g9_fields_that_are_switched_off_or_badly_formed_are_not_offered() -> None:
    rows = (
        '{"name": "off", "enabled": false}, {"id": "P"}, 7,'
        '{"name": "odd", "field_type": "multi_value_fixed", "field_options": [7, {"data": null}]},'
        '{"name": "none", "field_type": "single_value_fixed"}'
    )

    with serving(answer(200, f'{{"fields": [{rows}]}}')) as stage:
        offers = client(lambda: connection(stage.url)).catalogue().custom_fields([])

    assert offers == {
        "odd": FieldOffer(name="odd", several=True, options=()),
        "none": FieldOffer(name="none", options=()),
    }
