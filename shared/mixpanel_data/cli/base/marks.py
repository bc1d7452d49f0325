"""The marks that stand for the verdicts of checks."""

from collections.abc import Mapping

MARKS: Mapping[str, str] = {"ok": "✔", "failed": "✘", "warning": "!", "skipped": "–"}
"""By verdict; where a stream cannot write a mark, words stand for it."""
