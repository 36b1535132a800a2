"""Starts another function of the stack without waiting for it."""

import json
from typing import TYPE_CHECKING

from pdjira.adapters.aws.errors import translated

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
