"""The `where` language of Mixpanel's export: a text in, a test of one event out.

    either     = both {"or" both}
    both       = negation {"and" negation}
    negation   = "not" negation | comparison
    comparison = sum [("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") sum]
    sum        = product {("+" | "-") product}
    product    = unary {("*" | "/" | "%") unary}
    unary      = "-" unary | primary
    primary    = number | string | "true" | "false" | list | "(" either ")"
               | ("properties" | "event" | "user") "[" string "]"
               | function "(" either ")"
    function   = "defined" | "boolean" | "number" | "string" | "datetime" | "floor" | "round" | "ceil"
    list       = "[" [either {"," either}] "]"

Values are strings, floats, booleans, None (null), lists, moments and UNDEFINED, which is also what an
operator makes of operands that it has no meaning for. Forms that scripts use but the reference does not
state (AND, a single =, any(), string() of two) are refused, so that no client comes to rely on them.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from mixpanel_data_standins.mixpanel import lines

MOST_NESTED = 40

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>==|!=|>=|<=|[-+*/%<>()\[\],])
      | (?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_NUMERIC_TEXT = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*")


class ExpressionError(ValueError):
    """The expression cannot be read, or not be applied to an event; the text names the character, from 1."""

    def __init__(self, problem: str, position: int) -> None:
        super().__init__(f"{problem} at character {position + 1}")


class Undefined(Enum):
    """The value of what is not there."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, in seconds since 1970 on the clock that the project's `datetime()` uses."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Event:
    """What an expression sees of an event: its properties, numbers as floats, and when it happened."""

    properties: Mapping[str, object]
    time: Moment | Undefined


Evaluate = Callable[[Event], object]


def compile_where(text: str) -> Callable[[Event], bool]:
    """A test of events; both making and applying it raise ExpressionError. Undefined counts as false."""
    parser = _Parser(_tokens(text))
    evaluate = parser.either()
    parser.expect_end()
    return lambda event: _truth(evaluate(event), 0)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        token = _TOKEN.match(text, at)
        if token is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            problem = "string without an end" if text[start] == '"' else f"unexpected {text[start]!r}"
            raise ExpressionError(problem, start)
        kind = token.lastgroup or "end"
        found.append(_Token(kind, token[kind], token.start(kind)))
        at = token.end()
    return found


