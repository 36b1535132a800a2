"""Events have the shape of the fixtures and of real deliveries."""

import json
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from tests.builders import signature_vectors
from tests.sandbox.pagerduty import delivery, events, samples

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pagerduty"


def shape(value: object) -> object:
    """The keys of a JSON value, all the way down; what is no object or list is left out."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_the_fixtures_hold_every_event_type_as_the_sandbox_sends_it() -> None:
    fixtures = {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FIXTURES.glob("*.json")
    }

    assert set(fixtures) == {*events.SUBSCRIBABLE, "pagey.ping"}
    for name, sent in samples.every_event().items():
        assert fixtures[name]["event"]["event_type"] == name
        assert shape(fixtures[name]) == shape(sent)


MAY_DIFFER = {"created_at", "reopened_at", "incident_key", "incident_type"}
"""Keys of an incident that older deliveries lack."""


def keys_of(value: object, path: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """Every object of a JSON value by its path, with its keys."""
    if isinstance(value, dict):
        yield path, frozenset(value) - MAY_DIFFER
        for key, inner in value.items():
            yield from keys_of(inner, f"{path}.{key}")
    if isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, f"{path}[]")


UNLISTED = "incident.unsupported"
REAL = sorted(path for path in (FIXTURES / "shapes").glob("*.json") if path.stem != UNLISTED)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_events_have_the_keys_of_real_deliveries(path: Path) -> None:
    real = json.loads(path.read_text(encoding="utf-8"))
    sent = samples.every_event()[real["event"]["event_type"]]
    ours = dict(keys_of(sent))
    ours.update(dict(keys_of(samples.resolved_by_merge())) if "by_merge" in path.stem else {})

    for where, keys in keys_of(real):
        assert where not in ours or ours[where] == keys or "client" in where, where


@pytest.mark.parametrize(
    "vector", [it for it in signature_vectors("pagerduty") if it["proven"]], ids=itemgetter("what")
)
def test_signatures_are_those_of_known_deliveries(vector: dict[str, Any]) -> None:
    signatures = delivery.sign(vector["body"], vector["secrets"]).split(",")

    assert set(signatures) & set(vector["header"].replace(" ", "").split(","))
