"""Splits a script into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mixpanel_data_standins.mixpanel.querying.jql.errors import ScriptError

_TOKEN = re.compile(
    r"""(?:\s|//[^\n]*|/\*.*?\*/)*(?:
        (?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<word>[A-Za-z_$][\w$]*)
      | (?P<sign>===|!==|=>|==|!=|<=|>=|&&|\|\||\+\+|--|\+=|-=|\*=|/=|[-+*/%<>!?:;,.(){}\[\]=])
      | (?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


@dataclass(frozen=True, slots=True)
class Token:
    """A number, string, word, sign or the end (`kind`), its text, and its line, from 1."""

    kind: str
    text: str
    line: int

    def unquoted(self) -> str:
        """The text of a string token without its quotes and escapes."""
        return _ESCAPE.sub(_unescaped, self.text[1:-1])


def tokens(script: str) -> list[Token]:
    """The tokens of a script; the last is of kind `end`. ScriptError at the first unknown character."""
    found: list[Token] = []
    at = 0
    while not found or found[-1].kind != "end":
        token = _TOKEN.match(script, at)
        if token is None:
            raise ScriptError("SyntaxError: Invalid or unexpected token", script.count("\n", 0, at) + 1)
        kind = token.lastgroup or "end"
        found.append(Token(kind, token[kind], script.count("\n", 0, token.start(kind)) + 1))
        at = token.end()
    return found


def _unescaped(escape: re.Match[str]) -> str:
    text = escape[1]
    if len(text) > 1:
        return chr(int(text[1:], 16))
    return _ESCAPES.get(text, text)
