"""The token that signs requests to Jira: made here, shown once, in force once Jira takes it.

Until then the former one stays in force, so no request is refused on our side's account. Whoever
asks next, the poller each minute or the page at each look, tries a sign-in by the new one.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from pdjira.connection.form import ending
from pdjira.connection.ports import Pending, PendingTokens, VersionedSecret
from pdjira.errors import PdjiraError
from pdjira.model.ports import Clock

LIFE = timedelta(minutes=15)
"""So long without a look, and a pending token ends."""


class TokenState(Enum):
    """What became of the token that was made last."""

    NONE = "none is pending"
    PENDING = "Jira does not take it yet"
    SILENT = "Jira did not answer"
    TAKEN = "Jira has just taken it: it is in force"
    ENDED = "nobody looked for too long"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLook:
    """How it stands: the end of the pending token, and until when it is tried."""

    state: TokenState
    ending: str = ""
    until: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """Makes, tries and ends tokens. `generate` makes a text that nobody can guess."""

    secret: VersionedSecret
    pending: PendingTokens
    is_accepted: Callable[[str], bool]
    clock: Clock
    generate: Callable[[], str]

    def make(self) -> str:
        """Another pending token; nothing shows it a second time."""
        self.cancel()
        token = self.generate()
        version = self.secret.stage(token)
        self.pending.put(Pending(version=version, looked_at=self.clock()))
        return token

    def is_in_force(self, text: str) -> bool:
        """Whether it is the token by which requests are signed."""
        return hmac.compare_digest(text.encode(), self.secret.current().text.encode())

    def renew(self) -> None:
        """Void the token in force, as nobody signs by it any more: it signs for no other host.

        Raises `Conflict`.
        """
        self.cancel()
        self.secret.replace(self.generate(), known=self.secret.current().id)

    def cancel(self) -> None:
        """Have none pending."""
        if found := self.pending.find():
            self.secret.unstage(found.version)
            self.pending.drop()

    def look(self) -> TokenLook:
        """A person looks: it is tried, and lives on."""
        found = self._alive()
        if found is None:
            return TokenLook(state=TokenState.NONE)
        seen = replace(found, looked_at=self.clock())
        self.pending.put(seen)
        return self._tried(seen)

    def attempt(self) -> TokenLook:
        """Nobody looks: it is tried, or ends."""
        found = self.pending.find()
        if found is None:
            return TokenLook(state=TokenState.NONE)
        if self._alive() is None:
            return TokenLook(state=TokenState.ENDED)
        return self._tried(found)

    def _alive(self) -> Pending | None:
        found = self.pending.find()
        if found and self.clock() - found.looked_at >= LIFE:
            self.cancel()
            return None
        return found

    def _tried(self, found: Pending) -> TokenLook:
        token = self.secret.staged(found.version)
        if token is None:
            self.pending.drop()
            return TokenLook(state=TokenState.NONE)
        state, why = self._state(token)
        if state is TokenState.TAKEN:
            self.secret.promote(found.version)
            self.pending.drop()
        until = found.looked_at + LIFE
        return TokenLook(state=state, ending=ending(token), until=until, why=why)

    def _state(self, token: str) -> tuple[TokenState, str | None]:
        try:
            is_taken = self.is_accepted(token)
        except PdjiraError as error:
            return TokenState.SILENT, error.says
        return (TokenState.TAKEN if is_taken else TokenState.PENDING), None
