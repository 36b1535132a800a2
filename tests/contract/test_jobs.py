"""The promises of the `Jobs` port, kept by the table and by its fake; and how rounds begin."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from pdjira.adapters.aws.jobs import DynamoJobs, LambdaRounds
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.admin.jobs import Job, Jobs, JobState, Reached
from pdjira.errors import Conflict
from tests.aws import LINKS_TABLE, REGION, Aws
from tests.builders import NOW
from tests.fakes.jobs import FakeJobs

JOB = Job(id="job-1", kind="dry-run", title="Dry run of Bugs", asked={"days": 7}, at=NOW, by="Ana")


@pytest.fixture(params=["table", "fake"])
def jobs(request: pytest.FixtureRequest) -> Jobs:
    if request.param == "fake":
        return FakeJobs()
    return DynamoJobs(VersionedItems(request.getfixturevalue("aws").dynamodb, LINKS_TABLE))


def test_a_job_is_known_as_it_was_saved_last(jobs: Jobs) -> None:
    before = jobs.find("job-1")
    saved = jobs.save(JOB)
    reached = Reached(data={"rows": ["ä", 1.5, None]}, done=1, total=9, says="1 of 9.")
    later = jobs.save(
        replace(
            saved,
            state=JobState.FAILED,
            round=3,
            reached=reached,
            cure="Let it go on.",
            lease=NOW + timedelta(seconds=60),
        )
    )

    assert (before, saved.version, jobs.find("job-1")) == (None, 1, later)
    assert later.reached == reached


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(jobs: Jobs) -> None:
    saved = jobs.save(JOB)
    cancelled = jobs.save(replace(saved, state=JobState.CANCELLED))

    with pytest.raises(Conflict):
        jobs.save(replace(saved, state=JobState.DONE))

    assert jobs.find("job-1") == cancelled


@pytest.mark.parametrize("data", [b"nothing", b"x\x9c\x8b\x8e\x05\x00\x01\x15\x00\xb9"])
def test_an_item_that_is_not_as_we_write_it_is_no_job(aws: Aws, data: bytes) -> None:
    jobs = DynamoJobs(VersionedItems(aws.dynamodb, LINKS_TABLE))
    jobs.save(JOB)
    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "data": {"B": data}})

    assert jobs.find(JOB.id) is None


def test_a_job_is_kept_for_a_week_and_its_rows_are_compressed(aws: Aws) -> None:
    rows = [{"incident": number, "would": "create"} for number in range(500)]
    jobs = DynamoJobs(VersionedItems(aws.dynamodb, LINKS_TABLE))
    jobs.save(replace(JOB, reached=Reached(data={"rows": rows})))

    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    assert item["expires_at"] == {"N": str(int((NOW + timedelta(days=7)).timestamp()))}
    assert len(item["data"]["B"]) < 5_000


def test_a_round_begins_without_anybody_waiting_for_it(aws: Aws) -> None:
    del aws
    client = boto3.client("lambda", region_name=REGION)
    asked: list[Any] = []

    def answer(params: Any, **_: Any) -> Any:
        asked.append(params)
        return SimpleNamespace(status_code=202), {"StatusCode": 202}

    client.meta.events.register("before-call.lambda.Invoke", answer)
    LambdaRounds(client, "admin").begin("job-1", 2)

    (call,) = asked
    assert call["headers"]["X-Amz-Invocation-Type"] == "Event"
    assert json.loads(call["body"]) == {"action": "run-job", "job": "job-1", "round": 2}
