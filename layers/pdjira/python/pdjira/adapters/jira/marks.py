"""How an issue of ours is marked when it is created, and told by its mark afterwards."""

import math
from collections import abc
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from enum import Enum
from http import HTTPStatus

from pdjira.errors import Refused, Temporary
from pdjira.jql.query import quote
from pdjira.model.issue import IssueDraft, IssueRef, Mark, Place, RemoteLink
from pdjira.model.marks import LINE_START, NAME, TEST_NAME
from pdjira.model.times import CLOCKS

PROPERTY = NAME
MARK_FIELDS = ("description", "project", "issuetype")
"""What a search asks for of issues that may have a mark."""

_Object = abc.Mapping[str, object]


class LastLine(Enum):
    """What the last line of an issue's description says of its mark."""

    OURS = "ours"
    OTHER = "other"
    NONE = "none"


class Marking:
    """Creates issues with the mark's property; where Jira refuses properties, with the line alone.

    That Jira refuses them is remembered for `seconds` on the monotonic `clock`, until `forget`, so
    that not each issue takes two calls.
    """

    def __init__(self, *, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._refused_until: float | None = None

    def create(self, draft: IssueDraft, post: Callable[[dict[str, object]], IssueRef]) -> IssueRef:
        """Create the issue by `post`, which takes the body and raises `Refused`."""
        if self._refused_until is not None and self._clock() < self._refused_until:
            return post(creation_body(draft, with_property=False))
        try:
            return post(creation_body(draft))
        except Refused as error:
            if not _may_be_about_properties(error):
                raise
        made = post(creation_body(draft, with_property=False))
        self._refused_until = self._clock() + self._seconds
        return made

    def forget(self) -> None:
        """Another Jira may take what this one refuses."""
        self._refused_until = None


def _may_be_about_properties(error: Refused) -> bool:
    """Whether the same issue may be taken without properties: they are named, or no field is."""
    named = " ".join((*error.messages, *error.fields, *error.fields.values())).casefold()
    is_named = "properties" in named or PROPERTY in named or TEST_NAME in named
    return error.status == HTTPStatus.BAD_REQUEST and (is_named or not error.fields)


def creation_body(draft: IssueDraft, *, with_property: bool = True) -> dict[str, object]:
    """What the create call takes: the issue with its mark, so that neither is without the other."""
    fields = {
        **draft.fields,
        "project": {"id": draft.project_id},
        "issuetype": {"id": draft.issue_type_id},
    }
    if not with_property:
        return {"fields": fields}
    key = TEST_NAME if draft.mark.incident_id is None else PROPERTY
    marks = [{"key": key, "value": property_value(draft.mark)}]
    return {"fields": fields, "properties": marks}


def remote_link_body(link: RemoteLink) -> dict[str, object]:
    """What Jira takes as a remote link."""
    return {
        "globalId": link.global_id,
        "application": {"type": "com.pagerduty", "name": "PagerDuty"},
        "relationship": "incident",
        "object": {"url": link.url, "title": link.title},
    }


def created_by_us(draft: IssueDraft, *, within: timedelta, everywhere: bool = False) -> str:
    """The JQL for the issues of the draft's project and type that our account has created.

    `within` is the age of the oldest one that is looked for; `CLOCKS` is added. `everywhere`: of
    any project and type.
    """
    minutes = math.ceil((max(within, timedelta()) + CLOCKS).total_seconds() / 60)
    place = f"project = {quote(draft.project_id)} AND issuetype = {quote(draft.issue_type_id)} AND "
    return (
        f"{'' if everywhere else place}creator = currentUser() AND created >= -{minutes}m"
        " ORDER BY created ASC, key ASC"
    )


def first_marked(
    rows: Iterable[_Object],
    mark: Mark,
    *,
    read: Callable[[IssueRef], _Object | None],
    taken: Collection[Place] = (),
) -> _Object | None:
    """The first row whose issue has the mark: by the description's last line, else by property.

    `rows` are those of a search, with the description; `read` gives what Jira says of
    the issue's property, None where it has none. An issue that lost its line is found by the
    property, one whose property Jira dropped by the line, but not in a `taken` place; a property
    that names another incident or mapping outweighs the line.
    """
    without_line = []
    for row in rows:
        issue = reference(row)
        if issue is None:
            continue
        line, is_free = last_line(_field(row, "description"), mark), place_of(row) not in taken
        if line is LastLine.OURS and has_property(read(issue), mark, unmarked=is_free):
            return row
        if line is LastLine.NONE:
            without_line.append((issue, row))
    marked = (row for one, row in without_line if has_property(read(one), mark, unmarked=False))
    return next(marked, None)


def reference(row: _Object) -> IssueRef | None:
    """The issue that a row is about; None where it does not tell."""
    issue_id, key = row.get("id"), row.get("key")
    if not isinstance(issue_id, str | int) or not isinstance(key, str):
        return None
    return IssueRef(id=str(issue_id), key=key)


def place_of(row: _Object) -> Place | None:
    """Where the issue of a row is; None where the row does not tell."""
    project, issue_type = id_in(_field(row, "project")), id_in(_field(row, "issuetype"))
    if project is None or issue_type is None:
        return None
    return Place(project_id=project, issue_type_id=issue_type)


def placed(row: _Object) -> tuple[IssueRef, Place]:
    """The issue of a row, and where it is. Raises `Temporary` where the row does not tell."""
    issue, place = reference(row), place_of(row)
    if issue is None or place is None:
        raise Temporary("Jira did not describe an issue that it found.")
    return issue, place


def id_in(value: object) -> str | None:
    """The id of what a field names; None where it names nothing."""
    found = value.get("id") if isinstance(value, abc.Mapping) else None
    return str(found) if isinstance(found, str | int) else None


def last_line(description: object, mark: Mark) -> LastLine:
    """Whether the description ends with the mark's line, with another's, or with none."""
    lines = description.split("\n") if isinstance(description, str) else []
    written = [line.strip() for line in lines if line.strip()]
    if written and written[-1] == mark.line.strip():
        return LastLine.OURS
    if written and written[-1].startswith(LINE_START):
        return LastLine.OTHER
    return LastLine.NONE


def property_value(mark: Mark) -> dict[str, str]:
    """The entity property's value for the mark."""
    if mark.incident_id is None:
        return {"mapping": mark.mapping_id}
    return {"id": mark.incident_id, "mapping": mark.mapping_id}


def has_property(found: _Object | None, mark: Mark, *, unmarked: bool) -> bool:
    """Whether a property that was found is the mark's; `unmarked` is the answer for none."""
    if found is None:
        return unmarked
    value = found.get("value")
    return isinstance(value, abc.Mapping) and all(
        value.get(name) == wanted for name, wanted in property_value(mark).items()
    )


def _field(row: _Object, name: str) -> object:
    fields = row.get("fields")
    return fields.get(name) if isinstance(fields, abc.Mapping) else None
