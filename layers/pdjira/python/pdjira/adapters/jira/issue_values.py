"""What is asked of an issue, and the values of its fields as Jira tells them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pdjira.adapters.jira.lists import rows
from pdjira.adapters.jira.marks import PROPERTY
from pdjira.adapters.jira.screens import create_screen, screen_field
from pdjira.domain.issue import FieldSchema, Issue

ISSUE_FIELDS = (
    "status",
    "project",
    "issuetype",
    "summary",
    "priority",
    "resolution",
    "resolutiondate",
    "assignee",
    "created",
    "description",
)
"""What is asked of every issue."""

_Object = Mapping[str, object]


def issue_query(
    more: Iterable[str], *, changelog: bool, editmeta: bool
) -> tuple[tuple[str, str], ...]:
    """The query of a GET: the fields that are always needed, `more`, and what is expanded.

    With more fields their kinds are asked for, too:
    https://docs.atlassian.com/software/jira/docs/api/REST/9.12.0/ (`expand` of an issue).
    """
    asked = tuple(more)
    fields = ",".join(dict.fromkeys((*ISSUE_FIELDS, *asked)))
    has_more = bool(set(asked) - {"comment", *ISSUE_FIELDS})
    wanted = {"changelog": changelog, "editmeta": editmeta, "schema": has_more}
    expand = ",".join(name for name, is_wanted in wanted.items() if is_wanted)
    query = (("fields", fields), ("properties", PROPERTY))
    return (*query, ("expand", expand)) if expand else query


def with_values(issue: Issue, said: _Object, *, fields: Iterable[str], with_screen: bool) -> Issue:
    """The issue with the values that were asked for, as far as it has the fields, and its screen.

    A field that is empty holds None. Jira leaves out what it does not show on the issue: the field
    is hidden, or none of its contexts is that of the issue.
    """
    asked = frozenset(fields)
    found, meta = said.get("fields"), said.get("editmeta")
    held = found if isinstance(found, Mapping) else {}
    screen = create_screen(rows(meta if isinstance(meta, Mapping) else {}, "fields"))
    return replace(
        issue,
        asked=asked,
        fields={name: held[name] for name in asked if name in held},
        screen=screen if with_screen else None,
        schemas=_schemas(said, asked),
    )


def _schemas(said: _Object, asked: frozenset[str]) -> dict[str, FieldSchema]:
    found = said.get("schema")
    schemas = found if isinstance(found, Mapping) else {}
    return {
        name: screen_field({"fieldId": name, "schema": schemas[name]})
        for name in asked & schemas.keys()
    }
