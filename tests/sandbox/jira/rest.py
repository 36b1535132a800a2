"""REST version 2 over the model: one method for each route."""

import json
from collections.abc import Callable, Sequence
from functools import wraps

from flask import Blueprint, Response, abort, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date

from tests.sandbox.jira.errors import JiraError, UnreadableError
from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.model import SEARCH_CAP, SEARCH_DEFAULT, JiraModel
from tests.sandbox.jira.plugin import Asked
from tests.sandbox.jira.signin import visitor

ROUTES = (
    ("GET", "/serverInfo", "server_info"),
    ("GET", "/readonly-mode", "readonly_mode"),
    ("GET", "/myself", "myself"),
    ("GET", "/mypermissions", "my_permissions"),
    ("GET", "/priority", "priorities"),
    ("GET", "/status", "statuses"),
    ("GET", "/resolution", "resolutions"),
    ("GET", "/issuetype", "issue_types"),
    ("GET", "/field", "fields"),
    ("GET", "/project", "projects"),
    ("GET", "/project/<project>", "project"),
    ("GET", "/project/<project>/statuses", "project_statuses"),
    ("GET", "/user", "user"),
    ("GET", "/user/search", "search_users"),
    ("GET", "/user/assignable/search", "assignable_users"),
    ("GET", "/search", "search_by_query"),
    ("POST", "/search", "search_by_body"),
    ("POST", "/issue", "create_issue"),
    ("GET", "/issue/createmeta", "create_metadata"),
    ("GET", "/issue/createmeta/<project>/issuetypes", "create_types"),
    ("GET", "/issue/createmeta/<project>/issuetypes/<type_id>", "create_fields"),
    ("GET", "/issue/<issue>", "get_issue"),
    ("PUT", "/issue/<issue>", "edit_issue"),
    ("DELETE", "/issue/<issue>", "delete_issue"),
    ("PUT", "/issue/<issue>/assignee", "assign"),
    ("GET", "/issue/<issue>/watchers", "watchers"),
    ("POST", "/issue/<issue>/watchers", "watch"),
    ("DELETE", "/issue/<issue>/watchers", "unwatch"),
    ("GET", "/issue/<issue>/transitions", "transitions"),
    ("POST", "/issue/<issue>/transitions", "transition"),
    ("GET", "/issue/<issue>/comment", "comments"),
    ("POST", "/issue/<issue>/comment", "add_comment"),
    ("GET", "/issue/<issue>/comment/<comment>", "comment"),
    ("PUT", "/issue/<issue>/comment/<comment>", "edit_comment"),
    ("GET", "/comment/<comment>/properties/<key>", "comment_property"),
    ("GET", "/issue/<issue>/remotelink", "remote_links"),
    ("POST", "/issue/<issue>/remotelink", "put_remote_link"),
    ("DELETE", "/issue/<issue>/remotelink", "delete_remote_link"),
    ("POST", "/issueLink", "link_issues"),
    ("GET", "/issue/<issue>/properties", "property_keys"),
    ("GET", "/issue/<issue>/properties/<key>", "get_property"),
    ("PUT", "/issue/<issue>/properties/<key>", "put_property"),
    ("DELETE", "/issue/<issue>/properties/<key>", "delete_property"),
)
MOST_USERS = 1000
MOST_ASSIGNABLE = 100

View = Callable[..., Response]


