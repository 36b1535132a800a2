"""Whatever a side answers, what is wrong is an error of ours, and never a crash that ends a sync.

Each value of an answer of the right shape is replaced by each of some that nobody expects.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict

from pdjira.adapters.connection_secret import PatAuth
from pdjira.adapters.http.messages import Answer, Call, Site
from pdjira.adapters.jira.answers import SignIn, read_object, rows
from pdjira.adapters.jira.issues import (
    comments_of,
    history_of,
    issue_of,
    transitions_of,
    with_values,
)
from pdjira.adapters.jira.people import AccountNames
from pdjira.adapters.jira.searches import issue_state, own_page, page_of
from pdjira.adapters.pagerduty import incidents
from pdjira.adapters.pagerduty.catalogue import custom_fields
from pdjira.adapters.pagerduty.incidents import log_entry
from pdjira.errors import PdjiraError, Unauthenticated
from pdjira.model.incident import IncidentField, IncidentStatus
from pdjira.model.times import read_time
from pdjira.sync.fields.rules import to_custom
from pdjira.sync.fields.values import Unfit

Json = Any
CALL = Call(method="GET", path="/", repeatable=True)
US = AccountNames(spellings=frozenset({"sync-svc"}))
AT = "2026-01-01T00:00:00.000+0000"
LATE = "9999-12-31T23:59:59.999-1200"

ODD: tuple[Json, ...] = (
    *(None, True, 0, -1, 1e300, 10**30, "", "x", "\ud800", "0001-01-01T00:00:00.000+0000", LATE),
    *([], [None], [[]], ["x"], {}, {"a": 1}, {"id": []}, {"id": {}}, {"name": ["x"]}),
    *({"items": 5}, {"created": []}, [{"id": []}]),
)
PERSON = {"name": "ada", "displayName": "Ada", "emailAddress": "ada@example.com"}
FIELDS = {
    "customfield_1": {
        "required": True,
        "name": "Team",
        "schema": {"type": "option", "items": "option", "custom": "c"},
        "allowedValues": [{"id": "1", "value": "a", "children": [{"id": "2", "value": "b"}]}],
        "operations": ["set"],
    }
}
MARK = {"id": "P1", "incident": "P1", "mapping": "ops-bug"}
ISSUE: Json = {
    "id": "1",
    "key": "OPS-1",
    "fields": {
        "status": {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
        **{name: {"id": "1", "name": "A"} for name in ("project", "issuetype", "priority")},
        **dict.fromkeys(("created", "updated", "resolutiondate"), AT),
        "summary": "Slow",
        "description": "Slow\nPagerDuty: https://example.com/incidents/P1",
        "resolution": {"id": "1"},
        "assignee": PERSON,
        "comment": {
            "total": 1,
            "comments": [
                {"id": "1", "created": AT, "author": PERSON, "body": "b", "visibility": {"a": "b"}}
            ],
        },
        "customfield_1": "x",
    },
    "properties": {"pagerduty.incident": MARK},
    "editmeta": {"fields": FIELDS},
    "schema": {"customfield_1": {"type": "string"}},
    "changelog": {
        "histories": [
            {"created": AT, "author": PERSON, "items": [{"field": "status", "from": 1, "to": "2"}]}
        ]
    },
}
TRANSITION = {"id": "1", "name": "Do", "to": ISSUE["fields"]["status"], "fields": FIELDS}
USER = {"id": "U1", "summary": "Ada", "email": "ada@example.com"}
INCIDENT: Json = {
    "id": "P1",
    "incident_number": 1,
    "title": "Slow",
    "status": "triggered",
    "urgency": "high",
    "html_url": "https://example.com",
    "incident_key": "k",
    **dict.fromkeys(("created_at", "last_status_change_at"), AT),
    **dict.fromkeys(("service", "priority", "escalation_policy", "last_status_change_by"), USER),
    "body": {"details": {"a": ["b"]}},
    "first_trigger_log_entry": {"id": "R1", "channel": {"details": "x"}},
    "impacted_services": [USER],
    "assignments": [{"assignee": USER}],
    "acknowledgements": [{"acknowledger": USER}],
    "incidents_responders": [{"state": "joined", "user": USER}],
    "resolve_reason": {"type": "merge_resolve_reason", "incident": {"id": "P2"}},
}
NOTE = {"id": "N1", "content": "c", "user": USER, "created_at": AT}
ENTRY = {
    "id": "R1",
    "type": "resolve_log_entry",
    "created_at": AT,
    "incident": {"id": "P1"},
    "service": {"id": "S1"},
    "channel": {"details": {"a": 1}},
}
FIELD = {"name": "n", "data_type": "datetime", "field_type": "single_value", "value": AT}


def as_issue(said: Json) -> None:
    issue = issue_of(said, CALL)
    with_values(issue, said, fields=("customfield_1",), with_screen=True)


def as_search(said: Json) -> None:
    own_page(said, start=0)
    page_of(said, start=0)
    for row in rows(said, "issues"):
        issue_state(row)


def as_entries(said: Json) -> None:
    incidents.tells_of(said.get("log_entries"), IncidentStatus.RESOLVED)
    for row in rows(said, "log_entries"):
        log_entry(row)
        incidents.trigger_details(row)


READERS: dict[str, tuple[Json, Callable[[Json], object]]] = {
    "issue": (ISSUE, as_issue),
    "comments": (ISSUE, lambda said: comments_of(said, US)),
    "history": (ISSUE, lambda said: history_of(said, account=US)),
    "transitions": ({"transitions": [TRANSITION]}, transitions_of),
    "search": ({"total": 1, "issues": [ISSUE]}, as_search),
    "incident": (INCIDENT, incidents.incident),
    "notes": ({"notes": [NOTE]}, lambda said: [*map(incidents.note, rows(said, "notes"))]),
    "log": ({"log_entries": [ENTRY]}, as_entries),
    "fields": ({"custom_fields": [FIELD]}, custom_fields),
}


def odd_ones(right: Json) -> Iterator[Json]:
    for path in paths(right):
        for odd in ODD:
            wrong = inner = copy.deepcopy(right)
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = odd
            yield wrong


def paths(value: Json, path: tuple[Json, ...] = ()) -> Iterator[tuple[Json, ...]]:
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in keys:
        yield (*path, key)
        yield from paths(value[key], (*path, key))


@pytest.mark.parametrize("name", READERS)
def test_no_answer_of_a_side_is_a_crash(name: str) -> None:
    """`ValueError` says that an incident is not whole; whoever reads one expects it."""
    right, read = READERS[name]
    read(right)

    for wrong in odd_ones(right):
        try:
            read(wrong)
        except PdjiraError:
            continue
        except ValueError:
            assert name == "incident"


@pytest.mark.parametrize("time", [LATE, "1969-12-31T23:59:59Z", "9000-01-01T00:00:00Z"])
def test_a_time_that_no_clock_shows_is_not_read(time: str) -> None:
    """Kept on a link, it would make the link unreadable for good (one rule for both)."""
    assert read_time(time) is None


def test_a_time_of_the_last_year_typed_into_a_field_does_not_end_a_sync() -> None:
    """Whoever may edit an issue may type it: in UTC it is of a year that there is not."""
    with pytest.raises(Unfit):
        to_custom((LATE,), IncidentField(name="n", data_type="datetime"))


def test_p23_nothing_is_told_of_a_success_that_takes_us_for_nobody() -> None:
    """Credentials are taken out of refusals alone."""
    challenge = 'Bearer error_description="token NjUyMTY3ODkwMTIz is unknown"'
    headers = CaseInsensitiveDict({"X-AUSERNAME": "anonymous", "WWW-Authenticate": challenge})
    body = b'{"message": "Authorization: Bearer NjUyMTY3ODkwMTIz"}'
    sign_in = SignIn(
        auth=PatAuth(mode="pat", token=SecretStr("NjUyMTY3ODkwMTIz")),
        version=lambda: (9, 12),
        is_clock_known=True,
    )
    site = Site(name="Jira", url="https://jira.example.com")

    with pytest.raises(Unauthenticated) as told:
        read_object(Answer(status=200, headers=headers, body=body), sign_in, site=site, call=CALL)

    assert "NjUyMTY3ODkwMTIz" not in f"{told.value.says} {told.value.cure}"
