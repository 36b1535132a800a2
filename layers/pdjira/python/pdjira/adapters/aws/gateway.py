"""What API Gateway hands over and takes back (REST API, proxy integration).

Imported by the functions that answer webhooks:
https://docs.aws.amazon.com/apigateway (Lambda proxy integrations).
"""

import base64
import json
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import translated
from pdjira.webhooks.intake import Answer


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


def response_of(answer: Answer) -> dict[str, Any]:
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
    """`Starter` over `JqlPollerFunction`, the function of that name.

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
