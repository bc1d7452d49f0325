"""Values as `.env` has them."""

import re

# What no reader of such files takes for anything else.
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
# What single quotes cannot hold as it is: python-dotenv also reads a carriage return as a line feed.
_ESCAPED = re.compile(r"['\\\r\n]")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r"})


def quoted(value: str) -> str:
    """The value as it has to stand behind `NAME=`, so that python-dotenv reads exactly it; on one line."""
    if _PLAIN.fullmatch(value):
        return value
    # It replaces `${NAME}` within any quotes, but only once: by $, the default of a variable without a name.
    text = value.replace("${", "${:-$}{")
    return f'"{text.translate(_ESCAPES)}"' if _ESCAPED.search(text) else f"'{text}'"
