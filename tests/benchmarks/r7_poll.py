"""R7: how long an idle round of the poller takes with many mappings, and what it asks for."""

import re
import subprocess
import sys
import time
from collections import abc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import pytest
import requests

from pdjira.adapters.aws.items import typed
from tests.aws import MAPPINGS_TABLE, Aws, create_queues, create_tables, empty_account
from tests.benchmarks.budget import Figure
from tests.benchmarks.machine import core_share
from tests.benchmarks.meter import Meter
from tests.benchmarks.scene import MAPPING, ROOT, cold_start
from tests.benchmarks.stage import connect

MAPPINGS = 500
JIRA_SECONDS = 0.1
LIMIT_SECONDS = 20
PROJECTS = ("10100", "10200")
SEARCH = "POST /rest/api/2/search"
NO_PAGERDUTY = "http://127.0.0.1:9"
"""Nothing listens there: a call would be a search that failed."""
_ADDRESS = re.compile(r"Jira: (\S+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What an idle round took, and asked of Jira and of DynamoDB."""

    seconds: float
    cpu: float
    calls: abc.Mapping[str, int]
    write: float
    read: float


def measure() -> list[Figure]:
    """The function as deployed, before a Jira in a process of its own and an AWS in memory."""
    found = idle_round(mappings=MAPPINGS)
    return [_duration(found), _calls(found)]


@cache
def idle_round(*, mappings: int, seconds: float = JIRA_SECONDS) -> Round:
    """The third round: the first notes what matches, the second reads on. Opens sockets."""
    with _poller(mappings) as (function, jira, meter):
        function.handler({"mode": "poll"}, None)
        _control(jira, "faults", {"kind": "slow", "times": None, "seconds": seconds})
        function.handler({"mode": "poll"}, None)
        requests.delete(f"{jira}/_sandbox/calls", timeout=5).raise_for_status()
        meter.calls.clear()
        begun, cpu = time.monotonic(), time.process_time()
        answer = function.handler({"mode": "poll"}, None)
        taken = time.monotonic() - begun
        assert [one for one in answer["polled"] if one["problem"]] == []
        assert len(answer["polled"]) == mappings + len(PROJECTS)
        return Round(
            seconds=taken,
            cpu=time.process_time() - cpu,
            calls=requests.get(f"{jira}/_sandbox/calls", timeout=5).json()["counts"],
            write=meter.write_units,
            read=meter.read_units,
        )


@contextmanager
def _poller(mappings: int) -> Iterator[tuple[Any, str, Meter]]:
    with ExitStack() as opened:
        jira = opened.enter_context(_jira())
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        account = opened.enter_context(empty_account(patch))
        create_tables(account.dynamodb)
        create_queues(account.sqs)
        connect(account, jira=jira, pagerduty=NO_PAGERDUTY)
        for number in range(mappings):
            account.dynamodb.put_item(TableName=MAPPINGS_TABLE, Item=typed(_mapping(number)))
        app = opened.enter_context(cold_start("jql_poller"))
        client = cast("Any", app).stack.aws.dynamodb
        yield app, jira, Meter(watched=client, aside=Aws().dynamodb)


def _mapping(number: int) -> dict[str, Any]:
    project = PROJECTS[number % len(PROJECTS)]
    return {
        **MAPPING,
        "id": f"mapping-{number:03}",
        "project": {"id": project, "key": "OPS"},
        "jql": f'labels = "page-{number:03}" AND priority = Highest',
    }


@contextmanager
def _jira() -> Iterator[str]:
    """A Jira that shares neither our process nor its figures; answers its address."""
    command = [sys.executable, "-m", "tests.sandbox.jira"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = _ADDRESS.search(process.stdout.readline())
            assert found, "The sandbox's Jira does not start."
            yield found[1]
        finally:
            process.terminate()


def _control(jira: str, what: str, body: abc.Mapping[str, Any]) -> None:
    requests.post(f"{jira}/_sandbox/{what}", json=body, timeout=5).raise_for_status()


def _duration(found: Round) -> Figure:
    share = core_share("JqlPollerFunction")
    return Figure(
        budget="R7",
        what=f"idle poll of {MAPPINGS} mappings",
        value=found.seconds,
        limit=LIMIT_SECONDS,
        unit="s",
        digits=1,
        details=[
            f"Jira at {JIRA_SECONDS * 1000:.0f} ms a search, in a process of its own",
            f"{found.cpu:.1f} s of CPU in this process, the AWS in memory included",
            f"(on Lambda, with {share:.2f} of such a core, that takes {found.cpu / share:.1f} s)",
            f"DynamoDB: {found.write:g} WRU, {found.read:g} RRU in the round",
        ],
    )


def _calls(found: Round) -> Figure:
    searches = MAPPINGS + len(PROJECTS)
    return Figure(
        budget="R7",
        what="calls of an idle poll",
        value=sum(found.calls.values()),
        limit=searches,
        unit="calls",
        details=[
            *(f"Jira       {count} x {name}" for name, count in found.calls.items()),
            f"one for each of {MAPPINGS} mappings and {len(PROJECTS)} projects; PagerDuty none",
        ],
    )
