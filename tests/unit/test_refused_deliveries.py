"""P3: health tells what the webhooks refuse; a stranger's forgeries alone raise nothing."""

from datetime import timedelta

import pytest

from pdjira.errors import Temporary
from pdjira.health.checks import Check, Status, overall
from pdjira.health.webhooks import Proof
from pdjira.webhooks.intake import JiraWebhook
from tests.fakes.health import FakeDeliveryLog, Patient
from tests.world import World

A_MINUTE = timedelta(minutes=1)

NAMES = {
    Proof.SIGNATURE: "deliveries",
    Proof.BUTTON: "presses",
    Proof.JIRA: "jira webhook",
}
each_proof = pytest.mark.parametrize("proof", Proof)


@pytest.fixture
def patient() -> Patient:
    """A stack where everything is set by which somebody may prove to be whom."""
    patient = Patient(World(), "secret")
    patient.action_token.put("token")
    patient.action_token.refreshed()
    patient.jira_webhooks.put(JiraWebhook(token="token"))
    patient.jira_webhooks.refreshed()
    return patient


def told(patient: Patient, proof: Proof) -> Check:
    (check,) = (one for one in patient.health.checks() if one.name == NAMES[proof])
    return check


def refuse(patient: Patient, proof: Proof, *minutes: int) -> None:
    for ago in minutes:
        patient.log.refuse(proof, patient.world.clock() - ago * A_MINUTE)


def test_p3_a_wrong_signing_secret_is_told_with_how_many_were_refused_and_when(
    patient: Patient,
) -> None:
    refuse(patient, Proof.SIGNATURE, 9, 8, 7, 6, 5, 3, 2)
    first, last = (patient.world.clock() - minutes * A_MINUTE for minutes in (9, 2))

    check = told(patient, Proof.SIGNATURE)

    assert check.status is Status.ATTENTION
    assert check.says.startswith(
        f"7 deliveries refused since {first:%H:%M}, the last at {last:%H:%M}: "
        "their signature matches none of webhook_secrets"
    )
    assert "pagerduty.webhook_secrets" in str(check.cure)


@each_proof
def test_p3_each_way_to_prove_oneself_is_counted_and_told_by_itself(
    patient: Patient, proof: Proof
) -> None:
    refuse(patient, proof, 2)

    check = told(patient, proof)

    assert (check.status, check.says[:2]) == (Status.ATTENTION, "1 ")
    assert check.cure
    for other in set(Proof) - {proof}:
        assert told(patient, other).status is Status.OK


@each_proof
def test_p3_forgeries_alone_raise_nothing_where_others_are_proven(
    patient: Patient, proof: Proof
) -> None:
    refuse(patient, proof, 9, 3)
    patient.log.prove(proof, patient.world.clock())

    check = told(patient, proof)

    assert (check.status, check.cure) == (Status.OK, None)
    assert check.says.startswith("2 ")


def test_p3_what_was_proven_before_a_secret_was_spoilt_hides_nothing(patient: Patient) -> None:
    patient.log.prove(Proof.SIGNATURE, patient.world.clock() - 9 * A_MINUTE)
    refuse(patient, Proof.SIGNATURE, 12, 3)

    assert told(patient, Proof.SIGNATURE).status is Status.ATTENTION


def test_p3_what_was_refused_before_yesterday_is_forgotten(patient: Patient) -> None:
    refuse(patient, Proof.SIGNATURE, 25 * 60)

    assert told(patient, Proof.SIGNATURE).status is Status.OK


def flooded(patient: Patient) -> Patient:
    """The same stack, whose log holds more than can be read."""
    patient.log = FakeDeliveryLog(most=2)
    return Patient(patient.world, "secret", log=patient.log)


def test_p3_of_a_flood_health_says_that_there_are_more(patient: Patient) -> None:
    busy = flooded(patient)
    refuse(busy, Proof.SIGNATURE, 3, 2, 1)

    check = told(busy, Proof.SIGNATURE)

    assert check.status is Status.ATTENTION
    assert check.says.startswith("At least 2 deliveries refused since")


