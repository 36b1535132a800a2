"""Custom Incident Actions: buttons of a service that post its incident in the envelope of V2."""

from tests.sandbox.pagerduty import rest
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import (
    ApiError,
    Event,
    Incident,
    Json,
    LogEntry,
    arguments_error,
    seconds,
)
from tests.sandbox.pagerduty.webhooks import Subscription, Webhooks

MOST_PER_SERVICE = 3
EVENT = "incident.custom"


class Buttons:
    """The extensions of this kind; the sender of webhooks delivers what they post, unsigned."""

    def __init__(self, model: PagerDutyModel, webhooks: Webhooks) -> None:
        self._model = model
        self._webhooks = webhooks

    def add(
        self, label: str, url: str, *, service_id: str, headers: dict[str, str] | None = None
    ) -> Subscription:
        """Offer a button on every incident of a service."""
        service = self._model.service(service_id)
        if len(self.of(service.id)) >= MOST_PER_SERVICE:
            raise arguments_error("A service has at most three custom incident actions")
        return self._webhooks.add_extension(
            url, label=label, service_id=service.id, headers=headers or {}
        )

    def of(self, service_id: str) -> list[Subscription]:
        """The buttons of a service, oldest first; their `description` is the label."""
        extensions = self._webhooks.extensions()
        return [one for one in extensions if one.filter["id"] == service_id]

    def press(self, incident_id: str, button_id: str, *, by: str) -> Event:
        """Press a button of the incident's service."""
        with self._model.lock:
            it = self._model.incident(incident_id)
            button = next((one for one in self.of(it.service_id) if one.id == button_id), None)
            if button is None:
                raise ApiError(404, 2100, "Not Found")
            event = self._event(it, button, by=by)
        self._webhooks.send(button.id, event)
        return event

    def _event(self, it: Incident, button: Subscription, *, by: str) -> Event:
        """One message; what it is called and what it holds is of a captured one of 2019."""
        label, agent = button.description, self._model.user_ref(by)
        entry = self._model.log(
            it,
            "custom",
            f"Custom action '{label}' triggered by {agent['summary']}",
            agent=agent,
            channel={"type": "custom_web_trigger", "name": label, "details_omitted": False},
        )
        message = self._message(it, button, entry)
        return Event(
            id=message["id"],
            type=EVENT,
            occurred_at=entry.created_at,
            resource_id=it.id,
            service_id=it.service_id,
            body={"messages": [message]},
        )

    def _message(self, it: Incident, button: Subscription, entry: LogEntry) -> Json:
        model = self._model
        return {
            "event": EVENT,
            "log_entries": [rest.log_entry(model, entry, ("channels",))],
            "webhook": {
                "endpoint_url": button.url,
                "name": button.description,
                "webhook_object": model.service_ref(it.service_id),
                "config": {},
                "id": button.id,
                "type": "webhook",
                "summary": button.description,
            },
            "incident": rest.incident(model, it, ("services",)),
            "id": model.ids.uuid(),
            "created_on": seconds(entry.created_at),
            "account_features": {"response_automation": True},
        }
