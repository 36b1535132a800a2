"""What the use cases may rely on of Jira's issues: the fake and the adapter keep the promises."""

import pytest

from pdjira.errors import NotFound, Refused, Unauthenticated
from pdjira.model.comment import of_transition
from pdjira.model.issue import AllowedValue, IssueStatus
from pdjira.model.workflow import Filling
from tests.builders import an_incident
from tests.contract.jira_sides import BUG, PROJECT, START, TASK, Side, draft, on_every_version
from tests.sandbox.jira.seed import OUR_ACCOUNT

OPEN = IssueStatus(id="1", name="Open")
IN_PROGRESS = IssueStatus(id="3", name="In Progress")
RESOLVED = IssueStatus(id="5", name="Resolved", done=True)


def test_an_issue_tells_its_key_and_status(side: Side) -> None:
    ref = side.port.create_issue(draft())

    issue = side.issues.read_issue(ref.id)

    assert (issue.ref, issue.status) == (ref, OPEN)


def test_an_issue_that_is_not_there_is_not_found(side: Side) -> None:
    with pytest.raises(NotFound):
        side.issues.read_issue("99999")


@on_every_version
def test_the_transitions_are_those_of_the_issues_status_with_what_their_screens_require(
    side: Side,
) -> None:
    ref = side.port.create_issue(draft())
    side.issues.transition(ref.id, "11", Filling())

    offered = {one.to.name: one for one in side.issues.transitions(ref.id)}

    assert set(offered) == {"Open", "Resolved"}
    assert offered["Resolved"].to == RESOLVED
    (resolution,) = [one for one in offered["Resolved"].fields if one.required]
    assert (resolution.id, resolution.type) == ("resolution", "resolution")


@on_every_version
def test_a_transition_moves_the_issue_and_writes_the_fields_of_its_screen(side: Side) -> None:
    ref = side.port.create_issue(draft())
    side.issues.transition(ref.id, "11", Filling())

    side.issues.transition(ref.id, "31", Filling(fields={"resolution": {"name": "Done"}}))

    assert side.issues.read_issue(ref.id).status == RESOLVED
    fields = side.model.get_issue(OUR_ACCOUNT, ref.id)["fields"]
    assert fields["resolution"]["name"] == "Done"


def test_m26_a_transition_adds_what_its_screen_takes_by_add_alone(side: Side) -> None:
    """A comment bears its mark, so that it is known as ours."""
    workflow = side.model.world.projects[PROJECT].workflow
    screen = next(one.screen for one in workflow.transitions if one.id == "31")
    assert screen
    screen.fields.extend(("worklog", "comment", "attachment"))
    screen.required.update(("worklog", "comment"))
    ref = side.port.create_issue(draft())
    side.issues.transition(ref.id, "11", Filling())
    offered = {one.id: one for one in side.issues.transitions(ref.id)}["31"].fields
    filling = Filling(
        fields={"resolution": {"name": "Done"}},
        additions={"worklog": [{"timeSpent": "1m"}, {"timeSpent": "2h"}]},
        comment=of_transition("over", an_incident(), issue=ref, internal=False),
    )

    side.issues.transition(ref.id, "31", filling)

    (comment,) = side.model.issue(OUR_ACCOUNT, ref.id).comments
    assert side.issues.read_issue(ref.id).status == RESOLVED
    closed = {one.id: one.operations for one in offered if "set" not in one.operations}
    assert closed == {
        "worklog": ("add",),
        "comment": ("add",),
        "attachment": (),
    }
    assert comment.body == "over"
    assert comment.properties["pagerduty.note"]["id"] == "notice:transition"
    worklog = side.model.issue(OUR_ACCOUNT, ref.id).values["worklog"]
    assert worklog == [{"timeSpent": "1m"}, {"timeSpent": "2h"}]


def test_m26_what_is_taken_by_add_alone_is_refused_among_the_fields(side: Side) -> None:
    workflow = side.model.world.projects[PROJECT].workflow
    screen = next(one.screen for one in workflow.transitions if one.id == "31")
    assert screen
    screen.fields.append("worklog")
    ref = side.port.create_issue(draft())
    side.issues.transition(ref.id, "11", Filling())
    given = {"resolution": {"name": "Done"}, "worklog": [{"timeSpent": "1m"}]}

    with pytest.raises(Refused, match="worklog"):
        side.issues.transition(ref.id, "31", Filling(fields=given))


def test_a_transition_without_a_field_that_it_requires_is_refused(side: Side) -> None:
    ref = side.port.create_issue(draft())
    side.issues.transition(ref.id, "11", Filling())

    with pytest.raises(Refused):
        side.issues.transition(ref.id, "31", Filling())

    assert side.issues.read_issue(ref.id).status == IN_PROGRESS


