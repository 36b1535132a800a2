"""The secrets that PagerDuty signs with, out of the connection secret.

Imported by the functions that answer webhooks, so the few keys are read here without pydantic.
"""

import json
from collections.abc import Sequence

from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.errors import Misconfigured


class StoredWebhookSecrets:
    """`pagerduty.webhook_secrets` of the connection secret."""

    def __init__(self, secret: CachedSecret) -> None:
        self._secret = secret

    def current(self) -> Sequence[str]:
        """The secrets, at most a minute old; none while the connection secret is empty.

        Raises `Misconfigured` where the connection secret cannot be read as JSON.
        """
        return _webhook_secrets(self._secret.value())

    def refreshed(self) -> Sequence[str]:
        """The secrets read anew, unless that was done in the last five seconds."""
        self._secret.refresh()
        return self.current()


def _is_secret(value: object) -> bool:
    """Whether something can be signed with it: text, more than blanks, no broken surrogate."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _webhook_secrets(raw: str) -> Sequence[str]:
    if not raw.strip():
        return ()
    try:
        secrets = json.loads(raw).get("pagerduty", {}).get("webhook_secrets") or []
        if isinstance(secrets, list) and all(map(_is_secret, secrets)):
            return tuple(secrets)
    except (ValueError, AttributeError, RecursionError):
        pass
    raise Misconfigured(
        "The connection secret is not the JSON that it must be, so no webhook can be proven.",
        cure="Correct it in Secrets Manager: pagerduty.webhook_secrets is a list of the secrets "
        "that PagerDuty showed; docs/configuration.md shows the whole.",
    )
