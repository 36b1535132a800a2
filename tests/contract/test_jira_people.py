"""What the use cases may rely on of Jira's accounts: fake and adapter keep the promises."""

from collections.abc import Iterator

import pytest

from pdjira.errors import NotFound, Refused, Temporary, Unauthenticated
from pdjira.model.incident import Account, Accounts
from pdjira.model.issue import IssueRef
from tests.builders import FakeClock
from tests.contract.jira_sides import (
    SIGN_IN,
    START,
    OverHttp,
    Side,
    client,
    connection,
    draft,
)
from tests.contract.wire_double import answer, serving
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.jira.server import JiraServer

ALICE = Account(name="alice", shown="Alice Example")
BOB = Account(name="bob", shown="Bob Example")


@pytest.fixture
def issue(side: Side) -> IssueRef:
    side.model.world.grant(OUR_ACCOUNT, "ASSIGN_ISSUES", "MANAGE_WATCHERS", project="OPS")
    side.model.world.grant(OUR_ACCOUNT, "USER_PICKER")
    return side.port.create_issue(draft())


def test_an_account_is_found_by_its_whole_address_in_whatever_case(
    side: Side, issue: IssueRef
) -> None:
    assert side.people.accounts("Bob@Example.COM", issue=issue) == Accounts(found=(BOB,))
    assert side.people.accounts("ob@example.com", issue=issue) == Accounts()
    assert side.people.accounts("bob", issue=issue) == Accounts()


def test_all_accounts_with_an_address_are_told(side: Side, issue: IssueRef) -> None:
    side.model.world.users["alice"].email = "bob@example.com"

    found = side.people.accounts("bob@example.com", issue=issue)

    assert set(found.found) == {ALICE, BOB}


def test_m6_without_browse_users_only_those_are_shown_who_can_be_assigned(
    side: Side, issue: IssueRef
) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "USER_PICKER")
    side.model.world.revoke("alice", "ASSIGNABLE_USER", project="OPS")

    shown = side.people.accounts("bob@example.com", issue=issue)
    hidden = side.people.accounts("alice@example.com", issue=issue)

    assert shown.found == (BOB,)
    assert hidden == Accounts(all_shown=False)


def test_an_account_becomes_the_assignee_as_often_as_one_likes(side: Side, issue: IssueRef) -> None:
    for _ in range(2):
        side.people.assign(issue.id, "bob")

    assert side.issues.read_issue(issue.id).assignee == "bob"


def test_an_account_watches_as_often_as_one_likes(side: Side, issue: IssueRef) -> None:
    for _ in range(2):
        side.people.watch(issue.id, "bob")

    assert side.model.issue("alice", issue.id).watchers == ["bob"]


@pytest.mark.parametrize("method", ["assign", "watch"])
def test_m6_without_the_right_it_is_refused_and_no_failed_sign_in(
    side: Side, issue: IssueRef, method: str
) -> None:
    side.model.world.revoke(OUR_ACCOUNT, "ASSIGN_ISSUES", "MANAGE_WATCHERS", project="OPS")

    with pytest.raises(Refused) as refused:
        getattr(side.people, method)(issue.id, "bob")

    assert refused.value.status in {401, 403}
    assert refused.value.says.endswith(".")


def test_who_cannot_be_assigned_or_may_not_see_the_issue_is_refused(
    side: Side, issue: IssueRef
) -> None:
    side.model.world.revoke("bob", "ASSIGNABLE_USER", "BROWSE_PROJECTS", project="OPS")

    with pytest.raises(Refused, match="cannot be assigned issues"):
        side.people.assign(issue.id, "bob")
    with pytest.raises(Refused, match="does not have permission to view"):
        side.people.watch(issue.id, "bob")


@pytest.mark.parametrize("method", ["assign", "watch"])
def test_an_issue_that_is_not_there_is_not_found(side: Side, method: str) -> None:
    with pytest.raises(NotFound):
        getattr(side.people, method)("99999", "bob")


@pytest.mark.parametrize("method", ["assign", "watch"])
def test_credentials_that_are_not_accepted_are_no_missing_right(
    side: Side, issue: IssueRef, method: str
) -> None:
    side.refuse_us()

    with pytest.raises(Unauthenticated):
        getattr(side.people, method)(issue.id, "bob")
    with pytest.raises(Unauthenticated):
        side.people.accounts("bob@example.com", issue=issue)


@pytest.fixture
def wire() -> Iterator[OverHttp]:
    clock = FakeClock(START)
    with JiraServer(clock=clock) as server:
        yield OverHttp(server, clock)


def test_accounts_are_remembered_for_ten_minutes_also_that_there_is_none(wire: OverHttp) -> None:
    issue = wire.port.create_issue(draft())
    before = wire.people.accounts("ada@example.com", issue=issue)
    wire.model.world.users["bob"].email = "ada@example.com"

    kept = wire.people.accounts("ada@example.com", issue=issue)
    wire.monotonic += 601
    after = wire.people.accounts("ada@example.com", issue=issue)

    assert (before.found, kept.found, after.found) == ((), (), (BOB,))


def test_with_another_sign_in_accounts_are_looked_up_afresh(wire: OverHttp) -> None:
    issue = wire.port.create_issue(draft())
    before = wire.people.accounts("bob@example.com", issue=issue)
    wire.model.world.users["bob"].email = "robert@example.com"

    wire.sign_in(SIGN_IN["basic"])
    wire.port.who_am_i()
    after = wire.people.accounts("bob@example.com", issue=issue)

    assert (before.found, after.found) == ((BOB,), ())


@pytest.mark.parametrize("body", ["{}", "no JSON"])
def test_an_answer_that_is_no_list_is_tried_again(body: str) -> None:
    with serving(answer(200, body)) as stage:
        port = client(lambda: connection(stage.url))

        with pytest.raises(Temporary):
            port.people().accounts("bob@example.com", issue=IssueRef(id="1", key="OPS-1"))


def test_accounts_that_jira_refuses_to_show_are_none() -> None:
    refused = answer(403, '{"errorMessages": ["No."]}')
    with serving(refused, refused, refused) as stage:
        port = client(lambda: connection(stage.url))

        found = port.people().accounts("bob@example.com", issue=IssueRef(id="1", key="OPS-1"))

    assert found == Accounts(all_shown=False)


def test_an_account_that_is_not_active_counts_as_none() -> None:
    row = '{"name": "bob", "emailAddress": "bob@example.com", "active": false}'
    rights = '{"permissions": {"USER_PICKER": {"havePermission": true}}}'
    with serving(answer(200, f"[{row}, 1]"), answer(200, "[]"), answer(200, rights)) as stage:
        port = client(lambda: connection(stage.url))

        found = port.people().accounts("bob@example.com", issue=IssueRef(id="1", key="OPS-1"))

    assert found == Accounts()


def test_a_401_as_to_an_anonymous_user_is_a_failed_sign_in() -> None:
    body = '{"errorMessages": ["You do not have the permission to see the specified issue."]}'
    with serving(answer(401, body, X_AUSERNAME="anonymous")) as stage:
        port = client(lambda: connection(stage.url))

        with pytest.raises(Unauthenticated):
            port.people().watch("1", "bob")
