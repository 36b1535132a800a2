"""What a function runs is put together over one client of each side."""

import gc
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.pagerduty.client import PagerDutyClient
from pdjira.bootstrap import connections
from tests.functional.lambdas import ROOT, Function, cold_started


def _a_poll_and_a_sweep(function: Function) -> None:
    for _ in range(2):
        assert function.stack.poll()
        assert function.stack.sweep()


USES: dict[str, Callable[[Any], object]] = {
    "sync_worker": lambda function: function.consumer,
    "jql_poller": _a_poll_and_a_sweep,
    "admin": lambda function: function.process.run().administration(),
    "mapping_check": lambda function: function.fresh(),
}
"""By function, what puts together all that it may run: where secrets are read afresh, once."""


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", USES)
def test_a_process_has_one_client_of_jira_and_one_of_pagerduty(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made = Counter[str]()

    def counted(client: type) -> Callable[..., object]:
        def make(*args: object, **options: object) -> object:
            made[client.__name__] += 1
            return client(*args, **options)

        return make

    for client in (JiraClient, PagerDutyClient):
        monkeypatch.setattr(connections, client.__name__, counted(client))

    with cold_started(name) as function:
        USES[name](function)

    assert made == {"JiraClient": 1, "PagerDutyClient": 1}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", [app.parent.name for app in ROOT.glob("functions/*/app.py")])
def test_no_garbage_is_looked_for_while_a_function_starts(name: str) -> None:
    looks: list[object] = []
    gc.collect()
    gc.callbacks.append(lambda *look: looks.append(look))

    with cold_started(name):
        during, kept = len(looks), gc.get_freeze_count()
    gc.callbacks.pop()

    assert (during, gc.isenabled()) == (0, True)
    assert kept
