"""The grammar of the `where` language, and a recursive-descent parser that compiles an expression to closures.

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

Mixpanel accepts some forms that its reference does not document (AND, a single =, any(), string() of two arguments).
The parser refuses them, so that no client comes to rely on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mixpanel_data_standins.mixpanel.where.operators import (
    ACCESSORS,
    COMPARISONS,
    FUNCTIONS,
    PRODUCTS,
    SUMS,
    TEXT_COMPARISONS,
    Accessor,
    Binary,
    Unary,
    negative,
)
from mixpanel_data_standins.mixpanel.where.tokens import Token, tokens
from mixpanel_data_standins.mixpanel.where.values import Event, ExpressionError, truth

# A level of nesting takes 12 of the 1,000 frames that Python allows, and the caller's frames count too.
MOST_NESTED = 40

Evaluate = Callable[[Event], object]


def compile_where(text: str, *, orders_text: bool = False) -> Callable[[Event], bool]:
    """A predicate over events; both compiling and calling it raise ExpressionError. Undefined counts as false.

    With `orders_text` texts compare by their characters; else `<` and the like are undefined for them."""
    evaluate = _compiled(text, TEXT_COMPARISONS if orders_text else COMPARISONS)
    return lambda event: truth(evaluate(event), 0)


def compile_value(text: str) -> Evaluate:
    """The value of an expression for an event; both compiling and calling it raise ExpressionError."""
    return _compiled(text, COMPARISONS)


def _compiled(text: str, comparisons: Mapping[str, Binary]) -> Evaluate:
    parser = _Parser(tokens(text), comparisons)
    evaluate = parser.either()
    parser.expect_end()
    return evaluate


@dataclass(slots=True)
class _Parser:
    """Recursive descent; one method for each rule of the grammar above."""

    tokens: list[Token]
    comparisons: Mapping[str, Binary]
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
        return lambda event: not truth(operand(event), word.position)

    def _comparison(self) -> Evaluate:
        left = self._sum()
        compare = self.comparisons.get(self._here.text) if self._here.kind in ("sign", "word") else None
        if compare is None:
            return left
        self.at += 1
        right = self._sum()
        return lambda event: compare(left(event), right(event))

    def _sum(self) -> Evaluate:
        return self._chain(SUMS, self._product)

    def _product(self) -> Evaluate:
        return self._chain(PRODUCTS, self._unary)

    def _unary(self) -> Evaluate:
        if not self._skip("-"):
            return self._primary()
        self._deeper()
        operand = self._unary()
        self.nested -= 1
        return lambda event: negative(operand(event))

    def _primary(self) -> Evaluate:
        token = self._here
        self.at += 1
        if token.kind == "number":
            return _constant(float(token.text))
        if token.kind == "string":
            return _constant(token.unquoted())
        if token.text in ACCESSORS and token.kind == "word":
            return self._accessor(ACCESSORS[token.text])
        if token.text in FUNCTIONS and token.kind == "word":
            return self._call(FUNCTIONS[token.text])
        if token.text in ("true", "false"):
            return _constant(token.text == "true")
        if token.text == "[":
            return self._list()
        if token.text == "(":
            return self._closed_by(")", self.either())
        self.at -= 1
        raise self._unexpected()

    def _accessor(self, access: Accessor) -> Evaluate:
        self._expect("[")
        if self._here.kind != "string":
            raise self._unexpected("a name in double quotes")
        name = self._here.unquoted()
        self.at += 1
        return self._closed_by("]", lambda event: access(event, name))

    def _call(self, function: Unary) -> Evaluate:
        self._expect("(")
        argument = self.either()
        return self._closed_by(")", lambda event: function(argument(event)))

    def _list(self) -> Evaluate:
        items = [] if self._here.text == "]" else [item for _, item in self._separated_by(",", self.either)]
        return self._closed_by("]", lambda event: [item(event) for item in items])

    def _chain(self, signs: Mapping[str, Binary], operand: Callable[[], Evaluate]) -> Evaluate:
        first = operand()
        rest: list[tuple[Binary, Evaluate]] = []
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
    def _here(self) -> Token:
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

    def _unexpected(self, expected: str = "") -> ExpressionError:
        found = repr(self._here.text) if self._here.text else "end"
        return ExpressionError(f"unexpected {found}{expected and ' instead of ' + expected}", self._here.position)


def _constant(value: object) -> Evaluate:
    return lambda _event: value


def _folded(first: Evaluate, rest: list[tuple[Binary, Evaluate]]) -> Evaluate:
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
    # No short circuit: a part of the wrong type is an error, whatever the other parts evaluate to.
    return [truth(part(event), position) for position, part in parts]
