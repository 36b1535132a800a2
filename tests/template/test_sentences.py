"""G5: whatever the software says is found in the documents, by its own words."""

import re

from tests.template.buttons import BRING_BACK, IN_FORCE, RECOVER, REDRIVE, SHOW, by_button
from tests.template.sentences import (
    PACKAGE,
    PLACES,
    keyless,
    lacking,
    needless,
    sentences,
    uncured,
    unsaid,
)

TEMPLATES = PACKAGE.parents[3] / "functions" / "admin" / "templates"

MOST_LACKING = 25
"""So many may be reworded before `make sentences` has to write the page anew."""

WITH_THE_ADAPTERS = {"bootstrap"}

WITHOUT_SENTENCES = {"text"}


def test_g5_the_page_of_sentences_has_all_but_a_few_reworded_ones() -> None:
    left = lacking()

    print("\n".join(left))
    assert len(left) <= MOST_LACKING, "Run `make sentences`."


def test_g5_no_folder_of_the_package_is_left_out() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}

    assert folders == {*PLACES, *WITH_THE_ADAPTERS, *WITHOUT_SENTENCES}


def test_g5_notes_verdicts_checks_and_refusals_are_among_the_sentences() -> None:
    cures = {one.says: one.cure for one in sentences()}

    assert cures["The mapping is switched off."] == "Set enabled of the mapping ... to true."
    assert cures["No webhook secret is configured: every webhook of PagerDuty is answered 503."]
    assert "The workflow has no way there." in cures
    assert any(says.startswith("PagerDuty knows no service") for says in cures)


def test_g5_a_sentence_of_a_branch_has_the_cure_of_that_branch() -> None:
    cures = {one.says: one.cure for one in sentences()}

    assert cures["Jira has no account ..."].startswith("Make the e-mail addresses")
    assert cures["Jira has ... accounts ..."].startswith("Leave one active account")
    assert "This incident does not follow ..., so their statuses differ." in cures


def test_g5_a_sentence_that_is_put_together_of_named_words_is_found_whole() -> None:
    cures = {one.says: one.cure for one in sentences()}

    stays = "... was reopened and is in ..., but this incident stays resolved: the mapping does not"
    assert cures[f"{stays} reopen incidents."] == "Reopen the incident in PagerDuty."
    assert cures["Not done yet, and tried again for up to four days: ..."]
    assert not [cure for cure in cures.values() if cure.startswith("...,")]


def test_g5_what_the_start_of_a_function_and_each_header_lack_is_found() -> None:
    cures = {one.says: one.cure for one in sentences()}

    empty = "The connection secret is still empty, so neither Jira nor PagerDuty can be reached."
    assert cures[empty].startswith("Fill the connection secret")
    for header in ("X-PagerDuty-Signature", "X-Action-Token", "X-Hub-Signature"):
        assert cures[f"The header {header} is missing."]


def test_g5_every_sentence_has_its_cure_or_is_argued_for() -> None:
    assert uncured() == []
    assert needless() == set()


def test_g5_every_cure_is_led_to_by_a_sentence_that_the_source_says() -> None:
    assert keyless() == []
    assert unsaid() == []
    assert [one.says for one in sentences() if one.is_cure] == []


def test_g5_what_a_note_quotes_is_found_by_the_words_that_stand_before_it() -> None:
    keys = {one.says for one in sentences()}

    assert "No Jira issue (mapping ...). Jira said: ..." in keys
    assert "... was not changed. Jira said: ..." in keys
    assert not [key for key in keys if key.startswith(("Jira said:", "PagerDuty said:"))]


def test_g5_a_cure_names_the_button_before_the_invocation() -> None:
    cures = {one.says: by_button(one.cure) for one in sentences()}

    assert cures["The mapping's create_issue is never."].startswith("Set create_issue")
    for says in (
        "The incident is resolved and had no issue.",
        "... matches the JQL, which pauses: ....",
    ):
        assert re.search(r'press "[^"]+" on the page, or invoke the action', cures[says]), says
    assert not [cure for cure in cures.values() if re.search(r"(?<!or )invoke the action", cure)]


def test_every_button_that_a_cure_names_is_on_the_page() -> None:
    page = [*(PACKAGE / "page").glob("*.py"), *TEMPLATES.glob("*.html")]
    words = "".join(path.read_text() for path in page)

    assert not [
        one for one in (BRING_BACK, IN_FORCE, RECOVER, REDRIVE, SHOW) if f'"{one}"' not in words
    ]
