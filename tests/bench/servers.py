"""Servers in processes of their own, so that what they cost is not counted, and ready when a block begins."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench import events
from bench.by_hand import fetch
from mixpanel_data_standins.function_process import free_port

ROOT = Path(__file__).parents[2]


def environment(settings: dict[str, str]) -> dict[str, str]:
    """The environment of a process that runs this checkout's library."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "shared"), **settings}


@contextlib.contextmanager
def mixpanel(folder: Path, count: int, days: int) -> Iterator[str]:
    """The URL of a stand-in Mixpanel that serves events over some days; their files are written into the folder."""
    events.write(folder, count, days)
    port = free_port()
    command = [sys.executable, "-m", "mixpanel_data_standins.mixpanel", "--folder", str(folder), "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with serving(command, {}, port):
        # The stand-in reads all its files before its first answer.
        fetch(url, events.FIRST_DAY, folder.parent)
        yield url


@contextlib.contextmanager
def serving(command: list[str], settings: dict[str, str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, once it accepts connections, for the length of the block."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment(settings), stdout=quiet, stderr=quiet) as process:
        try:
            while process.poll() is None and not _answers(port):
                time.sleep(0.05)
            yield process
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
