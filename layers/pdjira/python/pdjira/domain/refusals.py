"""What a refusal means: one plain sentence, and its cure, for the person who reads it at night."""

import hashlib
import json
from collections.abc import Mapping as MappingABC

from pdjira.domain.markup import one_line
from pdjira.domain.model import CreateScreen, Mapping, Refusal
from pdjira.errors import Permanent, Refused

_LIMIT = 300
_FORBIDDEN = frozenset({401, 403})


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
            _field_problem(field, said, _Context(mapping, screen, given or {}))
            for field, said in sorted(error.fields.items())
        ]
        return _refusal(
            " ".join(says for says, _ in parts),
            " ".join(dict.fromkeys(cure for _, cure in parts)),
            cause,
        )
    said = " ".join(error.messages) or error.says
    return _refusal(f"Jira said: {one_line(said, limit=_LIMIT)}", _cure(error, mapping), cause)


class _Context:
    def __init__(
        self, mapping: Mapping, screen: CreateScreen | None, given: MappingABC[str, object]
    ) -> None:
        self.mapping = mapping
        self.fields = screen.fields if screen else {}
        self.given = given


def _field_problem(field: str, said: str, context: _Context) -> tuple[str, str]:
    """What is wrong with one field, and the cure."""
    mapping = context.mapping
    if field in ("project", "issuetype"):
        says = f"Jira does not take an issue of this type in project {mapping.project.name}"
        return f"{says}: {one_line(said, limit=_LIMIT)}", _settings_cure(mapping)
    schema = context.fields.get(field)
    name = f'"{schema.name}" ({field})' if schema else f'"{field}"'
    if schema and schema.required and field not in context.given:
        return (
            f"Jira requires the field {name}, and the mapping does not fill it.",
            (
                f"Add a rule for {field} to custom_fields of the mapping {mapping.id}, "
                "or make the field optional in Jira."
            ),
        )
    if field in context.given:
        return (
            (
                f"Jira does not take what was given for the field {name}: "
                f"{one_line(said, limit=_LIMIT)}"
            ),
            f"Correct the rule for {field} in custom_fields of the mapping {mapping.id}.",
        )
    return (
        f"Jira asks for the field {name}: {one_line(said, limit=_LIMIT)}",
        (
            f"Put {field} on the create screen in Jira and add a rule for it to custom_fields of "
            f"the mapping {mapping.id}, or make it optional in Jira."
        ),
    )


def _cure(error: Refused, mapping: Mapping) -> str:
    if error.status in _FORBIDDEN:
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
    digest = hashlib.sha256(cause.encode("utf-8", "replace")).hexdigest()[:8]
    return Refusal(
        cause=digest, says=one_line(says, limit=2 * _LIMIT), cure=one_line(cure, limit=2 * _LIMIT)
    )
