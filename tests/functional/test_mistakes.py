"""G5: what people do wrong is named, nothing else is blamed, and the cure works to the letter."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.functional.mending import Bench, Told, a_bench
from tests.scenes import connection_mistakes, mapping_mistakes, mistakes
from tests.scenes.mistakes import Look, Mistake
from tests.template.sentences import is_found

MISTAKES = (
    *mistakes.MISTAKES,
    *connection_mistakes.MISTAKES,
    *mapping_mistakes.MISTAKES,
)
MINIMUM = 180


@dataclass(slots=True)
class Benches:
    """One stack for all mistakes that leave no trace, and a fresh one after any that does."""

    _open: ExitStack = field(default_factory=ExitStack)
    _bench: Bench | None = None

    def clean(self) -> Bench:
        if self._bench is None:
            self._bench = self._open.enter_context(a_bench())
        return self._bench

    def throw_away(self) -> None:
        self._bench = None
        self._open.close()


@pytest.fixture(scope="module")
def benches() -> Iterator[Benches]:
    benches = Benches()
    yield benches
    benches.throw_away()


def told_by(bench: Bench, look: Look) -> list[Told]:
    looks = {Look.HEALTH: bench.health, Look.VERDICT: bench.verdict, Look.NOTE: bench.notes}
    return looks[look]()


def blames(mistake: Mistake, told: list[Told]) -> None:
    assert {one.where for one in told} == {mistake.where, *mistake.follows}, told
    assert any(mistake.says in one.says for one in told), told
    assert any(mistake.cure in one.cure for one in told), told
    assert all(one.cure for one in told), told
    assert all(is_found(one.says) for one in told), told


def explains(mistake: Mistake, bench: Bench) -> None:
    (one,) = bench.explained()
    assert one.where == bench.item["id"]
    assert mistake.says in one.says, one
    assert mistake.cure in one.cure, one


def made_and_mended(mistake: Mistake, bench: Bench) -> None:
    mistake.makes(bench)
    bench.told = told_by(bench, mistake.look)
    blames(mistake, bench.told)
    if mistake.look is Look.NOTE:
        assert "links/refused" in {one.where for one in bench.health()}
        explains(mistake, bench)

    mistake.step(bench)

    if mistake.look is Look.NOTE:
        bench.resync()
        assert bench.notes() == bench.told
        assert bench.issue_is_where_it_belongs()
        assert bench.explained() == []
    if mistake.look is not Look.VERDICT:
        assert bench.health() == []
    else:
        assert bench.verdict() == []


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_g5_the_culprit_is_named_and_the_cure_works_as_it_is_written(
    mistake: Mistake, benches: Benches
) -> None:
    bench = benches.clean()
    try:
        with bench.put_back():
            made_and_mended(mistake, bench)
    except BaseException:
        benches.throw_away()
        raise


def test_g5_no_fewer_mistakes_are_made_than_promised() -> None:
    names = [mistake.name for mistake in MISTAKES]

    assert len(names) == len(set(names)) >= MINIMUM
