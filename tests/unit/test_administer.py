"""G6 (first part): a person asks the stack how it is, or to look at an incident again."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast

import pytest

from pdjira.adapters.aws.queue import decode
from pdjira.admin.administer import Administration
from pdjira.admin.requests import Answer
from pdjira.errors import Conflict, PdjiraError, Refused, Temporary, Unauthenticated
from pdjira.health.checks import Check, Status, overall
from pdjira.jql.matches import MatchRow, MatchState, reads_of
from pdjira.mappings.exchange import Export
from pdjira.model import mapping
from pdjira.model.mapping import Problem, Verdict
from pdjira.model.signal import Signal, SignalKind
from tests.builders import MAPPING_ITEM, NOW, a_mapping
from tests.fakes.catalogue import fake_import, fake_mapping_check
from tests.fakes.faults import FaultPlan
from tests.fakes.health import Patient
from tests.fakes.mappings import FakeMappingItems
from tests.fakes.sign_ins import fake_sign_in_links
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import jira_extension
from tests.world import World


def administration(world: World, *secrets: str) -> Administration:
    numbers = iter(range(1_000))
    items = FakeMappingItems(MAPPING_ITEM)
    check = fake_mapping_check(world.jira, world.pagerduty, clock=world.clock)
    return Administration(
        health=Patient(world, *secrets).looking(),
        requests=world.requests_of_people(lambda: str(next(numbers))),
        mapping_check=check,
        export=Export(items=items),
        import_=fake_import(items, check),
        rehearsal=world.rehearsal(),
        jobs=world.admin_stack().job_desk(lambda: "job-1"),
        runner=world.admin_stack().job_runner({}),
        explain=world.explain(),
        dry_runs=world.dry_runs(MAPPING_ITEM),
        sign_in_links=fake_sign_in_links(world.clock),
    )


def checks(world: World, *secrets: str) -> dict[tuple[str, str], Check]:
    found = administration(world, *secrets).health.checks()
    return {(check.area, check.name): check for check in found}


def error_of(answer: Answer) -> dict[str, str]:
    error = answer["error"]
    assert isinstance(error, dict)
    assert error["says"]
    assert error["cure"]
    return error


def test_a_stack_that_works_is_ok_in_every_area() -> None:
    answer = administration(World(), "secret").answer({"action": "health"})

    assert answer["status"] == "ok"
    found = answer["checks"]
    assert isinstance(found, list)
    areas = {"jira", "pagerduty", "webhooks", "queue", "mappings", "links"}
    assert {check["area"] for check in found} == areas
    assert all(set(check) == {"area", "name", "status", "says", "cure"} for check in found)


def test_a_jira_that_does_not_know_us_is_broken_and_the_other_checks_are_made() -> None:
    world = World()
    world.jira.authenticated = False

    found = checks(world, "secret")

    assert found["jira", "sign-in"].status is Status.BROKEN
    assert ("jira", "version") not in found
    assert found["pagerduty", "key"].status is Status.OK


def test_a_pagerduty_key_that_is_refused_is_broken() -> None:
    world = World()
    world.pagerduty.authenticated = False

    assert checks(world, "secret")["pagerduty", "key"].status is Status.BROKEN


def test_a_missing_webhook_secret_is_broken_and_says_where_to_put_it() -> None:
    check = checks(World())["webhooks", "secrets"]

    assert check.status is Status.BROKEN
    assert "pagerduty.webhook_secrets" in (check.cure or "")


def test_dead_letters_need_attention() -> None:
    world = World()
    world.queue.send(Signal(kind=SignalKind.UNREADABLE, id="1", reason="No JSON."))
    world.work()

    check = checks(world, "secret")["queue", "dead letters"]

    assert check.status is Status.ATTENTION
    assert "redrive" in (check.cure or "")


def test_a_mapping_that_cannot_be_read_is_broken_and_named() -> None:
    world = World()
    world.mappings.put_item({"id": "half", "service": {"id": "P", "name": "x"}})

    check = checks(world, "secret")["mappings", "half"]

    assert check.status is Status.BROKEN
    assert "not in force" in check.says


def test_refused_incidents_need_attention() -> None:
    world = World()
    world.jira.model.set_required("10100", "10001", "customfield_10001", required=True)
    world.trigger()
    world.work()

    check = checks(world, "secret")["links", "refused"]

    assert check.status is Status.ATTENTION
    assert "resync" in (check.cure or "")


def test_a_check_that_cannot_be_made_is_broken_with_its_reason() -> None:
    world = World(plan=FaultPlan().fail(1, Temporary("throttled"), method="queue.depth"))

    check = checks(world, "secret")["queue", "dead letters"]

    assert (check.status, check.says) == (Status.BROKEN, "throttled")


def test_a_check_that_crashes_is_broken_and_hides_no_other() -> None:
    world = World(plan=FaultPlan().fail(1, RuntimeError("bug"), method="queue.depth"))

    found = checks(world, "secret")

    assert found["queue", "dead letters"].status is Status.BROKEN
    assert found["links", "refused"].status is Status.OK


def test_the_whole_is_as_bad_as_its_worst_check() -> None:
    def a_check(status: Status) -> Check:
        return Check(area="jira", name="x", status=status, says="x")

    assert overall([]) is Status.OK
    assert overall([a_check(Status.ATTENTION), a_check(Status.OK)]) is Status.ATTENTION
    assert overall([a_check(Status.BROKEN), a_check(Status.ATTENTION)]) is Status.BROKEN


def test_a_resync_makes_up_for_a_lost_triggered() -> None:
    world = World()
    incident = world.pagerduty.model.trigger("PABC123", "Slow", by="PUSER01")

    answer = administration(world).answer({"action": "resync", "incident_id": f" {incident.id} "})
    (signal,) = [decode(message.body) for message in world.queue.stored]
    world.work()

    assert answer["queued"] is True
    assert signal.is_asked_by_person
    assert len(world.issues) == 1


def test_p19_a_resync_asked_twice_is_queued_twice_and_makes_one_issue() -> None:
    world = World()
    incident = world.pagerduty.model.trigger("PABC123", "Slow", by="PUSER01")
    admin = administration(world)

    for _ in range(2):
        admin.answer({"action": "resync", "incident_id": incident.id})
    queued = len(world.queue.stored)
    world.work()

    assert queued == 2
    assert len(world.issues) == 1


@pytest.mark.parametrize(
    "request_",
    [
        None,
        "health",
        [],
        {},
        {"action": "dance"},
        {"action": ["health"]},
        {"action": "resync"},
        {"action": "resync", "incident_id": " "},
        {"action": "resync", "incident_id": 7},
        {"action": "resync", "incident_id": "QNOSUCH"},
    ],
)
def test_a_request_that_is_wrong_is_answered_with_what_and_the_cure(request_: object) -> None:
    error_of(administration(World()).answer(request_))


def test_a_resync_that_cannot_be_queued_says_so() -> None:
    world = World(plan=FaultPlan().fail(1, Temporary("no queue"), method="queue.send"))
    incident = world.pagerduty.model.trigger("PABC123", "Slow", by="PUSER01")

    answer = administration(world).answer({"action": "resync", "incident_id": incident.id})

    assert error_of(answer)["says"] == "no queue"


def test_m22_a_test_issue_is_answered_with_its_steps() -> None:
    answer = administration(World()).answer({"action": "test-issue", "mapping_id": "ops-bug"})

    assert set(answer) == {"status", "issue", "steps", "left"}
    assert answer["status"] == "ok"


def test_m22_a_test_issue_of_no_mapping_is_answered_with_what_and_the_cure() -> None:
    answer = administration(World()).answer({"action": "test-issue", "mapping_id": "no-such"})

    assert "no-such" in error_of(answer)["says"]


# ---- export and import


def test_m23_an_export_that_cannot_be_read_says_so() -> None:
    world = World()
    admin = administration(world)
    admin.export.items.faults.fail_next("items.stored_items", Temporary("down"))  # type: ignore[attr-defined]

    assert error_of(admin.answer({"action": "export"})) == {
        "says": "down",
        "cure": "Try again later.",
    }


def test_m23_an_import_writes_or_tells_what_it_would_write() -> None:
    admin = administration(World())
    renamed = {"action": "import", "mappings": [MAPPING_ITEM | {"name": "Renamed"}]}

    dry = admin.answer(renamed | {"dry_run": True, "schema_version": 1})
    real = admin.answer(renamed)

    for answer, written in ((dry, False), (real, True)):
        assert set(answer) == {"mappings", "left"}
        (row,) = cast("list[dict[str, object]]", answer["mappings"])
        assert set(row) == {"id", "written", "outcome", "says", "changes", "check"}
        assert row["written"] is written


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"mappings": "ops-bug"},
        {"mappings": {}},
        {"mappings": [], "dry_run": "false"},
        {"mappings": [], "from": "pagerduty"},
        {"from": "jira"},
        {"from": ["pagerduty"]},
        {"mappings": [], "schema_version": 2},
    ],
)
def test_m23_an_import_that_is_asked_wrongly_says_what_to_give(asked: dict[str, object]) -> None:
    error_of(administration(World()).answer({"action": "import", **asked}))


def test_g19_an_import_from_pagerduty_takes_what_it_tells() -> None:
    world = World()
    world.pagerduty.model.extensions.append(jira_extension())

    answer = administration(world).answer({"action": "import", "from": "pagerduty"})

    (row,) = cast("list[dict[str, object]]", answer["mappings"])
    assert (row["id"], row["written"]) == ("v3-PEXT001", True)


def test_m23_an_import_without_the_table_says_so() -> None:
    admin = administration(World())
    admin.export.items.faults.fail_next("items.stored_items", Temporary("down"))  # type: ignore[attr-defined]

    assert error_of(admin.answer({"action": "import", "mappings": []}))["says"] == "down"


# ---- check-mapping


def test_a_mapping_is_checked_without_being_stored() -> None:
    world = World()
    mapping = {"id": "m", "service": {"id": "PNONE"}, "colour": "red"}

    answer = administration(world).answer({"action": "check-mapping", "mapping": mapping})

    problems = answer["problems"]
    assert isinstance(problems, list)
    assert set(answer) == {"status", "in_force", "at", "problems"}
    assert [one["field"] for one in problems] == ["project", "issue_type", "create_issue", "colour"]
    assert all(set(one) == {"severity", "field", "says", "cure"} for one in problems)


@pytest.mark.parametrize("mapping", [None, "ops-bug", []])
def test_a_check_without_a_mapping_is_told_what_is_missing(mapping: object) -> None:
    error_of(administration(World()).answer({"action": "check-mapping", "mapping": mapping}))


@pytest.mark.parametrize(
    ("make", "status"), [(mapping.error, Status.ATTENTION), (mapping.hint, Status.OK)]
)
def test_what_the_last_verdict_named_stands_in_health(
    make: Callable[[str, str, str], Problem], status: Status
) -> None:
    world = World()
    verdict = Verdict(at=NOW, problems=(make("project.id", "There is none.", "Correct it."),))
    world.mappings.put_item(MAPPING_ITEM | {"id": "judged", "check": verdict.shown()})

    check = checks(world, "secret")["mappings", "judged"]

    assert check.status is status
    assert "There is none." in check.says
    assert check.cure == "Correct it."


def paused_with(*priorities: str) -> World:
    """A mapping whose JQL pauses, while issues wait that had the right priority once."""
    world = World(a_mapping(jql="priority = Highest"))
    (mapping,) = world.mappings.in_force()
    for priority in priorities:
        row = MatchRow(
            mapping_id="ops-bug",
            issue_id=world.issue(priority={"id": priority})["id"],
            state=MatchState.WAITING,
            seen_at=NOW,
            reads=reads_of(mapping),
        )
        world.rows.add(row)
    return world


def test_m16_release_says_how_many_of_those_that_wait_still_match() -> None:
    world = paused_with("1", "1", "3", "3", "3")

    answer = administration(world).answer({"action": "release", "mapping_id": "ops-bug"})
    world.work()

    assert answer == {
        "released": 2,
        "checked": True,
        "request": "request-0",
        "says": "Of those that waited, 2 still match the JQL. 3 that waited no longer match.",
    }
    assert world.plan.calls.count("jira.ids") == 1 + 5
    assert len(world.pagerduty.model.incidents) == 2


def test_m16_release_asks_for_a_hundred_issues_at_once() -> None:
    world = paused_with(*["1"] * 101)

    answer = administration(world).answer({"action": "release", "mapping_id": "ops-bug"})

    assert (answer["released"], answer["says"]) == (
        101,
        "Of those that waited, 101 still match the JQL.",
    )
    assert world.plan.calls.count("jira.ids") == 2


@pytest.mark.parametrize(
    "error",
    [
        Temporary("Jira is down.", cure="Wait."),
        Refused("Jira is down.", cure="Wait.", status=400),
        Unauthenticated("Jira is down.", cure="Wait."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_m16_where_jira_does_not_answer_release_lets_all_through_and_says_that_it_is_unchecked(
    error: PdjiraError,
) -> None:
    world = paused_with("1", "3")
    world.plan.fail_next("jira.ids", error)

    answer = administration(world).answer({"action": "release", "mapping_id": "ops-bug"})

    assert answer == {
        "released": 2,
        "checked": False,
        "request": "request-0",
        "says": "2 issues waited. How many still match the JQL was not checked; each is "
        "before it opens its incident. Jira is down. What to do: Wait.",
    }
    assert all(row.released for row in world.rows.waiting("ops-bug"))


def test_m16_release_does_not_let_a_slow_jira_use_up_its_time() -> None:
    world = paused_with(*["1"] * 101)
    left = iter([120.0, 110.0, 99.0])

    answer = administration(world).answer(
        {"action": "release", "mapping_id": "ops-bug"}, lambda: next(left)
    )

    assert (answer["released"], answer["checked"]) == (101, False)
    assert "did not answer all searches in time" in str(answer["says"])
    assert all(row.released for row in world.rows.waiting("ops-bug"))


def test_m16_release_says_what_is_wrong() -> None:
    world = paused_with()
    ask = administration(world).answer

    assert error_of(ask({"action": "release"}))["says"] == "release needs a mapping_id."
    unknown = ask({"action": "release", "mapping_id": "gone"})
    assert error_of(unknown)["says"] == "No mapping gone is in force."
    world.plan.fail_next("mappings.in_force", Temporary("down"))
    down = ask({"action": "release", "mapping_id": "ops-bug"})
    assert error_of(down) == {"says": "down", "cure": "Try again later."}


def test_g11_recover_tells_since_when_it_reads_and_starts_a_sweep() -> None:
    world = World()

    answer = administration(world).answer({"action": "recover", "since": "2020-01-01T00:00:00Z"})

    assert answer["queued"] is True
    assert answer["since"] == (world.clock() - timedelta(days=180)).isoformat()
    assert world.starter.started == 1


@pytest.mark.parametrize("since", [None, "", "yesterday", 7])
def test_g11_recover_without_a_date_says_what_a_date_looks_like(since: object) -> None:
    answer = administration(World()).answer({"action": "recover", "since": since})

    assert "ISO 8601" in error_of(answer)["cure"]


def test_g11_recover_while_a_sweep_moves_on_all_the_time_asks_to_try_again() -> None:
    world = World()
    world.plan.fail_next("cursors.put", Conflict("Somebody else wrote first."), times=10)

    answer = administration(world).answer({"action": "recover", "since": NOW.isoformat()})

    assert error_of(answer)["cure"] == "Try again."
    assert world.starter.started == 0


def test_a_job_is_looked_at_goes_on_and_is_cancelled() -> None:
    world = World()
    admin = administration(world)
    admin.jobs.start("unheard-of", {}, title="?")
    world.clock.forward(seconds=60)
    ways: list[dict[str, object]] = [{}, {"do": "go on"}, {"do": "cancel"}, {"do": "go on"}]
    states = [admin.answer({"action": "job", "job": "job-1", **way})["state"] for way in ways]

    assert states == ["stopped", "queued", "cancelled", "cancelled"]


@pytest.mark.parametrize(
    "asked", [{"job": "job-2"}, {}, {"job": "job-2", "do": "dance"}], ids=["unknown", "none", "way"]
)
def test_a_job_that_there_is_not_and_a_way_that_there_is_not(asked: dict[str, str]) -> None:
    error_of(administration(World()).answer({"action": "job", **asked}))


@pytest.mark.parametrize(("number", "status"), [(1, "failed"), (2, "nothing to do"), (None, None)])
def test_a_round_of_a_job(number: int | None, status: str | None) -> None:
    admin = administration(World())
    admin.jobs.start("unheard-of", {}, title="?")
    answer = admin.answer({"action": "run-job", "job": "job-1", "round": number})

    assert answer == {"job": "job-1", "status": status or "nothing to do"}


def test_g8_a_dry_run_is_an_action() -> None:
    world = World()
    world.trigger()

    answer = administration(world).answer({"action": "dry-run", "mapping_id": "ops-bug"})

    counts = answer["counts"]
    assert isinstance(counts, dict)
    assert counts["create"] == 1


def test_m22_ending_a_test_issue_is_an_action() -> None:
    world = World()
    admin = administration(world)
    made = admin.answer({"action": "test-issue", "mapping_id": "ops-bug", "afterwards": "keep"})
    assert made["status"] == "ok"
    world.jira.model.world.grant(OUR_ACCOUNT, "DELETE_ISSUES", project="10100")

    ended = admin.answer(
        {
            "action": "end-test-issue",
            "mapping_id": "ops-bug",
            "issue": "OPS-1",
            "afterwards": "delete",
        }
    )

    assert (ended["status"], world.issues) == ("ok", [])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Health", "health"),
        (" health ", "health"),
        ("test_issue", "test-issue"),
        ("sync", "resync"),
    ],
)
def test_an_action_that_is_misspelt_is_answered_with_the_one_that_was_meant(
    typed: str, meant: str
) -> None:
    error = error_of(administration(World()).answer({"action": typed}))

    assert error["cure"].startswith(f'Invoke with {{"action": "{meant}"}};')
