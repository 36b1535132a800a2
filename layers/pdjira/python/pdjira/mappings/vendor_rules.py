"""Rules of PagerDuty's own Jira integrations, as the mappings that they become.

The shapes: an extension of Jira Server v3 as `GET /extensions` lists it (a public dump of 2022;
what its parts may hold is partly guessed, so whatever is not understood is named), a rule of Jira
Cloud (PagerDuty's OpenAPI document) and one of Jira Server v4. Ids of a Cloud are those of another
Jira, so its names are taken.
"""

import re
from collections import abc
from collections.abc import Iterator

from pdjira.mappings.vendor_parts import (
    Part,
    Translated,
    identity_of,
    named,
    not_carried,
    notes_of,
    off_for_now,
    part,
    parts,
    service_of,
    text_of,
    unknown_keys,
)
from pdjira.mappings.vendor_rules_v4 import mappings_of_v4
from pdjira.model.mapping import Problem, hint
from pdjira.sync.fields.rules import ATTRIBUTE_NAMES

_V3_EXTENSION = {
    "id", "name", "summary", "type", "self", "html_url", "endpoint_url", "extension_schema",
    "extension_objects", "temporarily_disabled", "config", "created_at", "updated_at",
}  # fmt: skip
_V3_STATUSES = {
    "triggered": "openStatus",
    "acknowledged": "acknowledgedStatus",
    "resolved": "resolvedStatus",
}
V3_JQL = ("jql", "autocreateJql", "autoCreateJql", "autocreateJQL", "autoCreateJQL")
V3_RULE = {
    "project", "issueType", "user", "createIssueOnIncidentTrigger", "priorities", "customFields",
    *_V3_STATUSES.values(), *V3_JQL,
}  # fmt: skip
_CLOUD = {"id", "name", "type", "enabled", "config", "created_at", "updated_at"}
_CLOUD_RULE = {
    "project", "issue_type", "create_issue_on_incident_trigger", "autocreate_jql", "status_mapping",
    "priorities", "sync_notes_user", "custom_fields",
}  # fmt: skip
_STATES = ("triggered", "acknowledged", "resolved")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_vendor_rule(given: object) -> bool:
    """Whether it is a rule of PagerDuty's, in whatever version, and no mapping."""
    if not isinstance(given, abc.Mapping) or "create_issue" in given:
        return False
    holds = (isinstance(given.get(key), abc.Mapping) for key in ("config", "rule"))
    return "extension_objects" in given or any(holds)


def mappings_of(rule: Part) -> tuple[Translated, ...]:
    """The mappings that a rule becomes, one for each service; none where it names no service."""
    inner = part(rule, "rule")
    if inner:
        return mappings_of_v4(inner)
    config = part(rule, "config")
    if "extension_objects" in rule:
        return tuple(_of_v3(rule, part(config, "jira")))
    if not part(config, "jira"):
        return mappings_of_v4(rule)
    return tuple(_of_cloud(rule, part(config, "jira")))


# ---- Jira Server v3


def _of_v3(extension: Part, rule: Part) -> Iterator[Translated]:
    services = [one for _, one in parts(extension, "extension_objects") if text_of(one.get("id"))]
    for service in services:
        identity = identity_of(
            "v3", extension, text_of(service.get("id")), several=len(services) > 1
        )
        fields, unfilled = _v3_fields(rule)
        item: dict[str, object] = {
            "id": identity,
            "name": text_of(extension.get("name")) or identity,
            "enabled": False,
            "service": service_of(service),
            "project": _project(rule),
            "issue_type": named(part(rule, "issueType")) or {},
            "create_issue": _mode(rule.get("createIssueOnIncidentTrigger")),
            "jql": next((text_of(rule[key]) or None for key in V3_JQL if key in rule), None),
            "status_mapping": {
                state: named(part(rule, key)) for state, key in _V3_STATUSES.items()
            },
            "priorities": _priorities(rule, jira="jiraId", pagerduty="pdId"),
            "custom_fields": fields,
            **notes_of(rule.get("user")),
        }
        remarks = (*_v3_remarks(extension, rule), *unfilled)
        yield Translated(item=item, remarks=remarks)


def _v3_remarks(extension: Part, rule: Part) -> Iterator[Problem]:
    yield from off_for_now(extension)
    if not rule:
        yield not_carried(
            "config.jira",
            "PagerDuty does not tell what this extension is set to.",
            "Open the extension in PagerDuty, and write the mapping by hand.",
        )
    if not any(key in rule for key in V3_JQL):
        yield hint(
            "jql",
            "PagerDuty does not tell whether a JQL is set: look there.",
            "Open the extension in PagerDuty. If it has a JQL, write that into jql of the mapping.",
        )
    yield from unknown_keys(extension, _V3_EXTENSION)
    yield from unknown_keys(part(extension, "config"), {"jira"}, within="config.")
    yield from unknown_keys(rule, V3_RULE, within="config.jira.")


