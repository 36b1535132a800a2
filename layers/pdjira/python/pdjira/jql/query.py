"""Reads and writes JQL, so that neither a value nor a person's JQL changes what is around it."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from pdjira.errors import Misconfigured

SEARCH_WINDOW = 10_000
"""How many matches of one search can be read: Jira 11 with OpenSearch refuses to page deeper."""

_UNTYPABLE = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")

_NUMBERED = re.compile(r"cf\[\d+\]", re.IGNORECASE)

_DIGITS = re.compile(r"[0-9]+")

_SPELLED = {"\r": "\\r", "\n": "\\n", "\t": "\\t"}


def quote(value: str) -> str:
    r"""The value as a JQL string: in double quotes, `\` and `"` escaped, line breaks spelled out.

    Quotes also keep reserved words such as INT from being read as such. Characters that Jira does
    not take as they are become `\u` and their number.
    """
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _UNTYPABLE.sub(_spelled, escaped) + '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A JQL in its two halves as they were written; "" for one that is not there."""

    where: str
    order: str


def split(jql: str) -> Split:
    """The conditions of a JQL, and its ORDER BY, cut at the last ORDER BY outside parentheses.

    Raises `Misconfigured` where it cannot be put into parentheses: see `tokens`, and where what
    follows ORDER BY is more than an order, since conditions there would be lost.
    """
    found = tokens(jql)
    orders = list(_orders(found))
    at = next((at for at in reversed(orders) if found[at].depth == 0), len(found))
    if len(orders) > (at < len(found)):
        raise Misconfigured(
            "The JQL has an ORDER BY inside parentheses, or two of them.",
            cure="Leave ORDER BY out: matches are taken in the order of their changes.",
        )
    if not all(map(_is_order_key, _keys(found[at + 2 :]) if at < len(found) else ())):
        raise Misconfigured(
            "What follows ORDER BY in the JQL is not just fields with ASC or DESC.",
            cure="Put conditions before ORDER BY, or leave ORDER BY out.",
        )
    return Split(where=_slice(jql, found[:at]), order=_slice(jql, found[at:]))


def wrap(
    jql: str,
    *,
    project_id: str,
    issue_type_id: str,
    within_minutes: int | None = None,
    issue_ids: Collection[str] | None = None,
) -> str:
    """The query for the issues of one project and type that match a person's JQL.

    With `within_minutes` (from 1) only those that changed since, in the order of their changes:
    Jira counts back by its own clock, so that no time zone matters. Otherwise in the order of their
    keys, which no change touches. `issue_ids`, at least one, asks for these issues alone. The
    person's ORDER BY is left out. Raises `Misconfigured` as `split` does.
    """
    where = split(jql).where
    clauses = [f"({where})"] if where else []
    clauses += [f"project = {quote(project_id)}", f"issuetype = {quote(issue_type_id)}"]
    if issue_ids is not None:
        clauses.append(with_ids(issue_ids))
    if within_minutes is not None:
        clauses.append(f"updated >= -{within_minutes}m")
    order = "key ASC" if within_minutes is None else "updated ASC, key ASC"
    return f"{' AND '.join(clauses)} ORDER BY {order}"


def with_ids(issue_ids: Collection[str]) -> str:
    """The condition that an issue is one of these, at least one.

    A number stands without quotes: in quotes Jira takes it for an issue key, and finds nothing.
    """
    return f"id in ({', '.join(map(_id, issue_ids))})"


def _id(issue_id: str) -> str:
    return issue_id if _DIGITS.fullmatch(issue_id) else quote(issue_id)


