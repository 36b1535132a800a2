"""The issue shows a link to its incident."""

from dataclasses import dataclass

from pdjira.errors import Side
from pdjira.model.link import Extra, Link
from pdjira.model.mapping import Mapping
from pdjira.sync.situation import Situation
from pdjira.sync.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowIncident(Step):
    """Put the remote link to the incident onto the issue."""

    side = Side.JIRA
    extra = Extra.REMOTE_LINK
    writes = True


def show_incident(
    situation: Situation, link: Link, _mapping: Mapping | None
) -> ShowIncident | None:
    """Show the incident on its issue, unless it is shown or Jira refused that in this round."""
    is_shown = link.remote_linked or situation.remote_link.refused
    return None if is_shown else ShowIncident()
