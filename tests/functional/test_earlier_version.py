"""P30: this version goes on with what an earlier one left in mid-stream, in its own shapes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import FIXTURES
from tests.functional.earlier_version import Json, Sides, put_back
from tests.functional.whole_stack import WholeStack, whole_stack

LIVED, REFUSED, PAGED, LOST, UNHEARD = range(5)
"""The incidents of the story, in its order; the one that waits for a release comes last."""


@pytest.fixture(
    scope="module",
    params=sorted((FIXTURES / "versions").glob("*.json")),
    ids=lambda path: path.stem,
)
def upgraded(request: pytest.FixtureRequest) -> Iterator[Sides]:
    """What that version left, then an hour and a half of this one, and a release."""
    path: Path = request.param
    with whole_stack() as stack:
        sides = put_back(stack, json.loads(path.read_text(encoding="utf-8")))
        put_off = stack.work()
        for _ in range(6):
            stack.poll(minutes=1)
            stack.sweep(minutes=14)
            put_off = stack.work_again(put_off)
        assert put_off == []
        assert stack.ask("release", mapping_id="paging")["released"] == 1
        stack.work()
        yield sides


def texts(stack: WholeStack, incident_id: str) -> tuple[list[str], list[str]]:
    """The comments of an incident's only issue, and the incident's notes."""
    (issue,) = stack.issues_of(incident_id)
    comments = [one["body"] for one in issue["fields"]["comment"]["comments"]]
    return comments, [it.content for it in stack.pagerduty.model.incident(incident_id).notes]


def is_highest(issue: Json) -> bool:
    return bool(issue["fields"]["priority"]["id"] == "1")


@pytest.mark.parametrize("incident", [LIVED, REFUSED, PAGED, LOST, UNHEARD])
def test_p30_each_incident_has_one_issue_and_they_name_each_other(
    upgraded: Sides, incident: int
) -> None:
    (issue,) = upgraded.stack.issues_of(upgraded.id(incident))

    _, notes = texts(upgraded.stack, upgraded.id(incident))

    assert len(issue["remotelinks"]) == 1
    assert sum(f"/browse/{issue['key']}" in note and "Jira issue" in note for note in notes) == 1


def test_p30_nothing_that_was_carried_before_is_carried_again_and_the_rest_is(
    upgraded: Sides,
) -> None:
    comments, notes = texts(upgraded.stack, upgraded.id(LIVED))

    (issue,) = upgraded.stack.issues_of(upgraded.id(LIVED))
    assert issue["fields"]["status"]["name"] == "In Progress"
    assert comments == [
        "Looks better",
        "[PagerDuty] Ada Marsh: Restarted web-7",
        "[PagerDuty] Ada Marsh: Said just before the upgrade",
    ]
    assert sum("Looks better" in note for note in notes) == 1


def test_p30_what_waited_for_the_limit_is_released_and_opens_one_incident(
    upgraded: Sides,
) -> None:
    matches = [issue for issue in upgraded.stack.jira.model.state()["issues"] if is_highest(issue)]

    named = {issue["properties"]["pagerduty.incident"]["id"] for issue in matches}

    assert len(matches) == len(named) == 2
    assert len(upgraded.stack.pagerduty.model.incidents) == UNHEARD + 2


def test_p30_nothing_is_given_up_and_every_link_is_complete(upgraded: Sides) -> None:
    stack = upgraded.stack

    links = [it for it in stack.items() if it["sk"]["S"].startswith("LINK#")]

    assert {it["state"]["S"] for it in links} == {"linked"}
    assert len(links) == UNHEARD + 2
    assert stack.account.bodies(stack.account.dead_letter_url) == []
