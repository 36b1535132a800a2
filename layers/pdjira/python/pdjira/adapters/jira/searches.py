"""Searches by JQL: which issues match, how they are, and which of them are ours by their marks."""

import math
from collections import abc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from enum import Enum
from http import HTTPStatus

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.answers import is_last, pages_of, rows
from pdjira.adapters.jira.people import check_right
from pdjira.adapters.jira.session import JiraSession
from pdjira.errors import NotFound, Refused, Temporary
from pdjira.jql.matches import Match, MatchPage
from pdjira.jql.query import SEARCH_WINDOW, quote, with_ids
from pdjira.model.issue import IssueDraft, IssueRef, Mark, Naming, Place, RemoteLink
from pdjira.model.link import LINE_START, NAME, TEST_NAME, last_line, named_by_line
from pdjira.model.times import CLOCKS, read_second, read_time
from pdjira.sweep.differences import IN_FLIGHT, IssueState, OwnIssue, OwnIssuePage

# As many as Jira gives at once unless its administrator allows more or fewer.
_PAGE = 1000

SEARCH_FIELDS = ("created", "updated")

MOST_IDS = 100

_Object = abc.Mapping[str, object]


class JiraSearches:
    """`Searches` of the Jira that the session leads to."""

    def __init__(self, session: JiraSession) -> None:
        self._session = session

    def count(self, jql: str) -> int:
        """As the port says; the answer holds no issue."""
        return total_of(search(self._session, {"jql": jql, "maxResults": 0}))

    def matches(self, jql: str, *, start: int = 0) -> MatchPage:
        """As the port says. Jira may give fewer than it is asked for, without a word."""
        limit = min(_PAGE, SEARCH_WINDOW - start)
        asked = {"jql": jql, "startAt": start, "maxResults": limit, "fields": [*SEARCH_FIELDS]}
        said = search(self._session, asked)
        return page_of(said, start=start, clock_ahead=self._session.clock_ahead())

    def ids(self, jql: str) -> frozenset[str]:
        """As the port says."""
        asked = {"jql": jql, "maxResults": MOST_IDS, "validateQuery": False, "fields": ["id"]}
        return ids_of(search(self._session, asked))


def ids_of(said: _Object) -> frozenset[str]:
    """The ids of the issues that Jira's answer names."""
    found = map(reference, rows(said, "issues"))
    return frozenset(issue.id for issue in found if issue is not None)


def page_of(said: _Object, *, start: int, clock_ahead: timedelta | None = None) -> MatchPage:
    """The page that Jira's answer stands for."""
    found = rows(said, "issues")
    read = start + len(found)
    is_end = is_last(said, read=read, new=len(found)) or read >= SEARCH_WINDOW
    return MatchPage(
        matches=tuple(_matches(found)),
        total=total_of(said),
        next_start=None if is_end else read,
        clock_ahead=clock_ahead,
    )


def _matches(found: list[_Object]) -> Iterator[Match]:
    for row in found:
        issue, fields = reference(row), row.get("fields")
        times = fields if isinstance(fields, abc.Mapping) else {}
        updated = read_time(times.get("updated"))
        if issue is None or updated is None:
            raise Temporary("Jira did not describe an issue that it found.")
        yield Match(issue=issue, updated=updated, created=read_time(times.get("created")))


def search(session: JiraSession, asked: _Object) -> _Object:
    """Jira's answer to a search.

    Unless `validateQuery` is False, Jira refuses a search that names a project or an id that is
    gone. Jira shows no issue to somebody it does not know, and does not say so.
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


_API = "/rest/api/2"

MADE_FIELDS = ("project", "issuetype", "created", "description")

MADE_PAGE = 100


class JiraOwnIssues:
    """`OurIssues` of the Jira that the session leads to."""

    def __init__(self, session: JiraSession) -> None:
        self._session = session

    def made(self, *, within_minutes: int, start: int = 0) -> OwnIssuePage:
        """As the port says."""
        asked = {
            "jql": made_by_us(within_minutes=within_minutes),
            "startAt": start,
            "maxResults": MADE_PAGE,
            "fields": [*MADE_FIELDS],
        }
        return own_page(search(self._session, asked), start=start)

    def mark_of(self, issue_id: str) -> Naming | None:
        """As the port says."""
        path = f"{_API}/issue/{segment(issue_id)}/properties/{PROPERTY}"
        try:
            said = self._session.ask(Call(method="GET", path=path, repeatable=True))
        except (NotFound, Refused):
            return None
        return naming_of(said.get("value"))

    def show_duplicate(self, duplicate: IssueRef, *, of: IssueRef) -> None:
        """As the port says."""
        body = duplicate_body(duplicate, of=of)
        call = Call(method="POST", path="/rest/api/2/issueLink", repeatable=True, body=body)
        check_right(self._session, self._session.send(call), call)


DUPLICATE = "Duplicate"
"""The link type that every Jira has until its administrator renames or deletes it."""


def duplicate_body(duplicate: IssueRef, *, of: IssueRef) -> dict[str, object]:
    """What Jira takes: the link starts from the issue that it calls the inward one."""
    return {
        "type": {"name": DUPLICATE},
        "inwardIssue": {"key": duplicate.key},
        "outwardIssue": {"key": of.key},
    }


def made_by_us(*, within_minutes: int) -> str:
    """The JQL for what our account created, in whatever project."""
    in_flight = int(IN_FLIGHT.total_seconds() // 60)
    return (
        f"creator = currentUser() AND created >= -{within_minutes}m AND created <= -{in_flight}m"
        " ORDER BY created ASC, key ASC"
    )


def own_page(said: _Object, *, start: int) -> OwnIssuePage:
    """The page that Jira's answer stands for. Raises `Temporary` where it describes no issue."""
    found = rows(said, "issues")
    read = start + len(found)
    is_end = is_last(said, read=read, new=len(found))
    return OwnIssuePage(issues=tuple(map(_own_issue, found)), next_start=None if is_end else read)


