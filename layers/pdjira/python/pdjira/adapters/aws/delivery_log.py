"""What the webhooks have logged, read back from CloudWatch Logs: a few pages, a few seconds."""

import json
from collections import abc
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pdjira.adapters.aws.items import translated
from pdjira.health.webhooks import Proof, Refusals
from pdjira.model.ports import Clock
from pdjira.webhooks.intake import WRONG_PRESS, WRONG_SIGNATURE

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import (
        FilterLogEventsRequestTypeDef,
        FilterLogEventsResponseTypeDef,
    )

PAGES, SECONDS = 20, 6.0
"""The most that is read for one question, where nothing else is said."""

LAST_HOUR, LAST_MINUTE = timedelta(hours=1), timedelta(minutes=1)
"""What was logged last counts most: a log of several pages is read backwards, in parts of which
each is twice as long as the one before. Refusals are counted, so the first part is an hour; of
what was proven one line is enough, so it is a minute."""

_PAGE = 10_000
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


def _of_subscription(asked: _Question, subscription: str) -> _Question:
    """The same of one subscription; ids are letters and digits, or are not put into a pattern."""
    named = f' && $.subscription = "{subscription}" }}'
    pattern = f"{asked.pattern.removesuffix(' }')}{named}" if subscription.isalnum() else None
    return _Question(
        pattern=pattern or asked.pattern,
        holds=lambda line: asked.holds(line) and line.get("subscription") == subscription,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """When what was asked for was logged, by the ids of the lines."""

    times: abc.Mapping[str, datetime]
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a page brought; `since`: from then on all is read, None where a part is not yet."""

    times: abc.Mapping[str, datetime]
    since: datetime | None


_NOTHING_READ = _Page(times={}, is_last=False)


@dataclass(slots=True, kw_only=True)
class _Budget:
    """How many pages may be read still, and until when."""

    monotonic: Callable[[], float]
    ends: float
    pages: int

    def take(self) -> bool:
        """Take one page; False: there is none left."""
        self.pages -= 1
        return self.pages >= 0 and self.monotonic() <= self.ends


class LogsDeliveryLog:
    """`DeliveryLog` over the log groups of both webhooks; `monotonic` is in seconds."""

    def __init__(
        self,
        client: "CloudWatchLogsClient",
        *,
        pagerduty_group: str,
        jira_group: str,
        clock: Clock,
        monotonic: Callable[[], float],
    ) -> None:
        self._client = client
        self._most_pages, self._seconds = 0, SECONDS
        self._groups = {
            Proof.SIGNATURE: pagerduty_group,
            Proof.BUTTON: pagerduty_group,
            Proof.JIRA: jira_group,
        }
        self._clock = clock
        self._monotonic = monotonic

    def refusals(self, proof: Proof, *, since: datetime) -> Refusals:
        """As the port says."""
        found, read_from = dict[str, datetime](), self._clock()
        for read in self._newest_first(proof, _REFUSED[proof], since=since, first=LAST_HOUR):
            found |= read.times
            read_from = read.since or read_from
        return Refusals(times=tuple(sorted(found.values())), read_from=read_from)

    def is_proven(
        self, proof: Proof, *, since: datetime, subscription: str | None = None
    ) -> bool | None:
        """As the port says."""
        asked = _PROVEN[proof]
        question = asked if subscription is None else _of_subscription(asked, subscription)
        for read in self._newest_first(proof, question, since=since, first=LAST_MINUTE):
            if read.times:
                return True
            if read.since == since:
                return False
        return None

    def _newest_first(
        self, proof: Proof, question: _Question, *, since: datetime, first: timedelta
    ) -> Iterator[_Read]:
        """A short log at once; a long one backwards, page by page, as far as the budget reaches."""
        pages = partial(self._pages, proof, question, budget=self._budget())
        page = next(pages(since=since), _NOTHING_READ)
        read_from, length = (since if page.is_last else self._clock()), first
        yield _Read(times=page.times, since=read_from if page.is_last else None)
        while read_from > since:
            start, is_whole = max(since, read_from - length), False
            for page in pages(since=start, until=read_from):
                is_whole = page.is_last
                yield _Read(times=page.times, since=start if is_whole else None)
            if not is_whole:
                return
            read_from, length = start, 2 * length

    def _budget(self) -> _Budget:
        ends = self._monotonic() + self._seconds
        return _Budget(monotonic=self._monotonic, ends=ends, pages=self._most_pages or PAGES)

    def _asked(self, asked: "FilterLogEventsRequestTypeDef") -> "FilterLogEventsResponseTypeDef":
        with translated("logs:FilterLogEvents", asked["logGroupName"]):
            return self._client.filter_log_events(**asked)

    def _pages(
        self,
        proof: Proof,
        question: _Question,
        *,
        since: datetime,
        budget: _Budget,
        until: datetime | None = None,
    ) -> Iterator[_Page]:
        """The pages of a part of the log, as far as the budget reaches.

        Not everything that speaks CloudWatch's language gives a token with a full first page.
        """
        asked: FilterLogEventsRequestTypeDef = {
            "logGroupName": self._groups[proof],
            "startTime": _milliseconds(since),
            "filterPattern": question.pattern,
            "limit": _PAGE,
        }
        if until is not None:
            asked["endTime"] = _milliseconds(until)
        while budget.take():
            answer = self._asked(asked)
            token = answer.get("nextToken")
            is_full = "nextToken" not in asked and len(answer["events"]) >= _PAGE
            times = dict(_times(answer["events"], question))
            yield _Page(times=times, is_last=not (token or is_full))
            if not token:
                return
            asked["nextToken"] = token


def briefly(log: LogsDeliveryLog, *, pages: int, seconds: float) -> LogsDeliveryLog:
    """The same, which reads no more than this for one question."""
    brief = copy(log)
    brief._most_pages, brief._seconds = pages, seconds  # noqa: SLF001 - it is one of these
    return brief


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _times(
    events: abc.Iterable[abc.Mapping[str, Any]], question: _Question
) -> Iterator[tuple[str, datetime]]:
    for event in events:
        if question.holds(_line(str(event.get("message")))):
            at = datetime.fromtimestamp(int(event["timestamp"]) / 1000, UTC)
            yield str(event.get("eventId") or (event.get("logStreamName"), event["message"])), at


def _line(text: str) -> Line:
    """A line of ours as it was logged; empty for one of Lambda itself."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
