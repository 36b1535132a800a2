"""Why an event goes on waiting is said on the timeline, once."""

from contextlib import suppress
from datetime import datetime, timedelta

from pdjira.application.ports.core import Links
from pdjira.domain.signals import Signal
from pdjira.domain.text.cures import told
from pdjira.errors import CircuitOpen, PdjiraError, Temporary, Unauthenticated

LONG_WAIT = timedelta(minutes=10)
"""What lasts no longer is no news."""

_START = "Not done yet, and tried again for up to four days: "


def why_it_waits(
    links: Links, signal: Signal, error: Exception | None, *, since: datetime | None, now: datetime
) -> tuple[str, ...]:
    """Why a signal has waited for some minutes; nothing where an earlier delivery has said so.

    A side that is not called, or does not accept our sign-in, is told of by health and alarms.
    """
    is_told_elsewhere = isinstance(error, CircuitOpen | Unauthenticated)
    if not isinstance(error, Temporary) or is_told_elsewhere:
        return ()
    if since is None or now - since < LONG_WAIT:
        return ()
    with suppress(PdjiraError):
        timeline = links.timeline(signal.incident_id or "")
        said = (one for entry in timeline if entry.signal_id == signal.id for one in entry.says)
        if not any(one.startswith(_START) for one in said):
            return (f"{_START}{told(error)}",)
    return ()
