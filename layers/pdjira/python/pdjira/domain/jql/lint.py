"""What may surprise whoever wrote a JQL: each surprise a hint, none of them an error."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pdjira.domain.incident import Reference
from pdjira.domain.jql.clauses import Clause, Structure, structure
from pdjira.domain.jql.query import split
from pdjira.domain.jql.tokens import Kind, Token, tokens
from pdjira.domain.problem import Problem, hint

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
        *_no_condition(parts.where),
        *_precedence(parts.where, found),
        *_elsewhere(found.clauses, {"project"}, project, "the project"),
        *_elsewhere(found.clauses, {"issuetype", "type"}, issue_type, "the issue type"),
        *_empty_fields(found.clauses),
        *_by_time(found.clauses),
        *_dates(found.clauses),
        *_account(found.clauses),
        *_order(parts.order),
    )


def _no_condition(where: str) -> Iterator[Problem]:
    if not where:
        yield hint(
            _FIELD,
            "The JQL has no condition, so every issue of the project and type matches.",
            "Add a condition, such as priority = Highest.",
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
        if name.kind is Kind.WORD and opened.kind is Kind.OPEN
    }


def _is_relative(operand: Token) -> bool:
    return _is_value(operand) and _RELATIVE.fullmatch(operand.value.strip()) is not None


def _is_value(operand: Token) -> bool:
    return operand.kind in {Kind.WORD, Kind.QUOTED}
