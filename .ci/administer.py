"""Takes mappings out of a deployed stack and writes them into one, with the rights of who calls."""
# ruff: noqa: INP001, T201 - a script that make starts

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

_WAITS = Config(read_timeout=150, retries={"total_max_attempts": 1})
"""The function ends after 120 seconds; what is asked is never asked again behind one's back."""

_NOT_WRITTEN = {"invalid", "overtaken", "failed"}


def main() -> int:
    """Do what the arguments say; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stack", required=True)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("export")
    importing = actions.add_parser("import")
    importing.add_argument("--dry-run", action="store_true")
    importing.add_argument("file", type=Path)
    arguments = parser.parse_args()
    if arguments.action == "export":
        return _export(arguments.stack)
    return _import(arguments.stack, arguments.file, is_dry=arguments.dry_run)


def _export(stack: str) -> int:
    answer = _ask(stack, {"action": "export"})
    if _is_refused(answer):
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0


def _import(stack: str, file: Path, *, is_dry: bool) -> int:
    """Ask again for what was left for lack of time, as long as that gets any further."""
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        print(f"{file} cannot be read: {error}", file=sys.stderr)
        return 1
    given = read["mappings"] if isinstance(read, dict) and "mappings" in read else read
    rows = given if isinstance(given, list) else [given]
    refused = 0
    while rows:
        answer = _ask(stack, {"action": "import", "mappings": rows, "dry_run": is_dry})
        if _is_refused(answer):
            return 1
        left = [row for row, told in zip(rows, answer["mappings"], strict=False) if _is_left(told)]
        done = [told for told in answer["mappings"] if not _is_left(told)]
        refused += sum(map(_show, done))
        if len(left) == len(rows):
            print(f"No time was enough for {len(left)} mapping(s). Import them again later.")
            return 1
        rows = left
    return 1 if refused else 0


def _is_left(told: dict[str, Any]) -> bool:
    return bool(told["outcome"] == "not done")


def _show(told: dict[str, Any]) -> bool:
    """Print what became of a mapping; whether it could not be written."""
    print(f"{told['id']}: {told['says']}")
    for change in told["changes"]:
        before, after = (json.dumps(change[key], ensure_ascii=False) for key in ("before", "after"))
        print(f"    {change['field']}: {before} -> {after}")
    for problem in told["check"]["problems"]:
        print(f"    {problem['severity']}, {problem['field']}: {problem['says']} {problem['cure']}")
    return told["outcome"] in _NOT_WRITTEN


def _is_refused(answer: dict[str, Any]) -> bool:
    if "error" not in answer:
        return False
    print(f"{answer['error']['says']} {answer['error']['cure']}", file=sys.stderr)
    return True


def _ask(stack: str, request: dict[str, Any]) -> dict[str, Any]:
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
