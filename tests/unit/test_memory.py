"""What is remembered: for a while, and never more than fits."""

from functools import partial

from pdjira.adapters.memory import Memory


def test_of_too_many_values_those_that_were_not_asked_for_longest_are_forgotten() -> None:
    memory, read = Memory[str](seconds=10, clock=lambda: 0.0, limit=2), list[str]()

    def look(key: str) -> str:
        read.append(key)
        return key

    for key in ("a", "b", "a", "c", "a", "b"):
        memory.get(key, partial(look, key))

    assert read == ["a", "b", "c", "b"]
