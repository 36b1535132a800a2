"""What a person asks of the stack by invoking the admin function; answers are for people."""

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pdjira.admin.dry_run import DryRuns
from pdjira.admin.explain import Explain
from pdjira.admin.jobs import JobDesk, JobRunner
from pdjira.admin.rehearsal import Rehearsal
from pdjira.admin.requests import Answer, PeoplesRequests, incident_in
from pdjira.admin.sign_in import SignInLinks
from pdjira.errors import PdjiraError, naming
from pdjira.health.checks import Check, overall
from pdjira.health.standing import Looking
from pdjira.mappings.check import MappingCheck
from pdjira.mappings.exchange import SCHEMA_VERSION, Export, Import
from pdjira.model.times import TimeLeft, unlimited


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Answers direct invocations."""

    health: Looking
    requests: PeoplesRequests
    explain: Explain
    mapping_check: MappingCheck
    export: Export
    import_: Import
    rehearsal: Rehearsal
    jobs: JobDesk
    runner: JobRunner
    dry_runs: DryRuns
    sign_in_links: SignInLinks

    def answer(self, request: object, time_left: TimeLeft = unlimited) -> Answer:
        """Answer `{"action": ..., ...}`; whatever is wrong is said in `error`, never raised."""
        asked = request if isinstance(request, abc.Mapping) else {}
        actions = self._actions(asked, time_left)
        action = asked.get("action")
        if isinstance(action, str) and action in actions:
            try:
                return actions[action]()
            except PdjiraError as error:
                return self._told(error)
        return _error(
            f"There is no action {action!r}." if action else "The request names no action.",
            _action_cure(action, [one for one in actions if isinstance(one, str)]),
        )

    def _actions(
        self, asked: abc.Mapping[object, object], time_left: TimeLeft
    ) -> dict[object, Callable[[], Answer]]:
        return {
            "health": self._health,
            "check-mapping": lambda: self._check_mapping(asked.get("mapping")),
            "explain": lambda: self.explain.run(incident_in(asked), time_left),
            "export": self._export,
            "import": lambda: self._import(asked, time_left),
            "test-issue": lambda: self._test_issue(asked, time_left),
            "end-test-issue": lambda: self._end_test_issue(asked, time_left),
            "dry-run": lambda: self._dry_run(asked, time_left),
            "resync": lambda: self.requests.resync(asked, time_left),
            "create-issue": lambda: self.requests.create_issue(asked, time_left),
            "recover": lambda: self.requests.recover(asked),
            "release": lambda: self.requests.release_waiting(asked, time_left),
            "sign-in-link": lambda: self.sign_in_links.link(asked.get("name")),
            "outcome": lambda: self.requests.outcome(asked),
            "job": lambda: self._job(asked),
            "run-job": lambda: self._run_job(asked, time_left),
        }

    def _told(self, error: PdjiraError) -> Answer:
        account = self.mapping_check.account()
        cure = error.cure or "Try again later."
        return _error(naming(error.says, account), naming(cure, account))

    def _health(self) -> Answer:
        checks = self.health.checks()
        return {"status": overall(checks).value, "checks": [_shown(check) for check in checks]}

    def _check_mapping(self, mapping: object) -> Answer:
        if not isinstance(mapping, abc.Mapping):
            return _error(
                "check-mapping needs a mapping.",
                "Give the mapping as a JSON object, as it stands in the mappings table.",
            )
        return self.mapping_check.verdict(mapping).shown()

    def _export(self) -> Answer:
        return self.export.run()

    def _import(self, asked: abc.Mapping[object, object], time_left: TimeLeft) -> Answer:
        given, is_dry = asked.get("mappings"), asked.get("dry_run", False)
        if not isinstance(is_dry, bool):
            return _error("dry_run must be true or false.", "Give it without quotation marks.")
        if asked.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
            return _error(
                f"Only a file of schema_version {SCHEMA_VERSION} can be imported; this is another.",
                "Import it with the version of the stack that exported it.",
            )
        way = isinstance(given, list), asked.get("from")
        if way not in ((True, None), (False, "pagerduty")):
            return _error(
                'import needs either mappings or "from": "pagerduty".',
                "Give mappings as a list, as an export holds them.",
            )
        if not isinstance(given, list):
            return self.import_.from_pagerduty(is_dry=is_dry, time_left=time_left)
        return self.import_.run(given, is_dry=is_dry, time_left=time_left)

    def _job(self, asked: abc.Mapping[object, object]) -> Answer:
        job_id, wanted = str(asked.get("job") or ""), asked.get("do", "look")
        ways = {"look": self.jobs.find, "go on": self.jobs.go_on, "cancel": self.jobs.cancel}
        if wanted not in ways:
            return _error("A job cannot do that.", 'Give "do" as "look", "go on" or "cancel".')
        return ways[str(wanted)](job_id).shown(self.jobs.clock())

    def _run_job(self, asked: abc.Mapping[object, object], time_left: TimeLeft) -> Answer:
        """A round of a job; the function invokes itself with this."""
        job_id, number = str(asked.get("job") or ""), asked.get("round")
        ran = self.runner.run(job_id, number if isinstance(number, int) else 0, time_left)
        return {"job": job_id, "status": ran.state.value if ran else "nothing to do"}

    def _test_issue(self, asked: abc.Mapping[object, object], time_left: TimeLeft) -> Answer:
        mapping_id, afterwards = asked.get("mapping_id"), asked.get("afterwards")
        return self.rehearsal.run(mapping_id, afterwards, time_left=time_left).answer()

    def _dry_run(self, asked: abc.Mapping[object, object], time_left: TimeLeft) -> Answer:
        given = {str(key): value for key, value in asked.items()}
        return {**self.dry_runs.run(given, time_left)}

    def _end_test_issue(self, asked: abc.Mapping[object, object], time_left: TimeLeft) -> Answer:
        mapping_id, issue, how = (asked.get(key) for key in ("mapping_id", "issue", "afterwards"))
        return self.rehearsal.end(mapping_id, issue, how, time_left=time_left).answer()


def _action_cure(action: object, known: Sequence[str]) -> str:
    """What to invoke with: the action that was meant, where that is plain."""
    spelt = str(action).strip().lower().replace("_", "-").replace(" ", "-")
    meant = next(iter(get_close_matches(spelt, known, n=1)), "health")
    every = "docs/reference/actions.md lists every action."
    return f'Invoke with {{"action": "{meant}"}}; {every}'


def _shown(check: Check) -> Answer:
    return {
        "area": check.area,
        "name": check.name,
        "status": check.status.value,
        "says": check.says,
        "cure": check.cure,
    }


def _error(says: str, cure: str) -> Answer:
    return {"error": {"says": says, "cure": cure}}
