"""P37: what the code calls and what the roles allow are the same set."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from pdjira.adapters.aws.given_up import DynamoGivenUps
from pdjira.adapters.aws.items import typed
from pdjira.adapters.aws.jobs import DynamoJobs
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.queue import SqsSignalQueue, encode
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.admin.jobs import Job
from pdjira.model.link import LinkState
from pdjira.model.signal import GivenUp, Message, SignalKind
from pdjira.webhooks.intake import WRONG_SIGNATURE
from tests.aws import LINKS_TABLE, MAPPINGS_TABLE
from tests.builders import RESOLUTION_RULE, STATUS_MAPPING, a_claim, a_signal
from tests.functional.browsing import PREFIX, Browser
from tests.functional.conftest import ADMIN_URL, Account
from tests.functional.whole_stack import WholeStack, whole_stack
from tests.rights import TEMPLATE, Calls, Right, granted, ways_of
from tests.sandbox.environment import MAPPING
from tests.sandbox.faults import FaultKind
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import (
    CHECKOUT,
    PAYMENTS,
    RESPONDER,
    SYNC_EMAIL,
    jira_extension,
)

pytestmark = pytest.mark.timeout(900)  # every scene of every function in one fixture


PAGING = {
    "id": "paging",
    "create_issue": "never",
    "jql": 'labels = "page-me"',
    "jql_applies_to": "existing",
}
BRAKED = {**PAGING, "id": "braked", "jql": 'labels = "few"', "max_incidents_per_hour": 2}


BY_EVENT_SOURCES = {
    Right("SyncWorkerFunction", "sqs:ReceiveMessage", "SyncQueue"),
    Right("SyncWorkerFunction", "sqs:DeleteMessage", "SyncQueue"),
    Right("SyncWorkerFunction", "sqs:GetQueueAttributes", "SyncQueue"),
    Right("MappingCheckFunction", "dynamodb:DescribeStream", "MappingsTable/StreamArn"),
    Right("MappingCheckFunction", "dynamodb:GetRecords", "MappingsTable/StreamArn"),
    Right("MappingCheckFunction", "dynamodb:GetShardIterator", "MappingsTable/StreamArn"),
    Right("MappingCheckFunction", "dynamodb:ListStreams", "MappingsTable/stream/*"),
    Right("MappingCheckFunction", "sqs:SendMessage", "UncheckedMappingsQueue"),
}
"""Lambda makes use of these in the function's name, where it reads the queue and the stream."""

SERVICES_OF_AWS = {"xray", "ec2"}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
"""Lambda itself writes logs and traces, and makes the interfaces of a function in a VPC."""


SAME_NAME = "what it calls is a method of another class that has this name"
OF_THE_MAPPING_CHECK = "of what the mapping check alone does; the class comes along"
OF_THE_WORKER = "of rules that the worker alone runs; the module comes along with others"
OF_THE_PAGE = "of what the page alone does; the class comes along with what the poller does"
OF_THE_POLLER = "of a use case that the poller alone runs; the module comes along with others"
OF_THE_PAGE = "of a use case that the page alone runs; the module comes along with others"

NOTES_OF_THE_BRAKE = {
    f"DynamoNoteRecords.{method}": OF_THE_WORKER
    for method in ("attempts", "begin", "end", "kept_since", "known", "record_ours")
}

