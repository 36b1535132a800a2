"""What stands in a mapping's JQL, clause by clause, and which of it may surprise its author."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise

from pdjira.errors import Misconfigured, PdjiraError, Refused
from pdjira.jql.query import SEARCH_WINDOW, Token, TokenKind, split, tokens, wrap
from pdjira.model.incident import Reference
from pdjira.model.mapping import JqlAppliesTo, Mapping, Problem, error, hint

_FIELD = "jql"

_NEVER_EMPTY = frozenset(
    {"project", "issuetype", "type", "status", "statuscategory", "key", "issuekey", "issue", "id"}
    | {"summary", "created", "createddate", "updated", "updateddate"}
)

_EQUAL, _UNEQUAL = frozenset({"=", "in", "~"}), frozenset({"!=", "not in", "!~"})

_UNTIL, _SINCE = frozenset({"<", "<=", "=", "in"}), frozenset({">", ">=", "!=", "not in"})

_CLOCKS = frozenset(
    {"now", "startofday", "startofweek", "startofmonth", "startofyear"}
    | {"endofday", "endofweek", "endofmonth", "endofyear"}
)

_COUNTDOWNS = frozenset({"breached", "everbreached", "elapsed", "remaining"})

_RELATIVE = re.compile(r"[+-]?\d+[mhdw](\s+\d+[mhdw])*", re.IGNORECASE)

_ABSOLUTE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(\s+\d{1,2}:\d{2})?")


def lint(jql: str, *, project: Reference, issue_type: Reference) -> tuple[Problem, ...]:
    """The hints about a JQL of a mapping of that project (named by its key) and issue type.

    Raises `Misconfigured` as `split` does.
    """
    parts = split(jql)
    found = structure(parts.where, tokens(parts.where))
    return (
        *_quotes(parts.where),
        *_precedence(parts.where, found),
        *_elsewhere(found.clauses, {"project"}, project, "the project"),
        *_elsewhere(found.clauses, {"issuetype", "type"}, issue_type, "the issue type"),
        *_empty_fields(found.clauses),
        *_by_time(found.clauses),
        *_dates(found.clauses),
        *_account(found.clauses),
        *_order(parts.order),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One comparison: `field` and `operator` in lower case, `text` as it was written.

    `negated` tells whether a NOT before it, or before what is around it, turns it round.
    """

    field: str
    operator: str
    operands: tuple[Token, ...]
    text: str
    negated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The whole JQL, or what stands between a pair of parentheses that groups clauses.

    `start` and `end` are places in the text; `ands` and `ors` the words right at this level.
    """

    start: int
    end: int
    ands: tuple[Token, ...]
    ors: tuple[Token, ...]

    def reading(self, jql: str) -> str:
        """The text on one line, with parentheses where Jira sets them in its mind."""
        parts, start = [], self.start
        for end, behind in [*((word.start, word.end) for word in self.ors), (self.end, self.end)]:
            part = " ".join(jql[start:end].split())
            has_and = any(start <= word.start < end for word in self.ands)
            parts.append(f"({part})" if has_and else part)
            start = behind
        return " OR ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The clauses in their order, the levels from the innermost on."""

    clauses: tuple[Clause, ...]
    levels: tuple[Level, ...]


_TYPOGRAPHIC = re.compile("[\u2018-\u201e\u00ab\u00bb]")


def _quotes(where: str) -> Iterator[Problem]:
    """Quotes that a word processor has set: letters to Jira."""
    words = [one.text for one in tokens(where) if one.kind is TokenKind.WORD]
    odd = [word for word in words if _TYPOGRAPHIC.search(word[:1] + word[-1:])]
    if odd:
        yield hint(
            _FIELD,
            f"The quotation marks of {odd[0]} are letters to Jira, not quotes.",
            'Type straight quotation marks (") in their place.',
        )


def _precedence(where: str, found: Structure) -> Iterator[Problem]:
    for level in found.levels:
        if level.ands and level.ors:
            yield hint(
                _FIELD,
                f"AND binds closer than OR, so Jira reads the JQL as {level.reading(where)}",
                "Set parentheses around what belongs together.",
            )


