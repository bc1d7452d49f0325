"""Text whose characters all show: names of events come from anybody who has a project's public token."""

import json
import re
import unicodedata

# Zero width joiner and non-joiner: scripts and emoji need them, and neither hides or moves other text.
_JOINERS = "\u200c\u200d"
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
# Controls, which 8-bit terminals obey like escape sequences, and what turns the direction of writing.
_UNESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """The text with an escape such as `\\x1b` for each character that does not print, or that turns the direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def visible_lines(text: str) -> str:
    """The same for text of several lines, which stay lines."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    """A JSON document with its own escapes for what `visible` escapes: the value is the same, and no terminal obeys it.

    JSON has to escape no more than the characters below U+0020.
    """
    return text if text.isascii() and text.isprintable() else _UNESCAPED.sub(_json_escape, text)


def _json_escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _UNSEEN:
        # U+FFFE and U+FFFF are no characters, and no page may have them.
        return character if ord(character) & 0xFFFE != 0xFFFE else f"\\U{ord(character):08x}"
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