NEVER_TAKEN = {
    "SyncWorkerFunction": {
        "DynamoGivenUps.forget": SAME_NAME,
        "DynamoMappings.find": SAME_NAME,
        "DynamoMappings.problems": SAME_NAME,
        "DynamoMatchRows.add": SAME_NAME,
        "DynamoBrakes.paused_among": OF_THE_POLLER,
        "DynamoMatchRows.waiting": OF_THE_POLLER,
        "DynamoMatchRows.waiting_among": OF_THE_POLLER,
        "DynamoPauses.recount": OF_THE_POLLER,
        "DynamoRequests.find": SAME_NAME,
        "DynamoResyncs.asked": OF_THE_POLLER,
        "DynamoResyncs.unanswered": OF_THE_POLLER,
    },
    "JqlPollerFunction": {
        "DynamoPendingTokens.put": OF_THE_PAGE,
        "DynamoSweepResults.last": SAME_NAME,
        "DynamoMappings.all_listed": OF_THE_WORKER,
        "DynamoLinks.complete": OF_THE_WORKER,
        "DynamoLinks.record": OF_THE_WORKER,
        "DynamoLinks.save": OF_THE_WORKER,
        "DynamoLinks.timeline": OF_THE_WORKER,
        "DynamoMatchRows.refuse": OF_THE_WORKER,
        "DynamoLinks.join": SAME_NAME,
        "DynamoMappings.problems": SAME_NAME,
        "DynamoMatchRows.count_waiting": OF_THE_WORKER,
        "DynamoMatchRows.put": SAME_NAME,
        "DynamoRequests.find": SAME_NAME,
        **NOTES_OF_THE_BRAKE,
    },
    "AdminFunction": {
        "DynamoActivities.put": OF_THE_WORKER,
        "DynamoGivenUps.put": OF_THE_WORKER,
        "DynamoLeases.give_back": OF_THE_POLLER,
        "DynamoLeases.take": OF_THE_POLLER,
        "DynamoDays.put": SAME_NAME,
        "DynamoCircuits.find": SAME_NAME,
        "DynamoCircuits.put": SAME_NAME,
        "DynamoCursors.drop": SAME_NAME,
        "DynamoCursors.forget": SAME_NAME,
        "DynamoLinks.complete": OF_THE_WORKER,
        "DynamoLinks.join": SAME_NAME,
        "DynamoLinks.record": OF_THE_WORKER,
        "DynamoLinks.save": OF_THE_WORKER,
        "DynamoMatchRows.add": SAME_NAME,
        "DynamoMatchRows.count_waiting": OF_THE_WORKER,
        "DynamoMatchRows.forget": SAME_NAME,
        "DynamoPauses.recount": OF_THE_POLLER,
        "DynamoSweepResults.put": SAME_NAME,
        "DynamoVersions.has_any": OF_THE_MAPPING_CHECK,
        "DynamoVersions.keep": OF_THE_MAPPING_CHECK,
        **NOTES_OF_THE_BRAKE,
    },
    "MappingCheckFunction": {
        "DynamoMappings.find": SAME_NAME,
        "DynamoMappings.problems": SAME_NAME,
    },
}
"""Ways that modules of a function could take by their names, with the reason why none does."""


def an_incident_lives(stack: WholeStack) -> None:
    stack.save(status_mapping=STATUS_MAPPING)
    incident = stack.trigger()
    stack.work()
    stack.pagerduty.model.acknowledge(incident, by=RESPONDER)
    stack.tell(incident, "incident.acknowledged")
    stack.note(incident, "Restarted web-7")
    stack.work()
    (issue,) = stack.issues_of(incident)
    stack.jira.model.add_comment("alice", issue["id"], {"body": "Seen"})
    stack.tell_of_issue(issue["id"])
    stack.work()
    stack.jira.model.add_comment("alice", issue["id"], {"body": "Once more"})
    stack.poll(minutes=1)
    stack.work()


def both_sides_change_at_once(stack: WholeStack) -> None:
    stack.save(status_mapping=STATUS_MAPPING)
    incident = stack.trigger()
    stack.work()
    key = next(reversed(stack.jira.model.issues.values())).key
    for transition in ({"id": "11"}, {"id": "31"}):
        fields = {"resolution": {"name": "Done"}} if transition["id"] == "31" else {}
        stack.jira.model.transition("alice", key, {"transition": transition, "fields": fields})
    stack.pagerduty.model.acknowledge(incident, by=RESPONDER)
    stack.tell(incident, "incident.acknowledged")
    stack.work()


