"""G6: what ends soon, and rights that were lost, are told before anything fails."""

from datetime import timedelta

import pytest

from pdjira.errors import Temporary
from pdjira.health.checks import Check, Status
from tests.fakes.faults import FaultPlan
from tests.fakes.health import Patient
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.versions import version_named
from tests.world import World

A_DAY = timedelta(days=1)


def a_patient(plan: FaultPlan | None = None) -> Patient:
    return Patient(World(plan=plan), "secret")


def told(patient: Patient, name: str) -> list[Check]:
    return [check for check in patient.health.checks() if check.name == name]


def ends_in(patient: Patient, days: int) -> None:
    account = patient.world.jira.model.world.users[OUR_ACCOUNT]
    account.token_ends = patient.world.clock() + days * A_DAY


@pytest.mark.parametrize(("days", "status"), [(31, Status.OK), (30, Status.ATTENTION)])
def test_g6_a_personal_access_token_that_ends_within_thirty_days_needs_attention(
    days: int, status: Status
) -> None:
    patient = a_patient()
    ends_in(patient, days)

    (check,) = told(patient, "token")

    assert check.status is status
    assert ("jira.auth.token" in str(check.cure)) is (status is Status.ATTENTION)


def test_g6_of_several_tokens_jira_does_not_tell_which_one_is_ours() -> None:
    patient = a_patient()
    patient.world.jira.model.world.users[OUR_ACCOUNT].tokens.append("second")
    ends_in(patient, 3)

    (check,) = told(patient, "token")

    assert "token 1 on" in check.says
    assert check.says.endswith("Jira does not tell which one is in use here.")


def test_g6_who_signs_in_otherwise_has_no_token_that_ends() -> None:
    patient = a_patient()
    patient.tokens.is_token = False

    assert told(patient, "token") == []


def test_g6_a_jira_that_lists_no_tokens_leaves_their_end_unchecked() -> None:
    patient = a_patient()
    patient.world.jira.model.version = version_named("7.2")

    (check,) = told(patient, "token")

    assert check.status is Status.UNCHECKED
    assert str(check.cure).startswith("Nothing to do: note the day")


def test_g6_an_authority_of_ours_that_ends_within_thirty_days_needs_attention() -> None:
    patient = a_patient()
    patient.way.trusted_until = patient.world.clock() + 31 * A_DAY
    assert told(patient, "ca_pem") == []

    patient.way.trusted_until = patient.world.clock() + 30 * A_DAY

    (check,) = told(patient, "ca_pem")
    assert (check.status, "jira.ca_pem" in str(check.cure)) == (Status.ATTENTION, True)


def test_g6_the_first_look_of_a_day_keeps_what_ends_soon_and_a_second_asks_nobody() -> None:
    patient = a_patient()
    ends_in(patient, 3)
    patient.way.ends = patient.world.clock() + 5 * A_DAY

    first = patient.daily().run()
    patient.world.plan.calls.clear()
    second = patient.daily().run()

    assert (first, first.attentions) == (second, 2)
    assert patient.world.plan.calls == ["days.last"]


def test_g6_rights_that_were_lost_since_the_day_before_need_attention() -> None:
    patient = a_patient()
    patient.world.jira.model.world.grant(OUR_ACCOUNT, "DELETE_ISSUES", project="OPS")
    patient.daily().run()
    patient.world.jira.model.world.revoke(OUR_ACCOUNT, "DELETE_ISSUES", project="OPS")
    patient.world.clock.now += A_DAY

    day = patient.daily().run()
    (check,) = told(patient, "lost rights")

    assert day.lost == ("Delete Issues in OPS",)
    assert (check.area, check.status) == ("jira", Status.ATTENTION)
    assert check.says == "Since yesterday our account pagerduty has lost: Delete Issues in OPS."
    patient.world.clock.now += A_DAY
    assert patient.daily().run().lost == ()


def test_g6_a_right_that_a_check_misses_already_is_told_once() -> None:
    patient = a_patient()
    patient.daily().run()
    patient.key.forbidden.add("find_user")
    patient.world.jira.model.world.revoke(OUR_ACCOUNT, "ADD_COMMENTS", project="OPS")
    patient.world.clock.now += A_DAY

    day = patient.daily().run()

    assert day.lost == ("Add Comments in OPS", "read users in PagerDuty")
    assert told(patient, "lost rights") == []


def test_g6_a_right_of_the_key_that_was_lost_is_told_of_pagerduty() -> None:
    patient = a_patient()
    patient.daily().run()
    patient.key.forbidden.add("find_user")
    patient.world.clock.now += A_DAY
    patient.daily().run()
    patient.key.forbidden.clear()

    (check,) = told(patient, "lost rights")

    assert (check.area, check.says) == (
        "pagerduty",
        "Since yesterday the API key has lost: read users in PagerDuty.",
    )


def test_g6_a_project_that_jira_no_longer_shows_has_lost_its_rights() -> None:
    patient = a_patient()
    patient.daily().run()
    patient.world.jira.model.world.revoke(OUR_ACCOUNT, "BROWSE_PROJECTS", project="OPS")
    patient.world.clock.now += A_DAY

    assert "Create Issues in OPS" in patient.daily().run().lost


def test_g6_a_side_that_does_not_answer_has_lost_nothing() -> None:
    plan = FaultPlan()
    patient = a_patient(plan)
    before = patient.daily().run()
    patient.world.clock.now += A_DAY
    for method in ("jira.in_project", "jira.access_tokens", "pagerduty.find_user"):
        plan.fail_next(method, Temporary("Down."))

    day = patient.daily().run()

    assert (day.held, day.lost, day.soon) == (before.held, (), ())
