"""The sender of Jira's webhooks: one attempt for each delivery, in a thread of its own."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass

import requests

from tests.sandbox.jira.issues import Bean

TIMEOUT_SECONDS = 5.0
USER_AGENT = "Atlassian HttpClient / JIRA / Default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where events go; `secret` None: unsigned."""

    url: str
    events: tuple[str, ...]
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one delivery: an HTTP status, or None and why there was none."""

    url: str
    event: str
    status: int | None
    error: str | None = None


class Webhooks:
    """All webhooks of a Jira; `close` it when done.

    What fails is not tried again. With `lose_every` n each n-th delivery is lost on its way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._registered: list[Webhook] = []
        self.reset()

    def reset(self) -> None:
        """Forget all webhooks and what became of deliveries."""
        with self._lock:
            self._registered = []
            self._log: list[Delivery] = []
            self._under_way: list[Future[None]] = []
            self._count = 0
            self.lose_every: int | None = None

    def close(self) -> None:
        """Stop; what waits is never sent."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def register(self, url: str, *, events: Iterable[str], secret: str | None = None) -> Webhook:
        """Send events of these names there from now on."""
        made = Webhook(url=url, events=tuple(events), secret=secret)
        with self._lock:
            self._registered.append(made)
        return made

    def registered(self) -> list[Webhook]:
        """Oldest first."""
        with self._lock:
            return list(self._registered)

    def deliveries(self) -> list[Bean]:
        """What became of all deliveries, in order."""
        with self._lock:
            return [asdict(one) for one in self._log]

    def wanted(self, event: str) -> bool:
        """Whether anybody wants to hear of an event of this name."""
        return any(event in one.events for one in self.registered())

    def accept(self, body: Bean, *, signs: bool) -> None:
        """Send an event to whoever wants it, signed where this Jira can."""
        event, raw = str(body["webhookEvent"]), json.dumps(body, ensure_ascii=False).encode()
        for webhook in self.registered():
            if event in webhook.events:
                secret = webhook.secret if signs else None
                self._queue(webhook.url, event, raw, secret)

    def wait_until_idle(self, timeout: float = 10.0) -> bool:
        """Whether everything that happened so far was sent within so many seconds."""
        with self._lock:
            under_way = list(self._under_way)
        return not wait(under_way, timeout).not_done

    def _queue(self, url: str, event: str, raw: bytes, secret: str | None) -> None:
        headers = {"Content-Type": "application/json; charset=UTF-8", "User-Agent": USER_AGENT}
        if secret is not None:
            headers["X-Hub-Signature"] = sign(raw, secret)
        with self._lock:
            self._count += 1
            if self.lose_every and self._count % self.lose_every == 0:
                self._log.append(Delivery(url=url, event=event, status=None, error="lost"))
                return
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="jira-webhook")
            self._under_way = [one for one in self._under_way if not one.done()]
            self._under_way.append(self._pool.submit(self._send, url, event, raw, headers))

    def _send(self, url: str, event: str, raw: bytes, headers: dict[str, str]) -> None:
        status, error = _post(url, raw, headers)
        with self._lock:
            self._log.append(Delivery(url=url, event=event, status=status, error=error))


def sign(raw: bytes, secret: str) -> str:
    """The signature header, over the raw bytes."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def _post(url: str, raw: bytes, headers: dict[str, str]) -> tuple[int | None, str | None]:
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                url, data=raw, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            return None, type(error).__name__
        return answer.status_code, None
