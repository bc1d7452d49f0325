"""A project that works: a stand-in Mixpanel and Slack, a DuckDB file with tables, and `mp` in its folder."""

import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cli.conftest import a_project
from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.slack import StandInSlack
from support.engines import DuckDB, opened


@pytest.fixture
def mixpanel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInMixpanel]:
    """The stand-in, which the environment leads to."""
    for name in ("SLACK_WEBHOOK_URL", "SLACK_BOT_TOKEN", "SLACK_CHANNEL", "CREATE_TABLES"):
        monkeypatch.delenv(name, raising=False)
    with a_project(tmp_path, monkeypatch) as running:
        yield running


@pytest.fixture
def slack(mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInSlack]:
    """A workspace with a channel for alerts, which the environment leads to."""
    with StandInSlack(["alerts"]) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def dataset(mixpanel: StandInMixpanel, tmp_path: Path) -> DuckDB:
    """The file that the environment leads to, with its tables."""
    dataset = DuckDB(tmp_path)
    dataset.path = tmp_path / "events.duckdb"
    with opened(dataset) as warehouse:
        warehouse.tables()
    return dataset


@pytest.fixture
def mp(mixpanel: StandInMixpanel, capsys: pytest.CaptureFixture[str]) -> Mp:
    """The command, in this process."""
    return Mp(capsys)


@pytest.fixture
def tls_url(tmp_path: Path) -> Iterator[str]:
    """A server whose certificate nobody has signed, as that of a proxy that reads TLS."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=proxy"]
    made = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *curve, *made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
