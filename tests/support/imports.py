"""The house as its files stand: the rooms of the library, their floors, and who imports whom."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
STAND_INS = ROOT / "shared" / "mixpanel_data_standins"
LIBRARY = ROOT / "shared" / "mixpanel_data"
FUNCTIONS = ROOT / "functions"

MODULES = sorted(path for path in LIBRARY.rglob("*.py"))
MAINS = sorted(FUNCTIONS.glob("*/main.py"))
# The public names, and `python -m mixpanel_data`, are in no room.
_ABOVE_ROOMS = ("__init__.py", "__main__.py", "auth.py")
IN_ROOMS = [path for path in MODULES if path.parent != LIBRARY or path.name not in _ABOVE_ROOMS]
"""All modules but the library's public face, which stands above the rooms."""

Graph = Mapping[str, frozenset[str]]
"""Who imports from whom: the names that each name leads to."""


def name_of(path: Path) -> str:
    """A module's path within the library."""
    return path.relative_to(LIBRARY).as_posix()


def room_of(path: Path) -> str:
    """The room of the picture that a module belongs to: its first folder, or the module itself."""
    return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def folder_of(path: Path) -> str:
    """The innermost room that a module belongs to, such as `clients/slack`."""
    return path.relative_to(LIBRARY).parent.as_posix() if path.parent != LIBRARY else path.stem


@cache
def tree_of(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, at_module_level: bool = False) -> Iterator[str]:
    """The full names that a file imports; `at_module_level` leaves out those that only a call imports."""
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
    """Whether a node is run by a call only, or read by a type checker only."""
    is_for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    return is_for_types or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def ours(path: Path) -> Iterator[str]:
    """The full names that a file imports from the library's rooms."""
    return (name for name in imports(path) if name.startswith("mixpanel_data."))


def rooms(path: Path) -> set[str]:
    """The rooms of the library that a file imports from."""
    return {name.split(".")[1] for name in ours(path)}


JOBS = tuple(sorted({room for path in MAINS for room in rooms(path)} - {"http", "wiring"}))
"""The rooms of the jobs: those that the functions' faces are about."""

FLOORS = (
    ("base",),
    ("configuration",),
    ("clients", "warehouse", "accounts"),
    ("runs", "outbox"),
    ("exports", "reports"),
    (*JOBS, "workspace", "costs"),
    ("wiring",),
    ("calls", "doctor", "initialization"),
    ("cli", "http"),
)
"""The rooms of the library from the ground up: a room imports from the floors below its own, and from no other."""
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}


def module_named(name: str) -> Path:
    """The file that a full name of the library stands in: a module, or the `__init__.py` of a package."""
    steps = name.split(".")[1:]
    for length in range(len(steps), 0, -1):
        path = LIBRARY.joinpath(*steps[:length])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    raise ValueError(f"{name} is not in {LIBRARY}")


def arrows_of_rooms() -> Graph:
    """The rooms of the picture that each of them imports from."""
    return _graph((room_of(path), room) for path in IN_ROOMS for room in rooms(path))


def arrows_of_folders() -> Graph:
    """The same between all folders, at any depth."""
    return _graph((folder_of(path), folder_of(module_named(name))) for path in IN_ROOMS for name in ours(path))


def _graph(arrows: Iterable[tuple[str, str]]) -> Graph:
    found: dict[str, set[str]] = {}
    for start, end in arrows:
        ends = found.setdefault(start, set())
        if start != end:
            ends.add(end)
            found.setdefault(end, set())
    return {name: frozenset(ends) for name, ends in sorted(found.items())}


def reached(graph: Graph, start: str) -> set[str]:
    """All names that arrows lead to from one, `start` itself only where a circle leads back to it."""
    seen: set[str] = set()
    ahead = list(graph.get(start, ()))
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(graph.get(name, ()))
    return seen


def without_shortcuts(graph: Graph) -> Graph:
    """The graph without the arrows that a longer way replaces (its transitive reduction); it has no circle."""
    return {
        start: frozenset(
            end for end in ends if not any(end in reached(graph, between) for between in ends if between != end)
        )
        for start, ends in graph.items()
    }
