"""The sandbox's PagerDuty answers as the vendor's own document says."""

from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    Rest,
    an_incident,
    new_incident,
    subscription,
)
from tests.sandbox.pagerduty_facts.document import problems
from tests.sandbox.vendors import needs_documents


@needs_documents
def test_answers_are_as_the_vendors_document_says(server: PagerDutyServer, rest: Rest) -> None:
    body = {"type": "incident_body", "details": "d"}
    made = an_incident(rest, body=body, priority={"id": "PP1", "type": "priority_reference"})
    other = an_incident(rest)
    hook = rest("POST", "/webhook_subscriptions", subscription()).json()["webhook_subscription"]
    server.model.extensions.append(seed.jira_extension())
    entry = server.model.incident(made).log[0].id
    one = f"/incidents/{made}"
    source = {"source_incidents": [{"id": other, "type": "incident_reference"}]}
    includes = "include[]=body&include[]=first_trigger_log_entries&include[]=services"

    calls: list[tuple[str, str, str, object]] = [
        ("post", "/incidents", "/incidents", new_incident()),
        ("get", "/incidents", "/incidents", None),
        ("get", "/incidents/{id}", one, None),
        ("get", "/incidents/{id}", f"{one}?{includes}", None),
        ("put", "/incidents/{id}", one, {"incident": {"status": "acknowledged"}}),
        ("post", "/incidents/{id}/notes", f"{one}/notes", {"note": {"content": "x"}}),
        ("get", "/incidents/{id}/notes", f"{one}/notes", None),
        ("post", "/incidents/{id}/status_updates", f"{one}/status_updates", {"message": "x"}),
        ("put", "/incidents/{id}/merge", f"{one}/merge", source),
        ("put", "/incidents/{id}", one, {"incident": {"status": "resolved"}}),
        ("get", "/incidents/{id}", one, None),
        ("get", "/log_entries/{id}", f"/log_entries/{entry}?include[]=channels", None),
        ("get", "/log_entries", "/log_entries", None),
        ("get", "/incidents/{id}/log_entries", f"{one}/log_entries", None),
        ("get", "/services", "/services", None),
        ("get", "/services/{id}", f"/services/{seed.CHECKOUT}", None),
        ("get", "/incident_workflows", "/incident_workflows", None),
        ("get", "/extensions", "/extensions?include[]=extension_schemas", None),
        ("get", "/users", "/users", None),
        ("get", "/users/{id}", f"/users/{seed.SYNC_USER}", None),
        ("get", "/priorities", "/priorities", None),
        ("get", "/abilities", "/abilities", None),
        ("post", "/webhook_subscriptions", "/webhook_subscriptions", subscription()),
        ("get", "/webhook_subscriptions", "/webhook_subscriptions", None),
        ("get", "/webhook_subscriptions/{id}", f"/webhook_subscriptions/{hook['id']}", None),
        (
            "post",
            "/webhook_subscriptions/{id}/enable",
            f"/webhook_subscriptions/{hook['id']}/enable",
            None,
        ),
        (
            "post",
            "/webhook_subscriptions/{id}/ping",
            f"/webhook_subscriptions/{hook['id']}/ping",
            None,
        ),
        ("get", "/incidents/{id}", "/incidents/QNOSUCH", None),
        ("post", "/incidents", "/incidents", new_incident(title="")),
    ]
    for method, template, path, sent in calls:
        assert problems(method, template, rest(method.upper(), path, sent)) == [], (method, path)
