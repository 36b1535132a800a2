"""The whole sandbox: the deployed stack between a PagerDuty and a Jira, configured and ready."""

import json
import time
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlsplit

from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_PASSWORD, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty import delivery
from tests.sandbox.pagerduty.events import SUBSCRIBABLE
from tests.sandbox.pagerduty.seed import API_TOKEN, CHECKOUT, RESPONDER, SYNC_EMAIL
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.pagerduty.webhooks import Subscription
from tests.sandbox.stack import LocalStack, Say

T = TypeVar("T")
Issue = dict[str, Any]

ACTION_TOKEN = "sandbox-action-token"

MAPPING: abc.Mapping[str, Any] = {
    "id": "checkout-bugs",
    "name": "Create Bug (OPS)",
    "service": {"id": CHECKOUT, "name": "Checkout"},
    "project": {"id": "10100", "key": "OPS"},
    "issue_type": {"id": "10001", "name": "Bug"},
    "create_issue": "automatic",
    "custom_fields": [{"target_issue_field": "labels", "type": "const", "value": "pagerduty"}],
}
"""The mapping that the sandbox begins with, as a person writes it into the table."""


class Sandbox:
    """Both sides and the stack, from entering the context to leaving it.

    Without `configured` the stack stays as fresh as `sam deploy` leaves it, until `configure`; and
    with `empty`, PagerDuty knows nothing of it either.
    """

    def __init__(self, *, say: Say = print, configured: bool = True, empty: bool = False) -> None:
        self.stack = LocalStack(say=say)
        self._configured = configured and not empty
        self._empty = empty
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self.jira = opened.enter_context(JiraServer())
            self.pagerduty = opened.enter_context(PagerDutyServer(send=self._deliver))
            opened.enter_context(self.stack)
            if not self._empty:
                self.subscription = self.subscribe()
                self.button = self.offer_button()
            if self._configured:
                self.configure()
            self._open = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def _deliver(self, url: str, body: bytes, headers: dict[str, str]) -> delivery.Answer:
        """To the addresses of AWS as well, which stand for those of the local one."""
        is_of_aws = (urlsplit(url).hostname or "").endswith(".amazonaws.com")
        return delivery.http_send(self.stack.local_url(url) if is_of_aws else url, body, headers)

    # ---- what an administrator does

    def empty(self) -> None:
        """Leave the stack as `sam deploy` does; only where PagerDuty is stands in the secret.

        The page finds the regions of PagerDuty by itself, but not the one of the sandbox.
        """
        self.stack.connect({"pagerduty": {"api_url": self.pagerduty.url}})

    def sign_in_link(self, **asked: str) -> str:
        """Have the admin function make a link to the page, as a browser here can open it."""
        answer = self.stack.invoke("AdminFunction", {"action": "sign-in-link", **asked})
        url = urlsplit(answer["url"])
        return f"{self.stack.browser_url(answer['url'])}?{url.query}"

    def subscribe(self) -> Subscription:
        """Add the webhook in PagerDuty, with all its event types."""
        return self.pagerduty.webhooks.create(
            self.stack.webhook_url, events=SUBSCRIBABLE, filter_={"type": "account_reference"}
        )

    def offer_button(self, mapping_id: str | None = None, *, token: str = ACTION_TOKEN) -> str:
        """Offer a mapping's button on the Checkout service, the first mapping's; answers its id."""
        path = quote(mapping_id or MAPPING["id"], safe="")
        return self.pagerduty.buttons.add(
            MAPPING["name"],
            f"{self.stack.webhook_url}/actions/{path}",
            service_id=CHECKOUT,
            headers={"X-Action-Token": token},
        ).id

    def configure(self) -> None:
        """Enter the connection secret and a first mapping."""
        self.connect()
        self.put_mapping()

    def connection(self) -> dict[str, Any]:
        """What belongs into the connection secret."""
        return {
            "pagerduty": {
                "api_url": self.pagerduty.url,
                "api_token": API_TOKEN,
                "from_email": SYNC_EMAIL,
                "webhook_secrets": list(self.subscription.secrets),
                "action_token": ACTION_TOKEN,
            },
            "jira": {
                "url": self.jira.url,
                "ca_pem": None,
                "auth": {"mode": "pat", "token": OUR_TOKEN},
                "webhook_token": None,
                "webhook_secret": None,
            },
        }

    def connect(self, *, jira: abc.Mapping[str, Any] | None = None, **pagerduty: Any) -> None:
        """Write the connection secret; `jira` and `pagerduty` change keys of their sides."""
        connection = self.connection()
        connection["jira"] |= jira or {}
        connection["pagerduty"] |= pagerduty
        self.stack.connect(connection)

    def update_jira(self, version: str, *, sign_in: str = "pat") -> None:
        """Put another version in Jira's place, and sign in there by `pat`, `basic` or `jwt`.

        Signed tokens are taken by every version from the first time on.
        """
        auth: dict[str, dict[str, Any]] = {
            "pat": {"mode": "pat", "token": OUR_TOKEN},
            "basic": {"mode": "basic", "username": OUR_ACCOUNT, "password": OUR_PASSWORD},
            "jwt": {"mode": "jwt", "user": OUR_ACCOUNT, "audience": "jira", "qsh": True},
        }
        if sign_in == "jwt":
            key = self.stack.secrets.get_secret_value(
                SecretId=self.stack.outputs["AuthTokenSecretArn"]
            )["SecretString"]
            self.jira.model.jwt = JwtPlugin(key=key, audience="jira", qsh=True)
        self.jira.model.install(version)
        self.connect(jira={"auth": auth[sign_in]})

    def put_mapping(self, **changes: Any) -> dict[str, Any]:
        """Write a mapping into the table, as a person does, and wait for its verdict; answers it.

        Only then is it known since when the mapping is switched on.
        """
        item = {**MAPPING, **changes}
        self.stack.mappings.put_item(Item=item)
        return eventually(
            lambda: self.verdict_on(item["id"]), what=f"a verdict on the mapping {item['id']}"
        )

    def verdict_on(self, mapping_id: str) -> dict[str, Any]:
        """What stands on the item as `check`; empty where there is none."""
        found: Any = self.stack.mappings.get_item(Key={"id": mapping_id}, ConsistentRead=True)
        return dict(found.get("Item", {}).get("check", {}))

    def remove_mapping(self, mapping_id: str) -> None:
        """Delete a mapping from the table."""
        self.stack.mappings.delete_item(Key={"id": mapping_id})

    def allow_links(self, *, allowed: bool) -> None:
        """Give our account in Jira the right Link Issues in every project, or take it."""
        world = self.jira.model.world
        change = world.grant if allowed else world.revoke
        for project in world.projects:
            change(OUR_ACCOUNT, "LINK_ISSUES", project=project)

    @contextmanager
    def granted(self, *rights: str) -> Iterator[None]:
        """Give our account more rights in the project OPS for a while."""
        world = self.jira.model.world
        world.grant(OUR_ACCOUNT, *rights, project="OPS")
        try:
            yield
        finally:
            world.revoke(OUR_ACCOUNT, *rights, project="OPS")

    def rights(self) -> dict[str, set[str]]:
        """The rights of our account in Jira: by project, and the global ones by an empty name."""
        world = self.jira.model.world
        held = {it.key: set(it.permissions[OUR_ACCOUNT]) for it in world.projects.values()}
        return {**held, "": set(world.users[OUR_ACCOUNT].permissions)}

    # ---- what a responder does and sees

    def trigger(self, title: str, **details: Any) -> str:
        """Open an incident on the Checkout service; answers its id."""
        opened = self.pagerduty.model.trigger(CHECKOUT, title, by=RESPONDER, **details)
        return opened.id

    def poll(self) -> list[dict[str, Any]]:
        """Run a round of the poller at once, as the schedule does every minute; its searches."""
        answer = self.stack.invoke("JqlPollerFunction", {"mode": "poll"})
        while "under way" in answer.get("left_out", ""):  # the schedule's own round
            time.sleep(0.2)
            answer = self.stack.invoke("JqlPollerFunction", {"mode": "poll"})
        return list(answer["polled"])

    def quiet(self) -> bool:
        """Whether nothing is left to be done: a poll tells of nothing, and no signal waits."""
        idle = not any(one["signals"] for one in self.poll())
        self.pagerduty.webhooks.wait_until_idle(10)
        return idle and not self.stack.waiting()

    def press(self, incident_id: str, button_id: str | None = None) -> None:
        """Press a button of the incident, the first mapping's."""
        self.pagerduty.buttons.press(incident_id, button_id or self.button, by=RESPONDER)

    def issues_of(self, incident_id: str) -> list[Issue]:
        """The issues of Jira that bear the incident's mark."""
        marked = self.jira.model.state()["issues"]
        return [
            issue
            for issue in marked
            if issue["properties"].get("pagerduty.incident", {}).get("id") == incident_id
        ]

    def notes_of(self, incident_id: str) -> Sequence[str]:
        """The texts of the incident's notes."""
        return [note.content for note in self.pagerduty.model.incident(incident_id).notes]

    def links_of(self, incident_id: str) -> list[dict[str, Any]]:
        """The incident's links as they lie in the table."""
        return self._items(incident_id, "LINK#")

    def timeline_of(self, incident_id: str) -> list[dict[str, Any]]:
        """The incident's timeline as it lies in the table, oldest first."""
        return self._items(incident_id, "EVENT#")

    def is_linked(self, incident_id: str) -> bool:
        """Whether incident and issue name each other and the link says so."""
        links = self.links_of(incident_id)
        named = any("/browse/" in note for note in self.notes_of(incident_id))
        return named and bool(links) and all(link["state"] == "linked" for link in links)

    def signals_of(self, incident_id: str) -> list[dict[str, Any]]:
        """The incident's signals that are still in the queue."""
        bodies = [json.loads(message["Body"]) for message in self.stack.waiting()]
        return [body for body in bodies if body.get("incident_id") == incident_id]

    def at_rest(self, incident_id: str) -> None:
        """Wait until every webhook about the incident is delivered and worked on."""
        self.pagerduty.webhooks.wait_until_idle(10)
        eventually(
            lambda: not self.signals_of(incident_id),
            seconds=60,
            what=f"no more signal of {incident_id} in the queue",
        )

    def _items(self, incident_id: str, prefix: str) -> list[dict[str, Any]]:
        answer = self.stack.dynamodb.query(
            TableName=self.stack.outputs["LinksTableName"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": f"INCIDENT#{incident_id}", ":prefix": prefix},
            ConsistentRead=True,
        )
        return list(answer["Items"])


def eventually(look: Callable[[], T], *, seconds: float = 30, what: str = "") -> T:
    """Look again and again until what is seen is true; raises `AssertionError` after `seconds`."""
    until = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > until:
            raise AssertionError(f"Not seen within {seconds:.0f} s: {what or look}")
        time.sleep(0.1)
