"""What the functions behind API Gateway need: its events and answers, and the webhooks' secrets.

https://docs.aws.amazon.com/apigateway (REST API, Lambda proxy integrations).
"""

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import translated
from pdjira.adapters.aws.secrets import CachedSecret
from pdjira.errors import UnreadableSecret
from pdjira.webhooks.intake import JiraWebhook, Reply


def body_of(event: dict[str, Any]) -> bytes:
    """The body, byte for byte as it was sent."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body.encode("utf-8", "surrogatepass")


def header_of(event: dict[str, Any], name: str) -> str | None:
    """A header by its name in small letters, in whatever case the gateway passes it on."""
    headers = event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name), None)


def parameter_of(event: dict[str, Any], name: str) -> str | None:
    """A part of the path by its name in the route."""
    value: str | None = (event.get("pathParameters") or {}).get(name)
    return value


def request_id_of(event: dict[str, Any]) -> str | None:
    """The id of the call, which stands in the log of the API as well."""
    value: str | None = (event.get("requestContext") or {}).get("requestId")
    return value


def response_of(answer: Reply) -> dict[str, Any]:
    """The answer as the gateway takes it."""
    return {
        "statusCode": answer.status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"message": answer.says}),
    }


if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

SWEEP = {"mode": "sweep"}


class LambdaStarter:
    """Starts a sweep in `JqlPollerFunction`, the function of that name.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: `Event` answers 202 when Lambda
    has taken the event in.
    """

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def start(self) -> None:
        """As the port says."""
        with translated("lambda:InvokeFunction", self._function):
            self._client.invoke(
                FunctionName=self._function,
                InvocationType="Event",
                Payload=json.dumps(SWEEP).encode(),
            )


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
