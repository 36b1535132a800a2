"""The promises of the `Links` port, kept by the table and by its fake."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from pdjira.adapters.aws.items import Attributes, link_key, typed
from pdjira.adapters.aws.links import DynamoLinks
from pdjira.adapters.aws.stored_link import (
    LINK_BYTES,
    fitted,
    link_attributes,
    link_size,
    read_owed,
    read_writes,
)
from pdjira.errors import Conflict, Misconfigured, Side, Temporary, UnreadableItem
from pdjira.model.incident import MOST_WATCHERS, IncidentStatus, PeopleAgreement, short_digest
from pdjira.model.issue import IssueRef
from pdjira.model.link import (
    Agreement,
    Extra,
    Failing,
    FieldAgreement,
    Intent,
    Link,
    LinkState,
    Notice,
    NoticeState,
    Owed,
    StatusWrite,
    TimelineEntry,
)
from pdjira.model.ports import Links
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, a_claim, a_link
from tests.fakes.faults import Crash, FaultPlan
from tests.fakes.links import FakeLinks

Writers = Callable[[str], Links]
"""Another process that works on the same table."""

HOSTILE_IDS = ("", " ", "#", "a#LINK#b", "sha256:00", "\x00", "\ud800", "é" * 2000, "x" * 5000)


@pytest.fixture(params=["table", "fake"])
def writers(request: pytest.FixtureRequest) -> Writers:
    if request.param == "fake":
        return FakeLinks().as_writer
    client = request.getfixturevalue("aws").dynamodb
    Wire(client).one_at_a_time()
    return lambda writer: DynamoLinks(client, LINKS_TABLE, writer=writer)


@pytest.fixture
def links(writers: Writers) -> Links:
    return writers("us")


def a_new_claim(**changes: Any) -> Link:
    return a_claim(**{"version": 0, **changes})


def an_entry(**changes: Any) -> TimelineEntry:
    values = {
        "incident_id": "QINCIDENT00001",
        "at": NOW,
        "signal": "incident.triggered",
        "signal_id": "01EVENT",
        "says": ("The issue OPS-1 was created.",),
    }
    return TimelineEntry(**{**values, **changes})


def completed(link: Link, issue: IssueRef | None = None) -> Link:
    return replace(
        link,
        state=LinkState.LINKED,
        attempt_at=None,
        issue=issue or IssueRef(id="10501", key="OPS-1"),
    )


def test_what_is_saved_is_read_back_whole(links: Links) -> None:
    full = a_link(
        version=0,
        attempt_at=NOW + timedelta(microseconds=123_456),
        asked=True,
        status_writes=(StatusWrite(side=Side.JIRA, at=NOW),),
        notices={
            "issue": Notice(state=NoticeState.TOLD, text="Jira issue OPS-1"),
            "refused-0a1b2c3d": Notice(state=NoticeState.SENT, text="No Jira issue", sent_at=NOW),
            "another": Notice(state=NoticeState.DUE, text="Ünsinn"),
        },
    )

    stored = links.save(full)

    assert stored == replace(full, version=1)
    assert links.of_incident(full.incident_id) == [stored]
    assert list(stored.notices) == list(links.of_incident(full.incident_id)[0].notices)


def test_what_a_link_no_longer_has_is_gone(links: Links) -> None:
    before = links.save(
        a_new_claim(
            attempt_at=NOW,
            asked=True,
            notices={"issue": Notice(state=NoticeState.DUE)},
        )
    )

    after = links.save(replace(before, attempt_at=None, asked=False, notices={}))

    assert links.of_incident(before.incident_id) == [after]
    assert after.attempt_at is None
    assert not after.notices


def test_since_when_an_incident_is_unknown_is_kept_until_it_is_known_again(links: Links) -> None:
    before = links.save(a_new_claim(unknown_since=NOW))

    assert links.of_incident(before.incident_id) == [before]
    after = links.save(replace(before, unknown_since=None))
    assert links.of_incident(before.incident_id) == [after]


def test_since_when_an_issue_is_behind_its_resolved_incident_is_kept(links: Links) -> None:
    before = links.save(a_new_claim(refused=True, ended_at=NOW))

    assert links.of_incident(before.incident_id) == [before]
    after = links.save(replace(before, ended_at=None))
    assert links.of_incident(before.incident_id) == [after]


def test_the_links_of_an_incident_come_by_mapping_and_no_others(links: Links) -> None:
    for mapping_id in ("b", "a", "c" * 300):
        links.save(a_new_claim(mapping_id=mapping_id))
    links.save(a_new_claim(incident_id="QINCIDENT00002"))
    links.record(an_entry())

    found = links.of_incident("QINCIDENT00001")

    assert [link.mapping_id for link in found] == ["a", "b", "c" * 300]
    assert links.of_incident("QINCIDENT00003") == []


def test_a_second_claim_is_a_conflict(writers: Writers) -> None:
    ours = writers("us").save(a_new_claim())

    with pytest.raises(Conflict):
        writers("them").save(a_new_claim(claimed_at=NOW + timedelta(seconds=1)))

    assert writers("us").of_incident(ours.incident_id) == [ours]


def test_the_same_claim_by_another_process_is_a_conflict_even_at_the_same_instant(
    writers: Writers,
) -> None:
    writers("us").save(a_new_claim())

    with pytest.raises(Conflict):
        writers("them").save(a_new_claim())


def test_a_write_on_what_is_no_longer_so_is_a_conflict(writers: Writers) -> None:
    read = writers("us").save(a_new_claim())
    theirs = writers("them").save(replace(read, remote_linked=True))

    with pytest.raises(Conflict):
        writers("us").save(replace(read, attempt_at=None))

    assert writers("us").of_incident(read.incident_id) == [theirs]


def test_a_write_on_a_link_that_is_gone_is_a_conflict(links: Links) -> None:
    with pytest.raises(Conflict):
        links.save(a_new_claim(version=4))


def test_the_same_write_twice_is_one_write(links: Links) -> None:
    claim = a_new_claim()

    first, second = links.save(claim), links.save(claim)

    assert first == second
    assert links.of_incident(claim.incident_id) == [first]


def test_of_many_writers_at_once_one_wins(writers: Writers) -> None:
    """P31: a lost condition is a Conflict, never a second claim."""
    start = Barrier(8)

    def claim(number: int) -> bool:
        start.wait()
        try:
            writers(f"writer-{number}").save(a_new_claim())
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, range(8)))

    assert won.count(True) == 1


def test_completing_stores_the_issue_and_the_way_back(links: Links) -> None:
    claim = links.save(a_new_claim())

    stored = links.complete(completed(claim))

    assert stored == replace(completed(claim), version=2)
    assert links.of_incident(claim.incident_id) == [stored]
    assert links.incident_of("10501") == claim.incident_id
    assert links.incident_of("10502") is None


def test_completing_twice_is_completing_once(links: Links) -> None:
    claim = links.save(a_new_claim())

    assert links.complete(completed(claim)) == links.complete(completed(claim))


def test_completing_on_what_is_no_longer_so_stores_neither_half(writers: Writers) -> None:
    claim = writers("us").save(a_new_claim())
    theirs = writers("them").save(replace(claim, attempt_at=None))

    with pytest.raises(Conflict):
        writers("us").complete(completed(claim))

    assert writers("us").of_incident(claim.incident_id) == [theirs]
    assert writers("us").incident_of("10501") is None


def test_a_reverse_item_of_another_incident_is_replaced(links: Links) -> None:
    links.complete(completed(links.save(a_new_claim(incident_id="QFIRST"))))
    claim = links.save(a_new_claim(incident_id="QSECOND"))

    links.complete(completed(claim))

    assert links.incident_of("10501") == "QSECOND"


DUPLICATE = IssueRef(id="10502", key="OPS-2")


def joining(writers: Writers) -> Any:
    return writers("us")


def test_joining_stores_the_link_and_the_way_back_from_another_issue(writers: Writers) -> None:
    links = writers("us")
    link = links.complete(completed(links.save(a_new_claim())))
    told = replace(link, notices={"duplicate-10502": Notice(state=NoticeState.DUE, text="Two")})

    stored = joining(writers).join(told, DUPLICATE)

    assert stored == replace(told, version=3)
    assert links.of_incident(link.incident_id) == [stored]
    assert links.incident_of("10502") == links.incident_of("10501") == link.incident_id


def test_p8_joining_twice_is_joining_once(writers: Writers) -> None:
    links = writers("us")
    link = links.complete(completed(links.save(a_new_claim())))

    stored = joining(writers).join(link, DUPLICATE)

    assert stored is not None
    assert joining(writers).join(link, DUPLICATE) == stored
    assert joining(writers).join(stored, DUPLICATE) is None
    assert links.of_incident(link.incident_id) == [stored]


def test_an_issue_that_is_linked_is_joined_to_nothing_else(writers: Writers) -> None:
    links = writers("us")
    other = links.complete(completed(a_new_claim(incident_id="QOTHER"), DUPLICATE))
    link = links.complete(completed(links.save(a_new_claim())))

    assert joining(writers).join(link, DUPLICATE) is None
    assert links.incident_of("10502") == other.incident_id
    assert links.of_incident(link.incident_id) == [link]


def test_joining_on_what_is_no_longer_so_stores_neither_half(writers: Writers) -> None:
    links, them = writers("us"), writers("them")
    link = links.complete(completed(links.save(a_new_claim())))
    changed = them.save(replace(link, remote_linked=not link.remote_linked))

    with pytest.raises(Conflict):
        joining(writers).join(link, DUPLICATE)

    assert links.incident_of("10502") is None
    assert links.of_incident(link.incident_id) == [changed]


def test_a_link_without_an_issue_cannot_be_completed(links: Links) -> None:
    with pytest.raises(ValueError, match="without an issue"):
        links.complete(a_new_claim())


@pytest.mark.parametrize("hostile", HOSTILE_IDS, ids=lambda text: ascii(text[:12]))
def test_whatever_an_incident_is_called_it_has_its_own_links_and_timeline(
    links: Links, hostile: str
) -> None:
    other = links.save(a_new_claim())

    claim = links.save(a_new_claim(incident_id=hostile))
    stored = links.complete(completed(claim, IssueRef(id=hostile, key="OPS-9")))
    links.record(an_entry(incident_id=hostile, signal_id=hostile, says=(hostile[:100],)))

    assert [link.version for link in links.of_incident(hostile)] == [stored.version]
    assert links.of_incident(hostile)[0].incident_id == hostile
    assert links.incident_of(hostile) is not None
    assert len(links.timeline(hostile)) == 1
    assert links.of_incident(other.incident_id) == [other]
    assert links.timeline(other.incident_id) == []


def test_a_timeline_is_told_oldest_first(links: Links) -> None:
    late = an_entry(at=NOW + timedelta(seconds=1), signal_id="a")
    early = an_entry(at=NOW, signal_id="b", says=("One.", "Two."))
    middle = an_entry(at=NOW + timedelta(milliseconds=5), signal_id="c")
    for entry in (late, early, middle, an_entry(incident_id="QOTHER")):
        links.record(entry)

    assert links.timeline("QINCIDENT00001") == [early, middle, late]


def test_recording_the_same_time_and_signal_again_adds_nothing(links: Links) -> None:
    links.record(an_entry())
    links.record(an_entry())
    links.record(an_entry(signal_id="02EVENT"))

    assert len(links.timeline("QINCIDENT00001")) == 2


def test_a_story_without_end_is_cut_and_never_refused(links: Links) -> None:
    links.record(an_entry(says=("wörter " * 10_000,) * 100))

    (entry,) = links.timeline("QINCIDENT00001")

    assert len(entry.says) == 20
    assert entry.says[0].endswith("…")


def test_a_long_timeline_is_told_whole(links: Links) -> None:
    for second in range(700):
        links.record(an_entry(at=NOW + timedelta(seconds=second), says=("word " * 100,) * 4))

    assert len(links.timeline("QINCIDENT00001")) == 700


def test_open_links_and_the_incidents_of_failed_ones_are_counted(links: Links) -> None:
    links.save(a_new_claim(incident_id="QOPEN1"))
    links.complete(completed(links.save(a_new_claim(incident_id="QOPEN2"))))
    for mapping_id in ("a", "b"):
        links.save(
            a_new_claim(incident_id="QFAILED", mapping_id=mapping_id, state=LinkState.FAILED)
        )
    links.record(an_entry())

    counts = links.counts()

    assert (counts.open, counts.failed, counts.failed_incidents) == (2, 1, ("QFAILED",))


def test_a_link_that_lacks_something_jira_refused_counts_as_failed(links: Links) -> None:
    lacking = links.save(a_link(incident_id="QLACKS", refused=True, version=0))
    assert links.counts().failed_incidents == ("QLACKS",)

    links.save(replace(lacking, refused=False))

    assert (links.counts().open, links.counts().failed) == (1, 0)


def test_a_link_that_is_over_is_not_counted(links: Links) -> None:
    agreed = Agreement(status=IncidentStatus.RESOLVED)
    links.save(a_link(incident_id="QRESOLVED", agreed=agreed, version=0))
    links.save(a_link(incident_id="QMERGED", state=LinkState.CLOSED, version=0))

    assert (links.counts().open, links.counts().failed) == (0, 0)


def test_a_link_whose_issue_is_missing_is_kept_back_until_its_incident_is_over(
    links: Links,
) -> None:
    missing = links.save(a_link(state=LinkState.MISSING, refused=True, version=0))
    while_open = links.counts()

    links.save(replace(missing, refused=False))

    assert (while_open.open, while_open.failed) == (0, 1)
    assert (links.counts().open, links.counts().failed) == (0, 0)
    assert links.of_incident(missing.incident_id)[0].state is LinkState.MISSING


def test_of_many_incidents_with_failed_links_ten_are_named_by_ids_that_people_can_use(
    links: Links,
) -> None:
    for incident_id in ["long" * 100, *(f"Q{number:02}" for number in range(12))]:
        links.save(a_new_claim(incident_id=incident_id, state=LinkState.FAILED))

    counts = links.counts()

    assert counts.failed == 13
    assert counts.failed_incidents == tuple(f"Q{number:02}" for number in range(10))


# ---- a link is small --------------------------------------------------------------------------


WORDS = "Jira requires a field, and the mapping does not fill it. What to do: add a rule. " * 6


def the_fattest_link(length: int = 30) -> Link:
    told = {
        f"refused-{number:08x}": Notice(state=NoticeState.TOLD, text=WORDS) for number in range(50)
    }
    return a_link(
        incident_id="i" * length,
        mapping_id="m" * length,
        attempt_at=NOW,
        version=10**9,
        issue=IssueRef(id="9" * 19, key="P" * 20 + "-999999999"),
        issue_created_at=NOW,
        issue_read_at=NOW,
        notices=told | {"issue": Notice(state=NoticeState.SENT, text=WORDS[:400], sent_at=NOW)},
    )


@pytest.mark.parametrize("length", [14, 30])
def test_a_link_has_at_most_1_kb_while_one_notice_waits(length: int) -> None:
    assert link_size(fitted(the_fattest_link(length))) <= LINK_BYTES


def test_a_link_keeps_by_what_its_issue_is_told_and_one_without_is_read(links: Links) -> None:
    read_at = NOW + timedelta(seconds=1)
    plain = links.save(a_link(issue_created_at=None, issue_read_at=None, version=0))

    saved = links.save(replace(plain, issue_created_at=NOW, issue_read_at=read_at))

    assert (plain.issue_created_at, plain.issue_read_at) == (None, None)
    assert links.of_incident(plain.incident_id) == [saved]
    assert (saved.issue_created_at, saved.issue_read_at) == (NOW, read_at)


SLOWLY, FAST = timedelta(hours=1), timedelta(seconds=1)


def to_and_fro(*steps: timedelta) -> tuple[StatusWrite, ...]:
    """Writes to both sides in turn, each so long after the one before."""
    writes, at = [], NOW
    for number, step in enumerate(steps):
        at += step
        side = (Side.JIRA, Side.PAGERDUTY)[number % 2]
        writes.append(StatusWrite(side=side, at=at))
    return tuple(writes)


ALL_DAY = to_and_fro(*[SLOWLY] * 16)


@pytest.mark.parametrize(
    "writes", [ALL_DAY, to_and_fro(*[SLOWLY] * 5, *[FAST] * 5), to_and_fro(*[FAST] * 8)]
)
def test_p33_a_link_keeps_its_status_writes_of_a_day_in_their_order(
    links: Links, writes: tuple[StatusWrite, ...]
) -> None:
    saved = links.save(a_link(status_writes=writes, version=0))

    assert links.of_incident(saved.incident_id) == [saved]
    assert saved.status_writes == writes


def test_p33_earlier_versions_find_the_status_writes_of_ten_minutes_as_they_know_them() -> None:
    slow, fast = to_and_fro(*[SLOWLY] * 3), to_and_fro(*[FAST] * 3)
    later = [replace(each, at=each.at + 4 * SLOWLY) for each in fast]

    item = link_attributes(a_link(status_writes=(*slow, *later)), writer="w")

    known = [f"{each.side.value}@{int(each.at.timestamp())}" for each in later]
    assert item["status_writes"] == known


def test_p33_a_link_of_an_earlier_version_has_its_last_ten_minutes() -> None:
    writes = to_and_fro(FAST, FAST)
    item = {"status_writes": [f"{each.side.value}@{int(each.at.timestamp())}" for each in writes]}

    assert read_writes(Attributes(item)) == writes
    assert read_writes(Attributes({})) == ()


OWED = {
    Extra.REMOTE_LINK: Owed(
        since=NOW, how=Failing.REFUSED, tried=NOW + timedelta(hours=1), under="0a1b2c3d"
    ),
    Extra.COMMENTS: Owed(since=NOW, how=Failing.HANGS),
    Extra.PEOPLE: Owed(since=NOW, is_known=True),
}


def test_p34_a_link_keeps_what_it_owes(links: Links) -> None:
    saved = links.save(a_link(owed=OWED, version=0))

    (found,) = links.of_incident(saved.incident_id)
    assert found.owed == OWED
    assert links.save(replace(found, owed={})).owed == {}


@pytest.mark.parametrize("extra", OWED)
def test_p34_of_a_resolved_incident_what_fails_is_swept_and_what_was_refused_is_not(
    extra: Extra,
) -> None:
    agreed = Agreement(status=IncidentStatus.RESOLVED)
    link = a_link(agreed=agreed, owed={extra: OWED[extra]})

    assert link_attributes(link, writer="w").get("sweep") == (
        None if extra is Extra.REMOTE_LINK else "open"
    )


def test_p34_what_is_owed_but_is_not_written_so_makes_a_link_unreadable() -> None:
    with pytest.raises(ValueError, match="comments"):
        read_owed(Attributes({"comments": "always"}, within="owed."))


def test_p33_an_ordinary_link_with_its_status_writes_of_a_day_has_at_most_1_kb() -> None:
    agreed = Agreement(
        status=IncidentStatus.ACKNOWLEDGED,
        priority_id="PP1ABCD",
        title="3b1f6a0c",
        issue_status_id="10001",
        issue_priority_id="1",
        issue_title="3b1f6a0c",
    )
    told = {"issue": Notice(state=NoticeState.TOLD, text="Jira issue OPS-42: https://j/OPS-42")}
    waiting = {"missing": Notice(state=NoticeState.DUE, text=WORDS[:300])}
    link = a_link(
        agreed=agreed,
        notices=told | waiting,
        status_writes=ALL_DAY,
        initial_status_id="10000",
        comments_seen=NOW,
        remote_linked=True,
    )
    writing = replace(link, notices=told, intent=CHANGE)

    assert [link_size(fitted(one)) <= LINK_BYTES for one in (link, writing)] == [True, True]
    assert fitted(link).status_writes == fitted(writing).status_writes == ALL_DAY


MOVE = Intent(side=Side.JIRA, status=IncidentStatus.RESOLVED, changed_at=NOW, entry_id="10414")
CHANGE = Intent(
    side=Side.PAGERDUTY,
    status=IncidentStatus.RESOLVED,
    changed_at=NOW,
    before=IncidentStatus.ACKNOWLEDGED,
    issue_status_id="10001",
)


@pytest.mark.parametrize(
    "intent", [MOVE, replace(MOVE, entry_id=""), replace(MOVE, entry_id=None), CHANGE]
)
def test_p7_a_link_keeps_what_is_about_to_be_written_until_that_is_known(
    links: Links, intent: Intent
) -> None:
    first = links.save(a_link(version=0, intent=intent))
    kept = links.save(first)
    over = links.save(replace(kept, intent=None))

    assert first.intent == kept.intent == intent
    assert links.of_incident(first.incident_id) == [over]
    assert over.intent is None


def test_p7_an_intent_holds_only_for_the_version_of_its_link(aws: Aws) -> None:
    """A worker of an earlier version leaves the attribute as it is, and counts the version on."""
    links = DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="us")
    first = links.save(a_link(version=0, intent=CHANGE))
    aws.dynamodb.update_item(
        TableName=LINKS_TABLE,
        Key=typed(link_key(first.incident_id, first.mapping_id)),
        UpdateExpression="SET #version = :version",
        ExpressionAttributeNames={"#version": "version"},
        ExpressionAttributeValues={":version": {"N": str(first.version + 1)}},
    )

    (found,) = links.of_incident(first.incident_id)

    assert found == replace(first, version=first.version + 1, intent=None)


def test_g7_a_link_keeps_whom_it_carried(links: Links) -> None:
    people = PeopleAgreement(
        assignee=short_digest("a"),
        watchers=frozenset({short_digest("a"), short_digest("b")}),
        lacking=frozenset({short_digest("c")}),
    )
    saved = links.save(a_link(agreed=Agreement(people=people), version=0))

    assert links.of_incident(saved.incident_id) == [saved]
    assert saved.agreed.people == people


FIELDS = {
    "customfield_10001": FieldAgreement(incident="c2Rm", issue="a1Bz"),
    "customfield_10002": FieldAgreement(incident="Qm9v"),
    "labels": FieldAgreement(issue="_-_-"),
    "an odd, name=x.y": FieldAgreement(incident="c2Rm", issue="a1Bz"),
    "customfield_10003": FieldAgreement(incident="c2Rm", issue="-"),
    "customfield_": FieldAgreement(),
}


def test_g9_a_link_keeps_what_its_fields_agree_on(links: Links) -> None:
    saved = links.save(a_link(agreed=Agreement(fields=FIELDS, waits=True), version=0))

    assert links.of_incident(saved.incident_id) == [saved]
    assert saved.agreed.fields == FIELDS


def test_g9_an_ordinary_link_with_twenty_fields_has_at_most_1_kb() -> None:
    known = FieldAgreement(incident="c2Rm", issue="a1Bz")
    fields = {f"customfield_{10_000 + number}": known for number in range(20)}
    agreed = Agreement(
        status=IncidentStatus.ACKNOWLEDGED,
        priority_id="PP1ABCD",
        title="3b1f6a0c",
        issue_status_id="10001",
        issue_priority_id="1",
        issue_title="3b1f6a0c",
        fields=fields,
    )
    told = {"issue": Notice(state=NoticeState.TOLD, text="Jira issue OPS-42: https://j/OPS-42")}

    link = fitted(a_link(agreed=agreed, notices=told))

    assert link_size(link) <= LINK_BYTES
    assert link.agreed.fields == fields


def test_g7_an_ordinary_link_with_its_people_has_at_most_1_kb() -> None:
    marks = frozenset(short_digest(f"{number}") for number in range(MOST_WATCHERS))
    people = PeopleAgreement(assignee=short_digest("0"), watchers=marks, lacking=marks)
    told = {f"status-{number:08x}": Notice(state=NoticeState.TOLD) for number in range(4)}
    waiting = Notice(state=NoticeState.DUE, text=WORDS[:400])
    link = a_link(agreed=Agreement(people=people), notices={**told, "issue": waiting})

    assert link_size(fitted(link)) <= LINK_BYTES


def test_of_the_notices_the_latest_told_and_every_one_on_its_way_are_kept() -> None:
    kept = fitted(the_fattest_link())

    assert kept.notices["issue"].state is NoticeState.SENT
    assert "refused-00000031" in kept.notices
    assert "refused-00000000" not in kept.notices


@pytest.mark.parametrize("state", [NoticeState.DUE, NoticeState.SENT])
def test_p7_the_words_of_a_notice_that_is_not_told_yet_never_change(state: NoticeState) -> None:
    waiting = Notice(state=state, text="Ü" * 3_000, sent_at=NOW)
    fat = the_fattest_link()

    kept = fitted(replace(fat, notices={**fat.notices, "other": waiting}))

    assert kept.notices["other"] == waiting
    assert kept.notices["issue"].text == WORDS[:400]


def test_an_ordinary_link_is_stored_as_it_is() -> None:
    link = a_link(notices={"issue": Notice(state=NoticeState.TOLD, text="Jira issue OPS-1")})

    assert fitted(link) == link


@given(st.text(max_size=3000), st.text(min_size=1, max_size=25))
def test_fitting_again_changes_nothing(text: str, incident_id: str) -> None:
    notices = {"issue": Notice(state=NoticeState.TOLD, text=text)}

    kept = fitted(a_link(notices=notices, incident_id=incident_id))

    assert link_size(kept) <= LINK_BYTES
    assert fitted(kept) == kept


# ---- the table --------------------------------------------------------------------------------


@pytest.fixture
def table(aws: Aws) -> DynamoLinks:
    return DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="us")


def stored_items(aws: Aws) -> list[dict[str, Any]]:
    return aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]


def test_a_link_can_be_read_by_a_person_in_the_console(aws: Aws, table: DynamoLinks) -> None:
    table.complete(completed(table.save(a_new_claim())))

    link, back = sorted(stored_items(aws), key=lambda item: item["pk"]["S"])

    assert link == {
        "pk": {"S": "INCIDENT#QINCIDENT00001"},
        "sk": {"S": "LINK#ops-bug"},
        "schema_version": {"N": "1"},
        "incident": {"S": "QINCIDENT00001"},
        "mapping": {"S": "ops-bug"},
        "state": {"S": "linked"},
        "claimed_at": {"S": "2026-11-24T03:00:00.000000+00:00"},
        "project": {"S": "10100"},
        "issue_type": {"S": "10001"},
        "issue": {"M": {"id": {"S": "10501"}, "key": {"S": "OPS-1"}}},
        "remote_linked": {"BOOL": False},
        "version": {"N": "2"},
        "writer": {"S": "us"},
        "sweep": {"S": "open"},
    }
    assert back == {
        "pk": {"S": "ISSUE#10501"},
        "sk": {"S": "LINK"},
        "schema_version": {"N": "1"},
        "incident": {"S": "QINCIDENT00001"},
        "mapping": {"S": "ops-bug"},
    }


def test_a_timeline_item_expires_after_ninety_days(aws: Aws, table: DynamoLinks) -> None:
    table.record(an_entry(signal_id="x" * 300))

    (item,) = stored_items(aws)

    assert item["sk"]["S"].startswith("EVENT#2026-11-24T03:00:00.000+00:00#sha256:")
    assert item["schema_version"] == {"N": "1"}
    assert int(item["expires_at"]["N"]) == NOW.timestamp() + 90 * 24 * 3600


def test_failed_links_stand_in_the_sweep_index_as_such(aws: Aws, table: DynamoLinks) -> None:
    table.save(a_new_claim(incident_id="QOPEN"))
    table.save(a_new_claim(incident_id="QFAILED", state=LinkState.FAILED))
    table.record(an_entry())

    found = aws.dynamodb.query(
        TableName=LINKS_TABLE,
        IndexName="open-links",
        KeyConditionExpression="sweep = :sweep",
        ExpressionAttributeValues={":sweep": {"S": "failed"}},
    )["Items"]

    assert [item["pk"]["S"] for item in found] == ["INCIDENT#QFAILED"]
    assert len(aws.dynamodb.scan(TableName=LINKS_TABLE, IndexName="open-links")["Items"]) == 2


def test_a_creation_costs_at_most_8_write_and_6_read_units(aws: Aws, table: DynamoLinks) -> None:
    """R5, by formula.

    A write is a unit per started KB, two in a transaction, and one more where the keys of the index
    change; a strongly consistent read is a unit per started 4 KB.
    """
    wire = Wire(aws.dynamodb)

    table.of_incident("QINCIDENT00001")
    claim = table.save(a_new_claim())
    swept = stored_items(aws)[0]["sweep"]
    done = table.complete(
        replace(completed(claim), notices={"issue": Notice(state=NoticeState.DUE)})
    )
    table.save(replace(done, remote_linked=True, notices={"issue": Notice(state=NoticeState.TOLD)}))
    table.record(an_entry(says=("The issue OPS-1 was created.",) * 5))

    calls = [call for call in wire.calls if call != "Scan"]
    assert calls == ["Query", "UpdateItem", "TransactWriteItems", "UpdateItem", "PutItem"]
    assert all(len(repr(item)) <= 1024 for item in stored_items(aws))  # repr is longer than stored
    assert all(item["sweep"] == swept for item in stored_items(aws) if "sweep" in item)
    claim_and_index, transaction, final, timeline = 1 + 1, 2 * 2, 1, 1
    assert claim_and_index + transaction + final + timeline <= 8


@pytest.mark.parametrize("operation", ["UpdateItem", "TransactWriteItems"])
def test_an_answer_lost_below_us_is_not_a_conflict(
    aws: Aws, table: DynamoLinks, operation: str
) -> None:
    """P31: botocore sends the write again, and its condition no longer holds."""
    claim = table.save(a_new_claim())
    wire = Wire(aws.dynamodb)
    wire.send_twice(operation)

    write = table.save if operation == "UpdateItem" else table.complete
    stored = write(completed(claim))

    assert stored.version == 2
    assert table.of_incident(claim.incident_id) == [stored]


def test_an_answer_lost_below_us_does_not_hide_that_another_wrote_since(
    aws: Aws, table: DynamoLinks
) -> None:
    claim = table.save(a_new_claim())
    them = DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="them")
    wire = Wire(aws.dynamodb)
    wire.meanwhile("UpdateItem", lambda: them.save(replace(claim, remote_linked=True)))

    with pytest.raises(Conflict):
        table.save(replace(claim, attempt_at=None))


WRITES: dict[str, Callable[[DynamoLinks], object]] = {
    "UpdateItem": lambda table: table.save(a_new_claim()),
    "TransactWriteItems": lambda table: table.complete(completed(a_new_claim())),
    "PutItem": lambda table: table.record(an_entry()),
}
CALLS = WRITES | {
    "Query": lambda table: table.of_incident("QINCIDENT00001"),
    "GetItem": lambda table: table.incident_of("10501"),
}


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "code",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionInProgressException",
        "InternalServerError",
    ],
)
def test_throttling_is_temporary_and_never_an_answer(
    aws: Aws, table: DynamoLinks, operation: str, code: str
) -> None:
    """P31."""
    Wire(aws.dynamodb).answer(operation, code)

    with pytest.raises(Temporary) as caught:
        CALLS[operation](table)

    assert type(caught.value) is Temporary


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_transaction_cancelled_by_traffic_is_temporary(
    aws: Aws, table: DynamoLinks, reason: str
) -> None:
    """P31."""
    reasons = [{"Code": "None"}, {"Code": reason}]
    Wire(aws.dynamodb).answer(
        "TransactWriteItems", "TransactionCanceledException", CancellationReasons=reasons
    )

    with pytest.raises(Temporary) as caught:
        table.complete(completed(a_new_claim()))

    assert type(caught.value) is Temporary


@pytest.mark.parametrize("operation", WRITES)
def test_a_timeout_after_the_write_is_temporary_and_the_same_write_then_succeeds(
    aws: Aws, table: DynamoLinks, operation: str
) -> None:
    """P31."""
    wire = Wire(aws.dynamodb)
    wire.break_after(operation, ReadTimeoutError(endpoint_url="https://dynamodb"), times=1)

    with pytest.raises(Temporary):
        WRITES[operation](table)
    written = stored_items(aws)
    WRITES[operation](table)

    assert stored_items(aws) == written


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"]
)
def test_what_only_a_person_can_mend_names_table_and_call(
    aws: Aws, table: DynamoLinks, operation: str, code: str
) -> None:
    Wire(aws.dynamodb).answer(operation, code)

    with pytest.raises(Misconfigured) as caught:
        CALLS[operation](table)

    assert LINKS_TABLE in caught.value.says
    assert f"dynamodb:{operation}" in caught.value.says
    assert caught.value.cure


@pytest.mark.parametrize("broken", [{"state": {"S": "married"}}, {"schema_version": {"N": "2"}}])
def test_a_link_that_we_did_not_write_is_named(
    aws: Aws, table: DynamoLinks, broken: dict[str, Any]
) -> None:
    table.save(a_new_claim())
    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item=stored_items(aws)[0] | broken)

    (link,) = table.of_incident("QINCIDENT00001")

    assert (link.mapping_id, link.state) == ("ops-bug", LinkState.UNREADABLE)


def test_a_way_back_that_we_did_not_write_is_named(aws: Aws, table: DynamoLinks) -> None:
    key: Any = {"pk": {"S": "ISSUE#10501"}, "sk": {"S": "LINK"}}
    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item=key)

    with pytest.raises(UnreadableItem, match="ISSUE#10501 LINK in "):
        CALLS["GetItem"](table)


def test_an_entry_of_the_timeline_that_we_did_not_write_is_left_out(
    aws: Aws, table: DynamoLinks
) -> None:
    key: Any = {"pk": {"S": "INCIDENT#QINCIDENT00001"}, "sk": {"S": "EVENT#x"}}
    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item=key)

    assert list(table.timeline("QINCIDENT00001")) == []


# ---- the fake's faults ------------------------------------------------------------------------


def test_a_fault_before_the_effect_leaves_nothing_and_one_after_it_leaves_all() -> None:
    faults = FaultPlan().fail(1, Temporary("down")).fail(2, Crash(), after=True)
    links = FakeLinks(faults)

    with pytest.raises(Temporary):
        links.save(a_new_claim())
    assert links.links == []

    with pytest.raises(Crash):
        links.save(a_new_claim())
    assert [link.version for link in links.links] == [1]
    assert faults.calls == ["links.save", "links.save"]
