"""What the clauses of a query mean, over the issues that the index knows."""

from collections import abc
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.sandbox.jira.clock import distance, is_relative, literal, whole_seconds
from tests.sandbox.jira.core import Core
from tests.sandbox.jira.errors import JiraError
from tests.sandbox.jira.issues import Issue
from tests.sandbox.jira.jql import And, Clause, Node, Not, Operand, Or, Query
from tests.sandbox.jira.moments import HISTORY_FIELDS, Held, function_of_time, history_of
from tests.sandbox.jira.world import Field, Named, Status

Predicate = Callable[[Issue], bool]

_OPPOSITE = {
    "=": "!=",
    "!=": "=",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "~": "!~",
    "!~": "~",
}
_ALIASES = {
    "type": "issuetype",
    "issuekey": "key",
    "issue": "key",
    "createddate": "created",
    "updateddate": "updated",
    "resolved": "resolutiondate",
    "component": "components",
    "fixversion": "fixversions",
    "affectedversion": "versions",
    "due": "duedate",
}
_EQUALITY = ("=", "!=", "in", "not in", "is", "is not")
_ORDERED = (*_EQUALITY, "<", "<=", ">", ">=")
_TEXT = ("~", "!~", "is", "is not")
_ISSUES = ("id", "key", "issue", "issuekey")
_UNRESOLVED = "unresolved"
"""In whatever case, as a value of `resolution`: none at all."""
_DATES = ("created", "updated", "resolutiondate", "duedate")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """A field whose values are things: which an issue has, and which a word of JQL names."""

    held: Callable[[Issue], Collection[str]]
    named: Callable[[str], Collection[str]]


