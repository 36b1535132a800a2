"""Values for tests: complete, unremarkable, and changed only where a test says so."""

import hmac
import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pdjira.model.comment import Comment
from pdjira.model.incident import Incident, IncidentStatus, Note, Reference
from pdjira.model.issue import CreateScreen, FieldSchema, Issue, IssueRef, IssueStatus
from pdjira.model.link import Link, LinkState
from pdjira.model.mapping import (
    Conditions,
    CreateMode,
    Direction,
    FieldRule,
    JqlAppliesTo,
    Mapping,
    PriorityRow,
    RuleType,
)
from pdjira.model.signal import Signal, SignalKind
from pdjira.sync.mapping_order import Delivery

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
WEBHOOK_SECRET = "webhook-secret-of-tests"
ACTION_TOKEN = "action-token-of-tests"
JIRA_WEBHOOK_TOKEN = "jira-webhook-token-of-tests"
JIRA_WEBHOOK_SECRET = "jira-webhook-secret-of-tests"


class FakeClock:
    """The time, moved by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def an_incident(**changes: Any) -> Incident:
    values: dict[str, Any] = {
        "id": "QINCIDENT00001",
        "number": 7,
        "title": "Checkout answers slowly",
        "status": IncidentStatus.TRIGGERED,
        "urgency": "high",
        "html_url": "https://acme.example/incidents/QINCIDENT00001",
        "service": Reference(id="PABC123", name="Checkout"),
        "created_at": NOW,
        "description": "p99 is 8 s",
        "first_log_entry_id": "RLOG1",
    }
    return Incident(**{**values, **changes})


def a_mapping(**changes: Any) -> Mapping:
    values: dict[str, Any] = {
        "id": "ops-bug",
        "name": "Create Bug (OPS)",
        "enabled": True,
        "service": Reference(id="PABC123", name="Checkout"),
        "project": Reference(id="10100", name="OPS"),
        "issue_type": Reference(id="10001", name="Bug"),
        "create_issue": CreateMode.AUTOMATIC,
        "conditions": Conditions(),
    }
    return Mapping(**{**values, **changes})


def a_link(**changes: Any) -> Link:
    values: dict[str, Any] = {
        "incident_id": "QINCIDENT00001",
        "mapping_id": "ops-bug",
        "state": LinkState.LINKED,
        "claimed_at": NOW,
        "project_id": "10100",
        "issue_type_id": "10001",
        "version": 3,
        "issue": IssueRef(id="10501", key="OPS-1"),
        "remote_linked": True,
    }
    return Link(**{**values, **changes})


def an_issue(**changes: Any) -> Issue:
    values: dict[str, Any] = {
        "ref": IssueRef(id="10501", key="OPS-1"),
        "status": IssueStatus(id="1", name="Open"),
        "project_id": "10100",
        "issue_type_id": "10001",
    }
    return Issue(**{**values, **changes})


def a_comment(**changes: Any) -> Comment:
    values: dict[str, Any] = {
        "id": "PNOTE1",
        "incident_id": "Q1",
        "about": "note of Ada",
        "body": "[PagerDuty] Ada: Restarted web-7.",
    }
    return Comment(**{**values, **changes})


def a_note(**changes: Any) -> Note:
    values: dict[str, Any] = {
        "id": "PNOTE1",
        "content": "Restarted web-7.",
        "author": "Ada",
        "created_at": NOW,
    }
    return Note(**{**values, **changes})


def a_claim(**changes: Any) -> Link:
    values: dict[str, Any] = {
        "state": LinkState.CREATING,
        "issue": None,
        "remote_linked": False,
        "attempt_at": NOW,
        "version": 1,
    }
    return a_link(**{**values, **changes})


def a_signal(**changes: Any) -> Signal:
    values: dict[str, Any] = {
        "kind": SignalKind.INCIDENT_CHANGED,
        "id": "01EVENT",
        "event_type": "incident.triggered",
        "incident_id": "QINCIDENT00001",
        "service_id": "PABC123",
        "occurred_at": NOW,
        "agent": "Ada",
    }
    return Signal(**{**values, **changes})


def a_first_delivery(signal: Signal | None = None, **changes: Any) -> Delivery:
    values: dict[str, Any] = {"signal": signal or a_signal(), "begun": NOW, "sent_at": NOW}
    return Delivery(**{**values, **changes})


def a_schema(field_id: str, **changes: Any) -> FieldSchema:
    values: dict[str, Any] = {
        "id": field_id,
        "name": field_id.capitalize(),
        "required": False,
        "type": "string",
    }
    return FieldSchema(**{**values, **changes})


SUMMARY = a_schema("summary", system="summary", required=True)
DESCRIPTION = a_schema("description", system="description")
LABELS = a_schema("labels", type="array", items="string", system="labels")
TEXT = a_schema("customfield_10001", name="Incident number", custom="x:textfield")


def a_screen(*fields: FieldSchema) -> CreateScreen:
    shown = fields or (SUMMARY, DESCRIPTION, LABELS, TEXT)
    return CreateScreen(fields={schema.id: schema for schema in shown})


def a_const(target: str, value: str) -> FieldRule:
    return FieldRule(target=target, type=RuleType.CONST, value=value)


def an_attribute(target: str, source: str, direction: Direction = Direction.TO_JIRA) -> FieldRule:
    return FieldRule(target=target, type=RuleType.ATTRIBUTE, source=source, direction=direction)


def a_template(target: str, text: str) -> FieldRule:
    return FieldRule(target=target, type=RuleType.TEMPLATE, value=text)


OPEN = Reference(id="1", name="Open")
IN_PROGRESS = Reference(id="3", name="In Progress")
RESOLVED = Reference(id="5", name="Resolved")
CLOSED = Reference(id="6", name="Closed")
THREE_STATUSES = {
    IncidentStatus.TRIGGERED: OPEN,
    IncidentStatus.ACKNOWLEDGED: IN_PROGRESS,
    IncidentStatus.RESOLVED: RESOLVED,
}
PRIORITIES = (
    PriorityRow(pagerduty_id="PP1", jira_id="1"),
    PriorityRow(pagerduty_id="PP2", jira_id="2"),
    PriorityRow(pagerduty_id=None, jira_id="5"),
)


def three_statuses(**changes: Any) -> Mapping:
    """A mapping under which the issue follows its incident through a workflow of three steps."""
    values: dict[str, Any] = {
        "statuses": THREE_STATUSES,
        "field_rules": (a_const("resolution", "Done"),),
        **changes,
    }
    return a_mapping(**values)


PAGING = a_mapping(jql="priority = Highest", jql_applies_to=JqlAppliesTo.EXISTING)
"""A match of its JQL opens an incident, also if the issue was there before."""
PAGING_NEW = a_mapping(jql="priority = Highest")
"""A match opens an incident if the issue is newer than the mapping."""
HIGHEST = {"priority": {"id": "1"}}
"""Fields of an issue that matches both."""

MAPPING_ITEM: dict[str, Any] = {
    "id": "ops-bug",
    "service": {"id": "PABC123", "name": "Checkout"},
    "project": {"id": "10100", "key": "OPS"},
    "issue_type": {"id": "10001", "name": "Bug"},
    "create_issue": "automatic",
}
"""What a person has to write into the table of mappings, and no key more."""
WHOLE_MAPPING_ITEM: dict[str, Any] = MAPPING_ITEM | {
    "name": "Create Bug (OPS)",
    "enabled": True,
    "service_id": "PABC123",
    "manual_workflow_ids": ["PWF1"],
    "conditions": {
        "urgency": ["high"],
        "priority_ids": ["PP1", "none"],
        "title_matches": "*database*",
    },
    "jql": "priority = Highest",
    "jql_applies_to": "existing",
    "jql_settle_seconds": 30,
    "max_incidents_per_hour": 5,
    "incident_urgency": "low",
    "status_mapping": {
        "triggered": {"id": "1", "name": "Open"},
        "acknowledged": None,
        "resolved": {"id": "6", "name": "Closed"},
    },
    "resolved_statuses": [{"id": "7", "name": "Rejected"}],
    "acknowledge_on_status": True,
    "reopen": {
        "issue": False,
        "incident": False,
        "not_after_days": 14,
        "not_with_resolutions": [{"id": "10001", "name": "Won't Fix"}],
    },
    "priorities": [
        {"pagerduty_id": "PP1", "jira_id": "1"},
        {"pagerduty_id": None, "jira_id": "3"},
    ],
    "sync_notes": "to_jira",
    "sync_notes_user": {"id": "PUSER1", "email": "a@example.com"},
    "internal_comments": True,
    "sync_people": {"assignee": True, "watchers": True},
    "custom_fields": [
        {"target_issue_field": "labels", "type": "const", "value": "blue,red"},
        {
            "target_issue_field": "customfield_10001",
            "type": "attribute",
            "source_incident_field": "incident_number",
            "direction": "both",
        },
        {
            "target_issue_field": "customfield_10002",
            "type": "jira_value",
            "value": {"id": "10300", "child": None, "weight": 2},
        },
        {
            "target_issue_field": "description",
            "type": "template",
            "value": "{{ incident_title }} ...",
            "direction": "to_jira",
        },
        {
            "target_issue_field": "customfield_10003",
            "type": "attribute",
            "source_incident_field": "incident_urgency",
            "direction": "to_pagerduty",
        },
    ],
    "changed": {"at": "2026-11-24T03:00:00Z", "by": "Ana"},
    "enabled_since": "2026-11-24T03:00:00Z",
    "jql_paused": {"since": "2026-11-24T03:00:00Z", "waiting": 353},
    "check": {"status": "ok", "at": "2026-11-24T03:00:00Z", "problems": []},
    "written_by_stack": {"service_id": "PABC123", "enabled_since": "2026-11-24T03:00:00Z"},
}
"""The same mapping with every key that there is."""
STATUS_MAPPING = {
    "triggered": {"id": "1", "name": "Open"},
    "acknowledged": {"id": "3", "name": "In Progress"},
    "resolved": {"id": "5", "name": "Resolved"},
}
RESOLUTION_RULE = {"target_issue_field": "resolution", "type": "const", "value": "Done"}


def a_rule_item(target: str, value: Any = "x", **changes: Any) -> dict[str, Any]:
    """A rule as a person writes it into `custom_fields`."""
    return {"target_issue_field": target, "type": "const", "value": value} | changes


def a_delivery(**changes: Any) -> bytes:
    """The bytes of a V3 webhook; `data` and other keys of the event may be replaced."""
    event: dict[str, Any] = {
        "id": "01EVENT",
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": "2026-11-24T03:00:00.000Z",
        "agent": {"id": "PUSER1", "type": "user_reference", "summary": "Ada"},
        "client": None,
        "data": {
            "id": "QINCIDENT00001",
            "type": "incident",
            "status": "triggered",
            "title": "Checkout answers slowly",
            "service": {"id": "PABC123", "type": "service_reference", "summary": "Checkout"},
        },
    }
    return json.dumps({"event": {**event, **changes}}).encode()


def a_signature(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
    return "v1=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def signature_vectors(side: str) -> list[dict[str, Any]]:
    """The known answers of P4 for `pagerduty` or `jira`, each with its `body` as bytes."""
    vectors = json.loads((FIXTURES / "signatures.json").read_text(encoding="utf-8"))[side]
    return [
        {
            **vector,
            "body": b64decode(vector["body_base64"])
            if "body_base64" in vector
            else vector["body"].encode(),
        }
        for vector in vectors
    ]


def a_jira_delivery(**changes: Any) -> bytes:
    """The bytes of a webhook of Jira; keys may be replaced."""
    sent: dict[str, Any] = {
        "timestamp": 1_795_489_200_000,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_generic",
        "user": {"name": "ada", "displayName": "Ada"},
        "issue": {"id": "10501", "key": "OPS-1", "fields": {"summary": "Slow"}},
    }
    return json.dumps({**sent, **changes}).encode()


def a_jira_signature(body: bytes, secret: str = JIRA_WEBHOOK_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()


def an_issue_change(**changes: Any) -> Signal:
    """What is stored of a webhook of Jira."""
    values: dict[str, Any] = {
        "kind": SignalKind.ISSUE_CHANGED,
        "id": "01CHANGE",
        "event_type": "jira:issue_updated",
        "issue_id": "10501",
        "occurred_at": NOW,
    }
    return Signal(**{**values, **changes})


def a_request(**changes: Any) -> Signal:
    """What is stored of a pressed button."""
    values: dict[str, Any] = {
        "kind": SignalKind.CREATE_REQUESTED,
        "id": "press-1:ops-bug",
        "event_type": "incident.custom",
        "mapping_id": "ops-bug",
    }
    return a_signal(**{**values, **changes})


def an_action(**changes: Any) -> bytes:
    """The bytes of a Custom Incident Action, in the envelope of V2; keys may be replaced."""
    message: dict[str, Any] = {
        "id": "press-1",
        "event": "incident.custom",
        "created_on": "2026-11-24T03:00:00Z",
        "webhook": {"id": "PWEBHOOK1", "name": "Create Bug (OPS)"},
        "log_entries": [
            {
                "id": "RLOG7",
                "type": "custom_log_entry",
                "agent": {"id": "PUSER1", "type": "user_reference", "summary": "Ada"},
                "channel": {"type": "custom_web_trigger", "name": "Create Bug (OPS)"},
            }
        ],
        "incident": {
            "id": "QINCIDENT00001",
            "type": "incident",
            "status": "triggered",
            "service": {"id": "PABC123", "name": "Checkout", "type": "service"},
        },
    }
    return json.dumps({"messages": [{**message, **changes}]}).encode()
