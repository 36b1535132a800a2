"""The pages of setup and connection over everything that connecting needs, in memory."""

import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pdjira.admin.problem_jobs import LookAgain
from pdjira.connection.lines import Trial
from pdjira.connection.saving import ConnectionDesk
from pdjira.connection.setup import Setup
from pdjira.connection.token import NewToken
from pdjira.connection.webhook import WebhookDesk
from pdjira.page.connection import ConnectionPage
from pdjira.page.setup import SetupPage
from pdjira.page.web import Fragment, Method, Page, Request, Response
from tests.builders import FakeClock, a_mapping
from tests.fakes.activities import FakeActivities
from tests.fakes.connecting import (
    WEBHOOK_URL,
    FakeAccounts,
    FakePendingTokens,
    FakeSecret,
    FakeSecretRules,
    FakeSetupRecord,
    FakeSubscriptions,
    FakeTrial,
)
from tests.fakes.health import FakeDeliveryLog, Patient
from tests.fakes.pagerduty import FakePagerDuty
from tests.world import World

US = "https://api.pagerduty.com"
TREE: dict[str, Any] = {
    "jira": {
        "url": "https://jira.example.com",
        "auth": {"mode": "pat", "token": "the-stored-token-k3Xa"},
    },
    "pagerduty": {"api_url": US, "api_token": "the-stored-key-Zz9q", "from_email": "a@example.com"},
}
JWT = {**TREE, "jira": {"url": "https://jira.example.com", "auth": {"mode": "jwt"}}}


@dataclass
class ConnectionSite:
    """`/connection`."""

    tree: dict[str, Any] | None = field(default_factory=lambda: TREE)
    patient: Patient = field(default_factory=lambda: Patient(World(a_mapping()), "secret"))
    clock: FakeClock = field(default_factory=FakeClock)
    time_left: float = 20.0

    def __post_init__(self) -> None:
        self.secret = FakeSecret(None if self.tree is None else json.dumps(self.tree))
        self.signing = FakeSecret("the-signing-token-in-force")
        self.rules = FakeSecretRules()
        self.accounts = FakeAccounts(keys={US: "new-key"})
        self.pagerduty = FakeSubscriptions(FakePagerDuty())
        self.log = FakeDeliveryLog()
        self.jira = FakeTrial()
        self.tried: list[str | None] = []
        self.rereads = 0
        self.token = NewToken(
            secret=self.signing,
            pending=FakePendingTokens(),
            is_accepted=self.jira.is_taken,
            clock=self.clock,
            generate=lambda: "a-new-token-that-nobody-knows",
        )
        desk = ConnectionDesk(
            secret=self.secret,
            rules=self.rules,
            regions=self.accounts,
            signs=self.token.is_in_force,
        )
        admin = self.patient.world.admin_stack()
        ids = (f"job-{number}" for number in count(1))
        self.seen, self.desk = self.patient.world.seen, admin.job_desk(lambda: next(ids))
        self.page = ConnectionPage(
            desk=desk,
            trial=self._trial,
            token=self.token,
            webhook=WebhookDesk(
                desk=self.pagerduty,
                connection=desk,
                log=self.log,
                url=lambda: WEBHOOK_URL,
                clock=self.clock,
            ),
            accounts=self.accounts,
            mappings=self.patient.world.mappings,
            reread=self._reread,
            url=lambda: "https://x.example.com/live/admin",
            look_again=LookAgain(desk=self.desk, seen=self.seen),
        )

    def get(self, path: str = "/connection", **query: str) -> Response:
        return self._ask(Method.GET, path, query=query)

    def post(self, path: str = "/connection", **typed: str) -> Response:
        named = {name.replace("__", "."): [value] for name, value in typed.items()}
        return self._ask(Method.POST, path, form=named, time_left=lambda: self.time_left)

    def filled(self, **typed: str) -> Response:
        named = {name.replace("__", "."): [value] for name, value in typed.items()}
        (route,) = [one for one in self.page.routes() if one.filled]
        assert route.filled
        return route.filled(self._request(Method.POST, "/connection", form=named))

    def save(self, **typed: str) -> Response:
        return self.post(version=self.secret.current().id, then="save", **typed)

    def stored(self) -> Any:
        return json.loads(self.secret.current().text)

    def _trial(self, typed: str | None) -> Trial:
        self.tried.append(typed)
        return Trial(jira=self.patient.health.jira, pagerduty=self.patient.health.pagerduty)

    def _reread(self) -> None:
        self.rereads += 1

    def _ask(self, method: Method, path: str, **given: Any) -> Response:
        (route,) = [one for one in self.page.routes() if (one.method, one.path) == (method, path)]
        return route.answer(self._request(method, path, **given))

    def _request(self, method: Method, path: str, **given: Any) -> Request:
        return Request(method=method, path=path, now=self.clock(), request_id="r", **given)


@dataclass
class SetupSite:
    """`/setup`."""

    tree: dict[str, Any] = field(default_factory=lambda: TREE)
    world: World = field(default_factory=lambda: World(a_mapping()))

    def __post_init__(self) -> None:
        world = self.world
        self.patient = Patient(world, "secret")
        self.rules = FakeSecretRules()
        self.record = FakeSetupRecord()
        self.activities = FakeActivities()
        self.pagerduty = FakeSubscriptions(FakePagerDuty())
        self.log = FakeDeliveryLog()
        self.trial = FakeTrial()
        secret = FakeSecret(json.dumps(self.tree))
        self.desk = ConnectionDesk(
            secret=secret, rules=self.rules, regions=FakeAccounts(), signs=bool
        )
        self.token = NewToken(
            secret=FakeSecret("the former token of ours"),
            pending=FakePendingTokens(),
            is_accepted=self.trial.is_taken,
            clock=world.clock,
            generate=lambda: "a new token of ours",
        )
        self.webhook = WebhookDesk(
            desk=self.pagerduty,
            connection=self.desk,
            log=self.log,
            url=lambda: WEBHOOK_URL,
            clock=world.clock,
        )
        self.page = SetupPage(
            setup=Setup(
                desk=self.desk,
                rules=self.rules,
                trial=Trial(jira=self.patient.health.jira, pagerduty=self.patient.health.pagerduty),
                token=self.token,
                webhook=self.webhook,
                record=self.record,
                mappings=world.mappings,
                activities=self.activities,
                clock=world.clock,
            )
        )

    def shown(self, **query: str) -> dict[str, Any]:
        (route,) = self.page.routes()
        response = route.answer(
            Request(
                method=Method.GET,
                path="/setup",
                now=self.world.clock(),
                request_id="r",
                query=query,
            )
        )
        assert isinstance(response, Fragment if "part" in query else Page)
        return dict(response.values)

    def states(self, **query: str) -> dict[str, str]:
        return {step.name: word for step, _, word in self.shown(**query)["steps"]}
