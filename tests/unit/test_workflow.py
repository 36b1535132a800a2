"""P15: the way to a status is a shortest one that passes no Done status on the way elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.model.issue import IssueStatus
from pdjira.model.workflow import Gap, NoWay, Path, Transition, Workflow, missing, way
from tests.builders import a_schema

STATUSES = 9
RESOLUTION = a_schema("resolution", required=True)


def a_status(number: int, *, done: bool = False) -> IssueStatus:
    return IssueStatus(id=str(number), name=f"S{number}", done=done)


def a_transition(to: IssueStatus, transition_id: str = "", **changes: object) -> Transition:
    return Transition(id=transition_id or f"to-{to.id}", name=f"Go to {to.name}", to=to, **changes)  # type: ignore[arg-type]


def a_workflow(edges: set[tuple[int, int]], done: set[int], known: set[int]) -> Workflow:
    return {
        str(start): tuple(
            a_transition(a_status(end, done=end in done))
            for begin, end in sorted(edges)
            if begin == start
        )
        for start in known
    }


def distance(edges: set[tuple[int, int]], done: set[int], start: int, goal: int) -> int | None:
    """Breadth-first search over plain sets: how many steps, None where there is no way."""
    seen, ring, steps = {start}, {start}, 0
    while ring and goal not in ring:
        leaving = {node for node in ring if node == start or node not in done}
        ring = {end for begin, end in edges if begin in leaving} - seen
        seen |= ring
        steps += 1
    return steps if goal in ring else None


numbers = st.integers(min_value=0, max_value=STATUSES - 1)
graphs = st.sets(st.tuples(numbers, numbers), max_size=30)


@given(edges=graphs, done=st.sets(numbers, max_size=4), start=numbers, goal=numbers)
def test_p15_in_a_known_workflow_the_way_is_a_shortest_one_that_passes_no_done_status(
    edges: set[tuple[int, int]], done: set[int], start: int, goal: int
) -> None:
    workflow = a_workflow(edges, done, set(range(STATUSES)))

    found = way(workflow, start=str(start), goal=str(goal))

    steps = distance(edges, done, start, goal)
    if steps is None:
        assert found == NoWay()
        return
    assert isinstance(found, Path)
    assert len(found.transitions) == steps
    assert not any(step.to.done for step in found.transitions[:-1])


@given(
    edges=graphs,
    done=st.sets(numbers, max_size=4),
    known=st.sets(numbers),
    start=numbers,
    goal=numbers,
)
def test_p15_learning_gap_by_gap_ends_in_a_way_or_in_none(
    edges: set[tuple[int, int]], done: set[int], known: set[int], start: int, goal: int
) -> None:
    known = known | {start}
    found = way(a_workflow(edges, done, known), start=str(start), goal=str(goal))
    while isinstance(found, Gap):
        assert not known & {int(status.id) for status in found.statuses}
        known.add(int(found.statuses[0].id))
        found = way(a_workflow(edges, done, known), start=str(start), goal=str(goal))

    reachable = distance(edges, done, start, goal) is not None
    assert isinstance(found, Path) is reachable
    assert isinstance(found, NoWay) is not reachable


def test_an_issue_that_is_there_needs_no_transition() -> None:
    assert way({}, start="1", goal="1") == Path(transitions=())


def test_of_several_transitions_one_is_taken_whose_fields_can_be_filled() -> None:
    closed = a_status(2, done=True)
    hard = a_transition(closed, "1", fields=(RESOLUTION,))
    easy = a_transition(closed, "2")
    workflow = {"1": (hard, easy)}

    assert way(workflow, start="1", goal="2") == Path(transitions=(easy,))
    assert way(workflow, start="1", goal="2", fillable=["resolution"]) == Path(transitions=(hard,))


@pytest.mark.parametrize(("fillable", "fields"), [([], ("resolution",)), (["resolution", "x"], ())])
def test_m26_the_fields_that_nothing_fills_are_named(
    fillable: list[str], fields: tuple[str, ...]
) -> None:
    optional = a_schema("comment")
    preset = a_schema("priority", required=True, has_default=True)
    step = a_transition(a_status(2), fields=(RESOLUTION, optional, preset))

    assert tuple(field.id for field in missing(step, fillable)) == fields


def test_p15_two_hundred_statuses_with_every_transition_are_no_more_than_a_search() -> None:
    edges = {
        (begin, end) for begin in range(200) for end in range(200) if end != 199 or begin == 198
    }
    workflow = a_workflow(edges, set(), set(range(200)))

    found = way(workflow, start="0", goal="199")

    assert isinstance(found, Path)
    assert len(found.transitions) == 2
