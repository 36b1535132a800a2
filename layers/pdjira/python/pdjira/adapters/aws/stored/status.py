"""Status writes on a link, in few bytes: the side, and the epoch's second."""

from datetime import UTC, datetime

from pdjira.domain.flapping import StatusWrite
from pdjira.errors import Side


def write_item(write: StatusWrite) -> str:
    """A status write as it is stored."""
    return f"{write.side.value}@{int(write.at.timestamp())}"


def read_write(text: str) -> StatusWrite:
    """A stored status write. Raises `ValueError`."""
    side, _, at = text.partition("@")
    return StatusWrite(side=Side(side), at=datetime.fromtimestamp(int(at), UTC))
