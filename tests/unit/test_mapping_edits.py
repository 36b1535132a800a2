"""Mappings changed at the page: nobody's change is lost, and what is an error is not saved."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pdjira.admin.jobs import Job, Reached
from pdjira.admin.mapping_edits import (
    AT_THE_PAGE,
    COPY,
    NEW,
    Blocked,
    MappingCopies,
    MappingEdits,
    Overtaken,
    Saved,
    asked_of,
)
from pdjira.errors import Conflict, Misconfigured
from pdjira.mappings.changes import Changed, Item
from pdjira.mappings.history import Version
from pdjira.model.incident import Reference
from pdjira.model.times import unlimited
from tests.builders import MAPPING_ITEM, NOW, FakeClock
from tests.fakes.catalogue import fake_mapping_check
from tests.fakes.history import FakeDrafts, FakeVersions
from tests.fakes.jira import FakeJira
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.pagerduty import FakePagerDuty
from tests.sandbox.pagerduty.seed import CHECKOUT

ID = str(MAPPING_ITEM["id"])
WRONG = MAPPING_ITEM | {"issue_type": {"id": "99", "name": "None such"}}


@dataclass
class Scene:
    """Edits of one mapping between fakes."""

    items: FakeMappingItems = field(default_factory=lambda: FakeMappingItems(MAPPING_ITEM))
    versions: FakeVersions = field(default_factory=FakeVersions)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    clock: FakeClock = field(default_factory=FakeClock)
    jira: FakeJira = field(default_factory=FakeJira)
    pagerduty: FakePagerDuty = field(default_factory=FakePagerDuty)

    @property
    def edits(self) -> MappingEdits:
        return MappingEdits(
            items=self.items,
            versions=self.versions,
            drafts=self.drafts,
            check=fake_mapping_check(self.jira, self.pagerduty, clock=self.clock),
            clock=self.clock,
        )

    @property
    def seen(self) -> str:
        return self.edits.look(ID).seen

    def in_aws(self, **changes: Any) -> None:
        """Somebody edits the item in the AWS console, right before the next write."""

        def edit() -> None:
            self.items.store[ID] |= changes

        self.items.meanwhile.append(edit)


def test_what_is_right_is_put_in_force_with_its_name() -> None:
    scene = Scene()
    outcome = scene.edits.save(MAPPING_ITEM | {"name": "New"}, seen=scene.seen, by="Ana")

    assert isinstance(outcome, Saved)
    assert outcome.item["name"] == scene.items.store[ID]["name"] == "New"
    assert scene.edits.look(ID).changed == Changed(at=NOW, by="Ana")


def test_who_gives_no_name_changes_it_at_the_page() -> None:
    scene = Scene()
    scene.edits.save(MAPPING_ITEM | {"name": "New"}, seen=scene.seen, by=None)

    assert scene.edits.look(ID).changed == Changed(at=NOW, by=AT_THE_PAGE)


def test_what_is_as_it_was_is_not_written_again() -> None:
    scene = Scene()

    assert isinstance(scene.edits.save(MAPPING_ITEM, seen=scene.seen, by="Ana"), Saved)
    assert scene.edits.look(ID).changed is None


def test_a_new_mapping_is_made_from_names() -> None:
    scene = Scene(items=FakeMappingItems())
    item = MAPPING_ITEM | {"service": {"name": "Checkout"}, "check": "typed"}
    outcome = scene.edits.save(item, seen=NEW, by="Ana")

    assert isinstance(outcome, Saved)
    assert scene.items.store[ID]["service"] == {"id": "PABC123", "name": "Checkout"}
    assert "check" not in scene.items.store[ID]


def test_m20_what_has_an_error_is_not_saved() -> None:
    scene = Scene()
    outcome = scene.edits.save(WRONG, seen=scene.seen, by="Ana")

    assert isinstance(outcome, Blocked)
    assert [one.field for one in outcome.blocking] == ["issue_type.id"]
    assert scene.items.store[ID] == MAPPING_ITEM


def test_an_error_that_the_stored_mapping_has_already_blocks_nothing() -> None:
    scene = Scene(items=FakeMappingItems(WRONG))
    outcome = scene.edits.save(WRONG | {"name": "New"}, seen=scene.seen, by="Ana")

    assert isinstance(outcome, Saved)
    assert scene.items.store[ID]["name"] == "New"


def test_what_was_changed_since_it_was_read_is_left_alone_and_told_key_by_key() -> None:
    scene = Scene()
    seen = scene.seen
    scene.edits.save(MAPPING_ITEM | {"name": "Theirs"}, seen=seen, by="Bob")
    outcome = scene.edits.save(MAPPING_ITEM | {"name": "Mine"}, seen=seen, by="Ana")

    assert isinstance(outcome, Overtaken)
    (difference,) = outcome.differences
    assert (difference.field, difference.before, difference.after) == ("name", "Theirs", "Mine")
    assert outcome.changed == Changed(at=NOW, by="Bob")


@pytest.mark.parametrize("change", [{"name": "Theirs"}, {"some key": 7}])
def test_an_edit_in_aws_in_the_same_moment_is_not_lost(change: dict[str, Any]) -> None:
    scene = Scene()
    seen = scene.seen
    scene.in_aws(**change)
    outcome = scene.edits.save(MAPPING_ITEM | {"jql": "labels = a"}, seen=seen, by="Ana")

    assert isinstance(outcome, Overtaken)
    assert scene.items.store[ID] == MAPPING_ITEM | change


def test_what_was_deleted_since_it_was_read_does_not_come_back_by_itself() -> None:
    scene = Scene()
    seen = scene.seen
    scene.items.store.clear()
    outcome = scene.edits.save(MAPPING_ITEM | {"name": "Mine"}, seen=seen, by="Ana")

    assert isinstance(outcome, Overtaken)
    assert (outcome.now, scene.items.store) == (None, {})


def test_a_draft_may_hold_errors_and_is_gone_once_it_is_in_force() -> None:
    scene = Scene()
    kept = scene.edits.keep_draft(WRONG, seen_draft=0, by="Ana")
    standing = scene.edits.look(ID)
    scene.edits.save(MAPPING_ITEM | {"name": "New"}, seen=standing.seen, by="Ana")

    assert kept == Saved(item=WRONG, is_draft=True)
    assert standing.draft
    assert (standing.draft.written, standing.seen_draft) == (WRONG, 1)
    assert scene.items.store[ID]["name"] == "New"
    assert scene.edits.look(ID).seen_draft == 0


def test_a_draft_of_somebody_else_is_told_key_by_key() -> None:
    scene = Scene()
    scene.edits.keep_draft(MAPPING_ITEM | {"name": "Theirs"}, seen_draft=0, by="Bob")
    outcome = scene.edits.keep_draft(MAPPING_ITEM | {"name": "Mine"}, seen_draft=0, by="Ana")

    assert isinstance(outcome, Overtaken)
    assert [one.field for one in outcome.differences] == ["name"]
    assert outcome.changed == Changed(at=NOW, by="Bob")


def test_a_draft_that_was_discarded_meanwhile_is_begun_anew() -> None:
    scene = Scene()
    scene.drafts.faults.fail(1, Conflict("Somebody else wrote first."), method="drafts.save")

    assert isinstance(scene.edits.keep_draft(WRONG, seen_draft=3, by="Ana"), Saved)


def test_a_draft_is_discarded() -> None:
    scene = Scene()
    scene.edits.keep_draft(WRONG, seen_draft=0, by="Ana")
    scene.edits.discard_draft(ID)

    assert scene.edits.look(ID).draft is None


@pytest.mark.parametrize("item", [MAPPING_ITEM, WRONG, {"id": ID, "service": 7}])
def test_switching_off_always_works(item: Item) -> None:
    scene = Scene(items=FakeMappingItems(item))
    scene.in_aws(name="Edited meanwhile")
    scene.edits.switch_off(ID, by="Ana")
    scene.edits.switch_off(ID, by="Ana")

    assert scene.items.store[ID]["enabled"] is False
    assert scene.items.store[ID]["name"] == "Edited meanwhile"


def test_a_mapping_that_changes_all_the_time_is_told() -> None:
    scene = Scene()
    for number in range(5):
        scene.in_aws(name=f"{number}")

    with pytest.raises(Conflict, match="too fast"):
        scene.edits.switch_off(ID, by="Ana")


@pytest.mark.parametrize(
    "do",
    [
        lambda edits: edits.switch_off("none", by=None),
        lambda edits: edits.version("none", "1"),
        lambda edits: MappingCopies(edits=edits).plan("none", ()),
    ],
)
def test_a_mapping_that_there_is_not(do: Callable[[MappingEdits], object]) -> None:
    with pytest.raises(Misconfigured):
        do(Scene().edits)


def test_deleting_takes_the_draft_along() -> None:
    scene = Scene()
    scene.edits.keep_draft(WRONG, seen_draft=0, by="Ana")

    assert scene.edits.delete(ID, seen=scene.seen, by="Ana") is None
    standing = scene.edits.look(ID)
    assert (standing.stored, standing.draft) == (None, None)
    assert scene.edits.delete(ID, seen="", by="Ana") is None


def test_what_was_changed_since_it_was_read_is_not_deleted() -> None:
    scene = Scene()
    seen = scene.seen
    scene.in_aws(name="Theirs")
    meanwhile = scene.edits.delete(ID, seen=seen, by="Ana")
    before = scene.edits.delete(ID, seen=seen, by="Ana")

    assert isinstance(meanwhile, Overtaken)
    assert isinstance(before, Overtaken)
    assert before.now == scene.items.store[ID]


def test_what_was_deleted_in_the_same_moment_is_deleted() -> None:
    scene = Scene()
    seen = scene.seen
    scene.items.meanwhile.append(scene.items.store.clear)

    assert scene.edits.delete(ID, seen=seen, by="Ana") is None


def a_version(written: Item | None) -> Version:
    return Version(id="1", mapping_id=ID, changed=Changed(at=NOW, by="Bob"), written=written)


def test_undo_writes_the_earlier_version_and_is_in_force_anew() -> None:
    scene = Scene()
    scene.versions.keep(a_version(MAPPING_ITEM | {"name": "Earlier"}))
    scene.clock.forward(hours=1)
    outcome = scene.edits.bring_back(ID, "1", seen=scene.seen, by="Ana")

    assert isinstance(outcome, Saved)
    assert scene.items.store[ID]["name"] == "Earlier"
    assert scene.items.store[ID]["enabled_since"] == f"{scene.clock():%Y-%m-%dT%H:%M:%SZ}"


def test_what_was_deleted_comes_back() -> None:
    scene = Scene(items=FakeMappingItems())
    scene.versions.keep(a_version(MAPPING_ITEM))

    assert isinstance(scene.edits.bring_back(ID, "1", seen=NEW, by="Ana"), Saved)
    assert scene.items.store[ID].items() >= MAPPING_ITEM.items()


def test_a_version_that_tells_of_a_deletion_holds_nothing_to_bring_back() -> None:
    scene = Scene()
    scene.versions.keep(a_version(None))

    with pytest.raises(Misconfigured, match="deleted"):
        scene.edits.bring_back(ID, "1", seen=scene.seen, by="Ana")


# ---- copies


def copied(scene: Scene, *services: Reference) -> Reached:
    copies = MappingCopies(edits=scene.edits)
    job = Job(id="1", kind=COPY, title="?", asked=asked_of(ID, services), at=NOW, by="Ana")
    reached = copies.work(job, unlimited)
    while not reached.is_over:
        reached = copies.work(replace(job, reached=reached), unlimited)
    return reached


def services_of(scene: Scene, number: int) -> list[Reference]:
    return [a_service(scene, f"Service {one}") for one in range(number)]


def a_service(scene: Scene, name: str) -> Reference:
    services = scene.pagerduty.model.services
    made = replace(services[CHECKOUT], id=f"PNEW{len(services):03}", name=name)
    services[made.id] = made
    return Reference(id=made.id, name=name)


def outcomes(reached: Reached) -> list[tuple[object, object]]:
    rows: Any = reached.data["rows"]
    return [(row["outcome"], row["mapping_id"]) for row in rows]


def test_a_mapping_is_copied_to_sixty_services() -> None:
    scene = Scene()
    services = services_of(scene, 60)
    reached = copied(scene, *services)

    assert (reached.done, reached.total, reached.says) == (60, 60, "60 of 60 copied.")
    copy = scene.items.store[f"{ID}-service-7"]
    assert copy["service"] == {"id": services[7].id, "name": "Service 7"}
    assert copy["changed"]["by"] == "Ana"
    assert len(scene.items.store) == 61


def test_a_copy_to_no_service_is_done_at_once() -> None:
    assert copied(Scene()).says == "0 of 0 copied."


def test_a_service_that_has_the_mapping_gets_no_second_one() -> None:
    scene = Scene()
    one, two = services_of(scene, 2)
    copied(scene, one)
    plan = MappingCopies(edits=scene.edits).plan(ID, [one, two])
    reached = copied(scene, one, two)

    assert (plan.can, plan.has) == ((two,), (one,))
    assert outcomes(reached) == [("has", ""), ("made", f"{ID}-service-1")]
    assert reached.says == "1 of 2 copied, 1 had it already."


def test_a_copy_that_would_have_an_error_is_told_and_not_written() -> None:
    scene = Scene()
    reached = copied(scene, Reference(id="PNONE", name="Gone"))

    rows: Any = reached.data["rows"]
    assert [(row["outcome"], bool(row["cure"])) for row in rows] == [("refused", True)]
    assert (reached.says, len(scene.items.store)) == ("0 of 1 copied, 1 refused.", 1)


def test_copies_of_services_of_one_name_have_ids_of_their_own() -> None:
    scene = Scene()
    services = [a_service(scene, "Twin") for _ in range(2)]
    reached = copied(scene, *services)

    assert outcomes(reached) == [
        ("made", f"{ID}-twin"),
        ("made", f"{ID}-{services[1].id.lower()}"),
    ]


def test_an_id_that_somebody_takes_meanwhile_is_left_to_them() -> None:
    scene = Scene()
    (service,) = services_of(scene, 1)
    other = MAPPING_ITEM | {"id": f"{ID}-service-0", "name": "Theirs"}
    scene.items.meanwhile.append(lambda: scene.items.store.update({other["id"]: other}))

    assert outcomes(copied(scene, service)) == [("refused", "")]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"name": "Create Bug (OPS)"}, ("ops-bug-twin", "Create Bug (OPS), Twin")),
        ({"name": "checkout bugs"}, ("ops-bug-twin", "Twin bugs")),
        ({"id": "bugs-checkout"}, ("bugs-twin", "bugs-Twin")),
        ({"service": "?"}, ("ops-bug-twin", "ops-bug, Twin")),
    ],
)
def test_a_copy_is_named_for_its_service(item: dict[str, Any], expected: tuple[str, str]) -> None:
    scene = Scene(items=FakeMappingItems(MAPPING_ITEM | item))
    mapping_id = str((MAPPING_ITEM | item)["id"])
    asked = asked_of(mapping_id, [a_service(scene, "Twin")])
    job = Job(id="1", kind=COPY, title="?", asked=asked, at=NOW)
    MappingCopies(edits=scene.edits).work(job, unlimited)

    copy = scene.items.store[expected[0]]
    assert (copy["id"], copy["name"]) == expected
