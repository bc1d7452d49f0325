"""The names that a fetch can give its table, and the texts that it can ask Mixpanel with."""

from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.identifiers import IDENTIFIER, RESERVED


def check_name(name: str) -> None:
    """Raise RequestError for a name that a query would have to quote, or that a fetch keeps for itself."""
    if not IDENTIFIER.fullmatch(name):
        problem = "is not an identifier"
    elif name.startswith("_"):
        problem = "begins with _, which is for tables of unfinished fetches"
    elif RESERVED.fullmatch(name):
        problem = "is a word of SQL"
    else:
        return
    raise RequestError(
        f"The table's name {name!r} {problem}. Use letters, digits and _, begin with a letter, and avoid words of SQL."
    )


def check_unicode(parameter: str, text: str | None) -> None:
    """Raise RequestError for a text that no request can carry: half a UTF-16 pair, or a byte that is not UTF-8."""
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise RequestError(
            f"{parameter} is {text!r}, whose character {error.start + 1} is not valid Unicode. Correct it."
        ) from error
