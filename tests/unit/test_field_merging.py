"""G9, G3, G4: the law of merging a field, for whatever people do on both sides."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pdjira.model.mapping import Direction
from pdjira.sync.fields.values import comparable, digest, texts_of
from pdjira.text.plain_text import to_plain
from tests.builders import an_attribute
from tests.scenes.fields import AREA, COST, TEXT, Fields

VALUES = st.sampled_from([None, "eu", "us", "[a] {b}", "x\ny"])


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, object, bool]:
    """A side, the value that somebody gives there, and whether it is heard of."""
    return draw(st.sampled_from(["jira", "pagerduty"])), draw(VALUES), draw(st.booleans())


def at_rest(life: Fields, field: str, name: str) -> tuple[str, ...]:
    """What both sides hold; Jira as markup, PagerDuty as plain text."""
    plainly = to_plain(str(life.fields()[field] or ""))
    assert plainly == str(life.custom(name) or ""), life.world.timeline(life.incident)
    return texts_of(life.custom(name))


@settings(max_examples=40)
@given(st.lists(edits(), max_size=6))
def test_g4_at_rest_both_sides_agree_and_nobodys_last_word_is_lost(
    made: list[tuple[str, Any, bool]],
) -> None:
    life = Fields(an_attribute(AREA, "custom_field:region", Direction.BOTH))
    last: dict[str, Any] = {}
    agreed = None

    for side, value, is_heard in made:
        if side == "jira":
            life.write(**{AREA: value})
        else:
            life.give("region", value, hear=False)
        last[side] = value
        if is_heard:
            life.resync()
            last, agreed = {}, life.custom("region")
    life.resync()

    held = at_rest(life, AREA, "region")
    comments = " ".join(life.world.comments()).replace("\\", "")
    changes = [value for value in last.values() if value and value != agreed]
    for value in changes:
        assert texts_of(value) == held or value.split("\n")[0] in comments


@settings(max_examples=20)
@given(st.lists(edits(), max_size=5))
def test_g3_a_second_look_writes_nothing(made: list[tuple[str, Any, bool]]) -> None:
    life = Fields(
        an_attribute(AREA, "custom_field:region", Direction.BOTH),
        an_attribute(TEXT, "custom_field:region", Direction.TO_PAGERDUTY),
        an_attribute(COST, "incident_number"),
    )
    for side, value, is_heard in made:
        if side == "jira":
            life.write(**{AREA: value})
        else:
            life.give("region", value, hear=is_heard)
    life.resync()
    before = life.all_writes()

    life.resync()
    life.hear("incident.custom_field_values.updated")

    assert life.all_writes() == before


@given(st.text(st.characters(exclude_characters="\r")))
def test_g9_the_form_of_a_text_does_not_count(text: str) -> None:
    spoilt = "\r\n".join(f"{line} \t" for line in text.split("\n")) + "\n"

    assert comparable(comparable(text)) == comparable(text)
    assert comparable(spoilt) == comparable(text)


@given(st.lists(st.text(min_size=1), max_size=4))
def test_g9_the_order_of_a_list_does_not_count(texts: list[str]) -> None:
    assert digest(texts_of(texts)) == digest(texts_of(texts[::-1]))
