"""Signing in to the page: whoever may invoke the admin function gets a link that works once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from pdjira.errors import Misconfigured
from pdjira.model.ports import Clock

VALID = timedelta(minutes=15)

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInOffer:
    """What a token admits: a person under the name that was given, which proves nothing."""

    name: str | None
    until: datetime


class SignInTokens(Protocol):
    """Tokens that were handed out; only what they hash to is stored."""

    def keep(self, token: str, offer: SignInOffer) -> None:
        """Store a new token. May be repeated."""

    def take(self, token: str, *, now: datetime) -> SignInOffer | None:
        """Take a token away and tell what it admits; None for one that is none, used or over.

        Of several that try, at most one gets the offer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLinks:
    """Makes links. `admin_url` yields the page's address, `new_token` what nobody can guess."""

    tokens: SignInTokens
    admin_url: Callable[[], str]
    new_token: Callable[[], str]
    clock: Clock

    def link(self, name: object) -> dict[str, object]:
        """The answer with a new link. Raises `Misconfigured` where `name` is no text."""
        if name is not None and not isinstance(name, str):
            raise Misconfigured(
                "name must be a text.",
                cure='Give it in quotation marks, as in {"action": "sign-in-link", "name": "Ana"}.',
            )
        shown = " ".join((name or "").split())[:LONGEST_NAME] or None
        token, until = self.new_token(), self.clock() + VALID
        url = self.admin_url()
        self.tokens.keep(token, SignInOffer(name=shown, until=until))
        return {"url": f"{url}/sign-in?{urlencode({'token': token})}"}