def _v3_fields(rule: Part) -> tuple[list[object], tuple[Problem, ...]]:
    fields: list[object] = []
    remarks: list[Problem] = []
    for path, row in parts(rule, "customFields", within="config.jira."):
        source, target = part(row, "pd"), part(row, "jira")
        found = _v3_field(source, text_of(target.get("value")) or text_of(target.get("id")))
        if found is None:
            remarks.append(_field_not_carried(path, source, target))
        else:
            fields.append(found)
        remarks += unknown_keys(row, {"pd", "jira"}, within=f"{path}.")
    return fields, tuple(remarks)


def _v3_field(source: Part, target: str) -> dict[str, object] | None:
    kind, value = text_of(source.get("type")).lower(), source.get("value")
    if not target:
        return None
    if "const" in kind and text_of(value):
        return {"target_issue_field": target, "type": "const", "value": text_of(value)}
    if isinstance(value, abc.Mapping) and text_of(value.get("id")):
        chosen = {"id": text_of(value.get("id"))}
        return {"target_issue_field": target, "type": "jira_value", "value": chosen}
    attribute = _attribute(text_of(value))
    if attribute is None:
        return None
    return {
        "target_issue_field": target,
        "type": "attribute",
        "source_incident_field": attribute,
    }


def _attribute(name: str) -> str | None:
    """The attribute of an incident that a rule means by `incident_number` or `incidentNumber`."""
    snake = _CAMEL.sub("_", name).lower().replace(".", "_").replace(" ", "_")
    return next((one for one in (snake, f"incident_{snake}") if one in ATTRIBUTE_NAMES), None)


def _field_not_carried(path: str, source: Part, target: Part) -> Problem:
    def shown(value: Part) -> str:
        return text_of(value.get("displayName")) or text_of(value.get("value")) or "nothing"

    return not_carried(
        path,
        f"the field {shown(target)} filled from {shown(source)}.",
        "Add a rule to custom_fields, with one of the attributes or a constant.",
    )


# ---- Jira Cloud


def _of_cloud(rule: Part, jira: Part) -> Iterator[Translated]:
    service = part(part(rule, "config"), "service")
    if not text_of(service.get("id")):
        return
    identity = identity_of("cloud", rule, text_of(service.get("id")), several=False)
    fields, unfilled = _cloud_fields(jira)
    item: dict[str, object] = {
        "id": identity,
        "name": text_of(rule.get("name")) or identity,
        "enabled": False,
        "service": service_of(service),
        "project": _project({"project": {"key": part(jira, "project").get("key")}}),
        "issue_type": _by_name(part(jira, "issue_type")) or {},
        "create_issue": _mode(jira.get("create_issue_on_incident_trigger")),
        "jql": text_of(jira.get("autocreate_jql")) or None,
        "status_mapping": {
            state: _by_name(part(part(jira, "status_mapping"), state)) for state in _STATES
        },
        "priorities": _priorities(jira, jira="jira_id", pagerduty="pagerduty_id"),
        "custom_fields": fields,
        **notes_of(jira.get("sync_notes_user")),
    }
    yield Translated(item=item, remarks=(*_cloud_remarks(rule, jira), *unfilled))


def _by_name(reference: Part) -> dict[str, object] | None:
    name = text_of(reference.get("name"))
    return {"name": name} if name else None


def _cloud_remarks(rule: Part, jira: Part) -> Iterator[Problem]:
    yield from off_for_now(rule)
    yield hint(
        "custom_fields",
        "The rule belongs to a Jira Cloud, which has other ids: project, issue type and statuses "
        "were looked up by name. Ids of fields and priorities were taken over as they were.",
        "Compare custom_fields and priorities with those of this Jira.",
    )
    yield from unknown_keys(rule, _CLOUD)
    yield from unknown_keys(part(rule, "config"), {"jira", "service"}, within="config.")
    yield from unknown_keys(jira, _CLOUD_RULE, within="config.jira.")


def _cloud_fields(jira: Part) -> tuple[list[object], tuple[Problem, ...]]:
    fields: list[object] = []
    remarks: list[Problem] = []
    for path, row in parts(jira, "custom_fields", within="config.jira."):
        known = {"target_issue_field", "type", "source_incident_field", "value"}
        kept = {key: value for key, value in row.items() if key in known and value is not None}
        if row.get("type") == "jira_value":
            kept["value"] = _cloud_value(row.get("value"))
        fields.append(kept)
        remarks += unknown_keys(row, {*known, "target_issue_field_name"}, within=f"{path}.")
    return fields, tuple(remarks)


def _cloud_value(value: object) -> object:
    """A value of a Cloud, by its name where it has one."""
    if isinstance(value, list):
        return [_cloud_value(each) for each in value]
    name = text_of(value.get("displayName")) if isinstance(value, abc.Mapping) else ""
    return {"name": name} if name else value


# ---- both


def _mode(creates: object) -> str:
    return "automatic" if creates is True else "manual"


def _project(rule: Part) -> dict[str, object]:
    project = part(rule, "project")
    found = {key: text_of(project.get(key)) for key in ("id", "key")}
    return {key: value for key, value in found.items() if value}


def _priorities(rule: Part, *, jira: str, pagerduty: str) -> list[object]:
    return [
        {
            "pagerduty_id": text_of(row.get(pagerduty)) or None,
            "jira_id": text_of(row.get(jira)) or None,
        }
        for _, row in parts(rule, "priorities")
    ]
