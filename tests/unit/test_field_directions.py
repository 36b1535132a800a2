"""G9, G3, G4, P13: fields of a mapping's rules follow later changes, each in its direction."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pdjira.errors import Ambiguous, Refused
from pdjira.model.mapping import Direction, SyncPeople
from pdjira.sync.fields.mapped_fields import mapped_fields_to_pagerduty
from pdjira.sync.fields.rules import following, watched
from pdjira.sync.situation import Situation
from pdjira.sync.step import ReadIssue
from pdjira.worker.consume import Done
from tests.builders import (
    NOW,
    a_const,
    a_link,
    a_signal,
    a_template,
    an_attribute,
    an_incident,
    an_issue,
)
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty import custom_fields
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.fields import (
    AREA,
    BOTH,
    COST,
    LABELS,
    PRICE,
    REGION,
    STATUS,
    TEAM,
    TEAMS,
    TEXT,
    TIME,
    TITLE,
    TO_PAGERDUTY,
    URGENCY,
    Fields,
    ruled,
)


def test_g9_a_field_follows_later_changes_of_the_incident() -> None:
    life = Fields(an_attribute(TEXT, STATUS), a_template(AREA, "It is {{ incident_status }}."))

    life.act("acknowledge")

    assert life.fields()[TEXT] == "acknowledged"
    assert life.fields()[AREA] == "It is acknowledged."


def test_g9_what_a_person_changed_in_jira_is_left_until_the_incident_changes() -> None:
    life = Fields(an_attribute(TEXT, STATUS))
    life.edit(**{TEXT: "mine"})
    life.hear("incident.escalated")
    before = life.fields()[TEXT]

    life.act("acknowledge")

    assert before == "mine"
    assert life.fields()[TEXT] == "acknowledged"
    (kept,) = life.kept()
    assert kept == (
        "[PagerDuty] Both sides were changed; PagerDuty's change wins. "
        'Jira had: Incident number "mine".'
    )


def test_g9_nothing_is_kept_in_a_comment_where_nobody_changed_the_field() -> None:
    life = Fields(an_attribute(TEXT, STATUS))

    life.act("acknowledge")
    life.act("resolve")

    assert life.fields()[TEXT] == "resolved"
    assert life.world.comments() == []


def test_g9_description_and_constants_have_no_later_changes() -> None:
    life = Fields(
        a_const(TEXT, "Fixed"),
        a_template(AREA, "No name in it"),
        a_template("description", "Now {{ incident_status }}"),
    )
    life.edit(**{TEXT: "mine", AREA: "mine too"})

    life.act("acknowledge")

    assert life.fields()["description"].startswith("Now triggered")
    assert (life.fields()[TEXT], life.fields()[AREA]) == ("mine", "mine too")
    assert life.world.jira.calls["update_issue"] == 0


def test_g9_a_rule_for_the_summary_follows_its_incident() -> None:
    life = Fields(a_template("summary", "[{{ incident_status }}] {{ incident_title }}"))

    life.act("acknowledge")

    assert life.fields()["summary"] == "[acknowledged] Checkout answers slowly"
    assert life.title() == "Checkout answers slowly"


def test_g9_a_description_that_stands_in_the_log_alone_empties_no_field_later() -> None:
    life = Fields(an_attribute(AREA, "incident_description"))
    life.write(**{AREA: "p99 is 8 s"})

    life.act("acknowledge")

    assert life.fields()[AREA] == "p99 is 8 s"


def test_g9_whom_it_was_assigned_to_stays_when_the_incident_is_resolved() -> None:
    life = Fields(an_attribute(TEXT, "incident_assignees"))

    life.act("resolve")

    assert life.fields()[TEXT] == "Ada Marsh"


def test_g9_a_value_that_is_taken_away_empties_its_field() -> None:
    life = Fields(an_attribute(TEXT, REGION), an_attribute(LABELS, TEAMS))
    life.give("region", "eu")
    life.give("teams", ["web", "pay"])
    before = life.fields()[TEXT], life.fields()[LABELS]

    life.give("region", None)
    life.give("teams", None)

    assert before == ("eu", ["pay", "web"])
    assert (life.fields()[TEXT], life.fields()[LABELS]) == (None, None)


def test_g9_a_field_that_the_edit_screen_lacks_is_told_once_and_the_others_are_written() -> None:
    life = Fields(
        an_attribute(TEXT, STATUS),
        an_attribute("customfield_99999", STATUS),
        an_attribute(AREA, STATUS),
    )

    life.act("acknowledge")
    life.act("resolve")

    assert (life.fields()[TEXT], life.fields()[AREA]) == ("resolved", "resolved")
    (note,) = life.notes()
    assert note.startswith("OPS-1 was not changed. customfield_99999 cannot be edited")


def test_g9_a_field_that_jira_refuses_is_told_once_and_the_others_are_written() -> None:
    life = Fields(an_attribute(TEAM, REGION), an_attribute(AREA, REGION))

    life.give("region", "nowhere")
    life.hear("incident.escalated")

    assert life.fields()[AREA] == "nowhere"
    (note,) = life.notes()
    assert "Option value 'nowhere' is not valid" in note


def test_g9_a_value_that_does_not_fit_the_field_is_said_and_not_tried_again() -> None:
    life = Fields(an_attribute(COST, STATUS))

    life.act("acknowledge")
    life.hear("incident.escalated")

    said = [one for one in life.world.timeline(life.incident) if "a decimal number" in one]
    assert len(said) == 2  # once when the issue was created, and once at the change
    assert life.world.jira.calls["update_issue"] == 0


def test_g9_of_several_rules_for_one_field_the_last_counts() -> None:
    life = Fields(an_attribute(TEXT, TITLE), an_attribute(TEXT, STATUS))

    life.act("acknowledge")

    assert life.fields()[TEXT] == "acknowledged"


@pytest.mark.parametrize("direction", [TO_PAGERDUTY, BOTH])
def test_g9_title_urgency_and_custom_fields_follow_the_issue(direction: Direction) -> None:
    life = Fields(
        an_attribute(TEXT, TITLE, direction),
        an_attribute(AREA, URGENCY, direction),
        an_attribute(COST, PRICE, direction),
        an_attribute(LABELS, TEAMS, direction),
    )

    life.edit(**{TEXT: "Checkout is down", AREA: "Low", COST: 42.5, LABELS: ["web", "pay"]})

    assert life.title() == "Checkout is down"
    assert life.fields()["summary"] == "Checkout is down"
    assert life.urgency() == "low"
    assert life.custom("cost") == 42.5
    assert life.custom("teams") == ["pay", "web"]
    says = life.world.timeline(life.incident)
    assert "Changed the title, as OPS-1 says." in says
    assert "Changed the urgency to low, as OPS-1 says." in says
    assert "Changed the custom field cost, as OPS-1 says." in says


def test_g9_what_an_issue_is_created_with_changes_nothing_in_pagerduty() -> None:
    life = Fields(
        an_attribute("priority", URGENCY, TO_PAGERDUTY), an_attribute(TEXT, REGION, TO_PAGERDUTY)
    )

    life.resync()

    assert life.fields()["priority"]["name"] == "Medium"
    assert life.urgency() == "high"
    assert life.all_writes() == 1  # the note that names the issue


def test_g9_to_pagerduty_alone_leaves_the_field_as_it_is() -> None:
    life = Fields(an_attribute(TEXT, REGION, TO_PAGERDUTY))
    life.edit(**{TEXT: "eu"})

    life.give("region", "us")

    assert life.fields()[TEXT] == "eu"
    assert life.custom("region") == "us"


def test_g9_to_jira_alone_leaves_the_incident_as_it_is() -> None:
    life = Fields(an_attribute(TEXT, REGION))
    life.give("region", "us")

    life.edit(**{TEXT: "eu"})

    assert (life.custom("region"), life.fields()[TEXT]) == ("us", "eu")


def test_g9_both_ways_follow_each_other() -> None:
    life = Fields(an_attribute(TEXT, REGION, BOTH))

    life.give("region", "us")
    there = life.fields()[TEXT]
    life.edit(**{TEXT: "eu"})
    back = life.custom("region")
    life.give("region", "us")

    assert (there, back, life.fields()[TEXT]) == ("us", "eu", "us")
    assert life.kept() == []


def test_p13_a_change_back_to_what_we_wrote_ourselves_counts() -> None:
    life = Fields(an_attribute(TEXT, REGION, BOTH))
    life.give("region", "us")
    life.edit(**{TEXT: "eu"})

    life.edit(**{TEXT: "us"})

    assert life.custom("region") == "us"


def test_g3_what_we_wrote_does_not_come_back() -> None:
    life = Fields(an_attribute(TEXT, REGION, BOTH), an_attribute(TIME, "custom_field:due", BOTH))
    life.edit(**{TEXT: "  eu \r\n", TIME: "2026-11-24T04:00:00.000+0100"})
    life.give("due", "2026-11-25T03:00:00+00:00")
    before = life.all_writes()

    life.hear("incident.custom_field_values.updated")
    life.hear_jira()
    life.resync()

    assert life.all_writes() == before
    assert life.custom("region") == "eu"
    assert life.fields()[TIME].startswith("2026-11-25T03:00:00")


def test_g9_white_space_alone_is_no_change() -> None:
    life = Fields(an_attribute(AREA, REGION, BOTH))
    life.give("region", "eu")
    before = life.all_writes()

    life.edit(**{AREA: "eu \r\n"})

    assert life.all_writes() == before


def test_g4_both_changed_pagerduty_wins_and_the_loser_is_kept() -> None:
    life = Fields(an_attribute(TEXT, REGION, BOTH))
    life.write(**{TEXT: "eu"})

    life.give("region", "us")
    life.resync()

    assert (life.fields()[TEXT], life.custom("region")) == ("us", "us")
    (kept,) = life.kept()
    assert 'Incident number "eu"' in kept


def test_g4_to_pagerduty_alone_jira_wins_and_the_loser_is_kept() -> None:
    life = Fields(an_attribute(TEXT, REGION, TO_PAGERDUTY))
    life.give("region", "us", hear=False)

    life.edit(**{TEXT: "eu"})
    life.resync()

    assert (life.fields()[TEXT], life.custom("region")) == ("eu", "eu")
    (kept,) = life.kept()
    assert kept == (
        "[PagerDuty] Both sides were changed; Jira's change wins. "
        'PagerDuty had: custom_field:region "us".'
    )


def test_g4_both_changed_to_the_same_nothing_is_lost() -> None:
    there = Fields(an_attribute(TEXT, REGION, BOTH))
    there.write(**{TEXT: "eu"})
    back = Fields(an_attribute(TEXT, REGION, TO_PAGERDUTY))
    back.give("region", "eu", hear=False)

    there.give("region", "eu")
    back.edit(**{TEXT: "eu"})

    for life in (there, back):
        assert life.world.comments() == []
        assert life.all_writes() == 1


@pytest.mark.parametrize(
    ("source", "target", "value", "says"),
    [
        (URGENCY, TEXT, "soon", "incident_urgency takes high or low"),
        (TITLE, TEXT, None, "incident_title cannot be empty"),
        ("custom_field:customers", TEXT, "many", "takes a number such as 42.5"),
        ("custom_field:runbook", TEXT, "here", "takes a URL"),
        ("custom_field:nonesuch", TEXT, "eu", "is no custom field of this incident"),
    ],
)
def test_g9_what_pagerduty_cannot_take_is_said_once(
    source: str, target: str, value: str | None, says: str
) -> None:
    life = Fields(an_attribute(target, source, TO_PAGERDUTY))
    life.edit(**{target: "0"})

    life.edit(**{target: value})
    life.resync()

    said = [one for one in life.world.timeline(life.incident) if says in one]
    assert len(said) >= 1
    assert life.notes() == []


def test_g9_what_pagerduty_refuses_is_told_once_and_the_others_are_written() -> None:
    life = Fields(
        an_attribute(TEXT, "custom_field:environment", TO_PAGERDUTY),
        an_attribute(AREA, REGION, TO_PAGERDUTY),
    )

    life.edit(**{TEXT: "nowhere", AREA: "eu"})
    life.resync()
    life.edit(**{TEXT: "staging"})

    assert life.custom("region") == "eu"
    assert life.custom("environment") == "staging"
    (note,) = life.notes()
    assert "environment must be one of its options" in note


def test_g9_an_account_without_custom_fields_is_told_once_and_nothing_else_is_held_back() -> None:
    plan = FaultPlan()
    life = Fields(an_attribute(TEXT, REGION, BOTH), an_attribute(AREA, STATUS), plan=plan)
    life.give("region", "eu")
    life.world.pagerduty.model.has_custom_fields = False

    life.act("acknowledge")
    life.edit(**{TEXT: "us"})
    life.resync()

    assert life.fields()[AREA] == "acknowledged"
    assert life.fields()[TEXT] == "us"
    (note,) = life.notes()
    assert "Access Denied" in note


def test_g9_an_issue_is_created_with_custom_fields_of_its_incident() -> None:
    life = Fields(an_attribute(TEXT, REGION), a_template(AREA, "In {{ custom_field:region }}"))
    model = life.world.pagerduty.model
    second = model.trigger("PABC123", "Second", by=RESPONDER)
    custom_fields.set_values(model, second.id, [{"name": "region", "value": "eu"}], by=RESPONDER)

    life.world.signal(second.id)
    life.world.work()

    fields = life.world.issues[1]["fields"]
    assert (fields[TEXT], fields[AREA]) == ("eu", "In eu")


def test_g9_without_custom_fields_the_issue_is_created_all_the_same() -> None:
    refused = Refused("Access Denied", status=403)
    plan = FaultPlan().fail(1, refused, method="pagerduty.incident_fields", times=99)

    life = Fields(an_attribute(TEXT, REGION), plan=plan)

    assert len(life.world.issues) == 1
    assert any(
        "did not give the custom fields" in one for one in life.world.timeline(life.incident)
    )


def test_g9_an_option_is_found_whatever_its_case() -> None:
    life = Fields(an_attribute(TEAM, REGION, BOTH))

    life.give("region", "platform")
    there = life.fields()[TEAM]["value"]
    life.edit(**{TEAM: {"value": "Search"}})

    assert there == "Platform"
    assert life.custom("region") == "Search"


def test_g9_the_markup_of_a_text_does_not_reach_pagerduty() -> None:
    life = Fields(an_attribute(AREA, REGION, TO_PAGERDUTY))

    life.edit(**{AREA: "*eu* {color:red}west{color}"})

    assert life.custom("region") == "eu west"


def test_r4_rules_to_jira_cost_no_call_until_the_incident_differs() -> None:
    plain, with_rules = Fields(), Fields(an_attribute(TEXT, TITLE), an_attribute(AREA, URGENCY))

    for life in (plain, with_rules):
        life.act("acknowledge")
        life.hear("incident.escalated")

    assert with_rules.world.jira.calls == plain.world.jira.calls
    assert with_rules.world.pagerduty.calls == plain.world.pagerduty.calls


def test_g9_links_of_before_get_a_baseline_and_nothing_is_written() -> None:
    life = Fields(an_attribute(TEXT, TITLE), an_attribute(AREA, REGION, BOTH))
    life.give("region", "eu", hear=False)
    life.write(**{AREA: "us"})
    links = life.world.links
    (link,) = links.of_incident(life.incident)
    links.save(replace(link, agreed=replace(link.agreed, fields={})))
    before = life.all_writes()

    life.resync()
    after = life.all_writes()
    life.edit(**{AREA: "asia"})

    assert after == before
    assert life.custom("region") == "asia"


def test_g9_what_follows_no_more_is_forgotten() -> None:
    life = Fields(an_attribute(TEXT, TITLE), an_attribute(AREA, URGENCY))

    life.world.mappings.put(ruled(an_attribute(TEXT, TITLE)))
    life.hear("incident.escalated")

    (link,) = life.world.links.of_incident(life.incident)
    assert set(link.agreed.fields) == {TEXT}


@pytest.mark.parametrize("method", ["jira.update_issue", "pagerduty.set_incident_field"])
@pytest.mark.parametrize("after", [True, False])
def test_g9_a_lost_answer_leaves_both_sides_agreed(method: str, *, after: bool) -> None:
    plan = FaultPlan()
    life = Fields(an_attribute(TEXT, REGION, BOTH), plan=plan)
    act: Callable[[], None] = (
        (lambda: life.give("region", "eu"))
        if method.startswith("jira")
        else (lambda: life.edit(**{TEXT: "eu"}))
    )
    plan.fail_next(method, Ambiguous("no answer"), after=after)

    act()
    life.resync()

    assert (life.custom("region"), life.fields()[TEXT]) == ("eu", "eu")
    assert life.world.comments() == []
    assert isinstance(life.world.outcomes[-1].verdict, Done)


def test_g9_a_field_that_falls_due_while_the_issue_is_at_hand_is_read_then() -> None:
    life = Fields(an_attribute(TEXT, TITLE), an_attribute(AREA, TITLE, TO_PAGERDUTY))

    life.edit(**{AREA: "Checkout is down"})

    assert life.fields()[TEXT] == "Checkout is down"


def test_g9_an_issue_that_cannot_be_read_holds_nothing_else_back() -> None:
    plan = FaultPlan()
    life = Fields(an_attribute(TEXT, TITLE), an_attribute(AREA, URGENCY, TO_PAGERDUTY), plan=plan)
    plan.fail(1, Refused("hidden", status=403), method="jira.read_issue", times=9)
    life.world.pagerduty.model.set_title(life.incident, "Checkout is down", by=RESPONDER)

    life.hear("incident.escalated")
    life.resync()

    assert isinstance(life.world.outcomes[-1].verdict, Done)
    assert life.urgency() == "high"


def test_g9_whom_people_are_carried_for_no_rule_follows() -> None:
    rule = an_attribute("assignee", "incident_assignees")

    assert "assignee" in following(ruled(rule))
    assert "assignee" not in following(ruled(rule, sync_people=SyncPeople(assignee=True)))


def test_g9_a_rule_that_leads_nowhere_follows_nothing() -> None:
    assert following(ruled(an_attribute(TEXT, "incident_number", TO_PAGERDUTY))) == {}
    assert watched(ruled(an_attribute(TEXT, "incident_number", BOTH))) == ()


def test_g9_where_no_status_follows_the_field_is_read_once_to_begin_with() -> None:
    life = Fields(an_attribute(TEXT, REGION, TO_PAGERDUTY), statuses={})
    reads = life.world.jira.calls["read_issue"]

    life.hear("incident.escalated")
    again = life.world.jira.calls["read_issue"]
    life.edit(**{TEXT: "eu"})

    assert (reads, again) == (1, 1)
    assert life.custom("region") == "eu"


def test_g9_a_field_that_cannot_be_read_to_begin_with_is_told() -> None:
    plan = FaultPlan().fail(1, Refused("hidden", status=403), method="jira.read_issue")

    life = Fields(an_attribute(TEXT, REGION, TO_PAGERDUTY), statuses={}, plan=plan)

    assert len(life.notes()) == 1
    assert isinstance(life.world.outcomes[-1].verdict, Done)


def test_g9_an_issue_that_was_read_without_its_fields_is_read_again() -> None:
    mapping = ruled(an_attribute(TEXT, URGENCY, TO_PAGERDUTY))
    link = a_link()
    situation = Situation(
        signal=a_signal(),
        now=NOW,
        incident=an_incident(),
        mapping=mapping,
        link=link,
        issue=an_issue(comments=()),
    )

    step = mapped_fields_to_pagerduty(situation, link, mapping)

    assert step == ReadIssue(with_comments=True)
