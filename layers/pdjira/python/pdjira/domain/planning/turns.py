"""In which order an incident's mappings and links have their turn, and which have another one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pdjira.domain.incident import Incident
from pdjira.domain.link import Link
from pdjira.domain.mapping import Mapping as MappingRule
from pdjira.domain.planning.meaning import others_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A mapping with its link; `others_open` are the keys of what keeps the incident open else.

    A link without a mapping belongs to one that is off, deleted or unreadable.
    """

    mapping: MappingRule | None
    link: Link | None
    others_open: tuple[str, ...] = ()


def turns(
    incident: Incident,
    mappings: Sequence[MappingRule],
    links: Sequence[Link],
    *,
    seen: Mapping[str, Link],
) -> Iterator[Turn]:
    """The turns of every mapping of the incident's service, and of every link.

    `seen` are the links as they become meanwhile, by mapping id. At last those have another turn
    whose issue is resolved and waited for others, where these were lost during the turns.
    """
    held: list[MappingRule] = []
    for mapping, link in _pairs(incident, mappings, links):
        keys = others_open(link, seen.values(), mappings)
        if mapping and keys:
            held.append(mapping)
        yield Turn(mapping=mapping, link=link, others_open=keys)
    for mapping in held:
        now = seen.get(mapping.id)
        if now and now.agreed.waits and not others_open(now, seen.values(), mappings):
            yield Turn(mapping=mapping, link=now)


def _pairs(
    incident: Incident, mappings: Sequence[MappingRule], links: Sequence[Link]
) -> Iterator[tuple[MappingRule | None, Link | None]]:
    """Every mapping of the incident's service, and every link with its mapping.

    A link stays with its mapping when the incident moves to another service.
    """
    unpaired = {link.mapping_id: link for link in links}
    for mapping in mappings:
        if mapping.service.id == incident.service.id or mapping.id in unpaired:
            yield mapping, unpaired.pop(mapping.id, None)
    for link in unpaired.values():
        yield None, link
