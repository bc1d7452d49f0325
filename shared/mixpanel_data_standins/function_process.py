"""One function of `functions/`, in a process of its own under the functions framework, as it runs when deployed."""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from mixpanel_data.base.errors import MixpanelDataError

# shared/ of a checkout, or site-packages.
_LIBRARY = Path(__file__).resolve().parents[1]
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05

Hear = Callable[[str], None]
"""Receives the output of a process line by line, from a thread of its own."""


def functions_folder() -> Path:
    """The folder with a folder for each function: the copy in the wheel, or `functions/` of the checkout."""
    packaged = Path(__file__).parent / "functions"
    return packaged if packaged.is_dir() else _LIBRARY.parent / "functions"


class FunctionProcess:
    """A function's folder, served at `url` for the duration of a `with`, with only `settings` as its variables.

    `framework` is the module of the functions framework, with arguments that come before its own. Raises
    MixpanelDataError if the function does not start.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str],
        hear: Hear,
        *,
        cwd: Path,
        port: int = 0,
        framework: Sequence[str] = ("functions_framework",),
    ) -> None:
        self.name = folder.name
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = _command(framework, folder, self.port)
        self._settings = settings
        self._hear = hear
        self._cwd = cwd

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process. Raises MixpanelDataError if its port is in use."""
        if _listens(self.port):
            raise MixpanelDataError(
                f"Port {self.port}, meant for {self.name}, is in use. Stop the program that listens there, or choose "
                "other ports."
            )
        self._process = subprocess.Popen(
            self._command,
            cwd=self._cwd,
            env={**_inherited_environment(), **self._settings},
            # Never written to: its end tells a function that watches it that this process is gone.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A Ctrl-C then reaches only this process, which stops the function once and in order.
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - stdout is a pipe
        self._listener = threading.Thread(target=_listen, args=(self._process.stdout, self._hear), daemon=True)
        self._listener.start()

    @property
    def is_running(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def wait_until_it_answers(self) -> None:
        """Wait until the process listens. Raises MixpanelDataError if it ends or takes too long."""
        deadline = time.monotonic() + _START_SECONDS
        while self.is_running and time.monotonic() < deadline:
            if _listens(self.port):
                return
            time.sleep(_POLL_SECONDS)
        raise MixpanelDataError(f"The function {self.name} did not start on port {self.port}; see its output above.")

    def terminate(self) -> None:
        """Ask the process to end once it has answered its calls."""
        self._process.terminate()

    def ends_within(self, seconds: float) -> bool:
        """Wait for the end of the process; returns whether it came."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Terminate the process and its children, and pass on its last output."""
        self.terminate()
        try:
            self.ends_within(_STOP_SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """End the process and its children at once, and pass on its last output."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._listener.join(_STOP_SECONDS)


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def log_entry(text: str) -> tuple[str, str, Mapping[str, object]]:
    """Severity, message and all fields of a line of a function's output; a line that is not JSON is a message."""
    try:
        fields = json.loads(text)
        return fields["severity"], fields["message"], fields
    except (ValueError, KeyError, TypeError):
        return "INFO", text, {}


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt on each Ctrl-C, on SIGTERM and when the terminal closes, so that processes are stopped.

    For the main thread. `mp` itself exits at once on a second Ctrl-C, which would leave the functions running.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        for number in before:
            signal.signal(number, _interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> None:
    with suppress(OSError):  # a terminal that is closed
        sys.stderr.write("\ninterrupted, stopping the functions\n")
    raise KeyboardInterrupt


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _listen(stream: IO[str], hear: Hear) -> None:
    with stream:
        for text in stream:
            hear(text.rstrip("\n"))


def _command(framework: Sequence[str], folder: Path, port: int) -> list[str]:
    target = folder.name.replace("-", "_")
    source = str(folder.resolve() / "main.py")
    served = ["--source", source, "--target", target, "--host", "127.0.0.1", "--port", str(port)]
    return [sys.executable, "-m", *framework, *served]


def _inherited_environment() -> dict[str, str]:
    """The variables that any process needs; those that the user has set for a real project must not get through."""
    passed_on = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH")
    # site-packages before the standard library could hide modules of it; the interpreter finds site-packages anyway.
    is_installed = Path(sysconfig.get_path("purelib")).resolve() == _LIBRARY
    library = {} if is_installed else {"PYTHONPATH": str(_LIBRARY)}
    inherited = {name: os.environ[name] for name in passed_on if name in os.environ}
    return {"PYTHONUNBUFFERED": "1", **library, **inherited}
