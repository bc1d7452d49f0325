"""A DuckDB connection that runs what `dialect` translates; it works in memory and attaches files."""

import os
from pathlib import Path

import duckdb

from mixpanel_data.warehouse.dialect import FUNCTIONS, MACROS

MEMORY_LIMIT = "400MB"
"""The usual memory limit: a function has 512 MiB, and the collector sizes its parts so that they fit."""
# Memory that was used once is kept, because clearing the same pages again and again takes time; the peak is the same.
KEPT_MEMORY = "300MB"
_THREADS = 4


def connected(temporary: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A connection whose work spills into a folder of this one once it exceeds the memory limit, such as 400MB."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory_limit,
            "block_allocator_memory": KEPT_MEMORY,
            "threads": min(_THREADS, os.cpu_count() or 1),
            "temp_directory": str(temporary / "spilled"),
            "preserve_insertion_order": False,
        },
    )
    # Global: cursors of the connection, which stream rows, do not inherit what is set for its session.
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    for function in FUNCTIONS:
        connection.create_function(function.__name__, function, ["VARCHAR"], "VARCHAR")
    for macro in MACROS:
        connection.execute(macro)
    return connection
