"""G5, P16: a missing right is named, and nothing else is blamed for it."""

import pytest

from pdjira.errors import Refused, naming
from pdjira.model.incident import IncidentStatus, Reference
from pdjira.model.rights import TABLE
from tests.builders import THREE_STATUSES, a_const, a_rule_item, three_statuses
from tests.fakes.catalogue import Judge
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.scenes.lives import Life

OPS = "10100"


def name_of(key: str) -> str:
    return next(right.name for right in TABLE if right.key == key)


@pytest.mark.parametrize(
    ("key", "target"),
    [
        ("SCHEDULE_ISSUES", "duedate"),
        ("MODIFY_REPORTER", "reporter"),
        ("ASSIGN_ISSUES", "assignee"),
    ],
)
def test_a_field_that_a_missing_right_hides_is_blamed_on_the_right(key: str, target: str) -> None:
    judge = Judge()
    judge.world.revoke(OUR_ACCOUNT, key, project=OPS)

    (problem,) = judge.verdict(custom_fields=[a_rule_item(target, "2026-12-01")]).problems

    assert problem.severity.value == "hint"
    assert f"lacks the right {name_of(key)} in OPS" in problem.says
    assert "screen" not in problem.says + problem.cure
    assert problem.cure == (
        f"Give our account pagerduty the right {name_of(key)} in the permission scheme of OPS."
    )


def test_with_the_right_the_screen_is_blamed() -> None:
    judge = Judge()
    judge.world.grant(OUR_ACCOUNT, "SCHEDULE_ISSUES", project=OPS)
    judge.world.projects[OPS].screens["10001"].fields.remove("duedate")

    (problem,) = judge.verdict(custom_fields=[a_rule_item("duedate", "2026-12-01")]).problems

    assert "is not on the create screen" in problem.says


def test_rights_that_jira_does_not_tell_are_not_blamed() -> None:
    judge = Judge()
    judge.world.revoke(OUR_ACCOUNT, "SCHEDULE_ISSUES", project=OPS)
    judge.jira.plan.fail_next("jira.in_project", Refused("no", status=403))

    (problem,) = judge.verdict(custom_fields=[a_rule_item("duedate", "2026-12-01")]).problems

    assert "is not on the create screen" in problem.says


def test_where_the_right_to_create_is_there_something_else_is_blamed() -> None:
    judge = Judge()
    judge.jira.plan.fail_next("jira.create_screen", Refused("No such type there.", status=400))

    (problem,) = judge.verdict().problems

    assert problem.says == "No such issue can be created: No such type there."
    assert "issue type scheme of OPS" in problem.cure


def test_p16_an_issue_that_a_missing_right_holds_back_is_blamed_on_the_right() -> None:
    life = Life(three_statuses())
    life.world.jira.model.world.revoke(OUR_ACCOUNT, "TRANSITION_ISSUES", project=OPS)

    life.act("acknowledge")
    life.hear("incident.escalated")

    (note,) = life.notes()
    assert note == (
        "OPS-1 stays in Open and does not move to In Progress, which stands for acknowledged. "
        "Our account pagerduty in Jira lacks the right Transition Issues in OPS. What to do: Give "
        "our account the right Transition Issues in the permission scheme of OPS."
    )


@pytest.mark.parametrize(
    ("says", "named"),
    [
        ("Our account lacks it.", "Our account bot lacks it."),
        ("Let our account see it.", "Let our account bot see it."),
        ("It is hidden from our account.", "It is hidden from our account bot."),
        (
            "Give our account this, let our account see.",
            "Give our account bot this, let our account see.",
        ),
        (
            'Jira said: "Customers of our account page"',
            'Jira said: "Customers of our account page"',
        ),
        ("Our account bot lacks it.", "Our account bot lacks it."),
    ],
)
def test_a_sentence_names_our_account_where_its_name_is_known(says: str, named: str) -> None:
    assert naming(says, "bot") == named
    assert naming(says, "") == says


def test_p16_rights_are_asked_once_until_somebody_asks_again() -> None:
    life = Life(three_statuses())
    life.world.jira.model.world.revoke(OUR_ACCOUNT, "TRANSITION_ISSUES", project=OPS)
    life.act("acknowledge")
    asked = life.world.jira.calls["in_project"]

    life.hear("incident.escalated")

    assert asked == 1
    assert life.world.jira.calls["in_project"] == asked


def test_p16_a_right_that_jira_does_not_tell_is_not_blamed() -> None:
    nowhere = {**THREE_STATUSES, IncidentStatus.ACKNOWLEDGED: Reference(id="10000", name="To Do")}
    life = Life(three_statuses(statuses=nowhere))
    life.world.plan.fail_next("jira.in_project", Refused("no", status=403))

    life.act("acknowledge")

    (note,) = life.notes()
    assert "The workflow has no way there." in note


def test_p16_a_refused_transition_is_blamed_on_the_right_that_lacks() -> None:
    life = Life(three_statuses())
    life.world.jira.model.world.revoke(OUR_ACCOUNT, "RESOLVE_ISSUES", project=OPS)
    refused = Refused("Not allowed.", status=400)
    life.world.plan.fail_next("jira.transition", refused, times=2)

    life.act("acknowledge")

    (note,) = life.notes()
    assert "lacks the right Resolve Issues in OPS." in note


def test_a_status_that_the_mapping_gives_by_its_id_alone_is_told_by_its_name() -> None:
    by_id = {
        IncidentStatus.ACKNOWLEDGED: Reference(id="3", name="3"),
        IncidentStatus.RESOLVED: Reference(id="10001", name="10001"),
    }
    life = Life(three_statuses(statuses=by_id, field_rules=()))
    refused = Refused("Not now.", status=400)
    life.world.plan.fail_next("jira.transition", refused, times=2)

    life.act("acknowledge")
    life.act("resolve")

    first, second = life.notes()
    assert "does not move to In Progress, which stands for acknowledged." in first
    assert "does not move to the status 10001, which stands for resolved." in second


def test_what_a_rule_did_not_fill_is_told_with_the_right_that_it_takes() -> None:
    life = Life(three_statuses(field_rules=(a_const("duedate", "2026-12-01"),)))

    says = " ".join(one for entry in life.world.links.entries for one in entry.says)
    assert "duedate is not on the create screen that Jira shows our account: it takes the " in says
    assert "right Schedule Issues." in says
