"""G9: a field that Jira does not show on the issue has no value, which is not an empty one."""

from typing import Any

from pdjira.model.mapping import FieldRule
from tests.builders import an_attribute
from tests.scenes.fields import BOTH, REGION, TEXT, TO_PAGERDUTY, Fields

KEPT = f"Jira does not show {TEXT} on OPS-1: the incident keeps its value."


class Hiding(Fields):
    """An administrator of Jira hides a field, or shows it again."""

    def __init__(self, rule: FieldRule, **changes: Any) -> None:
        super().__init__(rule, **changes)
        self._field = self.world.jira.model.world.fields[TEXT]

    def hide(self) -> None:
        model = self.world.jira.model
        model.set_on_screen("OPS", "10001", TEXT, shown=False)
        del model.world.fields[TEXT]

    def show(self) -> None:
        model = self.world.jira.model
        model.world.fields[TEXT] = self._field
        model.set_on_screen("OPS", "10001", TEXT, shown=True)

    def told(self) -> int:
        """How often it was said that the field is gone."""
        return self.world.timeline(self.incident).count(KEPT)

    def reads(self) -> int:
        return self.world.jira.calls["read_issue"]


def test_g9_a_field_that_leaves_the_issue_empties_nothing_and_is_said_once() -> None:
    life = Hiding(an_attribute(TEXT, REGION, BOTH))
    life.give("region", "eu")

    life.hide()
    life.hear_jira()
    life.hear_jira()

    assert life.custom("region") == "eu"
    assert life.told() == 1


def test_g9_a_field_that_is_hidden_is_not_asked_for_at_every_event() -> None:
    life = Hiding(an_attribute(TEXT, REGION, TO_PAGERDUTY), statuses={})
    life.hide()
    life.hear_jira()
    before = life.reads()

    life.hear("incident.escalated")
    life.hear("incident.escalated")

    assert life.reads() == before


def test_g9_a_field_that_is_shown_again_changes_nothing_before_it_is_changed() -> None:
    life = Hiding(an_attribute(TEXT, REGION, BOTH))
    life.give("region", "eu")
    life.hide()
    life.hear_jira()
    life.show()
    life.write(**{TEXT: "us"})

    life.hear_jira()
    at_first_sight = life.custom("region")
    life.edit(**{TEXT: "asia"})

    assert at_first_sight == "eu"
    assert life.custom("region") == "asia"


def test_g9_a_field_that_was_emptied_still_empties_the_incidents() -> None:
    life = Hiding(an_attribute(TEXT, REGION, BOTH))
    life.give("region", "eu")

    life.edit(**{TEXT: None})

    assert life.custom("region") is None
    assert life.told() == 0


def test_g9_what_pagerduty_changes_while_the_field_is_hidden_is_told() -> None:
    life = Hiding(an_attribute(TEXT, REGION, BOTH))
    life.hide()
    life.hear_jira()

    life.give("region", "eu")

    (note,) = life.notes()
    assert f"{TEXT} cannot be edited" in note
    assert life.custom("region") == "eu"
