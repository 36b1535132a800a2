"""The main job on the deployed stack: an incident becomes exactly one issue, whatever breaks."""

import time
from collections.abc import Callable

import pytest
import requests

from pdjira.sync.notices.rules import without_address
from tests.e2e.scenes import linked, name_each_other
from tests.sandbox.environment import Sandbox, eventually
from tests.sandbox.faults import Fault, FaultKind
from tests.sandbox.jira.control import rate_limited
from tests.sandbox.jira.seed import OUR_TOKEN
from tests.sandbox.pagerduty.seed import CHECKOUT

TRIGGERED = "incident.triggered"
REQUIRED_FIELD = "customfield_10001"


def test_m13_m30_an_incident_and_its_issue_name_each_other(sandbox: Sandbox) -> None:
    name_each_other(sandbox)


def test_p28_without_the_right_to_link_the_work_goes_on_and_the_timeline_says_so(
    sandbox: Sandbox,
) -> None:
    incident = sandbox.trigger("No right to link")

    linked(sandbox, incident)

    (issue,) = sandbox.issues_of(incident)
    assert issue["remotelinks"] == []
    eventually(
        lambda: any(
            "has no link" in sentence
            for entry in sandbox.timeline_of(incident)
            for sentence in entry["says"]
        ),
        what="the timeline's sentence",
    )


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("DELETE", "/issue/{}", None, 403),
        ("PUT", "/issue/{}/assignee", {"name": "alice"}, 401),
        ("POST", "/issue/{}/watchers", "alice", 401),
        (
            "POST",
            "/issue/{}/remotelink",
            {"object": {"url": "https://x.example", "title": "x"}},
            403,
        ),
        ("PUT", "/issue/{}?notifyUsers=false", {"fields": {"summary": "x"}}, 403),
    ],
)
def test_p28_what_takes_more_than_these_rights_jira_refuses_our_account(
    sandbox: Sandbox, method: str, path: str, sent: object, status: int
) -> None:
    """Otherwise that the rest of this suite passes would show nothing."""
    incident = sandbox.trigger("Beyond our rights")
    linked(sandbox, incident)
    (issue,) = sandbox.issues_of(incident)

    answer = requests.request(
        method,
        f"{sandbox.jira.url}/rest/api/2{path.format(issue['key'])}",
        json=sent,
        headers={"Authorization": f"Bearer {OUR_TOKEN}"},
        timeout=10,
    )

    assert answer.status_code == status, answer.text
    assert sandbox.issues_of(incident) == [issue]


def before_there_is_a_link(sandbox: Sandbox) -> str:
    """The first delivery was refused for its signature, so that nothing was stored."""
    right = list(sandbox.subscription.secrets)
    sandbox.subscription.secrets[:] = ["not the secret"]
    incident = sandbox.trigger("A hundred copies at first")
    eventually(lambda: event_of(sandbox, incident), what="the first delivery")
    sandbox.subscription.secrets[:] = right
    assert sandbox.links_of(incident) == []
    return incident


def while_its_issue_is_made(sandbox: Sandbox) -> str:
    """Jira has the request, and takes its time, but no longer than we wait."""
    slow = Fault(FaultKind.SLOW, method="POST", path=r"/rest/api/2/issue$", seconds=10)
    sandbox.jira.faults.add(slow)
    incident = sandbox.trigger("A hundred copies meanwhile")
    eventually(lambda: creates_of(sandbox, incident), what="Jira being asked for the issue")
    assert sandbox.issues_of(incident) == []
    return incident


def once_it_is_linked(sandbox: Sandbox) -> str:
    incident = sandbox.trigger("A hundred copies afterwards")
    linked(sandbox, incident)
    return incident


def event_of(sandbox: Sandbox, incident: str) -> str | None:
    """The id of the event that opened it, once a delivery of it was answered."""
    answered = (
        line.event_id
        for line in sandbox.pagerduty.webhooks.log()
        if (line.resource_id, line.event_type) == (incident, TRIGGERED) and line.status
    )
    return next(answered, None)


def creates_of(sandbox: Sandbox, incident: str) -> list[str]:
    """Each request to Jira for an issue of the incident."""
    calls = sandbox.jira.calls.calls()
    asked = [it["body"] for it in calls if it["path"].endswith("/issue") and it["method"] == "POST"]
    return [body for body in asked if incident in body]


def deliver_copies(sandbox: Sandbox, incident: str) -> None:
    """A hundred at once; then, as from PagerDuty, those that nobody took in, one by one."""
    event = event_of(sandbox, incident)
    assert event
    again = sandbox.pagerduty.webhooks.deliver_again
    copies = 100 - again(event, times=100, concurrent=True, fresh_webhook_id=True).count(202)
    while copies:
        copies -= again(event, fresh_webhook_id=True).count(202)


@pytest.mark.parametrize("at", [before_there_is_a_link, while_its_issue_is_made, once_it_is_linked])
def test_p6_a_hundred_concurrent_copies_make_one_issue(
    sandbox: Sandbox, at: Callable[[Sandbox], str]
) -> None:
    incident = at(sandbox)

    deliver_copies(sandbox, incident)
    linked(sandbox, incident)
    sandbox.at_rest(incident)

    assert len(sandbox.issues_of(incident)) == len(creates_of(sandbox, incident)) == 1
    assert len(sandbox.notes_of(incident)) == 1


@pytest.mark.parametrize("lag", [0, 5])
def test_p7_the_connection_is_cut_after_jira_committed_and_the_index_lags(
    sandbox: Sandbox, lag: int
) -> None:
    sandbox.jira.model.lag = lag
    sandbox.jira.faults.add(FaultKind.CUT_AFTER, method="POST", path=r"/rest/api/2/issue$")

    incident = sandbox.trigger(f"Cut after commit, lag {lag}")
    linked(sandbox, incident)

    assert len(sandbox.issues_of(incident)) == 1


