"""The real stack on the local AWS: built by sam, deployed by sam, torn down afterwards.

As a command: `python -m tests.sandbox.stack tools|build|up|clean`.
"""

import fcntl
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import abc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import boto3
import requests
from botocore.config import Config

from tests.sandbox import tools
from tests.sandbox.ministack import MiniStack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

STACK_NAME = "pdjira-local"
_BUILT = tools.SANDBOX / "build" / "template.yaml"

Say = Callable[[str], None]


class FunctionFailedError(AssertionError):
    """An invoked function crashed or ran into its timeout; the text is what AWS answered."""


class LocalStack:
    """The stack on a MiniStack of its own, from entering the context to leaving it.

    `parameters` are template parameters beside those that the sandbox always sets. `say` gets one
    line per step. Several may run at once. After an error the folder with the logs is kept.
    """

    def __init__(
        self, parameters: abc.Mapping[str, str] | None = None, *, say: Say = print
    ) -> None:
        self.outputs: dict[str, str] = {}
        self._parameters = dict(parameters or {})
        self._say = say
        tools.SANDBOX.mkdir(exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=tools.SANDBOX))
        self._ministack = MiniStack(self.folder)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._open.enter_context(_marked_as_alive(self.folder))
            with _told(self._say, "Starting the local AWS (MiniStack, IAM enforced)"):
                self._open.enter_context(self._ministack)
            self.deploy()
        except BaseException:
            self._open.close()
            self._say(f"The logs are kept in {self.folder.relative_to(tools.ROOT)}")
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            self._say(f"The logs are kept in {self.folder.relative_to(tools.ROOT)}")

    def deploy(self, **parameters: str) -> None:
        """Build and deploy what lies in the repository now; a second time, it is an update.

        `parameters` change template parameters from here on. The webhook's URL may change.
        """
        self._parameters |= parameters
        with _alone():
            build(say=self._say)
            with _told(self._say, "Deploying the stack (sam deploy)"):
                self._run_deploy(STACK_NAME, self._parameters)
        self.outputs = self._read_outputs(STACK_NAME)

    def deploy_beside(
        self, name: str, *, more_resources: str = "", **parameters: str
    ) -> dict[str, str]:
        """Deploy what was built last as a further stack; answers its outputs.

        `more_resources` are added to the template, as YAML. Raises `RuntimeError` with the end of
        what sam said where it fails.
        """
        template = _BUILT.with_name("beside.yaml")
        with _alone(), _told(self._say, f"Deploying the stack {name} (sam deploy)"):
            whole = _BUILT.read_text("utf-8")
            marked = whole.replace("\nResources:\n", f"\nResources:\n{more_resources}", 1)
            template.write_text(marked, "utf-8")
            self._run_deploy(name, parameters, template)
        return self._read_outputs(name)

    def delete_beside(self, name: str) -> None:
        """Delete a further stack, and wait until it is gone."""
        self.cloudformation.delete_stack(StackName=name)
        waiter = self.cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    # ---- where things are

    @property
    def endpoint(self) -> str:
        """The endpoint of every AWS service."""
        return self._ministack.endpoint

    @property
    def webhook_url(self) -> str:
        """Where PagerDuty delivers, as any client on this machine can reach it."""
        return self.local_url(self.outputs["PagerDutyWebhookUrl"])

    @property
    def jira_webhook_url(self) -> str:
        """Where Jira delivers, without the token at its end."""
        return self.local_url(self.outputs["JiraWebhookUrl"])

    def local_url(self, output: str) -> str:
        """The local form of a URL of the API that stands in an output."""
        url = urlsplit(output)
        api_id = (url.hostname or "").split(".")[0]
        return f"{self.endpoint}/_aws/execute-api/{api_id}{url.path}"

    def browser_url(self, output: str) -> str:
        """The same for a browser: with the paths that the API has on AWS."""
        url = urlsplit(output)
        api_id = (url.hostname or "").split(".")[0]
        return f"http://{api_id}.execute-api.localhost:{self._ministack.port}{url.path}"

    def physical_id(self, logical_id: str) -> str:
        """The name that a resource of the template got, e.g. of `PagerDutyWebhookFunction`."""
        found = self.cloudformation.describe_stack_resource(
            StackName=STACK_NAME, LogicalResourceId=logical_id
        )
        return found["StackResourceDetail"]["PhysicalResourceId"]

    # ---- what one does with it

    def invoke(self, function: str, payload: object) -> Any:
        """Invoke a function by its logical id and wait. Raises `FunctionFailedError`."""
        answer = self.functions.invoke(
            FunctionName=self.physical_id(function), Payload=json.dumps(payload).encode()
        )
        text = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise FunctionFailedError(text)
        return json.loads(text)

    def logs(self, function: str) -> list[str]:
        """Every line that a function logged so far, by its logical id, oldest first."""
        configuration = self.functions.get_function_configuration(
            FunctionName=self.physical_id(function)
        )
        group = configuration["LoggingConfig"]["LogGroup"]
        try:
            pages = self.log_groups.get_paginator("filter_log_events").paginate(logGroupName=group)
            return [event["message"].rstrip("\n") for page in pages for event in page["events"]]
        except self.log_groups.exceptions.ResourceNotFoundException:
            return []

    def kill(self, function: str) -> int:
        """Kill every process that runs a function, by its logical id; how many it were."""
        return self._ministack.kill(self.physical_id(function))

    def connect(self, connection: abc.Mapping[str, Any]) -> None:
        """Write the connection secret, as a person at the console would."""
        self.secrets.put_secret_value(
            SecretId=self.outputs["ConnectionSecretArn"], SecretString=json.dumps(connection)
        )

    @property
    def mappings(self) -> "Table":
        """The table of mappings, taking plain Python values."""
        return self._dynamodb_resource.Table(self.outputs["MappingsTableName"])

    @property
    def links(self) -> "Table":
        """The table of links, taking plain Python values."""
        return self._dynamodb_resource.Table(self.outputs["LinksTableName"])

    def waiting(self) -> list[dict[str, Any]]:
        """The signals in the queue, looked at without receiving them."""
        return self._peek(self.outputs["SyncQueueUrl"])

    def dead_letters(self) -> list[dict[str, Any]]:
        """What lies in the dead-letter queue, looked at without receiving it."""
        return self._peek(self.outputs["DeadLetterQueueUrl"])

    # ---- clients

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """CloudFormation of the local AWS."""
        client = self._session.client("cloudformation", **self._client_options)
        self._open.callback(client.close)
        return client

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """DynamoDB of the local AWS."""
        return self._dynamodb_resource.meta.client

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets Manager of the local AWS."""
        client = self._session.client("secretsmanager", **self._client_options)
        self._open.callback(client.close)
        return client

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda of the local AWS."""
        client = self._session.client("lambda", **self._client_options)
        self._open.callback(client.close)
        return client

    @cached_property
    def queues(self) -> "SQSClient":
        """SQS of the local AWS."""
        client = self._session.client("sqs", **self._client_options)
        self._open.callback(client.close)
        return client

    @cached_property
    def log_groups(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs of the local AWS."""
        client = self._session.client("logs", **self._client_options)
        self._open.callback(client.close)
        return client

    @cached_property
    def _dynamodb_resource(self) -> "DynamoDBServiceResource":
        resource = self._session.resource("dynamodb", **self._client_options)
        self._open.callback(resource.meta.client.close)
        return resource

    @cached_property
    def _session(self) -> boto3.session.Session:
        return boto3.session.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        )

    @cached_property
    def _client_options(self) -> abc.Mapping[str, Any]:
        config = Config(
            connect_timeout=5,
            read_timeout=150,
            retries={"total_max_attempts": 1},
            max_pool_connections=50,
            proxies={},
        )
        return {"endpoint_url": self.endpoint, "config": config}

    # ---- the parts

    def _run_deploy(
        self, stack_name: str, parameters: abc.Mapping[str, str], template: Path = _BUILT
    ) -> None:
        chosen = _build_parameters() | {"AllowInsecureEndpoints": "true", **parameters}
        command = tools.sam(
            "deploy",
            *("--config-file", str(tools.ROOT / "tests" / "sandbox" / "samconfig.toml")),
            *("--template-file", str(template)),
            *("--stack-name", stack_name),
            *("--parameter-overrides", *_as_overrides(chosen)),
        )
        _run(command, environment=tools.aws_environment(self.endpoint), log=self.folder / "sam.log")

    def _read_outputs(self, stack_name: str) -> dict[str, str]:
        stacks = self.cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
        return {
            output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])
        }

    def _peek(self, queue_url: str) -> list[dict[str, Any]]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                f"{self.endpoint}/_ministack/sqs/messages",
                params={"QueueUrl": queue_url},
                timeout=10,
            )
        answer.raise_for_status()
        regions = answer.json()["messages"].values()
        return [
            message
            for queues in regions
            for messages in queues.values()
            for url, waiting in messages.items()
            if url.rsplit("/", 1)[-1] == queue_url.rsplit("/", 1)[-1]
            for message in waiting
        ]


def build(*, say: Say = print) -> Path:
    """Build functions and layers for this machine; what did not change comes from the cache."""
    folder = tools.SANDBOX / "build"
    tools.SANDBOX.mkdir(exist_ok=True)
    command = tools.sam(
        "build",
        *("--config-file", str(tools.ROOT / "tests" / "sandbox" / "samconfig.toml")),
        *("--template-file", str(tools.ROOT / "template.yaml")),
        *("--build-dir", str(folder), "--cache-dir", str(tools.SANDBOX / "cache")),
        *("--parameter-overrides", *_as_overrides(_build_parameters())),
    )
    what = (
        f"Building functions and layers (sam build, {tools.PYTHON_RUNTIME}, {tools.ARCHITECTURE})"
    )
    with _told(say, what):
        _run(command, environment=tools.build_environment(), log=tools.SANDBOX / "build.log")
    return folder


def _build_parameters() -> dict[str, str]:
    return {"PythonRuntime": tools.PYTHON_RUNTIME, "Architecture": tools.ARCHITECTURE}


def _as_overrides(parameters: abc.Mapping[str, str]) -> list[str]:
    return [f'{name}="{value}"' for name, value in parameters.items()]


def _run(command: Sequence[str], *, environment: abc.Mapping[str, str], log: Path) -> None:
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            check=False,
            cwd=tools.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
        raise RuntimeError("\n".join(["sam failed; the last it said:", *last, f"All of it: {log}"]))


@contextmanager
def _told(say: Say, what: str) -> Iterator[None]:
    started = time.monotonic()
    say(f"{what} ...")
    yield
    say(f"  done in {time.monotonic() - started:.1f} s")


@contextmanager
def _alone() -> Iterator[None]:
    """Runs in several processes share one build folder: one at a time builds and uploads it."""
    with (tools.SANDBOX / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _marked_as_alive(folder: Path) -> Iterator[None]:
    """Keep `clean` away from the folder for as long as this process works in it."""
    with (folder / "alive").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield


def _is_alive(folder: Path) -> bool:
    try:
        with (folder / "alive").open() as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return True
    return False


def _say(line: str) -> None:
    print(line, flush=True)


def _up() -> None:
    with LocalStack(say=_say) as stack:
        for name, value in sorted(stack.outputs.items()):
            _say(f"{name:24} {value}")
        _say(f"{'endpoint':24} {stack.endpoint}")
        _say(f"{'webhook, from here':24} {stack.webhook_url}")
        _say("Running. Ctrl-C stops it.")
        signal.pause()


def _fetch_tools() -> None:
    with _told(_say, "Fetching sam and the local AWS"):
        tools.ministack_executable()
        _run(
            tools.sam("--version"),
            environment=tools.build_environment(),
            log=tools.SANDBOX / "sam.log",
        )


def _build_alone() -> None:
    with _alone():
        _say(f"Built: {build(say=_say).relative_to(tools.ROOT)}")


def _clean() -> None:
    runs = list(tools.SANDBOX.glob("run-*"))
    alive = [run for run in runs if _is_alive(run)]
    for run in alive:
        _say(f"{run.relative_to(tools.ROOT)} is in use and stays, and the build with it.")
    for entry in tools.SANDBOX.iterdir() if not alive else set(runs) - set(alive):
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def main(arguments: Sequence[str]) -> int:
    """Carry out one command; the exit status."""
    commands = {"tools": _fetch_tools, "build": _build_alone, "up": _up, "clean": _clean}
    command = commands.get(" ".join(arguments))
    if command is None:
        _say(f"One of: {', '.join(commands)}")
        return 2
    tools.SANDBOX.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        command()
    except KeyboardInterrupt:
        _say("Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
