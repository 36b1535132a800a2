"""What a person asks of the worker and the sweep: each request has an id, and its outcome there."""

from collections import abc
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import starmap

from pdjira.admin.incident_of import Meant, Resolver
from pdjira.errors import Misconfigured, NotThere, PdjiraError
from pdjira.jql.braking import Release
from pdjira.model.incident import Incident
from pdjira.model.issue import IssueRef
from pdjira.model.mapping import Listed, Mapping
from pdjira.model.notices import issue_url
from pdjira.model.ports import Clock, Jira, Links, Mappings
from pdjira.model.reason import Reason
from pdjira.model.signal import REQUEST, Asked, Progress, Requests, Signal, SignalKind, SignalQueue
from pdjira.model.times import TimeLeft, read_time, unlimited
from pdjira.sweep.work import Recovery
from pdjira.sync.creation.rules import obstacle, why_not_in_force
from pdjira.sync.mapping_order import Delivery, named, out_of_force, turns
from pdjira.sync.plan import plan
from pdjira.sync.situation import Situation
from pdjira.sync.step import Remember, Rest

Answer = dict[str, object]

Arguments = abc.Mapping[object, object]

ADMINISTRATOR = "an administrator"
"""Who asks, in the signals of those who invoke the function: AWS does not tell their names."""