def a_button_and_an_unreadable_delivery(stack: WholeStack) -> None:
    stack.save(create_issue="manual")
    incident = stack.trigger()
    stack.work()
    stack.press(incident)
    stack.work()
    assert len(stack.issues_of(incident)) == 1
    stack.garble()
    stack.work()
    assert stack.account.bodies(stack.account.dead_letter_url)


def jira_fails_for_a_while(stack: WholeStack) -> None:
    stack.save()
    stack.jira.faults.add(FaultKind.STATUS, status=503)
    stack.trigger()
    put_off = stack.work()
    assert put_off
    assert stack.work_again(put_off, minutes=5) == []


def jira_does_not_let_us_in(stack: WholeStack) -> None:
    """Both the worker and the poller open the circuit; a look at it closes it again."""
    stack.save()
    incident = stack.trigger()
    stack.work()
    stack.jira.faults.add(FaultKind.STATUS, status=401, times=None)
    stack.tell(incident, "incident.acknowledged")
    stack.trigger("Second")
    put_off = stack.work()
    stack.poll(minutes=1)
    stack.sweep(minutes=5)
    stack.ask("health")
    stack.jira.faults.clear()
    assert stack.work_again(put_off, minutes=20) == []
    stack.poll(minutes=1)
    stack.jira.faults.add(FaultKind.STATUS, status=401, times=None)
    stack.poll(minutes=1)
    stack.jira.faults.clear()
    stack.poll(minutes=20)
    stack.sweep(minutes=15)


def a_refusal_is_tried_again_when_the_mapping_changes(stack: WholeStack) -> None:
    """Also where the incident's id is too long to stand in a key."""
    stack.save()
    links = DynamoLinks(stack.account.aws.dynamodb, LINKS_TABLE, writer="w")
    failed = a_claim(incident_id="Q" * 200, version=0, state=LinkState.FAILED)
    links.save(replace(failed, mapping_id=MAPPING["id"]))
    stack.jira.faults.add(
        FaultKind.STATUS,
        status=400,
        method="POST",
        path="/issue$",
        times=None,
        body={"errorMessages": [], "errors": {"summary": "No."}},
    )
    stack.trigger()
    stack.work()
    stack.ask("health")
    stack.jira.faults.clear()
    stack.save(name="Corrected")
    stack.empty_queue()


def issues_open_incidents(stack: WholeStack) -> None:
    """One opens, one is refused, one has left the JQL and one is gone by then, one is ours."""
    stack.save(**PAGING)
    stack.issue(labels=["page-me"], summary="First")
    stack.poll(minutes=1)
    stack.work()
    refused = stack.issue(labels=["page-me"], summary="Refused")
    stack.poll(minutes=1)
    stack.pagerduty.faults.add(
        FaultKind.STATUS,
        status=400,
        method="POST",
        path="/incidents$",
        body={"error": {"message": "No", "code": 2001, "errors": ["No."]}},
    )
    stack.work()
    stack.ask("health")
    stack.poll(minutes=6)
    stack.work()
    gone = stack.issue(labels=["page-me"], summary="Gone")
    stack.poll(minutes=1)
    stack.jira.model.delete_issue("admin", gone["id"])
    stack.work()
    assert refused


def a_matching_issue_is_deleted_and_its_row_forgotten(stack: WholeStack) -> None:
    """The poller doubts at first what the index does not show at all."""
    stack.save(**PAGING)
    gone = stack.issue(labels=["page-me"], summary="Gone for good")
    stack.poll(minutes=1)
    stack.jira.model.delete_issue("admin", gone["id"])
    for _ in range(4):
        stack.sweep(minutes=15)
    stack.work()


def many_match_at_once(stack: WholeStack) -> None:
    """More than are read one by one; a person lets them through before the worker looks."""
    stack.save(**PAGING)
    for number in range(30):
        stack.issue(labels=["page-me"], summary=f"Storm {number}")
    stack.poll(minutes=1)
    assert stack.ask("release", mapping_id="paging")["released"] == 30
    stack.empty_queue()
    stack.delete("paging")


