"""G9: what comes back from Jira as it went there, in whatever shape, is no change by a person."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.model.link import Agreement, FieldAgreement
from pdjira.sync.fields.mapped_fields import DueWrite, is_overwritten, wanted
from pdjira.sync.fields.rules import issue_digest, written_digest
from pdjira.sync.fields.values import ORGANIZATION, Unfit, as_jira_value, texts_of
from pdjira.sync.fields.values import REQUEST_TYPE as REQUEST_KIND
from pdjira.text.markup import escape, escape_with_code
from pdjira.text.plain_text import to_plain
from tests.builders import a_mapping, a_schema, an_attribute, an_incident
from tests.sandbox.jira.desks import ORGANIZATIONS, REQUEST_TYPE, open_desk
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.fields import BOTH, COST, LABELS, PRICE, REGION, TEAM, TEAMS, TEXT, URL, Fields
from tests.world import World

LINKS = [
    "https://x.example/a?b=1&region=eu&section=2&timestamp=5&copy=1",
    "https://x.example/_search_?q=*all*&x=_y_",
    "https://x.example/a/__init__.py",
    "http://x.example/%7Bid%7D#top",
    "https://x.example/a?x=1&amp;y=2",
]


@pytest.mark.parametrize("url", LINKS)
@pytest.mark.parametrize("shape", ["{}", "see {} and _b_", "({})", "[{}]", "*{}*", "_{}_"])
def test_a_url_in_markup_stays_as_it_is(url: str, shape: str) -> None:
    assert url in to_plain(shape.format(url))


def test_a_link_with_a_text_is_told_with_both() -> None:
    assert to_plain(f"[the _log_|{LINKS[1]}]") == f"the log ({LINKS[1]})"


@pytest.mark.parametrize("text", ["R&D &region &#1 x", "a &copy b", "&unknown; &#x41", "&&lt"])
def test_what_only_looks_like_an_entity_stays(text: str) -> None:
    assert to_plain(text) == text


def test_entities_become_their_characters() -> None:
    assert to_plain("a &lt;b&gt; &#42;c&#x2a; &amp;lt;") == "a <b> *c* &lt;"


@pytest.mark.parametrize("text", [*LINKS, "R&D &amp; &region", "*a* https://x.example/_a_ (_b_)"])
def test_what_is_escaped_comes_back_as_it_was(text: str) -> None:
    assert to_plain(escape(text)) == text


@pytest.mark.parametrize("value", [LINKS[0], LINKS[1], "https://x.example/?a=*b*&lt;=[1]_c_"])
def test_a_url_field_of_jira_is_carried_as_it_is(value: str) -> None:
    life = Fields(an_attribute(URL, REGION, BOTH))

    life.edit(**{URL: value})

    assert life.custom("region") == value


def test_a_field_of_markup_is_carried_as_people_read_it() -> None:
    life = Fields(an_attribute("environment", REGION, BOTH))
    life.world.jira.model.set_on_screen("OPS", "10001", "environment", shown=True)

    life.edit(environment="*eu* \\*")

    assert life.custom("region") == "eu *"


def test_a_text_that_nobody_wrote_in_jira_comes_back_without_escapes() -> None:
    life = Fields(an_attribute(TEXT, REGION, BOTH))
    life.give("region", "*eu* &copy; [x]")

    life.edit(**{TEXT: life.fields()[TEXT] + " 0"})

    assert life.custom("region") == "*eu* &copy; [x] 0"


def test_without_a_kind_a_text_counts_as_markup_and_a_summary_does_not() -> None:
    incident = an_incident(title="x")
    texts = {
        target: wanted(an_attribute(target, "incident_title"), incident, "*a*").change.title
        for target in (TEXT, "summary")
    }

    assert texts == {TEXT: "a", "summary": "*a*"}


@pytest.mark.parametrize("number", ["9007199254740993", "-9007199254740993", "1234567890123456789"])
def test_a_whole_number_that_jira_would_round_does_not_fit(number: str) -> None:
    schema = a_schema(COST, type="number")

    with pytest.raises(Unfit, match="up to 9007199254740992"):
        as_jira_value((number,), schema)
    assert as_jira_value(("9007199254740992",), schema) == 2**53


def test_a_number_that_jira_would_round_stays_in_pagerduty_and_is_said() -> None:
    life = Fields(an_attribute(COST, REGION, BOTH))

    life.give("region", "9007199254740993")
    life.hear_jira()
    life.give("region", "5")

    assert any("Jira rounds" in says for says in life.world.timeline(life.incident))
    assert (life.custom("region"), life.fields()[COST]) == ("5", 5.0)
    assert life.kept() == []


@pytest.mark.parametrize("number", ["0042", "3.14159265358979323846", "1e3"])
def test_a_number_in_other_digits_stays_as_it_is_in_pagerduty(number: str) -> None:
    life = Fields(an_attribute(COST, REGION, BOTH))

    life.give("region", number)
    life.hear_jira()

    assert life.custom("region") == number


def test_labels_keep_their_blanks_in_pagerduty() -> None:
    life = Fields(an_attribute(LABELS, TEAMS, BOTH))
    life.give("teams", ["data base", "web"])
    kept = list(life.fields()[LABELS])

    life.edit(**{LABELS: [*kept, "pay"]})
    more = life.custom("teams")
    life.edit(**{LABELS: ["pay"]})

    assert kept == ["data_base", "web"]
    assert more == ["data base", "pay", "web"]
    assert life.custom("teams") == ["pay"]


def test_a_label_with_blanks_may_be_one_text_in_pagerduty() -> None:
    life = Fields(an_attribute(LABELS, REGION, BOTH))
    life.give("region", "data base")

    life.edit(**{LABELS: ["data_base", "web"]})

    assert life.custom("region") == "data base, web"


def test_an_option_is_no_label() -> None:
    rule = an_attribute(TEAM, REGION, BOTH)
    life = Fields(rule)
    life.give("region", "a b")
    held: list[object] = [{"self": "x", "id": "1", "value": "a_b"}]
    incident = life.world.pagerduty.get_incident(life.incident)
    fields = life.world.pagerduty.incident_fields(life.incident)

    assert wanted(rule, replace(incident, fields=fields), held).value == "a_b"


READ_TYPE = {"requestType": {"id": "25", "name": "Report an outage"}, "currentStatus": {}}


@pytest.mark.parametrize(
    ("written", "read", "schema"),
    [
        ([7], [{"id": "7", "name": "Acme"}], a_schema("c", type="array", items=ORGANIZATION)),
        ([{"name": "Web"}], [{"self": "x", "id": "1", "name": "Web"}], a_schema("components")),
        ([{"id": "1"}], [{"self": "x", "id": "1", "value": "1"}], a_schema("c")),
        (2**53, float(2**53), a_schema("c", type="number")),
        (
            as_jira_value(("1e300",), a_schema("c", type="number")),
            1e300,
            a_schema("c", type="number"),
        ),
    ],
)
def test_what_was_written_is_known_again_when_it_is_read(
    written: object, read: object, schema: Any
) -> None:
    known = FieldAgreement(incident="old", issue=written_digest(written, schema))
    due = DueWrite(schema=schema, value="other", held=read, known=known)

    assert issue_digest(read) == known.issue
    assert not is_overwritten(due, Agreement(fields={schema.id: known}))


def test_an_organization_that_is_there_is_not_written_again() -> None:
    schema = a_schema("c", type="array", items=ORGANIZATION)
    held = [{"id": "7", "name": "Acme"}]

    assert DueWrite(schema=schema, value=[7], held=held, known=FieldAgreement()).is_there
    assert texts_of(held) == ("Acme",)


def test_a_request_type_is_read_by_its_name() -> None:
    assert texts_of(READ_TYPE) == ("Report an outage",)
    assert written_digest("ops/outage", a_schema("c", type=REQUEST_KIND)) == "?"


def test_fields_of_a_service_desk_follow_without_false_conflicts() -> None:
    rules = (
        an_attribute(REQUEST_TYPE, "incident_title"),
        an_attribute(ORGANIZATIONS, "incident_urgency"),
    )
    world = World(a_mapping(field_rules=rules))
    desk = open_desk(world.jira.model.world, tells_keys=True)
    acme, globex = desk.organizations
    desk.organizations = (replace(acme, name="high"), replace(globex, name="low"))
    incident = world.trigger("Report an outage")
    world.work()

    world.pagerduty.model.set_title(incident, "ops/getithelp", by=RESPONDER)
    world.signal(incident, id="a", event_type="incident.escalated")
    world.work()

    assert world.issues[0]["fields"][REQUEST_TYPE]["requestType"]["name"] == "Get IT help"
    assert world.issues[0]["fields"][ORGANIZATIONS] == [{"id": "1", "name": "high"}]
    assert world.comments() == []


@pytest.mark.parametrize("mention", ["[~admin]", "[~accountid:5b10ac8d82e05b22cc7d4ef5]"])
def test_a_mention_in_code_calls_nobody(mention: str) -> None:
    shown = escape_with_code(f"```\nx {mention} [~ \n```")

    assert mention not in shown
    assert shown.replace("\u2060", "") == f"{{noformat}}\nx {mention} [~ \n{{noformat}}"


def test_a_price_of_pagerduty_is_a_number_in_jira() -> None:
    life = Fields(an_attribute(COST, PRICE, BOTH))

    life.give("cost", 12.5)
    life.hear_jira()

    assert (life.fields()[COST], life.custom("cost")) == (12.5, 12.5)
