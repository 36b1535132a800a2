"""The promises of the port `Searches`, kept by the fake and by the adapter."""

from datetime import timedelta

import pytest

from pdjira.adapters.jira.searches import page_of
from pdjira.errors import Refused, Temporary, Unauthenticated
from pdjira.jql.matches import Match
from pdjira.jql.ports import Searches
from pdjira.jql.query import SEARCH_WINDOW, wrap
from pdjira.model.issue import IssueRef
from tests.contract.jira_sides import BUG, PROJECT, START, InProcess, OverHttp, Side
from tests.contract.jira_sides import client as jira_client
from tests.contract.jira_sides import connection as jira_connection
from tests.contract.wire_double import answer, serving
from tests.fakes.searches import FakeSearches
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.versions import version_named

ALL = wrap("", project_id=PROJECT, issue_type_id=BUG)
CHANGED = wrap("", project_id=PROJECT, issue_type_id=BUG, within_minutes=60)


def searches_of(side: Side) -> Searches:
    if isinstance(side, InProcess):
        return FakeSearches(side.port)
    assert isinstance(side, OverHttp)
    return side.port.searches()


def an_issue(side: Side, **fields: object) -> IssueRef:
    made = {"project": {"id": PROJECT}, "issuetype": {"id": BUG}, "summary": "Slow", **fields}
    bean = side.model.create_issue("alice", {"fields": made})
    side.clock.forward(seconds=1)
    return IssueRef(id=bean["id"], key=bean["key"])


def test_m15_the_issues_that_match_are_counted(side: Side) -> None:
    for label in ("red", "red", "blue"):
        an_issue(side, labels=[label])
    an_issue(side, labels=["red"], project={"key": "WEB"})

    red = wrap("labels = red", project_id=PROJECT, issue_type_id=BUG)

    assert searches_of(side).count(red) == 2
    assert searches_of(side).count("labels = green") == 0


@pytest.mark.parametrize(
    ("jql", "says"),
    [
        ("bogus = 1", "Field 'bogus' does not exist or you do not have permission to view it."),
        ("status = Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        (
            "project = INT",
            (
                "Error in the JQL Query: 'INT' is a reserved JQL word. You must surround it in "
                "quotation marks to use it in a query. (line 1, character 11)"
            ),
        ),
    ],
)
def test_m15_a_jql_that_jira_does_not_take_is_refused_in_its_own_words(
    side: Side, jql: str, says: str
) -> None:
    for ask in (searches_of(side).count, searches_of(side).matches):
        with pytest.raises(Refused) as raised:
            ask(jql)

        assert raised.value.messages == (says,)


def test_matches_tell_to_the_second_when_each_was_created_and_changed_in_their_order(
    side: Side,
) -> None:
    side.clock.forward(microseconds=700_000)
    first, second = an_issue(side), an_issue(side)
    side.model.edit_issue("alice", first.id, {"fields": {"labels": ["red"]}})

    page = searches_of(side).matches(CHANGED)

    a_second = timedelta(seconds=1)
    assert page.matches == (
        Match(issue=second, updated=START + a_second, created=START + a_second),
        Match(issue=first, updated=START + 2 * a_second, created=START),
    )
    assert (page.total, page.next_start) == (2, None)


