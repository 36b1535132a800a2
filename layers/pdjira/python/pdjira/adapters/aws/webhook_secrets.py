"""The secrets by which PagerDuty proves itself, out of the connection secret.

Imported by the functions that answer webhooks, so the few keys are read here without pydantic.
"""

import json
from collections.abc import Sequence

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.errors import UnreadableSecret
from pdjira.webhooks.jira_intake import JiraWebhook


class _Stored:
    """Secrets of one kind, as the connection secret holds them."""

    def __init__(self, secret: CachedSecret) -> None:
        self._secret = secret

    def current(self) -> Sequence[str]:
        """The secrets, at most a minute old; none while the connection secret is empty.

        Raises `UnreadableSecret` where the connection secret cannot be read as JSON, or is filled
        and has nothing of PagerDuty: its key may be misspelt.
        """
        connection = connection_of(self._secret.value())
        if connection and "pagerduty" not in connection:
            raise _not_as_it_must_be()
        return self._read(side_of(connection, "pagerduty"))

    def refreshed(self) -> Sequence[str]:
        """The secrets read anew, unless that was done in the last five seconds."""
        self._secret.refresh()
        return self.current()

    def _read(self, pagerduty: dict[str, object]) -> Sequence[str]:
        raise NotImplementedError


class StoredWebhookSecrets(_Stored):
    """`pagerduty.webhook_secrets`: what webhook subscriptions are signed with."""

    def _read(self, pagerduty: dict[str, object]) -> Sequence[str]:
        secrets = pagerduty.get("webhook_secrets") or []
        if isinstance(secrets, list) and all(map(_is_secret, secrets)):
            return tuple(secrets)
        raise _not_as_it_must_be()


class StoredActionToken(_Stored):
    """`pagerduty.action_token`: what Custom Incident Actions send along; one, or none."""

    def _read(self, pagerduty: dict[str, object]) -> Sequence[str]:
        token = optional_secret(pagerduty.get("action_token"))
        return () if token is None else (token,)


def optional_secret(value: object) -> str | None:
    """A secret that may be left blank: null or an empty text is none.

    Raises `UnreadableSecret` for anything that is no text, or holds no more than blanks.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and _is_secret(value):
        return value
    raise _not_as_it_must_be()


def _is_secret(value: object) -> bool:
    """Whether something can be signed with it: text, more than blanks, no broken surrogate."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def connection_of(raw: str) -> dict[str, object]:
    """The connection secret as it was written; empty on a fresh stack.

    Raises `UnreadableSecret` where it is no JSON object.
    """
    if not raw.strip():
        return {}
    try:
        connection = json.loads(raw)
    except (ValueError, RecursionError):
        connection = None
    if not isinstance(connection, dict):
        raise _not_as_it_must_be()
    return connection


def side_of(connection: dict[str, object], name: str) -> dict[str, object]:
    """What it holds of one side, `pagerduty` or `jira`. Raises `UnreadableSecret` for no object."""
    side = connection.get(name, {})
    if not isinstance(side, dict):
        raise _not_as_it_must_be()
    return side


def _not_as_it_must_be() -> UnreadableSecret:
    return UnreadableSecret(
        "The connection secret is not the JSON that it must be, so no webhook can be proven.",
        cure="Correct it in Secrets Manager: pagerduty.webhook_secrets is a list of the secrets "
        "that PagerDuty showed; pagerduty.action_token, jira.webhook_token and "
        "jira.webhook_secret are texts or null; docs/reference/connection-secret.md shows the "
        "whole.",
    )


class StoredJiraWebhook:
    """`jira.webhook_token` and `jira.webhook_secret`: each may be left blank."""

    def __init__(self, secret: CachedSecret) -> None:
        self._secret = secret

    def current(self) -> JiraWebhook | None:
        """How Jira proves itself, at most a minute old; None while the secret is empty.

        Raises `UnreadableSecret` where the connection secret cannot be read as JSON.
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
