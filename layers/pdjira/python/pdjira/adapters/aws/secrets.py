"""A secret that is read seldom, changed at any time, and survives a short outage of its store.

Imported by the functions that answer webhooks: nothing but botocore's errors is imported here.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pdjira.adapters.aws.items import code_of, translated
from pdjira.errors import PdjiraError, Side, Temporary

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

FRESH_SECONDS = 60

USABLE_SECONDS = 600

REFRESH_SECONDS = 5


class CachedSecret:
    """The current version of one secret, as text. Threads may share it.

    `monotonic` tells seconds from any beginning, and never goes back.
    """

    def __init__(
        self, client: "SecretsManagerClient", *, secret_id: str, monotonic: Callable[[], float]
    ) -> None:
        self._client = client
        self._secret_id = secret_id
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._value: str | None = None
        self._version = ""
        self._read_at = 0.0
        self._tried_at = float("-inf")
        self._refreshed_at = float("-inf")
        self._changed = False
        self._failure: PdjiraError | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(secret_id={self._secret_id!r})"

    def value(self) -> str:
        """The secret, at most a minute old; "" while it has no version.

        While it cannot be read, an older value serves for ten minutes; then raises `Temporary`.
        Without an older value, raises what the reading raised.
        """
        with self._lock:
            now = self._monotonic()
            if self._is_due(now):
                self._read(now)
            return self._usable(now)

    def version(self) -> str:
        """The id of the version that `value` gives; "" while there is none. Raises as it does.

        An id tells nothing of the secret, and every change of it has another one.
        """
        self.value()
        with self._lock:
            return self._version

    def refresh(self) -> bool:
        """Read the secret again, at most once in five seconds, and tell whether it changed.

        Whoever comes within the five seconds is told what the latest reading found.
        """
        with self._lock:
            now = self._monotonic()
            if now - self._refreshed_at >= REFRESH_SECONDS:
                self._refreshed_at = now
                self._read(now)
            return self._changed

    def _is_due(self, now: float) -> bool:
        is_old = now - self._read_at >= FRESH_SECONDS
        was_tried = now - self._tried_at < REFRESH_SECONDS
        return self._value is None or (is_old and not was_tried)

    def _read(self, now: float) -> None:
        self._tried_at = now
        try:
            value, self._version = self._fetch()
        except PdjiraError as error:
            if self._value is None:
                raise
            self._changed, self._failure = False, error
            return
        self._changed = self._value not in (None, value)
        self._value, self._read_at, self._failure = value, now, None

    def _usable(self, now: float) -> str:
        if self._value is None or now - self._read_at > USABLE_SECONDS:
            says = f"The secret {self._secret_id} could not be read for ten minutes."
            raise Temporary(says) from self._failure
        return self._value

    def _fetch(self) -> tuple[str, str]:
        with translated("secretsmanager:GetSecretValue", self._secret_id):
            try:
                answer = self._client.get_secret_value(
                    SecretId=self._secret_id, VersionStage="AWSCURRENT"
                )
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                return "", ""
        return answer.get("SecretString", ""), answer.get("VersionId", "")


class StoredSecretVersions:
    """`SecretVersions`: of the connection secret, and of the token where requests are signed by it.

    `signs` tells whether Jira is signed in to by that token.
    """

    def __init__(
        self, connection: CachedSecret, auth_token: CachedSecret, *, signs: Callable[[], bool]
    ) -> None:
        self._connection = connection
        self._auth_token = auth_token
        self._signs = signs

    def version(self, side: Side) -> str:
        """As the port says."""
        return " ".join(secret.version() for secret in self._of(side))

    def refresh(self, side: Side) -> None:
        """As the port says."""
        for secret in self._of(side):
            secret.refresh()

    def _of(self, side: Side) -> Sequence[CachedSecret]:
        if side is Side.JIRA and self._signs():
            return (self._connection, self._auth_token)
        return (self._connection,)
