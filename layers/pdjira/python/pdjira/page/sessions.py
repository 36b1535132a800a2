"""Who is signed in: a session that ends an hour after its last use, and after twelve in all."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pdjira.admin.sign_in import SignInTokens
from pdjira.model.signing import Signer

IDLE = timedelta(hours=1)

LONGEST = timedelta(hours=12)

_NOTED = timedelta(minutes=1)
"""A use is stored when the last one stored is as old as this: reading costs no write each time."""

_SAME_PRESS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as stored. `name` is what the person gave, and proves nothing."""

    name: str | None
    begun_at: datetime
    used_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether it admits nobody any more."""
        return now - self.used_at >= IDLE or now - self.begun_at >= LONGEST


class Sessions(Protocol):
    """Sessions by their id; only what an id hashes to is stored."""

    def put(self, session_id: str, session: Session) -> None:
        """Store a new session. May be repeated."""

    def find(self, session_id: str) -> Session | None:
        """The session as stored now; None where there is none, or none that can be read."""

    def use(self, session_id: str, *, at: datetime) -> None:
        """Store that it was used; one that is gone stays so. May be repeated."""

    def end(self, session_id: str) -> None:
        """Delete it. May be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    """Begins, knows and ends sessions."""

    tokens: SignInTokens
    sessions: Sessions
    signer: Signer

    def sign_in(self, token: str, *, key: str, now: datetime) -> str | None:
        """Use up a token; the id of the session, or None where the token admits nobody.

        `key` is the random key of the form. The second of two presses within a minute gets the
        same session, for as long as nobody has signed out: the id follows from token and key.
        """
        session_id = self.signer.sign("session", token, key)
        offer = self.tokens.take(token, now=now)
        if offer is None:
            known = self.sessions.find(session_id)
            is_same = known is not None and now - known.begun_at < _SAME_PRESS
            return session_id if is_same else None
        self.sessions.put(session_id, Session(name=offer.name, begun_at=now, used_at=now))
        return session_id

    def session(self, session_id: str, *, now: datetime) -> Session | None:
        """The session, which this use keeps alive; None where it is over or never was."""
        found = self.sessions.find(session_id) if session_id else None
        if found is None:
            return None
        if found.is_over(now):
            self.sessions.end(session_id)
            return None
        if now - found.used_at >= _NOTED:
            self.sessions.use(session_id, at=now)
        return found

    def sign_out(self, session_id: str) -> None:
        """End a session."""
        self.sessions.end(session_id)


def csrf_of(session_id: str) -> str:
    """What every form of the session bears; nothing of the session's id follows from it."""
    return hashlib.sha256(f"csrf {session_id}".encode()).hexdigest()[:32] if session_id else ""
