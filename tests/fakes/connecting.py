"""What connecting needs, in memory: secrets with versions, subscriptions, regions, a trial."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pdjira.connection.checklist import NOTHING_REACHED, Milestones
from pdjira.connection.form import FieldProblem
from pdjira.connection.ports import NONE_YET, Pending, SecretVersion
from pdjira.errors import Conflict, PdjiraError, Temporary
from pdjira.sweep.ports import Subscription
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.records import ApiError

WEBHOOK_URL = "https://x.example.com/live/webhooks/pagerduty"

WRITTEN = datetime(2026, 11, 29, 14, 2, tzinfo=UTC)


class FakeSecret:
    """`VersionedSecret`; somebody else writes each of `others` right before a write of ours."""

    def __init__(self, text: str | None = None) -> None:
        self._numbers = itertools.count(1)
        self._versions: dict[str, SecretVersion] = {}
        self._current = ""
        self._pending = ""
        self.others: list[str] = []
        if text is not None:
            self.write(text)

    def write(self, text: str) -> str:
        """A person does it in the console."""
        self._current = self._add(text)
        return self._current

    def current(self) -> SecretVersion:
        """What is in force."""
        return self._versions.get(self._current, NONE_YET)

    def replace(self, text: str, *, known: str) -> str:
        """Compare and swap."""
        if self.others:
            self.write(self.others.pop(0))
        if known != self._current:
            raise Conflict("Somebody else changed it first.")
        return self.write(text)

    def stage(self, text: str) -> str:
        """Keep it pending."""
        self._pending = self._add(text)
        return self._pending

    def staged(self, version: str) -> str | None:
        """The text of the pending one."""
        return self._versions[version].text if version and version == self._pending else None

    def promote(self, version: str) -> None:
        """Put it in force."""
        if version not in self._versions:
            raise Conflict("It is gone.")
        self._current = version
        self._pending = ""

    def unstage(self, version: str) -> None:
        """Forget it."""
        if version == self._pending:
            self._pending = ""

    def _add(self, text: str) -> str:
        id_ = f"version-{next(self._numbers)}"
        self._versions[id_] = SecretVersion(text=text, id=id_, at=WRITTEN)
        return id_


class FakePendingTokens:
    """`PendingTokens`."""

    def __init__(self) -> None:
        self._pending: Pending | None = None

    def find(self) -> Pending | None:
        """The one that is."""
        return self._pending

    def put(self, pending: Pending) -> None:
        """This one."""
        self._pending = pending

    def drop(self) -> None:
        """None."""
        self._pending = None


class FakeSetupRecord:
    """`SetupRecord`."""

    def __init__(self) -> None:
        self._reached = NOTHING_REACHED

    def reached(self) -> Milestones:
        """All."""
        return self._reached

    def reach(self, milestones: Milestones) -> None:
        """Keep."""
        self._reached = milestones


@dataclass(slots=True)
class FakeTrial:
    """The tokens that Jira's side takes."""

    taken: set[str] = field(default_factory=set)
    silent: PdjiraError | None = None

    def is_taken(self, token: str) -> bool:
        """Whether it is."""
        if self.silent:
            raise self.silent
        return token in self.taken


@dataclass(slots=True)
class FakeAccounts:
    """`Accounts`: keys by address, which show one user; those in `silent` do not answer.

    `refused` is raised while it is set.
    """

    keys: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    refused: PdjiraError | None = None

    def find(self, key: str, *, among: Sequence[str]) -> str | None:
        """The first that knows it."""
        for address in among:
            if self.keys.get(address) == key:
                return address
        if self.silent & set(among):
            raise Temporary("PagerDuty did not answer.")
        return None

    def users(self, key: str, *, among: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Those whom the key shows."""
        if self.refused:
            raise self.refused
        return [("ada@example.com", "Ada")] if self.find(key, among=among) else ()


@dataclass(slots=True)
class FakeSecretRules:
    """`SecretRules`: every problem that is set."""

    found: list[FieldProblem] = field(default_factory=list)

    def problems(self, text: str) -> Sequence[FieldProblem]:
        """Those."""
        del text
        return self.found

    def origin(self, url: str) -> str:
        """What stands before the path."""
        return "/".join(url.split("/")[:3])


class FakeSubscriptions:
    """`Subscriptions`; `pinged` are those of which a test delivery was asked for.

    `is_forbidden` as for a key that may see none.
    """

    def __init__(self, pagerduty: FakePagerDuty, *subscriptions: Subscription) -> None:
        self._pagerduty = pagerduty
        self._numbers = itertools.count(1)
        self.is_forbidden = False
        self.stored = {one.id: one for one in subscriptions}
        self.pinged: list[str] = []

    def add(self, **changes: Any) -> Subscription:
        """A person makes one."""
        made = Subscription(
            id=f"PWEBHOOK{next(self._numbers)}",
            url=changes.pop("url", WEBHOOK_URL),
            events=frozenset({"incident.triggered"}),
            service_id=changes.pop("service_id", None),
            is_active=changes.pop("is_active", True),
            is_disabled=changes.pop("is_disabled", False),
            **changes,
        )
        self.stored[made.id] = made
        return made

    def disable(self, subscription_id: str) -> None:
        """PagerDuty does it after three deliveries in a row that were dropped."""
        self.stored[subscription_id] = replace(self.stored[subscription_id], is_disabled=True)

    def list_subscriptions(self) -> Sequence[Subscription]:
        """All."""

        def read() -> Sequence[Subscription]:
            self._admit()
            return tuple(self.stored.values())

        return self._pagerduty._call("list_subscriptions", read)

    def create(self, draft: Subscription) -> tuple[Subscription, str]:
        """Make one."""

        def make() -> tuple[Subscription, str]:
            number = next(self._numbers)
            made = replace(draft, id=f"PWEBHOOK{number}")
            self.stored[made.id] = made
            return made, f"a-secret-that-was-made-{number:04}"

        return self._pagerduty._call("create_subscription", make)

    def describe(self, subscription_id: str, description: str) -> None:
        """Change its text."""
        self._change(subscription_id, description=description)

    def ping(self, subscription_id: str) -> None:
        """Have it tested."""
        self._change(subscription_id)
        self.pinged.append(subscription_id)

    def enable(self, subscription_id: str) -> None:
        """End that it is disabled."""
        self._change(subscription_id, is_disabled=False)

    def activate(self, subscription_id: str) -> None:
        """Switch it on."""
        self._change(subscription_id, is_active=True)

    def delete(self, subscription_id: str) -> None:
        """Delete it, if it is there."""
        self._pagerduty._call("delete_subscription", lambda: self.stored.pop(subscription_id, None))

    def _change(self, subscription_id: str, **changes: Any) -> None:
        def change() -> None:
            self._admit()
            if subscription_id not in self.stored:
                raise ApiError(404, 2100, "Not Found")
            self.stored[subscription_id] = replace(self.stored[subscription_id], **changes)

        self._pagerduty._call("change_subscription", change)

    def _admit(self) -> None:
        if self.is_forbidden:
            raise ApiError(403, 2010, "Access Denied")