def a_pause_is_told_ends_by_itself_and_by_a_release(stack: WholeStack) -> None:
    stack.save(**BRAKED)
    for _ in range(2):
        for number in range(3):
            stack.issue(labels=["few"], summary=f"Few {number}")
        stack.poll(minutes=1)
        stack.work()
        stack.ask("health")
        stack.poll(minutes=61)
        stack.work()
    stack.issue(labels=["few"], summary="One more")
    stack.issue(labels=["few"], summary="And another")
    stack.issue(labels=["few"], summary="And a third")
    stack.poll(minutes=1)
    stack.work()
    assert stack.ask("release", mapping_id="braked")["released"] >= 1
    stack.work()
    stack.delete("braked")


def a_mapping_with_a_jql_is_deleted(stack: WholeStack) -> None:
    stack.save(**PAGING)
    stack.issue(labels=["page-me"])
    stack.poll(minutes=1)
    stack.delete("paging")
    stack.sweep(minutes=15)
    stack.sweep(minutes=15)


def a_second_issue_is_joined(stack: WholeStack) -> None:
    """Jira carries the first create out after it was believed lost."""
    stack.save()
    stack.jira.faults.add(FaultKind.CUT_BEFORE, method="POST", path="/issue$")
    incident = stack.trigger()
    put_off = stack.work()
    stack.work_again(put_off, minutes=6)
    (issue,) = stack.issues_of(incident)
    fields = issue["fields"]
    twin = stack.jira.model.create_issue(
        OUR_ACCOUNT,
        {
            "fields": {
                "project": {"id": "10100"},
                "issuetype": {"id": "10001"},
                "summary": fields["summary"],
                "description": fields["description"],
            },
            "properties": [
                {"key": "pagerduty.incident", "value": issue["properties"]["pagerduty.incident"]}
            ],
        },
    )
    stack.sweep(minutes=16)
    stack.work()
    assert twin


def a_status_update_is_owed_until_jira_takes_comments(stack: WholeStack) -> None:
    """PagerDuty shows it to nobody once more, so it is kept, and read back by a sweep."""
    stack.save()
    incident = stack.trigger()
    stack.work()
    stack.jira.faults.add(FaultKind.STATUS, status=503, method="POST", path="/comment$", times=None)
    stack.tell(
        incident,
        "incident.status_update_published",
        id="PSU1",
        type="incident_status_update",
        message="A fix is under way.",
        trimmed=False,
        incident={"id": incident, "type": "incident_reference"},
    )
    put_off = stack.work()
    assert put_off
    assert stack.work_again(put_off, minutes=2) == []
    stack.jira.faults.clear()
    stack.sweep(minutes=15)
    stack.work()
    (issue,) = stack.issues_of(incident)
    (comment,) = issue["fields"]["comment"]["comments"]
    assert comment["body"].endswith("A fix is under way.")


def an_administrator_asks_why_nothing_happened(stack: WholeStack) -> None:
    stack.save(id="off", enabled=False)
    stack.save(status_mapping=STATUS_MAPPING)
    stack.save(**PAGING)
    incident = stack.trigger()
    stack.work()
    (made,) = stack.issues_of(incident)
    match = stack.issue(labels=["page-me"])
    number = stack.pagerduty.model.incident(incident).number
    whole = stack.ask("explain", incident=incident)
    linked = [row["id"] for row in whole["mappings"] if row["verdict"] == "linked"]
    assert (linked, len(whole["mappings"])) == ([MAPPING["id"]], 3)
    assert whole["timeline"]
    assert stack.ask("explain", incident=made["key"]) == whole
    of_match = stack.ask("explain", incident=match["key"])["mappings"]
    assert {row["id"]: row["verdict"] for row in of_match}[PAGING["id"]] == "will create"
    stack.pagerduty.faults.add(FaultKind.STATUS, status=503, times=None)
    silent = stack.ask("explain", incident=number)
    stack.pagerduty.faults.clear()
    assert [row["verdict"] for row in silent["mappings"]].count("linked") == 1
    assert silent["not_known"]
    stack.delete("off")
    stack.delete(PAGING["id"])