def test_p7_the_answer_to_a_note_is_lost_and_there_is_one_note(sandbox: Sandbox) -> None:
    sandbox.pagerduty.faults.add(FaultKind.CUT_AFTER, method="POST", path=r"/notes$")

    incident = sandbox.trigger("Note cut after commit")
    linked(sandbox, incident)
    sandbox.at_rest(incident)

    assert len(sandbox.notes_of(incident)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited(times=2, retry_after=1),
        Fault(FaultKind.CUT_BEFORE, path=r"/createmeta/"),
        Fault(FaultKind.STATUS, path=r"/createmeta/|/remotelink$", times=2),
        Fault(FaultKind.SLOW, seconds=2, times=3),
    ],
    ids=["429", "cut before the commit", "503", "slow"],
)
def test_a_fault_of_jira_costs_a_delay_and_no_issue(sandbox: Sandbox, fault: Fault) -> None:
    sandbox.jira.faults.add(fault)

    incident = sandbox.trigger("A fault of Jira")
    linked(sandbox, incident)

    assert len(sandbox.issues_of(incident)) == 1


def test_p3_a_wrong_secret_three_times_then_the_right_one_loses_no_event(
    sandbox: Sandbox,
) -> None:
    right = "the secret that nobody has entered yet"
    sandbox.subscription.secrets[:] = [right]
    incidents = [sandbox.trigger(f"Wrong secret {number}") for number in range(3)]
    log = sandbox.pagerduty.webhooks.log

    def refused() -> set[str | None]:
        return {line.resource_id for line in log() if line.status == 503}

    eventually(lambda: refused().issuperset(incidents), what="three deliveries answered 503")
    sandbox.connect(webhook_secrets=[right])
    time.sleep(5)
    sandbox.pagerduty.webhooks.hurry()

    for incident in incidents:
        linked(sandbox, incident)
    assert not sandbox.pagerduty.webhooks.is_disabled(sandbox.subscription)
    assert sandbox.subscription.drops == 0


def test_a_jira_that_is_down_for_a_minute_while_thirty_incidents_come_loses_none(
    sandbox: Sandbox,
) -> None:
    sandbox.jira.stop()
    incidents = [sandbox.trigger(f"Jira is down {number}") for number in range(30)]
    time.sleep(60)

    sandbox.jira.start()

    for incident in incidents:
        linked(sandbox, incident, seconds=150)
    assert [len(sandbox.issues_of(incident)) for incident in incidents] == [1] * 30


def test_m29_a_refusal_becomes_a_note_and_a_timeline_item_and_is_done_after_its_cure(
    sandbox: Sandbox,
) -> None:
    model = sandbox.jira.model
    model.set_required("10100", "10001", REQUIRED_FIELD, required=True)
    incident = sandbox.trigger("Refused by Jira")
    (note,) = eventually(lambda: sandbox.notes_of(incident), what="a note on the incident")
    refused = list(sandbox.issues_of(incident))
    model.set_required("10100", "10001", REQUIRED_FIELD, required=False)

    answer = sandbox.stack.invoke("AdminFunction", {"action": "resync", "incident_id": incident})
    linked(sandbox, incident)
    outcome = {"action": "outcome", "request": answer["request"]}
    known = eventually(
        lambda: [
            one
            for one in [sandbox.stack.invoke("AdminFunction", outcome)]
            if one["status"] == "done"
        ],
        what="the outcome of the resync",
    )

    assert refused == []
    assert REQUIRED_FIELD in note
    assert "What to do: " in note
    assert sandbox.stack.outputs["AdminUrl"] in note
    assert without_address(note) in sandbox.timeline_of(incident)[0]["says"]
    assert answer["queued"] is True
    assert known[0]["says"][0].startswith("Created ")


def test_g10_a_condition_that_holds_later_makes_the_issue_then(sandbox: Sandbox) -> None:
    sandbox.put_mapping(conditions={"priority_ids": ["PP1"]})
    incident = sandbox.trigger("Priority comes later")
    sandbox.at_rest(incident)
    before = list(sandbox.issues_of(incident))

    sandbox.pagerduty.model.set_priority(incident, "PP1", by="PUSER01")
    linked(sandbox, incident)

    assert before == []


def test_a_mapping_that_never_creates_makes_no_issue(sandbox: Sandbox) -> None:
    sandbox.put_mapping(create_issue="never")
    incident = sandbox.trigger("Never")
    eventually(
        lambda: any(incident in line for line in sandbox.stack.logs("SyncWorkerFunction")),
        what="the worker's log line",
    )

    assert sandbox.issues_of(incident) == []


def test_two_mappings_of_one_service_make_an_issue_each(sandbox: Sandbox) -> None:
    sandbox.put_mapping(id="website", project={"id": "10200", "key": "WEB"})
    incident = sandbox.trigger("Two mappings")

    eventually(lambda: len(sandbox.issues_of(incident)) == 2, what="two issues")
    linked(sandbox, incident)
    sandbox.remove_mapping("website")

    assert {issue["key"].split("-")[0] for issue in sandbox.issues_of(incident)} == {"OPS", "WEB"}


def test_an_incident_of_the_events_api_brings_its_details_along(sandbox: Sandbox) -> None:
    opened = sandbox.pagerduty.model.trigger_event(
        CHECKOUT, "From a monitor", details={"host": "db-1"}
    )

    linked(sandbox, opened.id)

    assert sandbox.issues_of(opened.id)[0]["fields"]["description"].startswith("host: db-1\n")
