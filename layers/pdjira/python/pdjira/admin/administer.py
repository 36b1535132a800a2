"""What a person asks of the stack by invoking the admin function; answers are for people."""

from collections import abc
from collections.abc import Callable
from dataclasses import asdict, dataclass

from pdjira.admin.incident_of import Resolver
from pdjira.admin.rehearsal import Rehearsal
from pdjira.errors import PdjiraError
from pdjira.health.checks import overall
from pdjira.health.health import Health
from pdjira.jql.braking import Release
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.exchange import SCHEMA_VERSION, Export, Import
from pdjira.model.ports import SignalQueue
from pdjira.model.signal import Signal, SignalKind
from pdjira.model.time_budget import TimeLeft, unlimited
from pdjira.model.times import read_time
from pdjira.sweep.log_reading import Recovery

Answer = dict[str, object]

ADMINISTRATOR = "an administrator"
"""Who asks, in the signals of those who invoke the function: AWS does not tell their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Answers direct invocations. `new_id` yields an id that was never used before."""

    health: Health
    resolver: Resolver
    queue: SignalQueue
    mapping_check: MappingCheck
    export: Export
    import_: Import
    rehearsal: Rehearsal
    release: Release
    recovery: Recovery
    new_id: Callable[[], str]

    def answer(self, request: object, time_left: TimeLeft = unlimited) -> Answer:
        """Answer `{"action": ..., ...}`; whatever is wrong is said in `error`, never raised."""
        asked = request if isinstance(request, abc.Mapping) else {}
        actions: dict[object, Callable[[], Answer]] = {
            "health": self._health,
            "check-mapping": lambda: self._check_mapping(asked.get("mapping")),
            "export": self._export,
            "import": lambda: self._import(asked, time_left),
            "test-issue": lambda: self._test_issue(asked, time_left),
            "resync": lambda: self._resync(asked.get("incident_id")),
            "recover": lambda: self._recover(asked.get("since")),
            "release": lambda: self._release(asked.get("mapping_id"), time_left),
        }
        action = asked.get("action")
        if isinstance(action, str) and action in actions:
            return actions[action]()
        return _error(
            f"There is no action {action!r}." if action else "The request names no action.",
            'Invoke with {"action": "health"}; docs/configuration.md lists every action.',
        )

    def _health(self) -> Answer:
        checks = self.health.checks()
        return {"status": overall(checks).value, "checks": [asdict(check) for check in checks]}

    def _check_mapping(self, mapping: object) -> Answer:
        if not isinstance(mapping, abc.Mapping):
            return _error(
                "check-mapping needs a mapping.",
                "Give the mapping as a JSON object, as it stands in the mappings table.",
            )
        return self.mapping_check.verdict(mapping).shown()

    def _export(self) -> Answer:
        try:
            return self.export.run()
        except PdjiraError as error:
            return _error(error.says, error.cure or "Try again later.")

    def _import(self, asked: abc.Mapping[object, object], time_left: TimeLeft) -> Answer:
        given, is_dry = asked.get("mappings"), asked.get("dry_run", False)
        if not isinstance(is_dry, bool):
            return _error("dry_run must be true or false.", "Give it without quotation marks.")
        if asked.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
            return _error(
                f"This file has another schema_version than {SCHEMA_VERSION}, which is read here.",
                "Import it with the version of the stack that exported it.",
            )
        way = isinstance(given, list), asked.get("from")
        if way not in ((True, None), (False, "pagerduty")):
            return _error(
                'import needs either mappings or "from": "pagerduty".',
                "Give mappings as a list, as an export holds them.",
            )
        try:
            if not isinstance(given, list):
                return self.import_.from_pagerduty(is_dry=is_dry, time_left=time_left)
            return self.import_.run(given, is_dry=is_dry, time_left=time_left)
        except PdjiraError as error:
            return _error(error.says, error.cure or "Try again later.")

    def _test_issue(self, asked: abc.Mapping[object, object], time_left: TimeLeft) -> Answer:
        try:
            tested = self.rehearsal.run(
                asked.get("mapping_id"), asked.get("afterwards"), time_left=time_left
            )
        except PdjiraError as error:
            return _error(error.says, error.cure or "Try again later.")
        return tested.answer()

    def _release(self, mapping_id: object, time_left: TimeLeft) -> Answer:
        try:
            released = self.release.run(str(mapping_id), time_left) if mapping_id else None
        except PdjiraError as error:
            return _error(error.says, error.cure or "Try again later.")
        if released is None:
            return _error(
                f"No mapping {mapping_id} is in force."
                if mapping_id
                else "release needs a mapping_id.",
                "Give the id of a mapping that is switched on.",
            )
        is_checked = released.matching is not None
        return {"released": released.count, "checked": is_checked, "says": released.says}

    def _recover(self, since: object) -> Answer:
        start = read_time(since)
        if start is None:
            return _error(
                f"recover cannot read the date {since!r}." if since else "recover needs a since.",
                'Give a date and time in ISO 8601, such as "2026-01-31T22:00:00Z".',
            )
        try:
            begins = self.recovery.run(start)
        except PdjiraError as error:
            return _error(error.says, error.cure or "Try again later.")
        return {"queued": True, "since": begins.isoformat()}

    def _resync(self, incident_id: object) -> Answer:
        try:
            incident = self.resolver.incident(incident_id)
            self.queue.send(
                Signal(
                    kind=SignalKind.RESYNC,
                    id=self.new_id(),
                    incident_id=incident.id,
                    agent=ADMINISTRATOR,
                )
            )
        except PdjiraError as error:
            return _error(error.says, error.cure or "Try again later.")
        return {"queued": True}


def _error(says: str, cure: str) -> Answer:
    return {"error": {"says": says, "cure": cure}}
