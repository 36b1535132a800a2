"""Status writes and attempts on a link, in few bytes: what was written, and the epoch's second."""

from datetime import UTC, datetime

from pdjira.domain.flapping import StatusWrite
from pdjira.domain.incident import IncidentStatus, StatusAttempt
from pdjira.errors import Side


def write_item(write: StatusWrite) -> str:
    """A status write as it is stored."""
    return f"{write.side.value}@{int(write.at.timestamp())}"


def read_write(text: str) -> StatusWrite:
    """A stored status write. Raises `ValueError`."""
    side, at = _parted(text)
    return StatusWrite(side=Side(side), at=at)


def attempt_item(attempt: StatusAttempt | None) -> str | None:
    """An attempt as it is stored."""
    return f"{attempt.status.value}@{int(attempt.since.timestamp())}" if attempt else None


def read_attempt(text: str | None) -> StatusAttempt | None:
    """A stored attempt. Raises `ValueError`."""
    if text is None:
        return None
    status, since = _parted(text)
    return StatusAttempt(status=IncidentStatus(status), since=since)


def _parted(text: str) -> tuple[str, datetime]:
    word, _, at = text.partition("@")
    return word, datetime.fromtimestamp(int(at), UTC)