def test_p3_a_log_too_long_to_be_read_is_unchecked_where_others_were_proven(
    patient: Patient,
) -> None:
    busy = flooded(patient)
    refuse(busy, Proof.SIGNATURE, 3, 2, 1)
    busy.log.prove(Proof.SIGNATURE, busy.world.clock())

    check = told(busy, Proof.SIGNATURE)

    assert check.status is Status.UNCHECKED
    assert "before" in check.says
    assert "dashboard" in str(check.cure)


def test_p3_a_log_too_long_to_be_read_is_unchecked_where_no_refusal_was_found(
    patient: Patient,
) -> None:
    busy = flooded(patient)
    busy.log.is_long = True

    check = told(busy, Proof.SIGNATURE)

    assert check.status is Status.UNCHECKED
    assert check.says.startswith("No refusal was found.")
    assert "dashboard" in str(check.cure)


def test_p3_whether_others_were_proven_may_not_be_known(patient: Patient) -> None:
    patient.log.is_long = True
    refuse(patient, Proof.SIGNATURE, 9)

    check = told(patient, Proof.SIGNATURE)

    assert check.status is Status.UNCHECKED
    assert "is not known" in check.says
    assert "pagerduty.webhook_secrets" in str(check.cure)


@each_proof
def test_where_nothing_is_set_up_to_prove_by_nothing_is_counted(proof: Proof) -> None:
    bare = Patient(World())
    bare.log.refuse(proof, bare.world.clock())

    assert NAMES[proof] not in {check.name for check in bare.health.checks()}


def test_a_jira_webhook_without_a_token_is_not_in_use() -> None:
    patient = Patient(World(), "secret")
    patient.jira_webhooks.put(JiraWebhook())
    patient.jira_webhooks.refreshed()

    assert "jira webhook" not in {check.name for check in patient.health.checks()}


def test_a_log_that_cannot_be_read_leaves_its_checks_unchecked(patient: Patient) -> None:
    patient.log.failure = Temporary("CloudWatch is slow.")
    checks = [check for check in patient.health.checks() if check.area == "webhooks"]

    unchecked = {check.name for check in checks if check.status is Status.UNCHECKED}

    assert unchecked == set(NAMES.values())
    assert all(check.cure for check in checks if check.name in unchecked)
    assert overall(checks) is Status.ATTENTION


def test_what_nobody_had_to_answer_for_may_stay_unchecked() -> None:
    check = Check(area="jira", name="clock", status=Status.UNCHECKED, says="It tells no time.")

    assert overall([check]) is Status.OK


# ---- what each page that is shown asks


def test_p3_what_is_refused_now_is_told_and_older_refusals_are_not(patient: Patient) -> None:
    refused = patient.health.webhooks.refused

    assert refused.lately() is None
    refuse(patient, Proof.SIGNATURE, 20)
    assert refused.lately() is None
    refuse(patient, Proof.SIGNATURE, 2, 1)

    check = refused.lately()
    assert check is not None
    assert (check.status, check.says.startswith("2 deliveries")) == (Status.ATTENTION, True)


def test_p3_what_is_proven_again_is_not_refused_now(patient: Patient) -> None:
    refused = patient.health.webhooks.refused
    refuse(patient, Proof.SIGNATURE, 2)
    since = patient.world.clock() - A_MINUTE
    assert not refused.is_proven_since(since)

    patient.log.prove(Proof.SIGNATURE, patient.world.clock())

    assert refused.lately() is None
    assert refused.is_proven_since(since)


def test_where_the_log_cannot_be_read_nothing_is_said_of_it(patient: Patient) -> None:
    refused = patient.health.webhooks.refused
    refuse(patient, Proof.SIGNATURE, 1)
    patient.log.failure = Temporary("No answer.")

    assert refused.lately() is None
    assert not refused.is_proven_since(patient.world.clock())
    assert Patient(World()).health.webhooks.refused.lately() is None