class RestApi:
    """Signs visitors in, reads requests, writes answers; the model does the rest."""

    def __init__(self, model: JiraModel) -> None:
        self.model = model

    def blueprint(self) -> Blueprint:
        """All routes below `/rest/api/2`, and below its alias `/rest/api/latest`."""
        routes = Blueprint("rest", __name__)
        for base in ("/rest/api/2", "/rest/api/latest"):
            for method, path, name in ROUTES:
                routes.add_url_rule(
                    f"{base}{path}",
                    f"{name}_{base.rsplit('/', 1)[1]}",
                    self._guarded(getattr(self, name)),
                    methods=[method],
                )
        routes.add_url_rule(
            "/rest/pat/latest/tokens", "access_tokens", self._guarded(self.access_tokens)
        )
        return routes

    def _guarded(self, view: View) -> View:
        @wraps(view)
        def answer(**path: str) -> Response:
            refusal = self._admit()
            if refusal is None:
                try:
                    refusal = view(**path)
                except JiraError as error:
                    refusal = json_response(error.body(), error.status, error.headers)
            return self._signed(refusal)

        return answer

    def _admit(self) -> Response | None:
        """Sign the visitor in; the answer where that fails already, or the write is refused."""
        asked = Asked(
            method=request.method, path=request.path, query=list(request.args.items(multi=True))
        )
        known = g.visitor = visitor(self.model, request.headers.get("Authorization"), asked)
        if known.refused is None:
            return None if request.method == "GET" else self._admit_write()
        if known.body is None:
            return _page(known.page, known.refused)
        return json_response(known.body, known.refused)

    def _admit_write(self) -> Response | None:
        if self.model.read_only is not None and not request.path.endswith("/search"):
            return json_response({"errorMessages": [self.model.read_only], "errors": {}}, 503)
        if "Mozilla/" in request.headers.get("User-Agent", ""):
            return Response("XSRF check failed", status=403, mimetype="text/plain")
        if request.method != "DELETE" and request.mimetype != "application/json":
            return _page("Unsupported Media Type", 415)
        return None

    def _signed(self, response: Response) -> Response:
        response.headers["X-AUSERNAME"] = self._user() or "anonymous"
        response.headers["Date"] = http_date(self.model.now())
        response.headers["Vary"] = "User-Agent"
        response.headers["Cache-Control"] = "no-cache, no-store, no-transform"
        response.headers.update(g.visitor.headers)
        return response

    def _user(self) -> str | None:
        name: str | None = g.visitor.user
        return name

    # Catalogue

    def server_info(self) -> Response:
        return json_response(self.model.server_info(self._user()))

    def readonly_mode(self) -> Response:
        if not self.model.version.readonly_mode:
            abort(404)
        message = self.model.read_only
        return json_response(
            {
                "enabled": message is not None,
                "message": message or "",
                "endTime": "",
                "timeZone": "UTC",
            }
        )

    def myself(self) -> Response:
        return json_response(self.model.myself(self._user()))

    def my_permissions(self) -> Response:
        project = request.args.get("projectKey") or request.args.get("projectId")
        return json_response(self.model.my_permissions(self._user(), project))

    def access_tokens(self) -> Response:
        return json_response(self.model.access_tokens(self._user()))

    def priorities(self) -> Response:
        return json_response(self.model.priorities())

    def statuses(self) -> Response:
        return json_response(self.model.statuses())

    def resolutions(self) -> Response:
        return json_response(self.model.resolutions())

    def issue_types(self) -> Response:
        return json_response(self.model.issue_types())

    def fields(self) -> Response:
        return json_response(self.model.fields())

    def projects(self) -> Response:
        return json_response(self.model.projects(self._user()))

    def project(self, project: str) -> Response:
        return json_response(self.model.project(self._user(), project))

    def project_statuses(self, project: str) -> Response:
        return json_response(self.model.project_statuses(self._user(), project))

    def user(self) -> Response:
        name, key = request.args.get("username"), request.args.get("key")
        return json_response(self.model.user(self._user(), name=name, key=key))

    def search_users(self) -> Response:
        found = self.model.search_users(self._user(), request.args.get("username", ""))
        start, limit = _window(50)
        return json_response(found[start : start + min(limit, MOST_USERS)])

    def assignable_users(self) -> Response:
        issue = request.args.get("issueKey")
        project = request.args.get("project") or (
            self.model.project_for_assignment(self._user(), issue) if issue else ""
        )
        text = request.args.get("username", "")
        found = self.model.assignable_users(self._user(), project, text)
        start, limit = _window(50)
        return json_response(found[start : start + min(limit, MOST_ASSIGNABLE)])

    def create_metadata(self) -> Response:
        if not self.model.version.old_createmeta:
            return self.get_issue("createmeta")
        return json_response(
            self.model.create_metadata(
                self._user(),
                projects={*_names("projectIds"), *_names("projectKeys")},
                types=_names("issuetypeIds"),
                with_fields="projects.issuetypes.fields" in _names("expand"),
            )
        )

    def create_types(self, project: str) -> Response:
        self._needs_new_createmeta()
        return _paged(self.model.create_types(self._user(), project))

    def _needs_new_createmeta(self) -> None:
        if not self.model.version.new_createmeta:
            abort(404)

    def create_fields(self, project: str, type_id: str) -> Response:
        self._needs_new_createmeta()
        return _paged(self.model.create_fields(self._user(), project, type_id))

    # Issues

    def search_by_query(self) -> Response:
        given = request.args
        start, limit = _window(SEARCH_DEFAULT)
        return self._search(
            {
                "jql": given.get("jql", ""),
                "startAt": start,
                "maxResults": limit,
                "fields": _names("fields"),
                "expand": _names("expand"),
                "validateQuery": given.get("validateQuery", "true").lower() != "false",
            }
        )

    def search_by_body(self) -> Response:
        return self._search(_body_object())

    def _search(self, asked: Bean) -> Response:
        found = self.model.search(
            self._user(),
            str(asked.get("jql") or ""),
            start=int(asked.get("startAt") or 0),
            limit=_limit(asked.get("maxResults")),
            fields=asked.get("fields") or ("*navigable",),
            expand=asked.get("expand") or (),
            validate=asked.get("validateQuery", True) is not False,
        )
        return json_response(found)

    def create_issue(self) -> Response:
        return json_response(self.model.create_issue(self._user(), _body()), 201)

    def get_issue(self, issue: str) -> Response:
        fields = _names("fields") or ("*all",)
        return json_response(
            self.model.get_issue(
                self._user(),
                issue,
                fields=fields,
                expand=_names("expand"),
                properties=_names("properties"),
            )
        )

    def edit_issue(self, issue: str) -> Response:
        notify = request.args.get("notifyUsers", "true").lower() != "false"
        self.model.edit_issue(self._user(), issue, _body(), notify=notify)
        return _nothing()

    def delete_issue(self, issue: str) -> Response:
        self.model.delete_issue(self._user(), issue)
        return _nothing()

    def assign(self, issue: str) -> Response:
        self.model.assign(self._user(), issue, _body())
        return _nothing()

    def watchers(self, issue: str) -> Response:
        return json_response(self.model.watchers(self._user(), issue))

    def watch(self, issue: str) -> Response:
        self.model.watch(self._user(), issue, _body() if request.data else None)
        return _nothing()

    def unwatch(self, issue: str) -> Response:
        self.model.unwatch(self._user(), issue, request.args.get("username", ""))
        return _nothing()

    def transitions(self, issue: str) -> Response:
        wanted = request.args.get("transitionId")
        return json_response(
            self.model.transitions(
                self._user(), issue, expand=_names("expand"), transition_id=wanted
            )
        )

    def transition(self, issue: str) -> Response:
        self.model.transition(self._user(), issue, _body())
        return _nothing()

    # What hangs on an issue

    def comments(self, issue: str) -> Response:
        start, limit = _window(50)
        if not self.model.version.comments_in_pages and "maxResults" not in request.args:
            limit = SEARCH_CAP
        return json_response(
            self.model.comments(
                self._user(),
                issue,
                start=start,
                limit=limit,
                newest_first=request.args.get("orderBy", "").startswith("-"),
                expand=_names("expand"),
            )
        )

    def comment(self, issue: str, comment: str) -> Response:
        return json_response(self.model.comment(self._user(), issue, comment))

    def add_comment(self, issue: str) -> Response:
        return json_response(self.model.add_comment(self._user(), issue, _body()), 201)

    def edit_comment(self, issue: str, comment: str) -> Response:
        return json_response(self.model.edit_comment(self._user(), issue, comment, _body()))

    def comment_property(self, comment: str, key: str) -> Response:
        return json_response(self.model.comment_property(self._user(), comment, key))

    def remote_links(self, issue: str) -> Response:
        global_id = request.args.get("globalId")
        if global_id:
            return json_response(self.model.remote_link(self._user(), issue, global_id))
        return json_response(self.model.remote_links(self._user(), issue))

    def put_remote_link(self, issue: str) -> Response:
        return json_response(self.model.put_remote_link(self._user(), issue, _body()))

    def delete_remote_link(self, issue: str) -> Response:
        global_id = request.args.get("globalId", "")
        self.model.delete_remote_link(self._user(), issue, global_id)
        return _nothing()

    def link_issues(self) -> Response:
        self.model.link_issues(self._user(), _body())
        return Response(status=201)

    def property_keys(self, issue: str) -> Response:
        return json_response(self.model.property_keys(self._user(), issue))

    def get_property(self, issue: str, key: str) -> Response:
        return json_response(self.model.get_property(self._user(), issue, key))

    def put_property(self, issue: str, key: str) -> Response:
        new = self.model.put_property(self._user(), issue, key, _body())
        return Response(status=201 if new else 200)

    def delete_property(self, issue: str, key: str) -> Response:
        self.model.delete_property(self._user(), issue, key)
        return _nothing()


