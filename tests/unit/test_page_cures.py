"""Cures on the page: what a button does bears the button's name, and no JSON is shown."""

import re

import pytest

from pdjira.connection.form import FieldProblem
from pdjira.model.reason import Why
from pdjira.page.cures import by_label, by_name, for_jira, mending, on_page, told_by_label

_RULE = (
    '{"target_issue_field": "customfield_10001", "type": "template", "value": "{{incident.id}}"}'
)


@pytest.mark.parametrize(
    ("cure", "shown"),
    [
        (
            f"Add to custom_fields of the mapping ops-bug {_RULE}, or make the field optional.",
            'Press "Fill the field", or make the field optional.',
        ),
        (f"Add to custom_fields {_RULE}.", 'Press "Fill the field".'),
        (
            2 * f"Add to custom_fields of the mapping {_RULE}. ",
            'Press "Fill the field". ',
        ),
        (
            "Put labels on the screen and add a rule for it to custom_fields of the mapping a.b.",
            'Put labels on the screen and press "Fill the field".',
        ),
        (
            'Mend it, then invoke the admin function with {"action": "resync"}, or wait.',
            'Mend it, then press "Try again", or wait.',
        ),
        (
            'Invoke the admin function with {"action": "export"}, then wait.',
            'Invoke the admin function with {"action": "export"}, then wait.',
        ),
        (
            'Invoke the admin function with {"action": "release", "mapping_id": "a"}.',
            'Press "Release…".',
        ),
        (
            "Give our account the global right Browse Users, then invoke resync.",
            'Give our account the global right Browse Users, then press "Try again".',
        ),
        (
            'Add to status_mapping "resolved": {"id": "...", "name": "..."}, or close it by hand.',
            "In the mapping, choose a status for resolved, or close it by hand.",
        ),
        (
            "Map another status. Close or delete OPS-1 in Jira.",
            'Map another status. Press "Close it" or "Delete it".',
        ),
        (
            "Invoke resync for the incidents of this time.",
            'Press "Try again" at the incidents of this time.',
        ),
        ("Check that it runs, and the port.", "Check that it runs, and the port."),
        (
            "Check jira.auth in the connection secret.",
            'Check "Sign-in" on the page Connection.',
        ),
        (
            "Put it into pagerduty.webhook_secrets of the connection secret.",
            "Put it into pagerduty.webhook_secrets of the connection secret (page Connection).",
        ),
        (
            "Enter a key as pagerduty.api_token; the EU needs another pagerduty.api_url.",
            'Enter a key as "API key"; the EU needs another "Address of the API".',
        ),
        (
            "Check that Jira's side holds the key that stands in AuthTokenSecret.",
            'Check that Jira\'s side holds the token (page Connection, "Token for Jira").',
        ),
    ],
)
def test_what_a_button_does_bears_its_name(cure: str, shown: str) -> None:
    assert on_page(cure) == shown
    assert on_page(on_page(cure)) == shown


def test_no_cure_of_a_reason_shows_json_on_the_page() -> None:
    named = dict.fromkeys(
        ("incident", "mapping", "cure", "key", "theirs", "ours", "status", "project", "type"), "x"
    )
    cures = [on_page(why.value[2].format(**named)) for why in Why if why.value[2]]

    assert [cure for cure in cures if "{" in cure or "invoke" in cure.casefold()] == []
    assert not [cure for cure in cures if re.search("Set enabled|mappings table|of the id", cure)]


@pytest.mark.parametrize(
    ("cure", "words", "to"),
    [
        (
            "Correct the rule for labels in custom_fields of the mapping ops-bug.",
            "Fill the field",
            "/mapping?id=ops-bug&read=anew#custom_fields",
        ),
        (Why.JQL_PAUSED.value[2], "Release…", "/paused?id=ops-bug"),
        ("Check jira.auth in the connection secret.", "Open Connection", "/connection"),
        (
            Why.GONE.value[2].format(mapping="ops-bug"),
            "Its versions",
            "/mapping/versions?id=ops-bug",
        ),
        ("Give our account the right Create Issues.", "Edit the mapping", "/mapping?id=ops-bug"),
    ],
)
def test_a_button_leads_to_where_the_cure_is_done(cure: str, words: str, to: str) -> None:
    button = mending(cure, "ops-bug")

    assert (button.words, button.to) == (words, to)


def test_rights_that_our_account_lacks_can_be_sent_to_the_jira_administrator() -> None:
    cure = "Give our account the right Transition Issues in the permission scheme of OPS."

    assert for_jira("OPS-1 stays.", cure) == f"OPS-1 stays.\n\nPlease do this: {cure}"
    assert for_jira("OPS-1 stays.", "Check the screens there.") == ""


def test_a_mapping_is_called_by_its_name() -> None:
    says = "The mapping ops-bug: the mapping does not fill it (mapping gone)."

    assert by_name(says, {"ops-bug": "Create Bug"}) == (
        "Create Bug: the mapping does not fill it (mapping gone)."
    )


def test_a_sentence_calls_keys_as_the_page_calls_their_inputs() -> None:
    says = "2 deliveries refused since 03:12: their signature matches none of webhook_secrets."

    assert by_label(says).endswith("their signature matches none of the secrets stored here.")
    assert by_label("No user has pagerduty.from_email.") == 'No user has "From user".'


def test_what_is_wrong_with_an_input_is_told_by_its_label_in_the_order_of_the_form() -> None:
    problems = [
        FieldProblem(field="", says="The connection secret is no JSON."),
        FieldProblem(field="pagerduty.from_email", says="pagerduty.from_email is not an e-mail."),
        FieldProblem(field="jira.auth.token", says="The connection secret lacks jira.auth.token."),
        FieldProblem(field="pagerduty.api_url", says="pagerduty.api_url must begin with https://."),
        FieldProblem(field="jira.url", says="Look at jira.url."),
    ]

    told = told_by_label(problems, {"pagerduty.from_email": "x", "pagerduty.api_url": ""})

    assert list(told.items()) == [
        ("", "The connection secret is no JSON."),
        ("jira.url", 'Look at "Address".'),
        ("jira.auth.token", "Access token is missing."),
        ("pagerduty.from_email", "From user is not an e-mail."),
        ("pagerduty.api_url", "Address of the API is missing."),
    ]
