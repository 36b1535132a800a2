"""G19: a rule becomes a mapping that is off; it is put in force once the old one is off."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.admin.mapping_edits import Blocked, MappingEdits, Overtaken, Saved
from pdjira.admin.moving_over import MovingOver
from pdjira.errors import Misconfigured
from pdjira.mappings.moving import Moving
from pdjira.mappings.moving_rules import OldRule
from tests.builders import FakeClock
from tests.fakes.catalogue import fake_mapping_check
from tests.fakes.history import FakeDrafts, FakeVersions
from tests.fakes.jira import FakeJira
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, jira_extension

ID = "v3-PEXT001"


class Office:
    """Both sides, the table with its drafts, and what moves services between them."""

    def __init__(self) -> None:
        self.jira, self.pagerduty = FakeJira(), FakePagerDuty()
        self.items, self.drafts = FakeMappingItems(), FakeDrafts()
        self.pagerduty.model.extensions[:] = [jira_extension(resolvedStatus=None)]

    @property
    def over(self) -> MovingOver:
        check = fake_mapping_check(self.jira, self.pagerduty, clock=FakeClock())
        moving = Moving(items=self.items, jira=check.jira, pagerduty=check.pagerduty)
        edits = MappingEdits(
            items=self.items,
            versions=FakeVersions(),
            drafts=self.drafts,
            check=check,
            clock=FakeClock(),
        )
        return MovingOver(moving=moving, edits=edits)

    def rule(self) -> OldRule:
        """The first rule that PagerDuty tells."""
        return self.over.moving.from_pagerduty()[0]

    def taken(self) -> "Office":
        """With its rule taken over."""
        assert isinstance(self.over.take_over(self.rule(), by="Ana"), Saved)
        return self

    def require_labels(self) -> None:
        self.jira.model.set_required("10100", "10001", "labels", required=True)

    @property
    def stored(self) -> Any:
        return self.items.store[ID]


def test_g19_a_rule_is_taken_over_switched_off_and_no_other_with_it() -> None:
    office = Office()
    office.pagerduty.model.extensions[:] = [jira_extension(CHECKOUT, PAYMENTS, resolvedStatus=None)]

    office.over.take_over(office.rule(), by="Ana")

    (item,) = office.items.store.values()
    assert (item["id"], item["enabled"]) == (f"{ID}-{CHECKOUT}", False)


def test_g19_a_rule_that_is_taken_over_already_is_left_as_it_is() -> None:
    office = Office().taken()
    office.stored["name"] = "Mine"

    with pytest.raises(Misconfigured, match="left as it is") as raised:
        office.over.take_over(office.rule(), by="Ana")

    assert raised.value.cure
    assert office.stored["name"] == "Mine"


def test_g19_a_rule_that_no_table_takes_is_told_and_nothing_is_kept() -> None:
    office = Office()
    rule = office.rule()
    item = {**rule.item, "name": "x" * 400_000}

    with pytest.raises(
        Misconfigured, match="cannot be kept: name is too long: it has 401 KB"
    ) as raised:
        office.over.take_over(replace(rule, item=item), by="Ana")

    assert raised.value.cure == "Shorten it there, and read the rules again."
    assert office.drafts.find(ID) is None


def test_g19_a_rule_with_errors_is_taken_over_as_a_draft() -> None:
    office = Office()
    office.require_labels()

    outcome = office.over.take_over(office.rule(), by="Ana")

    assert isinstance(outcome, Blocked)
    assert outcome.blocking
    draft = office.drafts.find(ID)
    assert draft
    assert draft.changed.by == "Ana"
    assert office.items.store == {}
    with pytest.raises(Misconfigured):
        office.over.look("v3-NOWHERE")
    assert office.over.look(ID).draft == draft


def test_g19_a_mapping_is_not_put_in_force_while_the_extension_still_makes_issues() -> None:
    office = Office().taken()

    with pytest.raises(Misconfigured) as raised:
        office.over.put_in_force(ID, is_off_there=False, by="Ana")

    assert "each would get a second one" in raised.value.says
    assert "the gear of Checkout" in str(raised.value.cure)
    assert office.stored["enabled"] is False


def test_g19_a_mapping_is_put_in_force_once_the_extension_makes_no_more_issues() -> None:
    office = Office().taken()
    office.pagerduty.model.extensions.clear()

    outcome = office.over.put_in_force(ID, is_off_there=False, by="Ana")

    assert isinstance(outcome, Saved)
    assert office.stored["enabled"] is True


def test_g19_a_mapping_is_put_in_force_where_a_person_says_that_the_rule_is_off() -> None:
    office = Office().taken()

    office.over.put_in_force(ID, is_off_there=True, by="Ana")

    assert office.stored["enabled"] is True


def test_g19_a_mapping_that_somebody_changes_meanwhile_is_left_to_them() -> None:
    office = Office().taken()
    office.items.meanwhile.append(lambda: office.stored.update(name="Theirs"))

    outcome = office.over.put_in_force(ID, is_off_there=True, by="Ana")

    assert isinstance(outcome, Overtaken)
    assert office.stored["enabled"] is False


def test_g19_what_is_only_a_draft_is_not_put_in_force() -> None:
    office = Office()
    office.require_labels()
    office.over.take_over(office.rule(), by="Ana")

    with pytest.raises(Misconfigured, match="mended") as raised:
        office.over.put_in_force(ID, is_off_there=True, by="Ana")

    assert raised.value.cure


def test_g19_a_mapping_with_errors_is_not_put_in_force() -> None:
    office = Office().taken()
    office.require_labels()

    outcome = office.over.put_in_force(ID, is_off_there=True, by="Ana")

    assert isinstance(outcome, Blocked)
    assert office.stored["enabled"] is False
