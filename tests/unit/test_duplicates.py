"""A second issue for one incident is found by its mark, joined to the first, and said once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.adapters.aws.queue import decode
from pdjira.adapters.jira.searches import PROPERTY
from pdjira.errors import Ambiguous, PdjiraError, Refused, Side, Temporary
from pdjira.jql.matches import MatchState
from pdjira.model.issue import IssueRef, Naming
from pdjira.model.link import Link, LinkState, NoticeState, last_line, named_by_line
from pdjira.model.signal import Signal, SignalKind
from pdjira.sweep import differences
from pdjira.sweep.differences import OwnIssuePage, with_notice
from pdjira.sweep.joining import CURSOR
from tests.builders import a_link, a_mapping
from tests.fakes.duplicates import FakeOurIssues
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.sweeps import a_second, linked, swept
from tests.world import World


def unmarked(world: World, issue: IssueRef) -> IssueRef:
    """The issue without its property, as a Jira that drops properties has it."""
    world.jira.model.delete_property("alice", issue.id, PROPERTY)
    return issue


def found(world: World) -> list[Signal]:
    """What the sweep has told of, past what the worker has done already."""
    signals = [decode(message.body) for message in world.queue.stored]
    return [one for one in signals if one.kind is SignalKind.ISSUE_FOUND]


def told(world: World, incident_id: str) -> list[str]:
    return [note for note in world.notes(incident_id) if "duplicate" in note]


def is_joined(world: World, issue: IssueRef) -> bool:
    return issue.id in world.links.issues


def test_a_second_issue_is_joined_to_the_incident_and_people_are_told_once() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)

    for _ in range(4):
        swept(world)
        world.work()

    first = world.issues[0]
    says = (
        f"{second.key} stays in Jira as a duplicate of {first['key']}: both were created for this "
        f"incident, and {first['key']} alone is kept in step with it. What to do: Close "
        f"{second.key}."
    )
    assert world.links.issues[second.id] == (incident_id, "ops-bug")
    assert told(world, incident_id) == [says]
    assert world.timeline(incident_id).count(says) == 1
    (link,) = world.links.links
    assert link.issue == IssueRef(id=first["id"], key=first["key"])
    assert world.comments() == []


def test_the_second_issue_shows_its_incident_and_the_first_issue() -> None:
    world = World()
    incident_id = linked(world)
    a_second(world, incident_id)

    swept(world)
    world.work()

    first, second = world.issues
    [link] = second["fields"]["issuelinks"]
    [remote] = second["remotelinks"]
    assert (link["type"]["name"], link["outwardIssue"]["key"]) == ("Duplicate", first["key"])
    assert remote["globalId"] == f"pagerduty.incident={incident_id}"


def test_without_the_right_link_issues_it_is_joined_and_the_timeline_says_so() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    world.jira.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project="10100")

    swept(world)
    world.work()

    timeline = "\n".join(world.timeline(incident_id))
    assert is_joined(world, second)
    assert len(told(world, incident_id)) == 1
    assert f"{second.key} has no link to the incident: " in timeline
    assert f"{second.key} has no link to OPS-1: " in timeline


def test_a_jira_that_knows_no_duplicates_links_none_and_the_timeline_says_so() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    world.jira.model.world.link_types = ()

    swept(world)
    world.work()

    assert is_joined(world, second)
    assert f"{second.key} has no link to OPS-1: " in "\n".join(world.timeline(incident_id))
    assert world.issues[1]["remotelinks"]


class NoLinks(FaultPlan):
    """Jira shows no link of a kind for so long as it `fails`."""

    def __init__(self, method: str, error: PdjiraError) -> None:
        super().__init__()
        self.error: PdjiraError | None = error
        self._method = method

    def before(self, method: str) -> None:
        super().before(method)
        if self.error and method == self._method:
            raise self.error


NO_ANSWER = (
    Temporary("It says 500."),
    Ambiguous("The answer was lost."),
    Temporary("It does not answer.", timed_out=Side.JIRA),
)


@pytest.mark.parametrize("error", NO_ANSWER)
@pytest.mark.parametrize("method", ["jira.show_duplicate", "jira.put_remote_link"])
def test_p34_whatever_jira_does_with_its_links_a_duplicate_is_joined_and_told(
    method: str, error: PdjiraError
) -> None:
    plan = NoLinks(method, error)
    world = World(a_mapping(), plan=plan)
    plan.error = None
    incident_id = linked(world)
    second = a_second(world, incident_id)
    plan.error = error

    swept(world)
    world.work(until=world.clock() + timedelta(minutes=1))

    assert is_joined(world, second)
    assert len(told(world, incident_id)) == 1
    world.pagerduty.model.set_title(incident_id, "Checkout is down", by=RESPONDER)
    world.signal(incident_id, id="retitled", event_type="incident.priority_updated")
    world.work(until=world.clock() + timedelta(minutes=1))
    assert world.issues[0]["fields"]["summary"] == "Checkout is down"

    world.work(until=world.clock() + timedelta(hours=30))
    plan.error = None
    world.work()
    assert world.queue.dead == []
    assert len(told(world, incident_id)) == 1
    assert len(world.issues[1]["fields"]["issuelinks"]) == 1
    assert len(world.issues[1]["remotelinks"]) == 1


def test_p34_a_link_that_is_refused_after_all_is_said_on_the_timeline() -> None:
    plan = NoLinks("jira.show_duplicate", Temporary("It says 500."))
    world = World(a_mapping(), plan=plan)
    incident_id = linked(world)
    second = a_second(world, incident_id)

    swept(world)
    world.work(until=world.clock() + timedelta(minutes=1))
    plan.error = Refused("It says no.", status=403)
    world.work()

    timeline = "\n".join(world.timeline(incident_id))
    assert f"{second.key} has no link to OPS-1: It says no." in timeline


def test_a_link_that_is_still_to_be_shown_is_no_work_for_an_issue_without_an_incident() -> None:
    world = World()

    report = world.joiner().handle(Signal(kind=SignalKind.ISSUE_FOUND, id="show", issue_id="1"))

    assert report.rests == ("Issue 1 is no duplicate of a linked one.",)


def test_a_link_that_is_still_to_be_shown_is_no_work_once_the_issue_is_gone() -> None:
    plan = NoLinks("jira.show_duplicate", Temporary("It says 500."))
    world = World(a_mapping(), plan=plan)
    second = a_second(world, linked(world))
    swept(world)
    world.work(until=world.clock() + timedelta(minutes=1))
    world.jira.model.delete_issue("alice", second.id)

    world.work()

    assert world.queue.dead == []


def test_several_duplicates_are_each_told_of() -> None:
    world = World()
    incident_id = linked(world)
    keys = [a_second(world, incident_id).key for _ in range(3)]

    swept(world)
    world.work()

    assert [one.split()[0] for one in told(world, incident_id)] == keys


def test_where_jira_drops_properties_the_line_alone_tells_a_duplicate() -> None:
    world = World()
    incident_id = linked(world)
    second = unmarked(world, a_second(world, incident_id))

    swept(world)
    world.work()

    assert is_joined(world, second)


def test_a_property_that_names_another_incident_outweighs_the_line() -> None:
    world = World()
    incident_id, other_id = linked(world), linked(world)
    second = a_second(world, incident_id)
    value = {"id": other_id, "mapping": "ops-bug"}
    world.jira.model.put_property("alice", second.id, PROPERTY, value)

    swept(world)
    world.work()

    assert world.links.issues[second.id] == (other_id, "ops-bug")


def test_a_property_of_a_mapping_without_a_link_joins_nothing() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id, mapping_id="gone")

    swept(world)

    assert found(world) == []
    assert not is_joined(world, second)


def test_a_line_of_an_incident_without_an_issue_of_that_type_joins_nothing() -> None:
    world = World(replace(a_mapping(), issue_type=replace(a_mapping().issue_type, id="10002")))
    incident_id = linked(world)
    unmarked(world, a_second(world, incident_id))

    swept(world)

    assert found(world) == []


@pytest.mark.parametrize(
    "line", ["PagerDuty: test of ops-bug", "PagerDuty: https://[", "Call the duty officer", ""]
)
def test_an_issue_of_ours_that_no_incident_knows_is_nobodys(line: str) -> None:
    world = World()
    incident_id = linked(world)
    unmarked(world, a_second(world, incident_id, line=line))

    swept(world)

    assert found(world) == []


def test_a_copy_that_a_person_made_is_an_issue_like_any_other() -> None:
    world = World()
    incident_id = linked(world)
    first = world.issues[0]
    copy = world.issue(description=first["fields"]["description"])
    value = first["properties"][PROPERTY]
    world.jira.model.put_property("alice", copy["id"], PROPERTY, value)

    swept(world)
    world.queue.send(a_find(incident_id, copy["id"]))
    world.work()

    assert copy["id"] not in world.links.issues
    assert told(world, incident_id) == []


def a_find(incident_id: str, issue_id: str) -> Signal:
    return Signal(
        kind=SignalKind.ISSUE_FOUND, id="found", incident_id=incident_id, issue_id=issue_id
    )


def test_what_is_younger_than_a_quarter_of_an_hour_is_left_for_the_next_sweep() -> None:
    world = World()
    incident_id = linked(world)
    swept(world)
    a_second(world, incident_id)

    swept(world, minutes=14)
    young = found(world)
    swept(world, minutes=2)

    assert young == []
    assert len(found(world)) == 1


def test_p8_telling_the_worker_again_changes_nothing() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    swept(world)
    world.work()
    timeline, links = world.timeline(incident_id), world.links.links

    for number in range(3):
        world.queue.send(replace(a_find(incident_id, second.id), id=f"again {number}"))
        world.work()

    assert len(told(world, incident_id)) == 1
    assert world.timeline(incident_id) == timeline
    assert world.links.links == links
    assert len(world.issues[1]["fields"]["issuelinks"]) == 1


@pytest.mark.parametrize("state", [LinkState.CREATING, LinkState.FAILED])
def test_while_the_link_is_not_finished_the_issue_is_kept_in_view(state: LinkState) -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    (link,) = world.links.links
    unfinished = world.links.save(
        replace(link, state=state, issue=None, attempt_at=world.clock() + timedelta(days=1))
    )

    for _ in range(8):
        swept(world)
        world.queue.send(a_find(incident_id, second.id))
        world.queue.stored.clear()
    early = is_joined(world, second)
    world.links.save(replace(unfinished, state=LinkState.LINKED, issue=link.issue))
    swept(world)
    world.work()

    assert not early
    assert is_joined(world, second)


def test_the_worker_leaves_an_issue_alone_whose_link_is_not_finished() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    (link,) = world.links.links
    other = replace(link, mapping_id="other", version=0)
    world.links.save(replace(link, state=LinkState.CREATING, issue=None))

    alone = world.joiner().handle(a_find(incident_id, second.id))
    world.links.save(other)
    report = world.joiner().handle(a_find(incident_id, second.id))

    assert report.rests == (f"Issue {second.id} is no duplicate that can be joined.",)
    assert alone == report


def test_an_issue_that_waits_for_ever_holds_nothing_else_back_for_more_than_a_day() -> None:
    world = World()
    incident_id = linked(world)
    linked(world)
    a_second(world, incident_id)
    link = world.links.of_incident(incident_id)[0]
    world.links.save(replace(link, state=LinkState.FAILED, issue=None))

    for _ in range(30):
        swept(world, hours=1)

    cursor = world.cursors.find(CURSOR)
    assert cursor is not None
    assert cursor.until == world.clock() - timedelta(minutes=15)


def test_the_first_issue_itself_is_no_duplicate_though_its_way_back_is_lost() -> None:
    world = World()
    incident_id = linked(world)
    first = world.issues[0]
    world.links._table.issues.clear()

    swept(world)

    assert found(world) == []
    report = world.joiner().handle(a_find(incident_id, first["id"]))
    assert report.says == ()


def test_an_issue_of_another_incident_is_not_joined() -> None:
    world = World()
    incident_id, other_id = linked(world), linked(world)
    second = a_second(world, incident_id)

    wrong = world.joiner().handle(a_find(other_id, second.id))
    taken = world.joiner().handle(a_find(other_id, world.issues[0]["id"]))

    assert wrong.rests == (f"Issue {second.id} is no duplicate that can be joined.",)
    assert "linked to another incident" in taken.rests[0]


def test_an_issue_that_was_deleted_meanwhile_is_no_work() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    swept(world)
    world.jira.model.delete_issue("alice", second.id)

    world.work()

    assert world.queue.dead == []
    assert told(world, incident_id) == []


def test_an_issue_that_was_claimed_meanwhile_is_not_joined() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    world.links.claimed(second.id)

    report = world.joiner().handle(a_find(incident_id, second.id))

    assert report.rests == (f"Issue {second.id} was linked by somebody else meanwhile.",)
    assert told(world, incident_id) == []


def test_g15_a_duplicate_never_pages_whatever_it_matches() -> None:
    world = World(a_mapping(), a_mapping(id="paging", jql="project = OPS"))
    world.poller().run()
    incident_id = linked(world)
    a_second(world, incident_id)

    for _ in range(4):
        world.poller().run()
        world.work()
        swept(world)
        world.work()

    assert list(world.pagerduty.model.incidents) == [incident_id]
    assert {row.state for row in world.rows.stored.values()} <= {
        MatchState.BASELINE,
        MatchState.OPENED,
    }


def test_links_of_a_mapping_that_is_off_are_left_alone() -> None:
    other = a_mapping(id="other", issue_type=replace(a_mapping().issue_type, id="10002"))
    world = World(a_mapping(), other)
    incident_id = linked(world)
    a_second(world, incident_id)
    world.mappings.put(replace(a_mapping(), enabled=False))

    swept(world)

    assert found(world) == []


def test_p21_the_cursor_moves_only_after_the_worker_was_told() -> None:
    world = World()
    incident_id = linked(world)
    swept(world)
    world.work()
    second, before = a_second(world, incident_id), world.cursors.find(CURSOR)
    world.plan.fail_next("queue.send", Temporary("The queue is down."))

    failed, cursor = swept(world), world.cursors.find(CURSOR)
    swept(world)
    world.work()

    assert failed.problems == ("The queue is down.",)
    assert cursor == before
    assert is_joined(world, second)


def test_what_this_part_fails_at_stops_no_other() -> None:
    world = World()
    linked(world)
    world.plan.fail_next("jira.made", Refused("Jira refused.", status=400))

    result = swept(world)

    assert result.problems == ("Jira refused.",)
    assert result.compared == 1


def test_r8_an_idle_sweep_makes_one_search_more_and_none_without_a_link() -> None:
    world = World()
    world.sweeper().run()
    without = world.jira.calls["made"]
    linked(world)
    swept(world, minutes=40)
    before = world.jira.calls.copy()

    swept(world)

    more = world.jira.calls - before
    assert without == 0
    assert more == {"states": 1, "made": 1}


def test_p21_of_many_issues_each_page_is_done_before_the_cursor_moves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.fakes.duplicates.FakeOurIssues.__init__", _of_two)
    world = World()
    incident_id = linked(world)
    for _ in range(5):
        a_second(world, incident_id)
        world.clock.forward(minutes=30)

    before = world.plan.calls.count("jira.made")
    part = world.sweeper().run(
        lambda: 1.0 if world.plan.calls.count("jira.made") > before else 999.0
    )
    some = len(found(world))
    world.sweeper().run()

    assert "time of this round was up" in part.problems[0]
    assert 0 < some < 5
    assert len({one.issue_id for one in found(world)}) == 5


def _of_two(self: Any, jira: Any) -> None:
    self._jira, self._page = jira, 2


def test_the_last_line_is_the_last_in_which_something_is_written() -> None:
    assert last_line("Slow\n\n  PagerDuty: x \r\n\n") == "PagerDuty: x"
    assert last_line(" \n") == last_line("") == ""


@pytest.mark.parametrize(
    ("line", "incident_id"),
    [
        ("PagerDuty: https://acme.pagerduty.com/incidents/Q0ABCDEF123456", "Q0ABCDEF123456"),
        ("PagerDuty: http://127.0.0.1:8080/incidents/PT4KHLK?x=1", "PT4KHLK"),
        ("PagerDuty: https://acme.pagerduty.com/incidents/", None),
        ("PagerDuty: https://acme.pagerduty.com/incidents/Q0%20A", None),
        ("PagerDuty: test of ops/bug", None),
        ("PagerDuty: https:///incidents/Q1", None),
        ("PagerDuty: https://[/incidents/Q1", None),
        ("https://acme.pagerduty.com/incidents/Q1", None),
    ],
)
def test_the_line_names_the_incident_by_the_end_of_its_address(
    line: str, incident_id: str | None
) -> None:
    assert named_by_line(line) == (incident_id and Naming(incident_id=incident_id))


@given(st.text())
def test_p26_whatever_stands_in_a_line_it_names_an_id_or_nothing(text: str) -> None:
    for line in (text, f"PagerDuty: {text}", f"PagerDuty: https://example.com/{text}"):
        naming = named_by_line(last_line(line))

        assert naming is None or naming.incident_id.isalnum()


def test_by_the_line_alone_the_link_is_one_of_that_project_and_type() -> None:
    links = [
        a_link(mapping_id="creating", state=LinkState.CREATING, issue=None),
        a_link(mapping_id="elsewhere", project_id="10200"),
        a_link(mapping_id="linked"),
    ]

    def of(kept: list[Link], **place: str) -> str | None:
        where = {"project_id": "10100", "issue_type_id": "10001", **place}
        link = differences.link_of(kept, Naming(incident_id="Q1"), **where)
        return link.mapping_id if link else None

    assert of(links) == "linked"
    assert of(links[:2]) == "creating"
    assert of(links, issue_type_id="10002") is None


def test_the_notice_is_due_once_and_has_an_end() -> None:
    first, more = (
        IssueRef(id="1", key="OPS-1"),
        [IssueRef(id=str(number), key=f"OPS-{number}") for number in range(2, 9)],
    )
    link = a_link(issue=first)

    for duplicate in (*more, *more):
        link = with_notice(link, duplicate.id, differences.text(duplicate, first))

    due = [one for key, one in link.notices.items() if key.startswith("duplicate-")]
    assert len(due) == 5
    assert {one.state for one in due} == {NoticeState.DUE}


def test_p39_a_second_issue_is_found_in_whatever_project_a_rule_has_moved_it_to() -> None:
    world = World()
    incident_id = linked(world)
    second = a_second(world, incident_id)
    world.jira.model.move_issue("alice", second.id, "WEB")

    swept(world)
    world.work()

    assert is_joined(world, second)


class Lying(FakeOurIssues):
    """A Jira that answers the search with all issues that it has."""

    def made(self, *, within_minutes: int, start: int = 0) -> OwnIssuePage:
        del within_minutes
        return super().made(within_minutes=1_000_000, start=start)


def test_r8_where_a_search_lies_no_property_is_read_of_what_was_not_asked_for() -> None:
    world = World()
    incident_id = linked(world)
    old = [a_second(world, incident_id) for _ in range(3)]
    world.clock.forward(days=3)
    young = a_second(world, incident_id)
    world.clock.forward(minutes=15)
    sweeper = world.sweeper()

    lied = replace(sweeper.duplicates, issues=Lying(world.jira))
    replace(sweeper, duplicates=lied).run()

    assert world.jira.calls["mark_of"] == 1
    assert [signal.issue_id for signal in found(world)] == [young.id]
    assert not any(is_joined(world, one) for one in old)
