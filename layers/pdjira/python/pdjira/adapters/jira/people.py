"""Accounts by e-mail address, and what makes them the assignee or a watcher of an issue.

Jira answers 401 where our account lacks the right to do either (Atlassian's REST document; its own
functional tests have 403 for the assignee), as it answers a sign-in that failed.
"""

from collections import abc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote, unquote_plus

from pdjira.adapters.http.messages import Answer, Call, segment
from pdjira.adapters.jira.answers import is_anonymous, listed, said
from pdjira.adapters.jira.session import REMEMBERED_SECONDS, JiraSession
from pdjira.adapters.memory import Memory
from pdjira.errors import NotFound, Refused
from pdjira.model.incident import Account, Accounts
from pdjira.model.issue import IssueRef

BROWSE_USERS = "USER_PICKER"

_API = "/rest/api/2"

_Object = abc.Mapping[str, object]


class RestJiraPeople:
    """`JiraPeople` of the Jira that the session leads to; what was found is kept ten minutes."""

    def __init__(self, session: JiraSession, *, monotonic: Callable[[], float]) -> None:
        self._session = session
        self._accounts = Memory[Accounts](seconds=REMEMBERED_SECONDS, clock=monotonic)

    def forget(self) -> None:
        """Look accounts up afresh from now on."""
        self._accounts.clear()

    def accounts(self, email: str, *, issue: IssueRef) -> Accounts:
        """As the port says."""
        self._session.refresh()
        project = issue.key.rpartition("-")[0]
        return self._accounts.get(
            (email.casefold(), project), lambda: self._read_accounts(email, issue)
        )

    def assign(self, issue_id: str, account: str) -> None:
        """As the port says."""
        path = f"{_API}/issue/{segment(issue_id)}/assignee"
        self._write(Call(method="PUT", path=path, repeatable=True, body={"name": account}))

    def watch(self, issue_id: str, account: str) -> None:
        """As the port says; the body is the name as a JSON string."""
        path = f"{_API}/issue/{segment(issue_id)}/watchers"
        self._write(Call(method="POST", path=path, repeatable=True, body=account))

    def _read_accounts(self, email: str, issue: IssueRef) -> Accounts:
        query = ("username", email)
        found = accounts_of(self._list("/user/search", query), email)
        if found:
            return Accounts(found=found)
        rows = self._list("/user/assignable/search", query, ("issueKey", issue.key))
        found = accounts_of(rows, email)
        return Accounts(found=found, all_shown=bool(found) or self._may_browse())

    def _may_browse(self) -> bool:
        call = Call(method="GET", path=f"{_API}/mypermissions", repeatable=True)
        with suppress(Refused, NotFound):
            return may_browse(self._session.ask(call))
        return False

    def _list(self, path: str, *query: tuple[str, str]) -> list[object]:
        call = Call(method="GET", path=f"{_API}{path}", repeatable=True, query=query)
        answer = self._session.send(call)
        try:
            self._session.check(answer, call)
        except (Refused, NotFound):
            return []
        return listed(answer, call)

    def _write(self, call: Call) -> None:
        check_right(self._session, self._session.send(call), call)


def check_right(session: JiraSession, answer: Answer, call: Call) -> None:
    """Raise what Jira said against the call, a right that our account lacks as `Refused`."""
    if answer.status == HTTPStatus.UNAUTHORIZED and _is_denied(answer):
        messages, fields = said(answer)
        why = " ".join(messages).rstrip(".") or "it gives no reason"
        says = f"Jira does not allow our account {call.where}: {why}."
        raise Refused(says, status=answer.status, messages=messages, fields=fields)
    session.check(answer, call)


def accounts_of(rows: list[object], email: str) -> tuple[Account, ...]:
    """The active accounts with exactly that address: Jira searches by parts, and in names too."""
    found = (row for row in rows if isinstance(row, abc.Mapping) and _has(row, email))
    return tuple(
        Account(name=str(row["name"]), shown=str(row.get("displayName") or row["name"]))
        for row in found
    )


def may_browse(answer: _Object) -> bool:
    """Whether our account may browse users, as `mypermissions` tells."""
    rights = answer.get("permissions")
    right = rights.get(BROWSE_USERS) if isinstance(rights, abc.Mapping) else None
    return isinstance(right, abc.Mapping) and right.get("havePermission") is True


def _has(row: _Object, email: str) -> bool:
    address = row.get("emailAddress")
    is_active = row.get("active") is not False and isinstance(row.get("name"), str)
    return is_active and isinstance(address, str) and address.casefold() == email.casefold()


def _is_denied(answer: Answer) -> bool:
    """Whether a 401 is about a right: Jira knows who we are, and says so in its own words."""
    return is_anonymous(answer) is not True and "errorMessages" in answer.object()


@dataclass(frozen=True, slots=True)
class AccountNames:
    """An account by its name, or by the names that it may have.

    To Jira a name is one account's, in upper and lower case; no other likeness makes two one.
    """

    spellings: frozenset[str]

    def is_named(self, name: object) -> bool:
        """Whether Jira gives this account that name."""
        return isinstance(name, str) and name.lower() in self.spellings


def account_named(*names: str) -> AccountNames:
    """The account with that name."""
    return AccountNames(frozenset(name.lower() for name in names))


def account_in(answer: Answer) -> AccountNames | None:
    """The account that an answer names in `X-AUSERNAME`; None where it names none.

    Jira may encode a name as in a form (`+` for a blank), as in a path, or not at all, and no
    document tells which: the account may have any of these names.
    """
    name = _named_in(answer)
    return account_named(*_readings(name)) if name else None


def account_of(session: JiraSession, answer: Answer) -> AccountNames:
    """Our account: most answers name it; else, or where they may mean several, Jira is asked."""
    named = account_in(answer)
    if named is not None and len(named.spellings) == 1:
        return named
    name = session.own_name(header=_named_in(answer))
    return account_named(name) if name else account_named()


def _named_in(answer: Answer) -> str:
    return answer.headers.get("X-AUSERNAME", "").strip()


def _readings(name: str) -> Iterator[str]:
    yield from (name, unquote(name), unquote_plus(name))
    try:
        yield name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return


def email_of(user: object) -> str | None:
    """A user's address, as far as it can stand in a header."""
    found = user.get("emailAddress") if isinstance(user, abc.Mapping) else None
    email = found.strip() if isinstance(found, str) else ""
    is_plain = email.isascii() and email.isprintable() and " " not in email
    return email if is_plain and email.count("@") == 1 else None
