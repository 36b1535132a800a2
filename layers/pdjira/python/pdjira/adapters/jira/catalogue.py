"""What Jira offers to a mapping: projects, screens, fields, service desks, and our rights."""

from collections import abc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http import HTTPStatus

from pdjira.adapters.http.messages import Call, segment
from pdjira.adapters.jira.answers import Capabilities, is_last, listed, pages_of, rows
from pdjira.adapters.jira.searches import MADE_FIELDS, JiraOwnIssues, own_page, search
from pdjira.adapters.jira.session import JiraSession
from pdjira.errors import NotFound, Temporary
from pdjira.health.endings import AccessToken
from pdjira.jql.query import quote
from pdjira.mappings.offers import IssueTypeOffer, ProjectOffer
from pdjira.model.incident import Reference
from pdjira.model.issue import AllowedValue, CreateScreen, FieldSchema
from pdjira.model.link import named_by_line
from pdjira.model.rights import ProjectRights
from pdjira.model.times import read_time
from pdjira.sweep.differences import OwnIssuePage
from pdjira.sync.fields.values import ORGANIZATION, REQUEST_TYPE, SEPARATOR

LATEST = 20
"""How many of our latest issues in a project are searched for one of an incident."""

_API = "/rest/api/2"


class RestJiraCatalogue:
    """`JiraCatalogue` of the Jira that the session leads to; nothing is remembered."""

    def __init__(self, session: JiraSession) -> None:
        self._session = session

    def project(self, project_id: str) -> ProjectOffer:
        """As the port says: the project, then the statuses of each of its issue types."""
        path = f"{_API}/project/{segment(project_id)}"
        project = self._session.ask(_read(path))
        return ProjectOffer(
            id=str(project.get("id") or ""),
            key=str(project.get("key") or ""),
            name=str(project.get("name") or ""),
            issue_types=tuple(map(_issue_type, self._list(f"{path}/statuses"))),
        )

    def projects(self) -> Sequence[ProjectOffer]:
        """As the port says."""
        found = [row for row in self._list(f"{_API}/project") if isinstance(row, abc.Mapping)]
        return tuple(
            ProjectOffer(
                id=str(row["id"]), key=str(row.get("key") or ""), name=str(row.get("name") or "")
            )
            for row in found
            if row.get("id")
        )

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """As the port says."""
        return read_create_screen(self._session, project_id=project_id, issue_type_id=issue_type_id)

    def priorities(self) -> Sequence[Reference]:
        """As the port says."""
        return _references(self._list(f"{_API}/priority"))

    def resolutions(self) -> Sequence[Reference]:
        """As the port says."""
        return _references(self._list(f"{_API}/resolution"))

    def fields(self) -> Sequence[Reference]:
        """As the port says."""
        return _references(self._list(f"{_API}/field"))

    def has_user(self, name: str) -> bool:
        """As the port says."""
        path = f"{_API}/user"
        call = Call(method="GET", path=path, repeatable=True, query=(("username", name),))
        try:
            return is_active(self._session.ask(call))
        except NotFound:
            return False

    def keeps_properties(self, project_id: str) -> bool | None:
        """As the port says: one search, and one look at the property."""
        asked = {
            "jql": made_there(project_id),
            "maxResults": LATEST,
            "fields": [*MADE_FIELDS],
        }
        made = latest_marked(own_page(search(self._session, asked), start=0))
        return None if made is None else JiraOwnIssues(self._session).mark_of(made) is not None

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        """As the port says."""
        return read_offered(self._session, project_id, kind)

    def _list(self, path: str) -> list[object]:
        call = _read(path)
        answer = self._session.send(call)
        self._session.check(answer, call)
        return listed(answer, call)


def made_there(project_id: str) -> str:
    """The JQL for what our account created in a project, the latest first."""
    return f"creator = currentUser() AND project = {quote(project_id)} ORDER BY created DESC"


def latest_marked(page: OwnIssuePage) -> str | None:
    """The id of the first issue whose description names an incident."""
    return next((one.ref.id for one in page.issues if named_by_line(one.last_line)), None)


def is_active(user: abc.Mapping[str, object]) -> bool:
    """Whether an account, as Jira describes it, may be given something."""
    return user.get("active") is not False


def _read(path: str) -> Call:
    return Call(method="GET", path=path, repeatable=True)


def _issue_type(row: object) -> IssueTypeOffer:
    found = row if isinstance(row, abc.Mapping) else {}
    return IssueTypeOffer(
        id=str(found.get("id") or ""),
        name=str(found.get("name") or ""),
        statuses=_references(found.get("statuses")),
        categories=status_categories(found.get("statuses")),
    )


