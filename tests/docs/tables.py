"""The reference of the tables, as Markdown, from the schemas that Terraform and both engines read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from mixpanel_data.warehouse.tables import TABLES, Column, Table
from support.imports import ROOT

_FUNCTIONS = sorted((ROOT / "functions").glob("*/function.json"))
_DAY = timedelta(days=1)


def markdown() -> str:
    """A section for each function's own tables, one for those that several write, one for those that none writes."""
    functions: Mapping[str, Mapping[str, Any]] = {
        path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in _FUNCTIONS
    }
    writers = {name: [function for function, of in functions.items() if name in of["writes"]] for name in TABLES}
    # A function lists the table first that people look at most.
    sections = {
        f"Written by the function `{function}`": [name for name in of["writes"] if writers[name] == [function]]
        for function, of in functions.items()
    }
    sections["Written by several functions"] = [name for name, by in writers.items() if len(by) > 1]
    sections["Written by no function"] = [name for name, by in writers.items() if not by]
    readers = {name: [function for function, of in functions.items() if name in of["reads"]] for name in TABLES}
    return "\n\n".join(
        "\n\n".join([f"## {title}", *(_table(TABLES[name], readers[name]) for name in names)])
        for title, names in sections.items()
        if names
    )


def _table(table: Table, readers: list[str]) -> str:
    facts = "\n".join(_facts(table, readers))
    rows = [f"| `{column.name}` | {_type(column)} | {_cell(column.description)} |" for column in table.columns]
    head = ["| column | type | description |", "|---|---|---|"]
    about = [_sentences(table.resource["description"]), *([facts] if facts else [])]
    return "\n\n".join([f"### {table.name}", *about, "\n".join([*head, *rows])])


def _facts(table: Table, readers: list[str]) -> Iterator[str]:
    if table.partition_column:
        yield f"Partitioned by day of `{table.partition_column}`."
    if table.resource.get("requirePartitionFilter"):
        yield f"On BigQuery a query has to bound `{table.partition_column}`."
    if "clustering" in table.resource:
        yield f"Clustered by {', '.join(f'`{name}`' for name in table.resource['clustering']['fields'])}."
    if table.expires_after:
        yield f"Partitions expire after {table.expires_after // _DAY} days."
    if readers:
        yield f"Also read by {', '.join(f'`{name}`' for name in readers)}."


def _sentences(text: str) -> str:
    """A sentence a line, as in all pages."""
    return re.sub(r"\. (?=[A-Z])", ".\n", text)


def _type(column: Column) -> str:
    kind = f"ARRAY<{column.type}>" if column.is_array else column.type
    return f"`{kind}`{', required' if column.is_required else ''}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
