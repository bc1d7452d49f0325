"""Credentials for emulators."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.auth.credentials import Credentials


def anonymous_credentials() -> "Credentials":
    """Credentials for an emulator, which ignores them; Google's clients insist on some."""
    from google.auth.credentials import AnonymousCredentials

    return AnonymousCredentials()  # type: ignore[no-untyped-call]
