"""Text from events, made safe for Slack: it can mention nobody, link nothing and break out of nothing.

In this order: redact (`base.redaction`), clean and cut (`clean`), escape (`escaped`); then in plain_text or in code
(`code`, `preformatted`). tests/detect/messages/wording/test_hostile_text.py tries all of it with hostile text.
"""

import re
import unicodedata

from mixpanel_data.base.redaction import Redactor

NAME_SIZE = 80
"""Characters of a name that are shown, before they are escaped."""

_SPECIAL_MENTION = re.compile(r"@(?=here|channel|everyone)", re.IGNORECASE)
_ZERO_WIDTH = "\u200b"
_JOINERS = "\u200c\u200d"
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def shown_name(name: str, redactor: Redactor, size: int = NAME_SIZE) -> str:
    """An event's or a property's name as plain text: redacted and cleaned."""
    return clean(redactor.text(name), size)


def clean(text: str, size: int) -> str:
    """One line of at most `size` characters, without any that do not print or turn the direction of writing."""
    # Eight times the size: nobody needs to see all of a value of megabytes, and much of its start may not print.
    visible = "".join(_visible(character) for character in text[: 8 * size])
    line = " ".join(visible.split())
    cut = line if len(line) <= size else f"{line[: size - 1].rstrip()}…"
    # Slack reads `@here` as plain text by default. A zero-width space makes sure, whatever its default becomes.
    return _SPECIAL_MENTION.sub(f"@{_ZERO_WIDTH}", cut)


def _visible(character: str) -> str:
    return " " if unicodedata.category(character) in _INVISIBLE and character not in _JOINERS else character


def escaped(text: str) -> str:
    """Plain text as mrkdwn: the three characters that Slack gives a meaning, as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(cleaned: str) -> str:
    """Cleaned text as a code span, which shows it as it is written."""
    unquoted = cleaned.replace("`", "'")
    return f"`{escaped(unquoted)}`" if cleaned else "(empty)"


def preformatted(escaped_lines: str) -> str:
    """Escaped lines as a code block."""
    return "```" + escaped_lines.replace("`", "'") + "```"
