"""Signals are handed on to the group of their incident, where everything about it is done."""

from dataclasses import replace

from pdjira.application.message import Message
from pdjira.application.ports.core import Links
from pdjira.application.sync.synchronise import Report
from pdjira.application.webhooks.intake import SignalSink
from pdjira.domain.signals import Signal


def forward(signal: Signal, *, links: Links, queue: SignalSink) -> Report:
    """Find the incident of the signal's issue and hand the signal on: one hop, never a wait.

    May be repeated: the queue takes the same signal once. Raises `Temporary` where the incident
    could not be looked up or the signal not be stored.
    """
    incident_id = links.incident_of(signal.issue_id or "")
    if incident_id is None:
        why = f"Issue {signal.issue_id} is linked to no incident."
        return Report(incident_id=None, rests=(why,))
    queue.send(replace(signal, id=f"{signal.id} {incident_id}", incident_id=incident_id))
    why = f"Issue {signal.issue_id} is linked to incident {incident_id}: handed on to it."
    return Report(incident_id=incident_id, rests=(why,))


def move_over(signal: Signal, message: Message, *, queue: SignalSink) -> Report:
    """Hand a signal on from the group in which an earlier version put it; nothing is done there.

    What waits behind it follows in order. May be repeated. Raises `Temporary` where the signal
    could not be stored.
    """
    queue.send(replace(signal, tried_since=message.tried_since))
    why = "An earlier version stored it: handed on to the group that its incident has now."
    return Report(incident_id=signal.incident_id, rests=(why,))
