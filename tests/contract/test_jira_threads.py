"""Several threads share one client of Jira: none is harmed by what another one learns."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from pdjira.adapters.jira.client import JiraClient
from pdjira.adapters.memory import SideBySide
from tests.builders import FakeClock
from tests.contract.jira_sides import SIGN_IN, START, OverHttp, client
from tests.sandbox.jira.server import JiraServer

THREADS = 6
EVERYTHING = "project = OPS"


@pytest.fixture
def jira() -> Iterator[OverHttp]:
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        yield OverHttp(server, clock)


def counted(port: JiraClient) -> list[int]:
    """What threads find that all begin at the same moment."""
    searches, together = port.searches(), Barrier(THREADS)

    def count() -> int:
        together.wait(10)
        return searches.count(EVERYTHING)

    return [*SideBySide(THREADS)([count] * THREADS)]


@pytest.mark.parametrize("minutes", [-10, 10])
@pytest.mark.parametrize("qsh", [False, True])
def test_p32_each_thread_whose_token_is_refused_for_the_clock_tries_again(
    jira: OverHttp, minutes: int, qsh: bool
) -> None:
    ours = FakeClock(START + timedelta(minutes=minutes))
    jira.take_tokens(qsh=qsh)
    jira.sign_in({**SIGN_IN["jwt"], "qsh": qsh})
    port = client(lambda: jira.connection, clock=ours)

    assert counted(port) == [0] * THREADS
    assert counted(port) == [0] * THREADS


def test_p24_threads_under_way_are_not_harmed_by_a_changed_connection(jira: OverHttp) -> None:
    jira.take_tokens()
    searches = jira.port.searches()

    def count(number: int) -> int:
        jira.sign_in(SIGN_IN["pat" if number % 2 else "basic"])
        return searches.count(EVERYTHING)

    assert SideBySide(THREADS)([partial(count, number) for number in range(60)]) == [0] * 60


def test_where_one_of_several_works_fails_the_others_are_done_all_the_same() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            raise ZeroDivisionError
        done.append(number)

    with pytest.raises(ZeroDivisionError):
        SideBySide(2)([partial(work, number) for number in range(4)])

    assert sorted(done) == [1, 2, 3]
