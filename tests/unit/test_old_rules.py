"""G19: health warns while PagerDuty's own integration makes issues where a mapping does."""

from typing import Any

import pytest

from pdjira.errors import Refused, Temporary
from pdjira.health.checks import Check, Status
from pdjira.model.incident import Reference
from pdjira.model.mapping import CreateMode, Mapping
from tests.builders import a_mapping
from tests.fakes.health import Patient
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, jira_extension
from tests.world import World


def a_world(mapping: Mapping, *extensions: Any) -> World:
    world = World(mapping)
    world.pagerduty.model.extensions[:] = [*extensions]
    return world


def check(world: World) -> Check:
    checks = Patient(world, "secret").health.checks()
    (found,) = [one for one in checks if (one.area, one.name) == ("mappings", "old integration")]
    return found


def test_g19_a_service_with_two_integrations_needs_attention() -> None:
    found = check(a_world(a_mapping(), jira_extension(CHECKOUT)))

    assert found.status is Status.ATTENTION
    assert found.says == (
        "PagerDuty's Jira Server v3 integration makes issues for incidents of Checkout as well: "
        "each gets two."
    )
    assert "the gear of Checkout" in str(found.cure)


@pytest.mark.parametrize(
    "extension",
    [
        jira_extension(PAYMENTS),
        jira_extension(CHECKOUT, createIssueOnIncidentTrigger=False),
    ],
)
def test_g19_an_extension_that_makes_no_issues_there_is_well(extension: Any) -> None:
    assert check(a_world(a_mapping(), extension)).status is Status.OK


@pytest.mark.parametrize("mapping", [a_mapping(create_issue=CreateMode.MANUAL), None])
def test_g19_nothing_is_asked_while_no_mapping_makes_issues(mapping: Mapping | None) -> None:
    world = a_world(mapping or a_mapping(enabled=False), jira_extension(CHECKOUT))

    assert check(world).status is Status.OK
    assert world.pagerduty.calls["jira_extensions"] == 0


def test_g19_a_key_that_may_not_see_extensions_is_no_fault() -> None:
    world = a_world(a_mapping())
    world.plan.fail_next("pagerduty.jira_extensions", Refused("no", status=403))

    assert check(world).status is Status.OK


def test_g19_a_pagerduty_that_does_not_answer_leaves_it_unchecked() -> None:
    world = a_world(a_mapping(service=Reference(id=CHECKOUT, name="Checkout")))
    world.plan.fail_next("pagerduty.jira_extensions", Temporary("PagerDuty does not answer."))

    assert check(world).status is Status.UNCHECKED
