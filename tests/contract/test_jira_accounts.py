"""P11: our own account is known by every spelling that Jira gives its name, and nobody else is."""

from collections.abc import Iterator

import pytest

from pdjira.adapters.http.messages import Answer
from pdjira.adapters.jira.people import account_in, account_named
from tests.contract.jira_sides import client, connection
from tests.contract.wire_double import Stage, answer, serving

ISSUE = """{"id": "10501", "key": "OPS-1", "fields": {
 "status": {"id": "1", "name": "Open"}, "project": {"id": "10100"}, "issuetype": {"id": "10001"},
 "comment": {"comments": [{"id": "1", "body": "x", "created": "2026-11-24T03:00:00.000+0000",
                           "author": {"name": "Sync+One@Example.com"}}]}}}"""


def an_answer(header: str | None) -> Answer:
    headers = {} if header is None else {"X-AUSERNAME": header}
    return Answer(status=200, headers=headers, body=b"{}")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("pagerduty", "PagerDuty"),
        ("PagerDuty", "pagerduty"),
        ("sync%40example.com", "sync@example.com"),
        ("sync%2Bone", "sync+one"),
        ("sync+one", "sync+one"),
        ("sync+one", "Sync One"),
        ("sync%20one", "sync one"),
        ("J%C3%BCrgen", "jürgen"),
        ("JÜRGEN", "jürgen"),
        ("jürgen".encode().decode("latin-1"), "jürgen"),
        ("\u5357", "\u5357"),
        ("100%", "100%"),
    ],
)
def test_p11_our_account_is_known_however_jira_spells_it(header: str, name: str) -> None:
    account = account_in(an_answer(header))

    assert account is not None
    assert account.is_named(name)
    assert not account.is_named(f"{name}2")
    assert not account.is_named(None)


@pytest.mark.parametrize(
    "name", ["\u017fync-\u017fvc", "\uff33YNC-svc", "sync\u2010svc", "sync-svc ", "sync-\u00dfvc"]
)
def test_p36_a_name_that_only_looks_like_ours_is_another_persons(name: str) -> None:
    assert not account_named("sync-svc", "sync-ssvc").is_named(name)


@pytest.mark.parametrize("header", [None, "", " "])
def test_an_answer_that_names_nobody_is_no_account(header: str | None) -> None:
    assert account_in(an_answer(header)) is None


def test_an_account_without_a_name_is_nobodys() -> None:
    assert not account_named().is_named("")


@pytest.fixture(params=["sync%2Bone%40example.com", "SYNC+ONE@EXAMPLE.COM", None])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    me = answer(200, '{"name": "sync+one@example.com"}')
    named = {} if request.param is None else {"X_AUSERNAME": request.param}
    with serving(answer(200, ISSUE, **named), me) as stage:
        yield stage


def by_us(url: str) -> list[bool]:
    """Which of the issue's comments our account wrote."""
    page = client(lambda: connection(url)).issues().read_issue("10501", with_comments=True).comments
    assert page is not None
    return [comment.by_us for comment in page.comments]


def test_p11_our_own_account_is_known_as_ours(stage: Stage) -> None:
    assert by_us(stage.url) == [True]


@pytest.mark.parametrize(("name", "is_ours"), [("sync+one", True), ("Sync One", False)])
def test_p36_a_name_that_could_be_read_in_two_ways_is_asked_for_once(
    name: str, *, is_ours: bool
) -> None:
    created = ISSUE.replace('"fields": {', f'"fields": {{"creator": {{"name": "{name}"}},')
    said = answer(200, created, X_AUSERNAME="sync+one")
    with serving(said, answer(200, '{"name": "sync+one"}'), said) as stage:
        issues = client(lambda: connection(stage.url)).paging()
        found = [issues.read("10501") for _ in range(3)]

    assert [issue.is_ours for issue in found] == [is_ours] * 3
    assert len(stage.requests) == 4


def test_where_jira_does_not_tell_our_name_nothing_is_ours() -> None:
    with serving(answer(200, ISSUE), answer(200, "{}")) as stage:
        assert by_us(stage.url) == [False]
