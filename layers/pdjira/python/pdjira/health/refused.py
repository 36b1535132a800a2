"""Which incidents lack something that Jira or PagerDuty refused, why, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pdjira.errors import NotFound, PdjiraError, split_cure
from pdjira.health.checks import Check, Status, ok
from pdjira.model.link import Link, LinkState
from pdjira.model.notices import ISSUE
from pdjira.model.ports import Links, PagerDuty

REFUSED = "refused"

_MOST_TOLD = 5
"""Each costs a look at its links and at PagerDuty."""

_AGAIN = (
    'Then invoke the admin function with {"action": "resync", "incident_id": "..."}, or wait for '
    "the next hour."
)

_READ_THE_NOTE = "Read the note on the incident, and mend what it names."


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedHealth:
    """Tells what was refused in the words that the incident was told."""

    links: Links
    pagerduty: PagerDuty

    def checks(self) -> Iterator[Check]:
        """One check for all: the first incidents with their reasons, the others counted."""
        counts = self.links.counts()
        if counts.failed == 0:
            yield ok("links", REFUSED, f"{counts.open} link(s) are open, none was refused.")
            return
        told = list(self._told(counts.failed_incidents[:_MOST_TOLD]))
        left = counts.failed - len({incident_id for incident_id, _, _ in told})
        says = [says for _, says, _ in told]
        if left:
            verb = "incident lacks" if left == 1 else "incidents lack"
            others = "more " if told else ""
            says.append(f"{left} {others}{verb} something that was refused.")
        cures = dict.fromkeys(cure for _, _, cure in told)
        yield Check(
            area="links",
            name=REFUSED,
            status=Status.ATTENTION,
            says=" ".join(says),
            cure=" ".join([*(cures or [_READ_THE_NOTE]), _AGAIN]),
        )

    def _told(self, incident_ids: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        """Incident, sentence and cure for each of their links that lacks something."""
        names = self._names(incident_ids)
        for incident_id in incident_ids:
            for link in self.links.of_incident(incident_id):
                if link.state is LinkState.FAILED or link.refused:
                    says, cure = _of(link, names.get(incident_id, incident_id))
                    yield incident_id, says, cure

    def _names(self, incident_ids: tuple[str, ...]) -> dict[str, str]:
        """The numbers of the incidents, as far as PagerDuty tells them now."""
        names: dict[str, str] = {}
        for incident_id in incident_ids:
            try:
                names[incident_id] = str(self.pagerduty.get_incident(incident_id).number)
            except NotFound:
                continue
            except PdjiraError:
                break
        return names


def _of(link: Link, name: str) -> tuple[str, str]:
    under = f"(mapping {link.mapping_id})"
    told = [notice.text for key, notice in link.notices.items() if key != ISSUE and notice.text]
    says, cure = split_cure(told[-1]) if told else ("", None)
    why = says.removeprefix(f"No Jira issue {under}. ").strip().rstrip(".")
    if link.issue is None:
        what = f"Incident {name} has no issue"
        return f"{what}{f': {why}' if why else ''} {under}.", cure or _READ_THE_NOTE
    what = f"Incident {name}" if why else f"Incident {name} lacks something that was refused"
    return f"{what}{f': {why}' if why else ''} {under}.", cure or _READ_THE_NOTE
