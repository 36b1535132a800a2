"""The commands of the documents do what is said of them, on the deployed stack.

Each block of commands is run as it stands, by bash, with AWS's own command line. What the local AWS
cannot do, or what the suites do by other means, is listed with its reason.
"""

import json
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sandbox import tools
from tests.sandbox.environment import MAPPING, Sandbox
from tests.sandbox.stack import STACK_NAME

PAGES = [
    tools.ROOT / "README.md",
    tools.ROOT / "docs" / "guide" / "by-hand.md",
    tools.ROOT / "docs" / "guide" / "first-hour.md",
    *sorted((tools.ROOT / "docs" / "run").glob("*.md")),
]
LEFT_OUT = {
    "make demo": "a suite of its own plays it",
    "make test": "this is what runs",
    "sam build && sam deploy": "the stack under test was made by it",
    "sam delete": "the stack under test goes by it, when all tests are over",
    "aws sns subscribe": "the local AWS has nobody to send to",
    "arn() ": "the local AWS knows no move of messages: the page's own way is tested instead",
    "aws dynamodb restore-table-to-point-in-time": "the local AWS keeps no earlier state",
    "parameter_overrides": "lines of samconfig.toml",
    "PagerDuty --webhook-->": "a drawing",
}
"""By how a block begins: why it is not run."""

Run = Callable[[str], str]


def blocks() -> Iterator[tuple[str, str]]:
    """Each block of indented lines outside a fence: its page and its text."""
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for found in re.findall(r"(?:^(?: {8}| {4})\S.*\n(?:^ {4,}.*\n)*)+", text, re.MULTILINE):
            lines = [
                line[8:] if found.startswith(" " * 8) else line[4:] for line in found.splitlines()
            ]
            yield page.name, "\n".join(lines)


def is_left_out(block: str) -> bool:
    return any(block.startswith(begins) for begins in LEFT_OUT)


def the_block(page: str, begins: str) -> str:
    (found,) = [text for name, text in blocks() if name == page and text.startswith(begins)]
    return found


RUN_HERE = {
    ("README.md", "aws lambda invoke"),
    ("by-hand.md", "while read"),
    ("by-hand.md", "aws secretsmanager"),
    ("by-hand.md", "aws lambda invoke"),
    ("backup-and-restore.md", "make export"),
    ("backup-and-restore.md", "make import"),
    ("upgrade-and-roll-back.md", "aws cloudformation"),
    ("upgrade-and-roll-back.md", "aws dynamodb"),
}


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Run:
    """Runs commands in a folder of its own, where `aws` is AWS's command line."""
    aws = tmp_path / "bin" / "aws"
    aws.parent.mkdir()
    command = " ".join(tools.aws_cli())
    # Its first version takes a payload as it is, and has no option for that.
    aws.write_text(
        '#!/bin/bash\nkept=()\nfor one in "$@"; do case "$one" in '
        '--cli-binary-format|raw-in-base64-out) ;; *) kept+=("$one") ;; esac; done\n'
        f'exec {command} "${{kept[@]}}"\n'
    )
    aws.chmod(aws.stat().st_mode | stat.S_IXUSR)
    environment = tools.aws_environment(sandbox.stack.endpoint)
    environment["PATH"] = f"{aws.parent}{os.pathsep}{environment['PATH']}"

    def bash(script: str) -> str:
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("pdjira ", f"{STACK_NAME} ")],
            cwd=tmp_path,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return bash


def test_every_block_of_commands_is_run_here_or_left_out_for_a_reason() -> None:
    unheard = [
        (page, text)
        for page, text in blocks()
        if not is_left_out(text)
        and not any(page == name and text.startswith(begins) for name, begins in RUN_HERE)
    ]

    assert unheard == []


def test_the_commands_of_the_first_hour_lead_to_a_healthy_stack(
    sandbox: Sandbox, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "connection.json").write_text(json.dumps(sandbox.connection()))
    variables = the_block("by-hand.md", "while read")
    secret = the_block("by-hand.md", "aws secretsmanager")
    health = the_block("by-hand.md", "aws lambda invoke")

    answer = run(f"{variables}\n{secret}\n{health}")

    assert sandbox.stack.outputs["PagerDutyWebhookUrl"] in answer
    assert '"status": "broken"' not in answer
    assert '"area": "jira"' in answer


def test_the_command_of_the_readme_answers_with_a_link_to_the_page(
    sandbox: Sandbox, run: Run
) -> None:
    answer = run(the_block("README.md", "aws lambda invoke"))

    assert sandbox.stack.outputs["AdminUrl"] in answer


def test_mappings_that_were_exported_by_command_are_imported_by_command(
    sandbox: Sandbox, run: Run, tmp_path: Path
) -> None:
    sandbox.put_mapping(name="As it was")
    make = f"make --directory={tools.ROOT} --no-print-directory"
    exporting = the_block("backup-and-restore.md", "make export").replace("make", make, 1)
    importing = the_block("backup-and-restore.md", "make import").replace("make", make, 1)
    file = tmp_path / "mappings.json"

    run(f"{exporting} > {file}")
    sandbox.put_mapping(name="Changed")
    said = run(importing.replace("FILE=mappings.json", f"FILE={file}"))

    assert json.loads(file.read_text())["mappings"][0]["id"] == MAPPING["id"]
    assert "As it was" in said


def test_what_a_deleted_stack_leaves_is_listed_and_deleted_by_command(
    sandbox: Sandbox, run: Run
) -> None:
    name = "left-over"
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}}
    }
    stacks, tables = sandbox.stack.cloudformation, sandbox.stack.dynamodb
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    tables.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
    )
    listing = the_block("upgrade-and-roll-back.md", "aws cloudformation")
    deleting = the_block("upgrade-and-roll-back.md", "aws dynamodb")

    run(listing.replace("--stack-name pdjira", f"--stack-name {name}"))
    run(deleting.replace("TABLE-NAME", name))

    assert name not in tables.list_tables()["TableNames"]
