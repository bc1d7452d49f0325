"""Text whose characters all show: names of events come from anybody who has a project's public token."""

import unicodedata

# Zero width joiner and non-joiner: scripts and emoji need them, and neither hides or moves other text.
_JOINERS = "\u200c\u200d"
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def visible(text: str) -> str:
    """The text with an escape such as `\\x1b` for each character that does not print, or that turns the direction."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _UNSEEN:
        # U+FFFE and U+FFFF are no characters, and no page may have them.
        return character if ord(character) & 0xFFFE != 0xFFFE else f"\\U{ord(character):08x}"
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