class TokenKind(Enum):
    """What a token is; a symbol is an operator or a sign for AND, OR, NOT."""

    WORD = "word"
    QUOTED = "quoted"
    OPEN = "open"
    CLOSE = "close"
    COMMA = "comma"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is written, from `start` on; parentheses are as deep as what is around them."""

    kind: TokenKind
    text: str
    start: int
    depth: int

    @property
    def end(self) -> int:
        """The place behind it."""
        return self.start + len(self.text)

    @property
    def value(self) -> str:
        """The text without its quotes."""
        return self.text[1:-1] if self.kind is TokenKind.QUOTED else self.text

    def says(self, *words: str) -> bool:
        """Whether it is one of these words or symbols, not quoted, in whatever case."""
        return self.kind in {TokenKind.WORD, TokenKind.SYMBOL} and self.text.lower() in words


def _orders(found: Sequence[Token]) -> Iterator[int]:
    """The places of ORDER BY."""
    for at, (first, second) in enumerate(pairwise(found)):
        if first.says("order") and second.says("by"):
            yield at


def _keys(found: Sequence[Token]) -> Iterator[list[Token]]:
    """What stands between commas."""
    key: list[Token] = []
    for token in found:
        if token.kind is TokenKind.COMMA:
            yield key
            key = []
        else:
            key.append(token)
    yield key


def _is_order_key(key: list[Token]) -> bool:
    field = key[:-1] if len(key) > 1 and key[-1].says("asc", "desc") else key
    if len(field) == 1:
        return field[0].kind in {TokenKind.WORD, TokenKind.QUOTED}
    return _NUMBERED.fullmatch("".join(token.text for token in field)) is not None


def _slice(jql: str, found: Sequence[Token]) -> str:
    """The text from the first to the last token: a last blank may belong to a word."""
    return jql[found[0].start : found[-1].end] if found else ""


def _spelled(match: re.Match[str]) -> str:
    character = match.group()
    return _SPELLED.get(character) or f"\\u{ord(character):04x}"


_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<open>\()
      | (?P<close>\))
      | (?P<comma>,)
      | (?P<symbol><=|>=|!=|!~|&&|\|\||[=<>~!&|])
      | (?P<word>(?:\\[^"'()]|[^ \t\r\n"'(),=<>~!&|\\])+)
      | (?P<stray>["'\\])""",
    re.VERBOSE | re.DOTALL,
)

_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

_UNSEEN = frozenset({"Cf", "Zs", "Zl", "Zp"})


def tokens(jql: str) -> tuple[Token, ...]:
    r"""The tokens of a JQL, white space left out; its parentheses and quotes are in pairs.

    A backslash takes the next character with it, in quotes and outside (`My\ Project`). Raises
    `Misconfigured` where quotes or parentheses are not in pairs, where a backslash stands before
    one of them outside quotes, and for characters that Jira does not take or nobody sees.
    """
    if (found := _NEVER.search(jql)) is not None:
        raise _strange(jql, found.start(), "which Jira does not take", "Delete it.")
    return tuple(_in_pairs(jql))


def place(jql: str, at: int) -> str:
    """Where a place in the text is, counted as Jira's own messages do."""
    line = jql.count("\n", 0, at) + 1
    return f"line {line}, character {at - jql.rfind(chr(10), 0, at)}"


def _in_pairs(jql: str) -> Iterator[Token]:
    opened: list[int] = []
    for match in _TOKEN.finditer(jql):
        kind = str(match.lastgroup)
        if kind == "space":
            continue
        _refuse(jql, match)
        if kind == "close":
            if not opened:
                raise _unpaired(jql, match.start(), "closes nothing")
            opened.pop()
        yield Token(
            kind=TokenKind(kind), text=match.group(), start=match.start(), depth=len(opened)
        )
        if kind == "open":
            opened.append(match.start())
    if opened:
        raise _unpaired(jql, opened[-1], "is not closed")


def _refuse(jql: str, match: re.Match[str]) -> None:
    """Refuses a lone quote or backslash, and blanks that Jira would take for letters."""
    if match.lastgroup == "stray":
        raise _stray(jql, match.start())
    if match.lastgroup != "word":
        return
    for at, character in enumerate(match.group(), start=match.start()):
        if character not in " \t\r\n" and unicodedata.category(character) in _UNSEEN:
            cure = "Type an ordinary blank there, or put the value in quotes."
            raise _strange(jql, at, "which is no blank to Jira", cure)


def _strange(jql: str, at: int, what: str, cure: str) -> Misconfigured:
    return Misconfigured(
        f"The JQL has the character U+{ord(jql[at]):04X} at {place(jql, at)}, {what}.", cure=cure
    )


def _stray(jql: str, at: int) -> Misconfigured:
    if jql[at] == "\\":
        return Misconfigured(
            f"The JQL has a backslash outside quotes at {place(jql, at)}, before a quote, a "
            "parenthesis or the end.",
            cure="Put the whole value in double quotes.",
        )
    return Misconfigured(
        f"The JQL has a quote at {place(jql, at)} that is not closed.",
        cure="Close it with the same kind of quote.",
    )


def _unpaired(jql: str, at: int, what: str) -> Misconfigured:
    return Misconfigured(
        f"The JQL has a parenthesis at {place(jql, at)} that {what}.",
        cure="Give each parenthesis its other half.",
    )