def status_categories(listed: object) -> dict[str, str]:
    """The keys of the categories of statuses, by the statuses' ids."""
    rows = (
        [row for row in listed if isinstance(row, abc.Mapping)] if isinstance(listed, list) else []
    )
    found = ((row.get("id"), row.get("statusCategory")) for row in rows)
    return {
        str(identity): str(category.get("key") or "")
        for identity, category in found
        if identity and isinstance(category, abc.Mapping)
    }


def _references(listed: object) -> tuple[Reference, ...]:
    rows = listed if isinstance(listed, list) else []
    return tuple(
        Reference(id=str(row["id"]), name=str(row.get("name") or row["id"]))
        for row in rows
        if isinstance(row, abc.Mapping) and row.get("id")
    )


_SERVICE_DESK = "service_desk"


class JiraAccessTokens:
    """The personal access tokens of our account; `is_token` tells whether we sign in by one.

    `[{"id", "name", "createdAt", "lastAccessedAt", "expiringAt"}]`, the last null for one that does
    not end; never a secret. Jira 8.14 and later.
    """

    def __init__(self, session: JiraSession, *, is_token: Callable[[], bool]) -> None:
        self._session = session
        self._is_token = is_token

    def listed(self) -> Sequence[AccessToken] | None:
        """As the port says."""
        if not self._is_token():
            return None
        call = Call(method="GET", path="/rest/pat/latest/tokens", repeatable=True)
        answer = self._session.send(call)
        self._session.check(answer, call)
        found = [one for one in listed(answer, call) if isinstance(one, abc.Mapping)]
        return [
            AccessToken(name=str(one.get("name") or "?"), ends=read_time(one.get("expiringAt")))
            for one in found
        ]


class JiraRights:
    """`Rights` over a session, signed in as it is."""

    def __init__(self, session: JiraSession) -> None:
        self._session = session

    def in_project(self, project_id: str) -> ProjectRights:
        """As the port says: `mypermissions` for the rights, the project for its type."""
        query = (("projectId", segment(project_id)),)
        rights = self._session.ask(_read_of("/mypermissions", query)).get("permissions")
        if not isinstance(rights, abc.Mapping):
            raise Temporary("Jira did not tell the rights of our account.")
        project = self._session.ask(_read_of(f"/project/{segment(project_id)}"))
        return rights_of(rights, project)


def rights_of(rights: abc.Mapping[str, object], project: abc.Mapping[str, object]) -> ProjectRights:
    """The rights in Jira's answers of `mypermissions` and `project`.

    Versions before 8 tell the rights under their older keys as well; those do no harm.
    """
    held = {
        key
        for key, right in rights.items()
        if isinstance(right, abc.Mapping) and right.get("havePermission") is True
    }
    return ProjectRights(
        named=frozenset(rights),
        held=frozenset(held),
        is_service_desk=project.get("projectTypeKey") == _SERVICE_DESK,
    )


