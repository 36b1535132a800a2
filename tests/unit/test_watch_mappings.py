"""M23: a mapping edited by hand gets its verdict, and what Jira refused is tried again."""

from collections import abc
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pdjira.errors import Temporary
from pdjira.mappings.changes import IN_AWS, Changed, MappingChange
from pdjira.mappings.watch import Judgement, MappingWatch
from pdjira.model.incident import Reference
from pdjira.model.mapping import Verdict
from pdjira.model.signal import Signal, SignalKind
from tests.builders import MAPPING_ITEM, NOW, FakeClock, a_mapping
from tests.fakes.catalogue import fake_mapping_check
from tests.fakes.history import FakeVersions
from tests.fakes.jira import FakeJira
from tests.fakes.mappings import FakeMappings
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.seed import CHECKOUT, RESPONDER
from tests.world import World

EARLIER = "2026-11-01T09:00:00Z"
JUDGED = MAPPING_ITEM | {
    "check": {"status": "ok", "at": EARLIER, "problems": []},
    "service_id": "PABC123",
    "enabled_since": EARLIER,
    "written_by_stack": {"service_id": "PABC123", "enabled_since": EARLIER},
}
NOTED = {key: value for key, value in JUDGED.items() if key != "check"}


class Scene:
    """A watch between fakes; it is the place of verdicts, of failed links and of signals itself."""

    def __init__(self) -> None:
        self.there = True
        self.edited_meanwhile = False
        self.seconds = iter([100.0] * 100)
        self.failed: dict[str, list[str]] = {}
        self.noted: list[tuple[abc.Mapping[str, object], datetime | None]] = []
        self.asked_when_noted: list[str] = []
        self.judged: list[tuple[abc.Mapping[str, object], Verdict]] = []
        self.sent: list[Signal] = []
        self.jira, self.pagerduty = FakeJira(), FakePagerDuty()
        self.others = FakeMappings()
        self.again: list[str] = []
        self.versions = FakeVersions()
        self.changed: Changed | None = None
        check = fake_mapping_check(
            self.jira, self.pagerduty, clock=FakeClock(), mappings=self.others
        )
        self.watch = MappingWatch(
            check=check,
            mappings=self,
            versions=self.versions,
            incidents_of=self.incidents_of,
            send=self.sent.append,
        )

    def note(
        self,
        item: abc.Mapping[str, object],
        *,
        enabled_since: datetime | None,
        changed: Changed | None,
    ) -> bool:
        self.noted.append((item, enabled_since))
        self.changed = changed
        self.asked_when_noted = [*self.jira.plan.calls, *self.pagerduty.plan.calls]
        return self.there

    def judge(self, item: abc.Mapping[str, object], verdict: Verdict) -> bool:
        self.judged.append((item, verdict))
        return not self.edited_meanwhile

    def judge_again(self, mapping_id: str) -> None:
        self.again.append(mapping_id)

    def incidents_of(self, mapping_id: str) -> list[str]:
        return self.failed.get(mapping_id, [])

    def follow(self, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Judgement:
        change = MappingChange(id="111", mapping_id="ops-bug", before=before, after=after, at=NOW)
        return self.watch.follow(change, lambda: next(self.seconds))

    def since(self, before: dict[str, Any] | None, after: dict[str, Any]) -> datetime | None:
        self.follow(before, after)
        ((_, since),) = self.noted
        return since


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_new_mapping_is_judged_and_switched_on_at_the_time_of_the_change() -> None:
    scene = Scene()

    judgement = scene.follow(None, MAPPING_ITEM)

    ((item, verdict),) = scene.judged
    assert scene.noted == [(MAPPING_ITEM, NOW)]
    assert item == MAPPING_ITEM
    assert verdict.status.value == "ok"
    assert judgement.facts() == {
        "mapping_id": "ops-bug",
        "status": "ok",
        "errors": 0,
        "written": True,
        "resynced": 0,
    }


ELSEWHERE = MAPPING_ITEM | {"issue_type": {"id": "10002", "name": "Task"}}


@pytest.mark.parametrize(
    ("before", "after", "again"),
    [
        (None, MAPPING_ITEM, ["another"]),
        (ELSEWHERE, MAPPING_ITEM, ["another"]),
        (MAPPING_ITEM, ELSEWHERE, ["another"]),
        (MAPPING_ITEM, None, ["another"]),
        (MAPPING_ITEM, MAPPING_ITEM | {"enabled": False}, ["another"]),
        (MAPPING_ITEM, MAPPING_ITEM | {"name": "Other"}, []),
        (MAPPING_ITEM, JUDGED, []),
        (None, ELSEWHERE, []),
        (None, MAPPING_ITEM | {"project": None}, []),
        (None, MAPPING_ITEM | {"create_issue": "never", "jql": "labels = x"}, ["paging"]),
    ],
)
def test_mappings_alike_both_get_the_hint_whichever_is_changed(
    before: dict[str, Any] | None, after: dict[str, Any] | None, again: list[str]
) -> None:
    scene = Scene()
    scene.others.put(a_mapping(id="another"))
    scene.others.put(a_mapping(id="paging", service=Reference(id="1", name="x"), jql="labels = x"))

    scene.follow(before, after)

    assert scene.again == again


LATER = {"status": "invalid", "at": "2026-11-24T03:00:00Z", "problems": []}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (MAPPING_ITEM, NOTED),
        (MAPPING_ITEM | {"enabled_since": "typed"}, NOTED),
        (JUDGED | {"enabled_since": "typed"}, JUDGED),
        (JUDGED | {"service_id": "typed"}, JUDGED),
        (NOTED, JUDGED),
        (MAPPING_ITEM, JUDGED),
        (JUDGED, JUDGED | {"check": LATER}),
        (MAPPING_ITEM | {"enabled_since": "typed"}, JUDGED),
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
    assert (scene.noted, scene.judged, scene.sent) == ([], [], [])


def test_the_time_of_switching_on_is_written_before_either_side_is_asked() -> None:
    scene = Scene()

    scene.follow(None, MAPPING_ITEM)

    assert len(scene.noted) == 1
    assert scene.asked_when_noted == []
    assert scene.jira.plan.calls
    assert scene.pagerduty.plan.calls


@pytest.mark.parametrize(
    "after",
    [
        JUDGED | {"name": "Other"},
        JUDGED | {"service_id": "PELSE"},
        JUDGED | {"enabled_since": "2020-01-01T00:00:00Z"},
        {key: value for key, value in JUDGED.items() if key != "written_by_stack"},
        JUDGED | {"written_by_stack": "x"},
        NOTED,
        MAPPING_ITEM,
    ],
)
def test_whatever_a_person_changes_is_judged_and_the_time_of_switching_on_stays(
    after: dict[str, Any],
) -> None:
    assert Scene().since(JUDGED, after) == at(EARLIER)


@pytest.mark.parametrize(
    ("before", "after", "since"),
    [
        (None, MAPPING_ITEM | {"enabled_since": "2020-01-01T00:00:00Z"}, NOW),
        (None, MAPPING_ITEM | {"enabled": False}, None),
        (JUDGED, JUDGED | {"enabled": False}, None),
        (JUDGED | {"enabled": False}, JUDGED | {"enabled": True}, NOW),
        (MAPPING_ITEM, MAPPING_ITEM | {"name": "x"}, NOW),
        (JUDGED | {"written_by_stack": "?"}, JUDGED | {"name": "x"}, NOW),
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
        (SignalKind.RESYNC, "111:Q1", "Q1"),
        (SignalKind.RESYNC, "111:Q2", "Q2"),
    ]
    assert judgement.resynced == 2


def test_p38_the_timeline_calls_a_retry_after_an_edit_by_its_name() -> None:
    scene = Scene()
    scene.failed = {"ops-bug": ["Q1"]}
    scene.follow(JUDGED, JUDGED | {"custom_fields": []})
    world = World()
    incident = world.pagerduty.model.trigger(CHECKOUT, "Slow", by=RESPONDER)

    world.queue.send(replace(scene.sent[0], incident_id=incident.id))
    world.work()

    assert {entry.signal for entry in world.links.entries} == {"mapping changed"}


def test_a_change_that_is_told_of_again_asks_with_the_same_signals() -> None:
    scene = Scene()
    scene.failed = {"ops-bug": ["Q1", "Q2"]}

    for _ in range(2):
        scene.follow(JUDGED, JUDGED | {"custom_fields": []})

    first, second = scene.sent[:2], scene.sent[2:]
    assert first == second


def test_no_signal_is_begun_for_which_there_is_no_time_and_the_repetition_sends_the_rest() -> None:
    scene = Scene()
    scene.failed = {"ops-bug": ["Q1", "Q2"]}
    scene.seconds = iter([100.0, 5.0, 100.0, 100.0])

    with pytest.raises(Temporary):
        scene.follow(JUDGED, JUDGED | {"custom_fields": []})
    in_time = [one.incident_id for one in scene.sent]
    scene.follow(JUDGED, JUDGED | {"custom_fields": []})

    assert in_time == ["Q1"]
    assert {one.incident_id for one in scene.sent} == {"Q1", "Q2"}


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


def test_an_item_that_is_edited_before_it_is_judged_is_left_to_its_next_change() -> None:
    scene = Scene()
    scene.there = False

    judgement = scene.follow(JUDGED, JUDGED | {"name": "x"})

    assert judgement.verdict is None
    assert (scene.judged, scene.jira.plan.calls) == ([], [])


def test_an_edit_while_the_verdict_is_pending_does_not_move_the_time_of_switching_on() -> None:
    assert Scene().since(NOTED, NOTED | {"name": "x"}) == at(EARLIER)


def test_what_a_person_typed_just_before_another_edit_is_not_taken_for_the_stacks() -> None:
    typed = JUDGED | {"enabled_since": "2020-01-01T00:00:00Z"}

    assert Scene().since(typed, typed | {"name": "x"}) == at(EARLIER)


def test_an_item_that_changed_meanwhile_is_left_to_its_next_change() -> None:
    scene = Scene()
    scene.edited_meanwhile = True
    scene.failed = {"ops-bug": ["Q1"]}

    judgement = scene.follow(JUDGED, JUDGED | {"name": "x"})

    assert not judgement.written
    assert scene.sent == []


def test_an_earlier_switching_on_is_no_matter_of_the_zone_it_was_written_in() -> None:
    ledger = {"service_id": "PABC123", "enabled_since": "2026-11-01T10:00:00+01:00"}
    before = JUDGED | {"written_by_stack": ledger}

    since = Scene().since(before, before | {"name": "x"})

    assert since == at(EARLIER)
    assert since.utcoffset() == timedelta(0)


# ---- versions, and who changed what


def of_page(by: str, *, at: datetime = NOW, since: str = EARLIER) -> dict[str, Any]:
    """What the page writes beside what a person has written there."""
    noted = {"changed": Changed(at=at, by=by).shown()}
    ledger = JUDGED["written_by_stack"] | {"enabled_since": since} | noted
    return {**noted, "enabled_since": since, "written_by_stack": ledger}


def test_a_change_in_aws_is_kept_with_what_was_there_before_the_first() -> None:
    scene = Scene()
    scene.follow(JUDGED, JUDGED | {"name": "new"})

    kept = [version.written for version in scene.versions.of_mapping("ops-bug")]
    assert kept == [MAPPING_ITEM | {"name": "new"}, MAPPING_ITEM]
    assert scene.changed == Changed(at=NOW, by=IN_AWS)


def test_a_change_that_is_followed_twice_is_one_version() -> None:
    scene = Scene()
    for _ in range(2):
        scene.follow(None, MAPPING_ITEM)

    assert len(scene.versions.of_mapping("ops-bug")) == 1


def test_what_the_stack_writes_itself_is_no_version() -> None:
    scene = Scene()
    scene.follow(MAPPING_ITEM, JUDGED)

    assert not scene.versions.has_any("ops-bug")


def test_a_deleted_mapping_is_kept_and_others_are_judged_again() -> None:
    scene = Scene()
    scene.others.put(a_mapping(id="beside"))
    scene.follow(MAPPING_ITEM, None)

    (gone, last) = scene.versions.of_mapping("ops-bug")
    assert (gone.written, last.written) == (None, MAPPING_ITEM)
    assert (gone.changed.by, scene.again) == (IN_AWS, ["beside"])


def test_a_change_of_the_page_bears_the_name_that_was_given_there() -> None:
    scene = Scene()
    scene.follow(JUDGED, JUDGED | {"name": "new"} | of_page("Ana"))
    latest = scene.versions.of_mapping("ops-bug")[0]

    assert scene.changed == latest.changed == Changed(at=NOW, by="Ana")


def test_a_deletion_at_the_page_bears_the_name_that_was_given_there() -> None:
    scene = Scene()
    ledger = JUDGED["written_by_stack"] | {"deleted": Changed(at=NOW, by="Ana").shown()}
    scene.follow(JUDGED | {"written_by_stack": ledger}, None)

    assert scene.versions.of_mapping("ops-bug")[0].changed.by == "Ana"


def test_a_deletion_in_aws_after_a_change_of_the_page_is_not_hers() -> None:
    scene = Scene()
    scene.follow(JUDGED | of_page("Ana"), None)

    assert scene.versions.of_mapping("ops-bug")[0].changed.by == IN_AWS


def test_a_change_in_aws_after_one_of_the_page_is_not_hers() -> None:
    scene = Scene()
    before = JUDGED | of_page("Ana")
    scene.follow(before, before | {"name": "new"})

    assert scene.changed == Changed(at=NOW, by=IN_AWS)


def test_what_is_noted_anew_keeps_who_changed_it() -> None:
    scene = Scene()
    before = JUDGED | of_page("Ana")
    scene.follow(before, before | {"changed": {"at": EARLIER, "by": "Mallory"}})

    assert scene.changed == Changed(at=NOW, by="Ana")


@pytest.mark.parametrize(
    "typed",
    [
        {"changed": {"at": EARLIER, "by": "Mallory"}},
        of_page("An item that was copied", at=NOW - timedelta(days=1)),
        {"written_by_stack": {"changed": "Mallory"}},
        {"written_by_stack": {"changed": {"at": EARLIER, "by": 7}}},
    ],
)
def test_a_name_that_a_person_typed_into_the_item_is_not_believed(typed: dict[str, Any]) -> None:
    scene = Scene()
    scene.follow(None, MAPPING_ITEM | typed)

    assert scene.changed == Changed(at=NOW, by=IN_AWS)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), NOW),
        (EARLIER, datetime.fromisoformat(EARLIER)),
        ("2026-10-01T09:00:00Z", datetime.fromisoformat(EARLIER)),
        ("?", datetime.fromisoformat(EARLIER)),
    ],
)
def test_what_comes_back_by_undo_is_in_force_anew(since: str, expected: datetime) -> None:
    scene = Scene()
    scene.follow(JUDGED, JUDGED | {"name": "earlier"} | of_page("Ana", since=since))

    assert scene.noted[0][1] == expected
