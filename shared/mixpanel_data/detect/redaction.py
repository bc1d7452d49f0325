"""What is not shown of events: personal data, by the name of a property or by what a value looks like.

The default hides what `$email`, `$name`, `$phone` and `$ip` hold, and properties that are plainly the same thing
(`user_email`, `firstName`, `phone_number`, `client_ip`); and within any text what looks like an e-mail address, a phone
number or an IP address. The configuration adds names and patterns; nothing takes away from the default.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mixpanel_data.configuration.events import Redaction

MARK = "[redacted]"
"""What stands in place of what is not shown."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")
_PERSONAL_ENDS = (
    *(("email",), ("e", "mail"), ("mail",), ("emails",), ("phone",), ("phones",), ("telephone",), ("msisdn",)),
    *(("ip",), ("ips",), ("ipv", "4"), ("ipv", "6"), ("username",), ("firstname",), ("lastname",), ("fullname",)),
    *(("surname",), ("forename",), ("mobile", "number"), ("cell", "number"), ("tel",)),
    *((of, "name") for of in ("first", "last", "full", "middle", "given", "family", "sur", "user", "customer")),
    *((of, "name") for of in ("contact", "person", "recipient", "sender", "billing", "shipping", "display", "real")),
)
_TAILS = {"address", "addresses", "addr", "number", "no", "value", "raw", "plain", "string"}

# No dot is asked for: `ann@localhost` is an address too. What may stand in the first half of an address and mostly
# stands around one (`to=ann@…`, `/ann@…`) is hidden only where it is all that stands before the @.
_LOCAL = r"[^\s@%<>()\[\]{},;:\"'`|\\/?&=]{1,64}"
_EMAIL = re.compile(rf"(?:{_LOCAL}(?:'{_LOCAL})?|(?<=[/=?&'`|{{}}%]))(?:@|%40)[\w-]{{1,63}}(?:\.[\w-]{{1,63}})*")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\d.]){_OCTET}(?:\.{_OCTET}){{3}}(?!\d|\.\d)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|\.\d)", re.ASCII)
# Written with the plus of the international form, which nothing else has; with the brackets, dashes or spaces of the
# North American form; or with the leading zero of most others and at least one gap. Bare digits are an id or a time.
_PHONES = (
    re.compile(r"(?<![\w+])(?:\+|%2B)[ (]?\d(?:[ ().\-/\u2010-\u2013\xa0]{0,3}\d){6,14}(?!\d)", re.ASCII),
    re.compile(r"(?<![\w.+-])(?:1[-. ])?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?!\w|[-.:]\w)", re.ASCII),
    re.compile(r"(?<![\w.+:/-])(?:\(0\d{1,5}\)|0\d{1,5})(?:[ /.\-]{1,2}\d{2,8}){1,5}(?!\w|[-.:/]\w)", re.ASCII),
    re.compile(r"(?<!\w)(?:tel|sms|callto|whatsapp):[\d ().+\-]{4,19}\d", re.ASCII | re.IGNORECASE),
)
_FEWEST_DIGITS = 9
_MOST_DIGITS = 15
_DATE = re.compile(r"\d{1,2}([./ -])\d{1,2}\1\d{4}\b", re.ASCII)


class Redactor:
    """Hides personal data in what is about to be shown. What goes in is not changed."""

    def __init__(self, redaction: Redaction | None = None) -> None:
        redaction = redaction or Redaction()
        self._names = {name.casefold() for name in redaction.properties}
        self._patterns = tuple(re.compile(pattern) for pattern in redaction.patterns)

    def text(self, text: str) -> str:
        """The text with MARK in place of what looks personal or matches a pattern of the configuration."""
        return _without(text, self._found(text))

    def properties(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties with their values redacted, at any depth; a name that looks personal is too."""
        return {self.text(name): self.value(name, value) for name, value in properties.items()}

    def value(self, name: str, value: Any) -> Any:
        """What may be shown of a property's value; MARK for all of it where the name says that it is personal.

        A boolean or a null says nothing of anybody. The elements of a list have the list's name.
        """
        if value is None or isinstance(value, bool):
            return value
        if self._is_personal(name):
            return MARK
        if isinstance(value, Mapping):
            return self.properties(value)
        if isinstance(value, list | tuple):
            return [self.value(name, element) for element in value]
        shown = _without(str(value), self._found(str(value), is_version="version" in _words(name)))
        return value if shown == str(value) else shown

    def _is_personal(self, name: str) -> bool:
        return name.casefold() in self._names or is_personal(name)

    def _found(self, text: str, *, is_version: bool = False) -> Iterator[tuple[int, int]]:
        for pattern in self._patterns:
            yield from (match.span() for match in pattern.finditer(text))
        if "@" in text or "%40" in text:
            yield from (match.span() for match in _EMAIL.finditer(text))
        yield from _addresses(text)
        if not is_version:
            # 4.1.0.2 may be either: only the name can tell.
            yield from (match.span() for match in _IPV4.finditer(text))
        yield from _phones(text)


def is_personal(name: str) -> bool:
    """Whether a property of that name plainly holds an e-mail address, a phone number, an IP address or a name."""
    words = _words(name)
    while words and (words[-1] in _TAILS or words[-1].isdigit()) and tuple(words[-2:]) not in _PERSONAL_ENDS:
        words.pop()
    return words == ["name"] or any(tuple(words[-len(end) :]) == end for end in _PERSONAL_ENDS)


def _words(name: str) -> list[str]:
    """The words of `$user_email`, `userEmail` or `user.email`, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """IPv6. Times and MAC addresses have colons too, so the standard library decides; `::` alone is nobody's."""
    for match in _IPV6.finditer(text):
        try:
            if ":" in match[0] and match[0] != "::" and ipaddress.IPv6Address(match[0]):
                yield match.span()
        except ValueError:
            continue


def _phones(text: str) -> Iterator[tuple[int, int]]:
    international, american, national, called = _PHONES
    yield from (match.span() for pattern in (international, american, called) for match in pattern.finditer(text))
    for match in national.finditer(text):
        digits = sum(character.isdigit() for character in match[0])
        if _FEWEST_DIGITS <= digits <= _MOST_DIGITS and not _DATE.match(match[0]):
            yield match.span()


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with one MARK for each run of characters that a span covers; an empty span covers none."""
    shown, end = [], 0
    for start, stop in _merged(sorted(span for span in spans if span[0] < span[1])):
        shown += [text[end:start], MARK]
        end = stop
    return "".join([*shown, text[end:]])


def _merged(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop))
        else:
            merged.append((start, stop))
    return iter(merged)