@dataclass(slots=True)
class _Parser:
    """Recursive descent; one method for each rule of the grammar above."""

    tokens: list[_Token]
    at: int = 0
    nested: int = 0

    def either(self) -> Evaluate:
        self._deeper()
        parts = self._separated_by("or", self._both)
        self.nested -= 1
        return parts[0][1] if len(parts) == 1 else _any_of(parts)

    def expect_end(self) -> None:
        if self._here.kind != "end":
            raise self._unexpected()

    def _both(self) -> Evaluate:
        parts = self._separated_by("and", self._negation)
        return parts[0][1] if len(parts) == 1 else _all_of(parts)

    def _negation(self) -> Evaluate:
        word = self._here
        if not self._skip("not"):
            return self._comparison()
        self._deeper()
        operand = self._negation()
        self.nested -= 1
        return lambda event: _not(operand(event), word.position)

    def _comparison(self) -> Evaluate:
        left = self._sum()
        compare = _COMPARISONS.get(self._here.text) if self._here.kind in ("sign", "word") else None
        if compare is None:
            return left
        self.at += 1
        right = self._sum()
        return lambda event: compare(left(event), right(event))

    def _sum(self) -> Evaluate:
        return self._chain({"+": _add, "-": _numeric(operator.sub)}, self._product)

    def _product(self) -> Evaluate:
        signs = {"*": _numeric(operator.mul), "/": _numeric(operator.truediv), "%": _numeric(math.fmod)}
        return self._chain(signs, self._unary)

    def _unary(self) -> Evaluate:
        if not self._skip("-"):
            return self._primary()
        self._deeper()
        operand = self._unary()
        self.nested -= 1
        return lambda event: _negative(operand(event))

    def _primary(self) -> Evaluate:
        token = self._here
        self.at += 1
        if token.kind == "number":
            return _constant(float(token.text))
        if token.kind == "string":
            return _constant(_unquoted(token))
        if token.text in _ACCESSORS and token.kind == "word":
            return self._accessor(_ACCESSORS[token.text])
        if token.text in _FUNCTIONS and token.kind == "word":
            return self._call(_FUNCTIONS[token.text])
        if token.text in ("true", "false"):
            return _constant(token.text == "true")
        if token.text == "[":
            return self._list()
        if token.text == "(":
            return self._closed_by(")", self.either())
        self.at -= 1
        raise self._unexpected()

    def _accessor(self, access: Callable[[Event, str], object]) -> Evaluate:
        self._expect("[")
        if self._here.kind != "string":
            raise self._unexpected("a name in double quotes")
        name = _unquoted(self._here)
        self.at += 1
        return self._closed_by("]", lambda event: access(event, name))

    def _call(self, function: Callable[[object], object]) -> Evaluate:
        self._expect("(")
        argument = self.either()
        return self._closed_by(")", lambda event: function(argument(event)))

    def _list(self) -> Evaluate:
        items = [] if self._here.text == "]" else [item for _, item in self._separated_by(",", self.either)]
        return self._closed_by("]", lambda event: [item(event) for item in items])

    def _chain(self, signs: Mapping[str, _Binary], operand: Callable[[], Evaluate]) -> Evaluate:
        first = operand()
        rest: list[tuple[_Binary, Evaluate]] = []
        while self._here.kind == "sign" and (binary := signs.get(self._here.text)):
            self.at += 1
            rest.append((binary, operand()))
        return _folded(first, rest) if rest else first

    def _separated_by(self, mark: str, part: Callable[[], Evaluate]) -> list[tuple[int, Evaluate]]:
        parts = [(self._here.position, part())]
        while self._skip(mark):
            parts.append((self._here.position, part()))
        return parts

    def _closed_by(self, sign: str, evaluate: Evaluate) -> Evaluate:
        self._expect(sign)
        return evaluate

    @property
    def _here(self) -> _Token:
        return self.tokens[self.at]

    def _skip(self, mark: str) -> bool:
        found = self._here.text == mark and self._here.kind in ("sign", "word")
        self.at += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise self._unexpected(repr(sign))

    def _deeper(self) -> None:
        self.nested += 1
        if self.nested > MOST_NESTED:
            raise ExpressionError("nested too deeply", self._here.position)

    def _unexpected(self, wanted: str = "") -> ExpressionError:
        found = repr(self._here.text) if self._here.text else "end"
        return ExpressionError(f"unexpected {found}{wanted and ' instead of ' + wanted}", self._here.position)


def _unquoted(token: _Token) -> str:
    try:
        return str(json.loads(token.text, strict=False))
    except ValueError:
        raise ExpressionError("bad escape in the string", token.position) from None


def _constant(value: object) -> Evaluate:
    return lambda _event: value


def _folded(first: Evaluate, rest: list[tuple[_Binary, Evaluate]]) -> Evaluate:
    def evaluate(event: Event) -> object:
        value = first(event)
        for binary, operand in rest:
            value = binary(value, operand(event))
        return value

    return evaluate


def _any_of(parts: list[tuple[int, Evaluate]]) -> Evaluate:
    return lambda event: any(_truths(parts, event))


def _all_of(parts: list[tuple[int, Evaluate]]) -> Evaluate:
    return lambda event: all(_truths(parts, event))


def _truths(parts: list[tuple[int, Evaluate]], event: Event) -> list[bool]:
    # Every part is evaluated, so that one of a wrong type is found whatever the others say.
    return [_truth(part(event), position) for position, part in parts]


def _truth(value: object, position: int) -> bool:
    if isinstance(value, bool):
        return value
    if value is UNDEFINED:
        return False
    raise ExpressionError(f"{_type_name(value)} where a boolean is needed, in the part", position)


