"""What needs somebody, from one list, by which strip, front page, Problems and Health agree."""

from collections import abc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from pdjira.errors import PdjiraError, Side
from pdjira.health.checks import Check, LeftAlone, Status
from pdjira.health.health import GivenUpSignals
from pdjira.health.jql import PausedJql
from pdjira.health.refused import Cause, OfCauses
from pdjira.health.standing import Stand, Standing
from pdjira.health.sweep import OwedExtras
from pdjira.health.webhooks import Repair, repair_of
from pdjira.model.link import Activities
from pdjira.model.ports import Mappings
from pdjira.page import addresses
from pdjira.page.cures import RELEASE, by_label, by_name, mending, on_page
from pdjira.page.strip import Attention, Button, Kind, Problem, Strip
from pdjira.sweep.work import Leases
from pdjira.text.plain_text import counted

_SHORT = 90
"""Characters of a line in the strip."""

_FROM_PAGERDUTY = "incident."

DEAD_LETTERS, OWED = "/dead-letters", "/problems#owed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people call mappings and projects, by their ids."""

    mappings: abc.Mapping[str, str] = field(default_factory=dict)
    projects: abc.Mapping[str, str] = field(default_factory=dict)

    def mapping(self, mapping_id: str) -> str:
        """Its name, or its id where it has none that can be read."""
        return self.mappings.get(mapping_id) or mapping_id

    def project(self, project_id: str) -> str:
        """Its key, or its id where no mapping names it."""
        return self.projects.get(project_id) or project_id


@dataclass(slots=True, kw_only=True)
class Overview:
    """What needs somebody now, read once for a request."""

    standing: Standing
    rounds: Leases
    activities: Activities
    mappings: Mappings
    _stand: Stand | None = field(default=None, init=False)
    _names: Names | None = field(default=None, init=False)

    def stand(self) -> Stand:
        """Every check as far as it is known without asking either side."""
        if self._stand is None:
            self._stand = self.standing.now()
        return self._stand

    def strip(self, now: datetime) -> Strip:
        """What stands at the top of every page; what cannot be read is left out."""
        return Strip(
            attentions=[self._attention(*one) for one in self._all()],
            last_webhook=self._last_event(now),
            last_poll=self._last_poll(),
            waiting=self.stand().waiting,
            is_known=self.stand().is_known,
        )

    def found(self) -> Sequence[Problem]:
        """Each cause once, the gravest first, as the front page shows it."""
        return [problem for _, problem in self._all()]

    def names(self) -> Names:
        """What people call things; by their ids where that cannot be read."""
        if self._names is None:
            self._names = Names()
            with suppress(PdjiraError):
                found = [one.mapping for one in self.mappings.all_listed() if one.mapping]
                self._names = Names(
                    mappings={one.id: one.name for one in found},
                    projects={one.project.id: one.project.name for one in found},
                )
        return self._names

    def _all(self) -> Sequence[tuple[Check, Problem]]:
        faults = self.stand().faults
        names = self.names() if faults else Names()
        found = [(check, one) for check in faults for one in problems_of(check, names)]
        return sorted(found, key=lambda one: _ORDER.index(one[1].kind))

    def _attention(self, check: Check, problem: Problem) -> Attention:
        until = check.until if isinstance(check, LeftAlone) else None
        to = problem.more.to if problem.more else addresses.check(check.area, check.name)
        return Attention(kind=problem.kind, says=_short(problem.heading), to=to, until=until)

    def _last_event(self, now: datetime) -> datetime | None:
        """When PagerDuty last told of something that was done."""
        with suppress(PdjiraError):
            listed = self.activities.of_day(now.date())
            told = (one.at for one in listed if one.event.startswith(_FROM_PAGERDUTY))
            return next(told, None)
        return None

    def _last_poll(self) -> datetime | None:
        with suppress(PdjiraError):
            return self.rounds.latest("poll")
        return None


_ORDER = (Kind.BROKEN, Kind.ATTENTION, Kind.WAITING, Kind.OFF, Kind.OK)
"""The gravest first."""


def problems_of(check: Check, names: Names) -> Iterator[Problem]:
    """The causes that a check tells of, each with what a person can press."""
    match check:
        case OfCauses():
            yield from (_of_cause(cause, names) for cause in check.causes.found)
            if check.causes.left:
                yield _uncounted(check.causes.left)
        case LeftAlone():
            yield _left_alone(check, names)
        case GivenUpSignals():
            yield _given_up(check)
        case PausedJql():
            yield _paused(check, names)
        case OwedExtras():
            yield _owed(check)
        case _:
            yield _plain(check, names)


