"""The `Jira` port over the sandbox's model, in process: errors as the adapter tells them.

Faults are ordered through a `FaultPlan` (methods are `jira.create_issue` and so on); a write that
takes effect only after its answer was lost is ordered with `commit_late`.
"""

import json
from collections import Counter, abc
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pdjira.adapters.http.messages import Call
from pdjira.adapters.jira.catalogue import create_screen, is_of, offer
from pdjira.adapters.jira.comments import (
    PAGE_SIZES,
    comment_body,
    comment_of,
    is_alike,
    is_mark,
    property_value,
)
from pdjira.adapters.jira.comments import PROPERTY as NOTE
from pdjira.adapters.jira.issues import (
    ALONG,
    LONGEST_HISTORY,
    asked_for,
    comments_of,
    history_of,
    issue_of,
    issue_query,
    transition_body,
    transitions_of,
    with_values,
)
from pdjira.adapters.jira.people import account_named
from pdjira.adapters.jira.searches import (
    MARK_FIELDS,
    PROPERTY,
    Marking,
    created_by_us,
    first_marked,
    placed,
    remote_link_body,
)
from pdjira.errors import (
    Ambiguous,
    NotFound,
    PdjiraError,
    Refused,
    Side,
    Temporary,
    TooLarge,
    Unauthenticated,
    Unstorable,
)
from pdjira.jql.query import quote
from pdjira.model.comment import Comment
from pdjira.model.issue import (
    AllowedValue,
    CommentPage,
    CreateScreen,
    Issue,
    IssueDraft,
    IssueHistory,
    IssueRef,
    Place,
    RemoteLink,
    ServerInfo,
)
from pdjira.model.ports import Clock
from pdjira.model.workflow import Filling, Transition
from pdjira.sync.fields.values import REQUEST_TYPE
from pdjira.text.plain_text import has_supplementary
from tests.fakes.faults import FaultPlan
from tests.sandbox.jira import issues as seen
from tests.sandbox.jira.clock import system_clock
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.model import SEARCH_CAP, JiraModel
from tests.sandbox.jira.seed import OUR_ACCOUNT

T = TypeVar("T")


