"""What a person can do to an incident, by name: for the page and the control interface."""

from collections import abc
from collections.abc import Callable

from tests.sandbox.pagerduty import custom_fields, happenings
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import ApiError

Values = abc.Mapping[str, str]
Action = Callable[[PagerDutyModel, str, Values, str], object]

ACTIONS: dict[str, Action] = {
    "acknowledge": lambda model, it, _, by: model.acknowledge(it, by=by),
    "unacknowledge": lambda model, it, _, by: model.unacknowledge(it, by=by),
    "resolve": lambda model, it, values, by: model.resolve(it, by=by, note=values.get("note")),
    "reopen": lambda model, it, _, by: model.reopen(it, by=by),
    "title": lambda model, it, values, by: model.set_title(it, values["title"], by=by),
    "urgency": lambda model, it, values, by: model.set_urgency(it, values["urgency"], by=by),
    "priority": lambda model, it, values, by: model.set_priority(
        it, values.get("priority_id") or None, by=by
    ),
    "service": lambda model, it, values, by: model.set_service(it, values["service_id"], by=by),
    "custom_field": lambda model, it, values, by: custom_fields.set_values(
        model, it, [{"name": values["name"], "value": values["value"] or None}], by=by
    ),
    "note": lambda model, it, values, by: model.add_note(it, values["content"], by=by),
    "status_update": lambda model, it, values, by: model.publish_status_update(
        it, values["message"], by=by
    ),
    "merge": lambda model, it, values, by: model.merge([it], values["into"], by=by),
    "reassign": lambda model, it, values, by: model.reassign(it, [values["user_id"]], by=by),
    "escalate": lambda model, it, values, by: model.escalate(it, [values["user_id"]], by=by),
    "responder": lambda model, it, values, by: happenings.add_responder(
        model, it, values["user_id"], by=by
    ),
    "workflow": lambda model, it, values, by: happenings.run_workflow(
        model, it, values["workflow_id"], values.get("name", "Create Jira issue"), by=by
    ),
    "unknown_event": lambda model, it, _, by: happenings.unknown_event(model, it, by=by),
}


def act(model: PagerDutyModel, incident_id: str, name: str, values: Values, *, by: str) -> None:
    """Do it, or raise `ApiError`."""
    action = ACTIONS.get(name)
    if action is None:
        raise ApiError(404, 2100, "Not Found")
    try:
        action(model, incident_id, values, by)
    except KeyError as missing:
        raise ApiError(400, 2003, "Missing Arguments", str(missing)) from missing
