"""The promises of what finds and joins second issues, kept by the adapters and by their fakes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pdjira.adapters.jira import searches
from pdjira.errors import NotFound, Refused, Temporary, Unauthenticated
from pdjira.model.issue import IssueRef, Naming
from pdjira.model.times import read_time
from pdjira.sweep.differences import OwnIssue
from pdjira.sweep.ports import OurIssues
from tests.contract import jira_sides
from tests.contract.jira_sides import BUG, PROJECT, bean, draft, drop_mark, put_mark
from tests.contract.wire_double import answer, serving
from tests.fakes.duplicates import FakeOurIssues
from tests.sandbox.jira.seed import OUR_ACCOUNT

OTHER_PROJECT = "10200"


def our_issues(side: jira_sides.Side) -> OurIssues:
    if isinstance(side, jira_sides.InProcess):
        return FakeOurIssues(side.port, page=searches.MADE_PAGE)
    assert isinstance(side, jira_sides.OverHttp)
    return side.port.own_issues()


def made(side: jira_sides.Side, *, within: int = 60) -> list[IssueRef]:
    return [one.ref for one in _all(our_issues(side), within)]


def _all(ours: OurIssues, within: int) -> Iterator[OwnIssue]:
    start: int | None = 0
    while start is not None:
        page = ours.made(within_minutes=within, start=start)
        yield from page.issues
        start = page.next_start


def test_what_our_account_created_is_told_oldest_first_and_nobody_elses(
    side: jira_sides.Side,
) -> None:
    first = side.port.create_issue(draft())
    side.clock.forward(seconds=2)
    side.model.create_issue("alice", {"fields": {**_fields(), "summary": "Theirs"}})
    second = side.port.create_issue(draft(fields=_fields(description=None)))
    side.clock.forward(minutes=15)

    told = list(_all(our_issues(side), 60))

    assert [one.ref for one in told] == [first, second]
    assert [one.last_line for one in told] == [jira_sides.LINE, ""]
    assert {(one.project_id, one.issue_type_id) for one in told} == {(PROJECT, BUG)}
    created = read_time(bean(side, first)["fields"]["created"])
    assert told[0].created_at == created


def test_what_is_young_and_what_is_too_old_is_left_out(side: jira_sides.Side) -> None:
    side.port.create_issue(draft())
    side.clock.forward(minutes=46)
    right = side.port.create_issue(draft())
    side.clock.forward(minutes=15)
    side.port.create_issue(draft())

    assert made(side, within=60) == [right]


def test_an_issue_that_was_moved_is_told_with_its_new_place(side: jira_sides.Side) -> None:
    issue = side.port.create_issue(draft())
    side.model.move_issue("alice", issue.id, "WEB")
    side.clock.forward(minutes=20)

    (told,) = _all(our_issues(side), 60)

    assert (told.ref.id, told.project_id) == (issue.id, OTHER_PROJECT)


def test_the_issues_come_in_pages(side: jira_sides.Side, monkeypatch: pytest.MonkeyPatch) -> None:
    issues = [side.port.create_issue(draft()) for _ in range(3)]
    side.clock.forward(minutes=20)
    monkeypatch.setattr(searches, "MADE_PAGE", 2)

    page = our_issues(side).made(within_minutes=60)

    assert [one.ref for one in page.issues] == issues[:2]
    assert page.next_start == 2
    assert made(side) == issues


def test_nobody_is_told_nothing(side: jira_sides.Side) -> None:
    side.refuse_us()

    with pytest.raises(Unauthenticated):
        made(side)


def test_the_mark_of_an_issue_is_read_past_the_index(side: jira_sides.Side) -> None:
    side.model.lag = 60
    issue = side.port.create_issue(draft(incident="Q1", mapping="ops-bug"))

    marked = our_issues(side).mark_of(issue.id)

    assert marked == Naming(incident_id="Q1", mapping_id="ops-bug")


def test_without_a_property_and_without_the_issue_there_is_no_mark(side: jira_sides.Side) -> None:
    issue = side.port.create_issue(draft())
    drop_mark(side, issue)

    assert our_issues(side).mark_of(issue.id) is None
    assert our_issues(side).mark_of("99999") is None


@pytest.mark.parametrize("value", [{}, {"id": 1, "mapping": "a"}, {"id": "Q1", "mapping": None}])
def test_a_property_that_we_did_not_write_names_nothing(
    side: jira_sides.Side, value: object
) -> None:
    issue = side.port.create_issue(draft())
    put_mark(side, issue, value)

    assert our_issues(side).mark_of(issue.id) is None


def test_a_duplicate_is_shown_on_both_issues_once(side: jira_sides.Side) -> None:
    first, second = side.port.create_issue(draft()), side.port.create_issue(draft())

    for _ in range(2):
        our_issues(side).show_duplicate(second, of=first)

    [link] = bean(side, second)["fields"]["issuelinks"]
    [back] = bean(side, first)["fields"]["issuelinks"]
    assert (link["type"]["outward"], link["outwardIssue"]["key"]) == ("duplicates", first.key)
    assert back["inwardIssue"]["key"] == second.key


def test_without_the_right_a_duplicate_is_refused_and_we_are_still_signed_in(
    side: jira_sides.Side,
) -> None:
    first, second = side.port.create_issue(draft()), side.port.create_issue(draft())
    side.model.world.revoke(OUR_ACCOUNT, "LINK_ISSUES", project=PROJECT)

    with pytest.raises(Refused) as raised:
        our_issues(side).show_duplicate(second, of=first)

    assert "No Link Issue Permission" in str(raised.value)


def test_a_jira_without_such_links_does_not_find_them(side: jira_sides.Side) -> None:
    first, second = side.port.create_issue(draft()), side.port.create_issue(draft())
    side.model.world.link_types = ()

    with pytest.raises(NotFound):
        our_issues(side).show_duplicate(second, of=first)
    with pytest.raises(NotFound):
        our_issues(side).show_duplicate(second, of=replace(first, key="OPS-99"))


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "key": "OPS-1"},
        {"fields": {"created": "2026-11-24T03:00:00.000+0000", "project": {"id": "1"}}},
    ],
)
def test_an_issue_that_jira_does_not_describe_is_temporary(row: dict[str, Any]) -> None:
    with serving(answer(200, json.dumps({"total": 1, "issues": [row]}))) as stage:
        ours = jira_sides.client(lambda: jira_sides.connection(stage.url)).own_issues()
        with pytest.raises(Temporary):
            ours.made(within_minutes=60)


def test_nothing_found_that_does_not_tell_for_whom_is_asked_after() -> None:
    nothing = answer(200, '{"total": 0, "issues": []}')

    with serving(nothing, answer(401, '{"message": "no"}')) as stage:
        ours = jira_sides.client(lambda: jira_sides.connection(stage.url)).own_issues()
        with pytest.raises(Unauthenticated):
            ours.made(within_minutes=60)


def _fields(**changes: Any) -> dict[str, Any]:
    fields = {"project": {"id": PROJECT}, "issuetype": {"id": BUG}, "summary": "Slow", **changes}
    return {name: value for name, value in fields.items() if value is not None}
