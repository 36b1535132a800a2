"""M24, M27: that Jira does not show an issue is believed only where it took us for our account."""

from collections.abc import Callable

import pytest

from pdjira.adapters.jira.client import JiraClient
from pdjira.errors import NotFound, Refused, Unauthenticated
from tests.contract.jira_sides import client, connection
from tests.contract.wire_double import answer, serving

ERROR = '{"errorMessages": ["Issue Does Not Exist"], "errors": {}}'
LOGIN_REQUIRED = '{"message": "Login required.", "status-code": 401}'
READS: dict[str, Callable[[JiraClient], object]] = {
    "issue": lambda jira: jira.issues().read_issue("10501"),
    "transitions": lambda jira: jira.issues().transitions("10501"),
    "issue that may page": lambda jira: jira.paging().read("10501"),
}


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("status", [403, 404])
def test_an_issue_is_not_lost_where_nothing_says_who_we_are_and_our_token_has_ended(
    name: str, status: int
) -> None:
    with serving(answer(status, ERROR), answer(401, LOGIN_REQUIRED)) as stage:
        jira = client(lambda: connection(stage.url))

        with pytest.raises(Unauthenticated):
            READS[name](jira)

    assert "GET /rest/api/2/myself" in stage.requests[1]


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize(("status", "error"), [(403, Refused), (404, NotFound)])
def test_an_issue_is_lost_where_jira_knows_us_and_a_proxy_alone_hides_our_name(
    name: str, status: int, error: type[Exception]
) -> None:
    with serving(answer(status, ERROR), answer(200, '{"name": "pagerduty"}')) as stage:
        jira = client(lambda: connection(stage.url))

        with pytest.raises(error):
            READS[name](jira)


@pytest.mark.parametrize("name", READS)
def test_an_answer_that_names_our_account_is_believed_at_once(name: str) -> None:
    with serving(answer(404, ERROR, X_AUSERNAME="pagerduty")) as stage:
        jira = client(lambda: connection(stage.url))

        with pytest.raises(NotFound):
            READS[name](jira)

    assert len(stage.requests) == 1
