"""Runs a command with BigQuery emulators beside it: `PYTHONPATH=tests python -m emulator.with_emulator -- COMMAND ...`.

The command finds the first emulator in BIGQUERY_EMULATOR_HOST, and all of them in BIGQUERY_EMULATOR_HOSTS, separated by
spaces: an emulator uses one core, so each worker of a test run can have its own. If BIGQUERY_EMULATOR_HOST is set
already, the command just runs. Otherwise the emulators get an environment of their own, since they need a newer Python
than the project; their tables live in temporary folders and go with them. They slow down as they age, so a long test
run is better off in parts, each with emulators of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from support.memory import keep_files_in_memory

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parents[1] / ".venv-bigquery"
ENVIRONMENT_PYTHON = ENVIRONMENT / "bin" / "python"
REQUIREMENTS = HERE / "requirements.txt"
STAMP = ENVIRONMENT / "requirements.sha256"
VERSIONS = ((3, 13), (3, 14))
HOST_VARIABLE = "BIGQUERY_EMULATOR_HOST"
HOSTS_VARIABLE = "BIGQUERY_EMULATOR_HOSTS"
START_SECONDS = 120.0
GRACE_SECONDS = 15.0
LOG_TAIL_LINES = 40

USAGE = "Usage: python -m emulator.with_emulator [-n NUMBER] -- COMMAND [ARGUMENT ...]"
NO_PYTHON = f"""The BigQuery emulator needs Python 3.13 or 3.14 (with venv), and none was found.
Install one and set PYTHON313 to its path, or start an emulator yourself and set {HOST_VARIABLE}:
  docker run --rm -p 9050:9050 ghcr.io/novucs/local-bigquery:0.4.0
  {HOST_VARIABLE}=http://127.0.0.1:9050
The image lacks the cures of {HERE / "launch.py"}, so a few tests fail there."""


def say(text: str) -> None:
    """Progress goes to stderr, so that the command's output can be piped."""
    print(f"with_emulator: {text}", file=sys.stderr, flush=True)


