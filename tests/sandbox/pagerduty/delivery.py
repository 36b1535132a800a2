"""The rules of PagerDuty's webhook sender as plain functions, and the clock that can be hurried."""

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import requests

from tests.sandbox.pagerduty.records import Json

TIMEOUT_SECONDS = 5.0
GIVE_UP_AFTER = timedelta(hours=48)
DISABLED_FOR = timedelta(hours=24)
DROPS_UNTIL_DISABLED = 3
WHOLE_UP_TO = 55 * 1024
LARGEST = 256 * 1024
TRIMMED_TO_CHARACTERS = 5_000
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
USER_AGENT = "PagerDuty-Webhook/V3.0"


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    DROPPED = "dropped"
    TOO_LARGE = "too large"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP status, or None and why there was none."""

    status: int | None
    error: str | None = None


Send = Callable[[str, bytes, dict[str, str]], Answer]


def judge(status: int | None) -> Outcome:
    """Any 2xx is success; no answer, 5xx and 429 come again; everything else is dropped."""
    if status is None or status == 429 or status >= 500:
        return Outcome.RETRY
    return Outcome.DELIVERED if 200 <= status < 300 else Outcome.DROPPED


def wait_after(attempts: int) -> timedelta:
    """How long until the next attempt: the vendor publishes no schedule, this one doubles."""
    return min(FIRST_WAIT * (1 << min(attempts - 1, 20)), LONGEST_WAIT)


def sign(body: bytes, secrets: Sequence[str]) -> str:
    """The signature header: one for each secret, the secret used as it stands."""
    return ",".join(
        "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets
    )


def encode(event: Json) -> bytes:
    """What is sent: above 55 KB a note or message is shortened and says so."""
    body = _to_bytes(event)
    data = event.get("event", {}).get("data") or {}
    key = "content" if "content" in data else "message"
    if len(body) <= WHOLE_UP_TO or "trimmed" not in data:
        return body
    kept = {**data, key: data[key][:TRIMMED_TO_CHARACTERS], "trimmed": True}
    return _to_bytes({"event": {**event["event"], "data": kept}})


def _to_bytes(event: Json) -> bytes:
    try:
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(event, separators=(",", ":")).encode()


def http_send(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """POST with PagerDuty's patience; redirects are answers like any other."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            response = session.post(
                url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.Timeout:
            return Answer(status=None, error=f"no answer within {TIMEOUT_SECONDS:.0f} s")
        except requests.RequestException as error:
            return Answer(status=None, error=type(error).__name__)
        return Answer(status=response.status_code)


class HurriedClock:
    """Another clock made faster (`factor`), and moved on by hand."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._since = self._base = clock()
        self._factor = 1.0

    def __call__(self) -> datetime:
        """The time by which retries, giving up and switching off are counted."""
        return self._base + (self._clock() - self._since) * self._factor

    @property
    def factor(self) -> float:
        """How many of its seconds pass in one."""
        return self._factor

    def run_at(self, factor: float) -> None:
        """Go on at another speed from now."""
        self._base, self._since = self(), self._clock()
        self._factor = factor

    def move_on(self, by: timedelta) -> None:
        """Let some time pass at once."""
        self._base += by