def _elsewhere(
    clauses: Sequence[Clause], names: set[str], ours: Reference, what: str
) -> Iterator[Problem]:
    """Clauses that ask for another project or type than the mapping's.

    Without a name of ours only ids can be told apart.
    """
    known = {ours.id.lower(), ours.name.lower()}
    for clause in clauses:
        asked = [one.value.lower() for one in clause.operands if _is_value(one)]
        if ours.id == ours.name:
            asked = [one for one in asked if one.isdecimal()] or list(known)
        is_plain = clause.field in names and clause.operator in _EQUAL and not clause.negated
        if is_plain and not _calls(clause.operands) and not known & set(asked):
            yield hint(
                _FIELD,
                f"{clause.text} matches nothing: only issues of {what} {ours.name} count here.",
                f"Leave the clause out: {what} of the mapping is asked for in any case.",
            )


def _empty_fields(clauses: Sequence[Clause]) -> Iterator[Problem]:
    thought_of = {clause.field for clause in clauses if _asks_for_empty(clause)}
    dropping = [
        clause
        for clause in clauses
        if clause.field not in _NEVER_EMPTY | thought_of
        and clause.operator in (_EQUAL if clause.negated else _UNEQUAL)
    ]
    if dropping:
        names = " or ".join(dict.fromkeys(clause.field for clause in dropping))
        first = dropping[0]
        yield hint(
            _FIELD,
            f"Issues in which {names} is empty never match: !=, NOT IN, !~ and NOT leave them out.",
            f"Where they are meant as well, write ({first.text} OR {first.field} is EMPTY).",
        )


def _by_time(clauses: Sequence[Clause]) -> Iterator[Problem]:
    found = [clause.text for clause in clauses if _comes_true(clause)]
    if found:
        yield hint(
            _FIELD,
            f"{'; '.join(found)}: this comes true by the passing of time, without any change of "
            "the issue.",
            "Expect such matches within 15 minutes, not within one.",
        )


def _dates(clauses: Sequence[Clause]) -> Iterator[Problem]:
    values = (one.value.strip() for clause in clauses for one in clause.operands)
    found = [value for value in values if _ABSOLUTE.fullmatch(value)]
    if found:
        yield hint(
            _FIELD,
            f"Jira reads {', '.join(found)} in the time zone of the account that we sign in as.",
            "Check that account's time zone in its Jira profile, or write a relative date (-3d).",
        )


def _account(clauses: Sequence[Clause]) -> Iterator[Problem]:
    if any("currentuser" in _calls(clause.operands) for clause in clauses):
        yield hint(
            _FIELD,
            "currentUser() is the account that we sign in to Jira as, whoever wrote the JQL.",
            "Write the name of a user or a group instead.",
        )


def _order(order: str) -> Iterator[Problem]:
    if order:
        yield hint(
            _FIELD,
            f"{' '.join(order.split())} has no effect: matches are taken in the order of their "
            "changes.",
            "Leave it out.",
        )


def _asks_for_empty(clause: Clause) -> bool:
    return any(one.says("empty", "null") for one in clause.operands)


def _comes_true(clause: Clause) -> bool:
    called = _calls(clause.operands)
    if called & _COUNTDOWNS:
        return True
    if not called & _CLOCKS and not any(map(_is_relative, clause.operands)):
        return False
    if clause.operator.startswith(("was", "changed")):
        return any(one.says("before", "on", "during") for one in clause.operands)
    return clause.operator in (_SINCE if clause.negated else _UNTIL)


def _calls(operands: Sequence[Token]) -> set[str]:
    """The names of the functions among the operands."""
    return {
        name.text.lower()
        for name, opened in pairwise(operands)
        if name.kind is TokenKind.WORD and opened.kind is TokenKind.OPEN
    }


def _is_relative(operand: Token) -> bool:
    return _is_value(operand) and _RELATIVE.fullmatch(operand.value.strip()) is not None


def _is_value(operand: Token) -> bool:
    return operand.kind in {TokenKind.WORD, TokenKind.QUOTED}


_OPERATOR_WORDS = ("in", "not", "is", "was", "changed")

_AND, _OR, _NOT = ("and", "&&", "&"), ("or", "||", "|"), ("not", "!")


def structure(jql: str, tokens: Sequence[Token]) -> Structure:
    """What the conditions of a JQL are made of; of a wrong one, whatever can be made out."""
    reader = _Reader(jql)
    for token in tokens:
        reader.take(token)
    return reader.ended()