def strangers_are_refused(stack: WholeStack) -> None:
    """The logs of both webhooks take no line of other days, so this comes first."""
    line = {"message": "webhook", "status": 503, "says": WRONG_SIGNATURE}
    stack.log("PagerDutyWebhookLogs", line)
    stack.log("JiraWebhookLogs", {"message": "jira webhook", "status": 404})
    health = stack.ask("health")
    told = {check["name"]: check["status"] for check in health["checks"]}
    assert (told["deliveries"], told["jira webhook"]) == ("attention", "attention")


def an_administrator_looks_around(stack: WholeStack) -> None:
    mapping = stack.save(status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE])
    incident = stack.trigger()
    stack.work()
    stack.ask("health")
    stack.ask("check-mapping", mapping=mapping)
    file = stack.ask("export")
    file["mappings"] += [{**mapping, "id": "by-name", "service": {"name": "Checkout"}}]
    rows = stack.ask("import", **file)["mappings"]
    assert [(row["id"], row["written"]) for row in rows] == [
        (mapping["id"], False),
        ("by-name", True),
    ]
    extension = jira_extension(resolvedStatus=None)
    stack.pagerduty.model.extensions.append(extension)
    (row,) = stack.ask("import", **{"from": "pagerduty"})["mappings"]
    assert (row["id"], row["written"]) == ("v3-PEXT001", True)
    stack.save(**mapping | {"id": "alike"})
    stack.delete("alike")
    stack.delete("by-name")
    stack.delete("v3-PEXT001")
    (issue,) = stack.issues_of(incident)
    assert stack.ask("resync", incident_id=issue["key"])["queued"]
    unknown = stack.invoke("admin", {"action": "resync", "incident_id": "QNOSUCH"})
    assert "no incident" in unknown["error"]["says"]
    stack.work()
    assert stack.ask("test-issue", mapping_id=mapping["id"])["status"] == "ok"
    assert stack.ask("dry-run", mapping_id=mapping["id"])["incidents"]
    asked = [
        stack.ask("create-issue", incident=incident, mapping_id=mapping["id"]),
        stack.ask("recover", since=stack.clock().isoformat()),
    ]
    stack.work()
    stack.sweep(minutes=15)
    known = [stack.ask("outcome", request=one["request"]) for one in asked]
    assert [(one["asked"], one["status"]) for one in known] == [
        ("create-issue", "done"),
        ("recover", "done"),
    ]


def a_job_stops_and_goes_on(stack: WholeStack) -> None:
    """Its kind is of another version, so that it fails; what matters here is who calls what."""
    job = Job(id="job-1", kind="unheard-of", title="?", asked={}, at=stack.clock())
    DynamoJobs(VersionedItems(stack.account.aws.dynamodb, LINKS_TABLE)).save(job)
    assert stack.ask("job", job="job-1")["state"] == "stopped"
    assert stack.ask("job", job="job-1", do="go on")["state"] == "queued"
    assert stack.ask("run-job", job="job-1", round=1)["status"] == "failed"


def an_administrator_uses_the_page(stack: WholeStack) -> None:
    browser = stack.browser()
    assert "Why did it not sync?" in browser.text
    stack.forward(minutes=2)
    job = Job(id="job-2", kind="unheard-of", title="?", asked={}, at=stack.clock())
    DynamoJobs(VersionedItems(stack.account.aws.dynamodb, LINKS_TABLE)).save(job)
    form = browser.open("/job?id=job-2").form("/job/cancel")
    browser.post("/job/cancel", form).follow()
    assert browser.post("/job/cancel", form).status == 303
    keys = browser.open("").form("/sign-out")
    browser.post("/job/cancel", {**keys, "id": "no-such-job"})
    browser.open("").press("/sign-out")


