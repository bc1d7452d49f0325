"""Accounts for programs: `ConfigManager` stores and resolves them, `Credentials` and `AccountInfo` describe them.

Importing this module loads nothing: a name loads its module when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixpanel_data.accounts import AccountInfo, ConfigManager, Credentials

__all__ = ["AccountInfo", "ConfigManager", "Credentials"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from mixpanel_data import accounts

        return getattr(accounts, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
