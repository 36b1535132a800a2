"""A rule of PagerDuty's Jira Server v4 integration, as the mappings that it becomes.

Such a rule is a list of conditions and actions (PagerDuty's own example of the API's body). A
mapping holds one target, one set of conditions and one JQL: the first of each that fits is taken,
and every other one is named.
"""

from collections import abc
from collections.abc import Iterator
from dataclasses import dataclass, field

from pdjira.mappings.vendor_parts import (
    Part,
    Translated,
    identity_of,
    named,
    not_carried,
    off_for_now,
    part,
    parts,
    service_of,
    text_of,
    unknown_keys,
)
from pdjira.model.mapping import Problem, hint

_RULE = {"id", "name", "type", "enabled", "config", "created_at", "updated_at"}
_CONFIG = {
    "sync_comments", "services", "projects", "issue_types",
    "autocreate_incidents", "autocreate_incidents_config",
    "autocreate_issues", "autocreate_issues_config",
    "react_on_incident_event", "react_on_incident_event_config",
    "react_on_issue_status_change", "react_on_issue_status_change_config",
}  # fmt: skip
_TRIGGER = "incident.trigger"
_STATE_OF = {
    _TRIGGER: "triggered",
    "incident.unacknowledge": "triggered",
    "incident.acknowledge": "acknowledged",
    "incident.resolve": "resolved",
}
_STATE_TO = {"pd_acknowledge": "acknowledged", "pd_resolve": "resolved"}
_ATTRIBUTES = {
    "incident.title": "incident_title",
    "incident.incident_number": "incident_number",
    "log_entries.channel.details": "incident_description",
    "incident.status": "incident_status",
    "incident.created_at": "incident_created_at",
    "incident.service.summary": "incident_service",
    "incident.escalation_policy.summary": "incident_escalation_policy",
    "incident.impacted_services.name": "incident_impacted_services",
    "incident.html_url": "incident_html_url",
    "incident.acknowledgements.acknowledger.name": "incident_acknowledgers",
    "incident.urgency": "incident_urgency",
    "incident.assignee": "incident_assignees",
    "incident.priority.summary": "incident_priority",
    "incident.last_status_change_by.summary": "incident_last_status_change_by",
    "incident.last_status_change_at": "incident_last_status_change_at",
}
_ANOTHER = "Add a mapping of its own for it, if you need it."


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A mapping in the making."""

    item: dict[str, object]
    statuses: dict[str, dict[str, object] | None] = field(default_factory=dict)
    also_resolved: list[object] = field(default_factory=list)
    fields: list[object] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)

    def leave(self, path: str, says: str, cure: str = "") -> None:
        """Say that a part is not carried over."""
        self.remarks.append(not_carried(path, says, cure))


def mappings_of_v4(rule: Part) -> tuple[Translated, ...]:
    """One mapping for each service of the rule."""
    config = part(rule, "config")
    services = [one for _, one in parts(config, "services") if text_of(one.get("id"))]
    return tuple(_mapping(rule, config, one, several=len(services) > 1) for one in services)


def _mapping(rule: Part, config: Part, service: Part, *, several: bool) -> Translated:
    service_id = text_of(service.get("id"))
    identity = identity_of("v4", rule, service_id, several=several)
    draft = _Draft(
        item={
            "id": identity,
            "name": text_of(rule.get("name")) or identity,
            "enabled": False,
            "service": service_of(service),
            "sync_notes": "both" if config.get("sync_comments") is True else "off",
        }
    )
    draft.remarks += off_for_now(rule)
    _create_issues(config, draft)
    _open_incidents(config, service_id, draft)
    _follow_incidents(config, draft)
    _follow_issues(config, draft)
    draft.remarks += unknown_keys(rule, _RULE)
    draft.remarks += unknown_keys(config, _CONFIG, within="config.")
    draft.item |= {
        "status_mapping": {state: draft.statuses.get(state) for state in _STATE_OF.values()},
        "resolved_statuses": draft.also_resolved,
        "custom_fields": draft.fields,
    }
    return Translated(item=draft.item, remarks=tuple(draft.remarks))


# ---- issues


def _create_issues(config: Part, draft: _Draft) -> None:
    rows = list(parts(config, "autocreate_issues_config", within="config."))
    is_on = config.get("autocreate_issues") is True and bool(rows)
    chosen = next((row for row in rows if _TRIGGER in _events(row[1])), rows[0]) if is_on else None
    path, row = chosen or ("config", {})
    is_automatic = _TRIGGER in _events(row)
    draft.item |= {
        "project": _target(config, row, "projects", "target_project", draft),
        "issue_type": _target(config, row, "issue_types", "target_issue_type", draft),
        "create_issue": "automatic" if is_automatic else "manual",
        "conditions": _conditions(row),
    }
    _fill(path, row, draft)
    for other, left in rows if is_on else []:
        if other != path:
            says = (
                f"a mapping makes issues in one place, on one condition. Left out: {_said(left)}."
            )
            draft.leave(other, says, _ANOTHER)


def _said(row: Part) -> str:
    """Where a row makes issues, and on what condition, as people read it."""
    place = [
        text_of(part(row, "target_issue_type").get("label")) or "the usual issue type",
        text_of(part(row, "target_project").get("key")) or "the usual project",
    ]
    condition = part(row, "condition")
    urgency = text_of(condition.get("pd_urgency")) or "any"
    names = [
        text_of(one.get("label") or one.get("id")) for _, one in parts(condition, "pd_priorities")
    ]
    return f"{' in '.join(place)}, urgency {urgency}, priority {', '.join(names) or 'any'}"


def _target(config: Part, row: Part, listed: str, key: str, draft: _Draft) -> dict[str, object]:
    """What the row names, else the first that the rule lists; the others are reported."""
    offered = [_place(one, listed) for _, one in parts(config, listed)]
    chosen = _place(part(row, key), listed) if part(row, key) else next(iter(offered), {})
    others = [text_of(one.get("name") or one.get("key")) for one in offered if one != chosen]
    if others:
        draft.leave(
            f"config.{listed}",
            f"a mapping has one of them; these are left out: {', '.join(others)}.",
            _ANOTHER,
        )
    return chosen


def _place(reference: Part, listed: str) -> dict[str, object]:
    if listed == "projects":
        found = {key: text_of(reference.get(key)) for key in ("id", "key")}
        return {key: value for key, value in found.items() if value}
    return named(reference, name="label") or {}


def _conditions(row: Part) -> dict[str, object]:
    condition = part(row, "condition")
    urgency = text_of(condition.get("pd_urgency"))
    return {
        "urgency": [urgency] if urgency in {"high", "low"} else [],
        "priority_ids": [text_of(one.get("id")) for _, one in parts(condition, "pd_priorities")],
    }


def _fill(path: str, row: Part, draft: _Draft) -> None:
    """Turn the actions that fill fields into rules."""
    for place, key, given in _actions(path, row):
        match key:
            case "jira_append_description":
                rule = _template("description", given, place, draft)
            case "jira_field_set_priority":
                rule = _rule("priority", "jira_value", {"id": _id(given)}) if _id(given) else None
            case "jira_field_set_labels":
                rule = _labels(given)
            case _:
                rule = None
        if rule is None:
            draft.leave(place, f"the action {key}.")
        else:
            draft.fields.append(rule)


def _rule(target: str, kind: str, value: object) -> dict[str, object]:
    key = "source_incident_field" if kind == "attribute" else "value"
    return {"target_issue_field": target, "type": kind, key: value}


def _template(target: str, given: object, place: str, draft: _Draft) -> dict[str, object] | None:
    lines: list[str] = []
    for each in given if isinstance(given, list) else []:
        label, key = text_of(part({"it": each}, "it").get("label")), _key(each)
        if _is_text(each):
            lines.append(label)
        elif key in _ATTRIBUTES:
            lines.append(f"{label}: {{{{ {_ATTRIBUTES[key]} }}}}")
        else:
            draft.leave(place, f"{label or key or 'a line'} has no counterpart here.")
    return _rule(target, "template", "\n".join(lines)) if lines else None


def _labels(given: object) -> dict[str, object] | None:
    """Texts, or one attribute: a rule holds no mixture of them."""
    rows = given if isinstance(given, list) else []
    if rows and all(_is_text(each) for each in rows):
        texts = [text_of(part({"it": each}, "it").get("label")) for each in rows]
        return _rule("labels", "const", ",".join(text.replace(",", "\\,") for text in texts))
    if len(rows) == 1 and _key(rows[0]) in _ATTRIBUTES:
        return _rule("labels", "attribute", _ATTRIBUTES[_key(rows[0])])
    return None


# ---- incidents


def _open_incidents(config: Part, service_id: str, draft: _Draft) -> None:
    draft.item["jql"] = None
    if config.get("autocreate_incidents") is not True:
        return
    for path, row in parts(config, "autocreate_incidents_config", within="config."):
        jql = text_of(row.get("jql"))
        if _id(row.get("target_service")) != service_id:
            says = f"the JQL {jql} opens incidents of another service."
            draft.leave(path, says, "It belongs to the mapping of that service.")
        elif draft.item["jql"] is not None:
            draft.leave(path, f"a mapping has one JQL, so this one is left out: {jql}.", _ANOTHER)
        else:
            draft.item["jql"] = jql or None
            for key in ("on_create", "on_update"):
                if row.get(key) is False:
                    says = "here an issue pages when it comes to match, whatever made it match."
                    draft.leave(f"{path}.{key}", says, "Narrow the JQL if that is too much.")
            for place, action, _ in _actions(path, row):
                draft.leave(place, f"the action {action} on an incident that the JQL opens.")


# ---- what follows what


def _follow_incidents(config: Part, draft: _Draft) -> None:
    if config.get("react_on_incident_event") is not True:
        return
    for path, row in parts(config, "react_on_incident_event_config", within="config."):
        if _conditions(row) != _conditions({}):
            draft.remarks.append(
                hint(
                    f"{path}.condition",
                    "Here an issue follows the status of every incident, whatever its urgency and "
                    "priority.",
                    "Add a mapping of its own for other incidents, if they need another status.",
                )
            )
        for place, key, given in _actions(path, row):
            if key == "jira_field_set_assignee" and _key(given) == "incident.assignee":
                draft.item["sync_people"] = {"assignee": True}
            elif key != "jira_change_status":
                draft.leave(place, f"the action {key}.")
            else:
                for event in _events(row):
                    _status(place, event, given, draft)


def _status(place: str, event: str, given: object, draft: _Draft) -> None:
    status = named(given if isinstance(given, abc.Mapping) else {}, name="label")
    state = _STATE_OF.get(event)
    if state is None or status is None:
        draft.leave(place, f"a status at {event}.")
    elif draft.statuses.setdefault(state, status) != status:
        draft.leave(place, f"a second status for {state}: {status['name']}.")


def _follow_issues(config: Part, draft: _Draft) -> None:
    if config.get("react_on_issue_status_change") is not True:
        return
    for path, row in parts(config, "react_on_issue_status_change_config", within="config."):
        for place, key, _ in _actions(path, row):
            state = _STATE_TO.get(key)
            if state is None:
                draft.leave(place, f"the action {key} on a change of status in Jira.")
                continue
            for where, reference in parts(row, "jira_statuses", within=f"{path}."):
                _status_from_jira(where, state, named(reference, name="label"), draft)


def _status_from_jira(
    where: str, state: str, status: dict[str, object] | None, draft: _Draft
) -> None:
    if status is None or draft.statuses.setdefault(state, status) == status:
        return
    if state == "resolved":
        draft.also_resolved.append(status)
    else:
        draft.leave(where, f"a second status that acknowledges: {status['name']}.")


# ---- parts


def _events(row: Part) -> list[str]:
    found = part(row, "condition").get("pd_events")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _actions(path: str, row: Part) -> Iterator[tuple[str, str, object]]:
    """Path, key and parameters of each action that is not switched off."""
    given = part(row, "actions_params")
    for place, action in parts(row, "actions", within=f"{path}."):
        if action.get("isDisabled") is not True:
            key = text_of(action.get("key"))
            yield place, key, given.get(key)


def _id(value: object) -> str:
    return text_of(value.get("id")) if isinstance(value, abc.Mapping) else ""


def _key(value: object) -> str:
    return text_of(value.get("key")) if isinstance(value, abc.Mapping) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, abc.Mapping) and value.get("icon") == "text"