def a_mapping_is_tried_at_the_page(stack: WholeStack) -> None:
    """By a dry run of what is stored; a draft is looked for, and there is none."""
    mapping = stack.save()
    browser = stack.browser()
    browser.open(f"/dry-run?id={mapping['id']}&draft=1")
    browser.open(f"/dry-run?id={mapping['id']}").press("/dry-run", days="7")
    job = browser.header("Location").rpartition("=")[2]
    assert stack.ask("run-job", job=job, round=1)["status"] in {"running", "done"}
    assert "Dry run of" in browser.follow().text


def an_administrator_cures_problems_at_the_page(stack: WholeStack) -> None:
    """What was refused is tried again, what was given up is sent again or stays."""
    stack.garble()
    stack.work()
    client = stack.account.aws.dynamodb
    failed = a_claim(incident_id=stack.trigger(), state=LinkState.FAILED, version=0)
    DynamoLinks(client, LINKS_TABLE, writer="scene").save(failed)
    at = stack.clock()
    given_up = GivenUp(message_id="message-1", at=at, sent_at=at, why="It hangs.", is_readable=True)
    DynamoGivenUps(client, LINKS_TABLE).put(given_up)
    message = Message(
        id="message-1",
        receipt="",
        group="other:scene",
        body=encode(a_signal(id="given-up", kind=SignalKind.NO_INCIDENT)),
        receives=5,
        sent_at=at,
    )
    account = stack.account
    SqsSignalQueue(
        account.aws.sqs, account.queue_url, dead_letter_url=account.dead_letter_url
    ).dead_letter(message, "It hangs.")
    browser = stack.browser()
    assert "given up" in browser.open("/problems").text
    browser.open("/problems").press("/problem/try")
    for path in ("/dead-letters/redrive", "/health/check"):
        browser.open("/dead-letters" if "dead" in path else "/health").press(path)
        job = browser.header("Location").rpartition("=")[2]
        assert stack.ask("run-job", job=job, round=1)["status"] == "done"
    assert DynamoGivenUps(client, LINKS_TABLE).latest() != [given_up]
    stack.work()


def a_service_is_moved_over(stack: WholeStack) -> None:
    """One rule becomes a mapping that is off and then in force, one with errors a draft."""
    broken = jira_extension(project={"id": "999", "key": "GONE"})
    stack.pagerduty.model.extensions[:] = [
        jira_extension(resolvedStatus=None),
        broken | {"id": "PEXT002"},
    ]
    browser = stack.browser()
    for identity in ("v3-PEXT001", "v3-PEXT002"):
        form = browser.open("/moving?read=1").form("/moving/take")
        browser.post("/moving/take", {**form, "take": identity, "try": ""})
        assert browser.follow().status == 200
    stack.pagerduty.model.extensions.clear()
    browser.open("/moving/rule?id=v3-PEXT001&read=1").press("/moving/force")
    assert "In force" in browser.follow().open("/moving/rule?id=v3-PEXT001&read=1").text
    stack.delete("v3-PEXT001")


def mappings_are_changed_at_the_page(stack: WholeStack) -> None:
    browser = stack.browser()
    browser.open("/mappings")
    given = {"service.id": PAYMENTS, "project.id": "10200", "issue_type.id": "10001"}
    given |= {"status_mapping.triggered.id": "10000"}
    browser.open("/mapping?read=anew").press("/mapping", **given, do="draft").follow()
    browser.press("/mapping", **given, do="save")
    assert browser.status == 303, re.findall(r'class="error.*|<h2>.*', browser.text)
    mapping_id = parse_qs(urlsplit(browser.header("Location")).query)["id"][0]
    item = stack.tell_of_mapping(mapping_id)
    assert (item["changed"]["by"], item["check"]["status"]) == ("Ana", "ok")
    stack.forward(minutes=11)
    browser = stack.browser()
    browser.open(f"/mapping?id={mapping_id}").press("/mapping", name="Renamed", do="save").follow()
    assert "Saved and in force" in browser.text
    assert stack.tell_of_mapping(mapping_id)["name"] == "Renamed"
    browser.open(f"/mapping/versions?id={mapping_id}").press("/mapping/undo").follow()
    browser.open(f"/mapping?id={mapping_id}").press("/mapping/disable").follow()
    browser.open(f"/mappings/copy?id={mapping_id}&read=1")
    browser.press("/mappings/copy", service=CHECKOUT, do="copy")
    job = parse_qs(urlsplit(browser.header("Location")).query)["id"][0]
    assert stack.ask("run-job", job=job, round=1)["status"] == "done"
    browser.open(f"/mapping/delete?id={mapping_id}").press("/mapping/delete").follow()
    assert "Deleted" in browser.text
    copy = mapping_id.replace("payments", "checkout")
    browser.open(f"/mapping/delete?id={copy}").press("/mapping/delete")


