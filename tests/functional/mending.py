"""A whole stack on which a person makes a mistake, reads what the software says, and mends it."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from tests.builders import (
    ACTION_TOKEN,
    JIRA_WEBHOOK_TOKEN,
    WEBHOOK_SECRET,
    a_delivery,
    a_jira_delivery,
    a_signature,
    an_action,
)
from tests.functional.whole_stack import WholeStack, request_of, whole_stack
from tests.sandbox.environment import MAPPING
from tests.sandbox.jira.clock import system_clock
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_TOKEN
from tests.sandbox.jira.world import GLOBAL_PERMISSIONS, PERMISSIONS, World
from tests.sandbox.pagerduty.events import SUBSCRIBABLE
from tests.sandbox.pagerduty.seed import API_TOKEN, RESPONDER, SYNC_EMAIL
from tests.sandbox.pagerduty.webhooks import Subscription

OUR_HOOK = "https://hooks.example.com/webhooks/pagerduty"

_PLACE = re.compile(r"\.?([A-Za-z_]+)|\[(\d+)\]")

_SHOWN = re.compile(r"(?:Write|Add|Did you mean)(?: to [\w.\[\]]+)?(?:, for example,)? (?=\")")

_RULE = re.compile(r'\{"target_issue_field"')

_JSON = json.JSONDecoder()

_NAMES_ITS_ISSUE = re.compile(r"Jira issue [A-Z]+-\d+: ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that the software says is wrong: where, what, and what to do about it."""

    where: str
    says: str
    cure: str


