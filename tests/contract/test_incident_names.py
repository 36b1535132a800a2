"""The promises of `IncidentNamed`, kept by the table and by its fake."""

from dataclasses import dataclass
from math import inf

import pytest

from pdjira.adapters.aws.links import DynamoIncidentNames, DynamoLinks
from pdjira.errors import Temporary
from pdjira.model.issue import IssueRef
from pdjira.model.ports import Links
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import a_claim, a_link
from tests.fakes.links import FakeIncidentNames, FakeLinks


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The links, and what they tell of names."""

    links: Links
    names: DynamoIncidentNames | FakeIncidentNames

    def named(self, name: str) -> str | None:
        return self.names.incident_named(name, lambda: inf)


@pytest.fixture(params=["table", "fake"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "fake":
        links = FakeLinks()
        return Store(links=links, names=FakeIncidentNames(links))
    aws: Aws = request.getfixturevalue("aws")
    return Store(
        links=DynamoLinks(aws.dynamodb, LINKS_TABLE, writer="us"),
        names=DynamoIncidentNames(aws.dynamodb, LINKS_TABLE),
    )


def test_p38_an_incident_is_found_by_its_number_and_by_the_key_of_its_issue(store: Store) -> None:
    store.links.save(a_claim(version=0, incident_number=7))
    other = a_link(incident_id="QOTHER", version=0, issue=IssueRef(id="10502", key="OPS-2"))
    store.links.complete(other)

    assert store.named("7") == "QINCIDENT00001"
    assert store.named("OPS-2") == "QOTHER"
    for name in ("8", "OPS-3", "QOTHER", "9" * 60, "-1"):
        assert store.named(name) is None


def test_p38_the_number_of_an_incident_is_kept_with_its_link(store: Store) -> None:
    kept = store.links.save(a_claim(version=0, incident_number=7))

    assert store.links.of_incident(kept.incident_id) == [kept]
    assert kept.incident_number == 7


def test_p38_what_is_not_found_in_time_is_not_known(store: Store) -> None:
    store.links.save(a_claim(version=0, incident_number=7))

    assert store.names.incident_named("8", lambda: 0.0) is None


def test_a_table_that_cannot_be_read_is_temporary(aws: Aws) -> None:
    Wire(aws.dynamodb).answer("Scan", "ThrottlingException")

    with pytest.raises(Temporary):
        DynamoIncidentNames(aws.dynamodb, LINKS_TABLE).incident_named("7", lambda: inf)
