"""The page where a person works in Jira: issues, their fields, comments and transitions."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.sandbox import pages
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Bean
from tests.sandbox.jira.model import JiraModel

FIRST_USER = "alice"
ROUTES = (
    ("GET", "/", "overview"),
    ("GET", "/browse/<key>", "issue"),
    ("POST", "/web/issues", "create"),
    ("POST", "/web/issues/<key>/edit", "edit"),
    ("POST", "/web/issues/<key>/comment", "comment"),
    ("POST", "/web/issues/<key>/transition", "transition"),
    ("POST", "/web/issues/<key>/delete", "delete"),
    ("POST", "/web/you", "become"),
)

Answer = str | Response | tuple[str, int]


class Page:
    """One method for each route; forms answer with a redirect, or with what Jira said."""

    def __init__(self, model: JiraModel) -> None:
        self.model = model

    def blueprint(self) -> Blueprint:
        """The front page, `/browse/<key>` and the forms."""
        routes = Blueprint(
            "page",
            __name__,
            template_folder="templates",
            static_folder="static",
            static_url_path="/web/static",
        )
        for method, path, name in ROUTES:
            routes.add_url_rule(path, name, getattr(self, name), methods=[method])
        routes.register_error_handler(JiraError, self._problem)
        return routes

    def _you(self) -> str:
        return pages.acting_as(self.model.world.users, first=FIRST_USER)

    def _show(self, template: str, **values: object) -> str:
        with self.model.lock:
            return render_template(
                f"jira/{template}",
                world=self.model.world,
                you=self._you(),
                problem=values.pop("problem", None),
                **values,
            )

    def _problem(self, error: JiraError) -> tuple[str, int]:
        return self._show("problem.html", problem=_said(error)), error.status

    def overview(self) -> Answer:
        """All issues that one may see, newest first, and the form that makes one."""
        return self._overview()

    def _overview(self, problem: str | None = None) -> str:
        with self.model.lock:
            rows = [
                self.model.get_issue(self._you(), str(issue))
                for issue in sorted(self.model.issues, reverse=True)
                if self._sees(issue)
            ]
            return self._show("overview.html", issues=rows, filled=request.form, problem=problem)

    def _sees(self, issue_id: int) -> bool:
        return self.model.may_see(self._you(), self.model.issues[issue_id])

    def issue(self, key: str) -> Answer:
        """An issue with everything on it."""
        return self._issue(key)

    def _issue(self, key: str, problem: str | None = None) -> str:
        with self.model.lock:
            you = self._you()
            it = self.model.get_issue(you, key, expand=("changelog",), properties=("*all",))
            return self._show(
                "issue.html",
                it=it,
                fields=self._shown(it),
                comments=self.model.comments(you, it["id"], limit=1000, expand=("properties",))[
                    "comments"
                ],
                links=[(link, _safe(link)) for link in self.model.remote_links(you, it["id"])],
                steps=self.model.transitions(you, it["id"], expand=("transitions.fields",))[
                    "transitions"
                ],
                problem=problem,
            )

    def _shown(self, it: Bean) -> list[tuple[str, str, str]]:
        """Name, id and words of each further field that has a value."""
        issue = self.model.issues[int(it["id"])]
        apart = ("summary", "description")
        shown = []
        for field in self.model.world.fields.values():
            project = self.model.project_of(issue)
            words = self.model.text_of(field, issue.values.get(field.id), project)
            if words and field.id not in apart:
                shown.append((field.name, field.id, words))
        return shown

    def create(self) -> Answer:
        """The form "Create issue"."""
        form = request.form
        fields = {
            "project": {"id": form.get("project", "")},
            "issuetype": {"id": form.get("issuetype", "")},
            "summary": form.get("summary", ""),
            "description": form.get("description") or None,
            "priority": {"id": form.get("priority", "3")},
            "labels": form.get("labels", "").split(),
        }
        try:
            made = self.model.create_issue(self._you(), {"fields": fields})
        except JiraError as error:
            return self._overview(problem=_said(error)), error.status
        return _to(made["key"])

    def edit(self, key: str) -> Answer:
        """The form "Edit"."""
        fields = {
            "summary": request.form.get("summary", ""),
            "description": request.form.get("description") or None,
            "priority": {"id": request.form.get("priority", "3")},
            "labels": request.form.get("labels", "").split(),
        }
        return self._act(key, lambda: self.model.edit_issue(self._you(), key, {"fields": fields}))

    def comment(self, key: str) -> Answer:
        """The form "Comment"."""
        body = {"body": request.form.get("body", "")}
        return self._act(key, lambda: self.model.add_comment(self._you(), key, body))

    def transition(self, key: str) -> Answer:
        """A button of the workflow; the resolution goes along where the step asks for one."""
        step = request.form.get("transition", "")
        found = self.model.transitions(
            self._you(), key, expand=("transitions.fields",), transition_id=step
        )["transitions"]
        body: dict[str, Any] = {"transition": {"id": step}}
        if found and "resolution" in found[0]["fields"]:
            body["fields"] = {"resolution": {"id": request.form.get("resolution", "10000")}}
        return self._act(key, lambda: self.model.transition(self._you(), key, body))

    def delete(self, key: str) -> Answer:
        """The button "Delete"."""
        self.model.delete_issue(self._you(), key)
        return redirect(url_for("page.overview"), code=303)

    def become(self) -> Answer:
        """Act as another user from now on."""
        return pages.act_as(request.form.get("user", ""))

    def _act(self, key: str, action: Callable[[], object]) -> Answer:
        try:
            action()
        except JiraError as error:
            return self._issue(key, problem=_said(error)), error.status
        return _to(key)


def _to(key: str) -> Response:
    return redirect(url_for("page.issue", key=key), code=303)


def _said(error: JiraError) -> str:
    return " ".join([*error.messages, *error.errors.values()])


def _safe(link: Bean) -> str | None:
    """The address of a remote link, where a browser may follow it."""
    url = str(link["object"]["url"])
    return url if urlsplit(url).scheme in ("http", "https") else None
