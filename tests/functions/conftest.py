"""Functions as they run when deployed: loaded from their folder by the framework, called by an HTTP client."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

from mixpanel_data.clients.mixpanel.cancellation import Cancellation
from mixpanel_data.configuration.environment.variables import VARIABLES
from support.function_folders import client_of

Answer = tuple[int, dict[str, Any]]
"""An HTTP status, and the JSON document."""


@dataclass
class Function:
    """A deployed function, as its callers see it."""

    client: FlaskClient

    def ask(self, path: str = "/", *, method: str = "GET", **request: Any) -> Answer:
        """The answer to any request."""
        answered = self.client.open(path, method=method, **request)
        assert answered.mimetype == "application/json"
        return answered.status_code, json.loads(answered.get_data())

    def get(self, **parameters: Any) -> Answer:
        """The answer to a GET with these query parameters."""
        return self.ask(query_string=parameters)

    def post(self, **parameters: Any) -> Answer:
        """The answer to a POST with these parameters as a JSON body."""
        return self.ask(method="POST", data=json.dumps(parameters))


def assert_refused(answer: Answer, error: str, *words: str) -> None:
    """The answer is 400 with an error of this type, whose message has all of the words."""
    status, document = answer
    assert (status, document["error"]["type"]) == (400, error)
    for word in words:
        assert word in document["error"]["message"]


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An empty folder, none of our variables, and loggers as in a new process; waiting takes no time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(Cancellation, "wait", lambda *_: None)
    # Google Cloud sets K_SERVICE and the like in a deployed function.
    ours = {variable.name for variable in VARIABLES} | {name for name in os.environ if name.startswith("K_")}
    for name in ours:
        monkeypatch.delenv(name, raising=False)
    logger = logging.getLogger("mixpanel_data")
    before = logger.handlers[:], logger.level, logger.propagate
    logger.handlers.clear()
    yield
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.fixture
def function(request: pytest.FixtureRequest) -> Function:
    """The function of the parameter's folder; without a parameter, of the folder that the test file is named after."""
    named_after = Path(request.node.path).stem.removeprefix("test_").replace("_", "-")
    return Function(client_of(getattr(request, "param", named_after)))
