"""Asks Jira's index by JQL, and believes that it is empty only where Jira knows who asks."""

from collections import abc

from pdjira.adapters.http.messages import Call
from pdjira.adapters.jira.session import Session
from pdjira.errors import Temporary

_Object = abc.Mapping[str, object]


def search(session: Session, asked: _Object) -> _Object:
    """Jira's answer to a search.

    Unless `validateQuery` is False, Jira refuses a search that names a project or an id that is
    gone. To whom it does not know, Jira shows no issue and says nothing of it.
    """
    call = Call(method="POST", path="/rest/api/2/search", repeatable=True, body=dict(asked))
    answer = session.send(call)
    said = session.read(answer, call)
    if total_of(said) == 0:
        session.prove_known(answer)
    return said


def total_of(said: _Object) -> int:
    """How many issues a search found. Raises `Temporary` where Jira does not say."""
    total = said.get("total")
    if not isinstance(total, int):
        raise Temporary("Jira did not say how many issues it found.")
    return total
