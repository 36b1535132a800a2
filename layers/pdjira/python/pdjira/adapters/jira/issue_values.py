"""What is asked of an issue, and the values of its fields as Jira tells them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pdjira.adapters.jira.screens import create_screen, rows
from pdjira.domain.issue import Issue

ISSUE_FIELDS = (
    "status",
    "project",
    "issuetype",
    "summary",
    "priority",
    "resolution",
    "resolutiondate",
    "assignee",
)
"""What is asked of every issue."""

_Object = Mapping[str, object]


def issue_query(
    more: Iterable[str], *, changelog: bool, editmeta: bool
) -> tuple[tuple[str, str], ...]:
    """The query of a GET: the fields that are always needed, `more`, and what is expanded."""
    fields = ",".join(dict.fromkeys((*ISSUE_FIELDS, *more)))
    wanted = {"changelog": changelog, "editmeta": editmeta}
    expand = ",".join(name for name, is_wanted in wanted.items() if is_wanted)
    return (("fields", fields), *((("expand", expand),) if expand else ()))


def with_values(issue: Issue, said: _Object, *, fields: Iterable[str], with_screen: bool) -> Issue:
    """The issue with the values that were asked for, None where it has none, and its edit screen.

    A field that Jira does not know has no value, as one that is empty.
    """
    found, meta = said.get("fields"), said.get("editmeta")
    held = found if isinstance(found, Mapping) else {}
    screen = create_screen(rows(meta if isinstance(meta, Mapping) else {}, "fields"))
    return replace(
        issue,
        fields={name: held.get(name) for name in fields},
        screen=screen if with_screen else None,
    )
