"""M20 (text and labels), M30 and P26: what of an incident goes into which field of the issue."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdjira.model.incident import Incident, IncidentStatus, Reference
from pdjira.model.mapping import FieldRule, PriorityRow, RuleType
from pdjira.sync.fields.rules import ATTRIBUTE_NAMES, attribute, issue_fields, summary
from pdjira.text.markup import units
from tests.builders import (
    DESCRIPTION,
    LABELS,
    NOW,
    SUMMARY,
    TEXT,
    a_const,
    a_mapping,
    a_schema,
    a_screen,
    a_template,
    an_attribute,
    an_incident,
)

LINE = "PagerDuty: https://acme.example/incidents/QINCIDENT00001"


def test_without_a_rule_summary_and_description_are_the_incidents() -> None:
    fields = issue_fields(an_incident(), a_mapping(), a_screen())

    assert fields.values == {
        "summary": "Checkout answers slowly",
        "description": f"p99 is 8 s\n\n{LINE}",
    }
    assert fields.unused == ()


@given(title=st.text(), text=st.text())
def test_p26_a_hostile_title_and_description_stay_text(title: str, text: str) -> None:
    incident = an_incident(title=title, description=text)

    values = issue_fields(incident, a_mapping(), a_screen()).values

    assert 0 < len(str(values["summary"])) <= 255
    assert "\n" not in str(values["summary"])
    assert str(values["description"]).splitlines()[-1] == LINE
    assert json.loads(json.dumps(values)) == values


def test_a_description_that_is_too_long_is_cut_and_still_ends_with_the_mark() -> None:
    text = str(
        issue_fields(an_incident(description="{x}" * 40_000), a_mapping(), a_screen()).values[
            "description"
        ]
    )

    assert len(text) < 32_767
    assert text.endswith(f"…\n\n{LINE}")


def test_m30_the_last_line_is_the_mark_also_after_a_rule_for_the_description() -> None:
    mapping = a_mapping(field_rules=(a_const("description", "See *runbook*"),))

    values = issue_fields(an_incident(), mapping, a_screen()).values

    assert values["description"] == f"See \\*runbook\\*\n\n{LINE}"


def test_a_rule_for_the_summary_takes_the_place_of_the_title() -> None:
    mapping = a_mapping(field_rules=(an_attribute("summary", "incident_service"),))

    assert issue_fields(an_incident(), mapping, a_screen()).values["summary"] == "Checkout"


def test_a_screen_without_a_description_gets_none() -> None:
    values = issue_fields(an_incident(), a_mapping(), a_screen(SUMMARY)).values

    assert values == {"summary": "Checkout answers slowly"}


def test_an_incident_without_a_title_still_has_a_summary() -> None:
    assert summary(an_incident(title=" \n\x00")) == "Incident 7"


@pytest.mark.parametrize(
    ("constant", "labels"),
    [
        ("blue,red", ["blue", "red"]),
        (" blue , red,, ", ["blue", "red"]),
        ("dark blue,red", ["dark_blue", "red"]),
        (r"blue\,red,green", ["blue,red", "green"]),
        ("", None),
    ],
)
def test_m20_a_constant_for_labels_is_split_at_commas(
    constant: str, labels: list[str] | None
) -> None:
    mapping = a_mapping(field_rules=(a_const("labels", constant),))

    assert issue_fields(an_incident(), mapping, a_screen()).values.get("labels") == labels


def test_m20_a_text_field_takes_a_constant_whole() -> None:
    mapping = a_mapping(field_rules=(a_const(TEXT.id, "blue,  red"),))

    assert issue_fields(an_incident(), mapping, a_screen()).values[TEXT.id] == "blue, red"


def test_m20_an_attribute_that_is_a_list_gives_one_value_each_and_is_never_split() -> None:
    incident = an_incident(impacted_services=("Checkout, EU", "Pay"), title="a, b")
    rules = (
        an_attribute("labels", "incident_impacted_services"),
        an_attribute(TEXT.id, "incident_impacted_services"),
    )

    values = issue_fields(incident, a_mapping(field_rules=rules), a_screen()).values
    title = issue_fields(
        incident,
        a_mapping(field_rules=(an_attribute("labels", "incident_title"),)),
        a_screen(),
    ).values

    assert values["labels"] == ["Checkout,_EU", "Pay"]
    assert values[TEXT.id] == "Checkout, EU, Pay"
    assert title["labels"] == ["a,_b"]


def test_a_jira_value_is_handed_over_as_it_is() -> None:
    rule = FieldRule(target=TEXT.id, type=RuleType.JIRA_VALUE, value={"id": "10300"})

    values = issue_fields(an_incident(), a_mapping(field_rules=(rule,)), a_screen()).values

    assert values[TEXT.id] == {"id": "10300"}


def test_a_rule_that_cannot_be_used_is_said_and_keeps_no_other_back() -> None:
    number = a_schema("customfield_10005", name="Cost", type="number")
    rules = (
        a_const("customfield_9", "x"),
        a_const(number.id, "five"),
        a_const("labels", "blue"),
    )

    fields = issue_fields(
        an_incident(),
        a_mapping(field_rules=rules),
        a_screen(SUMMARY, DESCRIPTION, LABELS, number),
    )

    assert fields.values["labels"] == ["blue"]
    assert fields.unused == (
        "customfield_9 is not on the create screen.",
        "Cost (customfield_10005) takes a decimal number such as 42.5.",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("incident_number", "7"),
        ("incident_title", "Checkout answers slowly"),
        ("incident_description", "p99 is 8 s"),
        ("incident_status", "acknowledged"),
        ("incident_created_at", "2026-11-24T03:00:00Z"),
        ("incident_service", "Checkout"),
        ("incident_escalation_policy", "Default"),
        ("incident_impacted_services", ("Checkout", "Pay")),
        ("incident_html_url", "https://acme.example/incidents/QINCIDENT00001"),
        ("incident_assignees", ("Ada",)),
        ("incident_acknowledgers", ("Ben",)),
        ("incident_last_status_change_at", "2026-11-24T03:00:00Z"),
        ("incident_last_status_change_by", "Ada"),
        ("incident_urgency", "high"),
        ("incident_priority", "P1"),
    ],
)
def test_m20_every_attribute_of_an_incident_can_be_used(
    name: str, value: str | tuple[str, ...]
) -> None:
    incident = an_incident(
        status=IncidentStatus.ACKNOWLEDGED,
        escalation_policy="Default",
        impacted_services=("Checkout", "Pay"),
        assignees=("Ada",),
        acknowledgers=("Ben",),
        last_status_change_at=NOW,
        last_status_change_by="Ada",
        priority=Reference(id="PP1", name="P1"),
    )

    assert attribute(incident, name) == value
    assert name in ATTRIBUTE_NAMES


def test_an_attribute_that_an_incident_lacks_fills_nothing() -> None:
    rules = (an_attribute("labels", "incident_priority"), an_attribute(TEXT.id, "no_such"))

    values = issue_fields(an_incident(), a_mapping(field_rules=rules), a_screen()).values

    assert "labels" not in values
    assert TEXT.id not in values


def test_an_empty_value_leaves_summary_and_description_as_they_are_without_a_rule() -> None:
    rules = (
        an_attribute("summary", "incident_priority"),
        an_attribute("description", "incident_priority"),
        a_const("labels", " , "),
    )

    values = issue_fields(an_incident(), a_mapping(field_rules=rules), a_screen()).values

    assert values["summary"] == "Checkout answers slowly"
    assert str(values["description"]).startswith("p99 is 8 s")
    assert "labels" not in values


@given(title=st.text(alphabet="a🔥é ", min_size=200, max_size=400))
def test_lengths_are_what_java_counts(title: str) -> None:
    incident = an_incident(title=title, description="🔥" * 40_000)

    values = issue_fields(incident, a_mapping(), a_screen()).values

    assert units(str(values["summary"])) <= 255
    assert units(str(values["description"])) < 32_767


def test_p26_text_of_a_single_line_field_is_no_markup_either() -> None:
    mapping = a_mapping(field_rules=(an_attribute(TEXT.id, "incident_title"),))
    incident = an_incident(title="[Sign in|https://evil.example] " + "{x}" * 300)

    link = an_attribute("customfield_10006", "incident_html_url")
    url = a_schema("customfield_10006", custom="x:url")

    text = str(issue_fields(incident, mapping, a_screen()).values[TEXT.id])
    shown = issue_fields(incident, a_mapping(field_rules=(link,)), a_screen(SUMMARY, url)).values

    assert text.startswith(r"\[Sign in\|https://evil.example\]")
    assert units(text) <= 255
    assert shown[url.id] == incident.html_url


def test_a_description_of_nothing_but_line_feeds_costs_no_time() -> None:
    incident = an_incident(description="a" + "\n" * 200_000 + "b")

    values = issue_fields(incident, a_mapping(), a_screen()).values

    assert str(values["description"]).endswith(LINE)


def test_m20_a_template_takes_several_attributes() -> None:
    rule = FieldRule(
        target="description",
        type=RuleType.TEMPLATE,
        value="#{{ incident_number }} {{incident_impacted_services}} {{ no_such }}on *{{ x",
    )
    incident = an_incident(impacted_services=("Checkout", "Pay"))

    values = issue_fields(incident, a_mapping(field_rules=(rule,)), a_screen()).values

    assert str(values["description"]).startswith("#7 Checkout, Pay on *")


def filled(template: str, incident: Incident, target: str = "description") -> str:
    mapping = a_mapping(field_rules=(a_template(target, template),))
    return str(issue_fields(incident, mapping, a_screen()).values[target]).split("\n\nPager")[0]


@pytest.mark.parametrize(
    ("template", "title", "markup"),
    [
        ("h2. {{ incident_title }}\n* *now*", "Down", "h2. Down\n* *now*"),
        ("{color:red}{{ incident_title }}{color}", "{color}x", "{color:red}\\{color\\}x{color}"),
        ("*{{ incident_title }}*", "*a*", "*\\*a\\**"),
        ("|{{ incident_title }}|", "a|b\n# c", "|a\\|b\n\\# c|"),
        ("[it|{{ incident_title }}]", "https://x.example/-/a", "[it|https://x.example/-/a]"),
        ("[it|{{ incident_title }}]", "https://x.example/|b", "[it|https://x.example/\\|b]"),
        ("Level:{{ incident_title }}", "D", "Level:&#68;"),
        ("({{ incident_title }})", "on", "(&#111;n)"),
        (":) ({{ incident_title }})", "so", ":) (so)"),
        ("\\*{{ incident_title }}", "\\\\", "\\*&#92;&#92;"),
    ],
)
def test_p26_a_templates_own_text_is_markup_and_values_are_not(
    template: str, title: str, markup: str
) -> None:
    assert filled(template, an_incident(title=title)) == markup


def test_p26_so_it_is_in_a_field_of_one_line_which_is_cut_between_escapes() -> None:
    short = filled("*{{ incident_title }}*  now \n", an_incident(title="{a}"), TEXT.id)
    long = filled("*a* {{ incident_title }}", an_incident(title="{x}" * 300), TEXT.id)

    assert short == r"*\{a\}* now"
    assert long.startswith(r"*a* \{x\}\{x\}")
    assert long.endswith("…")
    assert not long.rstrip("…").endswith("\\")
    assert units(long) <= 255


def test_a_template_of_a_field_that_is_no_markup_is_filled_plainly() -> None:
    text = "*{{ incident_title }}*"

    mapping = a_mapping(field_rules=(a_template("summary", text),))
    values = issue_fields(an_incident(title="{a}"), mapping, a_screen()).values

    assert values["summary"] == "*{a}*"


def test_a_template_of_nothing_fills_nothing() -> None:
    mapping = a_mapping(field_rules=(a_template(TEXT.id, " {{ incident_description }} "),))

    bare = an_incident(description=None)

    assert TEXT.id not in issue_fields(bare, mapping, a_screen()).values


def test_m18_the_priority_is_mapped_by_id_where_the_create_screen_has_it() -> None:
    rows = (
        PriorityRow(pagerduty_id="PP1", jira_id="1"),
        PriorityRow(pagerduty_id="PP1", jira_id="2"),
        PriorityRow(pagerduty_id=None, jira_id="5"),
    )
    mapping = a_mapping(priorities=rows)
    screen = a_screen(SUMMARY, a_schema("priority", type="priority"))
    urgent = an_incident(priority=Reference(id="PP1", name="P1"))

    assert issue_fields(urgent, mapping, screen).values["priority"] == {"id": "1"}
    assert issue_fields(an_incident(), mapping, screen).values["priority"] == {"id": "5"}
    assert "priority" not in issue_fields(urgent, mapping, a_screen(SUMMARY)).values
    assert "priority" not in issue_fields(urgent, a_mapping(), screen).values


def test_a_resolution_is_no_field_of_a_new_issue() -> None:
    mapping = a_mapping(field_rules=(a_const("resolution", "Done"),))
    screen = a_screen(SUMMARY, a_schema("resolution", type="resolution"))

    fields = issue_fields(an_incident(), mapping, screen)

    assert "resolution" not in fields.values
    assert fields.unused == ()