_MAPPINGS = 'Give the id of a mapping that there is: {"action": "export"} lists them.'


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplesRequests:
    """Takes requests. `new_id` yields an id that was never used before.

    Each method answers for people; where nothing can come of it, it raises `PdjiraError`.
    """

    resolver: Resolver
    jira: Jira
    links: Links
    mappings: Mappings
    queue: SignalQueue
    requests: Requests
    release: Release
    recovery: Recovery
    clock: Clock
    new_id: Callable[[], str]

    def resync(self, asked: Arguments, time_left: TimeLeft = unlimited) -> Answer:
        """Have the worker look at both sides; where it can do nothing, that is said at once."""
        meant = self.resolver.incident(incident_in(asked), time_left)
        signal = Signal(
            kind=SignalKind.RESYNC,
            id=self._new_id(),
            incident_id=meant.incident_id,
            agent=ADMINISTRATOR,
        )
        incident = meant.incident
        why = self._why_nothing(signal, incident) if incident else None
        self._send(signal, "resync")
        says = f"{meant.name} is looked at again{_later(meant)}"
        if incident is None or why is None:
            return self._queued(signal, says)
        nothing = _nothing(incident, why)
        return nothing | self._queued(signal, f"{says} {nothing['says']}")

    def try_again(self, incident_id: str) -> str:
        """Have the worker look at an incident that is known by its id; the id of the request."""
        signal = Signal(
            kind=SignalKind.RESYNC,
            id=self._new_id(),
            incident_id=incident_id,
            agent=ADMINISTRATOR,
        )
        self._send(signal, "resync")
        return signal.id

    def create_issue(self, asked: Arguments, time_left: TimeLeft = unlimited) -> Answer:
        """Ask for an incident's issue under a mapping, as the button in PagerDuty does."""
        meant = self.resolver.incident(incident_in(asked), time_left)
        mapping_id = _mapping_id(asked, "create-issue")
        links = self.links.of_incident(meant.incident_id or "")
        issue = next((link.issue for link in links if link.mapping_id == mapping_id), None)
        if issue is None:
            self._check(self._mapping(mapping_id), meant.incident)
        signal = Signal(
            kind=SignalKind.CREATE_REQUESTED,
            id=self._new_id(),
            incident_id=meant.incident_id,
            mapping_id=mapping_id,
            agent=ADMINISTRATOR,
        )
        self._send(signal, "create-issue")
        if issue is not None:
            says = f"{meant.name} has {issue.key} already (mapping {mapping_id})."
            return self._queued(signal, says) | {"issue": self._shown(issue)}
        says = f"{meant.name} gets an issue by mapping {mapping_id}{_later(meant)}"
        return self._queued(signal, says)

    def recover(self, asked: Arguments) -> Answer:
        """Have a sweep read PagerDuty's log once more."""
        since = asked.get("since")
        start = read_time(since)
        if start is None:
            raise Misconfigured(
                f"recover cannot read the date {since!r}." if since else "recover needs a since.",
                cure='Give a date and time in ISO 8601, such as "2026-01-31T22:00:00Z".',
            )
        request_id = self._new_id()
        begins = self.recovery.start_of(start)
        self._keep(
            Asked(id=request_id, action="recover", progress=Progress.QUEUED, at=self.clock())
        )
        self.recovery.run(begins, request_id)
        says = f"A sweep reads PagerDuty's log from {begins.isoformat(timespec='seconds')} on."
        return _queued(request_id, says) | {"since": begins.isoformat()}

    def release_waiting(self, asked: Arguments, time_left: TimeLeft = unlimited) -> Answer:
        """Let through what waits for a mapping's pause; that is done at once."""
        mapping_id = _mapping_id(asked, "release")
        released = self.release.run(mapping_id, time_left)
        if released is None:
            raise Misconfigured(
                f"No mapping {mapping_id} is in force.",
                cure=mapping_meant(mapping_id, self.mappings.all_listed())
                or "Give the id of a mapping that is switched on.",
            )
        request_id = self._new_id()
        news = Asked(
            id=request_id,
            action="release",
            progress=Progress.DONE,
            at=self.clock(),
            says=(released.says,),
        )
        with suppress(PdjiraError):
            self._keep(news)
        is_checked = released.matching is not None
        return {
            "released": released.count,
            "checked": is_checked,
            "request": request_id,
            "says": released.says,
        }

    def outcome(self, asked: Arguments) -> Answer:
        """What is known of a request."""
        request_id = asked.get("request")
        found = self.requests.find(request_id) if isinstance(request_id, str) else None
        if found is None:
            raise Misconfigured(
                f"There is no request {request_id}." if request_id else "outcome needs a request.",
                cure="Give the `request` of an answer; what came of it is kept for a week.",
            )
        return {
            "request": found.id,
            "asked": found.action,
            "incident_id": found.incident_id,
            "status": found.progress.value,
            "at": found.at.isoformat(),
            "says": list(found.says),
        }

    def _new_id(self) -> str:
        return f"{REQUEST}{self.new_id()}"

    def _keep(self, asked: Asked) -> None:
        self.requests.put(asked)

    def _send(self, signal: Signal, action: str) -> None:
        """Known before it is sent: the worker may have done it a moment later."""
        self._keep(
            Asked(
                id=signal.id,
                action=action,
                progress=Progress.QUEUED,
                at=self.clock(),
                incident_id=signal.incident_id,
            )
        )
        self.queue.send(signal)

    def _queued(self, signal: Signal, says: str) -> Answer:
        return _queued(signal.id, says) | {"incident_id": signal.incident_id}

    def _shown(self, issue: IssueRef) -> Answer:
        """The issue for people; without its URL where Jira does not tell its own."""
        url = None
        with suppress(PdjiraError):
            url = issue_url(issue, base_url=self.jira.server_info().base_url)
        return {"id": issue.id, "key": issue.key, "url": url}

    def _mapping(self, mapping_id: str) -> Mapping:
        """The mapping where it is in force. Raises `Misconfigured`, which says why it is not."""
        listed = self.mappings.all_listed()
        found = next((one for one in listed if one.id == mapping_id), None)
        if found is None:
            cure = mapping_meant(mapping_id, listed) or _MAPPINGS
            raise NotThere(f"There is no mapping {mapping_id}.", cure=cure)
        off = why_not_in_force(found, mapping_id)
        if off is not None or found.mapping is None:
            says = off.says if off else ""
            raise Misconfigured(f"Mapping {mapping_id}: {says}", cure=off.cure if off else None)
        return found.mapping

    def _check(self, mapping: Mapping, incident: Incident | None) -> None:
        """Raises `Misconfigured` where even who asks gets no issue, as far as that is known."""
        if incident is None:
            return
        if mapping.service.id != incident.service.id:
            theirs, ours = mapping.service.name, incident.service.name
            raise Misconfigured(
                f"The mapping {mapping.id} is for incidents of the service {theirs}, and "
                f"{_name(incident)} belongs to {ours}.",
                cure=f"Give the id of a mapping of {ours}.",
            )
        why = obstacle(mapping, incident)
        if why:
            raise Misconfigured(
                f"{_name(incident)} gets no issue by mapping {mapping.id}. {why.says}",
                cure=why.cure,
            )

    def _why_nothing(self, signal: Signal, incident: Incident) -> list[tuple[str, Reason]] | None:
        """Why a look at the incident can do nothing, by mapping; None where it can do something."""
        listed = {one.id: one for one in self.mappings.all_listed()}
        mappings = [one.in_force for one in listed.values() if one.in_force]
        links, now = self.links.of_incident(incident.id), self.clock()
        delivery = Delivery(signal=signal, begun=now, sent_at=now)
        found: list[tuple[str, Reason]] = []
        for turn in turns(incident, mappings, links, seen={}, delivery=delivery):
            situation = Situation(
                signal=signal, now=now, incident=incident, mapping=turn.mapping, link=turn.link
            )
            why = _why_idle(situation, listed.get(turn.mapping_id), turn.mapping_id)
            if why is None:
                return None
            found.append((turn.mapping_id, why))
        return [*found, *out_of_force(listed, incident, links)]


