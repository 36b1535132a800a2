"""JSON that a person typed or copied: what it holds, or where it breaks off and why."""

import json
import math
import re
from dataclasses import dataclass
from json import JSONDecodeError

DEEPEST = 25
"""Levels of JSON; DynamoDB stores 32, and what people type is put into some of its own."""

_BROKEN = (
    ("Unexpected UTF-8 BOM", "an invisible byte order mark stands before the JSON"),
    ("Expecting ','", "a comma is expected"),
    ("Expecting ':'", "a colon is expected"),
    ("Expecting property name", "a key in double quotes is expected"),
    ("Expecting value", "a value is expected"),
    ("Extra data", "something follows its end"),
    ("Unterminated string", "a text begins that has no end"),
    ("Invalid control character", "a text holds a line break or the like"),
    ("Invalid \\", "a text holds a backslash that must be doubled"),
)
"""What Python's parser says (https://docs.python.org/3/library/json.html), in words of ours."""

_QUOTES = "\u201c\u201d\u201e\u2018\u2019'`"

_TRAILING = re.compile(r",(?=\s*[]}])")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJson:
    """Where a text stops being JSON; `why` is the end of a sentence.

    Without a line where it is nested too deeply, or holds a number that is none.
    """

    line: int | None
    column: int | None
    why: str

    @property
    def says(self) -> str:
        """A sentence for people."""
        if self.line is None:
            return f"It cannot be read: {self.why}."
        return f"Line {self.line}, column {self.column}: here {self.why}."


def read_json(text: str) -> object | NotJson:
    """What the text holds, in JSON's types."""
    if not text.strip():
        return NotJson(line=None, column=None, why="there is nothing in it")
    try:
        found: object = json.loads(text, parse_float=_finite, parse_constant=_finite)
    except JSONDecodeError as error:
        return _broken(error)
    except RecursionError:
        return _TOO_DEEP
    except ValueError:
        return NotJson(line=None, column=None, why="a number in it is too large, or is none")
    return _TOO_DEEP if _is_deeper(found, DEEPEST) else found


_TOO_DEEP = NotJson(line=None, column=None, why="it is nested too deeply")


def _is_deeper(value: object, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in value)


def _broken(error: JSONDecodeError) -> NotJson:
    """Where and why; some versions of Python blame the bracket for the comma before it."""
    rest = error.doc[error.pos :]
    comma = error.pos if rest[:1] == "," else len(error.doc[: error.pos].rstrip()) - 1
    if error.doc[comma : comma + 1] == "," and _TRAILING.match(error.doc, comma):
        at = JSONDecodeError(error.msg, error.doc, comma)
        return NotJson(line=at.lineno, column=at.colno, why="a comma stands that nothing follows")
    if rest.startswith("<"):
        why = "a page of HTML or XML begins, which is no JSON"
    elif rest and rest[0] in _QUOTES:
        why = 'another quotation mark stands than the straight double one (")'
    elif not rest.strip():
        why = "it ends too early"
    else:
        whys = (says for start, says in _BROKEN if error.msg.startswith(start))
        why = next(whys, "it cannot be read")
    return NotJson(line=error.lineno, column=error.colno, why=why)


def _finite(text: str) -> float:
    """Python's parser takes NaN and Infinity, which JSON has not and no table stores."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
