"""The file `.env`: read without a library where it is plain, and edited line by line."""

import re
from collections.abc import Mapping

from mixpanel_data.initialization.quoting import quoted

_PLAIN = re.compile(r"""(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=('[^'\\]*'|"(?:[^"\\]|\\.)*"|[^\s'"\\$#]*)\s*""")
# The escapes that `quoted` writes; any other is for python-dotenv.
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"\\": "\\", '"': '"', "n": "\n", "r": "\r"}
_NO_REFERENCE = "${:-$}{"


def plain_variables(text: str) -> Mapping[str, str] | None:
    """The variables of a text in which every line is NAME=value, with or without quotes; None for any other text.

    Lines with other escapes than `quoted` writes, references, comments behind the value or several lines of value are
    for python-dotenv to read.
    """
    found: dict[str, str] = {}
    for line in re.split("[\r\n]+", text):
        if line.strip() and not line.lstrip().startswith("#"):
            match = _PLAIN.fullmatch(line.strip())
            value = _unquoted(match[2]) if match else None
            if match is None or value is None:
                return None
            found[match[1]] = value
    return found


def edited(text: str, variables: Mapping[str, str]) -> str:
    """The text with these values: a line that sets a variable otherwise is replaced, one that is missing is added."""
    for name, value in variables.items():
        line = f"{name}={quoted(value)}"
        setting = re.compile(rf"^[ \t]*(?:export[ \t]+)?{name}[ \t]*=.*$", re.MULTILINE)
        if setting.search(text):
            # re.sub would take a backslash in the value for an escape.
            text = setting.sub(line.replace("\\", r"\\"), text)
        else:
            text += ("" if not text or text.endswith("\n") else "\n") + f"{line}\n"
    return text


def _unquoted(text: str) -> str | None:
    """The value that such a text stands for, as `quoted` writes it; None where that is for python-dotenv to say."""
    inner = text
    if text[:1] in ("'", '"'):
        inner = text[1:-1]
    if text[:1] == '"':
        if not all(escape in _ESCAPES for escape in _ESCAPE.findall(inner)):
            return None
        inner = _ESCAPE.sub(lambda found: _ESCAPES[found[1]], inner)
    parts = inner.split(_NO_REFERENCE)
    return None if any("${" in part for part in parts) else "${".join(parts)