@dataclass(slots=True)
class _Open:
    start: int
    negated: bool
    ands: list[Token] = field(default_factory=list)
    ors: list[Token] = field(default_factory=list)


class _Reader:
    """Takes the tokens one by one. A parenthesis after a word opens a list, any other a group."""

    def __init__(self, jql: str) -> None:
        self._jql = jql
        self._clauses: list[Clause] = []
        self._levels: list[Level] = []
        self._open = [_Open(start=0, negated=False)]
        self._current: list[Token] = []
        self._lists = 0
        self._not = False

    def take(self, token: Token) -> None:
        if self._current and (self._lists or token.kind is TokenKind.OPEN):
            self._lists += (token.kind is TokenKind.OPEN) - (token.kind is TokenKind.CLOSE)
            self._current.append(token)
        elif token.kind is TokenKind.OPEN:
            self._open.append(_Open(start=token.end, negated=self._is_negated()))
            self._not = False
        elif token.kind is TokenKind.CLOSE:
            self._end_clause()
            self._end_level(token.start)
        elif token.says(*_AND, *_OR):
            self._end_clause()
            (self._open[-1].ands if token.says(*_AND) else self._open[-1].ors).append(token)
        elif token.says(*_NOT) and not self._current:
            self._not = not self._not
        else:
            self._current.append(token)

    def ended(self) -> Structure:
        self._end_clause()
        self._end_level(len(self._jql))
        return Structure(clauses=tuple(self._clauses), levels=tuple(self._levels))

    def _is_negated(self) -> bool:
        return self._open[-1].negated is not self._not

    def _end_clause(self) -> None:
        if self._current:
            self._clauses.append(_clause(self._jql, self._current, negated=self._is_negated()))
        self._current, self._not = [], False

    def _end_level(self, end: int) -> None:
        level = self._open.pop()
        self._levels.append(
            Level(start=level.start, end=end, ands=tuple(level.ands), ors=tuple(level.ors))
        )


def _clause(jql: str, found: list[Token], *, negated: bool) -> Clause:
    operator: list[str] = []
    for token in found[1:]:
        if token.kind is not TokenKind.SYMBOL and not token.says(*_OPERATOR_WORDS):
            break
        operator.append(token.text.lower())
    return Clause(
        field=found[0].value.lower(),
        operator=" ".join(operator),
        operands=tuple(found[1 + len(operator) :]),
        text=" ".join(jql[found[0].start : found[-1].end].split()),
        negated=negated,
    )


def query_of(mapping: Mapping) -> str | None:
    """The query for all issues that match now; None where there is no JQL, or one out of shape."""
    if mapping.jql is None:
        return None
    try:
        return wrap(mapping.jql, project_id=mapping.project.id, issue_type_id=mapping.issue_type.id)
    except Misconfigured:
        return None


ENOUGH = 20
"""How many matches, with no issue left out, count as a JQL that leaves none out."""


def query_of_week(mapping: Mapping) -> str | None:
    """The same, of the issues that were created in the last week."""
    try:
        where = split(mapping.jql or "").where
    except Misconfigured:
        return None
    within = "created >= -7d"
    return wrap(
        f"({where}) AND {within}" if where else within,
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
    )


def reading_of(jql: str) -> str | None:
    """The JQL as Jira reads it, where AND and OR stand beside each other; else None."""
    try:
        where = split(jql).where
    except Misconfigured:
        return None
    levels = structure(where, tokens(where)).levels
    mixed = [level for level in levels if level.ands and level.ors]
    return mixed[-1].reading(where) if mixed else None


def leaves_none_out(mapping: Mapping) -> bool:
    """Whether the JQL asks for nothing but what every issue of the project and type has."""
    where = split(mapping.jql or "").where
    found = structure(where, tokens(where))
    ours = {"project": mapping.project, "issuetype": mapping.issue_type, "type": mapping.issue_type}
    return not any(level.ors for level in found.levels) and all(
        not clause.negated and _is_held_by_all(clause, ours.get(clause.field))
        for clause in found.clauses
    )


def _is_held_by_all(clause: Clause, ours: Reference | None) -> bool:
    if clause.operator == "is not":
        return clause.field in _NEVER_EMPTY and _asks_for_empty(clause)
    names = {ours.id.lower(), ours.name.lower()} if ours else set()
    return clause.operator in _EQUAL and any(one.value.lower() in names for one in clause.operands)


