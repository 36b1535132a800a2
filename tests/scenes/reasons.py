"""For each reason why a mapping does or does not do something: how it comes about."""

from collections import abc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from pdjira.circuits.rules import Circuit
from pdjira.errors import Side, Temporary
from pdjira.jql.matches import MatchRefusal, MatchState
from pdjira.jql.opening_rules import paused
from pdjira.model.link import Extra, Link, LinkState, Notice, NoticeState, Owed
from pdjira.model.mapping import Conditions, CreateMode, Mapping
from pdjira.model.reason import Why
from tests.builders import HIGHEST, PAGING, a_link, a_mapping
from tests.sandbox.jira.seed import OUR_ACCOUNT
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER
from tests.scenes.matches import a_match
from tests.world import World

OTHER = a_mapping(id="other")
"""Makes the issue by whose key people ask, where the mapping in question has none."""

ENVIRONMENT = "customfield_10001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A world in which the reason holds under the mapping `ops-bug`, and what to ask for.

    `incident_id` None: the issue has no incident.
    """

    world: World
    key: str
    incident_id: str | None = None
    number: int | None = None

    @property
    def forms(self) -> dict[str, object]:
        """Everything that a person may call it."""
        forms: dict[str, object] = {
            "key": self.key,
            "issue's URL": f"https://jira.example.com/browse/{self.key}",
        }
        if self.incident_id is None:
            return forms
        url = f"https://acme.pagerduty.com/incidents/{self.incident_id}"
        return {**forms, "id": self.incident_id, "number": self.number, "URL": url}


def _case(world: World, incident_id: str, *, key: str = "OPS-1") -> Case:
    number = world.pagerduty.model.incident(incident_id).number
    return Case(world=world, key=key, incident_id=incident_id, number=number)


def _beside(*, mapping: Mapping | None = None, **changes: Any) -> Case:
    """An incident with an issue under another mapping; then comes the one in question."""
    world = World(OTHER)
    incident_id = world.trigger()
    world.work()
    world.mappings.put(mapping or a_mapping(**changes))
    return _case(world, incident_id)


def _linked(**changes: Any) -> Case:
    """An incident with its issue; the link is then changed."""
    world = World(a_mapping())
    incident_id = world.trigger()
    world.work()
    (link,) = world.links.links
    if changes:
        world.links.save(replace(link, **changes))
    return _case(world, incident_id)


def _claimed(**changes: Any) -> Case:
    """The mapping in question has begun to make its issue."""
    case = _beside()
    values: dict[str, Any] = {"state": LinkState.CREATING, "issue": None, "version": 0}
    link: Link = a_link(incident_id=case.incident_id, **{**values, **changes})
    case.world.links.save(link)
    return case


def _without_a_status() -> Case:
    """The incident is acknowledged, for which the mapping has no status."""
    case = _linked()
    case.world.pagerduty.model.acknowledge(str(case.incident_id), by=RESPONDER)
    case.world.signal(str(case.incident_id), id="acked", event_type="incident.acknowledged")
    case.world.work()
    return case


def _told(text: str) -> Notice:
    return Notice(state=NoticeState.TOLD, text=text)


def _unreadable() -> Case:
    case = _beside()
    service = {"id": CHECKOUT, "name": "Checkout"}
    case.world.mappings.put_item({"id": "ops-bug", "service": service})
    return case


def _gone() -> Case:
    case = _linked()
    case.world.mappings.remove("ops-bug")
    return case


def _moved() -> Case:
    case = _claimed(state=LinkState.FAILED)
    case.world.pagerduty.model.set_service(str(case.incident_id), PAYMENTS, by=RESPONDER)
    return case


def _opened_by_an_issue() -> Case:
    """By the mapping in question a second one of the same service would make an issue."""
    world = World(replace(PAGING, id="paging"))
    issue = world.issue(**HIGHEST)
    world.poller().run()
    world.work()
    world.mappings.put(a_mapping())
    (incident_id,) = world.pagerduty.model.incidents
    return _case(world, incident_id, key=issue["key"])


def _resolved() -> Case:
    case = _beside()
    case.world.pagerduty.model.resolve(str(case.incident_id), by=RESPONDER)
    return case


def _older() -> Case:
    world = World(OTHER)
    incident_id = world.trigger()
    world.work()
    world.mappings.put(a_mapping(enabled_since=world.clock() + timedelta(hours=1)))
    return _case(world, incident_id)


def _refused() -> Case:
    case = _beside()
    case.world.jira.model.set_required("10100", "10001", ENVIRONMENT, required=True)
    case.world.signal(str(case.incident_id), id="again", event_type="incident.acknowledged")
    case.world.work()
    return case


def _search_refused() -> Case:
    text = "Whether Jira has an issue for this incident is not known yet (mapping ops-bug). No."
    notices = {"search-1": _told(f"{text} What to do: Ask Jira.")}
    return _claimed(refused=True, notices=notices)


def _merged() -> Case:
    case = _linked()
    other = case.world.trigger("Another one")
    case.world.work()
    case.world.pagerduty.model.merge([str(case.incident_id)], other, by=RESPONDER)
    case.world.signal(str(case.incident_id), id="merged", event_type="incident.resolved")
    case.world.work()
    return case


def _forgotten() -> Case:
    case = _linked()
    del case.world.pagerduty.model.incidents[str(case.incident_id)]
    return case


def _deleted() -> Case:
    case = _linked()
    case.world.jira.model.delete_issue("alice", case.key)
    return case


def _broken_link() -> Case:
    case = _linked()
    (link,) = case.world.links.links
    case.world.links.break_link(link)
    return case


def _left_alone(case: Case) -> Case:
    now = case.world.clock()
    case.world.circuits.put(
        Circuit(
            side=Side.JIRA,
            failures=3,
            opened_at=now,
            probe_at=now + timedelta(minutes=1),
            why="Jira did not answer.",
            cure="Look at Jira.",
        )
    )
    return case


def _behind() -> Case:
    case = _left_alone(_linked())
    case.world.pagerduty.model.acknowledge(str(case.incident_id), by=RESPONDER)
    return case


def _silent() -> Case:
    case = _beside()
    case.world.plan.fail_next("pagerduty.get_incident", Temporary("PagerDuty is down."), times=99)
    return case


def _paging(mapping: Mapping = PAGING, **fields: Any) -> Case:
    world = World(mapping)
    issue = world.issue(**(fields or HIGHEST))
    return Case(world=world, key=issue["key"])


def _matched(mapping: Mapping = PAGING, **changes: Any) -> Case:
    case = _paging(mapping)
    a_match(case.world, case.world.issues[0]["id"], **changes)
    return case


def _ours() -> Case:
    case = _paging()
    next(iter(case.world.jira.model.issues.values())).creator = OUR_ACCOUNT
    return case


def _paused() -> Case:
    case = _matched()
    brake = case.world.brakes.find("ops-bug")
    case.world.brakes.put(paused(brake, now=case.world.clock(), limit="x, 1"))
    return case


def _jql_refused() -> Case:
    case = _paging(replace(PAGING, jql="bogus = 1"))
    case.world.poller().run()
    return case


CASES: abc.Mapping[Why, Callable[[], Case]] = {
    Why.WILL_CREATE: _beside,
    Why.OFF: lambda: _beside(enabled=False),
    Why.UNREADABLE: _unreadable,
    Why.GONE: _gone,
    Why.OTHER_SERVICE: _moved,
    Why.MANUAL: lambda: _beside(create_issue=CreateMode.MANUAL),
    Why.NEVER: lambda: _beside(create_issue=CreateMode.NEVER),
    Why.OPENED_BY_ISSUE: _opened_by_an_issue,
    Why.RESOLVED: _resolved,
    Why.OLDER: _older,
    Why.CONDITIONS: lambda: _beside(conditions=Conditions(urgency=("low",))),
    Why.REFUSED: _refused,
    Why.SEARCH_REFUSED: _search_refused,
    Why.NO_ANSWER: lambda: _claimed(attempt_at=World().clock()),
    Why.BEGUN: _claimed,
    Why.LINKED: _linked,
    Why.UNMAPPED: _without_a_status,
    Why.HELD_OPEN: lambda: _linked(agreed=replace(a_link().agreed, waits=True)),
    Why.OWED: lambda: _linked(owed={Extra.REMOTE_LINK: Owed(since=World().clock())}),
    Why.BEHIND: _behind,
    Why.TO_AND_FRO: lambda: _linked(paused=True),
    Why.ISSUE_STUCK: lambda: _linked(refused=True, notices={"stuck-1": _told("No way.")}),
    Why.INCIDENT_STUCK: lambda: _linked(refused=True, notices={"incident-1": _told("No.")}),
    Why.MISSING: _deleted,
    Why.MERGED: _merged,
    Why.UNKNOWN: _forgotten,
    Why.UNREADABLE_LINK: _broken_link,
    Why.CIRCUIT: lambda: _left_alone(_beside()),
    Why.SILENT: _silent,
    Why.WILL_OPEN: _paging,
    Why.NO_JQL: lambda: _paging(a_mapping()),
    Why.ELSEWHERE: lambda: _paging(PAGING, **HIGHEST, issuetype={"id": "10002"}),
    Why.OUR_ISSUE: _ours,
    Why.BASELINE: lambda: _matched(state=MatchState.BASELINE),
    Why.NO_MATCH: lambda: _paging(priority={"id": "3"}),
    Why.JQL_REFUSED: _jql_refused,
    Why.UNOPENED: lambda: _matched(
        refusal=MatchRefusal(at=World().clock(), says="The service is disabled.", cure="Enable it.")
    ),
    Why.JQL_PAUSED: _paused,
    Why.SETTLES: lambda: _matched(replace(PAGING, jql_settle_seconds=300)),
    Why.HAS_OPENED: lambda: _matched(state=MatchState.OPENED),
}
"""Each reason but those that say something of one signal alone."""
