"""What the use cases may rely on of comments in Jira: fake and adapter keep the promises."""

from typing import Any

import pytest

from pdjira.errors import NotFound
from pdjira.model.issue import NO_HISTORY, CommentPage, HistoryEntry, IssueHistory, IssueRef
from pdjira.model.workflow import Filling
from tests.builders import a_comment
from tests.contract.jira_sides import START, Side, draft
from tests.sandbox.jira.seed import OUR_ACCOUNT


def shown(side: Side, issue: IssueRef) -> list[dict[str, Any]]:
    comments: list[dict[str, Any]] = side.model.comments(
        "alice", issue.id, limit=500, expand=("properties",)
    )["comments"]
    return comments


def test_a_comment_is_added_together_with_its_mark(side: Side) -> None:
    issue = side.port.create_issue(draft())

    comment_id = side.comments.add_comment(issue.id, a_comment())

    (comment,) = shown(side, issue)
    assert (comment["id"], comment["body"]) == (comment_id, "[PagerDuty] Ada: Restarted web-7.")
    assert comment["properties"] == [
        {"key": "pagerduty.note", "value": {"id": "PNOTE1", "incident": "Q1"}}
    ]


def test_an_internal_comment_bears_service_desks_own_mark_too(side: Side) -> None:
    issue = side.port.create_issue(draft())

    side.comments.add_comment(issue.id, a_comment(internal=True))

    (comment,) = shown(side, issue)
    assert {"key": "sd.public.comment", "value": {"internal": True}} in comment["properties"]


def test_a_comment_is_found_by_its_mark_among_very_many(side: Side) -> None:
    issue = side.port.create_issue(draft())
    for number in range(120):
        side.model.add_comment("alice", issue.id, {"body": f"remark {number}"})
    side.comments.add_comment(issue.id, a_comment(id="PNOTE2"))
    comment_id = side.comments.add_comment(issue.id, a_comment())

    assert side.comments.find_comments(issue.id, a_comment(), since=START) == [comment_id]


def test_comments_are_read_newest_page_first_each_with_its_mark(side: Side) -> None:
    issue = side.port.create_issue(draft())
    first = side.model.add_comment("alice", issue.id, {"body": "remark 0"})["id"]
    for number in range(1, 119):
        side.model.add_comment("alice", issue.id, {"body": f"remark {number}"})
    ours = side.comments.add_comment(issue.id, a_comment())

    newest = side.comments.read_comments(issue.id)
    middle = side.comments.read_comments(issue.id, before=newest.start)
    oldest = side.comments.read_comments(issue.id, before=middle.start)

    assert [(page.start, page.end) for page in (oldest, middle, newest)] == [
        (0, 20),
        (20, 70),
        (70, 120),
    ]
    assert (newest.comments[-1].id, newest.comments[-1].is_marked) == (ours, True)
    assert (oldest.comments[0].id, oldest.comments[0].is_marked) == (str(first), False)


def test_an_issue_without_comments_has_an_empty_page(side: Side) -> None:
    issue = side.port.create_issue(draft())

    assert side.comments.read_comments(issue.id) == CommentPage(comments=(), start=0, end=0)


def test_a_comment_of_its_own_tells_whether_it_bears_a_mark(side: Side) -> None:
    issue = side.port.create_issue(draft())
    ours = side.comments.add_comment(issue.id, a_comment())
    theirs = side.model.add_comment(OUR_ACCOUNT, issue.id, {"body": a_comment().body})["id"]

    assert side.comments.is_marked(ours)
    assert not side.comments.is_marked(str(theirs))


def test_where_jira_drops_marks_a_comment_is_found_by_author_and_text(side: Side) -> None:
    side.model.world.keeps_comment_properties = False
    issue = side.port.create_issue(draft())
    side.model.add_comment("alice", issue.id, {"body": a_comment().body})
    early = side.comments.add_comment(issue.id, a_comment())
    side.comments.add_comment(issue.id, a_comment(body="[PagerDuty] Ada: Another thing."))
    late = side.comments.add_comment(issue.id, a_comment())

    assert side.comments.find_comments(issue.id, a_comment(), since=START) == [early, late]


def test_a_comment_that_bears_another_mark_is_not_found_by_its_text(side: Side) -> None:
    issue = side.port.create_issue(draft())
    side.comments.add_comment(issue.id, a_comment(id="PNOTE2"))

    assert side.comments.find_comments(issue.id, a_comment(), since=START) == []


@pytest.mark.parametrize("other", [{"id": "PNOTE2"}, {"incident_id": "Q2"}])
def test_a_comment_with_another_mark_is_not_the_one(side: Side, other: dict[str, str]) -> None:
    issue = side.port.create_issue(draft())
    side.comments.add_comment(issue.id, a_comment(**other))

    assert side.comments.find_comments(issue.id, a_comment(), since=START) == []


