"""The house as it stands: who imports whom, and what an import costs and does."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "shared" / "mixpanel_data"
FUNCTIONS = ROOT / "functions"

FLOORS = (
    ("base",),
    ("configuration",),
    ("clients", "warehouse"),
    ("runs",),
    ("exports",),
    ("collect", "detect", "identity", "users", "registry", "analyst"),
    ("wiring",),
    ("calls", "workspace"),
    ("cli", "http"),
)
"""The rooms of the library from the ground up: a room imports from the floors below its own, and from no other."""
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_ROOM = 1_500
# Heavy libraries, and the modules that are about them: only these import them before they are called.
AT_HOME = {
    "duckdb": ["warehouse/duckdb/"],
    "sqlglot": ["warehouse/dialect.py"],
    "google": ["warehouse/bigquery/", "clients/google/"],
    "slack_sdk": ["clients/slack"],
    "psycopg": ["clients/postgres"],
    "PIL": [],
    "numpy": ["detect/"],
    "pandas": [],
    "typer": ["cli/"],
    "rich": ["cli/"],
}
MODULES = sorted(path for path in LIBRARY.rglob("*.py"))
MAINS = sorted(FUNCTIONS.glob("*/main.py"))


def name_of(path: Path) -> str:
    return path.relative_to(LIBRARY).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, at_module_level: bool = False) -> Iterator[str]:
    """The full names of what a file imports; `at_module_level` leaves out what only a call imports."""
    nodes: list[ast.AST] = [tree_of(path)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (at_module_level and is_for_later(node)):
            nodes.extend(ast.iter_child_nodes(node))


def is_for_later(node: ast.AST) -> bool:
    """Whether what stands in it happens in a call only, or for a type checker."""
    is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_for_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def rooms(path: Path) -> set[str]:
    """The rooms of the library that a file imports from."""
    ours = (name.split(".") for name in imports(path) if name.startswith("mixpanel_data."))
    return {steps[1] for steps in ours}


def faults(path: Path) -> list[str]:
    """The rooms that a module imports from and must not."""
    own = room_of(path)
    return sorted(room for room in rooms(path) - {own} if FLOOR_OF[room] >= FLOOR_OF[own])


IN_ROOMS = [path for path in MODULES if path != LIBRARY / "__init__.py"]


@pytest.mark.parametrize("path", IN_ROOMS, ids=name_of)
def test_every_module_has_its_floor(path: Path) -> None:
    assert room_of(path) in FLOOR_OF


@pytest.mark.parametrize("path", IN_ROOMS, ids=name_of)
def test_a_module_imports_only_from_the_floors_below(path: Path) -> None:
    assert faults(path) == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    libraries = {name.partition(".")[0] for name in imports(path, at_module_level=True)}
    strangers = [name for name in libraries & AT_HOME.keys() if not name_of(path).startswith(tuple(AT_HOME[name]))]
    assert strangers == []


@pytest.mark.parametrize("path", MAINS, ids=lambda path: path.parent.name)
def test_a_function_is_a_thin_face(path: Path) -> None:
    assert rooms(path) <= {"http", "collect", "detect", "identity", "users", "registry"}
    assert "http" in rooms(path)
    assert 10 <= len(path.read_text(encoding="utf-8").splitlines()) <= 25


def test_every_function_has_a_face() -> None:
    assert [path.parent for path in MAINS] == sorted(path for path in FUNCTIONS.iterdir() if path.is_dir())


@pytest.mark.parametrize("module", ["warehouse.duckdb", "warehouse.bigquery"])
def test_only_connect_knows_which_engine_it_is(module: str) -> None:
    own = module.replace(".", "/")
    others = [path for path in MODULES if not name_of(path).startswith(own)]
    knowing = {name_of(path) for path in others if any(module in name for name in imports(path))}
    assert knowing <= {"wiring/connect.py"}


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in a process of its own, in an empty environment but for the library."""
    command = [sys.executable, "-B", "-W", "error", *arguments]
    env = {"PYTHONPATH": str(LIBRARY.parent)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


# Loaded beforehand: what these do when they are imported is not ours.
OTHERS = (
    *("flask", "pydantic", "requests", "duckdb", "sqlglot", "numpy", "dotenv", "typer", "rich", "slack_sdk"),
    *("psycopg", "google.cloud.bigquery", "google.cloud.storage", "google.cloud.secretmanager"),
)
WATCH = """
import importlib, logging, os, sys, threading
now = ["before"]
for library in sys.argv.pop(1).split():
    try: importlib.import_module(library)
    except ImportError: pass
before = dict(os.environ), threading.active_count(), logging.root.handlers[:], set(logging.root.manager.loggerDict)

def watch(event, arguments):
    is_write = event == "open" and (set(str(arguments[1])) & set("wax+"))
    if is_write or event.split(".")[0] in ("socket", "subprocess") or event in ("os.mkdir", "os.remove", "os.putenv"):
        sys.stderr.write(f"{now[0]}: {event} {arguments}")
        sys.stderr.flush()
        os._exit(1)

sys.addaudithook(watch)
for now[0] in sys.argv[1:]:
    importlib.import_module(now[0])
assert (dict(os.environ), threading.active_count(), logging.root.handlers[:]) == before[:3]
handlers = [name for name, each in logging.root.manager.loggerDict.items() if getattr(each, "handlers", None)]
assert [name for name in handlers if name.startswith("mixpanel_data")] == []
"""


def dotted(path: Path) -> str:
    parts = path.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def test_importing_a_module_does_nothing() -> None:
    """All in one process, one after the other: what one may not do is told with its name."""
    done = python("-W", "ignore::DeprecationWarning", "-c", WATCH, " ".join(OTHERS), *map(dotted, MODULES))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


HEAVY = (
    *("duckdb", "sqlglot", "numpy", "pandas", "rich", "typer", "grpc", "slack_sdk", "psycopg", "PIL"),
    *("google.cloud.bigquery", "google.cloud.secretmanager", "google.cloud.storage"),
)


@pytest.mark.parametrize("path", MAINS, ids=lambda path: path.parent.name)
def test_a_cold_start_loads_nothing_heavy(path: Path) -> None:
    done = python("-X", "importtime", str(path))
    assert done.returncode == 0, done.stderr[-500:]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "mixpanel_data.http" in loaded
    if path.parent.name != "detector":
        assert {
            name for name in loaded if name.startswith(("mixpanel_data.detect", "mixpanel_data.clients.slack"))
        } == set()
    needed = {"numpy"} if path.parent.name == "detector" else set()
    assert sorted(loaded & set(HEAVY) - needed) == []
