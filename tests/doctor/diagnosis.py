"""What `mp doctor` says, as tests ask for it."""

from collections.abc import Mapping
from typing import Any

from cli.shell import Mp

Checks = Mapping[str, Mapping[str, Any]]


def checks_of(mp: Mp) -> Checks:
    """The checks by `subject name`; the status and the exit code agree with them."""
    done = mp("doctor", "-f", "json")
    checks = {f"{check['subject']} {check['name']}": check for check in done.data["checks"]}
    is_failed = any(check["verdict"] == "failed" for check in checks.values())
    assert (done.data["status"], done.code) == (("failed", 1) if is_failed else ("ok", 0))
    assert done.err == ""
    return checks


def failed(checks: Checks) -> list[str]:
    """The names of the checks that failed; each says what to do."""
    names = [name for name, check in checks.items() if check["verdict"] == "failed"]
    assert all(checks[name]["remedy"] for name in names)
    return names


def text_of(checks: Checks, name: str) -> str:
    """What a check found, and what to do."""
    return f"{checks[name]['found']} {checks[name]['remedy'] or ''}"
