"""Events have the shape of the fixtures and of real deliveries."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.pagerduty import delivery, events, samples
from tests.sandbox.vendors import SHARED, needs_shared

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


def captured() -> list[Path]:
    folder = SHARED / "fixtures" / "pagerduty" / "v3"
    return sorted(path for path in folder.glob("*.json") if path.stem != "SIGNATURES")


@needs_shared
@pytest.mark.parametrize("path", captured(), ids=lambda path: path.stem)
def test_events_have_the_keys_of_real_deliveries(path: Path) -> None:
    real = json.loads(path.read_text(encoding="utf-8"))
    event_type = real["event"]["event_type"]
    if event_type not in events.SUBSCRIBABLE and event_type != "pagey.ping":
        pytest.skip("no event type of the vendor's list")
    ours = dict(keys_of(samples.every_event()[event_type]))
    ours.update(dict(keys_of(samples.resolved_by_merge())) if "merge" in path.stem else {})

    for where, keys in keys_of(real):
        assert where not in ours or ours[where] == keys or "client" in where, where


@needs_shared
def test_signatures_are_those_of_known_deliveries() -> None:
    folder = SHARED / "fixtures" / "pagerduty" / "v3"
    known = json.loads((folder / "SIGNATURES.json").read_text(encoding="utf-8"))

    for name, headers in known["signatures"].items():
        body = (folder / name).read_bytes()
        assert delivery.sign(body, [known["secret"]]) == headers["X-PagerDuty-Signature"]
