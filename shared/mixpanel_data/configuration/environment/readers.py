"""Readers, which turn the text of an environment variable into a value.

A reader takes the text, stripped and never empty, and returns the value. It raises ValueError with the remedy, a
sentence without its full stop: "Give true or false". The caller adds the variable's name and what it holds.

Python's standard library is enough, because `deploy/` uses these rules on machines where nothing is installed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, Self, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from mixpanel_data.base.identifiers import IDENTIFIER, RESERVED

Value = TypeVar("Value")

_DUCKDB = "duckdb:///"
_NUMBER = re.compile(r"[0-9]+")
_SIZE = re.compile(r"(?P<number>[1-9][0-9]{0,5})(?P<unit>[MG]i?B)", re.IGNORECASE)
_BYTES = {"mb": 10**6, "gb": 10**9, "mib": 2**20, "gib": 2**30}
# DuckDB takes 8 MB to make the tables, and more for the rows of any job.
_LEAST_MEMORY = 32 * 10**6
_OBJECT = re.compile(r"gs://[^/]+/.+")
# Letters of other alphabets travel as punycode; `_` occurs in the names of containers.
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_HOST_CHARACTERS = 253
# Files in the zone database that do not name a zone: a placeholder, and copies of this machine's setting.
_NO_ZONES = {"Factory", "localtime", "posixrules"}
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_SECRET_NAME = re.compile(
    r"(?:projects/(?P<project>[A-Za-z0-9.:-]+)/secrets/)?(?P<secret>[A-Za-z0-9_-]{1,255})"
    r"(?:/versions/(?P<version>[A-Za-z0-9_-]+))?"
)
# Slack tokens and Mixpanel secrets also match the pattern of a name.
_SECRET_ITSELF = re.compile(r"xox[a-z]+-.*|xapp-.*|(?=.*[0-9])[A-Za-z0-9]{32}", re.IGNORECASE)


def optional(reader: Callable[[str], Value]) -> Callable[[str], Value | None]:
    """The same reader for a variable without a default: None where it is unset."""
    return lambda text: reader(text) if text else None


def any_text(text: str) -> str:
    """The text as it is."""
    return text


def matching(pattern: str, remedy: str) -> Callable[[str], str]:
    """The text, if all of it matches the pattern."""
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(remedy)
        return text

    return read


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """One of these, whatever the case of its letters; lower case."""

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"Give one of {', '.join(choices)}")
        return text.lower()

    return read


def boolean(text: str) -> bool:
    """True or false, in any of the usual spellings."""
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError("Give true or false")
    return text.lower() in _TRUE


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """A whole number in this range, both ends included."""

    def read(text: str) -> int:
        # Python refuses to convert thousands of digits, so the length is compared first.
        if not _NUMBER.fullmatch(text) or len(text) > len(str(most)) or not least <= int(text) <= most:
            raise ValueError(f"Give a whole number from {least} to {most}")
        return int(text)

    return read


def path(text: str) -> Path:
    """A path on this machine; `~` is the home folder."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError("The home folder is unknown: give a path without ~") from error


def memory_size(text: str) -> str:
    """A size of memory as DuckDB takes it: a whole number with a unit, MB or GB (powers of 1000), MiB or GiB (1024)."""
    size = _SIZE.fullmatch(text)
    if size is None or int(size["number"]) * _BYTES[size["unit"].lower()] < _LEAST_MEMORY:
        raise ValueError("Give a size of at least 32MB, such as 400MB, 1GB or 2GiB")
    return text


def identifier(text: str) -> str:
    """A name that both engines take without quotes."""
    if not IDENTIFIER.fullmatch(text):
        raise ValueError("Use at most 1024 letters, digits and _, not starting with a digit")
    if RESERVED.fullmatch(text):
        raise ValueError("That is a reserved word in SQL: give another name")
    return text


def time_zone(text: str) -> ZoneInfo:
    """A zone of the IANA database."""
    if text not in _zones():
        raise ValueError("Give a zone of the IANA database, such as Europe/Berlin")
    return ZoneInfo(text)


@cache
def _zones() -> set[str]:
    # Listing them walks through the database's files, about 30 ms, so it happens once and on demand.
    return available_timezones() - _NO_ZONES


def base_url(text: str) -> str:
    """A URL to which a path can be appended, without its trailing slash."""
    try:
        parts = urlsplit(text)
        is_callable = parts.scheme in ("http", "https") and _is_host(parts) and parts.port != 0
    except ValueError:
        is_callable = False
    # A query or fragment would swallow the path.
    if not is_callable or re.search(r"[?#\s]", text):
        raise ValueError(
            "Give a base URL that starts with http:// or https://, such as https://host, without ? and #; "
            "write its host as an ASCII name or as an address"
        )
    return text.rstrip("/")


def _is_host(parts: SplitResult) -> bool:
    """Whether a URL names a host that can be looked up."""
    host = parts.hostname or ""
    # `urlsplit` validates the address within brackets, but not the text around them.
    if "[" in parts.netloc:
        return re.fullmatch(r"([^@]*@)?\[[^]]+\](:[0-9]*)?", parts.netloc) is not None
    labels = host.removesuffix(".").split(".")
    return len(host) <= _HOST_CHARACTERS and all(_LABEL.fullmatch(label) for label in labels)


def warehouse(text: str) -> Path | Literal["bigquery"]:
    """BigQuery, or the path of a DuckDB file: `duckdb:///x` is relative, `duckdb:////x` absolute."""
    if text == "bigquery":
        return "bigquery"
    if not text.startswith(_DUCKDB) or text in (_DUCKDB, f"{_DUCKDB}:memory:"):
        raise ValueError("Give bigquery, or duckdb:///path/to/file.duckdb")
    return Path(text.removeprefix(_DUCKDB))


def bucket_object(text: str) -> str:
    """An object in Cloud Storage, `gs://bucket/object`."""
    if not _OBJECT.fullmatch(text):
        raise ValueError("Give gs://bucket/object")
    return text


def json_or_bucket_object(text: str) -> str:
    """JSON, which is not parsed here, or `gs://bucket/object`."""
    return bucket_object(text) if text.startswith("gs://") else text


@dataclass(frozen=True, slots=True)
class SecretName:
    """A secret in Secret Manager; without a project it is in our own, without a version the newest one counts."""

    secret: str
    project: str | None
    version: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `slack-bot-token` or `projects/P/secrets/slack-bot-token`, each with or without `/versions/3`.

        Raises ValueError also for text that looks like a Slack token or a Mixpanel secret.
        """
        found = _SECRET_NAME.fullmatch(text)
        if found is None or _SECRET_ITSELF.fullmatch(found["secret"]):
            raise ValueError("Give the name of a secret")
        return cls(found["secret"], found["project"], found["version"])


def secret_name(example: str) -> Callable[[str], str]:
    """The name of a secret in Secret Manager, as `SecretName.parse` takes it; `example` is one for the message."""

    def read(text: str) -> str:
        try:
            SecretName.parse(text)
        except ValueError as error:
            raise ValueError(f"Give a name such as {example}") from error
        return text

    return read
