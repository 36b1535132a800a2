"""Jobs in `LinksTable`, and how their rounds begin."""

import json
import zlib
from collections import abc
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pdjira.adapters.aws.items import Attributes, key_id, stamp, translated
from pdjira.adapters.aws.versioned import VersionedItems
from pdjira.admin.jobs import Job, JobState, Reached
from pdjira.errors import UnreadableItem

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

_KEPT = timedelta(days=7)

RUN_JOB = "run-job"
"""The action by which the admin function works on a job."""


def packed(value: object) -> bytes:
    """JSON, compressed."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode())


def unpacked(value: object) -> object:
    """What was packed. Raises `ValueError`."""
    try:
        return json.loads(zlib.decompress(bytes(value)))  # type: ignore[call-overload]
    except (TypeError, zlib.error) as error:
        raise ValueError("is not what was packed") from error


class DynamoJobs:
    """`Jobs` on these items: one each, which ends by itself after a week."""

    def __init__(self, items: VersionedItems) -> None:
        self._items = items

    def save(self, job: Job) -> Job:
        """As the port says."""
        reached = job.reached
        item = {
            "kind": job.kind,
            "title": job.title,
            "asked": packed(job.asked),
            "at": stamp(job.at),
            "by": job.by,
            "state": job.state.value,
            "round": job.round,
            "data": packed(reached.data),
            "done": reached.done,
            "total": reached.total,
            "says": reached.says,
            "is_over": reached.is_over,
            "cure": job.cure,
            "lease": job.lease and stamp(job.lease),
            "expires_at": int((job.at + _KEPT).timestamp()),
        }
        version = self._items.put(*_key(job.id), item, known=job.version)
        return replace(job, version=version)

    def find(self, job_id: str) -> Job | None:
        """As the port says."""
        try:
            return self._items.find(*_key(job_id), lambda item: _job(item, job_id))
        except UnreadableItem:
            return None


def _key(job_id: str) -> tuple[str, str]:
    return f"JOB#{key_id(job_id)}", "JOB"


def _job(item: Attributes, job_id: str) -> Job:
    return Job(
        id=job_id,
        kind=item.text("kind"),
        title=item.text("title"),
        asked=_data(item, "asked"),
        at=item.time("at"),
        by=item.maybe_text("by"),
        state=item.one_of("state", JobState),
        round=item.number("round"),
        reached=Reached(
            data=_data(item, "data"),
            done=item.number("done"),
            total=item.maybe_number("total"),
            says=item.maybe_text("says") or "",
            is_over=item.flag("is_over"),
        ),
        cure=item.maybe_text("cure"),
        lease=item.maybe_time("lease"),
        version=item.number("version"),
    )


def _data(item: Attributes, name: str) -> abc.Mapping[str, object]:
    found = unpacked(item.binary(name))
    if not isinstance(found, abc.Mapping):
        raise ValueError(f"`{name}` is not what was packed")  # noqa: TRY004 - one kind for all
    return found


class LambdaRounds:
    """`BeginRound` over the admin function itself, by its name.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
    """

    def __init__(self, client: "LambdaClient", function: str) -> None:
        self._client = client
        self._function = function

    def begin(self, job_id: str, number: int) -> None:
        """As the port says."""
        event = {"action": RUN_JOB, "job": job_id, "round": number}
        with translated("lambda:InvokeFunction", self._function):
            self._client.invoke(
                FunctionName=self._function,
                InvocationType="Event",
                Payload=json.dumps(event).encode(),
            )
