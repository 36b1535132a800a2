"""What JQL finds, and when."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.jql.query import quote
from tests.builders import FakeClock
from tests.sandbox.jira.jql import Clause, Operand, parse
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira_facts.client import ALICE, Client, a_bug, said


def test_a_search_knows_a_write_only_after_the_lag(jira: Client, clock: FakeClock) -> None:
    jira.control("PUT", "lag", {"seconds": 30})
    key = jira.create()
    query = f'project = OPS AND creator = currentUser() AND issuetype = "10001" AND key = {key}'

    at_once = jira.found(query)
    readable = jira("GET", f"/issue/{key}").status_code
    clock.forward(seconds=29)
    nearly = jira.found(query)
    clock.forward(seconds=1)

    assert (at_once, readable, nearly) == ([], 200, [])
    assert jira.found(query) == [key]


def test_a_search_shows_an_edit_only_after_the_lag(jira: Client, clock: FakeClock) -> None:
    key = jira.create()
    jira.control("PUT", "lag", {"seconds": 30})
    clock.forward(seconds=30)
    jira("PUT", f"/issue/{key}", json={"fields": {"priority": {"name": "High"}}})

    stale = jira.found("priority = High")
    clock.forward(seconds=30)

    assert stale == []
    assert jira.found("priority = High") == [key]


def test_searches_come_in_pages_of_fifty_and_are_capped_in_silence(jira: Client) -> None:
    model = jira.server.model
    with model.lock:
        for number in range(1_010):
            model.create_issue(OUR_ACCOUNT, a_bug(summary=f"{number}"))

    default = jira("GET", "/search?jql=order+by+key+asc&fields=summary").json()
    body = {"jql": "order by key asc", "maxResults": 5_000, "fields": ["summary"], "startAt": 5}
    capped = jira("POST", "/search", json=body).json()

    assert (len(default["issues"]), default["maxResults"], default["total"]) == (50, 50, 1_010)
    assert (len(capped["issues"]), capped["maxResults"]) == (1_000, 1_000)
    assert capped["issues"][0]["key"] == "OPS-6"


@pytest.mark.parametrize(
    ("jql", "says"),
    [
        ("bogus = 1", "Field 'bogus' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'"),
        ("status = Nowhere", "The value 'Nowhere' does not exist for the field 'status'"),
        ("project = OPS ORDER BY bogus", "Not able to sort using field 'bogus'."),
        ("text = x", "The operator '=' is not supported by the 'text' field."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("labels ~ x", "The operator '~' is not supported by the 'labels' field."),
        ("creator = nobody()", "Unable to find JQL function 'nobody()'."),
        ('created >= now("-30d")', "Function 'now' expected '0' arguments but received '1'."),
        (
            "project = INT",
            (
                "Error in the JQL Query: 'INT' is a reserved JQL word. You must surround it in "
                "quotation marks to use it in a query. (line 1, character 11)"
            ),
        ),
        ("project = OPS AND\n do = 1", "'do' is a reserved JQL word."),
        ("key in (OPS-999)", "An issue with key 'OPS-999' does not exist for field 'key'."),
        ("id in (99999)", "A value with ID '99999' does not exist for the field 'id'."),
        ('id in ("10001")', "An issue with key '10001' does not exist for field 'id'."),
        ("created >= 2026-11-24T03:00:00Z", "Date value '2026-11-24T03:00:00Z'"),
        ('created >= "2026-11-24T03:00:00Z"', "Date value '2026-11-24T03:00:00Z'"),
        ("(project = OPS", "Error in the JQL Query: Expecting ')'"),
        ("(project = OPS ORDER BY key)", "Error in the JQL Query"),
        ('summary ~ "x', "The quoted string 'x' has not been completed."),
        ('summary ~ "\\x"', "illegal JQL escape sequence"),
        ("summary ~ a@b", "The character '@' is a reserved JQL character."),
        ("project OPS", "Expecting operator but got 'OPS'."),
        ("project = OPS labels = a", "Expecting either 'OR' or 'AND' but got 'labels'."),
        ("project =", "before the end of the query"),
        ("summary ~ a\x00", "The character '\x00' is a reserved JQL character."),
        ("summary ~ 'a\tb'", "has not been completed."),
        ("summary ~ a\\(b", "illegal JQL escape sequence"),
        ("summary was x", "History searches do not support the field 'summary'."),
        ("status changed to Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        ("created >= startOfEra()", "Unable to find JQL function 'startOfEra()'."),
    ],
)
def test_a_wrong_query_is_refused_in_words(jira: Client, jql: str, says: str) -> None:
    messages = said(jira("POST", "/search", json={"jql": jql}), 400)["errorMessages"]

    assert says in messages[0]


def test_with_validation_off_an_unknown_issue_is_a_warning(jira: Client) -> None:
    key = jira.create()
    body = {"jql": f"key in ({key}, OPS-999)", "validateQuery": False}

    answer = jira("POST", "/search", json=body)

    assert [one["key"] for one in answer.json()["issues"]] == [key]
    assert len(answer.json()["warningMessages"]) == 1


@pytest.mark.parametrize(
    ("jql", "numbers"),
    [
        ("project = OPS", "123"),
        ('project = "10100"', "123"),
        ("project = ops AND issuetype = Bug", "123"),
        ("project in (OPS, WEB)", "1234"),
        ("labels = red", "12"),
        ("labels != red", "3"),
        ("labels not in (blue)", "13"),
        ("NOT labels = red", "3"),
        ("labels is EMPTY", "4"),
        ("labels is not empty", "123"),
        ("priority = Highest OR labels = blue AND project = WEB", "14"),
        ("(priority = Highest OR labels = blue) AND project = OPS", "12"),
        ("not (priority = Highest or project = WEB)", "23"),
        ("status = Open && ! labels = blue", "13"),
        ('status in ("To Do", "3")', "24"),
        ("statusCategory = new", "134"),
        ("creator = currentUser()", "1234"),
        ("creator = alice", ""),
        ("key = ops-2 OR id = 10001", "12"),
        ("issuekey in (OPS-3,WEB-1)", "34"),
        ('summary ~ "third"', "3"),
        ("text ~ third", "3"),
        ("'Incident number' ~ '7'", "1"),
        ("cf[10005] > 5", "1"),
        ("cf[10005] <= 5", "2"),
        ("cf[10005] is empty", "34"),
        ("Team = Search", "1"),
        ("resolution is empty", "1234"),
        ("resolution = Unresolved", "1234"),
        ("resolution in (unresolved, Done)", "1234"),
        ("resolution != 'Unresolved' OR NOT resolution = Unresolved", ""),
        ("resolution was Unresolved AND resolution not in (Unresolved)", ""),
        ("assignee is empty", "1234"),
        ("created >= -5m", "1234"),
        ("created >= '-1w 2d' AND updated <= now()", "1234"),
        ("created >= 1d", ""),
        ("created >= 0", "1234"),
        ("created < 1000", ""),
        ("created >= startOfDay() AND created <= endOfDay()", "1234"),
        ("created < startOfWeek() OR created > endOfMonth()", ""),
        ("created >= startOfMonth(-1) AND created < startOfYear('+1')", "1234"),
        ("created <= startOfDay('1d')", "1234"),
        ("created <= endOfDay(-1)", ""),
        ("due <= 3d", "3"),
        ("due < startOfDay()", ""),
        ('"cf[10008]" is empty OR cf[10009] is empty', "1234"),
        ("duedate is empty", "124"),
        (r"summary ~ The\ third", "3"),
        ("summary !~ third", "124"),
        ("NOT summary ~ third AND NOT priority = Highest", "2"),
        ("status was Open", "123"),
        ("status was 'In Progress'", "2"),
        ("status was not 'In Progress'", "134"),
        ("NOT status was in ('In Progress', Closed)", "134"),
        ("status was Open before -1d", ""),
        ("status changed", "2"),
        ("status changed from Open to 'In Progress' by currentUser() after -5m", "2"),
        ("status changed on startOfDay()", "2"),
        ("status changed during (startOfDay(-2), startOfDay(-1))", ""),
        ("status changed before endOfDay() by alice", ""),
        ("priority was EMPTY", ""),
        ("not (labels = red and (priority = Highest or status changed)) and project = OPS", "3"),
        ("", "1234"),
        ("ORDER BY created", "1234"),
    ],
)
def test_a_query_finds_what_its_clauses_say(jira: Client, jql: str, numbers: str) -> None:
    jira.create(
        labels=["red"],
        priority={"name": "Highest"},
        customfield_10001="7",
        customfield_10004={"value": "Search"},
        customfield_10005=6,
    )
    jira.create(labels=["red", "blue"], customfield_10005=5)
    jira.create(labels=["green"], summary="The third")
    jira.create(project={"key": "WEB"}, priority={"id": "1"})
    jira("PUT", "/issue/OPS-3", auth=ALICE, json={"fields": {"duedate": "2026-11-25"}})
    jira("POST", "/issue/OPS-2/transitions", json={"transition": {"id": "11"}})
    names = {"OPS-1": "1", "OPS-2": "2", "OPS-3": "3", "WEB-1": "4"}

    found = sorted(names[key] for key in jira.found(jql))

    assert "".join(found) == _ids(numbers, jira)


def _ids(numbers: str, jira: Client) -> str:
    assert len(jira.server.model.issues) == 4
    return numbers


@given(st.text())
def test_a_quoted_value_is_read_as_it_was_written(text: str) -> None:
    query = parse(f"summary ~ {quote(text)} ORDER BY key")

    assert query.where == Clause(
        field="summary", operator="~", operands=(Operand(text=text, quoted=True),)
    )


def test_results_are_ordered_as_the_query_says(jira: Client, clock: FakeClock) -> None:
    for priority in ("Low", "Highest", "Low"):
        jira.create(priority={"name": priority})
        clock.forward(seconds=1)

    assert jira.found("ORDER BY priority DESC, created ASC") == ["OPS-2", "OPS-1", "OPS-3"]
    assert jira.found("order by created desc") == ["OPS-3", "OPS-2", "OPS-1"]


def test_dates_are_read_in_the_time_zone_of_the_account(jira: Client, clock: FakeClock) -> None:
    jira.create()
    until = (clock.now + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M")
    query = f'created <= "{until}"'

    in_utc = jira.found(query)
    jira.control("PUT", f"users/{OUR_ACCOUNT}", {"time_zone": "Asia/Tokyo"})
    in_tokyo = jira.found(query)

    assert (in_utc, in_tokyo) == (["OPS-1"], [])


def test_epoch_milliseconds_need_no_time_zone(jira: Client, clock: FakeClock) -> None:
    jira.create()
    jira.control("PUT", f"users/{OUR_ACCOUNT}", {"time_zone": "Asia/Tokyo"})
    moment: datetime = clock.now.replace(microsecond=0)
    milliseconds = int(moment.timestamp() * 1000)

    assert jira.found(f"created >= {milliseconds}") == ["OPS-1"]
    assert jira.found(f"created >= {milliseconds + 1000}") == []
