"""M23: a mapping edited by hand gets its verdict, and what Jira refused is tried again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from pdjira.application.watch_mappings import Judgement, MappingWatch
from pdjira.domain.mapping_change import MappingChange
from pdjira.domain.problem import Verdict
from pdjira.domain.signals import Signal, SignalKind
from tests.builders import NOW, FakeClock
from tests.fakes.catalogue import fake_mapping_check
from tests.fakes.jira import FakeJira
from tests.fakes.pagerduty import FakePagerDuty
from tests.unit.test_check_mapping import MAPPING

EARLIER = "2026-11-01T09:00:00Z"
JUDGED = MAPPING | {
    "check": {"status": "ok", "at": EARLIER, "problems": []},
    "service_id": "PABC123",
    "enabled_since": EARLIER,
}


class Scene:
    """A watch between fakes; it is the place of verdicts, of failed links and of signals itself."""

    def __init__(self) -> None:
        self.there = True
        self.failed: dict[str, list[str]] = {}
        self.judged: list[tuple[Mapping[str, object], Verdict, datetime | None]] = []
        self.sent: list[Signal] = []
        numbers = iter(range(100))
        self.watch = MappingWatch(
            check=fake_mapping_check(FakeJira(), FakePagerDuty(), clock=FakeClock()),
            mappings=self,
            failed_links=self,
            queue=self,
            new_id=lambda: f"id-{next(numbers)}",
        )

    def judge(
        self, item: Mapping[str, object], verdict: Verdict, *, enabled_since: datetime | None
    ) -> bool:
        self.judged.append((item, verdict, enabled_since))
        return self.there

    def incidents_of(self, mapping_id: str) -> list[str]:
        return self.failed.get(mapping_id, [])

    def send(self, signal: Signal) -> None:
        self.sent.append(signal)

    def follow(self, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Judgement:
        change = MappingChange(mapping_id="ops-bug", before=before, after=after, at=NOW)
        return self.watch.follow(change)

    def since(self, before: dict[str, Any] | None, after: dict[str, Any]) -> datetime | None:
        self.follow(before, after)
        ((_, _, since),) = self.judged
        return since


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_new_mapping_is_judged_and_switched_on_at_the_time_of_the_change() -> None:
    scene = Scene()

    judgement = scene.follow(None, MAPPING)

    ((item, verdict, since),) = scene.judged
    assert (item, since) == (MAPPING, NOW)
    assert verdict.status.value == "ok"
    assert judgement.facts() == {
        "mapping_id": "ops-bug",
        "status": "ok",
        "errors": 0,
        "written": True,
        "resynced": 0,
    }


LATER = {"status": "invalid", "at": "2026-11-24T03:00:00Z", "problems": []}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MAPPING, JUDGED),
        (JUDGED, JUDGED | {"check": LATER}),
        (MAPPING | {"enabled_since": "typed"}, JUDGED),
        (JUDGED, JUDGED | {"jql_paused": {"since": EARLIER, "waiting": 3}}),
        (JUDGED, JUDGED),
        (JUDGED, None),
    ],
)
def test_what_the_stack_wrote_itself_is_not_judged_again(
    before: dict[str, Any], after: dict[str, Any] | None
) -> None:
    scene = Scene()

    judgement = scene.follow(before, after)

    assert judgement.facts()["status"] is None
    assert (scene.judged, scene.sent) == ([], [])


@pytest.mark.parametrize(
    "after",
    [
        JUDGED | {"name": "Other"},
        JUDGED | {"service_id": "PELSE"},
        JUDGED | {"enabled_since": "2020-01-01T00:00:00Z"},
        {key: value for key, value in JUDGED.items() if key != "check"},
        MAPPING,
    ],
)
def test_whatever_a_person_changes_is_judged_and_the_time_of_switching_on_stays(
    after: dict[str, Any],
) -> None:
    assert Scene().since(JUDGED, after) == at(EARLIER)


@pytest.mark.parametrize(
    ("before", "after", "since"),
    [
        (None, MAPPING | {"enabled_since": "2020-01-01T00:00:00Z"}, NOW),
        (None, MAPPING | {"enabled": False}, None),
        (JUDGED, JUDGED | {"enabled": False}, None),
        (JUDGED | {"enabled": False}, JUDGED | {"enabled": True}, NOW),
        (MAPPING, MAPPING | {"name": "x"}, NOW),
        (JUDGED | {"enabled_since": "?"}, JUDGED | {"name": "x"}, NOW),
    ],
)
def test_a_mapping_is_switched_on_when_it_is_new_or_was_off(
    before: dict[str, Any] | None, after: dict[str, Any], since: datetime | None
) -> None:
    assert Scene().since(before, after) == since


def test_what_was_refused_is_tried_again_once_the_mapping_was_changed() -> None:
    scene = Scene()
    scene.failed = {"ops-bug": ["Q1", "Q2"], "other": ["Q3"]}

    judgement = scene.follow(JUDGED, JUDGED | {"custom_fields": []})

    assert [(one.kind, one.id, one.incident_id) for one in scene.sent] == [
        (SignalKind.RESYNC, "id-0", "Q1"),
        (SignalKind.RESYNC, "id-1", "Q2"),
    ]
    assert judgement.resynced == 2


@pytest.mark.parametrize(
    "after",
    [
        JUDGED | {"enabled": False},
        JUDGED | {"project": "half"},
        JUDGED | {"service_id": "PELSE"},
    ],
)
def test_nothing_is_tried_again_by_a_mapping_that_is_not_in_force_or_did_not_change(
    after: dict[str, Any],
) -> None:
    scene = Scene()
    scene.failed = {"ops-bug": ["Q1"]}

    scene.follow(JUDGED, after)

    assert len(scene.judged) == 1
    assert scene.sent == []


def test_an_item_that_changed_meanwhile_is_left_to_its_next_change() -> None:
    scene = Scene()
    scene.there = False
    scene.failed = {"ops-bug": ["Q1"]}

    judgement = scene.follow(JUDGED, JUDGED | {"name": "x"})

    assert not judgement.written
    assert scene.sent == []


def test_an_earlier_switching_on_is_no_matter_of_the_zone_it_was_written_in() -> None:
    before = JUDGED | {"enabled_since": "2026-11-01T10:00:00+01:00"}

    since = Scene().since(before, before | {"name": "x"})

    assert since == at(EARLIER)
    assert since.utcoffset() == timedelta(0)
