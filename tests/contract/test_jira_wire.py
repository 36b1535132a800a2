"""What only the wire can show of the Jira adapter: signing in, odd answers, pages."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pdjira.adapters.jira.client import JiraClient
from pdjira.errors import (
    Ambiguous,
    Misconfigured,
    NotFound,
    PdjiraError,
    Refused,
    Temporary,
    TooLarge,
    Unauthenticated,
)
from pdjira.model.comment import Comment
from pdjira.model.issue import IssueRef
from tests.builders import FakeClock
from tests.contract.jira_sides import (
    BUG,
    LINE,
    PROJECT,
    START,
    OverHttp,
    client,
    connection,
    draft,
)
from tests.contract.wire_double import Play, Stage, answer, serving
from tests.sandbox.jira.seed import OUR_ACCOUNT, OUR_TOKEN
from tests.sandbox.jira.server import JiraServer


@pytest.fixture
def wire() -> Iterator[OverHttp]:
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        yield OverHttp(server, clock)


def test_a_changed_secret_is_used_at_the_next_call(wire: OverHttp) -> None:
    """P24."""
    wire.refuse_us()
    with pytest.raises(Unauthenticated):
        wire.port.who_am_i()

    wire.sign_in({"mode": "pat", "token": OUR_TOKEN})

    assert wire.port.who_am_i() == OUR_ACCOUNT


def test_screens_and_version_are_remembered_for_ten_minutes(wire: OverHttp) -> None:
    def labels_required() -> bool:
        screen = wire.port.create_screen(project_id=PROJECT, issue_type_id=BUG)
        return screen.fields["labels"].required

    assert not labels_required()
    wire.model.set_required(PROJECT, BUG, "labels", required=True)
    assert not labels_required()

    wire.monotonic += 601

    assert labels_required()


def test_a_jira_that_is_down_for_a_create_that_was_not_sent_is_temporary() -> None:
    with JiraServer() as server:
        gone = server.url
    with pytest.raises(Temporary, match="refused the connection"):
        client(lambda: connection(gone)).create_issue(draft())


ERROR = '{"errorMessages": ["No."], "errors": {}}'
FIELD_ERROR = '{"errorMessages": [], "errors": {"labels": "Field \'labels\' cannot be set."}}'
LOGIN_REQUIRED = '{"message": "Client must be authenticated.", "status-code": 401}'
PAGE = "<html><body>Log in</body></html>"
HTML = "text/html;charset=UTF-8"
DENIED = {"X_Authentication_Denied_Reason": "CAPTCHA_CHALLENGE; login-url=https://x/login.jsp"}

SIGN_IN = (Unauthenticated, Unauthenticated)
REFUSED = (Refused, Refused)
LATER = (Temporary, Temporary)
ANSWERS: dict[str, tuple[Play, type[PdjiraError], type[PdjiraError], str]] = {
    "401 as JSON": (answer(401, LOGIN_REQUIRED), *SIGN_IN, "no longer accepts"),
    "401 as a page": (
        answer(401, "<p>Reason : AUTHENTICATED_FAILED", Content_Type=HTML),
        *SIGN_IN,
        "password",
    ),
    "401 with nothing": (answer(401, ""), *SIGN_IN, "no longer accepts"),
    "403 with a CAPTCHA": (answer(403, PAGE, **DENIED), *SIGN_IN, "CAPTCHA"),
    "401 with a CAPTCHA": (answer(401, PAGE, **DENIED), *SIGN_IN, "CAPTCHA"),
    "403 without Basic": (
        answer(403, "<p>Basic Authentication has been disabled", Content_Type=HTML),
        *SIGN_IN,
        "Basic",
    ),
    "403 from the cross-site check": (answer(403, "XSRF check failed"), *REFUSED, "XSRF"),
    "403 with a reason": (answer(403, ERROR), *REFUSED, "does not allow"),
    "403 of a firewall": (answer(403, PAGE, Content_Type=HTML), *REFUSED, "web page"),
    "403 of the rate limit": (
        answer(403, "", Retry_After="9223372036854775807"),
        *LATER,
        "rate limit",
    ),
    "an anonymous 400": (answer(400, ERROR, X_AUSERNAME="anonymous"), *SIGN_IN, "not signed in"),
    "an anonymous 404": (answer(404, ERROR, X_AUSERNAME="anonymous"), *SIGN_IN, "not signed in"),
    "200 with nothing after a failed login": (
        answer(200, "", X_Seraph_LoginReason="AUTHENTICATED_FAILED"),
        *SIGN_IN,
        "password",
    ),
    "a page to log in": (answer(200, PAGE, Content_Type=HTML), *SIGN_IN, "web page"),
    "a redirect to log in": (
        answer(302, "", Location="https://sso.example.com/x?SAMLRequest=1"),
        *SIGN_IN,
        "sso.example.com",
    ),
    "a redirect elsewhere": (
        answer(301, "", Location="https://jira2.example.com/rest"),
        *LATER,
        "jira2.example.com",
    ),
    "a redirect to nowhere": (answer(302, "", Location="https://[x"), *LATER, "redirects"),
    "200 with nothing": (answer(200, ""), Temporary, Ambiguous, "no JSON object"),
    "200 with a list": (answer(200, "[]"), Temporary, Ambiguous, "no JSON object"),
    "200 with half a body": (answer(200, '{"id": '), Temporary, Ambiguous, "no JSON object"),
    "200 with something else": (answer(200, '{"a": 1}'), Temporary, Ambiguous, "Jira"),
    "400 with a field": (answer(400, FIELD_ERROR), *REFUSED, "labels"),
    "400 of a gateway": (answer(400, "nonsense"), *REFUSED, "no reason"),
    "400 with a list": (answer(400, '{"errors": [{"a": "b"}, 7]}'), *REFUSED, "a: b"),
    "404 with a reason": (answer(404, ERROR), *(NotFound,) * 2, "No"),
    "404 of another server": (
        answer(404, PAGE, Content_Type=HTML),
        *(Misconfigured,) * 2,
        "REST API",
    ),
    "404 of something with JSON": (
        answer(404, '{"error": "not found"}'),
        *(Misconfigured,) * 2,
        "may not be Jira",
    ),
    "404 with a text": (answer(404, "no route"), *(Misconfigured,) * 2, "may not be Jira"),
    "404 with nothing": (answer(404, ""), *(Misconfigured,) * 2, "may not be Jira"),
    "404 of Jira without such a resource": (
        answer(404, '{"message": "null for uri: /x", "status-code": 404}'),
        *(NotFound,) * 2,
        "null for uri",
    ),
    "403 of the gateway": (
        answer(403, '{"errorMessages": ["The gateway passes on JSON only."], "errors": {}}'),
        *(Misconfigured,) * 2,
        "passes on JSON only.",
    ),
    "413 of a proxy": (answer(413, PAGE, Content_Type=HTML), *REFUSED, "refused"),
    "429": (answer(429, "", Retry_After="3"), *LATER, "slow down"),
    "500 of Jira's own": (answer(500, ERROR), *LATER, "failed"),
    "500 of Jira's own about a field": (answer(500, FIELD_ERROR), *REFUSED, "labels"),
    "500 of something else": (answer(500, PAGE, Content_Type=HTML), Temporary, Ambiguous, "500"),
    "502": (answer(502, ERROR), Temporary, Ambiguous, "502"),
    "503": (answer(503, PAGE, Content_Type=HTML), *LATER, "not ready"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_odd_answer_becomes_an_error_with_a_sentence(name: str) -> None:
    play, read, write, words = ANSWERS[name]
    with serving(play) as stage:
        port = client(lambda: connection(stage.url))

        with pytest.raises(PdjiraError) as reading:
            port.who_am_i()
        with pytest.raises(PdjiraError) as writing:
            port.create_issue(draft())

    assert type(reading.value) is read
    assert type(writing.value) is write
    assert words in str(reading.value)
    for error in (reading.value, writing.value):
        assert OUR_TOKEN not in f"{error!r} {error} {error.cure}"
        assert str(error).endswith(".")


def test_p7_an_issue_that_jira_took_is_there_even_where_it_took_us_for_nobody() -> None:
    created = answer(201, '{"id": "10501", "key": "OPS-1"}', X_AUSERNAME="anonymous")
    with serving(created) as stage:
        issue = client(lambda: connection(stage.url)).create_issue(draft())

    assert issue == IssueRef(id="10501", key="OPS-1")


@pytest.mark.parametrize(
    "ask",
    [
        lambda port: port.find_issue(draft(), since=START),
        lambda port: port.issues().issue_in(project_id=PROJECT, issue_type_id=BUG, status_id="1"),
    ],
    ids=["by its mark", "in a status"],
)
def test_an_empty_search_is_not_believed_where_nothing_says_who_we_are(
    ask: Callable[[JiraClient], object],
) -> None:
    empty = answer(200, '{"startAt": 0, "maxResults": 100, "total": 0, "issues": []}')
    with serving(empty, answer(401, LOGIN_REQUIRED)) as stage, pytest.raises(Unauthenticated):
        ask(client(lambda: connection(stage.url)))

    assert "GET /rest/api/2/myself" in stage.requests[1]


def test_an_answer_with_another_issue_is_none() -> None:
    """A cache before Jira may mix them up: nothing is written to the other one, and none pages."""
    named = {"id": "1", "name": "x"}
    fields = dict.fromkeys(("status", "project", "issuetype"), named)
    other = answer(200, json.dumps({"id": "10002", "key": "OPS-2", "fields": fields}))
    with serving(other, other) as stage:
        port = client(lambda: connection(stage.url))

        with pytest.raises(Temporary, match=r"another issue \(OPS-2\)"):
            port.issues().read_issue("10001")
        with pytest.raises(Temporary, match=r"another issue \(OPS-2\)"):
            port.paging().read("10001")


def test_pages_are_left_by_what_they_returned() -> None:
    """A page shorter than asked for is not the last; the total is."""
    screen = [
        '{"total": 3, "values": [{"fieldId": "a"}]}',
        '{"total": 3, "values": [{"fieldId": "b"}]}',
        '{"total": 3, "values": [{"fieldId": "c"}]}',
    ]
    info = answer(200, '{"versionNumbers": [8, 4, 0], "baseUrl": "https://j/"}')
    with serving(info, *(answer(200, page) for page in screen)) as stage:
        port = client(lambda: connection(stage.url))

        fields = port.create_screen(project_id=PROJECT, issue_type_id=BUG).fields

    assert list(fields) == ["a", "b", "c"]
    assert [request.split("startAt=")[1][0] for request in stage.requests[1:]] == ["0", "1", "2"]


def test_a_search_that_jira_caps_is_read_to_its_end() -> None:
    page = (
        '{{"startAt": {0}, "maxResults": 1, "total": 3, "issues": [{{"id": "{0}", "key": "O-1"}}]}}'
    )
    pages = (answer(200, page.format(number)) for number in range(3))
    unmarked = answer(404, ERROR)
    with serving(*pages, unmarked) as stage:
        found = client(lambda: connection(stage.url)).find_issue(draft(), since=START)

    searches = [request for request in stage.requests if "/search" in request]
    assert found is None
    assert [request.split('"startAt": ')[1][0] for request in searches] == ["0", "1", "2"]
    assert len(stage.requests) == 6


def test_fields_named_as_the_cloud_does_are_read_too() -> None:
    info = answer(200, '{"versionNumbers": [10, 3, 0]}')
    page = answer(200, '{"fields": {"summary": {"required": true, "name": "Summary"}}}')
    with serving(info, page, answer(200, '{"fields": {}}')) as stage:
        port = client(lambda: connection(stage.url))

        fields = port.create_screen(project_id=PROJECT, issue_type_id=BUG).fields

    assert fields["summary"].required


def test_a_create_is_one_call() -> None:
    """R4."""
    with serving(answer(201, '{"id": "10005", "key": "OPS-4"}')) as stage:
        made = client(lambda: connection(stage.url)).create_issue(draft())

    assert made == IssueRef(id="10005", key="OPS-4")
    assert len(stage.requests) == 1
    assert f"Authorization: Bearer {OUR_TOKEN}\r\n" in stage.requests[0]


def comment_page(*comments: dict[str, Any], total: int | None = None) -> str:
    """A list of comments as Jira gives it."""
    total = len(comments) if total is None else total
    return json.dumps({"startAt": 0, "maxResults": 50, "total": total, "comments": comments})


def unshown_comments(*authors: str, first: int = 0) -> str:
    """A list of comments as a Jira gives it that does not show their properties."""
    comments = [
        {"id": str(number), "body": "x", "author": {"name": author}}
        for number, author in enumerate(authors, first)
    ]
    return comment_page(*comments, total=first + len(comments))


NOTE = Comment(id="PNOTE1", incident_id="Q1", about="note of Ada", body="[PagerDuty] Ada: x")
UNMARKED = answer(404, ERROR)
MARKED = answer(200, '{"key": "pagerduty.note", "value": {"id": "PNOTE1", "incident": "Q1"}}')


def asked_for(stage: Stage) -> list[str]:
    """The ids of the comments whose mark was asked for."""
    return [one.split("/comment/")[1].split("/")[0] for one in stage.requests if "/comment/" in one]


@pytest.mark.parametrize("account", ["Sync@Example.com", "sync%40example.com"])
def test_where_marks_are_not_shown_only_comments_of_our_account_are_asked_for_theirs(
    account: str,
) -> None:
    page = unshown_comments("alice", "sync@example.com", "bob", "sync@example.com", "alice")
    listed = answer(200, page, X_AUSERNAME=account)
    with serving(listed, listed, UNMARKED, MARKED) as stage:
        comments = client(lambda: connection(stage.url)).comments()

        found = comments.find_comments("10501", NOTE, since=START)

    assert found == ["1"]
    assert asked_for(stage) == ["3", "1"]


def test_where_jira_does_not_say_who_we_are_any_comment_may_be_ours() -> None:
    listed = answer(200, unshown_comments("alice", "bob"))
    with serving(listed, listed, UNMARKED, MARKED) as stage:
        comments = client(lambda: connection(stage.url)).comments()

        found = comments.find_comments("1", NOTE, since=START)

    assert found == ["0"]
    assert asked_for(stage) == ["1", "0"]


def test_where_marks_are_not_shown_no_more_than_the_latest_fifty_comments_are_asked() -> None:
    late = answer(200, unshown_comments(*["sync"] * 50, first=30), X_AUSERNAME="sync")
    early = answer(200, unshown_comments(*["sync"] * 30), X_AUSERNAME="sync")
    with serving(late, late, *[UNMARKED] * 50, early) as stage:
        found = (
            client(lambda: connection(stage.url)).comments().find_comments("1", NOTE, since=START)
        )

    assert found == []
    assert asked_for(stage) == [str(number) for number in range(79, 29, -1)]


def pages_asked(stage: Stage) -> list[tuple[int, int]]:
    """(startAt, maxResults) of the lists of comments that were asked for."""
    asked = [re.search(r"/comment\?startAt=(\d+)&maxResults=(\d+)", one) for one in stage.requests]
    return [(int(one[1]), int(one[2])) for one in asked if one]


def test_comments_are_asked_for_from_the_end_by_their_total() -> None:
    with serving(answer(200, comment_page(total=330))) as stage:
        page = client(lambda: connection(stage.url)).comments().read_comments("1")

    assert (page.start, page.end, page.comments) == (280, 330, ())
    assert pages_asked(stage) == [(0, 1), (280, 50)]


def test_comments_that_are_too_large_together_are_read_by_few_and_one_alone_is_passed_over() -> (
    None
):
    large = answer(200, json.dumps({"comments": [{"body": "x" * 11 * 1024 * 1024}]}))
    with serving(large, large, large, answer(200, comment_page())) as stage:
        comments = client(lambda: connection(stage.url)).comments()

        passed_over = comments.read_comments("1", before=90)
        earlier = comments.read_comments("1", before=passed_over.start)

    assert (passed_over.start, passed_over.comments) == (89, ())
    assert earlier.start == 39
    assert pages_asked(stage) == [(40, 50), (85, 5), (89, 1), (39, 50)]


def test_an_issue_with_too_many_comments_is_read_without_them() -> None:
    plain = '{"id": "1", "key": "OPS-1", "fields": {"status": {"id": "1", "name": "Open"}, '
    plain += '"project": {"id": "10100"}, "issuetype": {"id": "10001"}}}'
    long = answer(200, json.dumps({"fields": {"comment": ["x" * 600_000]}}))
    with serving(long, answer(200, plain, X_AUSERNAME="sync")) as stage:
        issue = client(lambda: connection(stage.url)).issues().read_issue("1", with_comments=True)

    assert issue.comments is None
    assert ["%2Ccomment" in one for one in stage.requests] == [True, False]


def test_a_history_that_is_too_large_is_refused_as_such() -> None:
    with serving(answer(200, json.dumps({"changelog": "x" * 11 * 1024 * 1024}))) as stage:
        issues = client(lambda: connection(stage.url)).issues()

        with pytest.raises(TooLarge, match="more than 10,485,760 bytes"):
            issues.read_history("1")


CREATED = answer(201, '{"id": "10500", "key": "OPS-9"}')
REFUSALS = [
    '{"errorMessages": [], "errors": {"properties": "Properties are switched off."}}',
    '{"errorMessages": ["Unrecognized field \\"properties\\""]}',
    '{"errorMessages": ["Cannot set pagerduty.incident."], "errors": {"priority": "Odd."}}',
    '{"errorMessages": ["No."], "errors": {}}',
    "<html>Bad Request</html>",
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_400_that_may_be_about_properties_is_answered_without_them(refusal: str) -> None:
    with serving(answer(400, refusal), CREATED) as stage:
        made = client(lambda: connection(stage.url)).create_issue(draft())

    assert made == IssueRef(id="10500", key="OPS-9")
    assert ['"properties"' in request for request in stage.requests] == [True, False]


def test_r4_that_jira_refuses_properties_is_remembered_for_ten_minutes() -> None:
    now = [0.0]
    refused = answer(400, REFUSALS[0])
    with serving(refused, CREATED, CREATED, CREATED, CREATED) as stage:
        jira = client(lambda: connection(stage.url), monotonic=lambda: now[0])
        for later in (0, 599, 2):
            now[0] += later
            jira.create_issue(draft())

    assert ['"properties"' in request for request in stage.requests] == [True, False, False, True]


def test_what_one_jira_refuses_is_offered_to_another() -> None:
    with serving(answer(400, REFUSALS[0]), CREATED) as first, serving(CREATED) as second:
        url = [first.url]
        jira = client(lambda: connection(url[0]))
        jira.create_issue(draft())
        url[0] = second.url
        jira.create_issue(draft())

    assert ['"properties"' in request for request in second.requests] == [True]


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, '{"errorMessages": [], "errors": {"labels": "Labels is required."}}'),
        (403, '{"errorMessages": ["No."], "errors": {}}'),
    ],
)
def test_r4_any_other_refusal_costs_one_call(status: int, refusal: str) -> None:
    with serving(answer(status, refusal)) as stage, pytest.raises(Refused):
        client(lambda: connection(stage.url)).create_issue(draft())

    assert len(stage.requests) == 1


def test_where_jira_lets_nobody_read_properties_the_line_alone_tells_an_issue() -> None:
    row = {"id": "10500", "key": "OPS-9", "fields": {"description": f"Disk\n{LINE}"}}
    found = answer(200, json.dumps({"total": 1, "issues": [row]}))

    with serving(found, answer(403, '{"errorMessages": ["No."], "errors": {}}')) as stage:
        jira = client(lambda: connection(stage.url))
        issue = jira.find_issue(draft(), since=START)
        named = jira.own_issues().mark_of("10500")

    assert issue == IssueRef(id="10500", key="OPS-9")
    assert named is None


ENDLESS = """{"versionNumbers": [9, 12], "total": 1000000000, "isLast": false, "isLastPage": false,
 "issues": [{"id": "1", "key": "OPS-1", "fields": {"status": {"id": "1"},
             "updated": "2026-11-24T03:00:00.000+0000"}}],
 "values": [{"id": "1", "fieldId": "labels", "projectId": "1", "name": "x", "schema": {}}]}"""
LISTS: dict[str, Callable[[JiraClient], object]] = {
    "issues of ours": lambda port: port.find_issue(draft(), since=START),
    "issues": lambda port: port.states().states(["1"]),
    "fields": lambda port: port.create_screen(project_id=PROJECT, issue_type_id=BUG),
    "what a service desk offers": lambda port: port.offered(PROJECT, "sd-customerrequesttype"),
}


@pytest.mark.parametrize("what", LISTS)
def test_a_list_without_an_end_is_read_to_a_bound(what: str) -> None:
    endless = answer(200, ENDLESS, X_AUSERNAME="sync")
    with serving(endless) as stage, pytest.raises(Temporary, match=f"pages of {what}, and no end"):
        LISTS[what](client(lambda: connection(stage.url)))

    assert len(stage.requests) <= 101
