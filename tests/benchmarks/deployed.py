"""The functions in processes of their own, before an AWS and both sides in this one."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter, abc
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

from tests.aws import REGION, Aws, create_queues, create_tables, empty_account
from tests.benchmarks.scene import ENVIRONMENT, FUNCTIONS, a_request
from tests.benchmarks.stage import connect, put_mappings
from tests.builders import a_delivery
from tests.sandbox.jira.server import JiraServer
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.sandbox.pagerduty.server import PagerDutyServer
from tests.sandbox.serving import Listener

WEBHOOK, WORKER = "pagerduty_webhook", "sync_worker"
RUNNER = Path(__file__).with_name("running.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a function: CPU seconds of its handler, and what was seen of its frames."""

    answer: dict[str, Any]
    cpu: float
    seen: abc.Mapping[str, int]


class FunctionProcess:
    """A function that is started once and stays warm; `look` is one of `running.LOOKS`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, event: abc.Mapping[str, Any], *, look: str = "") -> Run:
        """Let it work on one event; raises `RuntimeError` where the process ends instead."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked
        assert told
        asked.write(json.dumps({"event": event, "look": look}) + "\n")
        asked.flush()
        line = told.readline()
        if not line:
            raise RuntimeError(f"The function's process ended with {self._process.wait()}.")
        return Run(**json.loads(line))


@dataclass(slots=True, kw_only=True)
class Deployed:
    """The webhook function, the queue and the worker function, with all that they talk to."""

    webhook: FunctionProcess
    worker: FunctionProcess
    aws: Aws
    queue_url: str
    pagerduty: PagerDutyServer
    jira: JiraServer
    endpoint: "AwsServer"
    made: int = 0

    def create(self, *, look: str = "") -> tuple[Run, Run]:
        """A new incident gets its issue: the runs of webhook and worker.

        Raises `AssertionError` where either does not do its part at once.
        """
        self.made += 1
        opened = self.pagerduty.model.trigger(
            CHECKOUT, f"Checkout answers slowly ({self.made})", by=RESPONDER
        )
        data = {
            "id": opened.id,
            "type": "incident",
            "status": "triggered",
            "title": opened.title,
            "service": {"id": CHECKOUT, "type": "service_reference", "summary": "Checkout"},
        }
        told = self.webhook.run(
            a_request(a_delivery(id=f"01EVENTOF{opened.id}", data=data)), look=look
        )
        assert told.answer["statusCode"] == 202, told.answer
        record = self._received()
        worked = self.worker.run({"Records": [record]}, look=look)
        assert worked.answer == {"batchItemFailures": []}, worked.answer
        self.aws.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=record["receiptHandle"])
        return told, worked

    def _received(self) -> dict[str, Any]:
        """The message that waits, as Lambda hands it over."""
        answer = self.aws.sqs.receive_message(
            QueueUrl=self.queue_url, MessageSystemAttributeNames=["All"]
        )
        (message,) = answer["Messages"]
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
        }


def as_in_lambda(function: str, *layers: Path) -> str:
    """Python's path: the function's folder, the layers, and in the last what the runtime brings."""
    folders = (FUNCTIONS / function, *layers)
    return os.pathsep.join(map(str, folders))


@contextmanager
def deployed(path_of: abc.Callable[[str], str]) -> abc.Iterator[Deployed]:
    """`path_of` is Python's path of a function, by the name of its folder."""
    with ExitStack() as opened:
        jira = opened.enter_context(JiraServer())
        pagerduty = opened.enter_context(PagerDutyServer())
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        account = opened.enter_context(empty_account(patch))
        create_tables(account.dynamodb)
        queue_url, _ = create_queues(account.sqs)
        put_mappings(account)
        connect(account, jira=jira.url, pagerduty=pagerduty.url)
        endpoint = AwsServer()
        port = opened.enter_context(Listener(endpoint.listening, name="aws")).port
        webhook, worker = (
            opened.enter_context(_started(path_of(name), port)) for name in (WEBHOOK, WORKER)
        )
        yield Deployed(
            webhook=webhook,
            worker=worker,
            aws=account,
            endpoint=endpoint,
            queue_url=queue_url,
            pagerduty=pagerduty,
            jira=jira,
        )


@contextmanager
def admin_deployed(
    path_of: abc.Callable[[str], str],
) -> abc.Iterator[tuple[FunctionProcess, Aws]]:
    """The admin function with all that it talks to, and the account that it lives in."""
    with ExitStack() as opened:
        jira = opened.enter_context(JiraServer())
        pagerduty = opened.enter_context(PagerDutyServer())
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        account = opened.enter_context(empty_account(patch))
        create_tables(account.dynamodb)
        put_mappings(account)
        connect(account, jira=jira.url, pagerduty=pagerduty.url)
        account.secrets.create_secret(Name="link", SecretString="s" * 64)
        port = opened.enter_context(Listener(AwsServer().listening, name="aws")).port
        yield opened.enter_context(_started(path_of("admin"), port)), account


@contextmanager
def _started(path: str, port: int) -> abc.Iterator[FunctionProcess]:
    environment = {
        **ENVIRONMENT,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": path,
    }
    with subprocess.Popen(
        [sys.executable, "-B", "-P", "-S", str(RUNNER)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield FunctionProcess(process)
        finally:
            process.terminate()


class AwsServer:
    """moto behind HTTP, one request after another; `calls` counts them by operation."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, service: str, headers: HTTPHeaders, body: bytes) -> AWSResponse:
        """The answer to a request of a JSON protocol."""
        url = f"https://{service}.{REGION}.amazonaws.com/"
        request = AWSPreparedRequest("POST", url, headers, body, stream_output=False)
        with self._lock:
            self.calls[headers["X-Amz-Target"].rpartition(".")[2]] += 1
            answer = botocore_stubber(f"before-send.{service}", request)
        assert answer is not None, url
        return answer

    def listening(self, port: int) -> ThreadingHTTPServer:
        """A server that answers what is sent to its port."""
        return ThreadingHTTPServer(
            ("127.0.0.1", port), type("Handler", (_AwsHandler,), {"aws": self})
        )


class _AwsHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    aws: AwsServer

    def do_POST(self) -> None:
        """Answer one request; the credential's scope says for which service it is."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service = self.headers["Authorization"].partition("Credential=")[2].split("/")[3]
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = value
        answer = self.aws.answer(service, headers, body)
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