def test_on_an_issue_that_is_not_there_nothing_is_added_or_found(side: Side) -> None:
    with pytest.raises(NotFound):
        side.comments.add_comment("99999", a_comment())
    with pytest.raises(NotFound):
        side.comments.find_comments("99999", a_comment(), since=START)


def test_an_issue_that_nobody_moved_has_no_history(side: Side) -> None:
    issue = side.port.create_issue(draft())

    read = side.issues.read_issue(issue.id)

    assert side.issues.read_history(issue.id) == NO_HISTORY
    assert read.history is None
    assert (read.project_id, read.issue_type_id) == ("10100", "10001")


def test_the_history_tells_the_first_status_and_whether_we_moved_the_issue_last(
    side: Side,
) -> None:
    issue = side.port.create_issue(draft())
    side.issues.transition(issue.id, "11", Filling())
    ours = side.issues.read_history(issue.id)
    side.model.edit_issue("alice", issue.id, {"fields": {"summary": "Down"}})
    side.model.transition("alice", issue.id, {"transition": {"id": "21"}})
    theirs = side.issues.read_history(issue.id)

    (first, edit, second) = theirs.entries
    assert ours == IssueHistory(initial_status_id="1", entries=(first,))
    assert (theirs.initial_status_id, theirs.initial_summary) == ("1", draft().fields["summary"])
    assert first == HistoryEntry(id=first.id, status_id="3", by_us=True)
    assert edit == HistoryEntry(id=edit.id)
    assert second == HistoryEntry(id=second.id, status_id="1")
    assert (ours.moved_by_us, theirs.moved_by_us) == (True, False)


def test_a_history_comes_along_with_its_issue_unless_it_is_long(side: Side) -> None:
    issue = side.port.create_issue(draft())
    side.issues.transition(issue.id, "11", Filling())
    short = side.issues.read_issue(issue.id, with_history=True)
    for number in range(20):
        text = f"{number}{'x' * 32_700}"
        side.model.edit_issue("alice", issue.id, {"fields": {"description": text}})
    long = side.issues.read_issue(issue.id, with_history=True)

    assert short.history
    assert [entry.status_id for entry in short.history.entries] == ["3"]
    assert (long.history, long.status.id) == (None, "3")
    assert len(side.issues.read_history(issue.id).entries) == 21


def test_an_issue_is_read_with_what_was_written_on_it(side: Side) -> None:
    issue = side.port.create_issue(draft())
    ours = side.comments.add_comment(issue.id, a_comment())
    theirs = side.model.add_comment("bob", issue.id, {"body": "*Look*"})["id"]
    role = {"type": "role", "value": "Administrators"}
    side.model.add_comment("alice", issue.id, {"body": "hidden", "visibility": role})

    page = side.issues.read_issue(issue.id, with_comments=True).comments

    assert page is not None
    comments = page.comments
    assert [(one.id, one.by_us, one.is_restricted) for one in comments][:2] == [
        (ours, True, False),
        (theirs, False, False),
    ]
    assert (comments[1].author, comments[1].author_email) == ("Bob Example", "bob@example.com")
    assert comments[1].body == "*Look*"
    assert all(one.is_restricted for one in comments[2:])


def test_comments_are_not_read_unless_they_are_asked_for(side: Side) -> None:
    issue = side.port.create_issue(draft())

    assert side.issues.read_issue(issue.id).comments is None


def test_an_issue_tells_what_both_sides_are_kept_in_step_by(side: Side) -> None:
    issue = side.port.create_issue(draft())
    side.model.edit_issue("alice", issue.id, {"fields": {"priority": {"id": "2"}}})
    side.model.edit_issue("alice", issue.id, {"fields": {"assignee": {"name": "bob"}}})
    side.issues.transition(issue.id, "11", Filling())
    side.issues.transition(issue.id, "31", Filling(fields={"resolution": {"name": "Done"}}))

    read = side.issues.read_issue(issue.id)

    assert (read.summary, read.priority_id) == ("Checkout is down", "2")
    assert (read.resolution_id, read.assignee_email) == ("10000", "bob@example.com")
    assert read.resolved_at is not None
    assert side.issues.read_history(issue.id).initial_priority_id not in {None, "2"}


def test_only_an_issue_that_nobody_has_changed_is_known_as_untouched(side: Side) -> None:
    side.clock.forward(seconds=0.25)
    issue = side.port.create_issue(draft())
    before = side.issues.read_issue(issue.id)
    side.clock.forward(seconds=1)
    side.model.edit_issue("alice", issue.id, {"fields": {"priority": {"id": "2"}}})

    assert before.is_untouched
    assert not side.issues.read_issue(issue.id).is_untouched


def test_where_jira_keeps_whole_seconds_no_issue_is_known_as_untouched(side: Side) -> None:
    """An automation changes it within the second in which it was created."""
    issue = side.port.create_issue(draft())

    assert not side.issues.read_issue(issue.id).is_untouched
