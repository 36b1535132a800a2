"""The account that the sandbox's PagerDuty starts with: made-up people, services and keys."""

from datetime import datetime

from tests.sandbox.pagerduty.records import (
    CustomField,
    EscalationPolicy,
    Json,
    Priority,
    Service,
    Token,
    User,
)

API_TOKEN = "sandbox-account-key0"
READ_ONLY_TOKEN = "sandbox-readonly-key"
USER_TOKEN = "sandbox-user-key-ada"
APP_TOKEN = "sandbox-app-bearer-token"
NARROW_TOKEN = "sandbox-narrow-key-0"

CHECKOUT = "PABC123"
PAYMENTS = "PDEF456"
POLICY = "PPOLICY"
WORKFLOW = "PFLOW01"
RESPONDER = "PUSER01"
SYNC_USER = "PUSER02"
SYNC_EMAIL = "sync@example.com"
RESPONDER_EMAIL = "ada@example.com"


def users() -> list[User]:
    """A responder, who is on call, and the user that the sync writes as."""
    return [
        User(id=RESPONDER, name="Ada Marsh", email=RESPONDER_EMAIL, role="admin"),
        User(id=SYNC_USER, name="Jira Sync", email=SYNC_EMAIL),
    ]


def policies() -> list[EscalationPolicy]:
    """One policy that pages the responder."""
    return [EscalationPolicy(id=POLICY, name="Web on call", user_ids=[RESPONDER])]


def services(now: datetime) -> list[Service]:
    """Two services under the same policy."""
    return [
        Service(id=CHECKOUT, name="Checkout", policy_id=POLICY, created_at=now),
        Service(id=PAYMENTS, name="Payments", policy_id=POLICY, created_at=now),
    ]


def priorities() -> list[Priority]:
    """P1 is the most severe."""
    meanings = ("All hands", "Customers notice", "Some notice", "Nobody notices", "Cosmetic")
    return [
        Priority(id=f"PP{level}", name=f"P{level}", description=meaning)
        for level, meaning in enumerate(meanings, start=1)
    ]


def incident_workflows() -> list[Json]:
    """One that people start by hand."""
    return [{"id": WORKFLOW, "name": "Open a Jira issue"}]


def jira_extension(*service_ids: str, **jira: object) -> Json:
    """An extension of the vendor's Jira Server v3 integration; `jira` is changed in its rule."""
    statuses = {
        "openStatus": {"id": "1", "name": "Open"},
        "acknowledgedStatus": {"id": "3", "name": "In Progress"},
        "resolvedStatus": {"id": "5", "name": "Resolved"},
    }
    rule = {
        "project": {"id": "10100", "key": "OPS", "name": "Operations"},
        "issueType": {"id": "10001", "name": "Bug"},
        "user": None,
        "createIssueOnIncidentTrigger": True,
        **statuses,
        "priorities": [{"jiraId": "1", "pdId": "PP1"}],
        "customFields": [
            {
                "pd": {"type": "attribute", "value": "incident_number", "displayName": "Number"},
                "jira": {"type": "string", "value": "customfield_10001", "displayName": "Incident"},
            }
        ],
    }
    return {
        "id": "PEXT001",
        "name": "Jira OPS",
        "endpoint_url": "https://pd-jira.example.com/receive",
        "extension_schema": {"id": "PJIRA01", "key": "jira", "label": "Jira Server"},
        "service_ids": service_ids or (CHECKOUT,),
        "config": {"jira": {**rule, **jira}},
    }


def custom_fields() -> list[CustomField]:
    """One of each kind; `impact` is of another incident type."""
    environments = ("production", "staging")
    kinds: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
        ("region", "string", "single_value", ()),
        ("environment", "string", "single_value_fixed", environments),
        ("teams", "string", "multi_value", ()),
        ("customers", "integer", "single_value", ()),
        ("cost", "float", "single_value", ()),
        ("public", "boolean", "single_value", ()),
        ("due", "datetime", "single_value", ()),
        ("runbook", "url", "single_value", ()),
    )
    base = [
        CustomField(
            id=f"PFIELD{number}",
            name=name,
            display_name=name.title(),
            data_type=data_type,
            field_type=field_type,
            options=options,
        )
        for number, (name, data_type, field_type, options) in enumerate(kinds)
    ]
    impact = CustomField(
        id="PFIELD9", name="impact", display_name="Impact", incident_type="major_default"
    )
    return [*base, impact]


def tokens() -> list[Token]:
    """A key of each kind."""
    return [
        Token(value=API_TOKEN),
        Token(value=READ_ONLY_TOKEN, read_only=True),
        Token(value=USER_TOKEN, user_id=RESPONDER),
        Token(value=APP_TOKEN, bearer=True),
        Token(value=NARROW_TOKEN, forbidden=("/users", "/log_entries", "/webhook_subscriptions")),
    ]
