"""What a refusal means to the person who reads it at night."""

import hashlib
import json
import re
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from pdjira.errors import NotFound, Permanent, Refused, Unstorable
from pdjira.model.issue import CreateScreen, FieldSchema
from pdjira.model.mapping import Mapping
from pdjira.model.rights import give_rights, right_to_fill
from pdjira.text.markup import one_line

_SAYS_LIMIT = 280

_CURE_LIMIT = 280

_NO_APPLICATION = re.compile(r"access to an? jira application", re.IGNORECASE)
"""Jira's words to an account that no application lets in; in other languages rights are named."""

_CHANGING = re.compile(r"\b(?=\w*\d)[\w:.,+-]+")

_SOURCES = {
    "number": "incident_number",
    "date": "incident_created_at",
    "datetime": "incident_created_at",
}
"""What fills a field of that kind, whatever the incident."""

_NAMED_KINDS = {
    "user": "a user name",
    "group": "a group name",
    "version": "1.0",
    "component": "a component",
    "resolution": "Done",
    "worklog": "1m",
}
"""What a field of that kind is filled with where Jira does not list its values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why no issue could be made: `cause` tells one refusal from another.

    Both sentences are short, because the link keeps them until people were told.
    """

    cause: str
    says: str
    cure: str


def explain(
    error: Permanent,
    *,
    mapping: Mapping,
    screen: CreateScreen | None = None,
    given: abc.Mapping[str, object] | None = None,
) -> Refusal:
    """Why an issue could not be created under `mapping`, from what Jira said.

    `screen` is the create screen and `given` the fields that were sent, where it came to that.
    Jira's texts are in the language of our account, so status and field ids decide, not texts.
    """
    if not isinstance(error, Refused) or isinstance(error, Unstorable):
        return _refusal(error.says, error.cure or _settings_cure(mapping), error.says)
    cause = json.dumps([error.status, sorted(error.fields.items()), list(error.messages)])
    if not error.fields:
        said = one_line(" ".join(error.messages) or error.says, limit=_SAYS_LIMIT)
        return _refusal(f"Jira said: {said}", _cure(error, mapping), cause)
    sent = _Sent(mapping=mapping, fields=screen.fields if screen else {}, given=given or {})
    problems = [_field_problem(name, said, sent) for name, said in sorted(error.fields.items())]
    says = " ".join(says for says, _ in problems)
    return _refusal(says, " ".join(dict.fromkeys(cure for _, cure in problems)), cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    mapping: Mapping
    fields: abc.Mapping[str, FieldSchema] = field(default_factory=dict)
    given: abc.Mapping[str, object] = field(default_factory=dict)


EDITING = "Edit Issues, Transition Issues and Resolve Issues"

COMMENTING = "Add Comments"

COMMENTING_INTERNALLY = (
    f"{COMMENTING} and, in Jira Service Management, the role Service Desk Team with an agent "
    "licence"
)


def explain_change(
    error: Refused | NotFound, *, mapping: Mapping, rights: str = EDITING
) -> Refusal:
    """Why an issue could not be changed, from what Jira said; `rights`: what that needs."""
    cure = _rights_cure(mapping, rights)
    if not isinstance(error, Refused) or isinstance(error, Unstorable):
        return _refusal(error.says, error.cure or cure, error.says)
    hidden = [right for right in map(right_to_fill, sorted(error.fields)) if right]
    if hidden:
        cure = f"{give_rights(hidden, mapping.project.name)} If it has it, look at the edit screen."
    said = [f"{field_id}: {text}" for field_id, text in sorted(error.fields.items())]
    words = " ".join([*error.messages, *said]) or error.says
    cause = json.dumps([error.status, sorted(error.fields.items()), list(error.messages)])
    return _refusal(f"Jira said: {words}", cure, cause)


def explain_incident_change(error: Refused | NotFound) -> Refusal:
    """Why an incident could not be changed, from what PagerDuty said."""
    said = list(error.messages) if isinstance(error, Refused) else []
    words = " ".join(said) or error.says
    cure = error.cure or "Give the API key the right to change incidents, and look at this one."
    return _refusal(f"PagerDuty said: {words}", cure, words)


def _rights_cure(mapping: Mapping, rights: str) -> str:
    return (
        f"Give our account in Jira the rights {rights} in the project "
        f"{mapping.project.name}, and check the screens there."
    )


def _field_problem(field_id: str, said: str, sent: _Sent) -> tuple[str, str]:
    """What is wrong with one field, and the cure."""
    said = one_line(said, limit=_SAYS_LIMIT)
    project, rules = sent.mapping.project, f"custom_fields of the mapping {sent.mapping.id}"
    if field_id in ("project", "issuetype"):
        says = f"Jira does not take an issue of this type in project {project.name}: {said}"
        return says, _account_cure(said, sent.mapping) or _settings_cure(sent.mapping)
    schema = sent.fields.get(field_id)
    name = f'"{schema.name}" ({field_id})' if schema else f'"{field_id}"'
    if field_id in sent.given:
        says = f"Jira does not take what was given for the field {name}: {said}"
        return says, _given_cure(field_id, sent)
    optional = "make the field optional in Jira"
    if schema and schema.required:
        says = f"Jira requires the field {name}, and the mapping does not fill it."
        return says, f"{add_rule(schema, rules)}, or {optional}."
    cure = f"Put {field_id} on the create screen in Jira and add a rule for it to {rules}"
    return f"Jira asks for the field {name}: {said}", f"{cure}, or {optional}."


def _given_cure(field_id: str, sent: _Sent) -> str:
    right = right_to_fill(field_id)
    rule = f"orrect the rule for {field_id} in custom_fields of the mapping {sent.mapping.id}."
    if right is None:
        return f"C{rule}"
    return f"{give_rights([right], sent.mapping.project.name)} If it has it, c{rule}"


def add_rule(schema: FieldSchema, where: str) -> str:
    """What to add so that a field is filled: the JSON of a rule, as a cure that may go on."""
    return f"Add to {where} {json.dumps(_rule(schema), ensure_ascii=False)}"


def unfilled(transition: str, lacking: Sequence[FieldSchema]) -> tuple[str, str]:
    """Why a transition cannot be taken that requires these fields, and what to do about each."""
    them = "it" if len(lacking) == 1 else "them"
    why = (
        f'The transition "{transition}" requires {_listed(lacking)}, and the mapping does not fill '
        f"{them}."
    )
    where = "custom_fields of the mapping"
    cures = [f"{add_rule(field, where)}." for field in lacking if field.is_fillable]
    closed = [field for field in lacking if not field.is_fillable]
    if closed:
        cures.append(
            f"Make {_listed(closed)} optional on the transition's screen in Jira: Jira takes no "
            "value for it from outside."
        )
    return why, " ".join(cures)


def _listed(fields: Sequence[FieldSchema]) -> str:
    return ", ".join(f'"{field.name}" ({field.id})' for field in fields)


def _rule(schema: FieldSchema) -> dict[str, str]:
    kind = schema.items if schema.type == "array" else schema.type
    target = {"target_issue_field": schema.id}
    is_url = (schema.custom or "").endswith(":url")
    source = "incident_html_url" if is_url else _SOURCES.get(kind or "", "incident_title")
    if schema.allowed:
        first = schema.allowed[0]
        name = first.name.replace(",", "\\,") if schema.type == "array" else first.name
        child = f" > {first.children[0]}" if first.children else ""
        return {**target, "type": "const", "value": f"{name}{child}"}
    if schema.type == "array" or kind in _NAMED_KINDS:
        return {**target, "type": "const", "value": _NAMED_KINDS.get(kind or "", "pagerduty")}
    return {**target, "type": "attribute", "source_incident_field": source}


def _cure(error: Refused, mapping: Mapping) -> str:
    lacks_application = _account_cure(" ".join(error.messages), mapping)
    if lacks_application:
        return lacks_application
    if error.status == HTTPStatus.FORBIDDEN:
        return (
            "Give our account in Jira the right Create Issues in the project "
            f"{mapping.project.name}, and application access."
        )
    return error.cure or _settings_cure(mapping)


def _account_cure(said: str, mapping: Mapping) -> str | None:
    """The cure of an account that Jira knows, but that may use none of its applications."""
    if not _NO_APPLICATION.search(said):
        return None
    return (
        "Give our account in Jira application access: add it to a group of the application (Jira "
        f"administration, Applications). Then give it Create Issues in {mapping.project.name}."
    )


def _settings_cure(mapping: Mapping) -> str:
    return (
        "Check that our account in Jira has application access and the rights Browse Projects and "
        f"Create Issues, and project {mapping.project.name} and issue type "
        f"{mapping.issue_type.name} of the mapping {mapping.id}."
    )


def _refusal(says: str, cure: str, cause: str) -> Refusal:
    return Refusal(
        cause=stable_digest(cause),
        says=one_line(says, limit=_SAYS_LIMIT),
        cure=one_line(cure, limit=_CURE_LIMIT),
    )


def stable_digest(text: str) -> str:
    """What tells one cause from another: numbers and references that change do not count."""
    stable = _CHANGING.sub("", text)
    return hashlib.sha256(stable.encode("utf-8", "replace")).hexdigest()[:8]