class Search:
    """One user's search at one moment. `warnings` fills instead of refusals where told so."""

    def __init__(self, core: Core, user: str | None, *, validate: bool) -> None:
        self._core = core
        self._user = user
        self._now = core.now()
        self._validate = validate
        self.warnings: list[str] = []
        self._errors: list[str] = []

    def run(self, query: Query) -> list[Issue]:
        """The visible issues that match, in order; raises `JiraError` where the query is wrong."""
        matches = self._where(query.where) if query.where is not None else _always
        keys = [(self._sort_key(order.field), order.descending) for order in query.order]
        if self._errors:
            raise JiraError(400, *dict.fromkeys(self._errors))
        found = [issue for issue in self._visible() if matches(issue)]
        found.sort(key=lambda issue: issue.id, reverse=True)
        for key, descending in reversed(keys):
            found.sort(key=key, reverse=descending)
        return found

    def _visible(self) -> list[Issue]:
        return [
            issue
            for issue in self._core.index.visible(self._core.indexed_at())
            if self._core.may_see(self._user, issue)
        ]

    def _where(self, node: Node, *, negated: bool = False) -> Predicate:
        match node:
            case Not(part):
                return self._where(part, negated=not negated)
            case And(parts) | Or(parts):
                every = isinstance(node, And) is not negated
                made = [self._where(part, negated=negated) for part in parts]
                combine = all if every else any
                return lambda issue: combine(part(issue) for part in made)
            case Clause() if node.operator.startswith(("was", "changed")):
                asked = self._history(node)
                return (lambda issue: not asked(issue)) if negated else asked
            case Clause():
                operator = _OPPOSITE[node.operator] if negated else node.operator
                return self._clause(node, operator)

    def _clause(self, clause: Clause, operator: str) -> Predicate:
        name = _ALIASES.get(clause.field.lower(), clause.field.lower())
        field = self._field(name)
        if name in _DATES or (field is not None and field.type in ("date", "datetime")):
            return self._date(clause, name if field is None else field.id, operator)
        if name in ("summary", "description", "environment", "text"):
            return self._text(clause, name, operator)
        if field is not None and field.type == "number":
            return self._number(clause, field, operator)
        if field is not None and field.custom in ("textfield", "textarea"):
            return self._text(clause, field.id, operator)
        choice = self._choice(name, field)
        if choice is None:
            return self._unknown_field(clause.field)
        return self._chosen(clause, choice, operator)

    def _unknown_field(self, name: str) -> Predicate:
        self._errors.append(
            f"Field '{name}' does not exist or you do not have permission to view it."
        )
        return _never

    def _field(self, name: str) -> Field | None:
        for field in self._core.world.fields.values():
            if name in [clause.lower() for clause in field.clause_names]:
                return field
        return None

    def _allows(self, clause: Clause, operators: Collection[str]) -> bool:
        if clause.operator in operators:
            return True
        self._errors.append(
            f"The operator '{clause.operator}' is not supported by the '{clause.field}' field."
        )
        return False

    # Choices

    def _choice(self, name: str, field: Field | None) -> _Choice | None:
        world = self._core.world
        own = {
            "project": _Choice(held=lambda issue: (issue.project_id,), named=self._projects),
            "issuetype": _Choice(held=lambda issue: (issue.type_id,), named=_by(world.issue_types)),
            "status": _Choice(held=lambda issue: (issue.status_id,), named=_by(world.statuses)),
            "statuscategory": _Choice(held=self._category, named=_categories),
            "priority": _Choice(held=_value("priority"), named=_by(world.priorities)),
            "resolution": _Choice(held=_value("resolution"), named=_by(world.resolutions)),
            "creator": _Choice(held=lambda issue: (issue.creator,), named=self._users),
            "id": _Choice(held=lambda issue: (str(issue.id),), named=self._issues),
            "key": _Choice(held=lambda issue: (str(issue.id),), named=self._issues),
        }
        if name in own or field is None:
            return own.get(name)
        return self._field_choice(field)

    def _field_choice(self, field: Field) -> _Choice:
        held = _value(field.id)
        if field.type == "user":
            return _Choice(held=held, named=self._users)
        if field.options:
            nested = [child for option in field.options for child in option.children]
            return _Choice(held=held, named=_by({o.id: o for o in (*field.options, *nested)}))
        if field.items in ("component", "version"):
            return _Choice(held=held, named=self._parts(str(field.items)))
        return _Choice(held=held, named=lambda text: (text,))

    def _projects(self, text: str) -> Collection[str]:
        world = self._core.world
        by_name = (one.key for one in world.projects.values() if one.name.lower() == text.lower())
        project = self._core.visible_project(self._user, next(by_name, text))
        return () if project is None else (project.id,)

    def _users(self, text: str) -> Collection[str]:
        user = self._core.world.user(text)
        return () if user is None else (user.name,)

    def _issues(self, text: str) -> Collection[str]:
        try:
            return (str(self._core.issue(self._user, text).id),)
        except JiraError:
            return ()

    def _parts(self, what: str) -> Callable[[str], Collection[str]]:
        projects = self._core.world.projects.values()
        parts = [
            part
            for project in projects
            for part in (project.components if what == "component" else project.versions)
        ]
        return _by({part.id: part for part in parts})

    def _category(self, issue: Issue) -> Collection[str]:
        return (self._core.world.statuses[issue.status_id].category,)

    def _chosen(self, clause: Clause, choice: _Choice, operator: str) -> Predicate:
        if not self._allows(clause, _EQUALITY):
            return _never
        wanted: set[str] = set()
        empty = False
        for operand in clause.operands:
            empty = empty or _is_empty(clause, operand)
            wanted.update(self._named(clause, choice, operand))
        if operator in ("=", "in", "is"):
            return lambda issue: _holds(choice.held(issue), wanted, empty=empty)
        return lambda issue: bool(choice.held(issue)) and not wanted & set(choice.held(issue))

    def _named(self, clause: Clause, choice: _Choice, operand: Operand) -> Collection[str]:
        if _is_empty(clause, operand):
            return ()
        if operand.function:
            return self._function(operand)
        named = () if _is_quoted_id(clause, operand) else choice.named(operand.text)
        if not named:
            self._unknown_value(clause, operand)
        return named

    def _unknown_value(self, clause: Clause, operand: Operand) -> None:
        text = operand.text
        says = f"The value '{text}' does not exist for the field '{clause.field}'."
        if clause.field.lower() in _ISSUES:
            says = f"An issue with key '{text}' does not exist for field '{clause.field}'."
            if text.isdigit() and not operand.quoted:
                says = f"A value with ID '{text}' does not exist for the field '{clause.field}'."
        (self._errors if self._validate else self.warnings).append(says)

    def _function(self, operand: Operand) -> Collection[str]:
        name = operand.text.lower()
        if name == "currentuser" and not operand.arguments:
            return () if self._user is None else (self._user,)
        if name == "issueswithremotelinksbyglobalid":
            return [
                str(issue.id)
                for issue in self._core.issues.values()
                if {link.body.get("globalId") for link in issue.links} & set(operand.arguments)
            ]
        self._errors.append(f"Unable to find JQL function '{operand.text}()'.")
        return ()

    # Texts, numbers and dates

    def _text(self, clause: Clause, name: str, operator: str) -> Predicate:
        if not self._allows(clause, _TEXT):
            return _never
        names = ("summary", "description", "environment") if name == "text" else (name,)
        wanted = clause.operands[0].text.lower().strip('"').split()

        def has(issue: Issue) -> bool:
            return any(
                all(word.strip("*") in str(issue.values.get(one) or "").lower() for word in wanted)
                for one in names
            )

        def filled(issue: Issue) -> bool:
            return any(issue.values.get(one) for one in names)

        match operator:
            case "~":
                return has
            case "!~":
                return lambda issue: filled(issue) and not has(issue)
            case "is":
                return lambda issue: not filled(issue)
            case _:
                return filled

    def _number(self, clause: Clause, field: Field, operator: str) -> Predicate:
        if not self._allows(clause, _ORDERED):
            return _never
        bounds: list[float] = []
        for operand in clause.operands:
            try:
                bounds.extend([] if operand.empty else [float(operand.text)])
            except ValueError:
                self._errors.append(
                    f"Value '{operand.text}' is not a number for the field '{clause.field}'."
                )
        return _compared(lambda issue: _number(issue.values.get(field.id)), operator, bounds)

    def _date(self, clause: Clause, name: str, operator: str) -> Predicate:
        if not self._allows(clause, _ORDERED):
            return _never
        found = [self._moment(clause, one) for one in clause.operands if not one.empty]
        bounds = [bound.timestamp() for bound in found if bound is not None]

        def held(issue: Issue) -> float | None:
            own = {
                "created": issue.created,
                "updated": issue.updated,
                "resolutiondate": issue.resolved,
            }
            at = own[name] if name in own else self._written_date(issue.values.get(name))
            return None if at is None else whole_seconds(at).timestamp()

        return _compared(held, operator, bounds)

    def _moment(self, clause: Clause, operand: Operand) -> datetime | None:
        text = operand.text
        if operand.function:
            return self._date_function(operand)
        if is_relative(text):
            return whole_seconds(self._now + distance(text))
        if not operand.quoted and text.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(text) / 1000, self._zone())
        moment = literal(text, self._zone())
        if moment is None:
            self._errors.append(
                f"Date value '{text}' for field '{clause.field}' is invalid. Valid formats "
                "include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', "
                "or a period format e.g. '-5d', '4w 2d'."
            )
        return moment

    def _date_function(self, operand: Operand) -> datetime:
        now = self._now.astimezone(self._zone())
        if operand.text.lower() == "now" and operand.arguments:
            self._errors.append(
                f"Function 'now' expected '0' arguments but received '{len(operand.arguments)}'."
            )
            return now
        moment = function_of_time(operand.text, operand.arguments, now)
        if moment is None:
            self._errors.append(f"Unable to find JQL function '{operand.text}()'.")
        return whole_seconds(moment or now)

    def _written_date(self, stored: object) -> datetime | None:
        """A date begins at midnight where the searching account lives."""
        if not isinstance(stored, str):
            return None
        at = datetime.fromisoformat(stored)
        return at if at.tzinfo else at.replace(tzinfo=self._zone())

    # History

    def _history(self, clause: Clause) -> Predicate:
        name = _ALIASES.get(clause.field.lower(), clause.field.lower())
        choice = self._choice(name, self._field(name))
        if name not in HISTORY_FIELDS or choice is None:
            self._errors.append(f"History searches do not support the field '{clause.field}'.")
            return _never
        wanted = self._values(clause, choice, clause.operands)
        tests = [self._predicate(clause, choice, *one) for one in clause.predicates]
        is_change, is_not = clause.operator == "changed", " not" in clause.operator

        def found(issue: Issue) -> bool:
            return any(
                (held.is_change if is_change else held.value in wanted)
                and all(test(held) for test in tests)
                for held in history_of(issue, name, choice.held(issue))
            )

        return (lambda issue: not found(issue)) if is_not else found

    def _values(
        self, clause: Clause, choice: _Choice, operands: Collection[Operand]
    ) -> set[str | None]:
        wanted: set[str | None] = (
            {None} if any(_is_empty(clause, one) for one in operands) else set()
        )
        return wanted.union(*(self._named(clause, choice, one) for one in operands))

    def _predicate(
        self, clause: Clause, choice: _Choice, word: str, operands: tuple[Operand, ...]
    ) -> Callable[[Held], bool]:
        if word in ("from", "to"):
            values = self._values(clause, choice, operands)
            return lambda held: (held.before if word == "from" else held.value) in values
        if word == "by":
            users = self._values(clause, _Choice(held=choice.held, named=self._users), operands)
            return lambda held: held.by in users
        moments = [moment for one in operands if (moment := self._moment(clause, one))]
        if not moments:
            return lambda _held: False
        first, last = moments[0], moments[-1]
        if word == "on":
            last = first + timedelta(days=1)
        after = None if word == "before" else first
        before = None if word == "after" else last
        is_change = clause.operator == "changed"

        def fits(held: Held) -> bool:
            until = held.start if is_change else held.end
            return (after is None or until is None or until >= after) and (
                before is None or held.start < before
            )

        return fits

    def _zone(self) -> ZoneInfo:
        users = self._core.world.users
        return ZoneInfo("UTC" if self._user is None else users[self._user].time_zone)

    # Order

    def _sort_key(self, field: str) -> Callable[[Issue], tuple[bool, object]]:
        name = _ALIASES.get(field.lower(), field.lower())
        made = _SORTS.get(name)
        if made is not None:
            return made
        known = self._field(name)
        if known is None:
            self._errors.append(f"Not able to sort using field '{field}'.")
            return lambda _issue: (False, 0)
        return lambda issue: (issue.values.get(known.id) is None, str(issue.values.get(known.id)))


