"""Whom Jira takes us for, and whether something was written by that account."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from pdjira.adapters.http.messages import Answer
from pdjira.adapters.jira.session import Session


@dataclass(frozen=True, slots=True)
class Account:
    """An account by its name, or by the names that it may have.

    To Jira a name is one account's, in upper and lower case; no other likeness makes two one.
    """

    spellings: frozenset[str]

    def is_named(self, name: object) -> bool:
        """Whether Jira gives this account that name."""
        return isinstance(name, str) and name.lower() in self.spellings


def account_named(*names: str) -> Account:
    """The account with that name."""
    return Account(frozenset(name.lower() for name in names))


def account_in(answer: Answer) -> Account | None:
    """The account that an answer names in `X-AUSERNAME`; None where it names none.

    Jira may encode a name as in a form (`+` for a blank), as in a path, or not at all, and no
    document tells which: the account may have any of these names.
    """
    name = _named_in(answer)
    return account_named(*_readings(name)) if name else None


def account_of(session: Session, answer: Answer) -> Account:
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
