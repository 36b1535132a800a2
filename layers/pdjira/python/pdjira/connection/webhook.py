"""Our webhook in PagerDuty: made with its secret stored, pinged, switched on, its secret replaced.

PagerDuty shows a secret once and lists subscriptions without it. So a subscription that was made
here says in its description how its secret ends, and whoever reads that knows which is which.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pdjira.connection.form import Tree, ending, get, put
from pdjira.connection.saving import ConnectionDesk
from pdjira.errors import Misconfigured
from pdjira.health.webhooks import DeliveryLog, Proof, Repair
from pdjira.model.ports import Clock
from pdjira.model.signal import ABOUT_PEOPLE, KEPT_IN_STEP
from pdjira.sweep.ports import Subscription, Subscriptions
from pdjira.text.plain_text import counted

SECRETS = "pagerduty.webhook_secrets"

LOOKED_BACK = timedelta(hours=24)
"""What was delivered before is no proof that deliveries come now."""

EVENTS = KEPT_IN_STEP | ABOUT_PEOPLE

MOST = 5
"""Webhooks of ours that are looked at: each costs a reading of the log."""

_UNFINISHED = "pdjira: its secret is not stored yet"

_FINISHED = "pdjira: its secret ends in {}"

_ENDING = re.compile(re.escape(_FINISHED).replace(r"\{\}", r"(\S+)"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """A subscription of ours, and whether a delivery of it was proven lately.

    `is_known`: the secret by which it signs is stored, as far as can be told.
    """

    subscription: Subscription
    is_known: bool
    is_proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookLook:
    """Our subscriptions; `successor` replaces the others, once a delivery of it was proven."""

    ours: Sequence[Delivering]
    successor: Delivering | None = None

    @property
    def is_proven(self) -> bool:
        """Whether one that delivers was seen to."""
        return any(one.is_proven and one.is_known and one.subscription.works for one in self.ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDesk:
    """Does what an administrator does in PagerDuty under Integrations, Generic Webhooks.

    `url` is where PagerDuty delivers.
    """

    desk: Subscriptions
    connection: ConnectionDesk
    log: DeliveryLog
    url: Callable[[], str]
    clock: Clock

    def look(self) -> WebhookLook:
        """How they stand. Raises `Refused` where the key may not see them."""
        ours = self._ours()
        secrets = _secrets(self.connection.stored().tree)
        since = self.clock() - LOOKED_BACK
        found = [
            Delivering(
                subscription=one,
                is_known=_is_known(one, secrets),
                is_proven=self.log.is_proven(Proof.SIGNATURE, since=since, subscription=one.id)
                is True,
            )
            for one in ours[:MOST]
        ]
        return WebhookLook(ours=found, successor=_successor(found, secrets))

    def make(self) -> Subscription:
        """One for the whole account, unless there is one whose secret may be stored; pinged.

        What a lost answer left behind is deleted first: nobody knows its secret.
        """
        self._forget_unfinished()
        secrets = _secrets(self.connection.stored().tree)
        for one in self._ours():
            if _is_known(one, secrets):
                self.desk.ping(one.id)
                return one
        return self._make(service_id=None, events=EVENTS)

    def rotate(self, subscription_id: str) -> Subscription:
        """A second one like it, with another secret; both deliver until `finish`."""
        self._forget_unfinished()
        former = self._one(subscription_id)
        return self._make(service_id=former.service_id, events=former.events or EVENTS)

    def finish(self) -> None:
        """Delete what the successor replaces, and the secrets of that. Raises `Misconfigured`."""
        look = self.look()
        successor = look.successor
        if successor is None:
            return
        if not successor.is_proven:
            raise Misconfigured(
                "No delivery of the new webhook was proven yet, so the old one stays.",
                cure="Send a ping, and wait until it is received.",
            )
        new = successor.subscription
        replaced = [
            one.subscription
            for one in look.ours
            if one is not successor and one.subscription.service_id == new.service_id
        ]
        for one in replaced:
            self.desk.delete(one.id)
        left = [one.subscription for one in look.ours if one.subscription not in replaced]
        self.connection.change(lambda tree: _drop_secrets(tree, left, replaced))

    def ping(self, subscription_id: str) -> None:
        """Have a test delivery sent."""
        self.desk.ping(subscription_id)

    def switch_on(self, subscription_id: str) -> None:
        """Have it deliver again, whoever switched it off."""
        found = self._one(subscription_id)
        if found.is_disabled:
            self.desk.enable(subscription_id)
        if not found.is_active:
            self.desk.activate(subscription_id)

    def repair(self, what: Repair) -> None:
        """Do it to those of ours that need it. Raises `Misconfigured` where one must choose."""
        ours = self._ours()
        if what is Repair.MAKE:
            self.make()
        elif what is Repair.SWITCH_ON:
            for one in ours:
                if not one.works:
                    self.switch_on(one.id)
        elif len(ours) == 1:
            self.rotate(ours[0].id)
        else:
            raise Misconfigured(
                f"PagerDuty has {counted(len(ours), 'webhook')} of ours.",
                cure="Look at each on the page Connection.",
            )

    def _make(self, *, service_id: str | None, events: frozenset[str]) -> Subscription:
        draft = Subscription(
            id="",
            url=self.url(),
            events=events,
            service_id=service_id,
            is_active=True,
            is_disabled=False,
            description=_UNFINISHED,
        )
        made, secret = self.desk.create(draft)
        self.connection.change(lambda tree: _add_secret(tree, secret))
        description = _FINISHED.format(_end(secret))
        self.desk.describe(made.id, description)
        self.desk.ping(made.id)
        return replace(made, description=description)

    def _one(self, subscription_id: str) -> Subscription:
        for one in self._ours():
            if one.id == subscription_id:
                return one
        raise Misconfigured(
            "PagerDuty has no such webhook any more.",
            cure="Look again: another one may have replaced it.",
        )

    def _forget_unfinished(self) -> None:
        for one in self._ours():
            if one.description == _UNFINISHED:
                self.desk.delete(one.id)

    def _ours(self) -> Sequence[Subscription]:
        return [one for one in self.desk.list_subscriptions() if one.is_ours]


def _successor(found: Sequence[Delivering], secrets: Sequence[str]) -> Delivering | None:
    """The one with the newest secret, where another one delivers for the same."""
    newest = _end(secrets[0]) if secrets else ""
    for one in found:
        scope = one.subscription.service_id
        others = [other for other in found if other is not one]
        if _end_told(one.subscription) == newest and any(
            other.subscription.service_id == scope for other in others
        ):
            return one
    return None


def _is_known(one: Subscription, secrets: Sequence[str]) -> bool:
    """Of one that was made by hand, a delivery alone can tell."""
    end = _end_told(one)
    return bool(secrets) if end is None else end in map(_end, secrets)


def _end_told(one: Subscription) -> str | None:
    """How its secret ends, where it was made here."""
    found = _ENDING.fullmatch(one.description.strip())
    return found[1] if found else None


def _end(secret: str) -> str:
    return ending(secret) or "?"


def _secrets(tree: Tree) -> list[str]:
    found = get(tree, SECRETS)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _add_secret(tree: Tree, secret: str) -> None:
    """The newest comes first."""
    put(tree, SECRETS, value=[secret, *_secrets(tree)])


def _drop_secrets(
    tree: Tree, left: Sequence[Subscription], replaced: Sequence[Subscription]
) -> None:
    """Those of what was replaced; where all that is left was made here, any but its own."""
    kept, gone = ({_end_told(one) for one in part} for part in (left, replaced))
    secrets = _secrets(tree)
    if None not in kept:
        put(tree, SECRETS, value=[one for one in secrets if _end(one) in kept])
        return
    put(tree, SECRETS, value=[one for one in secrets if _end(one) not in gone - kept])
