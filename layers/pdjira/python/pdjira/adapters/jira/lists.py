"""Lists and pages of lists, in the shapes in which Jira's resources answer."""

from collections import abc
from collections.abc import Iterator

from pdjira.adapters.http.messages import Answer, Call
from pdjira.errors import Temporary

MOST_PAGES = 100
"""At 100 rows a page these are the 10,000 that Jira shows of any search."""


def listed(answer: Answer, call: Call) -> list[object]:
    """The JSON array of a successful answer. Raises `Temporary` where it is none."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not isinstance(body, list):
        raise Temporary(f"Jira answered {call.where} with something that is no list.")
    return body


def rows(page: abc.Mapping[str, object], *names: str) -> list[abc.Mapping[str, object]]:
    """The objects of a page under the first of `names` that it has.

    Server and Data Center name the rows of create metadata `values`, Cloud and some versions'
    documents `fields`, and there they may be an object by field id.
    """
    for name in names:
        found = page.get(name)
        if isinstance(found, abc.Mapping):
            found = [{"fieldId": key, **row} for key, row in found.items() if _is_object(row)]
        if isinstance(found, list):
            return [row for row in found if _is_object(row)]
    return []


def pages_of(what: str) -> Iterator[int]:
    """Counts the pages of a list. Raises `Temporary` where it has more than any list of Jira's."""
    yield from range(MOST_PAGES)
    raise Temporary(
        f"Jira gave {MOST_PAGES} pages of {what}, and no end of them.",
        cure="Check what answers in Jira's place: a proxy may repeat one page.",
    )


def is_last(page: abc.Mapping[str, object], *, read: int, new: int) -> bool:
    """Whether no page follows, `read` rows after all and `new` ones on this page.

    A short page means nothing, since Jira caps pages silently: the total does, or an empty page.
    A page that tells neither is taken for the only one.
    """
    if new == 0 or page.get("isLast") is True:
        return True
    total = page.get("total")
    return read >= total if isinstance(total, int) else page.get("isLast") is not False


def _is_object(row: object) -> bool:
    return isinstance(row, abc.Mapping)
