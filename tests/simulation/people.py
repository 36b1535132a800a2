"""People on both sides: what they do, by chance, mostly to what they did something to lately."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Issue
from tests.sandbox.jira.model import JiraModel
from tests.sandbox.pagerduty.model import PagerDutyModel
from tests.sandbox.pagerduty.records import ApiError
from tests.sandbox.pagerduty.seed import CHECKOUT, PAYMENTS, RESPONDER, SYNC_USER

LATELY = 10
TEXTS = (
    "Restarted web-7.",
    "Is *anybody* on this?",
    "See [the runbook|https://wiki.example.com/x] and {code}kubectl get pods{code}",
    "Größer als gedacht: 50 % der Kunden",
    "Line one\nline two",
)
PRIORITIES = ("PP1", "PP2", "PP3", "PP5", None)
Act = Callable[[], str]
T = TypeVar("T")


class People:
    """Responders and Jira's users; `act` does one thing and tells it in a line.

    `edits` counts what was done; what a side refuses is none.
    """

    def __init__(
        self, jira: JiraModel, pagerduty: PagerDutyModel, rng: random.Random, *, most: int
    ) -> None:
        self.edits = 0
        self._jira = jira
        self._pagerduty = pagerduty
        self._rng = rng
        self._most = most
        self._number = 0
        chances = self._in_pagerduty() | self._in_jira()
        self._acts = list(chances)
        self._weights = list(chances.values())

    def act(self) -> str:
        """Do one thing."""
        act = self._rng.choices(self._acts, self._weights)[0]
        try:
            told = act()
        except (ApiError, JiraError, LookupError) as error:
            return f"{act.__name__.strip('_')}: refused ({error})"
        self.edits += 1
        return told

    def _in_pagerduty(self) -> dict[Act, float]:
        return {
            self._trigger: 2,
            self._acknowledge: 8,
            self._unacknowledge: 2,
            self._resolve: 5,
            self._reopen: 4,
            self._prioritise: 6,
            self._rename: 4,
            self._note: 14,
            self._reassign: 3,
            self._update_status: 2,
            self._merge: 0.4,
            self._move_service: 0.3,
        }

    def _in_jira(self) -> dict[Act, float]:
        return {
            self._create: 2,
            self._transition: 14,
            self._comment: 14,
            self._edit_summary: 4,
            self._edit_priority: 6,
            self._edit_labels: 4,
            self._assign: 2,
            self._delete: 0.2,
        }

    # In PagerDuty

    def _trigger(self) -> str:
        if len(self._pagerduty.incidents) >= self._most:
            return self._note()
        service = CHECKOUT if self._rng.random() < 0.7 else PAYMENTS
        it = self._pagerduty.trigger(
            service,
            self._text("Outage"),
            by=RESPONDER,
            priority_id=self._rng.choice(PRIORITIES),
            details=self._rng.choice((None, "p99 is 8 s", {"host": "web-7"})),
        )
        return f"triggered {it.id} on {service}"

    def _acknowledge(self) -> str:
        return (
            f"acknowledged {self._pagerduty.acknowledge(self._pick('triggered'), by=RESPONDER).id}"
        )

    def _unacknowledge(self) -> str:
        it = self._pagerduty.unacknowledge(self._pick("acknowledged"), by=RESPONDER)
        return f"let go of {it.id}"

    def _resolve(self) -> str:
        note = self._text("Done:") if self._rng.random() < 0.2 else None
        it = self._pagerduty.resolve(
            self._pick("triggered", "acknowledged"), by=RESPONDER, note=note
        )
        return f"resolved {it.id}"

    def _reopen(self) -> str:
        return f"reopened {self._pagerduty.reopen(self._pick('resolved'), by=RESPONDER).id}"

    def _prioritise(self) -> str:
        chosen = self._rng.choice(PRIORITIES)
        it = self._pagerduty.set_priority(self._pick(), chosen, by=RESPONDER)
        return f"gave {it.id} the priority {chosen}"

    def _rename(self) -> str:
        it = self._pagerduty.set_title(self._pick(), self._text("Title"), by=RESPONDER)
        return f"renamed {it.id} to {it.title!r}"

    def _note(self) -> str:
        author = SYNC_USER if self._rng.random() < 0.05 else RESPONDER
        incident = self._pick()
        note = self._pagerduty.add_note(incident, self._text("Note"), by=author)
        return f"note {note.id} on {incident}"

    def _reassign(self) -> str:
        it = self._pagerduty.reassign(
            self._pick("triggered", "acknowledged"), [RESPONDER], by=RESPONDER
        )
        return f"reassigned {it.id}"

    def _update_status(self) -> str:
        incident = self._pick()
        self._pagerduty.publish_status_update(incident, self._text("Update"), by=RESPONDER)
        return f"published a status update on {incident}"

    def _merge(self) -> str:
        source, into = self._pick(), self._pick("triggered", "acknowledged")
        self._pagerduty.merge([source], into, by=RESPONDER)
        return f"merged {source} into {into}"

    def _move_service(self) -> str:
        service = self._rng.choice((CHECKOUT, PAYMENTS))
        it = self._pagerduty.set_service(self._pick(), service, by=RESPONDER)
        return f"moved {it.id} to {service}"

    # In Jira

    def _create(self) -> str:
        if len(self._jira.issues) >= 2 * self._most:
            return self._comment()
        project, kind = self._rng.choice((("10100", "10001"), ("10200", "10002")))
        fields = {
            "project": {"id": project},
            "issuetype": {"id": kind},
            "summary": self._text("Issue"),
            "priority": {"id": self._rng.choice(("1", "2", "3"))},
        }
        made = self._jira.create_issue(self._user(), {"fields": fields})
        return f"created {made['key']} ({made['id']})"

    def _transition(self) -> str:
        issue, user = self._issue(), self._user()
        step = self._rng.choice(self._jira.transitions(user, issue.key)["transitions"])
        body = {"transition": {"id": step["id"]}}
        if step["name"] == "Resolve Issue":
            body["fields"] = {"resolution": {"name": "Done"}}
        self._jira.transition(user, issue.key, body)
        return f"moved {issue.key} to {step['to']['name']}"

    def _comment(self) -> str:
        issue = self._issue()
        body: dict[str, object] = {"body": self._text("Comment")}
        if self._rng.random() < 0.05:
            body["visibility"] = {"type": "role", "value": "Developers"}
        said = self._jira.add_comment(self._user(), issue.key, body)
        return f"comment {said['id']} on {issue.key}"

    def _edit_summary(self) -> str:
        return self._edit("summary", self._text("Summary"))

    def _edit_priority(self) -> str:
        return self._edit("priority", {"id": self._rng.choice(("1", "2", "3", "4", "5"))})

    def _edit_labels(self) -> str:
        return self._edit("labels", [f"label-{self._rng.randint(1, 9)}"])

    def _assign(self) -> str:
        return self._edit("assignee", {"name": self._user()})

    def _edit(self, field: str, value: object) -> str:
        issue = self._issue()
        self._jira.edit_issue(self._user(), issue.key, {"fields": {field: value}})
        return f"edited the {field} of {issue.key}: {value!r}"

    def _delete(self) -> str:
        issue = self._issue()
        self._jira.delete_issue("alice", issue.key)
        return f"deleted {issue.key}"

    # Choosing

    def _text(self, kind: str) -> str:
        self._number += 1
        return f"{kind} {self._number}: {self._rng.choice(TEXTS)}"

    def _user(self) -> str:
        return self._rng.choice(("alice", "bob"))

    def _pick(self, *statuses: str) -> str:
        """An incident, by id; mostly one of the newest."""
        found = [
            one
            for one in self._pagerduty.incidents.values()
            if not statuses or one.status in statuses
        ]
        return self._lately(found).id

    def _issue(self) -> Issue:
        return self._lately(list(self._jira.issues.values()))

    def _lately(self, found: Sequence[T]) -> T:
        known = found[-LATELY:] if self._rng.random() < 0.9 else found
        return self._rng.choice(known)
