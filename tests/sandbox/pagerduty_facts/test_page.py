"""The page where a person is the responder."""

import html.parser

import requests

from tests.sandbox.pagerduty import seed
from tests.sandbox.pagerduty.receiver import Receiver
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty_facts.client import (
    last_event,
)


class Controls(html.parser.HTMLParser):
    """Collects what a page's forms hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "label":
            self.labelled.add(values["for"] or "")
        if tag in ("input", "select", "textarea"):
            self.fields.append(values.get("id") or "?")
        if tag in ("script", "link", "img"):
            self.sources.append(values.get("src") or values.get("href") or "")


def page(server: PagerDutyServer, path: str = "", **form: str) -> requests.Response:
    method = "POST" if form else "GET"
    return requests.request(method, server.page_url + path, data=form or None, timeout=10)


def test_a_responder_triggers_and_works_on_an_incident_on_the_page(
    server: PagerDutyServer,
) -> None:
    opened = page(server, "incidents", service_id=seed.PAYMENTS, title="Card errors", details="d")
    it = server.model.incident("1")
    other = server.model.trigger(seed.PAYMENTS, "Other", by=seed.RESPONDER)
    assert opened.url == f"{server.page_url}incidents/{it.id}"

    steps: list[tuple[str, dict[str, str]]] = [
        ("acknowledge", {"x": ""}),
        ("unacknowledge", {"x": ""}),
        ("title", {"title": "Card payments fail"}),
        ("priority", {"priority_id": "PP1"}),
        ("urgency", {"urgency": "low"}),
        ("note", {"content": "Looking"}),
        ("status_update", {"message": "On it"}),
        ("reassign", {"user_id": seed.SYNC_USER}),
        ("resolve", {"note": "Fixed"}),
        ("reopen", {"x": ""}),
        ("merge", {"into": other.id}),
    ]
    for action, form in steps:
        assert page(server, f"incidents/{it.id}/{action}", **form).status_code == 200, action

    assert (it.title, it.priority_id, it.urgency) == ("Card payments fail", "PP1", "low")
    assert [note.content for note in it.notes] == ["Looking", "Resolution Note: Fixed"]
    assert it.resolve_reason is not None


def test_what_is_not_possible_is_said_on_the_page(server: PagerDutyServer) -> None:
    made = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)

    refused = page(server, f"incidents/{made.id}/reopen", x="")

    assert refused.status_code == 400
    assert "Incident is not resolved" in refused.text
    assert page(server, "incidents/QNONE").status_code == 404


def test_text_of_an_incident_cannot_become_markup_on_the_page(server: PagerDutyServer) -> None:
    hostile = "<script>alert(1)</script>"
    made = server.model.trigger(seed.CHECKOUT, hostile, by=seed.RESPONDER, details=hostile)
    server.model.add_note(made.id, hostile, by=seed.RESPONDER)
    server.model.publish_status_update(made.id, hostile, by=seed.RESPONDER)

    for path in ("", f"incidents/{made.id}"):
        assert hostile not in page(server, path).text
        assert "&lt;script&gt;" in page(server, path).text


def test_every_control_has_a_label_and_no_asset_comes_from_elsewhere(
    server: PagerDutyServer,
) -> None:
    made = server.model.trigger(seed.CHECKOUT, "Down", by=seed.RESPONDER)
    server.model.trigger(seed.CHECKOUT, "Other", by=seed.RESPONDER)

    for path in ("", f"incidents/{made.id}", "webhooks", f"services/{seed.CHECKOUT}"):
        found = Controls(page(server, path).text)
        assert set(found.fields) <= found.labelled
        assert len(found.fields) == len(set(found.fields))
        assert all(source.startswith("/web/static/") for source in found.sources)
        for source in found.sources:
            assert requests.get(server.url + source, timeout=5).status_code == 200


def test_subscriptions_and_their_deliveries_are_seen_and_changed_on_the_page(
    server: PagerDutyServer, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 400
    added = page(server, "webhooks", url=receiver.url, description="The stack", service_id="")
    (made,) = server.webhooks.all()
    assert made.secrets[0] in added.text.replace("&#43;", "+")
    for number in range(1, 4):
        page(server, "incidents", service_id=seed.CHECKOUT, title="Down")
        assert server.webhooks.wait_for(lambda log, n=number: len(log) == n)  # type: ignore[misc]

    shown = page(server, "webhooks").text
    assert "needs attention" in shown
    assert "dropped" in shown
    assert made.secrets[0] not in shown
    page(server, f"webhooks/{made.id}/enable", x="")
    assert not server.webhooks.is_disabled(made)
    page(server, f"webhooks/{made.id}/switch", x="")
    assert not made.active
    page(server, f"webhooks/{made.id}/delete", x="")
    assert server.webhooks.all() == []


def test_one_acts_as_the_user_that_was_chosen(server: PagerDutyServer) -> None:
    with requests.Session() as browser:
        browser.post(f"{server.page_url}you", data={"user_id": seed.SYNC_USER}, timeout=5)
        form = {"service_id": seed.CHECKOUT, "title": "Down"}
        browser.post(f"{server.page_url}incidents", data=form, timeout=5)

    assert last_event(server)["agent"]["id"] == seed.SYNC_USER
