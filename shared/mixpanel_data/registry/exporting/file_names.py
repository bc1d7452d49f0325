"""The names of exported files: readable, and different on every file system where the events' names differ."""

import re
from hashlib import sha256

_SLUG_CHARACTERS, _HASH_CHARACTERS = 48, 12
_NOT_OF_A_SLUG = re.compile(r"[^a-z0-9]+")
_FILE_NAME = re.compile(rf"(?:[a-z0-9-]{{1,{_SLUG_CHARACTERS}}}-)?[0-9a-f]{{{_HASH_CHARACTERS}}}\.json")


def file_name(name: str, shown_name: str) -> str:
    """`sign-up-1f0e9c3a7b52.json`: the shown name in lower-case ASCII, and a part of the raw name's SHA-256.

    The hash tells apart what a file system may not: names that differ in case, in separators or beyond a length. With
    it, no name is reserved, hidden or empty, and none leads to another folder.
    """
    slug = _NOT_OF_A_SLUG.sub("-", shown_name.lower())[:_SLUG_CHARACTERS].strip("-")
    # Strict UTF-8 rejects an unpaired surrogate, which a name may contain.
    digest = sha256(name.encode(errors="surrogatepass")).hexdigest()[:_HASH_CHARACTERS]
    return f"{slug}-{digest}.json" if slug else f"{digest}.json"


def is_file_name(text: str) -> bool:
    """Whether the text is a name that `file_name` can make."""
    return _FILE_NAME.fullmatch(text) is not None
