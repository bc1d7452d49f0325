"""Other programs, run so that no secret shows: it goes to standard input, never to a command line."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.files import ROOT
from deploy.setup.errors import SetupError, Stopped
from deploy.setup.terminal import say, warn

# gcloud would keep commands and answers in its own log files, and ask whether to enable an API.
_GCLOUD = {"CLOUDSDK_CORE_DISABLE_FILE_LOGGING": "true", "CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API": "false"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program that only looks said: `code` is 0 where it succeeded. `out` can hold a secret."""

    code: int
    out: bytes = field(repr=False)
    err: str

    @property
    def text(self) -> str:
        """What it wrote to standard output, without white space around it; "" for a failure."""
        return self.out.decode(errors="replace").strip() if self.code == 0 else ""

    @property
    def reason(self) -> str:
        """What it wrote to standard error, on one line."""
        return " ".join(self.err.split())


@dataclass(frozen=True, slots=True)
class Commands:
    """Runs programs in the project's folder. In a dry run, those that change something are only printed."""

    is_dry_run: bool

    @staticmethod
    def has(program: str) -> bool:
        """Whether a program is on the PATH."""
        return shutil.which(program) is not None

    def look(self, *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Answer:
        """Run a program that changes nothing, with `stdin` and `env` as for a change, and keep what it says."""
        try:
            done = subprocess.run(
                command, input=stdin, capture_output=True, cwd=ROOT, env=_environment(env), check=False
            )
        except FileNotFoundError:
            raise SetupError(f"{command[0]} is missing. Install it, and run this again.") from None
        return Answer(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    def change(self, *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> None:
        """Print a command and run it, with `stdin` as its standard input and `env` added to its environment.

        Raises SetupError if it fails; its own output says why.
        """
        code = self.run(*command, stdin=stdin, env=env)
        if code:
            raise SetupError(f"{' '.join(command[:3])} … ended with status {code}. Its output above says why.")

    def run(self, *command: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> int:
        """The same, and return its status."""
        say(f"+ {shlex.join(command)}")
        if self.is_dry_run:
            return 0
        sys.stdout.flush()
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, env=_environment(env)) as process:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            try:
                process.stdin.write(stdin)
                process.stdin.close()
            except BrokenPipeError:
                # It ended without reading, and its status tells why.
                process.stdin = None
            return _ended(process, Path(command[0]).name)


def _ended(process: "subprocess.Popen[bytes]", name: str) -> int:
    """The status of a program, which a signal does not leave behind: a half-done change is worse than a wait."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        # It got the same Ctrl-C from the terminal.
        warn(f"Waiting for {name} to end.")
        process.wait()
        raise
    except Stopped as stop:
        process.send_signal(stop.signal)
        warn(f"Waiting for {name} to end.")
        process.wait()
        raise


def _environment(env: Mapping[str, str] | None) -> Mapping[str, str]:
    return {**os.environ, **_GCLOUD, **(env or {})}
