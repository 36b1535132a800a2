"""How Jira tells that an issue was moved, deleted or hidden, to the fake and to the adapter."""

import pytest

from pdjira.errors import NotFound
from pdjira.model.comment import Comment
from pdjira.model.issue import IssueRef, Naming
from tests.contract.jira_sides import BUG, PROJECT, START, TASK, Side, draft, drop_mark

COMMENT = Comment(id="PNOTE1", incident_id="Q1", body="Restarted web-7.", about="note of Ada")


def test_a_moved_issue_is_read_by_its_id_with_its_new_key_and_place(side: Side) -> None:
    made = side.port.create_issue(draft())

    key = side.model.move_issue("alice", made.id, "WEB", type_id=TASK)

    issue = side.issues.read_issue(made.id, with_comments=True)
    assert (issue.ref.id, issue.ref.key) == (made.id, key)
    assert (issue.project_id, issue.issue_type_id) == ("10200", TASK)
    assert not side.issues.read_history(made.id).moved_by_us


def test_an_issue_is_found_by_its_key_and_by_the_one_that_it_had_before(side: Side) -> None:
    made = side.port.create_issue(draft())
    key = side.model.move_issue("alice", made.id, "WEB", type_id=TASK)

    found = [side.issues.find_key(one) for one in (made.key, key)]

    assert found == [IssueRef(id=made.id, key=key)] * 2


@pytest.mark.parametrize("how", ["deleted", "hidden"])
def test_a_deleted_or_hidden_issue_is_not_found_whatever_is_asked_of_it(
    side: Side, how: str
) -> None:
    made = side.port.create_issue(draft())
    if how == "deleted":
        side.model.delete_issue("alice", made.id)
    else:
        side.model.set_security("alice", made.id, {"alice"})

    for attempt in (
        lambda: side.issues.read_issue(made.id),
        lambda: side.issues.find_key(made.key),
        lambda: side.issues.transitions(made.id),
        lambda: side.issues.update_issue(made.id, {"summary": "x"}),
        lambda: side.comments.add_comment(made.id, COMMENT),
        lambda: side.issues.read_history(made.id),
        lambda: side.comments.read_comments(made.id),
        lambda: side.comments.find_comments(made.id, COMMENT, since=START),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_an_issue_tells_when_it_was_created_and_what_its_mark_names(side: Side) -> None:
    side.clock.forward(milliseconds=700)
    marked, by_line = side.port.create_issue(draft()), side.port.create_issue(draft())
    plain = side.port.create_issue(draft(fields={"summary": "Slow"}))
    drop_mark(side, by_line)
    drop_mark(side, plain)

    names = [side.issues.read_issue(one.id).naming for one in (marked, by_line, plain)]

    assert names == [
        Naming(incident_id="Q1", mapping_id="ops-bug"),
        Naming(incident_id="Q1"),
        None,
    ]
    assert side.issues.read_issue(marked.id).created_at == START


def test_an_id_that_a_restored_jira_gives_out_again_is_another_issues(side: Side) -> None:
    backup = side.clock.now
    side.clock.forward(minutes=1)
    ours = side.port.create_issue(draft())
    side.clock.forward(days=2)
    side.model.restore(backup)
    fields = {"project": {"id": PROJECT}, "issuetype": {"id": BUG}, "summary": "Theirs"}
    side.model.create_issue("alice", {"fields": fields})

    read = side.issues.read_issue(ours.id)

    assert (read.ref, read.summary) == (ours, "Theirs")
    assert (read.created_at, read.naming) == (side.clock.now, None)
