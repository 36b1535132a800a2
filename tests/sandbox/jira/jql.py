"""Jira's query language: text to tree. What a clause means is the business of `search`."""

import re
from dataclasses import dataclass

from tests.sandbox.jira.errors import JiraError

_WORDS = """
    abort access add after alias all alter and any as asc audit avg before begin between boolean
    break by byte catch cf char character check checkpoint collate collation column commit connect
    continue count create current date decimal declare decrement default defaults define delete
    delimiter desc difference distinct divide do double drop else empty encoding end equals escape
    exclusive exec execute exists explain false fetch file field first float for from function go
    goto grant greater group having identified if immediate in increment index initial inner inout
    input insert int integer intersect intersection into is isempty isnull join last left less like
    limit lock long max min minus mode modify modulo more multiply next noaudit not notin nowait
    null number object of on option or order outer output power previous prior privileges public
    raise raw remove rename resource return returns revoke right row rowid rownum rows select
    session set share size sqrt start strict string subtract sum synonym table then to trans
    transaction trigger true uid union unique update user validate values view when whenever where
    while with
"""
RESERVED = frozenset(_WORDS.split())

# What Jira's lexer takes nowhere, but for line breaks, which it takes in quotes as well.
_CONTROL = r"\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff"
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<cf>cf\s*\[\s*\d+\s*\])
      | (?P<quoted>"(?:[^"\\CONTROL]|\\.)*"|'(?:[^'\\CONTROL]|\\.)*')
      | (?P<open>["'])
      | (?P<symbol><=|>=|!=|!~|&&|\|\||[=<>~!&|(),])
      | (?P<word>(?:\\.|[^ \r\n"'=<>~!&|(),;?*/%^$\#@\[\]{}+.\\CONTROL])+)
      | (?P<strange>.)""".replace("CONTROL", _CONTROL),
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", " ": " "}
_WORDY = {"&&": "and", "&": "and", "||": "or", "|": "or", "!": "not"}
_OPERATORS = ("=", "!=", "<", ">", "<=", ">=", "~", "!~")
_PREDICATES = ("after", "before", "by", "during", "from", "on", "to")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """What stands right of an operator: `function` names one with `arguments`."""

    text: str
    quoted: bool = False
    empty: bool = False
    function: bool = False
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One comparison; `operator` is in lower case, lists belong to `in` and `not in`.

    `predicates` are those of a question to the history: (`after`, operands), for instance.
    """

    field: str
    operator: str
    operands: tuple[Operand, ...]
    predicates: tuple[tuple[str, tuple[Operand, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this one."""

    part: "Node"


Node = Clause | And | Or | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One key of ORDER BY."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole query; without `where` it matches everything."""

    where: Node | None
    order: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    kind: str
    text: str
    at: int

    def says(self, *words: str) -> bool:
        return self.kind in ("word", "symbol") and self.text.lower() in words


def parse(text: str) -> Query:
    """The query that a text stands for; raises `JiraError` with Jira's own words."""
    return _Parser(text).query()


def _refusal(text: str, at: int, says: str) -> JiraError:
    line = text.count("\n", 0, at) + 1
    character = at - (text.rfind("\n", 0, at) + 1) + 1
    return JiraError(400, f"Error in the JQL Query: {says} (line {line}, character {character})")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind != "space":
            tokens.append(_token(text, kind, match))
    return [*tokens, _Token(kind="end", text="", at=len(text))]


def _token(text: str, kind: str, match: re.Match[str]) -> _Token:
    found, at = match.group(), match.start()
    if kind == "open":
        rest = text[at + 1 :]
        raise _refusal(text, at, f"The quoted string '{rest}' has not been completed.")
    if kind == "strange":
        raise _refusal(
            text,
            at,
            f"The character '{found}' is a reserved JQL character. You must enclose it in a "
            f"string or use the escape '\\u{ord(found):04x}' instead.",
        )
    if kind == "quoted":
        return _Token(kind=kind, text=_unescape(text, found[1:-1], at), at=at)
    if kind == "word" and "\\" in found:
        return _Token(kind="quoted", text=_unescape(text, found, at), at=at)
    if kind == "cf":
        return _Token(kind=kind, text=re.sub(r"\s", "", found), at=at)
    return _Token(kind=kind, text=_WORDY.get(found, found), at=at)


def _unescape(text: str, quoted: str, at: int) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) > 1:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            raise _refusal(text, at, f"'\\{code}' is an illegal JQL escape sequence.")
        return _ESCAPES[code]

    return _ESCAPE.sub(one, quoted)


class _Parser:
    """Recursive descent: OR binds loosest, then AND, then NOT."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def query(self) -> Query:
        where = None if self._peek().kind == "end" or self._ordering() else self._either()
        order = self._order() if self._ordering() else ()
        token = self._peek()
        if token.kind != "end":
            raise self._unexpected("Expecting either 'OR' or 'AND'", token)
        return Query(where=where, order=order)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if token.kind != "end":
            self._next += 1
        return token

    def _accept(self, *words: str) -> bool:
        if self._peek().says(*words):
            self._next += 1
            return True
        return False

    def _ordering(self) -> bool:
        return self._peek().says("order") and self._tokens[self._next + 1].says("by")

    def _either(self) -> Node:
        parts = [self._all()]
        while self._accept("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Node:
        parts = [self._one()]
        while self._accept("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Node:
        if self._accept("not"):
            return Not(self._one())
        if self._accept("("):
            inner = self._either()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        field = self._name("Expecting a field name")
        operator = self._operator()
        if operator.startswith(("was", "changed")):
            return self._history(field, operator)
        if operator in ("in", "not in"):
            return Clause(field=field, operator=operator, operands=self._operands())
        return Clause(field=field, operator=operator, operands=(self._operand(),))

    def _operator(self) -> str:
        token = self._take()
        if token.kind == "symbol" and token.text in _OPERATORS:
            return token.text
        if token.says("in"):
            return "in"
        if token.says("not") and self._accept("in"):
            return "not in"
        if token.says("is"):
            return "is not" if self._accept("not") else "is"
        if token.says("was"):
            negation = " not" if self._accept("not") else ""
            return f"was{negation} in" if self._accept("in") else f"was{negation}"
        if token.says("changed"):
            return "changed"
        raise self._unexpected("Expecting operator", token)

    def _history(self, field: str, operator: str) -> Clause:
        operands = () if operator == "changed" else self._operands()
        predicates: list[tuple[str, tuple[Operand, ...]]] = []
        while self._peek().says(*_PREDICATES):
            predicates.append((self._take().text.lower(), self._operands()))
        return Clause(
            field=field, operator=operator, operands=operands, predicates=tuple(predicates)
        )

    def _operands(self) -> tuple[Operand, ...]:
        if not self._accept("("):
            return (self._operand(),)
        operands = [self._operand()]
        while self._accept(","):
            operands.append(self._operand())
        self._expect(")")
        return tuple(operands)

    def _operand(self) -> Operand:
        if self._accept("empty", "null"):
            return Operand(text="", empty=True)
        token = self._peek()
        name = self._name("Expecting either a value, list or function")
        if token.kind == "word" and self._accept("("):
            return Operand(text=name, function=True, arguments=self._arguments())
        return Operand(text=name, quoted=token.kind == "quoted")

    def _arguments(self) -> tuple[str, ...]:
        if self._accept(")"):
            return ()
        arguments = [self._name("Expecting an argument")]
        while self._accept(","):
            arguments.append(self._name("Expecting an argument"))
        self._expect(")")
        return tuple(arguments)

    def _name(self, expectation: str) -> str:
        token = self._take()
        if token.kind in ("quoted", "cf"):
            return token.text
        if token.kind != "word":
            raise self._unexpected(expectation, token)
        if token.text.lower() in RESERVED:
            raise _refusal(
                self._text,
                token.at,
                f"'{token.text}' is a reserved JQL word. You must surround it in quotation marks "
                "to use it in a query.",
            )
        return token.text

    def _order(self) -> tuple[Order, ...]:
        self._next += 2
        order = [self._order_key()]
        while self._accept(","):
            order.append(self._order_key())
        return tuple(order)

    def _order_key(self) -> Order:
        field = self._name("Expecting a field name")
        descending = self._accept("desc")
        if not descending:
            self._accept("asc")
        return Order(field=field, descending=descending)

    def _expect(self, symbol: str) -> None:
        token = self._take()
        if not token.says(symbol):
            raise self._unexpected(f"Expecting '{symbol}'", token)

    def _unexpected(self, expectation: str, token: _Token) -> JiraError:
        if token.kind == "end":
            return JiraError(
                400, f"Error in the JQL Query: {expectation} before the end of the query."
            )
        return _refusal(self._text, token.at, f"{expectation} but got '{token.text}'.")
