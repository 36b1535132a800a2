"""`/rest/servicedeskapi` over the model: pages of their own shape, and an API to opt in to."""

from flask import Blueprint, Response, request

from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.rest import RestApi, json_response

ROUTES = (
    ("/servicedesk", "desks"),
    ("/servicedesk/<desk>/requesttype", "request_types"),
    ("/servicedesk/<desk>/organization", "organizations"),
)
_OPT_IN = "opt-in"


class DeskApi(RestApi):
    """Signs visitors in as the rest of REST does."""

    def blueprint(self) -> Blueprint:
        """All routes below `/rest/servicedeskapi`."""
        routes = Blueprint("servicedeskapi", __name__)
        for path, name in ROUTES:
            view = self._guarded(getattr(self, name))
            routes.add_url_rule(f"/rest/servicedeskapi{path}", name, view, methods=["GET"])
        return routes

    def desks(self) -> Response:
        return _paged(self.model.desks(self._user(), opted_in=_has_opted_in()))

    def request_types(self, desk: str) -> Response:
        return _paged(self.model.request_types(self._user(), desk, opted_in=_has_opted_in()))

    def organizations(self, desk: str) -> Response:
        return _paged(self.model.organizations(self._user(), desk, opted_in=_has_opted_in()))


def _has_opted_in() -> bool:
    return request.headers.get("X-ExperimentalApi") == _OPT_IN


def _paged(rows: list[Bean]) -> Response:
    start = max(request.args.get("start", 0, type=int), 0)
    limit = min(max(request.args.get("limit", 50, type=int), 0), 100)
    page = rows[start : start + limit]
    return json_response(
        {
            "size": len(page),
            "start": start,
            "limit": limit,
            "isLastPage": start + len(page) >= len(rows),
            "_links": {"base": "", "context": ""},
            "values": page,
        }
    )
