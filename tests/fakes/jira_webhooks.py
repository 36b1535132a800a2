"""How Jira proves itself, in memory, with the promises of the `JiraWebhooks` port."""

from pdjira.errors import PdjiraError
from pdjira.webhooks.intake import JiraWebhook


class FakeJiraWebhooks:
    """`put` is what a person does at the console; `failure` is raised while it is set."""

    def __init__(self, webhook: JiraWebhook | None = None) -> None:
        self.failure: PdjiraError | None = None
        self.readings = 0
        self._stored = self._known = webhook

    def put(self, webhook: JiraWebhook | None) -> None:
        """Store another proof, which `current` does not know before it is refreshed."""
        self._stored = webhook

    def current(self) -> JiraWebhook | None:
        """The proof as last read."""
        if self.failure:
            raise self.failure
        return self._known

    def refreshed(self) -> JiraWebhook | None:
        """The proof read anew."""
        self.readings += 1
        self._known = self._stored
        return self.current()