@pytest.mark.parametrize("transition", ["31", "999"])
def test_a_transition_that_the_status_does_not_have_is_refused(side: Side, transition: str) -> None:
    ref = side.port.create_issue(draft())

    with pytest.raises((Refused, NotFound)):
        side.issues.transition(ref.id, transition, Filling())


@on_every_version
def test_fields_are_written_and_writing_them_twice_changes_nothing(side: Side) -> None:
    ref = side.port.create_issue(draft())

    for _ in range(2):
        side.issues.update_issue(ref.id, {"priority": {"id": "1"}, "summary": "Other"})

    fields = side.model.get_issue(OUR_ACCOUNT, ref.id)["fields"]
    assert (fields["priority"]["id"], fields["summary"]) == ("1", "Other")


def test_what_jira_does_not_take_is_refused_with_the_field(side: Side) -> None:
    ref = side.port.create_issue(draft())

    with pytest.raises(Refused) as raised:
        side.issues.update_issue(ref.id, {"priority": {"id": "777"}})

    assert set(raised.value.fields) == {"priority"}


def test_m22_an_issue_is_deleted_once(side: Side) -> None:
    ref = side.port.create_issue(draft())
    side.model.world.grant(OUR_ACCOUNT, "DELETE_ISSUES", project=PROJECT)

    side.issues.delete_issue(ref.id)

    assert int(ref.id) not in side.model.issues
    with pytest.raises(NotFound):
        side.issues.delete_issue(ref.id)


def test_m22_without_the_right_to_delete_an_issue_stays(side: Side) -> None:
    ref = side.port.create_issue(draft())

    with pytest.raises(Refused):
        side.issues.delete_issue(ref.id)

    assert side.issues.read_issue(ref.id).ref == ref


@on_every_version
def test_an_issue_in_a_status_is_found_and_only_of_that_project_and_type(side: Side) -> None:
    ref = side.port.create_issue(draft())
    side.port.create_issue(draft(issue_type_id=TASK))
    side.issues.transition(ref.id, "11", Filling())

    def found(issue_type_id: str, status_id: str) -> object:
        return side.issues.issue_in(
            project_id=PROJECT, issue_type_id=issue_type_id, status_id=status_id
        )

    assert found(BUG, "3") == ref
    assert found(BUG, "1") is None
    assert found(TASK, "3") is None


@pytest.mark.parametrize("gone", [{"project_id": "99999"}, {"issue_type_id": "99999"}])
def test_in_a_project_or_type_that_is_gone_no_issue_is_found(
    side: Side, gone: dict[str, str]
) -> None:
    side.port.create_issue(draft())

    found = side.port.find_issue(draft(**gone), since=START)
    place = {"project_id": PROJECT, "issue_type_id": BUG, **gone}

    assert found is None
    assert side.issues.issue_in(**place, status_id="1") is None


def test_whoever_is_not_signed_in_reads_and_writes_nothing(side: Side) -> None:
    ref = side.port.create_issue(draft())
    side.refuse_us()

    with pytest.raises(Unauthenticated):
        side.issues.read_issue(ref.id)
    with pytest.raises(Unauthenticated):
        side.issues.issue_in(project_id=PROJECT, issue_type_id=BUG, status_id="1")


def test_g9_an_issue_tells_the_fields_that_are_asked_for_and_no_others(side: Side) -> None:
    number, team, nonesuch = "customfield_10001", "customfield_10004", "customfield_99999"
    ref = side.port.create_issue(draft(fields={"summary": "x", number: "7"}))

    issue = side.issues.read_issue(ref.id, fields=(number, team, nonesuch))

    assert issue.asked == {number, team, nonesuch}
    assert issue.fields == {number: "7", team: None}
    assert issue.screen is None
    assert side.issues.read_issue(ref.id).fields == {}


def test_g9_an_edit_screen_tells_what_may_be_edited_and_which_values_a_field_takes(
    side: Side,
) -> None:
    ref = side.port.create_issue(draft())

    screen = side.issues.read_issue(ref.id, with_screen=True).screen

    assert screen
    assert {"summary", "customfield_10001", "customfield_10005"} <= screen.fields.keys()
    assert "project" not in screen.fields
    assert screen.fields["customfield_10005"].type == "number"
    assert AllowedValue(id="10300", name="Platform") in (
        screen.fields["customfield_10004"].allowed or ()
    )


def test_g9_without_the_right_to_edit_the_edit_screen_is_empty(side: Side) -> None:
    ref = side.port.create_issue(draft())
    side.model.world.revoke(OUR_ACCOUNT, "EDIT_ISSUES", project=PROJECT)

    screen = side.issues.read_issue(ref.id, with_screen=True).screen

    assert screen
    assert screen.fields == {}
