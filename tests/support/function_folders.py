"""The folders of `functions/`, found and loaded as the functions framework does it."""

from pathlib import Path

import functions_framework
from flask.testing import FlaskClient

FUNCTIONS = Path(__file__).parents[2] / "functions"


def function_names() -> list[str]:
    """The names of the functions, in order: their folders' names."""
    return sorted(path.parent.name for path in FUNCTIONS.glob("*/main.py"))


def client_of(name: str) -> FlaskClient:
    """A client of the function, loaded into this process. Call it once the variables are set."""
    source = str(FUNCTIONS / name / "main.py")
    app = functions_framework.create_app(name.replace("-", "_"), source)  # type: ignore[no-untyped-call]
    client: FlaskClient = app.test_client()
    return client
