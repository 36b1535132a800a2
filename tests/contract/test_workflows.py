"""The promises of the `Workflows` port, kept by the table and by its fake."""

import pytest

from pdjira.adapters.aws.sides import DynamoWorkflows
from pdjira.errors import Temporary
from pdjira.model.issue import IssueStatus
from pdjira.model.ports import Workflows
from pdjira.model.workflow import Transition
from tests.aws import LINKS_TABLE, Aws, Wire
from tests.builders import a_schema
from tests.fakes.workflows import FakeWorkflows

RESOLUTION = a_schema(
    "resolution", required=True, type="resolution", system="resolution", has_default=True
)
TEAM = a_schema("customfield_1", required=True, type="array", items="option", custom="x:select")
WORKLOG = a_schema("worklog", required=True, type="array", items="worklog", operations=("add",))
ATTACHMENT = a_schema("attachment", required=True, type="array", operations=())
START = Transition(id="11", name="Start", to=IssueStatus(id="3", name="In Progress"))
CLOSE = Transition(
    id="31",
    name="Löschen",
    to=IssueStatus(id="6", name="Closed", done=True),
    fields=(RESOLUTION, TEAM, WORKLOG, ATTACHMENT),
)


@pytest.fixture(params=["table", "fake"])
def workflows(request: pytest.FixtureRequest) -> Workflows:
    if request.param == "fake":
        return FakeWorkflows()
    return DynamoWorkflows(request.getfixturevalue("aws").dynamodb, LINKS_TABLE)


def test_nothing_is_known_at_first(workflows: Workflows) -> None:
    assert workflows.of("10100", "10001") == {}


def test_what_was_learned_of_a_status_is_remembered_whole(workflows: Workflows) -> None:
    workflows.put("10100", "10001", status_id="1", transitions=(START, CLOSE))
    workflows.put("10100", "10001", status_id="6", transitions=())

    assert workflows.of("10100", "10001") == {"1": (START, CLOSE), "6": ()}


def test_what_is_learned_later_takes_its_place(workflows: Workflows) -> None:
    workflows.put("10100", "10001", status_id="1", transitions=(START,))
    workflows.put("10100", "10001", status_id="1", transitions=(CLOSE,))

    assert workflows.of("10100", "10001") == {"1": (CLOSE,)}


def test_each_project_and_type_has_its_own_workflow(workflows: Workflows) -> None:
    workflows.put("10100", "10001", status_id="1", transitions=(START,))

    assert workflows.of("10100", "10002") == {}
    assert workflows.of("1", "010001") == {}


def test_a_field_that_is_not_required_is_not_kept(workflows: Workflows) -> None:
    asking = Transition(id="11", name="Start", to=START.to, fields=(a_schema("comment"), TEAM))

    workflows.put("10100", "10001", status_id="1", transitions=(asking,))

    (known,) = workflows.of("10100", "10001")["1"]
    assert known.fields == (TEAM,)


def test_p31_throttling_is_temporary_and_never_an_empty_workflow(aws: Aws) -> None:
    workflows = DynamoWorkflows(aws.dynamodb, LINKS_TABLE)
    wire = Wire(aws.dynamodb)
    wire.answer("Query", "ThrottlingException")
    wire.answer("PutItem", "ThrottlingException")

    with pytest.raises(Temporary):
        workflows.of("10100", "10001")
    with pytest.raises(Temporary):
        workflows.put("10100", "10001", status_id="1", transitions=())
