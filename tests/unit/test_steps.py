"""What the planner asks for: each step says whom it calls, and one aspect performs it."""

import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from pdjira.model.link import Extra
from pdjira.sync.step import Step
from tests.world import World


def every_step() -> Iterator[type[Step]]:
    """A dataclass with slots takes the place of a class of the same name, which may live on."""
    for step in Step.__subclasses__():
        in_place = vars(sys.modules[step.__module__])[step.__name__]
        if in_place is step:
            yield step


@pytest.mark.parametrize("step", sorted(every_step(), key=str))
def test_each_step_is_performed_by_one_aspect(step: type[Step]) -> None:
    performs = World().worker("a").synchroniser.performer.performs

    assert step in performs


def test_what_calls_no_side_is_for_no_extra_and_repairs_nothing() -> None:
    silent = [step for step in every_step() if step.side is None]

    assert silent
    assert [step for step in silent if step.extra or step.is_repair] == []


def test_p34_every_extra_has_steps_of_its_own() -> None:
    by_extra = Counter(step.extra for step in every_step() if step.extra)

    assert by_extra.keys() == {*Extra}