def query_of_all(mapping: Mapping, *, last_week: bool = False) -> str:
    """The query for every issue of the mapping's project and type, or for the newest of them."""
    return wrap(
        "created >= -7d" if last_week else "",
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
    )


def found_all(mapping: Mapping, last_week: int) -> Problem:
    """What it means that every issue matches; so many were created in the last week."""
    came = "1 was" if last_week == 1 else f"{last_week:,} were" if last_week else "none was"
    return hint(
        _FIELD,
        f"Every {mapping.issue_type.name} in {mapping.project.name} matches; each new one pages "
        f"somebody: {came} created in the last week.",
        "Narrow the JQL to what somebody must be paged for, such as priority = Highest.",
    )


def query_of_both(mapping: Mapping, other: Mapping) -> str | None:
    """The query for all issues that match both now; None where either JQL is out of shape."""
    try:
        clauses = [where for one in (mapping, other) if (where := split(one.jql or "").where)]
    except Misconfigured:
        return None
    return wrap(
        " AND ".join(f"({where})" for where in clauses),
        project_id=mapping.project.id,
        issue_type_id=mapping.issue_type.id,
    )


def found_by_both(mapping: Mapping, other: Mapping, count: int) -> Problem | None:
    """What to say of issues for which two mappings page; None where none can be seen (G14)."""
    if count == 0 and (mapping.jql or "").strip() != (other.jql or "").strip():
        return None
    match = "1 issue matches now" if count == 1 else f"{count:,} issues match now"
    return hint(
        _FIELD,
        f"The JQL of mapping {other.id} finds the same issues: {match} both. Such an issue opens "
        "one incident, by whichever mapping comes first.",
        "Narrow one of the two, so that it is plain which service is paged.",
    )


def problems_by_reading(mapping: Mapping) -> tuple[Problem, ...]:
    """What the text of the JQL tells without asking Jira."""
    if mapping.jql is None:
        return ()
    try:
        return lint(mapping.jql, project=mapping.project, issue_type=mapping.issue_type)
    except Misconfigured as fault:
        return (error(_FIELD, fault.says, fault.cure or "Correct the JQL."),)


def is_about_jql(error: PdjiraError) -> bool:
    """Whether Jira read the search and says what it has against it.

    It does so with 400 and words of its own; what is in front of it refuses for other causes.
    """
    if not isinstance(error, Refused) or error.cure is not None:
        return False
    return error.status == HTTPStatus.BAD_REQUEST and bool(error.messages)


def refused(refusal: Refused) -> Problem:
    """What Jira has against the JQL, in its own words."""
    says = " ".join(refusal.messages) or refusal.says
    return error(
        _FIELD,
        f"Jira refuses the JQL: {says}",
        "Try it in Jira's issue search, signed in as the account of the connection secret.",
    )


def found_now(mapping: Mapping, count: int) -> Problem:
    """How many issues match now, and so how many people would be paged for (M15)."""
    match = "1 issue matches now" if count == 1 else f"{count:,} issues match now"
    if count == 0:
        return hint(
            _FIELD,
            "No issue matches now.",
            "Nothing, if that is right; otherwise try the JQL in Jira's issue search.",
        )
    if mapping.jql_applies_to is JqlAppliesTo.EXISTING:
        return _all_page(mapping, count, match)
    if count > SEARCH_WINDOW:
        return error(
            _FIELD,
            f"{match}, and of more than {SEARCH_WINDOW:,} nobody can tell which ones are new.",
            "Narrow the JQL, to issues that are not closed, for instance.",
        )
    return hint(
        _FIELD,
        f"{match}: none of them opens an incident, since jql_applies_to is new; each issue that "
        "comes to match later does.",
        "To open incidents for these as well, set jql_applies_to to existing.",
    )


def _all_page(mapping: Mapping, count: int, match: str) -> Problem:
    limit = mapping.max_incidents_per_hour
    brake = f" After {limit:,} within an hour the JQL pauses." if count > limit else ""
    each = "it opens an incident" if count == 1 else "each of them opens an incident"
    return hint(
        _FIELD,
        f"{match}: {each}, since jql_applies_to is existing.{brake}",
        "To open incidents only for issues that come to match later, set jql_applies_to to new.",
    )
