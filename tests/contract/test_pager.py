"""What opens incidents may rely on: `Pager` of PagerDuty and `PagingIssues` of Jira."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pdjira.adapters.jira.searches import PROPERTY
from pdjira.errors import Ambiguous, NotFound, Refused, Temporary
from pdjira.jql.opening_rules import IncidentDraft
from pdjira.jql.ports import Pager, PagingIssues
from tests.contract import jira_sides, pagerduty_sides
from tests.contract.pagerduty_sides import InProcess, OverHttp
from tests.contract.wire_double import answer, serving
from tests.fakes.openings import FakePager, FakePagingIssues
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.server import PagerDutyServer

DRAFT = IncidentDraft(
    service_id=seed.CHECKOUT,
    title="Database down",
    details="p99 is 8 s\n\nhttps://jira.example.com/browse/OPS-1",
    incident_key="jira:jira.example.com:10501",
    urgency="low",
)


@pytest.fixture
def pagerduty(pagerduty_side: pagerduty_sides.Side) -> pagerduty_sides.Side:
    return pagerduty_side


def pager_of(side: pagerduty_sides.Side) -> Pager:
    if isinstance(side, InProcess):
        return FakePager(side.port)
    assert isinstance(side, OverHttp)
    return side.port.pager()


def test_m16_an_incident_is_opened_as_it_is_drafted(pagerduty: pagerduty_sides.Side) -> None:
    incident = pager_of(pagerduty).open_incident(DRAFT)

    assert incident is not None
    stored = pagerduty.model.incident(incident.id)
    assert (stored.title, stored.urgency, stored.details) == (DRAFT.title, "low", DRAFT.details)
    assert stored.incident_key == incident.incident_key == DRAFT.incident_key


def test_m14_priority_and_default_urgency(pagerduty: pagerduty_sides.Side) -> None:
    priority = next(iter(pagerduty.model.priorities))
    draft = IncidentDraft(
        service_id=seed.CHECKOUT, title="x", details="x", incident_key="k", priority_id=priority
    )

    incident = pager_of(pagerduty).open_incident(draft)

    assert incident is not None
    assert incident.priority is not None
    assert (incident.priority.id, incident.urgency) == (priority, "high")


def test_g15_a_second_incident_of_an_open_key_is_not_opened_but_found(
    pagerduty: pagerduty_sides.Side,
) -> None:
    pager = pager_of(pagerduty)
    first = pager.open_incident(DRAFT)

    again = pager.open_incident(DRAFT)

    assert again is None
    found = pager.find_by_key(DRAFT.incident_key)
    assert found is not None
    assert first is not None
    assert found.id == first.id


def test_p39_a_key_is_found_when_resolved_moved_to_another_service_and_years_old(
    pagerduty: pagerduty_sides.Side,
) -> None:
    pager, model = pager_of(pagerduty), pagerduty.model
    first = pager.open_incident(DRAFT)
    assert first is not None
    model.set_service(first.id, seed.PAYMENTS, by=seed.RESPONDER)
    model.set_status(first.id, "resolved", by=seed.RESPONDER)
    model.incidents[first.id].created_at -= timedelta(days=700)

    found = pager.find_by_key(DRAFT.incident_key)

    assert found is not None
    assert (found.id, found.service.id) == (first.id, seed.PAYMENTS)


def test_p39_of_two_incidents_with_a_key_the_older_one_is_found(
    pagerduty: pagerduty_sides.Side,
) -> None:
    pager, model = pager_of(pagerduty), pagerduty.model
    late, early = (
        model.trigger(service, "x", by=seed.RESPONDER, incident_key=DRAFT.incident_key)
        for service in (seed.CHECKOUT, seed.PAYMENTS)
    )
    model.incidents[early.id].created_at = late.created_at - timedelta(minutes=1)

    found = pager.find_by_key(DRAFT.incident_key)

    assert found is not None
    assert found.id == early.id


def test_p39_an_incident_from_before_the_attempt_is_not_of_it_and_an_open_one_goes_first(
    pagerduty: pagerduty_sides.Side,
) -> None:
    """Also when whoever may send alerts has made thirty of that key, and resolved them."""
    pager, model = pager_of(pagerduty), pagerduty.model
    ours = pager.open_incident(DRAFT)
    assert ours is not None
    model.set_status(ours.id, "resolved", by=seed.RESPONDER)
    for _ in range(30):
        old = model.trigger(seed.PAYMENTS, "x", by=seed.RESPONDER, incident_key=DRAFT.incident_key)
        model.set_status(old.id, "resolved", by=seed.RESPONDER)
        model.incidents[old.id].created_at -= timedelta(days=1)
    since = ours.created_at - timedelta(minutes=15)

    found = pager.find_by_key(DRAFT.incident_key, since=since)
    later = pager.open_incident(DRAFT)
    open_one = pager.find_by_key(DRAFT.incident_key)

    assert found is not None
    assert found.id == ours.id
    assert open_one is not None
    assert later is not None
    assert open_one.id == later.id


def test_p39_neither_another_key_nor_an_alert_of_that_key_is_taken_for_it(
    pagerduty: pagerduty_sides.Side,
) -> None:
    pager, model = pager_of(pagerduty), pagerduty.model
    pager.open_incident(DRAFT)
    other = model.trigger(seed.CHECKOUT, "x", by=seed.RESPONDER)
    other.alert_keys.append("jira:jira.example.com:1")

    assert pager.find_by_key("jira:jira.example.com:1") is None


def test_a_service_that_is_gone_is_a_refusal(pagerduty: pagerduty_sides.Side) -> None:
    draft = IncidentDraft(service_id="PGONE", title="x", details="x", incident_key="k")

    with pytest.raises((Refused, NotFound)):
        pager_of(pagerduty).open_incident(draft)


@pytest.mark.parametrize("fault", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER])
def test_p7_without_an_answer_nobody_knows_whether_it_is_open(fault: FaultKind) -> None:
    with PagerDutyServer() as server:
        side = OverHttp(server)
        server.faults.add(fault, path="/incidents")

        with pytest.raises(Ambiguous):
            side.port.pager().open_incident(DRAFT)

        assert len(server.model.incidents) == (1 if fault is FaultKind.CUT_AFTER else 0)


def test_answers_that_cannot_be_understood_are_none() -> None:
    with serving(answer(201, '{"incident": {}}'), answer(200, '{"incidents": {}}')) as stage:
        pager = pagerduty_sides.client(lambda: pagerduty_sides.connection(stage.url)).pager()

        with pytest.raises(Ambiguous, match="does not name it"):
            pager.open_incident(DRAFT)
        with pytest.raises(Temporary, match="names no incidents"):
            pager.find_by_key("k")


def paging_of(side: jira_sides.Side) -> PagingIssues:
    if isinstance(side, jira_sides.InProcess):
        return FakePagingIssues(side.port)
    assert isinstance(side, jira_sides.OverHttp)
    return side.port.paging()


def made(side: jira_sides.Side, account: str, **fields: object) -> str:
    given = {
        "project": {"id": jira_sides.PROJECT},
        "issuetype": {"id": jira_sides.BUG},
        "summary": "Slow",
        **fields,
    }
    return str(side.model.create_issue(account, {"fields": given})["id"])


def test_m16_an_issue_tells_its_description_and_whether_we_created_it(
    side: jira_sides.Side,
) -> None:
    theirs, ours = made(side, "alice", description="p99 *is* 8 s"), made(side, OUR_ACCOUNT)

    found, own = paging_of(side).read(theirs), paging_of(side).read(ours)

    assert (found.issue.ref.id, found.issue.summary) == (theirs, "Slow")
    assert (found.description, found.is_ours) == ("p99 *is* 8 s", False)
    assert (own.description, own.is_ours) == ("", True)
    with pytest.raises(NotFound):
        paging_of(side).read("999999")


def test_m16_the_mark_of_the_incident_can_be_put_again(side: jira_sides.Side) -> None:
    issue = made(side, "alice")

    for _ in range(2):
        paging_of(side).mark(issue, incident_id="Q1", mapping_id="ops-bug")

    value = side.model.get_property(OUR_ACCOUNT, issue, PROPERTY)["value"]
    assert value == {"id": "Q1", "mapping": "ops-bug"}
    with pytest.raises(NotFound):
        paging_of(side).mark("999999", incident_id="Q1", mapping_id="ops-bug")


def test_p39_an_incident_that_a_user_opened_is_told_from_an_alert_whose_sender_chose_its_key(
    pagerduty: pagerduty_sides.Side,
) -> None:
    pager, model = pager_of(pagerduty), pagerduty.model
    ours = pager.open_incident(DRAFT)
    alert = model.trigger_event(seed.PAYMENTS, "x", dedup_key=DRAFT.incident_key)
    assert ours is not None
    theirs = pagerduty.port.get_incident(alert.id)

    assert pager.is_by_user(ours)
    assert not pager.is_by_user(theirs)
    assert not pager.is_by_user(replace(ours, first_log_entry_id=None))
    assert not pager.is_by_user(replace(ours, first_log_entry_id="RNOBODY"))
