"""How Jira's webhook proves itself, out of the connection secret.

Imported by the function that answers it, so the few keys are read here without pydantic.
"""

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.adapters.aws.webhook_secrets import connection_of, optional_secret, side_of
from pdjira.application.webhooks.jira_intake import JiraWebhook


class StoredJiraWebhook:
    """`jira.webhook_token` and `jira.webhook_secret`: each may be left blank."""

    def __init__(self, secret: CachedSecret) -> None:
        self._secret = secret

    def current(self) -> JiraWebhook | None:
        """How Jira proves itself, at most a minute old; None while the secret is empty.

        Raises `Misconfigured` where the connection secret cannot be read as JSON.
        """
        connection = connection_of(self._secret.value())
        if not connection:
            return None
        jira = side_of(connection, "jira")
        token, secret = (
            optional_secret(jira.get("webhook_token")),
            optional_secret(jira.get("webhook_secret")),
        )
        return JiraWebhook(token=token, secret=secret)

    def refreshed(self) -> JiraWebhook | None:
        """The same read anew, unless that was done in the last five seconds."""
        self._secret.refresh()
        return self.current()
