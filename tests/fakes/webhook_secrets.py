"""Webhook secrets in memory, with the promises of the `WebhookSecrets` port."""

from collections.abc import Sequence

from pdjira.errors import PdjiraError


class FakeWebhookSecrets:
    """`put` is what a person does at the console; `failure` is raised while it is set."""

    def __init__(self, *secrets: str) -> None:
        self.failure: PdjiraError | None = None
        self._stored = self._known = secrets

    def put(self, *secrets: str) -> None:
        """Store other secrets, which `current` does not know before it is refreshed."""
        self._stored = secrets

    def current(self) -> Sequence[str]:
        """The secrets as last read."""
        if self.failure:
            raise self.failure
        return self._known

    def refreshed(self) -> Sequence[str]:
        """The secrets read anew."""
        self._known = self._stored
        return self.current()