def requests_are_signed(stack: WholeStack) -> None:
    """Every function that calls Jira reads the token that signs."""
    stack.connect(mode="jwt", user=OUR_ACCOUNT)
    incident = stack.trigger()
    stack.work()
    stack.poll(minutes=1)
    stack.save()
    stack.ask("health")
    stack.connect()
    assert incident


def an_administrator_connects_by_the_page(stack: WholeStack) -> None:
    """The poller puts the first token in force, the page the second; a third is cancelled."""
    stack.connect()
    stack.save()
    browser = _signed_in(stack)
    form = {
        "then": "save",
        "jira.url": stack.jira.url,
        "jira.auth.mode": "jwt",
        "jira.auth.user": OUR_ACCOUNT,
        "pagerduty.api_url": stack.pagerduty.url,
        "pagerduty.from_email": SYNC_EMAIL,
    }
    browser.open("/connection").press("/connection", **form)
    assert browser.header("Location").endswith("/connection/test?saved=1"), browser.text
    tokens = []
    for look in (lambda: stack.poll(minutes=1), lambda: browser.open("/connection?part=token")):
        made = browser.open("/connection").press("/connection/token", do="make").text
        tokens.append(made.split('id="new-token"')[1].split('value="')[1].split('"')[0])
        stack.jira.model.jwt = JwtPlugin(key=tokens[-1])
        look()
        assert (
            stack.account.aws.secrets.get_secret_value(
                SecretId="auth-token", VersionStage="AWSCURRENT"
            )["SecretString"]
            == tokens[-1]
        )
    browser.open("/connection").press("/connection/token", do="make")
    browser.open("/connection?part=token").press("/connection/token", do="cancel")
    assert browser.status == 303
    assert "Waiting for the ping" in browser.open("/connection?part=webhook").text
    incident = stack.trigger()
    stack.work()
    stack.forward(minutes=1)
    stack.note(incident, "The note that names the issue comes back")
    stack.work()
    assert "5 of 6 done" in browser.open("/setup?look=1").text
    stack.connect()


@dataclass(slots=True)
class _Admin:
    """The admin function of a stack, started cold as often as the stack wants."""

    stack: Any

    def handler(self, event: Any, _context: object) -> dict[str, Any]:
        """Answer one event."""
        return dict(self.stack.invoke("admin", event))


def _signed_in(stack: WholeStack) -> Browser:
    """A person who got a link by an invocation."""
    link = str(stack.ask("sign-in-link")["url"]).removeprefix(ADMIN_URL)
    return Browser(_Admin(stack)).open(PREFIX + link).press("/sign-in").follow()


def nothing_in_the_table_can_be_read(stack: WholeStack) -> None:
    """An item of every kind is spoilt; once all are gone, `health` forgets what it was told."""
    for item in stack.items():
        stack.delete_item(item)
    mapping = stack.save(status_mapping=STATUS_MAPPING, custom_fields=[RESOLUTION_RULE])
    stack.save(**PAGING | {"id": "spoilt", "jql": 'labels = "spoilt"'})
    stack.issue(labels=["spoilt"])
    incident = stack.trigger()
    stack.poll(minutes=1)
    stack.work()
    stack.ask("test-issue", mapping_id=mapping["id"])
    stack.jira.faults.add(FaultKind.STATUS, status=401)
    stack.poll(minutes=1)
    stack.sweep(minutes=15)
    spoilt = list(stack.items())
    for item in spoilt:
        stack.put_item({name: item[name] for name in ("pk", "sk", "sweep") if name in item})
    stack.note(incident, "Once more")
    (issue,) = stack.issues_of(incident)
    stack.tell_of_issue(issue["id"])
    stack.work()
    stack.poll(minutes=1)
    stack.sweep(minutes=15)
    stack.ask("test-issue", mapping_id=mapping["id"])
    stack.ask("health")
    for item in spoilt:
        stack.delete_item(item)
    stack.ask("health")


