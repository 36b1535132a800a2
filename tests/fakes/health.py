"""What health looks at, in memory: the way to Jira, our rights on both sides, the webhooks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pdjira.adapters.pagerduty.catalogue import subscription
from pdjira.errors import PdjiraError
from pdjira.health.endings import AccessToken, Endings
from pdjira.health.jira import JiraHealth
from pdjira.health.pagerduty import PagerDutyHealth
from pdjira.health.standing import Looking
from pdjira.health.sweep import DailyLook
from pdjira.health.webhooks import EVENTS, Proof, Refusals, RefusedDeliveries, WebhookHealth
from pdjira.model.times import read_time
from pdjira.sweep.ports import Subscription
from tests.fakes.catalogue import FakeRights
from tests.fakes.jira import FakeJira
from tests.fakes.jira_webhooks import FakeJiraWebhooks
from tests.fakes.pagerduty import FakePagerDuty
from tests.fakes.webhook_secrets import FakeWebhookSecrets
from tests.sandbox.pagerduty.records import ApiError, Json
from tests.world import World


@dataclass(slots=True, kw_only=True)
class FakeWay:
    """The way to a server; `fails` names, by method, what is raised there.

    `clock_ahead`: how far its clock says to be ahead of ours.
    """

    ends: datetime | None = datetime(2099, 1, 1, tzinfo=UTC)
    clock_ahead: timedelta | None = timedelta()
    trusted_until: datetime | None = None
    fails: dict[str, PdjiraError] = field(default_factory=dict)

    def named(self) -> str:
        """The host."""
        self._pass("named")
        return "jira.example.com"

    def addresses(self) -> Sequence[str]:
        """Its addresses."""
        self._pass("addresses")
        return ("192.0.2.1",)

    def connect(self) -> str:
        """Host and port."""
        self._pass("connect")
        return "jira.example.com:443"

    def certificate_ends(self) -> datetime | None:
        """When the certificate ends."""
        self._pass("certificate_ends")
        return self.ends

    def authorities_end(self) -> datetime | None:
        """When the first authority of ours ends."""
        self._pass("authorities_end")
        return self.trusted_until

    def _pass(self, step: str) -> None:
        if step in self.fails:
            raise self.fails[step]


class FakeAccessTokens:
    """The tokens of our account in the fake's Jira; `is_token` False: we sign in otherwise."""

    def __init__(self, jira: FakeJira) -> None:
        self.is_token = True
        self._jira = jira

    def listed(self) -> Sequence[AccessToken] | None:
        """All."""

        def read() -> Sequence[AccessToken]:
            model, account = self._jira.model, self._jira.account
            rows = model.access_tokens(account)
            return [
                AccessToken(name=row["name"], ends=read_time(row.get("expiringAt"))) for row in rows
            ]

        return self._jira._call("access_tokens", read) if self.is_token else None


class FakeKeyRights:
    """The rights of our key; `forbidden` names the methods that it is refused."""

    def __init__(self, pagerduty: FakePagerDuty) -> None:
        self.forbidden: set[str] = set()
        self._pagerduty = pagerduty

    def read_incidents(self) -> None:
        """Read incidents."""
        self._look("read_incidents")

    def read_log_entries(self) -> None:
        """Read log entries."""
        self._look("read_log_entries")

    def write_notes(self) -> None:
        """Add notes."""
        self._look("write_notes")

    def change_incidents(self) -> None:
        """Change incidents."""
        self._look("change_incidents")

    def find_user(self) -> str | None:
        """The address that notes come from."""
        self._look("find_user")
        email = self._pagerduty.from_email
        return email if self._pagerduty.model.user_by_email(email) else None

    def _look(self, method: str) -> None:
        def judge() -> None:
            if method in self.forbidden:
                raise ApiError(403, 2010, "Access Denied")

        self._pagerduty._call(method, judge)


class FakeSubscriptionRows:
    """Subscriptions as rows of PagerDuty's list; `is_forbidden` as for a key that sees none."""

    def __init__(self, pagerduty: FakePagerDuty, *rows: Json) -> None:
        self.rows = list(rows)
        self.is_forbidden = False
        self._pagerduty = pagerduty

    def list_subscriptions(self) -> Sequence[Subscription]:
        """All."""

        def read() -> Sequence[Subscription]:
            if self.is_forbidden:
                raise ApiError(403, 2010, "Access Denied")
            return tuple(map(subscription, self.rows))

        return self._pagerduty._call("list_subscriptions", read)