def test_pages_are_as_long_as_jira_makes_them(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.sandbox.jira.model.SEARCH_CAP", 2)
    issues = [an_issue(side) for _ in range(5)]
    searches = searches_of(side)

    first = searches.matches(ALL)
    second = searches.matches(ALL, start=first.next_start or 0)
    last = searches.matches(ALL, start=second.next_start or 0)

    assert (first.next_start, second.next_start, last.next_start) == (2, 4, None)
    found = [match.issue for page in (first, second, last) for match in page.matches]
    assert found == issues
    assert {page.total for page in (first, second, last)} == {5}


def test_a_page_tells_how_far_jiras_clock_is_ahead(side: Side) -> None:
    an_issue(side)

    assert searches_of(side).matches(ALL).clock_ahead is not None


def test_nothing_is_asked_for_beyond_the_window_that_a_new_jira_refuses(side: Side) -> None:
    side.model.version = version_named("11.3")
    an_issue(side)

    page = searches_of(side).matches(ALL, start=SEARCH_WINDOW - 1)

    assert (page.matches, page.next_start) == ((), None)


def test_the_window_is_where_reading_ends_however_many_match() -> None:
    row = {"id": "1", "key": "OPS-1", "fields": {"updated": "2026-11-02T09:30:00.000+0000"}}
    said = {"issues": [row, row], "total": SEARCH_WINDOW + 5}

    assert page_of(said, start=0).next_start == 2
    assert page_of(said, start=SEARCH_WINDOW - 2).next_start is None


def test_only_what_changed_within_the_window_of_time_is_found(side: Side) -> None:
    an_issue(side)
    side.clock.forward(minutes=5)
    young = an_issue(side)

    page = searches_of(side).matches(
        wrap("", project_id=PROJECT, issue_type_id=BUG, within_minutes=5)
    )

    assert [match.issue for match in page.matches] == [young]


def test_an_issue_that_is_gone_is_no_match_and_no_error(side: Side) -> None:
    issue, searches = an_issue(side, labels=["red"]), searches_of(side)
    asked = wrap("labels = red", project_id=PROJECT, issue_type_id=BUG, issue_ids=[issue.id])

    matched = searches.ids(asked)
    side.model.edit_issue("alice", issue.id, {"fields": {"labels": []}})
    left = searches.ids(asked)
    side.model.delete_issue("alice", issue.id)

    assert (matched, left, searches.ids(asked)) == (
        frozenset({issue.id}),
        frozenset(),
        frozenset(),
    )


def test_p26_no_jql_finds_issues_of_another_project_or_type(side: Side) -> None:
    an_issue(side, project={"key": "WEB"})
    an_issue(side, issuetype={"id": "10002"})
    searches = searches_of(side)

    for jql in ("project = WEB OR project = OPS", "status = Open OR type = Task", ""):
        query = wrap(jql, project_id=PROJECT, issue_type_id=BUG)
        assert searches.count(query) == 0


def test_an_empty_answer_to_nobody_is_not_believed(side: Side) -> None:
    side.refuse_us()
    searches = searches_of(side)

    for ask in (searches.count, searches.matches, searches.ids):
        with pytest.raises(Unauthenticated):
            ask("labels = green")


# ---- on the wire

NOTHING = '{"startAt": 0, "maxResults": 0, "total": 0, "issues": []}'
REJECTED = '{"message": "Client must be authenticated", "status-code": 401}'


def test_an_empty_answer_that_does_not_tell_for_whom_is_asked_after() -> None:
    me = f'{{"name": "{OUR_ACCOUNT}"}}'

    with serving(answer(200, NOTHING), answer(200, me), answer(200, NOTHING)) as stage:
        searches = jira_client(lambda: jira_connection(stage.url)).searches()
        assert searches.count("labels = green") == 0
        assert [request.split()[1] for request in stage.requests] == [
            "/rest/api/2/search",
            "/rest/api/2/myself",
        ]

    with serving(answer(200, NOTHING), answer(401, REJECTED)) as stage:
        searches = jira_client(lambda: jira_connection(stage.url)).searches()
        with pytest.raises(Unauthenticated):
            searches.count("labels = green")


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"issues": []}',
        '{"total": 1, "issues": [{"id": "1", "key": "OPS-1"}]}',
        '{"total": 1, "issues": [{"id": "1", "key": "OPS-1", "fields": {"updated": "now"}}]}',
        '{"total": 1, "issues": [{"id": "1", "fields": {}}]}',
    ],
)
def test_an_answer_that_does_not_tell_what_matches_is_temporary(body: str) -> None:
    with serving(answer(200, body)) as stage:
        searches = jira_client(lambda: jira_connection(stage.url)).searches()
        with pytest.raises(Temporary):
            searches.matches("labels = green")
