"""M8: a connection is tried line by line; each says what it found, or which one it needs first."""

from typing import Any

import pytest

from pdjira.connection.lines import JIRA, LINES, PAGERDUTY, Trial, Tried, line_of, of_side
from pdjira.errors import Temporary, Unauthenticated
from pdjira.health.checks import Status
from tests.builders import a_mapping
from tests.fakes.health import Patient
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.world import World


def a_patient(**changes: Any) -> Patient:
    return Patient(World(a_mapping(**changes)), "secret")


def trial(patient: Patient) -> Trial:
    return Trial(jira=patient.health.jira, pagerduty=patient.health.pagerduty)


def shown(found: Tried) -> tuple[str, str | None, list[str]]:
    return found.line.title, found.needs, [check.status.value for check in found.checks]


def test_each_side_is_tried_line_by_line() -> None:
    tried = trial(a_patient())

    assert [shown(one) for one in tried.all(JIRA)] == [
        ("Name", None, ["ok", "ok"]),
        ("Connection", None, ["ok"]),
        ("Certificate", None, ["ok"]),
        ("Version and clock", None, ["ok", "ok"]),
        ("Sign-in", None, ["ok", "ok"]),
        ("Rights", None, ["ok"]),
    ]
    assert [shown(one) for one in tried.all(PAGERDUTY)] == [
        ("Key", None, ["ok"]),
        ("Reading the log", None, ["ok"]),
        ("From user", None, ["ok"]),
        ("Adding notes", None, ["ok"]),
        ("Changing incidents", None, ["ok"]),
    ]
    assert tried.is_well() is None


def test_after_a_line_that_fails_the_others_say_what_they_need() -> None:
    patient = a_patient()
    patient.way.fails["certificate_ends"] = Temporary("The chain is incomplete.", cure="Send it.")
    found = list(trial(patient).all(JIRA))

    assert [shown(one) for one in found[2:4]] == [
        ("Certificate", None, ["broken"]),
        ("Version and clock", "Certificate", []),
    ]
    assert found[2].checks[0].cure == "Send it."
    assert trial(patient).is_well() == "Certificate: The chain is incomplete."


def test_reading_the_log_may_fail_and_the_rest_goes_on() -> None:
    patient = a_patient()
    patient.key.forbidden = {"read_log_entries"}

    found = list(trial(patient).all(PAGERDUTY))

    assert found[1].checks[0].status is Status.BROKEN
    assert [one.needs for one in found] == [None] * 5


def test_each_line_can_be_tried_alone() -> None:
    for line in LINES:
        (status,) = {check.status for check in trial(a_patient()).tried(line).checks}
        assert status is Status.OK


def test_m5_the_rights_are_those_in_the_project_of_each_mapping() -> None:
    patient = a_patient()
    patient.world.jira.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="OPS")
    line = line_of(JIRA, "rights")
    assert line is not None

    (check,) = trial(patient).tried(line).checks

    assert "Create Issues" in check.says
    assert "Create Issues" in (check.cure or "")


@pytest.mark.parametrize(("side", "name"), [(JIRA, "key"), ("nowhere", "name"), (PAGERDUTY, "")])
def test_a_line_that_there_is_not_is_none(side: str, name: str) -> None:
    assert line_of(side, name) is None


def test_lines_have_names_of_their_own() -> None:
    for side in (JIRA, PAGERDUTY):
        names = [line.name for line in of_side(side)]
        assert len(set(names)) == len(names)


def test_what_a_jira_administrator_is_to_be_sent_names_our_account() -> None:
    patient = a_patient()
    patient.world.jira.model.world.revoke(OUR_ACCOUNT, "TRANSITION_ISSUES", project="OPS")

    (found,) = [one for one in trial(patient).all(JIRA) if one.line.name == "rights"]
    (check,) = found.checks

    assert check.says.startswith(f"Our account {OUR_ACCOUNT} lacks in OPS: Transition Issues")
    assert str(check.cure).startswith(f"Give our account {OUR_ACCOUNT} in the permission scheme")


def test_a_sign_in_that_is_refused_before_its_turn_is_told_as_the_sign_in() -> None:
    patient = a_patient()
    patient.world.plan.fail_next(
        "jira.server_info", Unauthenticated("Jira does not accept our user name and password.")
    )

    tried = list(trial(patient).all(JIRA))

    assert [(one.title, one.needs) for one in tried[3:]] == [
        ("Sign-in", None),
        ("Rights", "Sign-in"),
    ]