@dataclass(slots=True, kw_only=True)
class Bench:
    """The stack, and what a person edits: the connection secret and the item of a mapping.

    `told` is what the software said last, `before` what a mistake has taken the place of.
    `afterwards` is closed when all is put back.
    """

    stack: WholeStack
    subscription: Subscription
    secret: dict[str, Any]
    item: dict[str, Any] = field(default_factory=lambda: deepcopy(dict(MAPPING)))
    incident: str = ""
    told: list[Told] = field(default_factory=list)
    before: Any = None
    told_pem: str = ""
    afterwards: ExitStack = field(default_factory=ExitStack)

    # ---- what a person looks at

    def health(self) -> list[Told]:
        """What `health` finds wrong, each by area and name."""
        return [
            Told(where=f"{one['area']}/{one['name']}", says=one["says"], cure=one["cure"] or "")
            for one in self.stack.ask("health")["checks"]
            if one["status"] in ("attention", "broken")
        ]

    def verdict(self) -> list[Told]:
        """What `check-mapping` says of the item, but for what a JQL matches at present."""
        problems = self.stack.ask("check-mapping", mapping=self.item)["problems"]
        return [
            Told(where=one["field"], says=one["says"], cure=one["cure"])
            for one in problems
            if one["says"] != "No issue matches now."
        ]

    def notes(self) -> list[Told]:
        """What the notes of the incident tell, but for the one that names the issue."""
        notes = [one.content for one in self.stack.pagerduty.model.incident(self.incident).notes]
        halves = [
            note.partition(" What to do: ") for note in notes if not _NAMES_ITS_ISSUE.match(note)
        ]
        return [Told(where="note", says=says, cure=cure) for says, _, cure in halves]

    def explained(self) -> list[Told]:
        """What `explain` says of the mapping, unless it is that all is well."""
        mappings = self.stack.ask("explain", incident=self.incident)["mappings"]
        return [
            Told(where=one["id"], says=one["says"], cure=one["cure"] or "")
            for one in mappings
            if one["verdict"] != "linked"
        ]

    def issue_is_where_it_belongs(self) -> bool:
        """Whether the incident has its issue, in the status that the mapping has for it."""
        issues = self.stack.issues_of(self.incident)
        status = self.stack.pagerduty.model.incident(self.incident).status
        wanted = self.item.get("status_mapping", {}).get(status)
        return len(issues) == 1 and (
            wanted is None or issues[0]["fields"]["status"]["id"] == wanted["id"]
        )

    # ---- what a person does

    @property
    def world(self) -> World:
        """What the administrator of Jira sets up."""
        return self.stack.jira.model.world

    def enter(self, path: str, value: object = ...) -> None:
        """Put a value into the connection secret, by a path such as `jira.auth.token`.

        Without one, take the key out. `before` becomes what stood there.
        """
        self.before = _set(self.secret, path, value)
        self.stack.account.put_secret(self.secret)

    def paste(self, text: str) -> None:
        """Save a text as the connection secret, as it stands."""
        self.stack.account.put_secret(text)

    def write(self, path: str, value: object = ...) -> None:
        """Put a value into the item of the mapping. Without one, take the key out."""
        _set(self.item, path, value)

    def save(self, **changes: object) -> None:
        """Write the item into the table."""
        self.item |= changes
        self.stack.save(**self.item)

    def life(self, *doings: str) -> None:
        """Let an incident come, and this become of it: `acknowledge`, `resolve`."""
        self._as_late_as_it_is()
        self.incident = self.stack.trigger()
        self.stack.work()
        for doing in doings:
            getattr(self.stack.pagerduty.model, doing)(self.incident, by=RESPONDER)
            self.stack.tell(self.incident, f"incident.{doing.removesuffix('e')}ed")
            self.stack.work()

    def resync(self) -> None:
        """Have the incident brought into step."""
        self._as_late_as_it_is()
        self.stack.ask("resync", incident_id=self.incident)
        self.stack.work()

    def check_again(self) -> None:
        """Look at the verdict once more."""
        self.told = self.verdict()

    def take_out_the_type(self) -> None:
        """Take the mapping's issue type out of its project, which keeps the others."""
        screens = self.world.project_named("OPS").screens
        self.before = {"10001": screens.pop("10001")}

    def deliver(self) -> None:
        """Have PagerDuty deliver an event, whether it is taken or not."""
        body = a_delivery(event_type="incident.custom_field_values.updated")
        self._deliver("/webhooks/pagerduty", body, {"X-PagerDuty-Signature": a_signature(body)})

    def press(self, token: str) -> None:
        """Press a button that has this token."""
        path = f"/webhooks/pagerduty/actions/{MAPPING['id']}"
        self._deliver(path, an_action(), {"X-Action-Token": token}, mapping_id=MAPPING["id"])

    def tell_of_jira(self, token: str) -> None:
        """Have Jira deliver what happened to an issue, to a URL that ends with this token."""
        self._as_late_as_it_is()
        event = request_of("/webhooks/jira", a_jira_delivery(), {}, token=token)
        status = self.stack.invoke("jira_webhook", event)["statusCode"]
        self.stack.log("JiraWebhookLogs", {"message": "jira webhook", "status": status})

    def _deliver(self, path: str, body: bytes, headers: dict[str, str], **about: str) -> None:
        self._as_late_as_it_is()
        answer = self.stack.invoke("pagerduty_webhook", request_of(path, body, headers, **about))
        line = {
            "message": "webhook",
            "status": answer["statusCode"],
            "says": json.loads(answer["body"])["message"],
        }
        self.stack.log("PagerDutyWebhookLogs", line | about)

    @contextmanager
    def put_back(self) -> Iterator[None]:
        """Afterwards the item, the secret and the project in Jira are as they were before.

        However fast mistakes follow each other, PagerDuty counts the calls of each alone.
        """
        self.stack.pagerduty.limit.reset()
        item, secret, project = deepcopy(self.item), deepcopy(self.secret), self._project()
        with self.afterwards:
            yield
        ops = self.world.project_named("OPS")
        ops.screens, ops.workflow, ops.permissions = project
        if self.item != item:
            self.item = item
            self.save()
        if self.secret != secret:
            self.secret = secret
            self.stack.account.put_secret(secret)

    def _project(self) -> Any:
        ops = self.world.project_named("OPS")
        return deepcopy((ops.screens, ops.workflow, ops.permissions))

    def _as_late_as_it_is(self) -> None:
        """Let the time pass that has really passed: what AWS says is sent is sent by its clock."""
        self.stack.clock.now = system_clock()
        self.stack.cool_down()

    # ---- what the cures say, to the letter

    def write_what_the_cures_show(self) -> None:
        """Write each value that a cure shows, where it says."""
        for one in self.told:
            shown = _SHOWN.search(one.cure)
            assert shown, one.cure
            value, end = _JSON.raw_decode(one.cure, shown.end())
            if one.cure[end : end + 2] == ": ":
                parent, dot, _ = one.where.rpartition(".")
                key, (value, _) = value, _JSON.raw_decode(one.cure, end + 2)
                self.write(f"{parent}{dot}{key}", value)
            else:
                self.write(one.where, value)

    def add_the_rules_that_the_cures_show(self) -> None:
        """Add each field rule that a cure shows to the item."""
        for one in self.told:
            shown = _RULE.search(one.cure)
            assert shown, one.cure
            rule, _ = _JSON.raw_decode(one.cure, shown.start())
            self.write("custom_fields", [*self.item["custom_fields"], rule])

    def give_the_rights_that_the_cures_name(self) -> None:
        """Give our account each right that is named, and no other."""
        cures = " ".join(one.cure for one in self.told)
        named = {**PERMISSIONS, **GLOBAL_PERMISSIONS}
        wanted = [key for key, (_, name) in named.items() if re.search(rf"\b{name}\b", cures)]
        assert wanted, cures
        for key in wanted:
            project = "OPS" if key in PERMISSIONS else None
            self.world.grant(OUR_ACCOUNT, key, project=project)


def _set(root: Any, path: str, value: object) -> object:
    """Put a value where a path leads; answers what stood there."""
    steps = [name or int(place) for name, place in _PLACE.findall(path)]
    for step in steps[:-1]:
        root = root[step] if isinstance(step, int) else root.setdefault(step, {})
    last: Any = steps[-1]
    former = root[last] if isinstance(last, int) else root.get(last, ...)
    if value is ...:
        root.pop(last, None)
    else:
        root[last] = deepcopy(value)
    return former


def _connection(stack: WholeStack) -> dict[str, Any]:
    return {
        "pagerduty": {
            "api_url": stack.pagerduty.url,
            "api_token": API_TOKEN,
            "from_email": SYNC_EMAIL,
            "webhook_secrets": [WEBHOOK_SECRET],
            "action_token": ACTION_TOKEN,
        },
        "jira": {
            "url": stack.jira.url,
            "auth": {"mode": "pat", "token": OUR_TOKEN},
            "webhook_token": JIRA_WEBHOOK_TOKEN,
        },
    }


@contextmanager
def a_bench() -> Iterator[Bench]:
    """A stack with which nothing is wrong."""
    with whole_stack() as stack:
        subscription = stack.pagerduty.webhooks.create(
            OUR_HOOK, events=SUBSCRIBABLE, filter_={"type": "account_reference"}
        )
        bench = Bench(stack=stack, subscription=subscription, secret=_connection(stack))
        bench.save()
        yield bench
