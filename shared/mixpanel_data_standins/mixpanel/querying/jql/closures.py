"""Compiled parts of scripts: expressions, places that can be assigned to, statements, and the scopes they run in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mixpanel_data_standins.mixpanel.querying.jql.errors import ScriptError
from mixpanel_data_standins.mixpanel.querying.jql.members import member, set_member
from mixpanel_data_standins.mixpanel.querying.jql.values import UNDEFINED, Function, number, text, truthy

MOST_ROUNDS = 200_000


@dataclass(slots=True)
class Scope:
    """The variables of a function or block, and of everything around it."""

    names: dict[str, object] = field(default_factory=dict)
    outer: Scope | None = None

    def holder(self, name: str) -> dict[str, object] | None:
        """The variables among which a name is; None for an unknown name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names
            scope = scope.outer
        return None


@dataclass(frozen=True, slots=True)
class Returned:
    """The end of a function by `return`."""

    value: object


Expression = Callable[[Scope], object]
Statement = Callable[[Scope], Returned | None]


@dataclass(frozen=True, slots=True)
class Part:
    """An expression, and how to assign to it, if it is a place."""

    get: Expression
    set: Callable[[Scope, object], None] | None = None


def variable(name: str, line: int) -> Part:
    """A variable by its name."""

    def get(scope: Scope) -> object:
        return _holder(scope, name, line)[name]

    def assign(scope: Scope, value: object) -> None:
        _holder(scope, name, line)[name] = value

    return Part(get, assign)


def property_of(whole: Expression, name: Expression, line: int) -> Part:
    """whole[name]."""
    return Part(
        lambda scope: member(whole(scope), name(scope), line),
        lambda scope, value: set_member(whole(scope), name(scope), value, line),
    )


def call_of(function: Expression, arguments: Sequence[Expression], shown: str, line: int) -> Part:
    """function(arguments); `shown` is its text in the script."""

    def get(scope: Scope) -> object:
        callee = function(scope)
        if not callable(callee):
            raise ScriptError(f"TypeError: {shown} is not a function", line)
        return called(callee, [argument(scope) for argument in arguments], shown, line)

    return Part(get)


def called(function: Function, given: list[object], shown: str, line: int) -> object:
    """The result of a call. Whatever a built-in function cannot do is a TypeError of the script."""
    try:
        return function(given)
    except RecursionError:
        raise ScriptError("RangeError: Maximum call stack size exceeded", line) from None
    except (TypeError, ValueError, IndexError, AttributeError, OverflowError):
        kinds = ", ".join(text(one)[:40] for one in given)
        raise ScriptError(f"TypeError: invalid arguments of {shown}: {kinds}", line) from None


def function_of(names: Sequence[str], body: Statement) -> Expression:
    """A function with these parameters."""

    def get(scope: Scope) -> object:
        def function(given: list[object]) -> object:
            inner = Scope(dict.fromkeys(names, UNDEFINED), scope)
            inner.names.update(zip(names, given, strict=False))
            ended = body(inner)
            return UNDEFINED if ended is None else ended.value

        return function

    return get


def block_of(statements: Sequence[Statement]) -> Statement:
    """Statements one after the other."""

    def run(scope: Scope) -> Returned | None:
        for statement in statements:
            ended = statement(scope)
            if ended is not None:
                return ended
        return None

    return run


def loop_of(
    start: Statement, goes_on: Callable[[Scope], bool], following: Expression, body: Statement, line: int
) -> Statement:
    """for (start; goes_on; following) body."""

    def run(scope: Scope) -> Returned | None:
        start(scope)
        rounds = 0
        while goes_on(scope):
            ended = body(scope)
            if ended is not None:
                return ended
            following(scope)
            rounds += 1
            if rounds > MOST_ROUNDS:
                raise ScriptError("Error: script exceeded its time limit", line)
        return None

    return run


def constant(value: object) -> Expression:
    """A value that is the same in every scope."""
    return lambda _scope: value


def run_of(value: Expression) -> Statement:
    """An expression as a statement."""

    def run(scope: Scope) -> None:
        value(scope)

    return run


def throw_of(value: Expression, line: int) -> Statement:
    """throw value."""

    def run(scope: Scope) -> None:
        raise ScriptError(text(value(scope)), line)

    return run


def binary_of(binary: Callable[[object, object], object], left: Expression, right: Expression) -> Expression:
    """left sign right."""
    return lambda scope: binary(left(scope), right(scope))


def either_of(left: Expression, right: Expression) -> Expression:
    """left || right."""

    def get(scope: Scope) -> object:
        value = left(scope)
        return value if truthy(value) else right(scope)

    return get


def both_of(left: Expression, right: Expression) -> Expression:
    """left && right."""

    def get(scope: Scope) -> object:
        value = left(scope)
        return right(scope) if truthy(value) else value

    return get


def assignment_of(target: Part, value: Expression) -> Part:
    """target = value."""

    def get(scope: Scope) -> object:
        new = value(scope)
        if target.set is not None:
            target.set(scope, new)
        return new

    return Part(get)


def step_of(target: Part, sign: str, line: int, *, is_before: bool) -> Part:
    """++target or target++, and the same with --."""
    if target.set is None:
        raise ScriptError("SyntaxError: Invalid left-hand side expression", line)
    place, step = target.set, 1.0 if sign == "++" else -1.0

    def get(scope: Scope) -> object:
        old = number(target.get(scope))
        place(scope, old + step)
        return old + step if is_before else old

    return Part(get)


def _holder(scope: Scope, name: str, line: int) -> dict[str, object]:
    found = scope.holder(name)
    if found is None:
        raise ScriptError(f"ReferenceError: {name} is not defined", line)
    return found