def _not(value: object, position: int) -> bool:
    return not _truth(value, position)


def _type_name(value: object) -> str:
    names = {str: "a string", float: "a number", list: "a list", Moment: "a datetime", type(None): "null"}
    return names.get(type(value), "an object")


_Binary = Callable[[object, object], object]


def _numeric(calculate: Callable[[float, float], float]) -> _Binary:
    def binary(left: object, right: object) -> object:
        if not isinstance(left, float) or not isinstance(right, float):
            return UNDEFINED
        try:
            return _finite(calculate(left, right))
        except (ArithmeticError, ValueError):  # by zero, or fmod of infinity
            return UNDEFINED

    return binary


def _add(left: object, right: object) -> object:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return _ADD_NUMBERS(left, right)


def _finite(value: float) -> object:
    return value if math.isfinite(value) else UNDEFINED


def _negative(value: object) -> object:
    return -value if isinstance(value, float) else UNDEFINED


def _equal(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


def _unequal(left: object, right: object) -> bool:
    return not _equal(left, right)


def _ordered(compare: Callable[[float, float], bool]) -> _Binary:
    def binary(left: object, right: object) -> object:
        if isinstance(left, Moment) and isinstance(right, Moment):
            return compare(left.seconds, right.seconds)
        return compare(left, right) if isinstance(left, float) and isinstance(right, float) else UNDEFINED

    return binary


def _in(left: object, right: object) -> object:
    if isinstance(right, list):
        return any(_equal(left, item) for item in right)
    return left in right if isinstance(left, str) and isinstance(right, str) else UNDEFINED


def _property(event: Event, name: str) -> object:
    # The server filters by `$time`; `time` itself is not among what it can see.
    if name == "$time":
        return event.time
    return UNDEFINED if name == "time" else event.properties.get(name, UNDEFINED)


def _of_event(event: Event, name: str) -> object:
    return event.time if name == "$time" else UNDEFINED


def _of_user(_event: Event, _name: str) -> object:
    return UNDEFINED  # there are no profiles here


def _boolean(value: object) -> object:
    return value not in (UNDEFINED, None, False, 0.0, "", "false")


def _number(value: object) -> object:
    if isinstance(value, str):
        return _finite(float(value)) if _NUMERIC_TEXT.fullmatch(value) else UNDEFINED
    return float(value) if isinstance(value, (bool, float)) else UNDEFINED


def _string(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, Moment):
        return _iso_of(value)
    return value if isinstance(value, str) or value is None else UNDEFINED


def _iso_of(moment: Moment) -> object:
    try:
        return datetime.fromtimestamp(moment.seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError):
        return UNDEFINED


def _datetime(value: object) -> object:
    if isinstance(value, Moment):
        return value
    seconds = lines.seconds_of_iso(value) if isinstance(value, str) else value
    return Moment(seconds) if isinstance(seconds, float) else UNDEFINED


def _whole(calculate: Callable[[float], int]) -> Callable[[object], object]:
    def function(value: object) -> object:
        return float(calculate(value)) if isinstance(value, float) and math.isfinite(value) else UNDEFINED

    return function


_ADD_NUMBERS = _numeric(operator.add)
_COMPARISONS: Mapping[str, _Binary] = {
    "==": _equal,
    "!=": _unequal,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "in": _in,
}
_ACCESSORS: Mapping[str, Callable[[Event, str], object]] = {
    "properties": _property,
    "event": _of_event,
    "user": _of_user,
}
_FUNCTIONS: Mapping[str, Callable[[object], object]] = {
    "defined": lambda value: value is not UNDEFINED,
    "boolean": _boolean,
    "number": _number,
    "string": _string,
    "datetime": _datetime,
    "floor": _whole(math.floor),
    "round": _whole(lambda value: math.floor(value + 0.5)),
    "ceil": _whole(math.ceil),
}
