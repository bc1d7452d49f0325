"""The errors of scripts, in Mixpanel's words."""

from __future__ import annotations

# Mixpanel puts lines of its own in front of a script, and counts them.
LINES_BEFORE = 3


class ScriptError(Exception):
    """The script cannot be compiled, or failed while it ran, at this line (from 1)."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.text, self.line = text, line

    def visible(self, script: str) -> str:
        """The error as Mixpanel shows it to the user: with the line, and a trace that counts from Mixpanel's own lines.

        The column is that of the line's first word."""
        lines = script.split("\n")
        shown = lines[min(self.line, len(lines)) - 1].rstrip()
        column = len(shown) - len(shown.lstrip())
        return (
            f"UserVisiblePreconditionFailedError: Uncaught exception {self.text}\n{shown}\n{' ' * column}^\n\n"
            f"Stack trace:\n{self.text}\n    at main (<anonymous>:{self.line + LINES_BEFORE}:{column + 1})\n"
        )
