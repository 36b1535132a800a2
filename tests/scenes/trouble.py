"""A stack in trouble: what was refused, given up, paused and owed, with the pages that show it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pdjira.adapters.aws.queue import encode
from pdjira.admin.jobs import JobDesk
from pdjira.admin.problem_jobs import LookAgain
from pdjira.circuits.rules import Circuit
from pdjira.errors import Side
from pdjira.health.checks import Check, Status
from pdjira.health.standing import Seen
from pdjira.health.webhooks import Repair
from pdjira.jql.matches import MatchRow, MatchState, reads_of
from pdjira.model.issue import IssueRef
from pdjira.model.link import Extra, LinkState, Notice, NoticeState, Owed
from pdjira.model.mapping import CreateMode
from pdjira.model.signal import Message
from pdjira.page.health import HealthPage
from pdjira.page.overview import Overview
from pdjira.page.problems import ProblemPages
from pdjira.sweep.ports import SweepResult
from tests.builders import NOW, PAGING, FakeClock, a_link, a_mapping, a_signal
from tests.fakes.faults import FaultPlan
from tests.fakes.sweeps import FakeIssueStates
from tests.world import JIRA_URL, World

URGENT = replace(
    PAGING,
    id="urgent",
    name="Urgent issues page SRE",
    create_issue=CreateMode.NEVER,
    max_incidents_per_hour=10,
)

REQUIRED = (
    "No Jira issue (mapping ops-bug). Jira requires the field Incident number, and the mapping "
    "does not fill it. What to do: Add a rule for it to custom_fields of the mapping ops-bug."
)

RIGHTS = Check(
    area="jira",
    name="rights OPS",
    status=Status.BROKEN,
    says="Our account lacks in OPS: Transition Issues, for statuses (without it none follows).",
    cure="Give our account in the permission scheme of OPS: Transition Issues.",
)


@dataclass(slots=True)
class Trouble:
    """Nothing is wrong with it until somebody says what is."""

    clock: FakeClock
    world: World
    repaired: list[Repair] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """The time of the stack."""
        return self.clock()

    def refused(self, count: int, *, text: str = REQUIRED, cause: str = "1") -> None:
        """So many incidents have no issue, for one cause."""
        for number in range(count):
            self.world.links.save(
                a_link(
                    incident_id=f"Q{cause}{number:03}",
                    incident_number=1042 + number,
                    state=LinkState.FAILED,
                    issue=None,
                    claimed_at=self.now - timedelta(minutes=55 - number % 50),
                    notices={f"refused-{cause}": Notice(state=NoticeState.TOLD, text=text)},
                    version=0,
                )
            )

    def stuck(self) -> None:
        """An issue does not follow its incident."""
        text = "OPS-7 stays in Open. Jira has no way to Resolved. What to do: Add a transition."
        self.world.links.save(
            a_link(
                incident_id="QSTUCK",
                incident_number=1007,
                issue=IssueRef(id="10507", key="OPS-7"),
                refused=True,
                ended_at=self.now - timedelta(hours=2),
                notices={"status-7": Notice(state=NoticeState.TOLD, text=text)},
                version=0,
            )
        )

    def give_up(self, count: int = 1, *, why: str = "Given up after four days. It hangs.") -> None:
        """So many messages are given up, each with its reason."""
        for number in range(count):
            signal = a_signal(id=f"given-up-{number}", incident_id=f"QDEAD{number:03}")
            message = Message(
                id=f"message-{number}",
                receipt="",
                group=f"incident:QDEAD{number:03}",
                body=encode(signal),
                receives=9,
                sent_at=self.now - timedelta(days=4, seconds=number),
            )
            self.world.consumer._dead_letter(message, why)

    def pause(self, waiting: int) -> None:
        """The JQL of the mapping `urgent` pauses, and so many issues wait."""
        self.world.brakes.put(
            replace(
                self.world.brakes.find("urgent"),
                paused_at=self.now - timedelta(minutes=5),
                limit="max_incidents_per_hour, 10",
                is_announced=True,
            )
        )
        for number in range(waiting):
            self.wait(number)

    def wait(self, number: int) -> None:
        """One issue more matches the JQL of the mapping `urgent`."""
        self.world.rows.add(
            MatchRow(
                mapping_id="urgent",
                issue_id=str(20_000 + number),
                state=MatchState.WAITING,
                seen_at=self.now - timedelta(minutes=3),
                reads=reads_of(URGENT),
            )
        )

    def owe(self) -> None:
        """Two incidents are owed something since two hours."""
        since = self.now - timedelta(hours=2)
        for number, extra in enumerate((Extra.COMMENTS, Extra.REMOTE_LINK)):
            self.world.links.save(
                a_link(
                    incident_id=f"QOWED{number}",
                    incident_number=900 + number,
                    issue=IssueRef(id=f"1060{number}", key=f"OPS-33{number}"),
                    owed={extra: Owed(since=since)},
                    version=0,
                )
            )
        self.world.sweep_results.put(
            SweepResult(
                at=self.now - timedelta(minutes=10),
                since=None,
                owing=("QOWED0", "QOWED1"),
                owed_since=since,
            )
        )

    def silent(self, project_id: str | None = "10100", *, failures: int = 3) -> None:
        """Jira is left alone."""
        self.world.circuits.put(
            Circuit(
                side=Side.JIRA,
                project_id=project_id,
                failures=failures,
                opened_at=self.now - timedelta(minutes=8),
                probe_at=self.now + timedelta(minutes=12),
                why="Jira at jira.example.com did not answer within 15 seconds.",
                cure="Check whether Jira is overloaded.",
                secret=self.world.secrets.version(Side.JIRA),
            )
        )

    def saw(self, *checks: Check) -> None:
        """`health` was asked for 25 s ago, and said this of both sides."""
        self.world.seen.put(Seen(at=self.now - timedelta(seconds=25), checks=checks))

    def swept(self) -> None:
        """The last sweep had no problem, and a poll was at work 40 s ago."""
        at = self.now - timedelta(minutes=10)
        self.world.sweep_results.put(SweepResult(at=at, since=None, compared=14))
        polled = self.now - timedelta(seconds=40)
        self.world.leases.take("poll", owner="p", now=polled, until=polled)
        self.world.leases.give_back("poll", owner="p", now=polled)

    # ---- the pages over it

    def overview(self) -> Overview:
        """What needs somebody."""
        admin = self.world.admin_stack()
        return Overview(
            standing=admin.standing(),
            rounds=admin.latest_rounds,
            activities=admin.activities,
            mappings=admin.stack.mappings,
        )

    def desk(self) -> JobDesk:
        """Where jobs are started."""
        return self.world.admin_stack().job_desk(lambda: "job-1")

    def problems(self) -> ProblemPages:
        """Problems, and what it leads to."""
        admin = self.world.admin_stack()
        numbers = iter(range(10_000))
        return ProblemPages(
            overview=self.overview,
            links=admin.stack.links,
            sweeps=admin.sweep_results,
            states=FakeIssueStates(self.world.jira).states,
            given_up=admin.given_up,
            requests=self.world.requests_of_people(lambda: str(next(numbers))),
            desk=self.desk(),
            jira_url=lambda: JIRA_URL,
        )

    def health(self) -> HealthPage:
        """Health."""
        numbers = iter(range(10_000))
        return HealthPage(
            overview=self.overview,
            sweeps=self.world.sweep_results,
            requests=self.world.requests_of_people(lambda: str(next(numbers))),
            repair=self.repaired.append,
            look_again=LookAgain(desk=self.desk(), seen=self.world.seen),
        )


def a_stack(now: datetime = NOW) -> Trouble:
    """Two mappings, one of them with a JQL, and nothing wrong."""
    clock = FakeClock(now)
    mappings = (a_mapping(enabled_since=now), replace(URGENT, enabled_since=None))
    return Trouble(clock=clock, world=World(*mappings, plan=FaultPlan(), clock=clock))
