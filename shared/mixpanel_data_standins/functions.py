"""The functions of `functions/` on this machine, each in a process of its own under the functions framework."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mixpanel_data.base.errors import MixpanelDataError

_LIBRARY = Path(__file__).resolve().parents[1]
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05

Hear = Callable[[str], None]
"""Takes what a process writes, a line at a time, from a thread of its own."""


class RunningFunction:
    """One folder of `functions/`, served at `url` during a `with`; with `settings` as its variables and no others.

    Raises MixpanelDataError if it does not start.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str], hear: Hear, *, cwd: Path, port: int = 0) -> None:
        self.name = folder.name
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = _command(folder, self.port)
        self._settings = settings
        self._hear = hear
        self._cwd = cwd

    def __enter__(self) -> Self:
        if _listens(self.port):
            raise MixpanelDataError(f"Port {self.port}, meant for {self.name}, is in use. End what listens there.")
        self._process = subprocess.Popen(
            self._command,
            cwd=self._cwd,
            env={**_environment_of_a_process(), **self._settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A Ctrl-C goes to us alone, so that the function is stopped once and in order.
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        self._listener = threading.Thread(target=_listen, args=(self._process.stdout, self._hear), daemon=True)
        self._listener.start()
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process and those that it started, and hear its last words."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._listener.join(_STOP_SECONDS)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            if _listens(self.port):
                return
            time.sleep(_POLL_SECONDS)
        raise MixpanelDataError(f"The function {self.name} did not start on port {self.port}; see what it wrote above.")


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def entry(text: str) -> tuple[str, str, Mapping[str, object]]:
    """Severity, message and all fields of a line that a function wrote; a line that is no log entry is a message."""
    try:
        fields = json.loads(text)
        return fields["severity"], fields["message"], fields
    except (ValueError, KeyError, TypeError):
        return "INFO", text, {}


def interrupt_on_terminate() -> None:
    """Let SIGTERM unwind as Ctrl-C does, so that what was started is stopped."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def _listen(stream: IO[str], hear: Hear) -> None:
    with stream:
        for text in stream:
            hear(text.rstrip("\n"))


def _command(folder: Path, port: int) -> list[str]:
    target = folder.name.replace("-", "_")
    source = str(folder.resolve() / "main.py")
    framework = [sys.executable, "-m", "functions_framework", "--source", source, "--target", target]
    return [*framework, "--host", "127.0.0.1", "--port", str(port)]


def _environment_of_a_process() -> dict[str, str]:
    """What any process needs; a variable that the user has set for a real project must not reach a stand-in's."""
    passed_on = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
    library = {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(_LIBRARY)}
    return library | {name: os.environ[name] for name in passed_on if name in os.environ}
