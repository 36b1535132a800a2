"""G6: INCIDENT is an incident's id, number or URL, or the key or URL of its issue."""

import pytest

from pdjira.admin.incident_of import Meant
from pdjira.errors import Misconfigured, NotFound, PdjiraError, Temporary, Unauthenticated
from tests.world import World


def linked(world: World) -> str:
    """An incident whose issue is OPS-1."""
    incident = world.trigger()
    world.work()
    return incident


@pytest.mark.parametrize(
    "form",
    [
        "{id}",
        " {id} ",
        "{number}",
        "#{number}",
        "https://acme.pagerduty.com/incidents/{id}",
        "https://acme.pagerduty.com/incidents/{id}/timeline?x=1",
        "https://acme.eu.pagerduty.com/incidents/{number}#notes",
        "OPS-1",
        "ops-1",
        "https://jira.example.com/browse/OPS-1",
        "https://jira.example.com/jira/browse/OPS-1?focusedCommentId=10001#comment-10001",
        "https://jira.example.com/projects/OPS/issues/OPS-1?filter=allopenissues",
        "https://jira.example.com/servicedesk/customer/portal/1/OPS-1",
        "https://jira.example.com/secure/RapidBoard.jspa?rapidView=1&selectedIssue=OPS-1",
    ],
)
def test_g6_an_incident_is_found_by_every_form_of_its_name(form: str) -> None:
    world = World()
    incident = linked(world)
    number = world.pagerduty.model.incident(incident).number

    found = world.resolver().incident(form.format(id=incident, number=number))

    assert (found.incident_id, found.name) == (incident, f"Incident {number}")


def test_g6_a_number_may_be_a_json_number() -> None:
    world = World()
    incident = linked(world)

    number = world.pagerduty.model.incident(incident).number

    assert world.resolver().incident(number).incident_id == incident


def test_an_issue_that_was_given_is_told_with_its_incident() -> None:
    world = World()
    incident = linked(world)

    found = world.resolver().find("OPS-1")

    assert (found.incident_id, found.error) == (incident, None)
    assert found.issue
    assert (found.issue.id, found.issue.key) == (world.issues[0]["id"], "OPS-1")


def test_an_issue_is_found_by_the_key_that_it_had_before_it_was_moved() -> None:
    world = World()
    incident = linked(world)
    key = world.jira.model.move_issue("alice", world.issues[0]["id"], "WEB")

    found = world.resolver().find("OPS-1")

    assert found.issue
    assert (found.issue.key, found.incident_id) == (key, incident)


def test_an_issue_without_an_incident_is_an_issue_all_the_same() -> None:
    world = World()
    key = world.issue()["key"]

    found = world.resolver().find(key)
    with pytest.raises(NotFound) as raised:
        world.resolver().incident(key)

    assert (found.incident_id, found.incident) == (None, None)
    assert raised.value.says == f"{key} is not linked to any incident."
    assert raised.value.cure


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "The request names no incident."),
        (" ", "The request names no incident."),
        (True, "True is neither an incident nor an issue."),
        (0, "0 is neither an incident nor an issue."),
        (-4, "-4 is neither an incident nor an issue."),
        ([], "[] is neither an incident nor an issue."),
        ("the slow one", "'the slow one' is neither an incident nor an issue."),
        ("../users", "'../users' is neither an incident nor an issue."),
        ("https://[", "'https://[' is neither an incident nor an issue."),
        ("https://jira.example.com/", "'https://jira.example.com/' is neither an incident nor"),
        ("https://acme.pagerduty.com/incidents", "'https://acme.pagerduty.com/incidents' is neith"),
        ("https://acme.pagerduty.com/incidents/%2e", "'https://acme.pagerduty.com/incidents/%2e'"),
    ],
)
def test_what_names_nothing_is_said_with_the_forms_there_are(given: object, says: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        World().resolver().find(given)

    assert raised.value.says.startswith(says)
    assert "the key or the URL of its issue" in (raised.value.cure or "")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("QNOSUCH", "PagerDuty has no incident of the id QNOSUCH."),
        (4711, "PagerDuty has no incident of the number 4711."),
        ("OPS-99", "Jira has no issue OPS-99, or does not show it to our account."),
    ],
)
def test_what_neither_side_knows_is_said_of_that_side(given: object, says: str) -> None:
    with pytest.raises(NotFound) as raised:
        World().resolver().find(given)

    assert raised.value.says == says
    assert raised.value.cure


def test_an_issue_that_is_hidden_from_our_account_is_not_said_to_be_missing() -> None:
    world = World()
    linked(world)
    world.jira.model.set_security("alice", world.issues[0]["id"], {"alice"})

    with pytest.raises(NotFound, match="Jira has no issue OPS-1, or does not show it"):
        world.resolver().find("OPS-1")


def unseen(world: World, given: object, error: PdjiraError) -> Meant:
    world.plan.fail_next("pagerduty.get_incident", error)
    return world.resolver().find(given)


@pytest.mark.parametrize("error", [Temporary("PagerDuty is down."), Unauthenticated("Wrong key.")])
def test_what_is_linked_is_known_though_pagerduty_is_silent(error: PdjiraError) -> None:
    world = World()
    incident = linked(world)

    by_id, by_key = (unseen(world, given, error) for given in (incident, "OPS-1"))

    assert (by_id.incident_id, by_id.incident, by_id.error) == (incident, None, error)
    assert (by_key.incident_id, by_key.incident, by_key.error) == (incident, None, error)


def test_an_incident_that_pagerduty_knows_no_longer_is_one_while_it_has_an_issue() -> None:
    world = World()
    incident = linked(world)
    gone = NotFound("PagerDuty knows no such incident.")

    assert unseen(world, incident, gone).error is gone
    world.plan.fail_next("pagerduty.get_incident", gone)
    with pytest.raises(NotFound, match="knows no such incident"):
        world.resolver().incident(incident)


@pytest.mark.parametrize("given", ["QNOSUCH", 4711])
def test_what_only_a_silent_pagerduty_would_know_is_its_error(given: object) -> None:
    world = World()

    with pytest.raises(Temporary, match="is down"):
        unseen(world, given, Temporary("PagerDuty is down."))


def test_a_key_that_only_a_silent_jira_would_know_is_its_error() -> None:
    world = World()
    world.plan.fail_next("jira.find_key", Temporary("Jira is down."))

    with pytest.raises(Temporary, match="Jira is down"):
        world.resolver().find("OPS-1")


SILENT = {
    "pagerduty.get_incident": Temporary("PagerDuty is down."),
    "jira.find_key": Temporary("Jira is down."),
}


@pytest.mark.parametrize("form", ["{id}", "{number}", "OPS-1"])
@pytest.mark.parametrize("call", SILENT)
def test_g6_a_person_may_ask_for_an_incident_by_any_name_of_a_link_while_a_side_is_silent(
    call: str, form: str
) -> None:
    world = World()
    incident = linked(world)
    given = form.format(id=incident, number=world.pagerduty.model.incident(incident).number)
    world.plan.fail_next(call, SILENT[call], times=9)

    meant = world.resolver().incident(given)

    assert meant.incident_id == incident
    assert (meant.incident is None) is (call == "pagerduty.get_incident")


def test_g6_an_issue_that_jira_hides_is_known_by_its_link() -> None:
    world = World()
    incident = linked(world)
    world.jira.model.set_security("alice", world.issues[0]["id"], {"alice"})

    assert world.resolver().incident("OPS-1").incident_id == incident
