"""G8, M22: dry runs and test issues are jobs that show what they have come to by now."""

from dataclasses import replace
from typing import Any

import pytest

from pdjira.admin.jobs import Job, JobDesk, JobRunner, JobState
from pdjira.admin.trials import (
    DRY_RUN,
    IMPORT,
    TEST_ISSUE,
    DryRunWork,
    ImportWork,
    RehearsalWork,
)
from tests.builders import MAPPING_ITEM, a_const, a_mapping, three_statuses
from tests.fakes.catalogue import fake_import, fake_mapping_check
from tests.fakes.faults import Crash
from tests.fakes.mappings import FakeMappingItems
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.world import World

FULL = three_statuses(field_rules=(a_const("resolution", "Done"),))

WALKED = [
    "mapping", "fields", "create", "remote link", "triggered", "comment", "acknowledged",
    "resolved",
]  # fmt: skip


class Office:
    """A world with its jobs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.items = FakeMappingItems()
        self.passed: list[bool] = []

    @property
    def desk(self) -> JobDesk:
        return self.world.admin_stack().job_desk(lambda: "job-1")

    def runner(self) -> JobRunner:
        """As a new process has it."""
        world = self.world
        check = fake_mapping_check(world.jira, world.pagerduty, clock=world.clock)
        return self.world.admin_stack().job_runner(
            {
                DRY_RUN: DryRunWork(dry_runs=self.world.dry_runs(MAPPING_ITEM)),
                TEST_ISSUE: RehearsalWork(
                    rehearsal=self.world.rehearsal(), passed=lambda: self.passed.append(True)
                ),
                IMPORT: ImportWork(import_=fake_import(self.items, check)),
            }
        )

    def start(self, kind: str, **asked: Any) -> None:
        self.desk.start(kind, {"mapping_id": "ops-bug", **asked}, title="?")

    def run(self, number: int = 1, *, seconds: float = 119.0) -> Job:
        job = self.runner().run("job-1", number, lambda: seconds)
        assert job
        return job


def an_office(mapping: Any = FULL) -> Office:
    world = World(mapping)
    world.jira.model.world.grant(OUR_ACCOUNT, "LINK_ISSUES", project="10100")
    return Office(world)


def steps(job: Job) -> list[tuple[str, str]]:
    data: Any = job.reached.data
    return [(one["name"], one["status"]) for one in data["steps"]]


def test_g8_a_dry_run_is_a_job_that_tells_how_many_incidents_were_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pdjira.adapters.pagerduty.incidents.PAGE", 1)
    office = an_office(a_mapping())
    for _ in range(2):
        office.world.trigger()
    office.start(DRY_RUN, days=7)

    told = [job.reached.says for job in parts_of(office, seconds=1.0)]

    assert told == [
        "0 incidents were read.",
        "1 incident was read.",
        "2 incidents were read.",
        "2 incidents were read.",
    ]
    data: Any = office.desk.find("job-1").reached.data
    assert (office.desk.find("job-1").state, data["counts"]["create"]) == (JobState.DONE, 2)


def parts_of(office: Office, *, seconds: float) -> list[Job]:
    found = [office.run(seconds=seconds)]
    while found[-1].state is JobState.QUEUED:
        found.append(office.run(found[-1].round, seconds=seconds))
    return found


def test_m22_a_test_issue_is_a_job_whose_steps_are_stored_as_they_happen() -> None:
    office = an_office()
    office.start(TEST_ISSUE, afterwards="close")

    job = office.run()

    assert steps(job) == [(name, "ok") for name in WALKED]
    assert (job.state, job.reached.done, job.reached.total) == (JobState.DONE, 8, 8)
    assert job.reached.says == "The test went well."
    assert office.passed == [True]
    assert office.world.plan.calls.count("jobs.save") == 1 + 1 + len(WALKED)


def test_m22_a_test_goes_on_in_another_round_with_the_issue_that_was_made() -> None:
    office = an_office()
    office.start(TEST_ISSUE, afterwards="close")
    runner, left = office.runner(), iter([119.0] * 7)
    first = runner.run("job-1", 1, lambda: next(left, 50.0))
    assert first
    assert first.state is JobState.QUEUED

    job = office.run(first.round)

    assert steps(job) == [(name, "ok") for name in WALKED]
    (issue,) = office.world.issues
    assert issue["fields"]["status"]["name"] == "Resolved"


@pytest.mark.parametrize("afterwards", ["close", "keep"])
def test_m22_a_test_that_was_broken_off_while_its_issue_was_made_makes_no_second_one(
    afterwards: str,
) -> None:
    office = an_office()
    office.start(TEST_ISSUE, afterwards=afterwards)
    office.world.plan.fail_next("jira.create_issue", Crash())
    with pytest.raises(Crash):
        office.run()
    office.world.clock.forward(minutes=3)
    office.desk.go_on("job-1")

    job = office.run()

    assert steps(job)[2] == ("create", "failed")
    assert job.reached.says == "A step failed: what to do stands beside it."
    assert "PagerDuty: test of ops-bug" in str(job.reached.data)
    assert office.world.plan.calls.count("jira.create_issue") == 1


def test_m22_a_kept_test_issue_is_ended_by_a_job() -> None:
    office = an_office()
    office.start(TEST_ISSUE, afterwards="keep")
    office.run()
    desk = replace(office.desk, new_id=lambda: "job-2")
    desk.start(
        TEST_ISSUE, {"mapping_id": "ops-bug", "afterwards": "close", "issue": "OPS-1"}, title="?"
    )

    job = office.runner().run("job-2", 1, lambda: 119.0)

    assert job
    assert steps(job) == [("resolved", "ok")]


@pytest.mark.parametrize("is_dry", [True, False])
def test_m23_an_import_is_a_job_that_takes_one_mapping_at_a_time(*, is_dry: bool) -> None:
    office = an_office()
    twice = MAPPING_ITEM | {"id": "twice"}
    given = [MAPPING_ITEM, twice, twice, "nonsense"]
    office.desk.start(IMPORT, {"mappings": given, "dry_run": is_dry}, title="?")

    found = parts_of(office, seconds=1.0)

    assert [one.reached.says for one in found] == [
        "1 of 3 mappings were looked at.",
        "2 of 3 mappings were looked at.",
        "3 of 3 mappings were looked at.",
    ]
    data: Any = found[-1].reached.data
    outcomes = [(one["id"], one["outcome"]) for one in data["rows"]]
    assert outcomes == [
        ("ops-bug", "new"),
        ("twice", "invalid"),
        ("twice", "invalid"),
        (None, "invalid"),
    ]
    assert set(office.items.store) == (set() if is_dry else {"ops-bug"})


def test_m23_an_import_of_nothing_is_over_at_once() -> None:
    office = an_office()
    office.desk.start(IMPORT, {"mappings": []}, title="?")

    assert office.run().state is JobState.DONE


def test_a_test_that_failed_is_not_counted_as_passed() -> None:
    office = an_office()
    office.world.jira.model.world.revoke(OUR_ACCOUNT, "CREATE_ISSUES", project="OPS")
    office.start(TEST_ISSUE, afterwards="keep")

    office.run()

    assert office.passed == []
