"""What a JQL is made of: its clauses, and the levels that AND and OR stand on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pdjira.domain.jql.tokens import Kind, Token

_OPERATOR_WORDS = ("in", "not", "is", "was", "changed")
_AND, _OR, _NOT = ("and", "&&", "&"), ("or", "||", "|"), ("not", "!")


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
        if self._current and (self._lists or token.kind is Kind.OPEN):
            self._lists += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
            self._current.append(token)
        elif token.kind is Kind.OPEN:
            self._open.append(_Open(start=token.end, negated=self._is_negated()))
            self._not = False
        elif token.kind is Kind.CLOSE:
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
        if token.kind is not Kind.SYMBOL and not token.says(*_OPERATOR_WORDS):
            break
        operator.append(token.text.lower())
    return Clause(
        field=found[0].value.lower(),
        operator=" ".join(operator),
        operands=tuple(found[1 + len(operator) :]),
        text=" ".join(jql[found[0].start : found[-1].end].split()),
        negated=negated,
    )
