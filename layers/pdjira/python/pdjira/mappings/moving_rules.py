"""What a rule of PagerDuty's becomes, setting by setting, as people read it."""

from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pdjira.mappings.changes import Item, StoredItem
from pdjira.mappings.vendor_parts import Part, Translated, part, parts, text_of
from pdjira.model.mapping import Problem

Names = abc.Mapping[tuple[str, str], str]
"""What people call what has an id: `(kind, id)` to name, of the kinds below, as far as known."""

JIRA_PRIORITY, PAGERDUTY_PRIORITY = "jira priority", "pagerduty priority"
FIELD, SERVICE, USER = "field", "service", "user"

_STATES = ("triggered", "acknowledged", "resolved")


class Integration(StrEnum):
    """The integration of PagerDuty's that a rule is from."""

    V3 = "Jira Server v3"
    V4 = "Jira Server v4"
    CLOUD = "Jira Cloud"


class Stage(StrEnum):
    """How far a service has been moved over."""

    OLD = "not taken over"
    DRAFT = "taken over, off"
    IN_FORCE = "in force"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A setting of the rule, what it says there, and the key of the mapping that has it now."""

    setting: str
    value: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRule:
    """A rule of PagerDuty's for one service, beside the mapping that it becomes.

    `still_makes` says that it makes issues as far as PagerDuty tells; None: it makes none by
    itself. `address` is where people see the rule, where PagerDuty tells that.
    """

    integration: Integration
    item: Item
    carried: tuple[Carried, ...]
    left: tuple[Problem, ...]
    stage: Stage
    still_makes: str | None
    address: str | None

    @property
    def id(self) -> str:
        """The id of the mapping."""
        return str(self.item["id"])

    @property
    def name(self) -> str:
        """As people call it."""
        return str(self.item["name"])

    @property
    def service(self) -> str:
        """The name of its service."""
        return text_of(part(self.item, "service").get("name"))

    @property
    def place(self) -> str:
        """Where its issues are made."""
        project, issue_type = part(self.item, "project"), part(self.item, "issue_type")
        words = (text_of(project.get("key")) or text_of(project.get("id")), _name(issue_type))
        return " ".join(filter(None, words)) or "no project"

    @property
    def switch_off(self) -> str:
        """What to click in PagerDuty, so that it makes no more issues."""
        if self.integration is Integration.V3:
            return (
                "In PagerDuty, open Integrations > Extensions > your Jira Server extension, press "
                f"the gear of {self.service}, and delete that service there."
            )
        return f"In PagerDuty, open the rule {self.name} and switch it off."


def old_rules(
    rule: Part, translated: Sequence[Translated], stored: abc.Mapping[str, StoredItem], names: Names
) -> Iterator[OldRule]:
    """One for each service of the rule."""
    integration = _integration(rule)
    for each in translated:
        item = _with_service_name(each.item, names)
        yield OldRule(
            integration=integration,
            item=item,
            carried=tuple(carried(item, {**names, **_shown_names(rule)})),
            left=tuple(one for one in each.remarks if one.field != "enabled"),
            stage=_stage(stored.get(str(item["id"]))),
            still_makes=_still_makes(rule, integration, item),
            address=text_of(rule.get("html_url")) or None,
        )


def _stage(stored: StoredItem | None) -> Stage:
    if stored is None:
        return Stage.OLD
    return Stage.DRAFT if stored.written.get("enabled") is False else Stage.IN_FORCE


def _with_service_name(item: Item, names: Names) -> Item:
    """With the name of a service of which the rule tells the id alone."""
    service = part(item, "service")
    identity = text_of(service.get("id"))
    if service.get("name") not in (None, identity):
        return item
    shown = names.get((SERVICE, identity), identity)
    return {**item, "service": {"id": identity, "name": shown}}


def _integration(rule: Part) -> Integration:
    if "extension_objects" in rule:
        return Integration.V3
    return Integration.CLOUD if part(part(rule, "config"), "jira") else Integration.V4


def _still_makes(rule: Part, integration: Integration, item: Item) -> str | None:
    """What the rule tells of itself; a file tells only what was true when it was written."""
    service = _name(part(item, "service"))
    off = rule.get("temporarily_disabled") is True or rule.get("enabled") is False
    inner = part(rule, "rule")
    if off or inner.get("enabled") is False or item.get("create_issue") != "automatic":
        return None
    return (
        f"PagerDuty's {integration.value} integration makes issues for incidents of {service}: as "
        "long as it does, each would get a second one from this mapping."
    )


# ---- setting by setting


def carried(item: Item, names: Names) -> Iterator[Carried]:
    """Every setting that the mapping has of the rule."""
    yield Carried(setting="Name", value=text_of(item.get("name")), key="name")
    for key, setting in _PLACES.items():
        place = part(item, key)
        if place:
            yield Carried(setting=setting, value=_name(place), key=key)
    is_automatic = item.get("create_issue") == "automatic"
    made = "automatically, for each incident" if is_automatic else "by hand"
    yield Carried(setting="Issues are made", value=made, key="create_issue")
    yield from _conditions(part(item, "conditions"), names)
    if item.get("jql"):
        jql = text_of(item.get("jql"))
        yield Carried(setting="JQL that opens incidents", value=jql, key="jql")
    yield from _statuses(item)
    yield from _priorities(item, names)
    yield from _talk(item, names)
    yield from _fields(item, names)


_PLACES = {"service": "Service", "project": "Project", "issue_type": "Issue type"}


def _name(reference: Part) -> str:
    """What people call it: a project by its key."""
    shown = (text_of(reference.get(key)) for key in ("key", "name", "email", "id"))
    return next(filter(None, shown), "")


def _conditions(conditions: Part, names: Names) -> Iterator[Carried]:
    for key, setting in (
        ("urgency", "Only of the urgency"),
        ("priority_ids", "Only with priority"),
    ):
        found = conditions.get(key)
        listed = [text_of(one) for one in found] if isinstance(found, list) else []
        if listed:
            said = [names.get((PAGERDUTY_PRIORITY, one), one) for one in listed]
            yield Carried(setting=setting, value=", ".join(said), key=f"conditions.{key}")


def _statuses(item: Item) -> Iterator[Carried]:
    mapped = part(item, "status_mapping")
    for state in _STATES:
        if part(mapped, state):
            key = f"status_mapping.{state}"
            yield Carried(setting=f"Status when {state}", value=_name(part(mapped, state)), key=key)
    others = [_name(one) for _, one in parts(item, "resolved_statuses")]
    if others:
        value = ", ".join(others)
        yield Carried(setting="Also means resolved", value=value, key="resolved_statuses")


def _priorities(item: Item, names: Names) -> Iterator[Carried]:
    for path, row in parts(item, "priorities"):
        theirs, ours = text_of(row.get("pagerduty_id")), text_of(row.get("jira_id"))
        shown = names.get((PAGERDUTY_PRIORITY, theirs), theirs) or "none"
        value = names.get((JIRA_PRIORITY, ours), ours) or "nothing"
        yield Carried(setting=f"Priority {shown}", value=value, key=path)


def _talk(item: Item, names: Names) -> Iterator[Carried]:
    """Notes and people."""
    is_on, user = item.get("sync_notes") == "both", part(item, "sync_notes_user")
    whom = names.get((USER, text_of(user.get("id"))), _name(user))
    of_whom = f", as {whom}" if whom else ""
    value = f"both ways{of_whom}" if is_on else "not synchronised"
    yield Carried(setting="Notes and comments", value=value, key="sync_notes")
    if part(item, "sync_people").get("assignee") is True:
        value = "follows the incident"
        yield Carried(setting="Assignee", value=value, key="sync_people.assignee")


def _fields(item: Item, names: Names) -> Iterator[Carried]:
    for path, row in parts(item, "custom_fields"):
        target = text_of(row.get("target_issue_field"))
        shown = names.get((FIELD, target), target.capitalize())
        yield Carried(setting=f"Field {shown}", value=_filling(target, row, names), key=path)


def _filling(target: str, row: Part, names: Names) -> str:
    source = text_of(row.get("source_incident_field"))
    if source:
        return source.replace("_", " ")
    said = _said(row.get("value"))
    return f'"{names.get((JIRA_PRIORITY, said), said) if target == "priority" else said}"'


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    return _name(value) if isinstance(value, abc.Mapping) else text_of(value)


def _shown_names(rule: Part) -> Names:
    """What the rule itself calls fields of Jira."""
    jira = part(part(rule, "config"), "jira")
    found = {
        (FIELD, text_of(part(row, "jira").get("value"))): text_of(
            part(row, "jira").get("displayName")
        )
        for _, row in parts(jira, "customFields")
    }
    found |= {
        (FIELD, text_of(row.get("target_issue_field"))): text_of(row.get("target_issue_field_name"))
        for _, row in parts(jira, "custom_fields")
    }
    return {key: name for key, name in found.items() if name}
