"""Whether PagerDuty can be worked with: what our key may do, and what its own rules still do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from pdjira.errors import Refused
from pdjira.health.checks import Check, Inspection, Status, ok, one_after_the_other
from pdjira.mappings.changes import Item
from pdjira.mappings.moving_rules import OldRule, old_rules
from pdjira.mappings.vendor_rules import mappings_of
from pdjira.model.mapping import CreateMode
from pdjira.model.ports import Mappings


class KeyRights(Protocol):
    """What the API key may do; no method changes anything.

    Each raises `Unauthenticated` where the key is not accepted, `Refused` where it lacks the right.
    """

    def read_incidents(self) -> None:
        """Read incidents."""

    def read_log_entries(self) -> None:
        """Read log entries."""

    def write_notes(self) -> None:
        """Add notes. Raises `Misconfigured` where the user of the notes is not known."""

    def change_incidents(self) -> None:
        """Change incidents. Raises `Misconfigured` where the user who does it is not known."""

    def find_user(self) -> str | None:
        """The e-mail address that notes come from, where PagerDuty has such a user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRight:
    """What an API key must be able to do: `without` says what one sees where it cannot."""

    name: str
    used_for: str
    without: str
    required: bool = True


READ_INCIDENTS = KeyRight(
    name="read incidents",
    used_for="reading what an incident is at present",
    without="nothing works: every signal waits, and is given up after four days",
)

WRITE_NOTES = KeyRight(
    name="add notes",
    used_for="the note that names the issue, and every explanation of what went wrong",
    without="incidents get no note; the timeline says so",
)

CHANGE_INCIDENTS = KeyRight(
    name="change incidents",
    used_for="status, priority and title as the issue has them",
    without="incidents do not follow their issues, and a note says so",
)

READ_LOG_ENTRIES = KeyRight(
    name="read log entries",
    used_for="the details of an alert, as the description of its issue",
    without="issues of alerts have no description",
)

READ_USERS = KeyRight(
    name="read users",
    used_for="finding out whether `pagerduty.from_email` is a user's",
    without="`health` cannot tell",
    required=False,
)

READ_SUBSCRIPTIONS = KeyRight(
    name="read webhook subscriptions",
    used_for="finding out whether PagerDuty still delivers to us",
    without="`health` cannot tell",
    required=False,
)

TABLE: Sequence[KeyRight] = (
    READ_INCIDENTS,
    WRITE_NOTES,
    CHANGE_INCIDENTS,
    READ_LOG_ENTRIES,
    READ_USERS,
    READ_SUBSCRIPTIONS,
)
"""Everything that the key is used for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyHealth:
    """Looks at PagerDuty by the key that the connection secret holds."""

    rights: KeyRights

    def checks(self) -> Iterator[Check]:
        """The checks; where the key is not accepted, that one alone."""
        key, log_entries, *writing = self.steps()
        found = key.checks()
        yield from found
        if all(check.status is not Status.BROKEN for check in found):
            yield from log_entries.checks()
            yield from one_after_the_other(writing)

    def steps(self) -> Sequence[Inspection]:
        """The key, which all others need; then what it may read, and what it writes."""
        looks = {
            "key": self._key,
            "log entries": self._log_entries,
            "from user": self._from_user,
            "notes": self._notes,
            "incidents": self._incidents,
        }
        return [Inspection(area="pagerduty", name=name, look=look) for name, look in looks.items()]

    def _key(self) -> Iterator[Check]:
        try:
            self.rights.read_incidents()
        except Refused as error:
            yield _lacking("key", READ_INCIDENTS, error)
        else:
            yield ok("pagerduty", "key", "PagerDuty accepts the API key.")

    def _notes(self) -> Iterator[Check]:
        try:
            self.rights.write_notes()
        except Refused as error:
            yield _lacking("notes", WRITE_NOTES, error)
        else:
            yield ok("pagerduty", "notes", "The API key may add notes.")

    def _incidents(self) -> Iterator[Check]:
        try:
            self.rights.change_incidents()
        except Refused as error:
            yield _lacking("incidents", CHANGE_INCIDENTS, error)
        else:
            yield ok("pagerduty", "incidents", "The API key may change incidents.")

    def _log_entries(self) -> Iterator[Check]:
        try:
            self.rights.read_log_entries()
        except Refused as error:
            yield _lacking("log entries", READ_LOG_ENTRIES, error)
        else:
            yield ok("pagerduty", "log entries", "The API key may read log entries.")

    def _from_user(self) -> Iterator[Check]:
        try:
            email = self.rights.find_user()
        except Refused as error:
            yield _lacking("from user", READ_USERS, error)
            return
        if email is not None:
            yield ok("pagerduty", "from user", f"Notes come from {email}.")
            return
        yield Check(
            area="pagerduty",
            name="from user",
            status=Status.BROKEN,
            says="PagerDuty has no user with the address in pagerduty.from_email, so no note is "
            "added.",
            cure="Put the address of an active PagerDuty user into pagerduty.from_email of the "
            "connection secret.",
        )


def _lacking(name: str, right: KeyRight, error: Refused) -> Check:
    cure = error.cure
    if cure is None or error.status == HTTPStatus.FORBIDDEN:
        cure = f"Use an API key with full access, or give its user the right to {right.name}."
    return Check(
        area="pagerduty",
        name=name,
        status=Status.BROKEN if right.required else Status.ATTENTION,
        says=f"The API key may not {right.name}, for {right.used_for}; without it "
        f"{right.without}. {error.says}",
        cure=cure,
    )


OLD_RULES = "old integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRulesHealth:
    """Nothing is asked while no mapping in force makes issues."""

    extensions: Callable[[], Sequence[Item]]
    mappings: Mappings

    def checks(self) -> Iterator[Check]:
        """A check for each service that gets two issues for an incident, else one that is well."""
        made = {
            one.service.id
            for one in self.mappings.in_force()
            if one.create_issue is CreateMode.AUTOMATIC
        }
        try:
            both = [one for one in self._rules() if _service_of(one) in made] if made else []
        except Refused:
            says = "The API key may not see extensions, so nobody knows of PagerDuty's own rules."
            yield ok("mappings", OLD_RULES, says)
            return
        yield from map(_check, both)
        if not both:
            says = "PagerDuty's own integration makes no issues where a mapping does."
            yield ok("mappings", OLD_RULES, says)

    def _rules(self) -> Iterator[OldRule]:
        """Those that make issues, as far as PagerDuty tells."""
        for extension in self.extensions():
            found = old_rules(extension, mappings_of(extension), {}, {})
            yield from (one for one in found if one.still_makes)


def _service_of(rule: OldRule) -> object:
    service = rule.item["service"]
    return service["id"] if isinstance(service, dict) else None


def _check(rule: OldRule) -> Check:
    return Check(
        area="mappings",
        name=OLD_RULES,
        status=Status.ATTENTION,
        says=f"PagerDuty's {rule.integration.value} integration makes issues for incidents of "
        f"{rule.service} as well: each gets two.",
        cure=rule.switch_off,
    )
