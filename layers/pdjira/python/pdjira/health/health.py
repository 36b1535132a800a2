"""Whether everything works, and where it does not, what to do: one check for each thing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pdjira.errors import Side, UnreadableItem, naming
from pdjira.health.checks import (
    CIRCUITS,
    Check,
    CircuitHealth,
    Inspection,
    Status,
    Unanswered,
    ok,
    told_once,
)
from pdjira.health.jira import JiraHealth
from pdjira.health.jql import FOLLOWED, JqlHealth
from pdjira.health.pagerduty import OLD_RULES, OldRulesHealth, PagerDutyHealth
from pdjira.health.refused import REFUSED, RefusedHealth
from pdjira.health.sweep import OWED_CHECK, SWEEP_CHECK, SweepHealth, lost_rights
from pdjira.health.webhooks import WebhookHealth
from pdjira.mappings.rules import doubled
from pdjira.model.mapping import Problem, Unchecked, errors_of
from pdjira.model.ports import Mappings
from pdjira.model.signal import SignalQueue
from pdjira.sweep.ports import Days
from pdjira.text.plain_text import counted

READABLE = "readable"

DEAD_LETTERS = "dead letters"

MANY = 1_000
"""More signals than that wait only after a flood, or while a side is down."""


Look = tuple[str, str, Callable[[], Iterator[Check]]]
"""An area, the name of what is looked at there, and the look."""

STORED_AREAS = frozenset({"queue", "mappings", "links"})
"""Areas of which all is stored; circuits are as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Looks at both sides and at what is between them."""

    jira: JiraHealth
    pagerduty: PagerDutyHealth
    webhooks: WebhookHealth
    old_rules: OldRulesHealth
    stored: "StoredHealth"
    days: Days
    account: Callable[[], str]

    def checks(self) -> Sequence[Check]:
        """Every check; one that cannot be made is broken and says why."""
        found = _made(
            [
                ("jira", "rights", self.jira.checks),
                ("pagerduty", "key", self.pagerduty.checks),
                *self.stored.circuit_looks(),
                ("webhooks", "secrets", self.webhooks.checks),
                *self.stored.looks(),
            ]
        )
        old = Inspection(
            area="mappings",
            name=OLD_RULES,
            look=self.old_rules.checks,
            fails=Status.UNCHECKED,
        )
        found = [*found, *old.checks()]
        lost = Inspection(area="links", name=SWEEP_CHECK, look=partial(self._lost, found))
        account = self.account()
        return [
            replace(one, says=naming(one.says, account), cure=naming(one.cure, account))
            for one in told_once([*found, *lost.checks()])
        ]

    def _lost(self, found: Sequence[Check]) -> Iterator[Check]:
        yield from lost_rights(self.days.last(), found)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUpSignals(Check):
    """Signals that lie in the dead-letter queue, and how many."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingSignals(Check):
    """Signals that are to be worked on, or to be tried again, and how many."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHealth:
    """Looks at what is stored; neither side is called."""

    circuits: CircuitHealth
    jql: JqlHealth
    queue: SignalQueue
    mappings: Mappings
    refused: RefusedHealth
    unreadable: Callable[[], Sequence[UnreadableItem]]
    sweep: SweepHealth

    def checks(self) -> Sequence[Check]:
        """Every check of these; one that cannot be made is broken and says why."""
        return _made([*self.circuit_looks(), *self.looks()])

    def circuit_looks(self) -> Sequence[Look]:
        """Of either side, whether it is left alone."""
        return [
            ("jira", CIRCUITS, partial(self.circuits.checks, Side.JIRA)),
            ("pagerduty", CIRCUITS, partial(self.circuits.checks, Side.PAGERDUTY)),
        ]

    def looks(self) -> Sequence[Look]:
        """Everything else."""
        return [
            ("queue", DEAD_LETTERS, self._queue),
            ("mappings", "readable", self._mappings),
            ("mappings", FOLLOWED, self.jql.checks),
            ("links", REFUSED, self.refused.checks),
            ("links", READABLE, self._unreadable),
            ("links", SWEEP_CHECK, self.sweep.checks),
            ("links", OWED_CHECK, self.sweep.owed),
        ]

    def _queue(self) -> Iterator[Check]:
        depth = self.queue.depth()
        yield _waiting(depth.waiting)
        if depth.dead == 0:
            yield ok("queue", DEAD_LETTERS, "No signal was given up.")
            return
        yield GivenUpSignals(
            area="queue",
            name=DEAD_LETTERS,
            status=Status.ATTENTION,
            count=depth.dead,
            says=f"{counted(depth.dead, 'signal was', 'signals were')} given up.",
            cure="Read the attribute `reason` of the messages in the dead-letter queue, mend what "
            "it names, and redrive them to a custom destination, the sync queue.",
        )

    def _mappings(self) -> Iterator[Check]:
        problems = self.mappings.problems()
        if not problems:
            yield ok("mappings", "readable", "Every mapping can be read.")
        for mapping_id, says in problems:
            yield Check(
                area="mappings",
                name=mapping_id,
                status=Status.BROKEN,
                says=f"The mapping {mapping_id} is not in force. {says}",
                cure="Correct the item in the mappings table.",
            )
        for one in doubled(self.mappings.in_force()):
            yield Check(
                area="mappings",
                name="doubled",
                status=Status.ATTENTION,
                says=one.says,
                cure=one.cure,
            )
        for mapping_id, found in self.mappings.verdicts():
            yield _judged(mapping_id, found)

    def _unreadable(self) -> Iterator[Check]:
        found = self.unreadable()
        if not found:
            yield ok("links", READABLE, "Every stored item that was looked at can be read.")
        for item in found:
            yield Check(
                area="links",
                name=READABLE,
                status=Status.ATTENTION,
                says=item.says,
                cure=item.cure,
            )


def _made(looks: Sequence[Look]) -> list[Check]:
    steps = [Inspection(area=area, name=name, look=look) for area, name, look in looks]
    return [check for step in steps for check in step.checks()]


def _waiting(count: int) -> Check:
    says = f"{counted(count, 'signal waits', 'signals wait')}."
    is_flood = count > MANY
    return WaitingSignals(
        area="queue",
        name="waiting",
        status=Status.ATTENTION if is_flood else Status.OK,
        count=count,
        says=says,
        cure=_MANY_WAIT if is_flood else None,
    )


_MANY_WAIT = (
    "Mend what other checks name, and what `why` of `signal deferred` in the worker's log does. If "
    "nothing is wrong and SlowSyncAlarm goes off, raise MaxConcurrentSyncs, if Jira can bear it."
)


def _judged(mapping_id: str, found: Sequence[Problem]) -> Check:
    """What the last verdict on a mapping in force names: errors before hints."""
    errors = errors_of(found)
    shown = errors or found
    is_whole = not any(isinstance(one, Unchecked) for one in found)
    kind, status = (Check, Status.OK) if is_whole else (Unanswered, Status.UNCHECKED)
    return kind(
        area="mappings",
        name=mapping_id,
        status=Status.ATTENTION if errors else status,
        says=" ".join(
            [f"The mapping {mapping_id}:", *(f"{one.field}: {one.says}" for one in shown)]
        ),
        cure=" ".join(one.cure for one in shown),
    )
