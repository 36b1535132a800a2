"""The order in which an incident's mappings and links are worked on; some not at all, some twice.

A look makes older signals void: whatever they tell of, it has seen. So a day's outage costs one
look at each incident, however many events and sweeps have queued up meanwhile. And what a delivery
has done, the next one of the same message leaves alone, so that it goes on with the rest.
"""

from collections import abc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pdjira.model.incident import Incident
from pdjira.model.link import Link, LinkState
from pdjira.model.mapping import CreateMode, Listed, Mapping
from pdjira.model.reason import Reason
from pdjira.model.signal import Signal
from pdjira.sync.creation.rules import TRIGGERED, why_not_in_force
from pdjira.sync.fields.title_and_priority import at_creation
from pdjira.sync.status.rules import others_open

OLD = timedelta(minutes=1)
"""A look voids what was sent at least this long before it began: clocks and nodes differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One delivery of a signal, and the look at its incident that began with it, at `begun`.

    `sent_at` is the time of the queue. `received_at` is that of the first delivery of the same
    message, None where this is it: between both, the queue delivers nothing else about the
    incident. `tried_since`: since when the signal may have been worked on, also as another message;
    None: it is new. `number` counts the deliveries, from 1.
    """

    signal: Signal
    begun: datetime
    sent_at: datetime
    received_at: datetime | None = None
    tried_since: datetime | None = None
    number: int = 1

    @property
    def is_old(self) -> bool:
        """Whether the look that begins now voids signals like this one, so that it is kept."""
        return self.begun - self.sent_at >= OLD

    def is_done(self, link: Link | None) -> bool:
        """Whether nothing is left to do for a link.

        What only tells of a change is void once any look has begun after it; for what carries
        content or asks, only a look of an earlier delivery of the same message counts.
        """
        return is_looked_at(link, self.sent_at if self.signal.is_bare else self.received_at)

    def is_void(self, links: Sequence[Link]) -> bool:
        """Whether nothing is left to do for the incident; the first event may lack an issue yet."""
        is_first = self.signal.event_type == TRIGGERED
        return bool(links) and not is_first and all(map(self.is_done, links))

    def rest_for(self, link: Link | None) -> Signal:
        """What the signal still has to say to a link: content alone, once its news was seen."""
        return self.signal.content if is_looked_at(link, self.sent_at) else self.signal

    def is_late_for(self, link: Link | None) -> bool:
        """Whether the link is to be looked at whole, which voids what else is as old."""
        return self.is_old and not is_looked_at(link, self.sent_at)

    def looked(self, link: Link) -> Link:
        """The link once it was looked at whole."""
        return replace(link, looked_at=self.begun)


def is_looked_at(link: Link | None, since: datetime | None) -> bool:
    """Whether a look at the link has begun so long after a time that it has seen all of before.

    No look has where it is not known whether a status was written.
    """
    looked_at = link.looked_at if link and link.intent is None else None
    return since is not None and looked_at is not None and looked_at - since >= OLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A mapping with its link; `others_open` names other issues that keep it open.

    A link without a mapping belongs to one that is off, deleted or unreadable.
    """

    mapping: Mapping | None
    link: Link | None
    others_open: tuple[str, ...] = ()

    @property
    def mapping_id(self) -> str:
        """The id of the mapping, whether in force or not."""
        return self.mapping.id if self.mapping else self.link.mapping_id if self.link else ""


def turns(
    incident: Incident,
    mappings: Sequence[Mapping],
    links: Sequence[Link],
    *,
    seen: abc.Mapping[str, Link],
    delivery: Delivery,
) -> Iterator[Turn]:
    """The turns of every mapping of the incident's service, and of every link, that is not done.

    `seen` are the links as they become meanwhile, by mapping id. In the end, those whose issue is
    resolved and waited for others have another turn, where the others were lost meanwhile. Each
    delivery begins with another one, so that a slow one does not keep the others waiting.
    """
    pairs = list(_pairs(incident, mappings, links))
    first = (delivery.number - 1) % max(len(pairs), 1)
    held: list[Mapping] = []
    for mapping, link in pairs[first:] + pairs[:first]:
        keys = others_open(link, seen.values(), mappings)
        if mapping and keys:
            held.append(mapping)
        if not delivery.is_done(link):
            yield Turn(mapping=mapping, link=link, others_open=keys)
    for mapping in held:
        now = seen.get(mapping.id)
        if now and now.agreed.waits and not others_open(now, seen.values(), mappings):
            yield Turn(mapping=mapping, link=now)


def turns_meanwhile(
    incident: Incident,
    mappings: Sequence[Mapping],
    links: Sequence[Link],
    *,
    seen: abc.Mapping[str, Link],
    delivery: Delivery,
) -> Iterator[Turn]:
    """The turns of what is done but has news, in a message that waits for something else.

    Messages behind it wait as well, so these follow the incident as it was read now.
    """
    for mapping, link in _pairs(incident, mappings, links):
        now = seen.get(link.mapping_id) if link and delivery.is_done(link) else None
        if mapping and now and _has_news(now, incident):
            keys = others_open(now, seen.values(), mappings)
            yield Turn(mapping=mapping, link=now, others_open=keys)


def _has_news(link: Link, incident: Incident) -> bool:
    """Whether the status, the priority or the title of the incident has changed."""
    agreed = replace(at_creation(incident), status=incident.status)
    known = (link.agreed.status, link.agreed.priority_id, link.agreed.title)
    is_kept = link.state is LinkState.LINKED and not (link.paused or link.refused)
    return is_kept and known != (agreed.status, agreed.priority_id, agreed.title)


def _pairs(
    incident: Incident, mappings: Sequence[Mapping], links: Sequence[Link]
) -> Iterator[tuple[Mapping | None, Link | None]]:
    """Every mapping of the incident's service, and every link with its mapping.

    A link stays with its mapping when the incident moves to another service.
    """
    unpaired = {link.mapping_id: link for link in links}
    for mapping in mappings:
        if mapping.service.id == incident.service.id or mapping.id in unpaired:
            yield mapping, unpaired.pop(mapping.id, None)
    for link in unpaired.values():
        yield None, link


def out_of_force(
    listed: abc.Mapping[str, Listed], incident: Incident, links: Sequence[Link]
) -> list[tuple[str, Reason]]:
    """Why the mappings of the incident's service do nothing that are off or cannot be read.

    Those with a link had a turn, and have said it.
    """
    had = {link.mapping_id for link in links}
    here = [one for one in listed.values() if one.service_id == incident.service.id]
    reasons = {one.id: why_not_in_force(one, one.id) for one in here if one.id not in had}
    return [(mapping_id, reason) for mapping_id, reason in reasons.items() if reason]


def makes_several(incident: Incident, listed: Iterable[Listed]) -> bool:
    """Whether more than one mapping in force makes issues for incidents of this service."""
    makers = [
        one.id
        for one in listed
        if one.in_force
        and one.service_id == incident.service.id
        and one.in_force.create_issue is not CreateMode.NEVER
    ]
    return len(makers) > 1


def named(mapping_id: str, reason: Reason) -> str:
    """A reason with its mapping, for the log."""
    return f"Mapping {mapping_id}: {reason.says}"
