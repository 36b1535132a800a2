"""Puts the remote link to the incident onto the issue."""

from dataclasses import dataclass, replace

from pdjira.errors import NotFound, Refused, sentence_of
from pdjira.model.link import Extra, remote_link
from pdjira.model.ports import Jira
from pdjira.sync.putting_off import is_news
from pdjira.sync.remote_link.rules import ShowIncident
from pdjira.sync.round import Performs, Round


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteLinkSteps:
    """Shows the incident on its issue."""

    jira: Jira

    def performs(self) -> Performs:
        """What performs each of these steps."""
        return {ShowIncident: self.show}

    def show(self, current: Round, _step: ShowIncident) -> None:
        """Put the remote link onto the issue; the work goes on where Jira refuses it."""
        try:
            self.jira.put_remote_link(current.issue.id, remote_link(current.incident))
        except (Refused, NotFound) as error:
            current.learn(replace(current.situation.remote_link, refused=True))
            if is_news(current, Extra.REMOTE_LINK):
                current.says.append(f"The issue has no link to the incident: {sentence_of(error)}")
        else:
            current.keep(replace(current.link, remote_linked=True))
