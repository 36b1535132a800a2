"""What Jira's database makes of characters beyond U+FFFF."""

import pytest

from tests.sandbox.jira_facts.client import Client, a_bug, said

FIRE = "\U0001f525"


def test_a_database_of_three_bytes_refuses_emoji_with_500_and_keeps_nothing(jira: Client) -> None:
    key = jira.create()
    jira.control("PUT", "database", {"beyond": "refused"})

    made = jira("POST", "/issue", json=a_bug(summary=f"Disk {FIRE}"))
    edit = jira("PUT", f"/issue/{key}", json={"fields": {"labels": [FIRE]}})
    comment = jira("POST", f"/issue/{key}/comment", json={"body": FIRE})
    plain = jira("POST", f"/issue/{key}/comment", json={"body": "é €"})

    for answer in (made, edit, comment):
        assert said(answer, 500) == {"errorMessages": ["Internal server error"], "errors": {}}
    assert plain.status_code == 201
    assert jira.found("summary ~ Disk") == []


@pytest.mark.parametrize(("beyond", "kept"), [("replaced", "Disk ?"), ("held", f"Disk {FIRE}")])
def test_a_database_may_keep_a_question_mark_in_place_of_emoji(
    jira: Client, beyond: str, kept: str
) -> None:
    jira.control("PUT", "database", {"beyond": beyond})

    key = jira.create(summary=f"Disk {FIRE}")

    assert jira("GET", f"/issue/{key}").json()["fields"]["summary"] == kept
