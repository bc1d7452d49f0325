"""The plans on the page about costs: what the command prints on a terminal, and what it tells of other sizes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mixpanel_data.cli import main
from mixpanel_data.cli.base.tables.texts import size
from support.imports import ROOT

_SIZES = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_HEAD = (
    "| events a day | billed a month | USD a month | what saves most | in place of | USD less |",
    "|---|---|---|---|---|---|",
)


def plan() -> str:
    """What the plan of a million events a day prints on a terminal of 80 columns."""
    return f"```text\n{_printed('--events-per-day', '1000000', '--format', 'table')}```"


def sizes() -> str:
    """A table with a row per size: what a month costs, and the one setting that saves most."""
    return "\n".join([*_HEAD, *map(_row, _SIZES)])


def _row(events: int) -> str:
    told = json.loads(_printed("--events-per-day", str(events)))
    total = told["total"]
    billed = " to ".join(size(total[f"{each}_bytes_per_month"]) for each in ("least", "most"))
    money = " to ".join(f"{total[f'{each}_usd_per_month']:,.2f}" for each in ("least", "most"))
    return f"| {events:,} | {billed} | {money} | {_saving(told['savings'][0])} |"


def _saving(saving: Mapping[str, Any]) -> str:
    return f"{saving['setting']} `{saving['instead']}` | `{saving['now']}` | {saving['most_usd_per_month']:,.2f}"


class _Terminal(io.StringIO):
    """A terminal without color, whose width is that of the environment."""

    def isatty(self) -> bool:
        return True


def _printed(*options: str) -> str:
    """What the command prints in a folder with the project's schedules, and with no other setting."""
    with _project_alone(), contextlib.redirect_stdout(_Terminal()) as out:
        assert main(("--quiet", "cost", "plan", *options)) == 0
    return out.getvalue()


@contextlib.contextmanager
def _project_alone() -> Iterator[None]:
    kept = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("config").mkdir()
        shutil.copy(ROOT / "config" / "schedules.json", "config")
        os.environ.clear()
        os.environ.update({"HOME": folder, "COLUMNS": "80", "TERM": "dumb"})
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(kept)
