"""What all operations of the sandbox's Jira share: its state, its clock, and who may see what."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from tests.sandbox.jira.clock import Clock, system_clock
from tests.sandbox.jira.errors import JiraError, LoginRequiredError, not_found
from tests.sandbox.jira.issues import Change, Index, Issue
from tests.sandbox.jira.plugin import JwtPlugin
from tests.sandbox.jira.seed import seed
from tests.sandbox.jira.versions import JIRA_9_12, Version, version_named
from tests.sandbox.jira.webhooks import Webhooks
from tests.sandbox.jira.world import Project, User, World

Self = TypeVar("Self", bound="Core")
Args = ParamSpec("Args")
Result = TypeVar("Result")

FIRST_ISSUE = 10_000
LONGEST_LAG = 3_600.0


class Core:
    """The state of one Jira. Users are named by name; None is the anonymous user.

    `basic` None leaves Basic as the version has it; `jwt` None: no plugin takes signed tokens;
    `read_only` is the message of the read-only mode while it is on. `clock` may be corrected under
    way; `steady` is not: by it the index lags, and what was deferred falls due.
    """

    version: Version
    basic: bool | None
    jwt: JwtPlugin | None
    read_only: str | None

    def __init__(
        self,
        *,
        clock: Clock = system_clock,
        world: World | None = None,
        version: Version = JIRA_9_12,
        base_url: str = "http://jira.example.com",
    ) -> None:
        self.clock = self.steady = clock
        self._installed = version
        self.base_url = base_url
        self.lock = threading.RLock()
        self.webhooks = Webhooks()
        self.reset(world)

    def reset(self, world: World | None = None) -> None:
        """Begin again: the first version, a fresh world, no issues."""
        with self.lock:
            self.version = self._installed
            self.basic = self.jwt = self.read_only = None
            self.world = world or seed()
            self.issues: dict[int, Issue] = {}
            self.deleted: list[Issue] = []
            self.keys: dict[str, int] = {}
            self.index = Index()
            self.webhooks.reset()
            self._next_id = FIRST_ISSUE
            self._due: list[tuple[datetime, Callable[[], object]]] = []
            self._ago = timedelta()

    def install(self, version: str) -> None:
        """Become another version under way, with everything that is in this Jira."""
        with self.lock:
            self.version = version_named(version)

    @property
    def takes_basic(self) -> bool:
        """Whether user name and password are taken."""
        return self.version.basic if self.basic is None else self.basic

    @property
    def lag(self) -> float:
        """After how many seconds a write becomes visible to searches."""
        return self.index.lag

    @lag.setter
    def lag(self, seconds: float) -> None:
        if not 0 <= seconds <= LONGEST_LAG:
            raise ValueError(f"a lag is 0 to {LONGEST_LAG:.0f} seconds")
        self.index.lag = seconds

    def now(self) -> datetime:
        """The time of what is being done."""
        return self.clock() - self._ago

    def indexed_at(self) -> datetime:
        """The same by the clock that nobody corrects."""
        return self.steady() - self._ago

    def defer(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something so many seconds from now, once somebody asks for anything then."""
        with self.lock:
            self._due.append((self.steady() + timedelta(seconds=seconds), action))

    def run_due(self) -> None:
        """Do what was deferred until now; a refusal of it is told to nobody."""
        now = self.steady()
        ready = sorted((one for one in self._due if one[0] <= now), key=lambda one: one[0])
        self._due = [one for one in self._due if one[0] > now]
        for at, action in ready:
            self._ago = now - at
            try:
                action()
            except JiraError:
                continue
            finally:
                self._ago = timedelta()

    def fresh_id(self) -> int:
        """An id that nothing else has."""
        self._next_id += 1
        return self._next_id

    def url(self, path: str) -> str:
        """The `self` of a resource of REST version 2."""
        return f"{self.base_url}/rest/api/2/{path}"

    def signed_in(self, user: str | None) -> User:
        """The account of a resource that is closed to anonymous users."""
        if user is None:
            raise LoginRequiredError
        return self.world.users[user]

    def project_of(self, issue: Issue) -> Project:
        """The project that an issue is in."""
        return self.world.projects[issue.project_id]

    def may(self, user: str | None, permission: str, issue: Issue) -> bool:
        """Whether somebody has a right on an issue."""
        return self.world.may(user, permission, self.project_of(issue))

    def may_see(self, user: str | None, issue: Issue) -> bool:
        """Whether somebody sees an issue: by the right to browse, and by its security level."""
        is_shown = issue.shown_to is None or user in issue.shown_to
        return is_shown and self.may(user, "BROWSE_PROJECTS", issue)

    def issue(self, user: str | None, reference: str) -> Issue:
        """The issue of an id or of a key, old ones too, that this user may see."""
        issue = self.issues.get(self._id_of(reference))
        if issue is None or not self.may_see(user, issue):
            raise not_found()
        return issue

    def _id_of(self, reference: str) -> int:
        if reference.isascii() and reference.isdigit():
            return int(reference)
        return self.keys.get(reference.upper(), 0)

    def visible_project(self, user: str | None, reference: str) -> Project | None:
        """The project of an id or key, where this user may see it."""
        project = self.world.project(reference)
        if project is None or not self.world.may(user, "BROWSE_PROJECTS", project):
            return None
        return project

    def written(
        self,
        issue: Issue,
        user: str,
        items: list[dict[str, object]] | None = None,
        metadata: object = None,
    ) -> None:
        """Note that an issue was changed: its time, its history, the index."""
        issue.updated = self.now()
        if items:
            change = Change(
                id=self.fresh_id(),
                author=user,
                created=issue.updated,
                items=tuple(items),
                metadata=metadata,
            )
            issue.history.append(change)
        self.index.learn(issue, self.indexed_at())


def locked(
    operation: Callable[Concatenate[Self, Args], Result],
) -> Callable[Concatenate[Self, Args], Result]:
    """One operation at a time, after everything that is due has been done."""

    @wraps(operation)
    def alone(self: Self, /, *args: Args.args, **kwargs: Args.kwargs) -> Result:
        with self.lock:
            self.run_due()
            return operation(self, *args, **kwargs)

    return alone
