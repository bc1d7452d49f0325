"""The values of `format` that the registry checks, as patterns for RE2.

They accept what the package jsonschema accepts with its format checkers: RFC 3339 without leap seconds, RFC 3986
without a look into IPv6 addresses, and for e-mail addresses no more than an @.
"""

from collections.abc import Mapping

_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_DAY = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_UNRESERVED = r"A-Za-z0-9._~!$&'()*+,;=\-"
_PCHAR = f"(?:[{_UNRESERVED}:@]|%[0-9A-Fa-f]{{2}})"
_AUTHORITY = (
    rf"(?:(?:[{_UNRESERVED}:]|%[0-9A-Fa-f]{{2}})*@)?"
    rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[{_UNRESERVED}]|%[0-9A-Fa-f]{{2}})*)(?::[0-9]*)?"
)
_URI = (
    rf"[A-Za-z][A-Za-z0-9+.-]*:(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?"
    rf"|{_PCHAR}+(?:/{_PCHAR}*)*|)(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
)

FORMATS: Mapping[str, str] = {
    "date-time": rf"\A{_DAY}[Tt]{_TIME}\z",
    "date": rf"\A{_DAY}\z",
    "time": rf"\A{_TIME}\z",
    "email": "@",
    "uri": rf"\A(?:{_URI})\z",
    "uuid": r"\A[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\z",
    "ipv4": rf"\A{_OCTET}(?:\.{_OCTET}){{3}}\z",
}
"""Each format with the pattern that finds a match in a string of that format."""


def known_format(name: str) -> str:
    """The name, unchanged. Raises ValueError for a format that SQL does not check."""
    if name not in FORMATS:
        raise ValueError(f"SQL checks the formats {', '.join(FORMATS)}: give one of them, or a pattern")
    return name