def canonical(path: str) -> str:
    """A resource's path below version 2, where it is told by the alias."""
    return path.replace("/rest/api/latest/", "/rest/api/2/")


def strayed(error: HTTPException) -> Response:
    """What no resource answers: within REST in JSON, elsewhere with Tomcat's page."""
    status = error.code or 404
    if request.path.startswith("/rest/") and status in {404, 405}:
        says = f"null for uri: {request.url}" if status == 404 else f"HTTP {status} {error.name}"
        return json_response({"message": says, "status-code": status}, status)
    return _page(error.name, status)


def json_response(
    value: object, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """An answer as Jira writes it."""
    response = Response(json.dumps(value), status=status)
    response.headers["Content-Type"] = "application/json;charset=UTF-8"
    response.headers.update(headers or {})
    return response


def _page(says: str, status: int) -> Response:
    page = says if says.startswith("<html>") else f"<html><body><h1>{says}</h1></body></html>"
    return Response(page, status=status, content_type="text/html;charset=UTF-8")


def _nothing() -> Response:
    return Response(status=204)


def _paged(rows: Sequence[Bean]) -> Response:
    start, limit = _window(50)
    page = rows[start : start + limit]
    return json_response(
        {
            "maxResults": limit,
            "startAt": start,
            "total": len(rows),
            "isLast": start + len(page) >= len(rows),
            "values": page,
        }
    )


def _window(default: int) -> tuple[int, int]:
    start = request.args.get("startAt", 0, type=int)
    limit = request.args.get("maxResults", default, type=int)
    return max(start, 0), min(max(limit, 0), SEARCH_CAP)


def _limit(given: object) -> int:
    return int(given) if isinstance(given, int) else SEARCH_DEFAULT


def _names(parameter: str) -> list[str]:
    """A parameter that is a list: separated by commas, or given several times."""
    parts = ",".join(request.args.getlist(parameter)).split(",")
    return [part.strip() for part in parts if part.strip()]


def _body() -> object:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise UnreadableError(f"Unexpected character: {error}") from error


def _body_object() -> Bean:
    body = _body()
    if not isinstance(body, dict):
        raise UnreadableError("Can not deserialize instance of SearchRequestBean")
    return body
