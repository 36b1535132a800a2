"""Whom Jira takes us for, and whether something was written by that account."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from pdjira.adapters.http.messages import Answer
from pdjira.adapters.jira.server import MYSELF
from pdjira.adapters.jira.session import Session


@dataclass(frozen=True, slots=True)
class Account:
    """An account by every spelling of its name; to Jira, case makes no other name."""

    spellings: frozenset[str]

    def is_named(self, name: object) -> bool:
        """Whether Jira gives this account that name."""
        return isinstance(name, str) and name.casefold() in self.spellings


def account_named(*names: str) -> Account:
    """The account with that name."""
    return Account(frozenset(name.casefold() for name in names))


def account_in(answer: Answer) -> Account | None:
    """The account that an answer names in `X-AUSERNAME`; None where it names none.

    Jira may encode a name as in a form (`+` for a blank), as in a path, or not at all, and no
    document tells which: every reading counts.
    """
    name = answer.headers.get("X-AUSERNAME", "").strip()
    return account_named(*_readings(name)) if name else None


def account_of(session: Session, answer: Answer) -> Account:
    """Our account: most answers name it, else Jira is asked."""
    named = account_in(answer)
    if named is not None:
        return named
    name = session.ask(MYSELF).get("name")
    return account_named(name) if isinstance(name, str) else account_named()


def _readings(name: str) -> Iterator[str]:
    yield from (name, unquote(name), unquote_plus(name))
    try:
        yield name.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return
