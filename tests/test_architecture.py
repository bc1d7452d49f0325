"""The house as it stands: who imports whom, and what an import costs and does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.imports import (
    FLOOR_OF,
    FLOORS,
    FUNCTIONS,
    IN_ROOMS,
    LIBRARY,
    MAINS,
    MODULES,
    STAND_INS,
    Graph,
    arrows_of_folders,
    folder_of,
    imports,
    name_of,
    reached,
    room_of,
    rooms,
)

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_ROOM = 1_500
# Heavy libraries, and the modules that are about them: only these import them before they are called.
AT_HOME = {
    "duckdb": ["warehouse/duckdb/", "workspace/"],
    "sqlglot": ["warehouse/dialect.py", "warehouse/rewrites/"],
    "google": ["warehouse/bigquery/", "clients/google/"],
    "slack_sdk": ["clients/slack"],
    "psycopg": ["clients/postgres"],
    "isal": ["clients/mixpanel/gzip_stream.py"],
    "PIL": [],
    "numpy": ["detect/"],
    "pandas": [],
    "typer": ["cli/"],
    "rich": ["cli/"],
}


def faults(path: Path) -> list[str]:
    """The rooms that a module imports from and must not."""
    own = room_of(path)
    return sorted(room for room in rooms(path) - {own} if FLOOR_OF[room] >= FLOOR_OF[own])


@pytest.mark.parametrize("path", IN_ROOMS, ids=name_of)
def test_every_module_has_its_floor(path: Path) -> None:
    assert room_of(path) in FLOOR_OF


@pytest.mark.parametrize("path", IN_ROOMS, ids=name_of)
def test_a_module_imports_only_from_the_floors_below(path: Path) -> None:
    assert faults(path) == []


def test_no_room_imports_itself_through_others() -> None:
    """A folder within a room is a room of its own: either of the two may import the other, not both."""
    graph = arrows_of_folders()
    assert [room for room in graph if room in reached(graph, room)] == []


def test_a_circle_of_rooms_is_found() -> None:
    graph: Graph = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset({"b"}), "d": frozenset()}
    assert [room for room in graph if room in reached(graph, room)] == ["b", "c"]


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_file_has_more_than_400_lines(path: Path) -> None:
    assert lines_of(path) <= MOST_LINES_OF_A_FILE


@pytest.mark.parametrize("room", sorted({folder_of(path) for path in IN_ROOMS}))
def test_no_room_has_more_than_1500_lines_of_python(room: str) -> None:
    """A room is the modules of one folder; a folder within it is a room of its own."""
    assert sum(lines_of(path) for path in IN_ROOMS if folder_of(path) == room) <= MOST_LINES_OF_A_ROOM


def test_every_room_is_on_one_floor() -> None:
    assert len(FLOOR_OF) == sum(map(len, FLOORS))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_are_imported_where_they_are_used(path: Path) -> None:
    libraries = {name.partition(".")[0] for name in imports(path, at_module_level=True)}
    strangers = [name for name in libraries & AT_HOME.keys() if not name_of(path).startswith(tuple(AT_HOME[name]))]
    assert strangers == []


@pytest.mark.parametrize("path", MAINS, ids=lambda path: path.parent.name)
def test_a_function_is_a_thin_face(path: Path) -> None:
    """It is about one job, which it knows by its request, and by the function of the wiring that runs it."""
    (job,) = rooms(path) - {"http", "wiring"}
    assert {"http", "wiring"} < rooms(path)
    assert (LIBRARY / job / "__init__.py").is_file()
    assert 10 <= len(path.read_text(encoding="utf-8").splitlines()) <= 25


def test_every_function_has_a_face() -> None:
    assert [path.parent for path in MAINS] == sorted(path for path in FUNCTIONS.iterdir() if path.is_dir())


COMMANDS = sorted((LIBRARY / "cli" / "commands").glob("*.py"))


def wired(path: Path) -> set[str]:
    """The functions of the wiring by which a face runs jobs."""
    return {name for name in imports(path) if name.startswith("mixpanel_data.wiring.") and name.endswith(".run")}


@pytest.mark.parametrize("path", MAINS, ids=lambda path: path.parent.name)
def test_http_and_the_command_line_run_a_job_by_the_same_function(path: Path) -> None:
    (run,) = wired(path)
    assert run in set().union(*map(wired, COMMANDS))


@pytest.mark.parametrize("module", ["warehouse.duckdb", "warehouse.bigquery"])
def test_only_the_wiring_knows_which_engine_it_is(module: str) -> None:
    own = module.replace(".", "/")
    others = [path for path in MODULES if not name_of(path).startswith(own)]
    # A workspace is a DuckDB file, whatever engine the warehouse is on.
    knowing = {name_of(path) for path in others if any(module in name for name in imports(path))}
    # And a trial's invented dataset is one, too.
    in_files = ("workspace/", "wiring/detect.py")
    assert {name for name in knowing if not name.startswith(in_files)} == {"wiring/warehouse.py"}


MODULES_OF_STAND_INS = sorted(STAND_INS.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_library_does_not_know_the_stand_ins(path: Path) -> None:
    """Not even by name: `mp` finds their commands through entry points."""
    assert STAND_INS.name not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES_OF_STAND_INS, ids=lambda path: path.relative_to(STAND_INS).as_posix())
def test_the_stand_ins_import_only_the_ground_floor_of_the_library(path: Path) -> None:
    """Tests hold the clients against them, which proves something only if they share no code with the clients."""
    # `mp serve` answers for nobody: it calls the functions by the project's own schedules.
    is_stand_in = path.parent.name != "serve"
    assert rooms(path) <= ({"base"} if is_stand_in else {"base", "configuration"})
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_A_FILE


@pytest.mark.parametrize("room", sorted({path.parent for path in MODULES_OF_STAND_INS}), ids=lambda room: room.name)
def test_a_room_of_the_stand_ins_is_small(room: Path) -> None:
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in room.glob("*.py")]
    assert sum(lines) <= MOST_LINES_OF_A_ROOM


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
