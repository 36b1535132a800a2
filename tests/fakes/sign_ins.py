"""Sign-in tokens, sessions and presses of forms in memory, with the promises of their ports."""

from dataclasses import replace
from datetime import datetime

from pdjira.admin.sign_in import SignInLinks, SignInOffer
from pdjira.page.forms import Press
from pdjira.page.sessions import Session
from tests.builders import FakeClock
from tests.fakes.faults import FaultPlan

ADMIN_URL = "https://api1.execute-api.us-east-1.amazonaws.com/live/admin"


class FakeSignInTokens:
    """Offers by token."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.offers: dict[str, SignInOffer] = {}

    def keep(self, token: str, offer: SignInOffer) -> None:
        with self.faults.call("sign_ins.keep"):
            self.offers[token] = offer

    def take(self, token: str, *, now: datetime) -> SignInOffer | None:
        with self.faults.call("sign_ins.take"):
            offer = self.offers.get(token)
            if offer is None or offer.until <= now:
                return None
            return self.offers.pop(token)


class FakeSessions:
    """Sessions by id; `uses` counts what was stored of their use."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.kept: dict[str, Session] = {}
        self.uses = 0

    def put(self, session_id: str, session: Session) -> None:
        with self.faults.call("sessions.put"):
            self.kept[session_id] = session

    def find(self, session_id: str) -> Session | None:
        with self.faults.call("sessions.find"):
            return self.kept.get(session_id)

    def use(self, session_id: str, *, at: datetime) -> None:
        with self.faults.call("sessions.use"):
            if session_id in self.kept:
                self.uses += 1
                self.kept[session_id] = replace(self.kept[session_id], used_at=at)

    def end(self, session_id: str) -> None:
        with self.faults.call("sessions.end"):
            self.kept.pop(session_id, None)


class FakePresses:
    """Presses by key, each with the request that made it."""

    def __init__(self, faults: FaultPlan | None = None) -> None:
        self.faults = faults or FaultPlan()
        self.kept: dict[str, tuple[str, Press]] = {}

    def begin(self, key: str, *, by: str, at: datetime, void: datetime) -> Press | None:
        with self.faults.call("presses.begin"):
            owner, press = self.kept.get(key, ("", None))
            is_void = press is None or (press.outcome is None and press.at < void)
            if owner != by and not is_void:
                return press
            self.kept[key] = (by, Press(at=at, outcome=None))
            return None

    def end(self, key: str, *, outcome: str) -> None:
        with self.faults.call("presses.end"):
            by, press = self.kept[key]
            self.kept[key] = (by, replace(press, outcome=outcome))

    def forget(self, key: str) -> None:
        with self.faults.call("presses.forget"):
            self.kept.pop(key, None)


def fake_sign_in_links(
    clock: FakeClock, *tokens: str, kept: FakeSignInTokens | None = None
) -> SignInLinks:
    """Links with these tokens, or `token-1` and so on."""
    given = iter(tokens or [f"token-{number}" for number in range(1, 100)])
    return SignInLinks(
        tokens=kept or FakeSignInTokens(),
        admin_url=lambda: ADMIN_URL,
        new_token=lambda: next(given),
        clock=clock,
    )
