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
    importing.add_argument("--from-pagerduty", action="store_true")
    importing.add_argument("file", type=Path, nargs="?")
    arguments = parser.parse_args()
    if arguments.action == "export":
        return _export(arguments.stack)
    given: dict[str, Any] | None = {"from": "pagerduty"}
    if not arguments.from_pagerduty:
        given = _read(arguments.file)
    return 1 if given is None else _import(arguments.stack, given, is_dry=arguments.dry_run)


def _export(stack: str) -> int:
    answer = _ask(stack, {"action": "export"})
    if _is_refused(answer):
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0


def _read(file: Path | None) -> dict[str, Any] | None:
    """The file: an export, or a mapping or rule, or a list of these."""
    try:
        read = json.loads(file.read_text("utf-8")) if file else None
    except (OSError, ValueError) as error:
        print(f"{file} cannot be read: {error}", file=sys.stderr)
        return None
    if read is None:
        print("Give a FILE, or FROM=pagerduty.", file=sys.stderr)
        return None
    if isinstance(read, dict) and isinstance(read.get("mappings"), list):
        return {key: read[key] for key in ("mappings", "schema_version") if key in read}
    return {"mappings": read if isinstance(read, list) else [read]}


def _import(stack: str, given: dict[str, Any], *, is_dry: bool) -> int:
    """Ask again for those that were left for lack of time, as long as that gets any further."""
    refused = False
    while True:
        answer = _ask(stack, {"action": "import", **given, "dry_run": is_dry})
        if _is_refused(answer):
            return 1
        rows, entries = answer["mappings"], given.get("mappings", [])
        left = [row["outcome"] == "not done" for row in rows]
        for row, is_left in zip(rows, left, strict=True):
            refused = (not is_left and _show(row)) or refused
        if not any(left):
            break
        if all(left) or len(entries) != len(rows):
            print(f"There was no time left for {sum(left)} mapping(s). Import again: it goes on.")
            return 1
        given |= {"mappings": [each for each, more in zip(entries, left, strict=True) if more]}
    if "says" in answer:
        print(answer["says"])
    return 1 if refused else 0


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
