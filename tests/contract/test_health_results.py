"""The promises of `HealthResults` and `OpenLinks`, kept by the table and by the fakes."""

from dataclasses import dataclass, replace

import pytest

from pdjira.adapters.aws.health_results import MOST_CHECKS, DynamoHealthResults
from pdjira.adapters.aws.links import DynamoLinks, DynamoOpenLinks
from pdjira.errors import Temporary
from pdjira.health.checks import Check, Status
from pdjira.health.standing import HealthResults, Seen
from pdjira.model.link import LinkState
from pdjira.model.ports import Links
from pdjira.sweep.ports import OpenLinks
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import NOW, a_link
from tests.fakes.links import FakeLinks
from tests.fakes.sweeps import FakeHealthResults, FakeOpenLinks

SEEN = Seen(
    at=NOW,
    checks=[
        Check(area="jira", name="version", status=Status.OK, says="Jira 9 answers."),
        Check(area="jira", name="sign-in", status=Status.BROKEN, says="No.", cure="Mend it."),
    ],
)


@pytest.fixture(params=["table", "fake"])
def results(request: pytest.FixtureRequest) -> HealthResults:
    if request.param == "fake":
        return FakeHealthResults()
    return DynamoHealthResults(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def test_what_was_seen_last_is_known(results: HealthResults) -> None:
    before = results.last()
    results.put(SEEN)
    results.put(replace(SEEN, checks=SEEN.checks[:1]))

    assert before is None
    assert results.last() == replace(SEEN, checks=SEEN.checks[:1])


def test_very_many_and_very_long_checks_fit(results: HealthResults) -> None:
    check = replace(SEEN.checks[1], says="ü" * 5_000, cure="é" * 5_000)
    results.put(Seen(at=NOW, checks=[check] * 500))

    seen = results.last()

    assert seen is not None
    assert len(seen.checks) == MOST_CHECKS
    assert len(seen.checks[0].says.encode()) <= 1_000


def test_an_item_that_is_not_as_we_write_it_is_none(aws: Aws) -> None:
    results = DynamoHealthResults(aws.dynamodb, LINKS_TABLE)
    results.put(SEEN)
    (item,) = aws.dynamodb.scan(TableName=LINKS_TABLE)["Items"]

    aws.dynamodb.put_item(TableName=LINKS_TABLE, Item={**item, "at": {"S": "noon"}})

    assert results.last() is None


def test_p31_throttling_is_temporary_and_never_unseen(aws: Aws) -> None:
    results = DynamoHealthResults(aws.dynamodb, LINKS_TABLE)
    Wire(aws.dynamodb).answer("GetItem", "ThrottlingException")

    with pytest.raises(Temporary):
        results.last()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Links, and those of them that lack something."""

    links: Links
    lacking: OpenLinks


@pytest.fixture(params=["table", "fake"])
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "fake":
        links = FakeLinks()
        return Table(links=links, lacking=FakeOpenLinks(links))
    client = request.getfixturevalue("aws").dynamodb
    return Table(
        links=DynamoLinks(client, LINKS_TABLE, writer="f" * 32),
        lacking=DynamoOpenLinks(client, LINKS_TABLE),
    )


def test_links_that_lack_something_are_told_and_no_others(table: Table) -> None:
    table.links.save(a_link(incident_id="Q0", version=0))
    refused = table.links.save(a_link(incident_id="Q1", version=0, refused=True))
    failed = table.links.save(
        a_link(incident_id="Q2", version=0, state=LinkState.FAILED, issue=None)
    )

    links, incidents = table.lacking.refused(10)

    assert sorted(links, key=lambda link: link.incident_id) == [refused, failed]
    assert incidents == 2


def test_of_very_many_the_first_are_read_and_all_incidents_counted(table: Table) -> None:
    for number in range(120):
        table.links.save(a_link(incident_id=f"Q{number:03}", version=0, refused=True))
    table.links.save(a_link(incident_id="Q000", mapping_id="other", version=0, refused=True))

    links, incidents = table.lacking.refused(110)

    assert (len(links), incidents) == (110, 120)
    assert table.lacking.refused(0) == ([], 120)