SCENES: tuple[Callable[[WholeStack], None], ...] = (
    strangers_are_refused,
    an_incident_lives,
    both_sides_change_at_once,
    a_button_and_an_unreadable_delivery,
    jira_fails_for_a_while,
    a_refusal_is_tried_again_when_the_mapping_changes,
    jira_does_not_let_us_in,
    issues_open_incidents,
    a_matching_issue_is_deleted_and_its_row_forgotten,
    many_match_at_once,
    a_pause_is_told_ends_by_itself_and_by_a_release,
    a_mapping_with_a_jql_is_deleted,
    a_second_issue_is_joined,
    a_status_update_is_owed_until_jira_takes_comments,
    an_administrator_asks_why_nothing_happened,
    an_administrator_looks_around,
    a_job_stops_and_goes_on,
    an_administrator_uses_the_page,
    a_mapping_is_tried_at_the_page,
    an_administrator_cures_problems_at_the_page,
    a_service_is_moved_over,
    mappings_are_changed_at_the_page,
    requests_are_signed,
    an_administrator_connects_by_the_page,
    nothing_in_the_table_can_be_read,
)


@pytest.fixture(scope="module")
def calls() -> Calls:
    """What all functions called in all scenes."""
    with whole_stack() as stack:
        for scene in SCENES:
            scene(stack)
        return stack.calls


def test_p37_no_function_calls_what_its_role_does_not_allow(calls: Calls) -> None:
    assert sorted(calls.refused) == []


@pytest.mark.parametrize("function", TEMPLATE.functions())
def test_p37_no_role_allows_what_its_function_never_calls(function: str, calls: Calls) -> None:
    """Key for key: a right on the links that names no keys would allow more than is called."""
    allowed = {
        right
        for right in granted(function) - BY_EVENT_SOURCES
        if right.action.split(":")[0] not in SERVICES_OF_AWS and right.action not in LOGGING
    }

    assert sorted(allowed - calls.made) == []


@pytest.mark.parametrize("function", TEMPLATE.functions())
def test_p37_every_way_to_aws_that_a_function_may_take_is_taken(
    function: str, calls: Calls
) -> None:
    """A way that no scene takes might lack its right unseen, such as one that only a fault takes.

    Whoever adds a call adds a scene, or says in `NEVER_TAKEN` why this function does not make it.
    """
    taken = {way for name, way in calls.ways if name == function}

    left = ways_of(function) - taken
    assert sorted(left) == sorted(NEVER_TAKEN.get(function, {})), left ^ set(NEVER_TAKEN[function])


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        (
            "delete_item",
            {"TableName": LINKS_TABLE, "Key": typed({"pk": "INCIDENT#1", "sk": "LINK#1"})},
        ),
        ("describe_table", {"TableName": LINKS_TABLE}),
        ("get_item", {"TableName": MAPPINGS_TABLE, "Key": typed({"id": "ops-bug"})}),
    ],
)
def test_p37_a_key_an_action_and_a_resource_that_no_policy_names_are_refused(
    account: Account, operation: str, asked: dict[str, Any]
) -> None:
    del account
    calls = Calls()
    with calls.of("admin"):
        client = boto3.session.Session().client("dynamodb")

    with pytest.raises(ClientError, match="is in no policy"):
        getattr(client, operation)(**asked)

    assert len(calls.refused) == 1
