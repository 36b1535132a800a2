"""Incidents that PagerDuty does not show any more: their links remember it, until it does again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pdjira.application.ports.core import Links
from pdjira.domain.link import Link, LinkState


def remember_unknown(links: Links, incident_id: str, *, at: datetime) -> bool:
    """Have the links of an incident say since when it is unknown; whether that is news."""
    known = links.of_incident(incident_id)
    news = [link for link in known if link.unknown_since is None and _is_readable(link)]
    for link in news:
        links.save(replace(link, unknown_since=at))
    return bool(news) or not known


def of_known(links: Links, found: Sequence[Link]) -> Sequence[Link]:
    """The links of an incident that PagerDuty shows; none says that it is unknown any more."""
    return [
        link if link.unknown_since is None else links.save(replace(link, unknown_since=None))
        for link in found
    ]


def _is_readable(link: Link) -> bool:
    return link.state is not LinkState.UNREADABLE