def _of_cause(cause: Cause, names: Names) -> Problem:
    """What one refusal holds up."""
    count = len(cause.stuck)
    again = "Try again" if count == 1 else f"Try all {count} again"
    show = "Show it" if count == 1 else f"Show the {count}"
    return Problem(
        kind=Kind.ATTENTION if cause.has_issue else Kind.BROKEN,
        heading=f"{cause.heading} ({names.mapping(cause.mapping_id)})",
        says=f"{cause.why}." if cause.why else "The note on the incident says why.",
        cure=by_name(on_page(cause.cure), names.mappings),
        since=cause.since,
        buttons=(
            Button(words=again, to="/problem/try", given={"cause": cause.id}, is_first=True),
            mending(cause.cure, cause.mapping_id),
        ),
        more=Button(words=show, to=addresses.cause(cause.id)),
    )


def _uncounted(left: int) -> Problem:
    lack = counted(left, "more incident lacks", "more incidents lack")
    return Problem(
        kind=Kind.ATTENTION,
        heading=f"{lack} something that was refused",
        says="There are too many to look at all; once some are mended, these are told.",
        more=Button(words="Look at Problems", to="/problems"),
    )


def _left_alone(check: LeftAlone, names: Names) -> Problem:
    side = {Side.JIRA: "Jira", Side.PAGERDUTY: "PagerDuty"}[check.side]
    project = check.project_id
    who = side if project is None else f"{side}: project {names.project(project)}"
    what = "does not answer" if check.passes else "does not let us in"
    return Problem(
        kind=Kind.WAITING if check.passes else Kind.BROKEN,
        heading=f"{who} {what}",
        says=check.says,
        cure=on_page(check.cure or ""),
        buttons=() if check.passes else (Button(words="Open Connection", to="/connection"),),
        more=Button(words="Look at Health", to=addresses.check(check.area, check.name)),
    )


def _given_up(check: GivenUpSignals) -> Problem:
    return Problem(
        kind=Kind.ATTENTION,
        heading=f"{counted(check.count, 'event was', 'events were')} given up",
        says="Nobody tries them again by themselves.",
        cure="Mend what the reason of each names, then send them again.",
        more=Button(words="Show them", to=DEAD_LETTERS),
    )


def _paused(check: PausedJql, names: Names) -> Problem:
    wait = counted(check.waiting, "issue waits", "issues wait")
    return Problem(
        kind=Kind.ATTENTION,
        heading=f"{names.mapping(check.mapping_id)} pauses: {wait}",
        says=f"It opens nothing more: {check.why}.",
        cure="Narrow the JQL, or let through what waits.",
        buttons=(
            Button(words="Change the JQL", to=addresses.mapping(check.mapping_id, "jql")),
            Button(words=RELEASE, to=f"{addresses.paused(check.mapping_id)}#release"),
        ),
        more=Button(words="See them", to=addresses.paused(check.mapping_id)),
    )


def _owed(check: OwedExtras) -> Problem:
    return Problem(
        kind=Kind.ATTENTION,
        heading=f"{counted(check.count, 'incident is', 'incidents are')} owed something",
        says="Notes, comments, people or links fail; every sweep tries them again.",
        cure=on_page(check.cure or ""),
        more=Button(words="Show them", to=OWED),
    )


def _plain(check: Check, names: Names) -> Problem:
    """A check of its own, under the name that Health has for it."""
    says = by_name(by_label(check.says), names.mappings)
    is_mapping = f"mapping {check.name}" in check.says
    repair = repair_of(check)
    return Problem(
        kind=kind_of(check.status),
        heading=_short(says),
        says=says if len(says) > _SHORT else "",
        cure=REPAIRS[repair][1] if repair else by_name(on_page(check.cure or ""), names.mappings),
        buttons=(
            *([mending("", check.name)] if is_mapping else []),
            *([repairing(repair)] if repair else []),
        ),
        more=Button(words="Look at Health", to=addresses.check(check.area, check.name)),
    )


_SWITCHED = (
    'Press "Switch it on". The next sweep fetches what was not delivered, and Recover, on the page '
    "Health, what is older."
)

_ROTATED = (
    'Press "Replace its secret": a second webhook is made, whose secret is stored here. Once its '
    "ping is received, delete the old one on the page Connection. What was refused comes again by "
    "itself."
)

REPAIRS = {
    Repair.SWITCH_ON: ("Switch it on", _SWITCHED),
    Repair.MAKE: ("Make the webhook", 'Press "Make the webhook": its secret is stored here.'),
    Repair.ROTATE: ("Replace its secret", _ROTATED),
}
"""The words on the button of each repair, and the cure that it is."""


def repairing(repair: Repair) -> Button:
    """What does it."""
    return Button(
        words=REPAIRS[repair][0], to="/health/repair", given={"do": repair.value}, is_first=True
    )


def kind_of(status: Status) -> Kind:
    """Its shape and colour."""
    return {
        Status.OK: Kind.OK,
        Status.UNCHECKED: Kind.OFF,
        Status.ATTENTION: Kind.ATTENTION,
        Status.BROKEN: Kind.BROKEN,
    }[status]


def _short(says: str) -> str:
    """The first sentence, as far as it fits into a line."""
    first = says.partition(". ")[0].removesuffix(".")
    if len(first) <= _SHORT:
        return first
    return f"{first[: _SHORT - 1].rstrip()}…"