def a_subscription(
    *, url: str = "https://x.example.com/live/webhooks/pagerduty", **changes: Any
) -> Json:
    """A row of PagerDuty's list: of the whole account, with all events that matter."""
    return {
        "id": "PSUBSCR",
        "active": changes.pop("active", True),
        "delivery_method": {"url": url, "temporarily_disabled": changes.pop("disabled", False)},
        "events": sorted(EVENTS | {"incident.workflow.started"}),
        "filter": {"type": "account_reference"},
        **changes,
    }


class FakeDeliveryLog:
    """Answers of the webhooks as they were logged; `failure` is raised while it is set.

    `most`: so many refusals are read at once, and no more. `is_long`: what is not found may be
    there all the same.
    """

    def __init__(self, *, most: int = 10_000) -> None:
        self.failure: PdjiraError | None = None
        self.is_long = False
        self._most = most
        self._refused: list[tuple[Proof, datetime]] = []
        self._proven: list[tuple[Proof, datetime, str | None]] = []

    def refuse(self, proof: Proof, at: datetime) -> None:
        """A sender is not proven."""
        self._refused.append((proof, at))

    def prove(self, proof: Proof, at: datetime, *, of: str | None = None) -> None:
        """A delivery is proven and stored, `of` that webhook subscription."""
        self._proven.append((proof, at, of))

    def refusals(self, proof: Proof, *, since: datetime) -> Refusals:
        """What was refused, the last of it where there are more than can be read."""
        self._pass()
        times = sorted(at for kind, at in self._refused if kind is proof and at >= since)
        read = tuple(times[-self._most :])
        is_whole = len(read) == len(times) and not self.is_long
        return Refusals(
            times=read, read_from=since if is_whole else [*read, since + timedelta(hours=1)][0]
        )

    def is_proven(
        self, proof: Proof, *, since: datetime, subscription: str | None = None
    ) -> bool | None:
        """Whether one was proven; None while the log is said to be too long for that."""
        self._pass()
        proven = any(
            kind is proof and at >= since and subscription in (None, of)
            for kind, at, of in self._proven
        )
        return proven or (None if self.is_long else False)

    def _pass(self) -> None:
        if self.failure:
            raise self.failure


class Patient:
    """A stack whose health is asked for, with everything that can be wrong with it."""

    def __init__(self, world: World, *secrets: str, log: FakeDeliveryLog | None = None) -> None:
        self.world = world
        self.way = FakeWay()
        self.misspelt: Sequence[str] = ()
        self.key = FakeKeyRights(world.pagerduty)
        self.subscriptions = FakeSubscriptionRows(world.pagerduty, a_subscription())
        self.secrets = FakeWebhookSecrets(*secrets)
        self.action_token = FakeWebhookSecrets()
        self.jira_webhooks = FakeJiraWebhooks()
        self.log = log or FakeDeliveryLog()
        self.tokens = FakeAccessTokens(world.jira)
        self.endings = Endings(way=self.way, tokens=self.tokens.listed, clock=world.clock)
        self.health = world.admin_stack().health(
            jira=JiraHealth(
                way=self.way,
                jira=world.jira,
                rights_in=FakeRights(world.jira).in_project,
                mappings=world.mappings,
                endings=self.endings,
                misspelt=lambda: self.misspelt,
                clock_told=lambda: self.way.clock_ahead,
            ),
            pagerduty=PagerDutyHealth(rights=self.key),
            webhooks=WebhookHealth(
                secrets=self.secrets,
                action_token=self.action_token,
                subscriptions=self.subscriptions.list_subscriptions,
                mappings=world.mappings,
                refused=RefusedDeliveries(
                    secrets=self.secrets,
                    action_token=self.action_token,
                    jira=self.jira_webhooks,
                    log=self.log,
                    clock=world.clock,
                ),
            ),
        )

    def looking(self) -> Looking:
        """What looks, and keeps what it saw."""
        world = self.world
        return Looking(health=self.health, seen=world.seen, clock=world.clock)

    def daily(self) -> DailyLook:
        """What the first sweep of a day looks at."""
        world = self.world
        return DailyLook(
            rights_in=FakeRights(world.jira).in_project,
            key_rights=self.key,
            endings=self.endings,
            mappings=world.mappings,
            days=world.days,
            breaker=world.breaker(),
            clock=world.clock,
        )
