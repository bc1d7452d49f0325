"""Splits an expression into tokens."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from mixpanel_data_standins.mixpanel.where.values import ExpressionError

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>==|!=|>=|<=|[-+*/%<>()\[\],])
      | (?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A number, string, word, sign or the end (`kind`), its text, and its position in the expression, from 0."""

    kind: str
    text: str
    position: int

    def unquoted(self) -> str:
        """The text of a string token without its quotes and escapes. ExpressionError for an unknown escape."""
        try:
            return str(json.loads(self.text, strict=False))
        except ValueError:
            raise ExpressionError("bad escape in the string", self.position) from None


def tokens(text: str) -> list[Token]:
    """The tokens of an expression; the last is of kind `end`. ExpressionError at the first unknown character."""
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        token = _TOKEN.match(text, at)
        if token is None:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            problem = "string without an end" if text[start] == '"' else f"unexpected {text[start]!r}"
            raise ExpressionError(problem, start)
        kind = token.lastgroup or "end"
        found.append(Token(kind, token[kind], token.start(kind)))
        at = token.end()
    return found
