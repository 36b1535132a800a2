"""What the webhooks have logged, read back from CloudWatch Logs: a few pages, a few seconds."""

import json
from collections import abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import translated
from pdjira.health.refusals import Proof, Refusals
from pdjira.webhooks.intake import WRONG_PRESS, WRONG_SIGNATURE

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import FilterLogEventsRequestTypeDef

PAGES, SECONDS = 10, 4.0
"""The most that is read for one question."""

LATEST = timedelta(hours=1)
"""What was logged last is read first: of a long log, the few pages reach no further."""

_PAGE = 1_000
_STORED = 202

Line = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """A pattern of CloudWatch Logs, and the same asked of a line: a pattern is not always obeyed.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """

    pattern: str
    holds: Callable[[Line], bool]


def _is_of_button(line: Line) -> bool:
    return "mapping_id" in line


def _says(sentence: str) -> _Question:
    return _Question(
        pattern=f'{{ $.message = "webhook" && $.says = "{sentence}" }}',
        holds=lambda line: line.get("message") == "webhook" and line.get("says") == sentence,
    )


_REFUSED = {
    Proof.SIGNATURE: _says(WRONG_SIGNATURE),
    Proof.BUTTON: _says(WRONG_PRESS),
    Proof.JIRA: _Question(
        pattern='{ $.message = "jira webhook" && ($.status = 401 || $.status = 404) }',
        holds=lambda line: (
            line.get("message") == "jira webhook" and line.get("status") in {401, 404}
        ),
    ),
}

_PROVEN = {
    Proof.SIGNATURE: _Question(
        pattern='{ $.message = "webhook" && $.status = 202 && $.mapping_id NOT EXISTS }',
        holds=lambda line: (
            line.get("message") == "webhook"
            and line.get("status") == _STORED
            and not _is_of_button(line)
        ),
    ),
    Proof.BUTTON: _Question(
        pattern='{ $.message = "webhook" && $.status = 202 && $.mapping_id = "*" }',
        holds=lambda line: (
            line.get("message") == "webhook"
            and line.get("status") == _STORED
            and _is_of_button(line)
        ),
    ),
    Proof.JIRA: _Question(
        pattern='{ $.message = "jira webhook" && $.status = 202 }',
        holds=lambda line: line.get("message") == "jira webhook" and line.get("status") == _STORED,
    ),
}


class LogsDeliveryLog:
    """`DeliveryLog` over the log groups of both webhooks; `monotonic` is in seconds."""

    def __init__(
        self,
        client: "CloudWatchLogsClient",
        *,
        pagerduty_group: str,
        jira_group: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._client = client
        self._groups = {
            Proof.SIGNATURE: pagerduty_group,
            Proof.BUTTON: pagerduty_group,
            Proof.JIRA: jira_group,
        }
        self._monotonic = monotonic

    def refusals(self, proof: Proof, *, since: datetime) -> Refusals | None:
        """As the port says."""
        split = max(since, datetime.now(UTC) - LATEST)
        latest = list(self._pages(proof, _REFUSED[proof], since=split))
        earlier = list(self._pages(proof, _REFUSED[proof], since=since, until=split))
        times = [at for page in (*latest, *earlier) for at in page.times]
        if not times:
            return None
        is_whole = latest[-1].is_last and earlier[-1].is_last
        return Refusals(count=len(times), first=min(times), last=max(times), is_whole=is_whole)

    def is_proven(self, proof: Proof, *, since: datetime) -> bool:
        """As the port says."""
        return any(page.times for page in self._pages(proof, _PROVEN[proof], since=since))

    def _pages(
        self, proof: Proof, question: _Question, *, since: datetime, until: datetime | None = None
    ) -> Iterator["_Page"]:
        group = self._groups[proof]
        asked: FilterLogEventsRequestTypeDef = {
            "logGroupName": group,
            "startTime": int(since.timestamp() * 1000),
            "filterPattern": question.pattern,
            "limit": _PAGE,
        }
        if until is not None:
            asked["endTime"] = int(until.timestamp() * 1000) - 1
        begun = self._monotonic()
        for _ in range(PAGES):
            with translated("logs:FilterLogEvents", group):
                answer = self._client.filter_log_events(**asked)
            token = answer.get("nextToken")
            yield _Page(times=tuple(_times(answer["events"], question)), is_last=not token)
            if not token or self._monotonic() - begun > SECONDS:
                return
            asked["nextToken"] = token


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """When what was asked for is told in a page."""

    times: tuple[datetime, ...]
    is_last: bool


def _times(events: abc.Iterable[abc.Mapping[str, Any]], question: _Question) -> Iterator[datetime]:
    for event in events:
        if question.holds(_line(str(event.get("message")))):
            yield datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC)


def _line(text: str) -> Line:
    """A line of ours as it was logged; empty for one of Lambda itself."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
