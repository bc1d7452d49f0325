"""Redaction: hides personal data in events, by the name of a property or by the look of a value.

By default it hides the values of `$email`, `$name`, `$phone` and `$ip`, and of properties that plainly hold the same
(`user_email`, `firstName`, `phone_number`, `client_ip`); and within any text everything that looks like an e-mail
address, a phone number or an IP address. A user adds names and patterns; nothing takes away from the default.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

REDACTED = "[redacted]"
"""Stands in place of everything that is hidden."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+|\d+")
_PERSONAL_ENDS = (
    *(("email",), ("e", "mail"), ("mail",), ("emails",), ("phone",), ("phones",), ("telephone",), ("msisdn",)),
    *(("ip",), ("ips",), ("ipv", "4"), ("ipv", "6"), ("username",), ("firstname",), ("lastname",), ("fullname",)),
    *(("surname",), ("forename",), ("mobile", "number"), ("cell", "number"), ("tel",)),
    *((of, "name") for of in ("first", "last", "full", "middle", "given", "family", "sur", "user", "customer")),
    *((of, "name") for of in ("contact", "person", "recipient", "sender", "billing", "shipping", "display", "real")),
)
_TAILS = {"address", "addresses", "addr", "number", "no", "value", "raw", "plain", "string"}

# No dot is required: `ann@localhost` is an address too. Characters that the first half of an address may hold but that
# mostly surround one (`to=ann@…`, `/ann@…`) are hidden only where nothing else stands before the @.
_LOCAL = r"[^\s@%<>()\[\]{},;:\"'`|\\/?&=]{1,64}"
_EMAIL = re.compile(rf"(?:{_LOCAL}(?:'{_LOCAL})?|(?<=[/=?&'`|{{}}%]))(?:@|%40)[\w-]{{1,63}}(?:\.[\w-]{{1,63}})*")
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = re.compile(rf"(?<![\d.]){_OCTET}(?:\.{_OCTET}){{3}}(?!\d|\.\d)", re.ASCII)
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:]|\.\d)", re.ASCII)
# Phone numbers have the plus of the international form, which nothing else has; the brackets, dashes or spaces of the
# North American form; or the leading zero of most others and at least one gap. Bare digits are an id or a time.
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
    """Hides personal data in text and properties that are about to be shown. Its arguments are not changed."""

    def __init__(self, properties: Iterable[str] = (), patterns: Iterable[str] = ()) -> None:
        """Hides these too: properties by name, in any case, and text by regular expression."""
        self._names = {name.casefold() for name in properties}
        self._patterns = tuple(re.compile(pattern) for pattern in patterns)

    def text(self, text: str) -> str:
        """The text with REDACTED in place of everything that looks personal or matches a pattern."""
        return _without(text, self._found(text))

    def properties(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """The properties with their values redacted, at any depth; names that look personal are redacted too."""
        return {self.text(name): self.value(name, value) for name, value in properties.items()}

    def value(self, name: str, value: Any) -> Any:
        """A property's value as it may be shown; REDACTED for all of it where the name says that it is personal.

        A boolean or a null identifies nobody, and stays. The elements of a list have the list's name.
        """
        if value is None or isinstance(value, bool):
            return value
        if self._is_personal(name):
            return REDACTED
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
            # 4.1.0.2 can be a version or an address: only the name can tell.
            yield from (match.span() for match in _IPV4.finditer(text))
        yield from _phones(text)


def is_personal(name: str) -> bool:
    """True of a property name that plainly says e-mail address, phone number, IP address or a person's name."""
    words = _words(name)
    while words and (words[-1] in _TAILS or words[-1].isdigit()) and tuple(words[-2:]) not in _PERSONAL_ENDS:
        words.pop()
    return words == ["name"] or any(tuple(words[-len(end) :]) == end for end in _PERSONAL_ENDS)


def _words(name: str) -> list[str]:
    """The words of `$user_email`, `userEmail` or `user.email`, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """IPv6 addresses. Times and MAC addresses have colons too, so the standard library decides; `::` is nobody's."""
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
    """The text with one REDACTED for each run of characters that spans cover; an empty span covers none."""
    shown, end = [], 0
    for start, stop in _merged(sorted(span for span in spans if span[0] < span[1])):
        shown += [text[end:start], REDACTED]
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