def _always(_issue: Issue) -> bool:
    return True


def _never(_issue: Issue) -> bool:
    return False


def _holds(held: Collection[str], wanted: set[str], *, empty: bool) -> bool:
    return bool(wanted & set(held)) or (empty and not held)


def _value(field_id: str) -> Callable[[Issue], Collection[str]]:
    def held(issue: Issue) -> Collection[str]:
        stored = issue.values.get(field_id)
        if stored is None:
            return ()
        return [str(one) for one in stored] if isinstance(stored, list) else (str(stored),)

    return held


def _by(known: abc.Mapping[str, Named | Status]) -> Callable[[str], Collection[str]]:
    """By name first, in whatever case, then by id."""

    def named(text: str) -> Collection[str]:
        wanted = text.lower()
        by_name = [key for key, one in known.items() if one.name.lower() == wanted]
        return by_name or ((text,) if text in known else ())

    return named


def _categories(text: str) -> Collection[str]:
    names = {"new": "new", "to do": "new", "in progress": "indeterminate", "done": "done"}
    names |= {"indeterminate": "indeterminate", "2": "new", "4": "indeterminate", "3": "done"}
    return (names[text.lower()],) if text.lower() in names else ()


def _compared(
    held: Callable[[Issue], float | None], operator: str, bounds: list[float]
) -> Predicate:
    def matches(issue: Issue) -> bool:
        value = held(issue)
        if operator in ("is", "is not") or not bounds:
            return (value is None) == (operator in ("is", "=", "in"))
        return value is not None and _satisfies(value, operator, bounds)

    return matches


