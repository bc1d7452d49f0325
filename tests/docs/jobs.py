"""The list of the jobs, as Markdown, from their functions."""

from __future__ import annotations

import ast
from pathlib import Path

from support.imports import MAINS, rooms, tree_of


def markdown() -> str:
    """A table with a row per function: its name, the room of its job, and the sentence that its main.py starts with."""
    rows = [f"| `{main.parent.name}` | `{room_of_job(main)}` | {_purpose(main)} |" for main in MAINS]
    return "\n".join(["| function | room | purpose |", "|---|---|---|", *rows])


def room_of_job(main: Path) -> str:
    """The room that a function's face is about."""
    (room,) = rooms(main) - {"http", "wiring"}
    return room


def _purpose(main: Path) -> str:
    docstring = ast.get_docstring(tree_of(main)) or ""
    return docstring.splitlines()[0].partition(": ")[2].removesuffix(".")
