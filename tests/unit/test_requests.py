"""G6: a person's request is answered at once, has an id, and its outcome stands under that id."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.admin.requests import Answer, PeoplesRequests
from pdjira.errors import Conflict, Misconfigured, NotFound, PdjiraError, Refused, Temporary
from pdjira.model.incident import Reference
from pdjira.model.mapping import Conditions, CreateMode, Mapping
from pdjira.model.signal import Asked, Progress
from tests.builders import MAPPING_ITEM, NOW, a_mapping
from tests.fakes.faults import FaultPlan
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER
from tests.scenes.lives import unheard
from tests.world import World

OLDER = a_mapping(enabled_since=NOW + timedelta(days=1))
MANUAL = a_mapping(create_issue=CreateMode.MANUAL)
NEVER = a_mapping(create_issue=CreateMode.NEVER)
ELSEWHERE = a_mapping(service=Reference(id=PAYMENTS, name="Payments"))
OFF = a_mapping(enabled=False)


def requests(world: World) -> PeoplesRequests:
    numbers = iter(range(1_000))
    return world.requests_of_people(lambda: str(next(numbers)))


def create(world: World, incident: object, mapping_id: object = "ops-bug") -> Answer:
    return requests(world).create_issue({"incident": incident, "mapping_id": mapping_id})


def outcome(world: World, answer: Answer) -> Any:
    return requests(world).outcome({"request": answer["request"]})


def refused(world: World, incident: object, mapping_id: object = "ops-bug") -> PdjiraError:
    """Nothing is queued for what comes to nothing."""
    with pytest.raises(PdjiraError) as raised:
        create(world, incident, mapping_id)
    assert raised.value.cure
    assert world.queue.stored == []
    assert world.requests.news == []
    return raised.value


@pytest.mark.parametrize("mapping", [a_mapping(), OLDER, MANUAL], ids=["automatic", "older", "man"])
def test_m12_create_issue_is_the_button_so_also_for_an_incident_that_is_older_than_its_mapping(
    mapping: Mapping,
) -> None:
    world = World(mapping)
    incident = unheard(world)

    answer = create(world, world.pagerduty.model.incident(incident).number)
    world.work()

    assert (answer["queued"], answer["incident_id"]) == (True, incident)
    assert str(answer["says"]).startswith("Incident 1 gets an issue by mapping ops-bug.")
    assert len(world.issues) == 1
    assert world.timeline(incident)[:2] == [
        "Asked by an administrator.",
        "Created OPS-1 (mapping ops-bug).",
    ]


def test_create_issue_names_the_issue_that_there_is_already() -> None:
    world = World()
    incident = world.trigger()
    world.work()

    answer = create(world, "OPS-1")
    world.work()

    assert str(answer["says"]).startswith("Incident 1 has OPS-1 already (mapping ops-bug).")
    assert answer["issue"] == {
        "id": world.issues[0]["id"],
        "key": "OPS-1",
        "url": "http://jira.example.com/browse/OPS-1",
    }
    assert (answer["queued"], answer["incident_id"]) == (True, incident)
    assert len(world.issues) == 1


def test_an_issue_is_named_though_jira_does_not_tell_its_url() -> None:
    world = World()
    incident = world.trigger()
    world.work()
    world.plan.fail_next("jira.server_info", Temporary("Jira is down."))

    assert create(world, incident)["issue"] == {
        "id": world.issues[0]["id"],
        "key": "OPS-1",
        "url": None,
    }


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (a_mapping(id="other"), "There is no mapping ops-bug."),
        (OFF, "Mapping ops-bug: The mapping is switched off."),
        (ELSEWHERE, "The mapping ops-bug is for incidents of the service Payments, and Incident 1"),
        (NEVER, "Incident 1 gets no issue by mapping ops-bug. The mapping's create_issue is never"),
    ],
)
def test_create_issue_says_at_once_why_there_will_be_none(mapping: Mapping, says: str) -> None:
    world = World(mapping)

    assert refused(world, unheard(world)).says.startswith(says)


def test_create_issue_says_at_once_that_an_issue_has_opened_the_incident() -> None:
    world = World()
    incident = world.pagerduty.model.trigger(
        CHECKOUT, "Slow", by=RESPONDER, incident_key="jira:jira.example.com:10005"
    )

    assert "opened by a Jira issue" in refused(world, incident.id).says


def test_create_issue_says_what_is_wrong_with_a_mapping_that_cannot_be_read() -> None:
    world = World()
    world.mappings.put_item({key: MAPPING_ITEM[key] for key in ("id", "service", "project")})

    assert "ops-bug" in refused(world, unheard(world)).says


@pytest.mark.parametrize("mapping_id", [None, "", 7])
def test_create_issue_without_a_mapping_says_what_is_missing(mapping_id: object) -> None:
    world = World()

    assert refused(world, unheard(world), mapping_id).says == "create-issue needs a mapping_id."


def test_create_issue_for_no_incident_says_so() -> None:
    assert "no incident" in refused(World(), "QNOSUCH").says
    assert refused(World(), None).says == "The request names no incident."


@pytest.mark.parametrize("name", ["incident_id", "incident"])
def test_a_resync_takes_an_incident_in_any_form(name: str) -> None:
    world = World()
    incident = world.trigger()
    world.work()
    number = world.pagerduty.model.incident(incident).number
    asking = requests(world)

    for given in (number, str(number), incident, "OPS-1"):
        assert asking.resync({name: given})["incident_id"] == incident

    assert {decode(message.body).incident_id for message in world.queue.stored} == {incident}
    assert len(world.queue.stored) == 4


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (NEVER, "Mapping ops-bug: The mapping's create_issue is never"),
        (MANUAL, "Mapping ops-bug: The mapping's create_issue is manual"),
        (a_mapping(conditions=Conditions(urgency=("low",))), "its urgency is high"),
        (ELSEWHERE, "No mapping is for incidents of the service Checkout."),
        (OFF, "Mapping ops-bug: The mapping is switched off."),
    ],
)
def test_a_resync_that_can_do_nothing_says_so_and_why_at_once_and_under_its_id(
    mapping: Mapping, says: str
) -> None:
    world = World(mapping)
    incident = unheard(world)

    answer = requests(world).resync({"incident_id": incident})
    world.work()

    assert "As things are, nothing will come of it." in str(answer["says"])
    assert says in str(answer["says"])
    assert answer["cure"]
    assert answer["queued"] is True
    known = outcome(world, answer)
    assert (known["status"], known["says"][0]) == ("done", "Nothing was to be done.")
    assert world.issues == []


def test_a_resync_of_an_issue_whose_mapping_was_switched_off_says_so_at_once() -> None:
    world = World()
    incident = world.trigger()
    world.work()
    world.mappings.put(OFF)

    answer = requests(world).resync({"incident_id": incident})

    assert "Mapping ops-bug: The mapping is switched off." in str(answer["says"])
    assert answer["cure"] == "Set enabled of the mapping ops-bug to true."


def test_a_resync_that_may_do_something_promises_nothing_else() -> None:
    world = World(a_mapping(), a_mapping(id="never", create_issue=CreateMode.NEVER))
    incident = unheard(world)

    answer = requests(world).resync({"incident_id": incident})

    assert answer["says"] == (
        "Incident 1 is looked at again. "
        'What came of it: {"action": "outcome", "request": "request-0"}.'
    )


def test_a_request_is_known_from_the_moment_that_it_was_taken() -> None:
    world = World()

    answer = create(world, unheard(world))
    before = outcome(world, answer)
    world.work()
    after = outcome(world, answer)

    assert before == {
        "request": "request-0",
        "asked": "create-issue",
        "incident_id": answer["incident_id"],
        "status": "queued",
        "at": NOW.isoformat(),
        "says": [],
    }
    assert (after["status"], after["asked"]) == ("done", "create-issue")
    assert after["says"][:2] == ["Asked by an administrator.", "Created OPS-1 (mapping ops-bug)."]


def test_what_was_asked_and_had_to_wait_says_why_and_when_it_is_tried_again() -> None:
    world = World(plan=FaultPlan().fail(1, Temporary("Jira is down."), method="jira.create_issue"))

    answer = create(world, unheard(world))
    world.work(until=world.clock())
    waiting = outcome(world, answer)
    world.work()

    assert waiting["status"] == "waits"
    assert waiting["says"][0] == "Jira is down."
    assert waiting["says"][1].startswith("It is tried again by itself in ")
    assert outcome(world, answer)["status"] == "done"


def test_what_was_asked_and_given_up_says_why() -> None:
    world = World()
    answer = create(world, unheard(world))
    world.plan.fail_next("links.of_incident", RuntimeError("bug"), times=100)

    world.work()

    known = outcome(world, answer)
    assert known["status"] == "given up"
    assert "It ended 5 times in a row in an error." in known["says"][0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "outcome needs a request."),
        (7, "There is no request 7."),
        ("request-9", "There is no request request-9."),
    ],
)
def test_a_request_that_is_not_known_is_said(given: object, says: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        requests(World()).outcome({"request": given})

    assert raised.value.says == says
    assert raised.value.cure


def test_news_that_cannot_be_kept_hold_nothing_up() -> None:
    world = World()
    create(world, unheard(world))
    world.plan.fail_next("requests.put", Temporary("throttled"))

    world.work()

    assert len(world.issues) == 1
    assert [one.error for one in world.outcomes] == [None]


def test_an_error_that_nobody_foresaw_while_news_are_kept_is_told_of_in_the_log() -> None:
    world, bug = World(), RuntimeError("bug")
    create(world, unheard(world))
    world.plan.fail_next("requests.put", bug)

    world.work()

    assert len(world.issues) == 1
    assert [one.error for one in world.outcomes] == [bug]


def test_events_and_sweeps_are_no_requests_and_cost_nothing_more() -> None:
    world = World()
    world.trigger()
    world.work()
    world.sweep()

    assert world.requests.news == []


def recover(world: World, since: object) -> Answer:
    return requests(world).recover({"since": since})


def test_g11_a_recovery_is_answered_under_its_id_by_the_sweep_that_reads_the_log() -> None:
    world = World()
    since = world.clock()
    world.pagerduty.model.trigger(CHECKOUT, "Lost", by=RESPONDER)
    world.clock.forward(days=1)

    answer = recover(world, since.isoformat())
    queued = outcome(world, answer)["status"]
    world.sweep(times=2)

    known = outcome(world, answer)
    assert (queued, known["status"], known["asked"]) == ("queued", "done", "recover")
    assert known["says"] == [
        "PagerDuty's log was read from 2026-11-24T02:55:00+00:00 on.",
        "0 links were compared, 1 incident is looked at by the worker.",
    ]
    assert [one.progress for one in world.requests.news] == [Progress.QUEUED, Progress.DONE]


def test_g11_a_recovery_that_takes_several_sweeps_waits_until_the_log_is_read() -> None:
    world = World()
    since = world.clock()
    world.clock.forward(days=3)
    answer = recover(world, since.isoformat())

    world.sweeper().run(lambda: 1.0)
    waiting = outcome(world, answer)
    world.sweep()

    assert waiting["status"] == "waits"
    assert "the next sweep goes on by itself" in waiting["says"][0]
    assert outcome(world, answer)["status"] == "done"


def test_g11_two_recoveries_are_both_answered_though_one_comes_during_the_sweep() -> None:
    world = World()
    asking = requests(world)
    first = asking.recover({"since": NOW.isoformat()})
    sweep, second = world.sweeper(), []
    put = world.sweep_results.put

    def and_another(result: Any) -> None:
        put(result)
        second.append(asking.recover({"since": NOW.isoformat()}))

    world.sweep_results.put = and_another  # type: ignore[method-assign]
    sweep.run()
    world.sweep_results.put = put  # type: ignore[method-assign]
    between = [outcome(world, one)["status"] for one in (first, *second)]
    world.sweep()

    assert between == ["done", "queued"]
    assert outcome(world, second[0])["status"] == "done"


@pytest.mark.parametrize(("method", "number"), [("requests.put", 1), ("cursors.find", 3)])
def test_g11_an_answer_that_could_not_be_written_is_written_by_the_next_sweep(
    method: str, number: int
) -> None:
    world = World()
    answer = recover(world, NOW.isoformat())
    before = world.plan.calls.count(method)
    world.plan.fail(before + number, Temporary("throttled"), method=method)

    world.sweep(times=2)

    assert outcome(world, answer)["status"] == "done"


def test_g11_a_recovery_that_others_overtake_all_the_time_asks_to_try_again() -> None:
    world = World()
    world.plan.fail_next("cursors.put", Conflict("lost"), times=1)
    requests(world).recover({"since": NOW.isoformat()})
    put, lost = world.cursors.put, []

    def losing(cursor: Any) -> None:
        if cursor.id == "recoveries":
            lost.append(cursor)
            raise Conflict("lost")
        put(cursor)

    world.cursors.put = losing  # type: ignore[method-assign]
    with pytest.raises(Temporary, match="Others ask"):
        recover(world, NOW.isoformat())

    assert len(lost) == 3


def test_g11_a_recovery_from_a_time_to_come_is_refused_and_nothing_is_started() -> None:
    world = World()

    with pytest.raises(Misconfigured, match="lies in the future") as raised:
        recover(world, (NOW + timedelta(days=1)).isoformat())

    assert raised.value.cure
    assert (world.starter.started, world.requests.news) == (0, [])


def test_m16_a_release_of_a_mapping_without_a_jql_says_that_nothing_can_wait() -> None:
    with pytest.raises(Misconfigured, match="The mapping ops-bug has no jql") as raised:
        requests(World()).release_waiting({"mapping_id": "ops-bug"})

    assert raised.value.cure


def test_m16_what_a_release_did_stands_under_its_id_as_well() -> None:
    world = World(a_mapping(jql="priority = Highest"))

    answer = requests(world).release_waiting({"mapping_id": "ops-bug"})
    world.plan.fail_next("requests.put", Temporary("throttled"))
    again = requests(world).release_waiting({"mapping_id": "ops-bug"})

    assert answer["released"] == again["released"] == 0
    assert answer["says"] == "No issue waited: there was nothing to let through."
    assert world.requests.news == [
        Asked(
            id="request-0",
            action="release",
            progress=Progress.DONE,
            at=NOW,
            says=("No issue waited: there was nothing to let through.",),
        )
    ]
    assert outcome(world, answer)["status"] == "done"


@pytest.mark.parametrize("error", [Temporary("no queue"), Refused("no", status=400)])
def test_a_request_that_could_not_be_sent_is_an_error(error: PdjiraError) -> None:
    world = World(plan=FaultPlan().fail(1, error, method="queue.send"))

    with pytest.raises(type(error)):
        create(world, unheard(world))


def test_a_resync_of_what_pagerduty_knows_no_longer_says_so() -> None:
    world = World()
    incident = world.trigger()
    world.work()
    world.plan.fail_next("pagerduty.get_incident", NotFound("PagerDuty knows no such incident."))

    with pytest.raises(NotFound):
        requests(world).resync({"incident_id": incident})


@pytest.mark.parametrize("form", ["{id}", "{number}", "OPS-1"])
def test_g6_a_resync_is_taken_while_pagerduty_is_silent_and_done_once_it_answers(form: str) -> None:
    world = World()
    incident = world.trigger()
    world.work()
    given = form.format(id=incident, number=world.pagerduty.model.incident(incident).number)
    world.plan.fail_next("pagerduty.get_incident", Temporary("PagerDuty is down."), times=3)

    answer = requests(world).resync({"incident_id": given})

    assert answer["queued"]
    assert f"The incident {incident} is looked at again once PagerDuty answers." in str(
        answer["says"]
    )
    assert "PagerDuty is down." in str(answer["says"])


def test_m12_create_issue_is_taken_while_pagerduty_is_silent() -> None:
    world = World(a_mapping(), a_mapping(id="ops-task", create_issue=CreateMode.MANUAL))
    incident = world.trigger()
    world.work()
    world.plan.fail_next("pagerduty.get_incident", Temporary("PagerDuty is down."), times=2)

    answer = create(world, "OPS-1", "ops-task")

    assert (answer["queued"], answer["incident_id"]) == (True, incident)
    assert "gets an issue by mapping ops-task once PagerDuty answers" in str(answer["says"])


@pytest.mark.parametrize("given", ["ops-bugs", "OPS-BUG", "Create Bug (OPS)", "create bug (ops)"])
@pytest.mark.parametrize("action", ["create-issue", "release", "test-issue"])
def test_a_mapping_by_its_name_or_misspelt_is_answered_with_the_id_that_was_meant(
    action: str, given: str
) -> None:
    world = World(a_mapping(name="Create Bug (OPS)"))
    incident = unheard(world)

    asked: dict[str, Callable[[], object]] = {
        "create-issue": lambda: create(world, incident, given),
        "release": lambda: requests(world).release_waiting({"mapping_id": given}),
        "test-issue": lambda: world.rehearsal().run(given, None),
    }

    with pytest.raises(Misconfigured) as raised:
        asked[action]()

    assert raised.value.cure == 'Give "mapping_id": "ops-bug".'


def test_an_incident_is_taken_by_either_of_its_keys() -> None:
    world = World()
    incident = unheard(world)

    answers = [
        requests(world).create_issue({key: incident, "mapping_id": "ops-bug"})
        for key in ("incident", "incident_id")
    ]

    assert [answer["queued"] for answer in answers] == [True, True]
