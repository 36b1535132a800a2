"""The page where a person is the responder: incidents, their buttons, and the webhooks' log."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.sandbox import pages
from tests.sandbox.pagerduty import actions, events, seed
from tests.sandbox.pagerduty.buttons import Buttons
from tests.sandbox.pagerduty.model import PagerDutyModel, details_text
from tests.sandbox.pagerduty.records import ApiError, Incident, Json, seconds
from tests.sandbox.pagerduty.webhooks import Webhooks

SHOWN_LOG_LINES = 200
ROUTES = (
    ("GET", "/", "overview"),
    ("GET", "/incidents", "overview"),
    ("POST", "/incidents", "trigger"),
    ("GET", "/incidents/<incident_id>", "incident"),
    ("POST", "/incidents/<incident_id>/<action>", "act"),
    ("POST", "/incidents/<incident_id>/buttons/<button_id>", "press"),
    ("GET", "/services/<service_id>", "service"),
    ("GET", "/webhooks", "subscriptions"),
    ("POST", "/webhooks", "subscribe"),
    ("POST", "/webhooks/hurry", "hurry"),
    ("POST", "/webhooks/<subscription_id>/<action>", "change"),
    ("POST", "/you", "become"),
)


class Page:
    """One method for each route; forms answer with a redirect, or with what was wrong."""

    def __init__(self, model: PagerDutyModel, webhooks: Webhooks, buttons: Buttons) -> None:
        self.model = model
        self.webhooks = webhooks
        self.buttons = buttons

    def blueprint(self) -> Blueprint:
        """Everything below `/web`."""
        routes = Blueprint(
            "page",
            __name__,
            url_prefix="/web",
            template_folder="templates",
            static_folder="static",
        )
        for method, path, name in ROUTES:
            endpoint = f"{name}_{len(path)}" if path == "/incidents" else name
            routes.add_url_rule(path, endpoint, getattr(self, name), methods=[method])
        routes.register_error_handler(ApiError, self._problem)
        routes.add_app_template_filter(_when, "when")
        return routes

    def _show(self, template: str, **values: object) -> str:
        with self.model.lock:
            return render_template(
                template,
                model=self.model,
                users=list(self.model.users.values()),
                you=self._you(),
                problem=values.pop("problem", None),
                **values,
            )

    def _you(self) -> str:
        return pages.acting_as(self.model.users, first=seed.RESPONDER)

    def _problem(self, error: ApiError) -> tuple[str, int]:
        says = "; ".join((error.message, *error.errors))
        return self._show("problem.html", problem=says), error.status

    def overview(self) -> str:
        """Services, the form that triggers, and all incidents, newest first."""
        return self._overview(None)

    def service(self, service_id: str) -> str:
        """The same for one service."""
        return self._overview(self.model.service(service_id).id)

    def _overview(self, service_id: str | None) -> str:
        with self.model.lock:
            shown = [
                it
                for it in reversed(self.model.incidents.values())
                if service_id in (None, it.service_id)
            ]
            return self._show("overview.html", incidents=shown, service_id=service_id)

    def trigger(self) -> Response:
        """The form "Trigger incident"."""
        form = request.form
        it = self.model.trigger(
            form.get("service_id", ""),
            form.get("title", ""),
            by=self._you(),
            urgency=form.get("urgency", "high"),
            priority_id=form.get("priority_id") or None,
            details=form.get("details") or None,
        )
        return self._to(it.id)

    def _to(self, incident_id: str) -> Response:
        return redirect(url_for("page.incident", incident_id=incident_id), code=303)

    def incident(self, incident_id: str) -> str:
        """An incident with its buttons, notes and timeline."""
        return self._incident(self.model.incident(incident_id))

    def _incident(self, it: Incident, problem: str | None = None) -> str:
        others = [one for one in self.model.incidents.values() if one.is_open and one is not it]
        details = details_text(it.details) or details_text(it.log[0].channel.get("details"))
        return self._show(
            "incident.html",
            it=it,
            others=others,
            details=details,
            buttons=self.buttons.of(it.service_id),
            problem=problem,
        )

    def act(self, incident_id: str, action: str) -> Response | tuple[str, int]:
        """A button of the incident."""
        try:
            actions.act(self.model, incident_id, action, request.form, by=self._you())
        except ApiError as error:
            says = "; ".join((error.message, *error.errors))
            return self._incident(self.model.incident(incident_id), problem=says), error.status
        return self._to(incident_id)

    def press(self, incident_id: str, button_id: str) -> Response:
        """A custom incident action."""
        self.buttons.press(incident_id, button_id, by=self._you())
        return self._to(incident_id)

    def subscriptions(self) -> str:
        """Subscriptions with their state, and the delivery log, newest first."""
        log = self.webhooks.log()[-SHOWN_LOG_LINES:]
        return self._show(
            "webhooks.html",
            webhooks=self.webhooks,
            subscriptions=self.webhooks.all(),
            log=list(reversed(log)),
            waiting=self.webhooks.waiting(),
        )

    def subscribe(self) -> str:
        """The form "Add subscription": the one time that the secret is shown."""
        asked = request.form.get("service_id")
        account: Json = {"type": "account_reference"}
        made = self.webhooks.create(
            request.form.get("url", "").strip(),
            events=events.SUBSCRIBABLE,
            filter_={"type": "service_reference", "id": asked} if asked else account,
            description=request.form.get("description", ""),
        )
        return self._show("subscribed.html", made=made)

    def change(self, subscription_id: str, action: str) -> Response:
        """Enable, switch on or off, send a ping, or delete a subscription."""
        it = self.webhooks.get(subscription_id)
        match action:
            case "enable":
                self.webhooks.enable(it.id)
            case "ping":
                self.webhooks.ping(it.id, agent_id=self._you())
            case "switch":
                it.active = not it.active
            case "delete":
                self.webhooks.delete(it.id)
            case _:
                raise ApiError(404, 2100, "Not Found")
        return redirect(url_for("page.subscriptions"), code=303)

    def hurry(self) -> Response:
        """Try everything that waits again now."""
        self.webhooks.hurry()
        return redirect(url_for("page.subscriptions"), code=303)

    def become(self) -> Response:
        """Act as another user from now on."""
        return pages.act_as(request.form.get("user_id", ""))


def _when(moment: object) -> str:
    text = seconds(moment) if hasattr(moment, "astimezone") else None  # type: ignore[arg-type]
    return (text or "").replace("T", " ").replace("Z", " UTC")
