"""Functions as they will run: loaded from their folder by the framework, called by a client."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import functions_framework
import pytest
from flask.testing import FlaskClient

from mixpanel_data.clients.mixpanel.cancellation import Cancellation

FUNCTIONS = Path(__file__).parents[2] / "functions"
OURS = ("MIXPANEL_", "BIGQUERY_", "COLLECTOR_", "EVENTS_", "STORAGE_", "GCP_", "WAREHOUSE", "CALL_", "CREATE_", "K_")


@dataclass
class Function:
    """One deployed function."""

    client: FlaskClient

    def ask(self, path: str = "/", *, method: str = "GET", **request: Any) -> tuple[int, dict[str, Any]]:
        answered = self.client.open(path, method=method, **request)
        assert answered.mimetype == "application/json"
        return answered.status_code, json.loads(answered.get_data())

    def get(self, **parameters: Any) -> tuple[int, dict[str, Any]]:
        return self.ask(query_string=parameters)

    def post(self, **parameters: Any) -> tuple[int, dict[str, Any]]:
        return self.ask(method="POST", data=json.dumps(parameters))


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """In an empty folder and environment, with the logs of a new process; no wait takes any time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(Cancellation, "wait", lambda *_: None)
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    ours = logging.getLogger("mixpanel_data")
    before = ours.handlers[:], ours.level, ours.propagate
    ours.handlers.clear()
    yield
    ours.handlers[:], ours.level, ours.propagate = before


@pytest.fixture
def function(request: pytest.FixtureRequest) -> Function:
    """The function of the folder that a test is parametrised with; else of the folder that its file is named after."""
    folder: str = getattr(request, "param", Path(request.node.path).stem.removeprefix("test_").replace("_", "-"))
    app = functions_framework.create_app(folder.replace("-", "_"), str(FUNCTIONS / folder / "main.py"))  # type: ignore[no-untyped-call]
    return Function(app.test_client())
