"""Who may call REST, as whom, and how often."""

import re
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import request

from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import ApiError, Token

PER_MINUTE = 960
_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")


class RateLimit:
    """So many requests per key in each minute."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.limit = PER_MINUTE
        self._clock = clock
        self._windows: dict[str, tuple[datetime, int]] = {}
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget what was used up."""
        with self._lock:
            self.limit = PER_MINUTE
            self._windows.clear()

    def take(self, key: str) -> tuple[bool, dict[str, str]]:
        """Use one up: whether it was there, and the headers that say so."""
        with self._lock:
            now = self._clock()
            since, used = self._windows.get(key, (now, 0))
            if now - since >= timedelta(minutes=1):
                since, used = now, 0
            self._windows[key] = (since, used + 1)
            left = timedelta(minutes=1) - (now - since)
            headers = {
                "ratelimit-limit": str(self.limit),
                "ratelimit-remaining": str(max(self.limit - used - 1, 0)),
                "ratelimit-reset": str(max(1, round(left.total_seconds()))),
            }
            return used < self.limit, headers


def token_of_request(model: PagerDutyModel) -> Token:
    """The key that was sent: `Token token=...`, or `Bearer ...`."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    value = rest.strip()
    if scheme.lower() == "token" and value.startswith("token="):
        value = value.removeprefix("token=").strip('"')
    elif scheme.lower() != "bearer":
        raise ApiError(401, 2006, "Authentication failed")
    known = model.tokens.get(value)
    if known is None or known.bearer is not (scheme.lower() == "bearer"):
        raise ApiError(401, 2006, "Authentication failed")
    is_forbidden = request.path.startswith(known.forbidden)
    if is_forbidden or (known.read_only and request.method != "GET"):
        raise ApiError(403, 2010, "Access Denied")
    return known


def acting_user(model: PagerDutyModel, token: Token) -> str:
    """Whom a write is made by: `From`, which a user's own key may leave out."""
    sent = request.headers.get("From", "").strip()
    if not sent:
        if token.user_id is not None:
            return token.user_id
        raise ApiError(
            400,
            2016,
            'You must specify a user\'s email address in the "From" header to perform this action',
        )
    if not _EMAIL.fullmatch(sent):
        raise ApiError(400, 1028, 'Malformed "From" header')
    user = model.user_by_email(sent)
    if user is None:
        raise ApiError(400, 1008, "Requester User Not Found")
    return user.id
