"""What goes wrong on the way, by chance: every outside call may fail, hang, or be interrupted."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from pdjira.errors import Ambiguous, Conflict, PdjiraError, Side, Temporary, Unauthenticated
from tests.builders import FakeClock
from tests.fakes.faults import Crash, FaultPlan

ONCE = frozenset(
    {
        "jira.create_issue",
        "jira.transition",
        "jira.add_comment",
        "pagerduty.add_note",
        "pagerduty.open_incident",
    }
)
"""Writes that may not be repeated blindly: what is not known of them is ambiguous, and may take
effect late."""

REPEATABLE = frozenset(
    {
        "jira.put_remote_link",
        "jira.update_issue",
        "jira.delete_issue",
        "jira.mark",
        "pagerduty.change_incident",
    }
)
"""Writes that may be repeated: a lost answer is temporary."""

WRITES = ONCE | REPEATABLE

MOST_CRASHES = 3
"""So often the work on a message may be interrupted: five times in a row make it a poison."""

RECORDS_ITS_END = "attempts.end"
"""Where this is refused, the work counts as interrupted."""

LATEST_COMMIT = 60
"""Seconds: later than this no write takes effect whose answer was lost (the bound of P7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """How likely each thing is, at each call."""

    temporary: float = 0.01
    lost_answer: float = 0.01
    late: float = 0.003
    crash: float = 0.003
    slow: float = 0.005
    unauthenticated: float = 0.0005
    meanwhile: float = 0.01


USUAL = Chances()
CALM = Chances(temporary=0, lost_answer=0, late=0, crash=0, slow=0, unauthenticated=0, meanwhile=0)


class Weather(FaultPlan):
    """A plan of faults that is made up as it goes.

    `meanwhile` is what people do while the worker is at work; `late` orders a write that takes
    effect only after its answer was lost. `writes` lists what reached the two sides.
    """

    def __init__(self, rng: random.Random, clock: FakeClock, chances: Chances) -> None:
        super().__init__()
        self.chances = chances
        self.meanwhile: Callable[[], object] = lambda: None
        self.late: Callable[[str, float], object] = lambda _method, _seconds: None
        self.writes: list[str] = []
        self.crashes = 0
        self._rng = rng
        self._clock = clock
        self._then: BaseException | None = None

    def before(self, method: str) -> None:
        """Count a call; whatever may happen before its effect happens here."""
        super().before(method)
        self._then = None
        odds = self.chances
        if odds is CALM:
            return
        if self._rng.random() < odds.meanwhile:
            self.meanwhile()
        if self._rng.random() < odds.slow:
            self._clock.forward(seconds=self._rng.randint(1, 20))
        self._fail_counted(method, odds)

    def after(self, method: str) -> None:
        """Raise what comes after the effect of a call."""
        super().after(method)
        if method in WRITES:
            self.writes.append(method)
        if self._then is not None:
            error, self._then = self._then, None
            raise error

    def _fail_counted(self, method: str, odds: Chances) -> None:
        if method != RECORDS_ITS_END:
            self._fail(method, odds)
        elif self.crashes < MOST_CRASHES:
            try:
                self._fail(method, odds)
            except PdjiraError:
                self.crashes += 1
                raise

    def _fail(self, method: str, odds: Chances) -> None:
        drawn = self._rng.random()
        if drawn < odds.crash:
            if self.crashes < MOST_CRASHES:
                self._put(Crash())
            return
        drawn -= odds.crash
        if drawn < odds.temporary:
            raise self._refusal(method)
        drawn -= odds.temporary
        if drawn < odds.lost_answer:
            self._put(_lost(method))
        elif drawn < odds.lost_answer + odds.late and method in ONCE:
            self.late(method, self._rng.randint(1, LATEST_COMMIT))

    def _put(self, error: BaseException | None) -> None:
        """Raise the error now, or once the call has taken effect."""
        if error is not None and self._rng.random() < 0.5:
            raise error
        self._then = error

    def _refusal(self, method: str) -> PdjiraError:
        """Nothing was written, and it is known."""
        if method in {"links.save", "links.complete", "openings.put"} and self._rng.random() < 0.5:
            return Conflict("Somebody else wrote first.")
        side = next((one for one in Side if method.startswith(f"{one.value}.")), None)
        if side and self._rng.random() < self.chances.unauthenticated / self.chances.temporary:
            return Unauthenticated("The token is not known.", side=side)
        return Temporary("Busy.")


def _lost(method: str) -> PdjiraError | None:
    if method in ONCE:
        return Ambiguous("No answer came.")
    return None if method == "queue.send" else Temporary("No answer came.")
