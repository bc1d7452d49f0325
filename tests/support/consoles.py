"""The engine itself, beside the library: what a person sees and does in its console."""

import contextlib
from typing import Any

import duckdb

from support.engines import EMULATOR_HOST, PROJECT, BigQuery, DuckDB, Engine


def in_console(engine: Engine, text: str) -> list[tuple[Any, ...]]:
    """The rows that the engine answers to a text in its own SQL."""
    if isinstance(engine, DuckDB):
        with duckdb.connect(str(engine.path)) as console:
            return console.execute(text).fetchall()
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    client = bigquery.Client(
        project=PROJECT,
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options=ClientOptions(api_endpoint=EMULATOR_HOST),
    )
    with contextlib.closing(client):
        return [tuple(row.values()) for row in client.query_and_wait(text)]


def dataset_in_console(engine: Engine) -> str:
    """The dataset's name in such a text."""
    return f"{PROJECT}.{engine.dataset}" if isinstance(engine, BigQuery) else "mixpanel_data"