def _why_idle(situation: Situation, listed: Listed | None, mapping_id: str) -> Reason | None:
    """Why nothing is done under a mapping, beyond remembering that; None where something is."""
    action = plan(situation)
    off = None if situation.mapping else why_not_in_force(listed, mapping_id)
    if isinstance(action, Rest):
        return off or action.why
    return off if isinstance(action, Remember) else None


def incident_in(asked: Arguments) -> object:
    """What INCIDENT a person has given, by either of its keys."""
    return asked.get("incident", asked.get("incident_id"))


def mapping_meant(given: str, listed: Iterable[Listed]) -> str | None:
    """The cure that names the mapping which was meant by its name, or by an id that is misspelt."""
    ids = {one.id: one.id for one in listed} | {one.name: one.id for one in listed if one.name}
    by_case = {name.casefold(): meant for name, meant in ids.items()}
    alike = get_close_matches(given.strip().casefold(), by_case, n=1, cutoff=0.8)
    meant = by_case[alike[0]] if alike else given
    return None if meant == given else f'Give "mapping_id": "{meant}".'


def _mapping_id(asked: Arguments, action: str) -> str:
    mapping_id = asked.get("mapping_id")
    if not isinstance(mapping_id, str) or not mapping_id:
        raise Misconfigured(f"{action} needs a mapping_id.", cure=_MAPPINGS)
    return mapping_id


def _queued(request_id: str, says: str) -> Answer:
    look = f'What came of it: {{"action": "outcome", "request": "{request_id}"}}.'
    return {"queued": True, "request": request_id, "says": f"{says} {look}"}


def _nothing(incident: Incident, why: Sequence[tuple[str, Reason]]) -> Answer:
    """What is said where nothing can come of a look: why, and what would change that."""
    reasons = " ".join(starmap(named, why))
    cures = " ".join(dict.fromkeys(reason.cure for _, reason in why if reason.cure))
    service = incident.service.name
    return {
        "says": "As things are, nothing will come of it. "
        + (reasons or f"No mapping is for incidents of the service {service}."),
        "cure": cures or f"Give the service {service} a mapping.",
    }


def _later(meant: Meant) -> str:
    """The end of what will be done: that it takes until PagerDuty answers, where it does not."""
    return f" once PagerDuty answers. {meant.error.says}" if meant.error else "."


def _name(incident: Incident) -> str:
    return f"Incident {incident.number}"
