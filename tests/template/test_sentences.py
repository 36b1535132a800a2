"""G5: whatever the software says is found in the documents, by its own words."""

from tests.template.sentences import PACKAGE, PLACES, lacking, needless, sentences, uncured

MOST_LACKING = 25
"""So many may be reworded before `make sentences` has to write the page anew."""

WITHOUT_SENTENCES = {"bootstrap", "text"}


def test_g5_the_page_of_sentences_has_all_but_a_few_reworded_ones() -> None:
    left = lacking()

    print("\n".join(left))
    assert len(left) <= MOST_LACKING, "Run `make sentences`."


def test_g5_no_folder_of_the_package_is_left_out() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}

    assert folders == {*PLACES, *WITHOUT_SENTENCES}


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


def test_g5_every_sentence_has_its_cure_or_is_argued_for() -> None:
    assert uncured() == []
    assert needless() == set()