class FakeJira:
    """Jira as the worker sees it; `model` is Jira as people see it.

    `shows_marks` False: it lists comments without their marks. `authenticated` False makes every
    call fail as with a wrong token. Nothing is remembered between calls, so `forgotten` only counts
    how often screens were to be forgotten.
    """

    def __init__(
        self,
        model: JiraModel | None = None,
        *,
        clock: Clock = system_clock,
        plan: FaultPlan | None = None,
        account: str = OUR_ACCOUNT,
    ) -> None:
        self.model = model or JiraModel(clock=clock)
        self.plan = plan or FaultPlan()
        self.account = account
        self.authenticated = True
        self.shows_marks = True
        self.forgotten = 0
        self._clock = clock
        self._marking = Marking(seconds=0, clock=lambda: 0)
        self._late: dict[str, float] = {}
        self.late_at: list[datetime] = []

    @property
    def calls(self) -> Counter[str]:
        """How often each method was called, without the port's name."""
        names = (name.split(".") for name in self.plan.calls)
        return Counter(method for port, method in names if port == "jira")

    def shows(self, issue: seen.Issue) -> bool:
        """Whether our account sees the issue."""
        return self.model.may_see(self.account, issue)

    def clock_ahead(self) -> timedelta:
        """How far its clock is ahead of ours."""
        return self.model.clock() - self._clock()

    def commit_late(self, method: str, seconds: float) -> None:
        """The next call of `method` is ambiguous, and takes effect so many seconds later.

        `late_at` lists when each such call took effect.
        """
        self._late[method] = seconds

    def server_info(self) -> ServerInfo:
        """Which Jira this is."""

        def read() -> ServerInfo:
            said = self.model.server_info(self.account)
            return ServerInfo(
                base_url=said["baseUrl"],
                version=tuple(said["versionNumbers"]),
                title=said["serverTitle"],
            )

        return self._call("server_info", read)

    def who_am_i(self) -> str:
        """The name of the account that we are signed in as. Raises `Unauthenticated`."""
        return self._call("who_am_i", lambda: str(self.model.myself(self.account)["name"]))

    def known_as(self) -> str:
        """The name of the account, without a call."""
        return str(self.model.myself(self.account)["name"])

    def create_screen(self, *, project_id: str, issue_type_id: str) -> CreateScreen:
        """The fields of the create screen. Raises `Refused`."""
        return self._call(
            "create_screen",
            lambda: create_screen(
                [*self.model.create_fields(self.account, project_id, issue_type_id)]
            ),
        )

    def offered(self, project_id: str, kind: str) -> Sequence[AllowedValue] | None:
        """What a project's service desk offers; None where there is none."""

        def read() -> Sequence[AllowedValue] | None:
            try:
                desks = self.model.desks(self.account)
            except JiraError as error:
                if error.status != 404:
                    raise
                return None
            desk = next((one for one in desks if is_of(one, project_id)), None)
            if desk is None:
                return None
            is_types = kind == REQUEST_TYPE
            read_rows = self.model.request_types if is_types else self.model.organizations
            rows = read_rows(self.account, desk["id"])
            return tuple(offer(row, desk, kind) for row in rows)

        return self._call("offered", read)

    def forget_screens(self) -> None:
        """Nothing is remembered here."""
        self.forgotten += 1

    def create_issue(self, draft: IssueDraft) -> IssueRef:
        """Create the issue together with its mark."""

        def post(body: dict[str, object]) -> IssueRef:
            with _translated(), _storing(body):
                return _reference(self.model.create_issue(self.account, body))

        return self._call("create_issue", lambda: self._marking.create(draft, post))

    def find_issue(self, draft: IssueDraft, *, since: datetime) -> IssueRef | None:
        """The issue of our own account, of that project and type, that bears the draft's mark."""

        def find() -> IssueRef | None:
            jql = created_by_us(draft, within=self._clock() - since)
            row = first_marked(self._rows(jql), draft.mark, read=self._property)
            return _reference(row) if row else None

        return self._call("find_issue", find)

    def find_moved_issue(
        self, draft: IssueDraft, *, since: datetime, taken: Collection[Place]
    ) -> tuple[IssueRef, Place] | None:
        """The same issue, wherever it lies by now."""

        def find() -> tuple[IssueRef, Place] | None:
            jql = created_by_us(draft, within=self._clock() - since, everywhere=True)
            row = first_marked(self._rows(jql), draft.mark, read=self._property, taken=taken)
            return placed(row) if row else None

        return self._call("find_moved_issue", find)

    def put_remote_link(self, issue_id: str, link: RemoteLink) -> None:
        """Show `link` on the issue."""
        body = remote_link_body(link)
        self._call(
            "put_remote_link", lambda: self.model.put_remote_link(self.account, issue_id, body)
        )

    def read_issue(
        self,
        issue_id: str,
        *,
        with_comments: bool = False,
        with_history: bool = False,
        fields: Iterable[str] = (),
        with_screen: bool = False,
    ) -> Issue:
        """The issue as it is now."""
        call = Call(method="GET", path="/issue", repeatable=True)
        asked = tuple(fields)
        more = (*asked, "comment") if with_comments else asked
        query = dict(issue_query(more, changelog=with_history, editmeta=with_screen))

        def read() -> Issue:
            said = self.model.get_issue(
                self.account,
                issue_id,
                fields=query["fields"].split(","),
                expand=query.get("expand", "").split(","),
                properties=(query["properties"],),
            )
            found = asked_for(issue_of(said, call), issue_id, call)
            issue = with_values(found, said, fields=asked, with_screen=with_screen)
            if len(json.dumps(said)) > ALONG:
                return issue
            account = account_named(self.account)
            return replace(
                issue,
                history=history_of(said, account) if with_history else None,
                comments=comments_of(said, account) if with_comments else None,
            )

        return self._call("read_issue", read)

    def find_key(self, key: str) -> IssueRef:
        """The issue of a key."""
        return self._call(
            "find_key",
            lambda: _reference(self.model.get_issue(self.account, key, fields=("created",))),
        )

    def read_history(self, issue_id: str) -> IssueHistory:
        """What the issue was created with, and who moved it."""

        def read() -> IssueHistory:
            said = self.model.get_issue(
                self.account, issue_id, fields=("created",), expand=("changelog",)
            )
            if len(json.dumps(said)) > LONGEST_HISTORY:
                raise TooLarge("Jira answered with too much.")
            return history_of(said, account_named(self.account))

        return self._call("read_history", read)

    def transitions(self, issue_id: str) -> Sequence[Transition]:
        """The transitions that our user may take."""
        return self._call(
            "transitions",
            lambda: transitions_of(
                self.model.transitions(self.account, issue_id, expand=("transitions.fields",))
            ),
        )

    def transition(self, issue_id: str, transition_id: str, filling: Filling) -> None:
        """Take a transition."""
        body = transition_body(transition_id, filling)

        def take() -> None:
            try:
                with _storing(body):
                    self.model.transition(self.account, issue_id, body)
            except JiraError as error:
                if error.status == 500:
                    raise Refused("Jira does not know the transition.", status=500) from error
                raise

        self._call("transition", take)

    def update_issue(self, issue_id: str, fields: abc.Mapping[str, object]) -> None:
        """Write fields."""
        body = {"fields": dict(fields)}

        def update() -> None:
            with _storing(body):
                self.model.edit_issue(self.account, issue_id, body)

        self._call("update_issue", update)

    def delete_issue(self, issue_id: str) -> None:
        """Delete the issue."""
        self._call("delete_issue", lambda: self.model.delete_issue(self.account, issue_id))

    def issue_in(self, *, project_id: str, issue_type_id: str, status_id: str) -> IssueRef | None:
        """Any issue of that project and type that is in that status."""
        jql = (
            f"project = {quote(project_id)} AND issuetype = {quote(issue_type_id)}"
            f" AND status = {quote(status_id)} ORDER BY updated DESC"
        )

        def search() -> IssueRef | None:
            said = self.model.search(self.account, jql, limit=1, validate=False, fields=("status",))
            found = said["issues"]
            return _reference(found[0]) if found else None

        return self._call("issue_in", search)

    def add_comment(self, issue_id: str, comment: Comment) -> str:
        """Add the comment together with its mark, and return its id."""
        body = comment_body(comment)

        def add() -> str:
            with _storing(body):
                return str(self.model.add_comment(self.account, issue_id, body)["id"])

        return self._call("add_comment", add)

    def read_comments(self, issue_id: str, *, before: int | None = None) -> CommentPage:
        """The newest comments, or the newest of the first `before`."""

        def read() -> CommentPage:
            said = self._comments(issue_id)
            end = len(said) if before is None else min(before, len(said))
            start = max(0, end - PAGE_SIZES[0])
            account = account_named(self.account)
            comments = (
                comment_of(
                    one, account, is_marked=is_mark(_mark_in(one)) if self.shows_marks else None
                )
                for one in said[start:end]
            )
            return CommentPage(comments=tuple(one for one in comments if one), start=start, end=end)

        return self._call("read_comments", read)

    def is_marked(self, comment_id: str) -> bool:
        """Whether a comment bears a mark of ours."""

        def read() -> bool:
            try:
                said = self.model.comment_property(self.account, comment_id, NOTE)
            except JiraError:
                return False
            return is_mark(said["value"])

        return self._call("is_marked", read)

    def find_comments(self, issue_id: str, comment: Comment, *, since: datetime) -> Sequence[str]:
        """The ids of the comments on the issue that may be this one."""

        def find() -> Sequence[str]:
            young = [
                one
                for one in self._comments(issue_id)
                if datetime.fromisoformat(one["created"]) >= since
            ]
            wanted, account = property_value(comment), account_named(self.account)
            marked = [str(one["id"]) for one in young if _mark_in(one) == wanted]
            alike = [
                str(one["id"])
                for one in young
                if _mark_in(one) is None
                and is_alike(one["body"], comment)
                and account.is_named(one["author"]["name"])
            ]
            return marked[-1:] or alike

        return self._call("find_comments", find)

    def _comments(self, issue_id: str) -> list[dict[str, Any]]:
        said = self.model.comments(self.account, issue_id, limit=SEARCH_CAP, expand=("properties",))
        found: list[dict[str, Any]] = said["comments"]
        return found

    def write_for_person(self, method: str, write: Callable[[], object]) -> None:
        """Write; a right that we lack is a 401 with Jira's own words, and no failed sign-in."""

        def judged() -> None:
            try:
                write()
            except JiraError as error:
                if error.status != 401:
                    raise
                says = " ".join(error.messages)
                messages = tuple(error.messages)
                raise Refused(
                    f"Jira says: {says.rstrip('.')}.", status=401, messages=messages
                ) from error

        self._call(method, judged)

    def _take_effect(self, action: Callable[[], object]) -> None:
        self.late_at.append(self.model.now())
        action()

    def _rows(self, jql: str) -> Iterator[dict[str, Any]]:
        read, total = 0, 1
        while read < total:
            page = self.model.search(
                self.account,
                jql,
                start=read,
                limit=SEARCH_CAP,
                validate=False,
                fields=MARK_FIELDS,
            )
            yield from page["issues"]
            read, total = read + len(page["issues"]), page["total"]

    def _property(self, issue: IssueRef) -> dict[str, Any] | None:
        try:
            return self.model.get_property(self.account, issue.id, PROPERTY)
        except JiraError:
            return None

    def _call(self, method: str, action: Callable[[], T]) -> T:
        with self.plan.call(f"jira.{method}"), _translated():
            if not self.authenticated:
                raise JiraError(401, "Client must be authenticated to access this resource.")
            delay = self._late.pop(method, None)
            if delay is not None:
                self.model.defer(delay, partial(self._take_effect, action))
                raise Ambiguous("Jira gave no answer")
            return action()


