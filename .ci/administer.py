"""Asks the admin function of a deployed stack, with the rights of whoever calls."""
# ruff: noqa: INP001, T201 - a script that make starts

import argparse
import json
import sys
from typing import Any

import boto3
from botocore.config import Config

_WAITS = Config(read_timeout=150, retries={"total_max_attempts": 1})
"""The function ends after 120 seconds; what is asked is never asked again behind one's back."""


def main() -> int:
    """Print the export of the stack; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True)
    parser.add_argument("action", choices=["export"])
    arguments = parser.parse_args()
    answer = ask(arguments.stack, {"action": arguments.action})
    if "error" in answer:
        print(f"{answer['error']['says']} {answer['error']['cure']}", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0


def ask(stack: str, request: dict[str, Any]) -> dict[str, Any]:
    """What the admin function of the stack answers to a request."""
    described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described[0]["Outputs"]}
    invoked = boto3.client("lambda", config=_WAITS).invoke(
        FunctionName=outputs["AdminFunctionName"], Payload=json.dumps(request).encode()
    )
    answer: dict[str, Any] = json.loads(invoked["Payload"].read())
    if "FunctionError" in invoked:
        says = f"The admin function failed: {answer.get('errorMessage')}."
        return {"error": {"says": says, "cure": "Its log holds the details."}}
    return answer


if __name__ == "__main__":
    sys.exit(main())
