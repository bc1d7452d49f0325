"""Runs `mp`, in this process or in one of its own, and keeps what it wrote."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.cli import main

SHARED = Path(__file__).parents[2] / "shared"
MARCH = ("--from", "2024-03-01", "--to", "2024-04-01")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    stderr: str

    @property
    def err(self) -> str:
        """What it wrote to stderr, an error object as the line that a person sees in its place."""
        *before, last = self.stderr.splitlines(keepends=True) or [""]
        if not last.startswith('{"status": "error"'):
            return self.stderr
        return "".join([*before, f"error: {json.loads(last)['error']['message']}\n"])

    @property
    def failure(self) -> dict[str, Any]:
        """The error object that it wrote as the last line to stderr."""
        failure: dict[str, Any] = json.loads(self.stderr.splitlines()[-1])
        return failure

    @property
    def data(self) -> Any:
        """What it wrote to stdout as one JSON document."""
        return json.loads(self.out)


class Mp:
    """Runs `mp` in this process."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured

    def __call__(self, *arguments: str) -> Ended:
        self._captured.readouterr()
        code = main(arguments)
        return Ended(code, *self._captured.readouterr())


def started(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The command in a process of its own, as a shell starts it."""
    command = [sys.executable, "-c", "import sys; from mixpanel_data.cli import main; sys.exit(main())", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, text=True, env={**os.environ, "PYTHONPATH": str(SHARED)}, **pipes)


def ended(process: subprocess.Popen[str]) -> Ended:
    """How it ended."""
    out, err = process.communicate(timeout=60)
    return Ended(process.returncode, out, err)
