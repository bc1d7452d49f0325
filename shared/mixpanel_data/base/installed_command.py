"""Whether the command `mp` that is installed here is ours: other packages install a command of this name too.

Installers overwrite one with the other and say nothing. `mixpanel-data` is the same command under a name that no other
package takes.
"""

import sys
import sysconfig
from pathlib import Path

OURS = "mixpanel-data"
CONTESTED = "mp"
_REMEDY = f"Call `{OURS}`, which is the same, or install each package in an environment of its own."
_REINSTALL = f"Call `{OURS}`, which is the same, or run: pip install --force-reinstall --no-deps {OURS}"


def clash() -> str | None:
    """A sentence about a clash over `mp` and its remedy; None without one.

    It reads the entry points of every installed package: 3 ms for 50 of them, 6 ms for 140.
    """
    others = " and ".join(_other_owners())
    if is_overwritten():
        return f"`{CONTESTED}` here belongs to {others or 'another package'}, not to {OURS}. {_REMEDY}"
    if _is_missing():
        return f"The command `{CONTESTED}` is gone, as if another package that has one were uninstalled. {_REINSTALL}"
    if others:
        return f"The package {others} has a command `{CONTESTED}` too, which this one replaced. {_REMEDY}"
    return None


def is_overwritten() -> bool:
    """Whether the script `mp` beside our other one is not ours. It reads two small files."""
    ours, contested = _scripts()
    # Whatever an installer writes, it writes both alike.
    return ours.is_file() and contested.is_file() and _content(ours) != _content(contested)


def _is_missing() -> bool:
    ours, contested = _scripts()
    return ours.is_file() and not contested.exists()


def _scripts() -> tuple[Path, Path]:
    """The scripts `mixpanel-data` and `mp`: beside the one that was called, or else of this Python."""
    called = Path(sys.argv[0])
    folder = called.parent if called.name in (OURS, CONTESTED) else Path(sysconfig.get_path("scripts"))
    return folder / OURS, folder / CONTESTED


def _content(script: Path) -> bytes | None:
    """The text of a script without its name; None if it cannot be read."""
    try:
        return script.read_bytes().replace(OURS.encode(), CONTESTED.encode())
    except OSError:
        return None


def _other_owners() -> list[str]:
    """The names of the other installed packages that have a command `mp`."""
    from importlib.metadata import entry_points

    owners = {each.dist.name for each in entry_points(group="console_scripts", name=CONTESTED) if each.dist}
    return sorted(owners - {OURS})
