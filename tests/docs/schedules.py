"""The schedule, as Markdown, from config/schedules.json."""

from __future__ import annotations

import json

from support.imports import ROOT


def markdown() -> str:
    """A table with a row per scheduled call, in the order of the file."""
    entries = json.loads((ROOT / "config" / "schedules.json").read_text(encoding="utf-8"))["schedules"]
    rows = [
        f"| `{each['name']}` | `{each['schedule']}` | `{json.dumps(each['body'])}` | {each.get('description', '')} |"
        for each in entries
    ]
    return "\n".join(["| name | schedule | body | purpose |", "|---|---|---|---|", *rows])