def candidates() -> Iterator[str]:
    """Pythons to try, best first: the one that the user names (then no other), ours, PATH, pyenv, beside ours."""
    if named := os.environ.get("PYTHON313"):
        yield named
        return
    yield sys.executable
    folders = [Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions", Path(sys.base_prefix).parent]
    for major, minor in VERSIONS:
        if found := shutil.which(f"python{major}.{minor}"):
            yield found
            # Often a shim of pyenv that refuses to run because another version is selected.
            folders.append(Path(found).parent.parent / "versions")
    for versions in folders:
        yield from (str(found) for found in sorted(versions.glob("3.1[34]*/bin/python3")))


def runs_the_emulator(python: str) -> bool:
    """Whether it starts, has a fitting version and can make an environment (some Linuxes leave ensurepip out)."""
    code = "import ensurepip, json, sys, venv; print(json.dumps(sys.version_info[:2]))"
    try:
        done = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
        return tuple(json.loads(done.stdout)) in VERSIONS
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def find_python() -> str:
    """A Python for the emulator; exits with advice if there is none."""
    for python in candidates():
        if runs_the_emulator(python):
            return python
    named = os.environ.get("PYTHON313")
    sys.exit(f"PYTHON313 is {named!r}, which is not a Python of these versions.\n{NO_PYTHON}" if named else NO_PYTHON)


def ensure_environment() -> None:
    """Make the environment, unless it is whole and of these requirements; the stamp is written last.

    The requirements file is the lock, so that runs at once build it once.
    """
    with REQUIREMENTS.open("rb") as requirements:
        fcntl.flock(requirements, fcntl.LOCK_EX)
        wanted = hashlib.sha256(requirements.read()).hexdigest()
        if ENVIRONMENT_PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted:
            return
        build_environment(find_python())
        STAMP.write_text(wanted)


def build_environment(python: str) -> None:
    """Make it anew; exits with pip's code if a package cannot be had."""
    say(f"making {ENVIRONMENT} with {python}")
    pip = [str(ENVIRONMENT_PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--quiet"]
    for command in (
        [python, "-I", "-m", "venv", "--clear", str(ENVIRONMENT)],
        [*pip, "install", "--no-deps", "-r", str(REQUIREMENTS)],
    ):
        code = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode
        if code:
            sys.exit(f"with_emulator: {' '.join(command)} ended with exit code {code}.")


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    """A running emulator's URL; on leaving, it and its tables are gone."""
    ensure_environment()
    with tempfile.TemporaryDirectory(prefix="bigquery-emulator-", ignore_cleanup_errors=True) as folder:
        log = Path(folder, "log")
        port = free_port()
        process = start(port, Path(folder, "data"), log)
        try:
            wait_until_it_answers(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            # Nothing of it is kept, so there is nothing to wait for.
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(port: int, data: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start launch.py. It ends when its stdin closes, that is also when this process is killed outright.

    A process group of its own keeps a Ctrl-C away from it, so that the command can still use it while it stops.
    """
    options = {"--host": "127.0.0.1", "--port": str(port), "--grpc-port": "0", "--data-dir": str(data)}
    arguments = [part for option in options.items() for part in option]
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(ENVIRONMENT_PYTHON), "-I", str(HERE / "launch.py"), "--while-stdin-is-open", *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once a query works; exits with the end of the log if that takes too long or the process ends."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if answers(port):
            return
        time.sleep(0.2)
    state = "did not answer in time" if process.poll() is None else f"ended with exit code {process.returncode}"
    tail = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
    sys.exit("\n".join([f"with_emulator: the emulator {state}. The end of its log:", *tail]))


def answers(port: int) -> bool:
    """Whether a query comes back; the first one opens the database, which takes longer than opening the port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = json.dumps({"query": "SELECT 1", "useLegacySql": False})
        connection.request("POST", "/bigquery/v2/projects/local/queries", body, {"Content-Type": "application/json"})
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


class Terminated(BaseException):
    """SIGTERM came; beyond Exception, as KeyboardInterrupt is."""


def raise_terminated(*_: object) -> None:
    """Let SIGTERM unwind as Ctrl-C does, so that the emulator is stopped."""
    raise Terminated


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run the command to its end and return its exit code; 128 and the signal's number if a signal ended it."""
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        say(f"cannot run {command[0]}: {error.strerror}")
        return 127
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # The terminal sent the same Ctrl-C to the command: let it end by itself.
        code = wait_or_end(process)
    except Terminated:
        process.terminate()
        code = wait_or_end(process)
    return code if code >= 0 else 128 - code


def wait_or_end(process: subprocess.Popen[bytes]) -> int:
    """Wait for its end, with rising pressure; further signals to us only raise it sooner."""
    for press in (process.terminate, process.kill):
        try:
            return process.wait(GRACE_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt, Terminated):
            press()
    return process.wait()


def main(arguments: list[str]) -> int:
    """Run the command that follows `--`, with emulators unless the environment names one."""
    number = 1
    if arguments[:1] == ["-n"] and arguments[1:] and arguments[1].isdigit():
        number, arguments = max(1, int(arguments[1])), arguments[2:]
    if arguments[:1] != ["--"] or not arguments[1:]:
        say(USAGE)
        return 2
    signal.signal(signal.SIGTERM, raise_terminated)
    keep_files_in_memory()
    try:
        if os.environ.get(HOST_VARIABLE):
            return run(arguments[1:], dict(os.environ))
        with contextlib.ExitStack() as stack:
            urls = [stack.enter_context(emulator()) for _ in range(number)]
            hosts = {HOST_VARIABLE: urls[0], HOSTS_VARIABLE: " ".join(urls)}
            return run(arguments[1:], os.environ | hosts)
    except Terminated:
        return 128 + signal.SIGTERM
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
