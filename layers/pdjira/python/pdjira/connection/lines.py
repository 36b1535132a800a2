"""The lines in which a connection is tried: each on its own, so that it shows as it ends."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pdjira.errors import PdjiraError, naming
from pdjira.health.checks import Check, Inspection, Status, is_fault, told_once
from pdjira.health.jira import JiraHealth
from pdjira.health.pagerduty import PagerDutyHealth

JIRA, PAGERDUTY = "jira", "pagerduty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One part of the trial, with the title that people read."""

    side: str
    name: str
    title: str


_SIGN_IN = Line(side=JIRA, name="sign-in", title="Sign-in")

_RIGHTS = Line(side=JIRA, name="rights", title="Rights")

LINES = (
    Line(side=JIRA, name="name", title="Name"),
    Line(side=JIRA, name="connection", title="Connection"),
    Line(side=JIRA, name="certificate", title="Certificate"),
    Line(side=JIRA, name="version", title="Version and clock"),
    _SIGN_IN,
    _RIGHTS,
    Line(side=PAGERDUTY, name="key", title="Key"),
    Line(side=PAGERDUTY, name="log entries", title="Reading the log"),
    Line(side=PAGERDUTY, name="from user", title="From user"),
    Line(side=PAGERDUTY, name="notes", title="Adding notes"),
    Line(side=PAGERDUTY, name="incidents", title="Changing incidents"),
)

_TOGETHER = {
    "name": ("secret", "name"),
    "version": ("version", "clock"),
    "sign-in": ("sign-in", "token"),
}
"""Steps that are one line: the clock is that of the answer which told the version."""

_NEEDS_NOTHING = frozenset({"log entries"})
"""Lines after which others go on whatever they find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a line found: several checks where it looked at several things, none where it did not.

    `needs`: the title of the line before it that has to be well first.
    """

    line: Line
    checks: Sequence[Check] = ()
    needs: str | None = None

    @property
    def title(self) -> str:
        """That of the line; some versions of Jira refuse us before the turn of the sign-in."""
        is_refused = any(one.name == _SIGN_IN.name for one in self.checks)
        return _SIGN_IN.title if is_refused else self.line.title

    @property
    def is_broken(self) -> bool:
        """Whether those after it cannot be tried."""
        is_needed = self.line.name not in _NEEDS_NOTHING
        return is_needed and any(one.status is Status.BROKEN for one in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Tries a connection, stored or only typed."""

    jira: JiraHealth
    pagerduty: PagerDutyHealth

    def tried(self, line: Line) -> Tried:
        """One line, whatever those before it found."""
        checks = told_once([check for step in self._steps(line) for check in step.checks()])
        if line == _RIGHTS and any(map(is_fault, checks)):
            checks = [self._naming_us(check) for check in checks]
        return Tried(line=line, checks=checks)

    def _naming_us(self, check: Check) -> Check:
        """With the name of our account, which whoever administers Jira has to know."""
        account = self.jira.jira.known_as()
        with suppress(PdjiraError):
            account = account or self.jira.jira.who_am_i()
        cure = naming(check.cure, account)
        return replace(check, says=naming(check.says, account), cure=cure)

    def all(self, side: str) -> Iterator[Tried]:
        """The lines of a side; after a broken one they only say what they need."""
        broken: str | None = None
        for line in of_side(side):
            if broken:
                if line.title != broken:
                    yield Tried(line=line, needs=broken)
                continue
            found = self.tried(line)
            yield found
            broken = found.title if found.is_broken else None

    def is_well(self) -> str | None:
        """What is wrong with either side, in a sentence; None where both accept us."""
        for side in (JIRA, PAGERDUTY):
            for found in self.all(side):
                for check in found.checks:
                    if check.status is Status.BROKEN:
                        return f"{found.title}: {check.says}"
        return None

    def _steps(self, line: Line) -> Sequence[Inspection]:
        if line == _RIGHTS:
            return [Inspection(area=JIRA, name="rights", look=self.jira.rights_checks)]
        steps = self.jira.steps() if line.side == JIRA else self.pagerduty.steps()
        names = _TOGETHER.get(line.name, (line.name,))
        return [step for step in steps if step.name in names]


def of_side(side: str) -> Sequence[Line]:
    """Its lines, in their order."""
    return [line for line in LINES if line.side == side]


def line_of(side: str, name: str) -> Line | None:
    """A line by its name."""
    return next((line for line in of_side(side) if line.name == name), None)
