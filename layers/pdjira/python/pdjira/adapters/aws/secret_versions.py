"""Names the credentials in force by the versions that Secrets Manager keeps of both secrets."""

from collections.abc import Callable, Sequence

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.errors import Side


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