def _read_of(path: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    return Call(method="GET", path=f"{_API}{path}", repeatable=True, query=query)


_PATH = "/rest/api/2/issue/createmeta"

_PAGE = 100

_Object = abc.Mapping[str, object]


def read_create_screen(
    session: JiraSession, *, project_id: str, issue_type_id: str
) -> CreateScreen:
    """The fields of the create screen.

    Raises `Refused` or `NotFound` where project or type do not exist or we may not create there.
    """
    project, issue_type = segment(project_id), segment(issue_type_id)

    def read(can: Capabilities) -> CreateScreen:
        if can.create_metadata_by_type:
            return create_screen(_by_type(session, project, issue_type))
        return create_screen(_filtered(session, project, issue_type))

    return session.by_version(read)


def _by_type(session: JiraSession, project: str, issue_type: str) -> list[_Object]:
    path = f"{_PATH}/{project}/issuetypes/{issue_type}"
    fields: list[_Object] = []
    for _ in pages_of("fields"):
        query = (("startAt", str(len(fields))), ("maxResults", str(_PAGE)))
        page = session.ask(Call(method="GET", path=path, repeatable=True, query=query))
        new = rows(page, "values", "fields")
        fields += new
        if is_last(page, read=len(fields), new=len(new)):
            break
    return fields


def _filtered(session: JiraSession, project: str, issue_type: str) -> list[_Object]:
    """Before 8.4: one resource for everything, so large that both filters are a must.

    Without them it can take minutes and all of Jira's memory (JRASERVER-42282).
    """
    query = (
        ("projectIds", project),
        ("issuetypeIds", issue_type),
        ("expand", "projects.issuetypes.fields"),
    )
    said = session.ask(Call(method="GET", path=_PATH, repeatable=True, query=query))
    for found in rows(said, "projects"):
        for kind in rows(found, "issuetypes"):
            if str(found.get("id")) == project and str(kind.get("id")) == issue_type:
                return rows(kind, "fields")
    raise NotFound(
        "Jira has no such project and issue type, or does not let our account create issues there.",
        cure="Check the mapping's project and issue type, and that our Jira account has the right "
        "Create Issues and application access.",
    )


def create_screen(fields: list[abc.Mapping[str, object]]) -> CreateScreen:
    """The screen with these fields; one without an id is left out."""
    schemas = [replace(screen_field(row), allowed=allowed_values(row)) for row in fields]
    return CreateScreen(fields={schema.id: schema for schema in schemas if schema.id})


def screen_field(row: abc.Mapping[str, object]) -> FieldSchema:
    """A field of a screen, as Jira's metadata describes it."""
    found = row.get("schema")
    schema = found if isinstance(found, abc.Mapping) else {}
    field_id = str(row.get("fieldId") or row.get("key") or "")
    custom = _optional(schema.get("custom"))
    # Old versions declare a cascading select as a list of texts, and take the same value for it.
    is_cascading = (custom or "").endswith(":cascadingselect")
    return FieldSchema(
        id=field_id,
        name=str(row.get("name") or field_id),
        required=row.get("required") is True,
        type="option-with-child" if is_cascading else str(schema.get("type") or "any"),
        items=None if is_cascading else _optional(schema.get("items")),
        custom=custom,
        system=_optional(schema.get("system")),
        has_default=row.get("hasDefaultValue") is True,
        operations=_operations(row.get("operations")),
    )


def _operations(listed: object) -> tuple[str, ...]:
    """Those that the metadata name; a version that names none takes values."""
    return tuple(map(str, listed)) if isinstance(listed, list) else ("set",)


def allowed_values(row: abc.Mapping[str, object]) -> tuple[AllowedValue, ...] | None:
    """The values that the metadata of a field offer, those that are disabled left out."""
    listed = row.get("allowedValues")
    if not isinstance(listed, list):
        return None
    values = [each for each in listed if isinstance(each, abc.Mapping)]
    return tuple(_allowed_value(each) for each in values if each.get("disabled") is not True)


def _allowed_value(value: abc.Mapping[str, object]) -> AllowedValue:
    return AllowedValue(
        id=str(value.get("id") or ""),
        name=str(value.get("value") or value.get("name") or ""),
        children=tuple(str(child.get("value") or "") for child in rows(value, "children")),
    )


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) else None


_DESKS = "/rest/servicedeskapi/servicedesk"

_PATHS = {REQUEST_TYPE: "requesttype", ORGANIZATION: "organization"}

_OPT_IN = {"X-ExperimentalApi": "opt-in"}

_NOT_FOR_US = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED)

Offered = tuple[AllowedValue, ...] | None


def read_offered(session: JiraSession, project_id: str, kind: str) -> Offered:
    """As the port says."""
    desk = next((row for row in _rows(session, _DESKS) if is_of(row, project_id)), None)
    if desk is None:
        return None
    path = f"{_DESKS}/{segment(str(desk.get('id')))}/{_PATHS[kind]}"
    return tuple(offer(row, desk, kind) for row in _rows(session, path))


def is_of(desk: _Object, project_id: str) -> bool:
    """Whether a service desk is that of a project."""
    return str(desk.get("projectId")) == project_id


def offer(row: _Object, desk: _Object, kind: str) -> AllowedValue:
    """What Jira's row stands for.

    A request type has no key in any documented version; one that is told is taken. A portal is
    named by its project's key.
    """
    name = str(row.get("name") or "")
    if kind == ORGANIZATION:
        return AllowedValue(id=str(row.get("id") or ""), name=name)
    key = str(row.get("key") or "")
    portal = str(desk.get("projectKey") or "").lower()
    is_whole = not key or SEPARATOR in key
    return AllowedValue(id=key if is_whole else f"{portal}{SEPARATOR}{key}", name=name)


def _rows(session: JiraSession, path: str) -> Iterator[_Object]:
    """All rows; none where this Jira has no such resource, or not for our account."""
    read = 0
    for _ in pages_of("what a service desk offers"):
        query = (("start", str(read)), ("limit", str(_PAGE)))
        call = Call(method="GET", path=path, repeatable=True, query=query, headers=_OPT_IN)
        answer = session.send(call)
        if answer.status in _NOT_FOR_US:
            return
        page = session.read(answer, call)
        found = rows(page, "values")
        yield from found
        read += len(found)
        if not found or page.get("isLastPage") is not False:
            return