def _satisfies(value: float, operator: str, bounds: list[float]) -> bool:
    match operator:
        case "=" | "in":
            return value in bounds
        case "!=" | "not in":
            return value not in bounds
        case "<":
            return value < bounds[0]
        case "<=":
            return value <= bounds[0]
        case ">":
            return value > bounds[0]
        case _:
            return value >= bounds[0]


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


_SORTS: dict[str, Callable[[Issue], tuple[bool, object]]] = {
    "created": lambda issue: (False, whole_seconds(issue.created)),
    "updated": lambda issue: (False, whole_seconds(issue.updated)),
    "resolutiondate": lambda issue: (
        issue.resolved is None,
        issue.resolved or issue.created,
    ),
    "id": lambda issue: (False, issue.id),
    "key": lambda issue: (False, _key_order(issue.key)),
    "status": lambda issue: (False, int(issue.status_id)),
    "priority": lambda issue: (False, -int(issue.values.get("priority") or 0)),
}


def _is_empty(clause: Clause, operand: Operand) -> bool:
    """Whether the operand stands for having no value."""
    is_unresolved = operand.text.lower() == _UNRESOLVED and clause.field.lower() == "resolution"
    return operand.empty or is_unresolved


def _is_quoted_id(clause: Clause, operand: Operand) -> bool:
    """Whether an issue is named by its number in quotes, which is looked up as a key."""
    return clause.field.lower() in _ISSUES and operand.quoted and operand.text.isdigit()


def _key_order(key: str) -> tuple[str, int]:
    project, number = key.rsplit("-", 1)
    return project, int(number)