def _mark_in(comment: abc.Mapping[str, Any]) -> object:
    return next((one["value"] for one in comment["properties"] if one["key"] == NOTE), None)


@contextmanager
def _storing(body: object) -> Iterator[None]:
    """Jira's own 500 at what a database may not hold, as the adapter tells it."""
    try:
        yield
    except JiraError as error:
        if error.status == 500 and has_supplementary(body):
            says = "Jira failed; its database may not hold a character."
            raise Unstorable(says, cure="Let it hold all of Unicode.", status=500) from error
        raise


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except JiraError as error:
        raise translate(error) from error


def translate(error: JiraError) -> PdjiraError:
    """A refusal of Jira as one of our errors."""
    fields = [f"{name}: {says}" for name, says in error.errors.items()]
    says = f"Jira says: {' '.join([*error.messages, *fields])}"
    if error.status == 401:
        return Unauthenticated(says, side=Side.JIRA)
    if error.status == 404:
        return NotFound(says)
    if error.status == 429 or (error.status >= 500 and not error.errors):
        return Temporary(says)
    return Refused(
        says, status=error.status, messages=tuple(error.messages), fields=dict(error.errors)
    )


def _reference(row: abc.Mapping[str, object]) -> IssueRef:
    return IssueRef(id=str(row["id"]), key=str(row["key"]))
