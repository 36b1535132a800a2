"""An incident whose responders are known in Jira, so that they follow it there."""

from collections.abc import Sequence
from typing import Any

from pdjira.model.incident import Person
from pdjira.model.mapping import SyncPeople
from pdjira.model.signal import SignalKind
from pdjira.sync.situation import Situation
from tests.builders import NOW, a_link, a_mapping, a_signal, an_incident, three_statuses
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import RESPONDER, RESPONDER_EMAIL, SYNC_EMAIL
from tests.world import World

BOTH_KINDS = SyncPeople(assignee=True, watchers=True)
ASSIGNEE = SyncPeople(assignee=True)
WATCHERS = SyncPeople(watchers=True)
RIGHTS = ("ASSIGN_ISSUES", "MANAGE_WATCHERS")
ADA = Person(id="PADA", name="Ada Marsh", email="ada@example.com")
BEN = Person(id="PBEN", name="Ben Ode")


class Team:
    """An incident of Ada's, who is bob in Jira; the sync's own user is alice there."""

    def __init__(
        self,
        who: SyncPeople = BOTH_KINDS,
        *,
        rights: Sequence[str] = RIGHTS,
        browse: bool = True,
        bob: str = RESPONDER_EMAIL,
    ) -> None:
        self.world = World(three_statuses(sync_people=who))
        self.jira = self.world.jira.model
        self.jira.world.users["bob"].email = bob
        self.jira.world.users["alice"].email = SYNC_EMAIL
        self.allow(*rights)
        if browse:
            self.jira.world.grant(OUR_ACCOUNT, "USER_PICKER")
        self.incident = self.world.trigger()
        self.world.work()
        self._number = 0

    def allow(self, *rights: str) -> None:
        self.jira.world.grant(OUR_ACCOUNT, *rights, project="OPS")

    def act(self, action: str, **changes: Any) -> None:
        """Ada does something in PagerDuty, and it is heard of."""
        getattr(self.world.pagerduty.model, action)(self.incident, by=RESPONDER, **changes)
        self.hear(event_type=f"incident.{action}ed")

    def hear(self, **changes: Any) -> None:
        self._number += 1
        self.world.signal(self.incident, id=f"team-{self._number}", **changes)
        self.world.work()

    def resync(self, event_type: str = "") -> None:
        self.hear(kind=SignalKind.RESYNC, event_type=event_type)

    @property
    def assignee(self) -> str | None:
        user = self.world.issues[0]["fields"]["assignee"]
        return user["name"] if user else None

    @property
    def watchers(self) -> list[str]:
        watchers: list[str] = self.world.issues[0]["watchers"]
        return watchers

    def said(self, part: str) -> int:
        """How often the timeline says something."""
        return sum(part in one for one in self.world.timeline(self.incident))

    def calls(self, method: str) -> int:
        return self.world.jira.calls[method]


def situation(**changes: Any) -> Situation:
    """What the worker knows when Ada's incident was reassigned, changed where a test says so."""
    values: dict[str, Any] = {
        "signal": a_signal(event_type="incident.reassigned"),
        "now": NOW,
        "incident": an_incident(assigned=(ADA,), involved=(ADA, BEN)),
        "mapping": a_mapping(sync_people=BOTH_KINDS),
        "link": a_link(),
    }
    return Situation(**{**values, **changes})
