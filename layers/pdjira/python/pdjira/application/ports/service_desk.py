"""What service desks offer to field rules: asked for only where a rule needs it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from pdjira.domain.fields.desk_values import desk_kind, goes_by_name
from pdjira.domain.issue import AllowedValue, CreateScreen, FieldSchema
from pdjira.domain.mapping import FieldRule, Mapping


class ServiceDesk(Protocol):
    """The service desks of a Jira, where it has any."""

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        """The request types or organizations of a project's service desk, by a field's kind.

        The id of a request type is `portal/key`, empty where Jira does not tell it. None: Jira
        shows us no service desk of that project. May be remembered for some minutes.
        """


def with_offered(
    screen: CreateScreen,
    mapping: Mapping,
    desk: ServiceDesk,
    *,
    needed: Callable[[FieldRule, FieldSchema], bool] = goes_by_name,
) -> CreateScreen:
    """The screen with what the service desk offers, for the fields whose rules need that.

    Where no rule does, nobody is asked.
    """
    fields = dict(screen.fields)
    for rule in mapping.field_rules:
        schema = screen.fields.get(rule.target)
        kind = desk_kind(schema) if schema else None
        if schema and kind and needed(rule, schema):
            offered = desk.offered(mapping.project.id, kind)
            allowed = None if offered is None else tuple(offered)
            fields[schema.id] = replace(schema, allowed=allowed)
    return CreateScreen(fields=fields)
