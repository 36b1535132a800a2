"""The list of what is left turns green by what is stored and by what both sides say."""

from dataclasses import replace

from pdjira.connection.checklist import Milestones
from pdjira.connection.form import FieldProblem
from pdjira.errors import Temporary
from pdjira.health.webhooks import Proof
from pdjira.model.link import Activity
from tests.builders import a_mapping
from tests.scenes.connecting import JWT
from tests.scenes.connecting import SetupSite as Site
from tests.world import World


def test_what_is_stored_is_shown_at_once_and_both_sides_are_asked_after() -> None:
    site = Site()

    assert site.states()["connection"] == "Waiting"
    assert site.states(part="1")["connection"] == "Done"
    assert site.shown(look="1")["is_looked"]
    assert not site.shown()["is_looked"]


def test_a_fresh_stack_begins_with_the_connection_and_asks_nobody() -> None:
    site = Site(tree={})
    values = site.shown(part="1")

    assert values["next_step"] == 1
    assert not values["waits"]
    assert set(site.world.plan.calls) == {"mappings.in_force"}


def test_a_secret_that_lacks_something_is_to_be_entered() -> None:
    site = Site()
    site.rules.found = [FieldProblem(field="jira.url", says="is missing")]

    assert site.states()["connection"] == "To do"


def test_what_is_wrong_with_a_side_is_told() -> None:
    site = Site()
    site.patient.way.fails["connect"] = Temporary("It refused the connection.")

    (step,) = [step for step, _, _ in site.shown(part="1")["steps"] if step.name == "connection"]

    assert step.says == "Connection: It refused the connection."


def test_the_webhook_turns_green_once_a_delivery_is_proven_and_stays_so() -> None:
    site = Site()
    assert site.states(part="1")["webhook"] == "To do"
    made = site.webhook.make()
    assert site.states(part="1")["webhook"] == "Waiting"

    site.log.prove(Proof.SIGNATURE, site.world.clock(), of=made.id)

    assert site.states(part="1")["webhook"] == "Done"
    assert site.record.reached() == Milestones(webhook=site.world.clock())
    site.world.clock.forward(days=30)
    assert site.states()["webhook"] == "Done"


def test_what_pagerduty_does_not_tell_of_webhooks_is_said() -> None:
    site = Site()
    site.pagerduty._pagerduty.authenticated = False

    assert site.states(part="1")["webhook"] == "Does not work"


def test_the_first_incident_with_an_issue_turns_the_last_line_green() -> None:
    site = Site()
    assert site.states(part="1")["incident"] == "Waiting"

    without = Activity(
        incident_id="Q1",
        number=1,
        title="Checkout is slow",
        service="Checkout",
        url="https://acme.example/incidents/Q1",
        at=site.world.clock(),
        event="incident.triggered",
        says="Nothing yet.",
    )
    site.activities.put(without)
    assert site.states(part="1")["incident"] == "Waiting"
    site.activities.put(replace(without, issues={"ops-bug": "OPS-1"}))

    assert site.states(part="1")["incident"] == "Done"
    assert site.record.reached().incident == site.world.clock()
    assert site.states(part="1")["test"] == "Done"


def test_m2_the_second_step_tells_how_long_a_token_is_tried() -> None:
    site = Site(tree=JWT)
    assert site.states(part="1")["token"] == "Done"
    site.token.make()
    site.world.clock.forward(seconds=28)

    (step,) = [step for step, _, _ in site.shown(part="1")["steps"] if step.name == "token"]

    assert "15:00 left" in step.says
    site.trial.taken.add("a new token of ours")
    assert site.states(part="1")["token"] == "Done"


def test_a_webhook_that_was_proven_is_not_asked_for_again() -> None:
    site = Site()
    site.record.reach(Milestones(webhook=site.world.clock()))
    site.pagerduty._pagerduty.authenticated = False

    assert site.states(part="1")["webhook"] == "Done"


def test_without_a_mapping_no_incident_is_looked_for() -> None:
    site = Site(world=World(a_mapping(enabled=False)))

    assert site.states(part="1")["mapping"] == "To do"
    assert site.states(part="1")["incident"] == "Later"
