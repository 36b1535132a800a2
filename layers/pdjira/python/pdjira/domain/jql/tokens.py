"""Cuts JQL into tokens, as Jira does, and refuses what cannot be put into parentheses safely."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from pdjira.errors import Misconfigured

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


class Kind(Enum):
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

    kind: Kind
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
        return self.text[1:-1] if self.kind is Kind.QUOTED else self.text

    def says(self, *words: str) -> bool:
        """Whether it is one of these words or symbols, not quoted, in whatever case."""
        return self.kind in {Kind.WORD, Kind.SYMBOL} and self.text.lower() in words


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
        yield Token(kind=Kind(kind), text=match.group(), start=match.start(), depth=len(opened))
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
