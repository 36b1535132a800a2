"""P38, G17: whenever nothing happened, `explain` says why, for every mapping."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pdjira.circuits.rules import Circuit
from pdjira.errors import Misconfigured, NotFound, Refused, Side, Temporary
from pdjira.jql.matches import HOURLY
from pdjira.model.incident import Reference
from pdjira.model.link import LinkState
from pdjira.model.mapping import CreateMode
from pdjira.model.reason import SAID_OF_A_SIGNAL, Outlook, Why
from tests.builders import HIGHEST, PAGING, a_mapping
from tests.fakes.links import unreadable
from tests.sandbox.pagerduty.seed import RESPONDER
from tests.scenes.reasons import CASES, Case
from tests.world import World

ROOT = Path(__file__).parents[2]


def ask(world: World, form: object) -> Any:
    """The answer."""
    return world.explain().run(form)


def asked(case: Case, form: object) -> dict[str, Any]:
    """The answer about the mapping in question, by one form of the name."""
    answer = ask(case.world, form)
    (found,) = [one for one in answer["mappings"] if one["id"] == "ops-bug"]
    return {**answer, "found": found}


def pattern(template: str | None) -> re.Pattern[str]:
    """What a sentence with something filled in looks like."""
    known = re.split(r"\{\w+\}", (template or "").replace("{{", "\0").replace("}}", "\1"))
    return re.compile(
        ".*".join(re.escape(one.replace("\0", "{").replace("\1", "}")) for one in known)
    )


@pytest.mark.parametrize("why", CASES, ids=lambda why: why.name)
def test_p38_each_reason_is_said_with_its_cure_whatever_form_the_name_has(why: Why) -> None:
    answers = [asked(CASES[why](), form) for form in CASES[why]().forms.values()]

    for answer in answers:
        found = answer["found"]
        assert found["verdict"] == why.outlook.value
        assert pattern(why.says).match(found["says"]), found["says"]
        assert pattern(why.cured_by).match(found["cure"] or ""), found["cure"]
    assert all(one == answers[0] for one in answers)


def test_p38_there_is_a_case_for_every_reason() -> None:
    assert set(CASES) | SAID_OF_A_SIGNAL == set(Why)


def down(world: World, side: str) -> None:
    """The side answers nothing any more."""
    error = Temporary(f"{side} is down.", cure="Look at it.")
    for method in ("get_incident", "find_key", "server_info", "read_issue", "read_paging", "ids"):
        world.plan.fail_next(f"{side}.{method}", error, times=99)


def explained(world: World, form: object) -> dict[str, dict[str, Any]]:
    """What is said of each mapping, by its id."""
    rows = ask(world, form)["mappings"]
    return {row["id"]: row for row in rows}


def linked(*mappings: Any) -> tuple[World, str]:
    """An incident of which the first mapping has made an issue, before there were the others."""
    world = World(a_mapping())
    incident_id = world.trigger()
    world.work()
    for mapping in mappings:
        world.mappings.put(mapping)
    return world, incident_id


def test_g5_the_timeline_is_told_oldest_first_in_utc() -> None:
    world, incident_id = linked()
    world.clock.forward(minutes=1)
    world.signal(incident_id, id="again", event_type="incident.acknowledged")
    world.pagerduty.model.acknowledge(incident_id, by=RESPONDER)
    world.links.record(replace(world.links.entries[0], at=world.clock(), says=("Done.",)))

    answer = ask(world, incident_id)

    first, last = answer["timeline"]
    assert first["at"] == "2026-11-24T03:00:00Z"
    assert any("OPS-1" in one for one in first["says"])
    assert last == {"at": "2026-11-24T03:01:00Z", "says": ["Done."]}


def test_p38_the_incident_and_the_issue_are_named_with_their_urls() -> None:
    world, incident_id = linked()

    answer = ask(world, incident_id)

    incident = answer["incident"]
    assert (incident["id"], incident["number"]) == (incident_id, 1)
    assert (incident["title"], incident["status"]) == ("Checkout answers slowly", "triggered")
    assert incident["url"].startswith("https://")
    assert incident["service"] == {"id": "PABC123", "name": "Checkout"}
    (row,) = answer["mappings"]
    assert row["issue"]["url"].endswith("/browse/OPS-1")
    assert (row["name"], row["in_force"]) == ("Create Bug (OPS)", True)


@pytest.mark.parametrize("form", ["number", "id", "key"])
def test_p38_what_a_silent_pagerduty_would_tell_is_not_known_and_the_rest_is_told(
    form: str,
) -> None:
    manual, never = CreateMode.MANUAL, CreateMode.NEVER
    elsewhere = Reference(id="PELSE", name="Else")
    world, incident_id = linked(
        a_mapping(id="automatic"),
        a_mapping(id="manual", create_issue=manual),
        a_mapping(id="never", create_issue=never),
        a_mapping(id="off", enabled=False),
        a_mapping(id="elsewhere", service=elsewhere),
    )
    down(world, "pagerduty")

    answer = ask(world, {"number": 1, "id": incident_id, "key": "OPS-1"}[form])

    rows = {row["id"]: row for row in answer["mappings"]}
    verdicts = {name: row["verdict"] for name, row in rows.items()}
    nothing = Outlook.NOTHING.value
    assert verdicts == {
        "automatic": "waits",
        "manual": nothing,
        "never": nothing,
        "off": nothing,
        "ops-bug": "linked",
    }
    assert "What PagerDuty would tell is not known" in rows["automatic"]["says"]
    assert "What PagerDuty would tell is not known: pagerduty is down." in rows["ops-bug"]["says"]
    shown = answer["incident"]
    assert (shown["id"], shown["number"], shown["status"]) == (incident_id, None, "triggered")
    assert answer["not_known"] == ["pagerduty is down. What to do: Look at it."]
    assert answer["timeline"]


@pytest.mark.parametrize(("side", "form"), [("pagerduty", "4711"), ("jira", "OPS-9")])
def test_p38_where_nothing_is_known_at_all_every_mapping_says_so(side: str, form: str) -> None:
    world, _ = linked(a_mapping(id="off", enabled=False))
    down(world, side)

    answer = ask(world, form)

    off, on = answer["mappings"]
    assert (answer["incident"], answer["timeline"]) == (None, [])
    assert (off["verdict"], on["verdict"]) == ("nothing", "waits")
    assert f"{side} is down." in on["says"]


def test_p38_a_silent_jira_hides_neither_the_incident_nor_its_links() -> None:
    world, incident_id = linked(a_mapping(id="next"))
    down(world, "jira")

    by_key, by_id = ask(world, "OPS-1"), ask(world, incident_id)

    assert by_key == by_id
    next_, here = by_key["mappings"]
    assert (next_["verdict"], here["verdict"]) == ("waits", "linked")
    assert here["issue"] == {"id": here["issue"]["id"], "key": "OPS-1", "url": None}
    assert "What Jira would tell is not known: jira is down." in here["says"]


def test_p38_a_jira_that_refuses_to_show_an_issue_is_not_asked_further() -> None:
    world, incident_id = linked()
    world.plan.fail_next("jira.read_issue", Refused("No.", status=403))

    row = explained(world, incident_id)["ops-bug"]

    assert row["verdict"] == "linked"
    assert "What Jira would tell is not known: No." in row["says"]


def test_p38_a_silent_side_is_waited_for_once_and_everything_within_twenty_seconds() -> None:
    world, incident_id = linked(*(a_mapping(id=f"m{number}") for number in range(9)))
    world.work()
    for number in range(9):
        link = replace(world.links.links[0], mapping_id=f"m{number}", version=0)
        world.links.save(link)
    calls = len(world.plan.calls)
    read = world.jira.read_issue
    begun = world.clock()

    def slow(*args: Any, **rest: Any) -> Any:
        world.clock.forward(seconds=4)
        return read(*args, **rest)

    world.jira.read_issue = slow  # type: ignore[method-assign]
    answer = ask(world, incident_id)

    assert world.clock() - begun <= timedelta(seconds=20)
    assert world.plan.calls[calls:].count("jira.read_issue") == 5
    assert len(answer["mappings"]) == 10
    assert "jira" in str(answer["not_known"])


def test_p38_what_was_refused_is_tried_again_an_hour_after_the_last_time() -> None:
    case = CASES[Why.REFUSED]()
    case.world.cursors.remember(replace(HOURLY, at=case.world.clock()))

    found = asked(case, case.key)["found"]
    at = ask(case.world, case.key)["next_try"]
    case.world.pagerduty.model.resolve(str(case.incident_id), by=RESPONDER)

    assert at == "2026-11-24T04:00:00Z"
    assert found["says"].endswith("It is tried again at 2026-11-24 04:00:00 UTC.")
    assert ask(case.world, case.key)["next_try"] is None


def test_p38_a_refusal_is_told_by_the_timeline_where_the_link_keeps_no_words() -> None:
    case = CASES[Why.REFUSED]()
    link = next(one for one in case.world.links.links if one.mapping_id == "ops-bug")
    wordless = {key: replace(one, text="") for key, one in link.notices.items()}
    case.world.links.save(replace(link, notices=wordless))

    found = asked(case, case.key)["found"]

    assert "Jira requires the field" in found["says"]
    assert "custom_fields" in found["cure"]


def test_p38_an_issue_that_is_known_to_be_missing_is_said_to_be_so() -> None:
    case = CASES[Why.LINKED]()
    case.world.links.save(replace(case.world.links.links[0], state=LinkState.MISSING))

    assert asked(case, case.key)["found"]["verdict"] == Outlook.REFUSED.value


def test_p38_a_circuit_of_another_project_keeps_nothing_back() -> None:
    case = CASES[Why.WILL_CREATE]()
    now = case.world.clock()
    case.world.circuits.put(Circuit(side=Side.JIRA, project_id="10101", opened_at=now, why="No."))

    assert asked(case, case.key)["found"]["verdict"] == Outlook.WILL_CREATE.value


def test_p38_a_match_that_has_settled_opens_its_incident() -> None:
    case = CASES[Why.SETTLES]()
    case.world.clock.forward(seconds=300)

    assert asked(case, case.key)["found"]["verdict"] == Outlook.WILL_CREATE.value


def test_p38_where_jira_tells_of_no_clause_that_is_said() -> None:
    case = CASES[Why.NO_MATCH]()
    case.world.plan.fail(2, Refused("No such value.", status=400), method="jira.ids")

    found = asked(case, case.key)["found"]

    assert found["says"].endswith("Of priority = Highest Jira did not tell.")


def test_p38_a_claim_waits_while_a_side_is_left_alone() -> None:
    case = CASES[Why.NO_ANSWER]()
    case.world.circuits.put(
        Circuit(side=Side.JIRA, project_id="10100", opened_at=case.world.clock(), why="Too slow.")
    )

    assert "Jira, project 10100 has not been called" in asked(case, case.key)["found"]["says"]


def test_p38_a_claim_that_was_given_up_begins_anew_as_things_are() -> None:
    case = CASES[Why.BEGUN]()
    link = next(one for one in case.world.links.links if one.mapping_id == "ops-bug")
    case.world.links.save(replace(link, state=LinkState.CLOSED))

    assert asked(case, case.key)["found"]["verdict"] == Outlook.WILL_CREATE.value


def test_p38_an_unreadable_cursor_or_brake_hides_no_reason() -> None:
    case = CASES[Why.UNOPENED]()
    for cursor_id in ("hourly", "mapping ops-bug"):
        case.world.cursors.break_item(cursor_id)
    case.world.plan.fail_next("brakes.find", unreadable("BRAKE#ops-bug", "STATE"))

    assert asked(case, case.key)["found"]["verdict"] == Outlook.REFUSED.value
    assert case.world.links.links == []


def test_p38_an_unreadable_cursor_tells_no_next_try() -> None:
    case = CASES[Why.REFUSED]()
    case.world.cursors.break_item("hourly")

    assert ask(case.world, case.key)["next_try"] is None


def test_p38_a_jql_out_of_shape_is_told_as_refused() -> None:
    world = World(replace(PAGING, jql="(priority = Highest"))
    issue = world.issue(**HIGHEST)

    row = explained(world, issue["key"])["ops-bug"]

    assert row["verdict"] == "refused"
    assert "parenthesis" in row["says"]


def test_p38_a_match_that_the_jql_no_longer_reads_is_asked_for_anew() -> None:
    case = CASES[Why.BASELINE]()
    case.world.mappings.put(replace(PAGING, jql="priority = Lowest"))

    assert "priority = Lowest" in asked(case, case.key)["found"]["says"]


def test_p38_the_first_ten_clauses_are_asked_for_one_by_one_and_those_not_fulfilled_named() -> None:
    clauses = ["NOT priority = Highest", *(f'labels = "l{number}"' for number in range(12))]
    world = World(replace(PAGING, jql=f"{' AND '.join(clauses)}"))
    issue = world.issue(**HIGHEST, labels=["l1"])
    untold = Refused("No such value.", status=400)
    calls = len(world.plan.calls)
    world.plan.fail(5, untold, method="jira.ids")

    says = explained(world, issue["key"])["ops-bug"]["says"]

    assert world.plan.calls[calls:].count("jira.ids") == 1 + 10
    assert 'it does not fulfil NOT (priority = Highest); labels = "l0"; labels = "l3";' in says
    assert 'Of labels = "l2" Jira did not tell.' in says
    assert '"l11"' not in says


def test_p38_a_silent_jira_leaves_open_whether_an_issue_matches() -> None:
    world = World(PAGING, a_mapping(id="no-jql"))
    issue = world.issue(**HIGHEST)
    error = Temporary("jira is down.")
    for method in ("server_info", "read_paging", "ids"):
        world.plan.fail_next(f"jira.{method}", error, times=9)

    rows = explained(world, issue["key"])

    assert set(rows) == {"ops-bug"}
    assert rows["ops-bug"]["verdict"] == "waits"


def test_p38_an_issue_that_matches_waits_for_a_side_that_is_left_alone() -> None:
    case = CASES[Why.WILL_OPEN]()
    case.world.circuits.put(
        Circuit(side=Side.PAGERDUTY, opened_at=case.world.clock(), why="PagerDuty refuses us.")
    )

    found = asked(case, case.key)["found"]

    assert (found["verdict"], found["cure"]) == ("waits", "Nothing: it is tried again by itself.")


def test_p38_of_an_issue_only_mappings_that_could_page_for_it_are_told() -> None:
    elsewhere = a_mapping(id="elsewhere", issue_type=Reference(id="10002", name="Task"))
    world = World(PAGING, elsewhere, replace(PAGING, id="off", enabled=False))
    world.mappings.put_item({"id": "broken"})
    issue = world.issue(**HIGHEST)

    rows = explained(world, issue["key"])

    assert {name: row["verdict"] for name, row in rows.items()} == {
        "ops-bug": "will create",
        "off": "nothing",
        "broken": "nothing",
    }


@pytest.mark.parametrize("form", [None, "", "x y", True, {}, "https://example.com/"])
def test_what_is_neither_an_incident_nor_an_issue_is_an_error(form: object) -> None:
    with pytest.raises(Misconfigured):
        ask(World(), form)


@pytest.mark.parametrize("form", ["OPS-77", "4711", "QNOBODY", "https://a.example/incidents/Q1"])
def test_what_neither_side_knows_is_an_error(form: str) -> None:
    with pytest.raises(NotFound):
        ask(World(), form)


def test_p38_explain_writes_nothing() -> None:
    for why, make in CASES.items():
        case = make()
        calls = len(case.world.plan.calls)
        before = (case.world.issues, case.world.links.links, case.world.links.entries)
        ask(case.world, case.key)
        after = (case.world.issues, case.world.links.links, case.world.links.entries)
        assert after == before, why
        assert not [one for one in case.world.plan.calls[calls:] if WRITES.search(one)]


WRITES = re.compile(r"\.(save|record|put|add|send|create|update|transition|open|mark|change)")
