"""M20, P23: what a person writes before we have read back what Jira made of ours is a change."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.errors import Temporary
from pdjira.model.mapping import Direction, FieldRule
from pdjira.model.signal import SignalKind
from pdjira.sync.fields.rules import UNREAD
from tests.builders import an_attribute
from tests.sandbox.jira.world import Beyond
from tests.scenes.fields import BOTH, FIRE, LABELS, REGION, TEAMS, TEXT, WIDE, Wide

TO_JIRA = Direction.TO_JIRA


class Unread(Wide):
    """A life whose next change is written onto the issue, and for a while not read back."""

    def __init__(self, *rules: FieldRule, beyond: Beyond = Beyond.HELD) -> None:
        super().__init__(*rules, beyond=beyond)
        self._edit = self.world.jira.model.edit_issue

    def meanwhile(self, **fields: Any) -> None:
        """Right after our next write, somebody edits the issue, and Jira cannot be read."""

        def edit(account: str, issue_id: str, body: Any) -> None:
            self.world.jira.model.edit_issue = self._edit  # type: ignore[method-assign]
            self._edit(account, issue_id, body)
            if fields:
                self._edit("alice", issue_id, {"fields": fields})
            self.world.plan.fail_next("jira.read_issue", Temporary("busy"), times=2)

        self.world.jira.model.edit_issue = edit  # type: ignore[method-assign,assignment]

    def agreed(self) -> Any:
        """What both sides agree on."""
        return self.world.links.of_incident(self.incident)[0].agreed


@pytest.mark.parametrize("beyond", [Beyond.HELD, Beyond.REPLACED])
def test_a_summary_that_a_person_wrote_meanwhile_reaches_pagerduty(beyond: Beyond) -> None:
    life = Unread(beyond=beyond)
    life.meanwhile(summary="By Alice")

    life.retitle()
    life.hear_jira()

    assert life.title() == life.fields()["summary"] == "By Alice"


@pytest.mark.parametrize(
    ("target", "source", "value", "edited", "carried"),
    [
        (TEXT, REGION, f"{FIRE} eu", "us", "us"),
        (LABELS, TEAMS, [FIRE, "web"], ["web", "db"], ["db", "web"]),
        (LABELS, TEAMS, [f"a{FIRE}", "web"], [f"a{FIRE}"], [f"a{FIRE}"]),
    ],
)
def test_a_field_that_a_person_wrote_meanwhile_reaches_pagerduty(
    target: str, source: str, value: object, edited: object, carried: object
) -> None:
    life = Unread(an_attribute(target, source, BOTH))
    life.meanwhile(**{target: edited})

    name = source.removeprefix("custom_field:")
    life.give(name, value)
    life.hear_jira()

    found = life.custom(name)
    assert (sorted(found) if isinstance(found, list) else found) == carried


@pytest.mark.parametrize("beyond", [Beyond.HELD, Beyond.REPLACED])
def test_what_jira_made_of_it_is_still_no_change(beyond: Beyond) -> None:
    life = Unread(an_attribute(LABELS, TEAMS, BOTH), beyond=beyond)
    life.meanwhile()

    life.give(TEAMS.removeprefix("custom_field:"), [f"a{FIRE}", "web"])
    life.hear_jira()

    assert life.custom(TEAMS.removeprefix("custom_field:")) == [f"a{FIRE}", "web"]


def test_what_a_person_wrote_into_a_field_that_only_follows_is_kept_before_it_is_overwritten() -> (
    None
):
    life = Unread(an_attribute(TEXT, REGION, TO_JIRA))
    life.meanwhile(**{TEXT: "by Alice"})
    life.give(REGION.removeprefix("custom_field:"), f"{FIRE} eu")
    life.hear_jira()

    life.give(REGION.removeprefix("custom_field:"), "us")

    assert life.fields()[TEXT] == "us"
    assert any("by Alice" in one for one in life.world.comments())


def test_where_the_incident_has_changed_since_what_is_there_is_agreed_on() -> None:
    life = Unread(an_attribute(TEXT, "incident_title", BOTH), beyond=Beyond.REPLACED)
    life.meanwhile()
    life.retitle(WIDE)
    (link,) = life.world.links.of_incident(life.incident)
    fields = {TEXT: replace(link.agreed.fields[TEXT], incident="other", issue=UNREAD)}
    unread = replace(link.agreed, title="other", issue_title=UNREAD, fields=fields)
    life.world.links.save(replace(link, agreed=unread))

    life.world.signal(life.incident, id="late", kind=SignalKind.RESYNC, event_type=None)
    life.world.work()

    assert life.agreed().fields[TEXT].issue != UNREAD
    assert life.title() == WIDE


def test_a_rule_that_is_gone_hides_nothing() -> None:
    life = Unread(an_attribute(TEXT, REGION, BOTH))
    (link,) = life.world.links.of_incident(life.incident)
    fields = {"customfield_10006": replace(link.agreed.fields[TEXT], issue=UNREAD)}
    life.world.links.save(replace(link, agreed=replace(link.agreed, fields=fields)))

    life.hear_jira()

    assert UNREAD not in {known.issue for known in life.agreed().fields.values()}
