"""A recursive-descent parser that compiles a script to closures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mixpanel_data_standins.mixpanel.querying.jql.closures import (
    Expression,
    Part,
    Returned,
    Scope,
    Statement,
    assignment_of,
    binary_of,
    block_of,
    both_of,
    call_of,
    constant,
    either_of,
    function_of,
    loop_of,
    property_of,
    run_of,
    step_of,
    throw_of,
    variable,
)
from mixpanel_data_standins.mixpanel.querying.jql.errors import ScriptError
from mixpanel_data_standins.mixpanel.querying.jql.tokens import Token, tokens
from mixpanel_data_standins.mixpanel.querying.jql.values import BINARY, UNDEFINED, number, truthy, type_of

# From the loosest to the tightest binding, between && and the unary operators.
_LEVELS: Sequence[frozenset[str]] = (
    frozenset({"===", "!==", "==", "!="}),
    frozenset({"<", "<=", ">", ">=", "in"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_SHOWN_CHARACTERS = 40
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}
_UNARY: Mapping[str, Callable[[object], object]] = {
    "!": lambda value: not truthy(value),
    "-": lambda value: -number(value),
    "+": number,
    "typeof": type_of,
}


def compile_script(script: str) -> Statement:
    """The script as a statement that defines its functions. ScriptError for one that is not understood."""
    parser = _Parser(tokens(script))
    statements: list[Statement] = []
    while parser.here.kind != "end":
        statements.append(parser.statement())
    return block_of(statements)


def _nothing(_scope: Scope) -> None:
    return None


@dataclass(slots=True)
class _Parser:
    tokens: list[Token]
    at: int = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def statement(self) -> Statement:
        line = self.here.line
        if self._is("{"):
            return self._block()
        if self._skip("function"):
            return self._declared_function()
        if self.here.kind == "word" and self.here.text in ("var", "let", "const"):
            return self._ended(self._variables())
        if self._skip("if"):
            return self._if()
        if self._skip("for"):
            return self._for(line)
        if self._skip("while"):
            condition = self._in_brackets()
            return loop_of(_nothing, lambda scope: truthy(condition(scope)), _nothing, self.statement(), line)
        if self._skip("return"):
            value = constant(UNDEFINED) if self._is(";") or self._is("}") else self.expression().get
            return self._ended(lambda scope: Returned(value(scope)))
        if self._skip("throw"):
            return self._ended(throw_of(self.expression().get, line))
        if self._skip(";"):
            return _nothing
        return self._ended(run_of(self.expression().get))

    def expression(self) -> Part:
        if self._is_arrow():
            return self._arrow()
        target = self._choice()
        sign = self.here.text if self.here.kind == "sign" else ""
        if sign not in ("=", "+=", "-=", "*=", "/="):
            return target
        self.at += 1
        if target.set is None:
            raise ScriptError("SyntaxError: Invalid left-hand side in assignment", self.here.line)
        value = self.expression().get
        return assignment_of(target, value if sign == "=" else binary_of(BINARY[sign[0]], target.get, value))

    def _declared_function(self) -> Statement:
        name = self._word()
        function = self._function()

        def declare(scope: Scope) -> None:
            scope.names[name] = function(scope)

        return declare

    def _function(self) -> Expression:
        names = self._names()
        return function_of(names, self._block())

    def _names(self) -> list[str]:
        self._expect("(")
        names: list[str] = []
        while not self._skip(")"):
            names.append(self._word())
            if not self._is(")"):
                self._expect(",")
        return names

    def _is_arrow(self) -> bool:
        if self.here.kind == "word":
            return self.tokens[self.at + 1].text == "=>"
        if not self._is("("):
            return False
        depth = 0
        for position in range(self.at, len(self.tokens) - 1):
            sign = self.tokens[position].text if self.tokens[position].kind == "sign" else ""
            depth += (sign == "(") - (sign == ")")
            if depth == 0:
                return self.tokens[position + 1].text == "=>"
        return False

    def _arrow(self) -> Part:
        names = self._names() if self._is("(") else [self._word()]
        self._expect("=>")
        if self._is("{"):
            return Part(function_of(names, self._block()))
        value = self.expression().get
        return Part(function_of(names, lambda scope: Returned(value(scope))))

    def _block(self) -> Statement:
        self._expect("{")
        statements: list[Statement] = []
        while not self._skip("}"):
            statements.append(self.statement())
        return block_of(statements)

    def _variables(self) -> Statement:
        self.at += 1
        statements = [self._variable()]
        while self._skip(","):
            statements.append(self._variable())
        return block_of(statements)

    def _variable(self) -> Statement:
        name = self._word()
        value = self.expression().get if self._skip("=") else constant(UNDEFINED)

        def declare(scope: Scope) -> None:
            scope.names[name] = value(scope)

        return declare

    def _if(self) -> Statement:
        condition, then = self._in_brackets(), self.statement()
        otherwise = self.statement() if self._skip("else") else _nothing
        return lambda scope: then(scope) if truthy(condition(scope)) else otherwise(scope)

    def _for(self, line: int) -> Statement:
        self._expect("(")
        start: Statement = _nothing
        if not self._is(";"):
            is_declaration = self.here.text in ("var", "let", "const")
            start = self._variables() if is_declaration else run_of(self.expression().get)
        self._expect(";")
        condition = constant(True) if self._is(";") else self.expression().get
        self._expect(";")
        following = _nothing if self._is(")") else self.expression().get
        self._expect(")")
        return loop_of(start, lambda scope: truthy(condition(scope)), following, self.statement(), line)

    def _in_brackets(self) -> Expression:
        self._expect("(")
        value = self.expression().get
        self._expect(")")
        return value

    def _choice(self) -> Part:
        condition = self._either()
        if not self._skip("?"):
            return condition
        then = self.expression().get
        self._expect(":")
        otherwise = self.expression().get
        return Part(lambda scope: then(scope) if truthy(condition.get(scope)) else otherwise(scope))

    def _either(self) -> Part:
        left = self._both()
        while self._skip("||"):
            left = Part(either_of(left.get, self._both().get))
        return left

    def _both(self) -> Part:
        left = self._level(0)
        while self._skip("&&"):
            left = Part(both_of(left.get, self._level(0).get))
        return left

    def _level(self, level: int) -> Part:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while self.here.kind in ("sign", "word") and self.here.text in _LEVELS[level]:
            binary = BINARY[self.here.text]
            self.at += 1
            left = Part(binary_of(binary, left.get, self._level(level + 1).get))
        return left

    def _unary(self) -> Part:
        sign = self.here.text if self.here.kind in ("sign", "word") else ""
        if sign in ("++", "--"):
            self.at += 1
            return step_of(self._unary(), sign, self.here.line, is_before=True)
        if sign == "new":
            self.at += 1
            return self._unary()
        if sign not in _UNARY:
            return self._postfix()
        self.at += 1
        operand, unary = self._unary().get, _UNARY[sign]
        return Part(lambda scope: unary(operand(scope)))

    def _postfix(self) -> Part:
        first = self.at
        part = self._primary()
        shown = "".join(token.text for token in self.tokens[first : self.at])
        shown = shown if len(shown) <= _SHOWN_CHARACTERS else "(intermediate value)"
        while True:
            line = self.here.line
            if self._skip("."):
                name = self._word()
                part, shown = property_of(part.get, constant(name), line), f"{shown}.{name}"
            elif self._skip("["):
                part, shown = property_of(part.get, self.expression().get, line), f"{shown}[...]"
                self._expect("]")
            elif self._is("("):
                part, shown = call_of(part.get, self._arguments(), shown, line), f"{shown}(...)"
            elif self._is("++") or self._is("--"):
                self.at += 1
                return step_of(part, self.tokens[self.at - 1].text, line, is_before=False)
            else:
                return part

    def _arguments(self) -> list[Expression]:
        self._expect("(")
        return self._listed(")")

    def _listed(self, end: str) -> list[Expression]:
        items: list[Expression] = []
        while not self._skip(end):
            items.append(self.expression().get)
            if not self._is(end):
                self._expect(",")
        return items

    def _primary(self) -> Part:
        token = self.here
        self.at += 1
        if token.kind == "number":
            return Part(constant(float(int(token.text, 16)) if token.text[:2].lower() == "0x" else float(token.text)))
        if token.kind == "string":
            return Part(constant(token.unquoted()))
        if token.kind == "word":
            if token.text == "function":
                if self.here.kind == "word":
                    self.at += 1
                return Part(self._function())
            if token.text in _CONSTANTS:
                return Part(constant(_CONSTANTS[token.text]))
            return variable(token.text, token.line)
        if token.text == "(":
            inside = self.expression()
            self._expect(")")
            return inside
        if token.text == "[":
            items = self._listed("]")
            return Part(lambda scope: [item(scope) for item in items])
        if token.text == "{":
            return self._object()
        self.at -= 1
        raise self._unexpected()

    def _object(self) -> Part:
        members: list[tuple[str, Expression]] = []
        while not self._skip("}"):
            token = self.here
            self.at += 1
            if token.kind not in ("word", "string", "number"):
                self.at -= 1
                raise self._unexpected()
            name = token.unquoted() if token.kind == "string" else token.text
            value = self.expression().get if self._skip(":") else variable(name, token.line).get
            members.append((name, value))
            if not self._is("}"):
                self._expect(",")
        return Part(lambda scope: {name: value(scope) for name, value in members})

    def _ended(self, statement: Statement) -> Statement:
        """The statement, which a semicolon, a closing brace or the end of its line has to end."""
        before = self.tokens[self.at - 1].line
        if not (self._skip(";") or self._is("}") or self.here.kind == "end" or self.here.line > before):
            raise self._unexpected()
        return statement

    def _word(self) -> str:
        if self.here.kind != "word":
            raise self._unexpected()
        self.at += 1
        return self.tokens[self.at - 1].text

    def _is(self, mark: str) -> bool:
        return self.here.text == mark and self.here.kind in ("sign", "word")

    def _skip(self, mark: str) -> bool:
        found = self._is(mark)
        self.at += found
        return found

    def _expect(self, mark: str) -> None:
        if not self._skip(mark):
            raise self._unexpected()

    def _unexpected(self) -> ScriptError:
        shown = f"token {self.here.text}" if self.here.kind != "end" else "end of input"
        return ScriptError(f"SyntaxError: Unexpected {shown}", self.here.line)
