"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of a check. A warning stops nothing; a check is skipped where an earlier one leaves it no ground."""

    OK = "ok"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    `subject` is `config`, `mixpanel`, `warehouse`, `slack`, `schedules` or `jobs`. `found` says in a sentence what is
    so, `remedy` the command or act that corrects it; None where nothing is wrong. Neither shows a secret.
    """

    subject: str
    name: str
    verdict: Verdict
    found: str
    remedy: str | None = None
