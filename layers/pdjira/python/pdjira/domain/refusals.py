"""What a refusal means: one plain sentence, and its cure, for the person who reads it at night."""

import hashlib
import json
import re
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field

from pdjira.domain.markup import one_line
from pdjira.domain.model import CreateScreen, FieldSchema, Mapping
from pdjira.errors import Permanent, Refused

_SAYS_LIMIT = 280
_CURE_LIMIT = 200
_FORBIDDEN = 403
_CHANGING = re.compile(r"\b(?=\w*\d)[\w:.,+-]+")


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
    given: MappingABC[str, object] | None = None,
) -> Refusal:
    """Why an issue could not be created under `mapping`, from what Jira said.

    `screen` is the create screen and `given` the fields that were sent, where it came to that.
    Jira's texts are in the language of our account, so status and field ids decide, not texts.
    """
    if not isinstance(error, Refused):
        return _refusal(error.says, error.cure or _settings_cure(mapping), error.says)
    cause = json.dumps([error.status, sorted(error.fields.items()), list(error.messages)])
    if error.fields:
        parts = [
            _field_problem(
                name,
                said,
                _Sent(mapping=mapping, fields=screen.fields if screen else {}, given=given or {}),
            )
            for name, said in sorted(error.fields.items())
        ]
        return _refusal(
            " ".join(says for says, _ in parts),
            " ".join(dict.fromkeys(cure for _, cure in parts)),
            cause,
        )
    said = " ".join(error.messages) or error.says
    return _refusal(f"Jira said: {one_line(said, limit=_SAYS_LIMIT)}", _cure(error, mapping), cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    mapping: Mapping
    fields: MappingABC[str, FieldSchema] = field(default_factory=dict)
    given: MappingABC[str, object] = field(default_factory=dict)


def _field_problem(field_id: str, said: str, sent: _Sent) -> tuple[str, str]:
    """What is wrong with one field, and the cure."""
    mapping = sent.mapping
    if field_id in ("project", "issuetype"):
        says = f"Jira does not take an issue of this type in project {mapping.project.name}"
        return f"{says}: {one_line(said, limit=_SAYS_LIMIT)}", _settings_cure(mapping)
    schema = sent.fields.get(field_id)
    name = f'"{schema.name}" ({field_id})' if schema else f'"{field_id}"'
    if schema and schema.required and field_id not in sent.given:
        return (
            f"Jira requires the field {name}, and the mapping does not fill it.",
            (
                f"Add a rule for {field_id} to custom_fields of the mapping {mapping.id}, "
                "or make the field optional in Jira."
            ),
        )
    if field_id in sent.given:
        return (
            (
                f"Jira does not take what was given for the field {name}: "
                f"{one_line(said, limit=_SAYS_LIMIT)}"
            ),
            f"Correct the rule for {field_id} in custom_fields of the mapping {mapping.id}.",
        )
    return (
        f"Jira asks for the field {name}: {one_line(said, limit=_SAYS_LIMIT)}",
        (
            f"Put {field_id} on the create screen in Jira and add a rule for it to custom_fields "
            f"of the mapping {mapping.id}, or make it optional in Jira."
        ),
    )


def _cure(error: Refused, mapping: Mapping) -> str:
    if error.status == _FORBIDDEN:
        return (
            "Give the account that signs in to Jira the right Create Issues in the project "
            f"{mapping.project.name}."
        )
    return error.cure or _settings_cure(mapping)


def _settings_cure(mapping: Mapping) -> str:
    return (
        f"Check project {mapping.project.name} and issue type {mapping.issue_type.name} of the "
        f"mapping {mapping.id}, and that the account that signs in to Jira may create such issues."
    )


def _refusal(says: str, cure: str, cause: str) -> Refusal:
    """Numbers and references that change with every answer do not make another cause."""
    stable = _CHANGING.sub("", cause)
    digest = hashlib.sha256(stable.encode("utf-8", "replace")).hexdigest()[:8]
    return Refusal(
        cause=digest, says=one_line(says, limit=_SAYS_LIMIT), cure=one_line(cure, limit=_CURE_LIMIT)
    )