def named_in(said: _Object) -> Naming | None:
    """What the mark of an issue that was read names: its property, else the last line."""
    found, held = said.get("fields"), said.get("properties")
    fields = found if isinstance(found, abc.Mapping) else {}
    properties = held if isinstance(held, abc.Mapping) else {}
    description = fields.get("description")
    line = last_line(description) if isinstance(description, str) else ""
    return naming_of(properties.get(PROPERTY)) or named_by_line(line)


def naming_of(value: object) -> Naming | None:
    """What the property's value names; None where it is not as we write it."""
    named = value if isinstance(value, abc.Mapping) else {}
    incident_id, mapping_id = named.get("id"), named.get("mapping")
    if not isinstance(incident_id, str) or not isinstance(mapping_id, str):
        return None
    return Naming(incident_id=incident_id, mapping_id=mapping_id)


def _own_issue(row: _Object) -> OwnIssue:
    found = row.get("fields")
    fields = found if isinstance(found, abc.Mapping) else {}
    (ref, place), created = placed(row), read_time(fields.get("created"))
    if created is None:
        raise Temporary("Jira did not describe an issue that it found.")
    description = fields.get("description")
    return OwnIssue(
        ref=ref,
        project_id=place.project_id,
        issue_type_id=place.issue_type_id,
        created_at=created,
        last_line=last_line(description) if isinstance(description, str) else "",
    )


PROPERTY = NAME

MARK_FIELDS = ("description", "project", "issuetype")
"""What a search asks for of issues that may have a mark."""


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
        line, is_free = closing_line(_field(row, "description"), mark), place_of(row) not in taken
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


def closing_line(description: object, mark: Mark) -> LastLine:
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


STATE_FIELDS = ("status", "priority", "summary", "created")


class JiraStates:
    """What the index shows of issues of the Jira that the session leads to."""

    def __init__(self, session: JiraSession) -> None:
        self._session = session

    def states(self, issue_ids: Sequence[str]) -> Sequence[IssueState]:
        """As the port says; where Jira gives fewer at once than it is asked for, it takes more.

        Unless it is told not to validate, Jira refuses the whole search for an id that is gone.
        """
        found: list[IssueState] = []
        for _ in pages_of("issues") if issue_ids else ():
            said = self._search(issue_ids, start=len(found))
            page = rows(said, "issues")
            found += map(issue_state, page)
            if is_last(said, read=len(found), new=len(page)):
                break
        return found

    def _search(self, issue_ids: Sequence[str], *, start: int) -> _Object:
        asked = {
            "jql": of_ids(issue_ids),
            "startAt": start,
            "maxResults": len(issue_ids),
            "fields": [*STATE_FIELDS],
            "validateQuery": False,
        }
        return search(self._session, asked)


def of_ids(issue_ids: Sequence[str]) -> str:
    """The JQL for these issues, by id, so that pages do not shift."""
    return f"{with_ids(issue_ids)} ORDER BY key ASC"


def issue_state(row: _Object) -> IssueState:
    """What a row of a search shows. Raises `Temporary` where it shows no issue and status."""
    found = row.get("fields")
    fields = found if isinstance(found, abc.Mapping) else {}
    ref, status_id = reference(row), id_in(fields.get("status"))
    if ref is None or status_id is None:
        raise Temporary("Jira did not describe an issue that it found.")
    summary = fields.get("summary")
    return IssueState(
        ref=ref,
        status_id=status_id,
        priority_id=id_in(fields.get("priority")),
        summary=summary if isinstance(summary, str) else "",
        created_at=read_second(fields.get("created")),
    )
