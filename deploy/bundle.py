"""Builds the bundle of each function, or of those named, into `build/NAME/`.

usage: python3 deploy/bundle.py [--build DIR] [NAME ...]

A bundle holds main.py, the function's lock as requirements.txt, config/, and those modules of the library that main.py
reaches by imports, at the top of a module or within a call, with the files beside them. A module that it does not reach
is not shipped, so each function carries only its own job and that job's clients.
"""

import argparse
import ast
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = ROOT / "functions"
SHARED = ROOT / "shared"
LIBRARY = SHARED / "mixpanel_data"
# Modules that a call imports only on one's own machine.
LOCAL_ONLY = frozenset(f"mixpanel_data.{name}" for name in ("accounts", "cli", "reports", "workspace"))
# It opens the engine that the settings choose, and those of a function never choose this one.
CHOOSER, NOT_CHOSEN = LIBRARY / "wiring" / "warehouse.py", "mixpanel_data.warehouse.duckdb"
# The first is for deploy.sh, the others are for editors.
NOT_FOR_FUNCTIONS = ("schedules.json", "*.schema.json")
# The exact versions of a function's requirements, which `make lock` renews.
LOCK = "requirements.lock"


def main() -> None:
    """Build the bundles named on the command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", type=Path, default=ROOT / "build", help="folder to build into (build/)")
    arguments.add_argument("names", nargs="*", metavar="NAME", help="folders of functions/ (all)")
    options = arguments.parse_args()
    # Another user unpacks the bundle, and has to be able to read it.
    os.umask(0o022)
    known = sorted(path.parent.name for path in FUNCTIONS.glob("*/main.py"))
    for name in options.names or known:
        if name not in known:
            sys.exit(f"functions/{name}/main.py does not exist. Functions: {', '.join(known)}.")
        if not (FUNCTIONS / name / LOCK).is_file():
            sys.exit(f"functions/{name}/{LOCK} does not exist. Run make lock.")
        build(name, options.build / name)


def build(name: str, bundle: Path) -> None:
    """Build the bundle of one function, in place of an earlier one."""
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir(parents=True)
    shutil.copyfile(FUNCTIONS / name / "main.py", bundle / "main.py")
    shutil.copyfile(FUNCTIONS / name / LOCK, bundle / "requirements.txt")
    for path in sorted((ROOT / "config").glob("*.json")):
        if not any(path.match(pattern) for pattern in NOT_FOR_FUNCTIONS):
            _copy(path, ROOT, bundle)
    for path in library_files(FUNCTIONS / name / "main.py"):
        _copy(path, SHARED, bundle)


def library_files(main: Path) -> list[Path]:
    """The files of the library that a function's main.py needs, sorted by path."""
    modules: set[Path] = set()
    unread = [main]
    while unread:
        importer = unread.pop()
        for name in imports(importer):
            for path in () if importer == CHOOSER and name.startswith(NOT_CHOSEN) else _modules(name):
                if path not in modules:
                    modules.add(path)
                    unread.append(path)
    packages = {path.parent for path in modules if path.name == "__init__.py"}
    return sorted(modules.union(*map(_files_beside, packages)))


@cache
def imports(path: Path) -> Sequence[str]:
    """The full names that a file imports at run time, within calls too; for `from a import b` it is `a.b`."""
    return [*_imports(path)]


def _imports(path: Path) -> Iterator[str]:
    nodes: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            nodes.extend(node.orelse)
        else:
            nodes.extend(ast.iter_child_nodes(node))


def _modules(name: str) -> Iterator[Path]:
    """The files of the library that importing this name runs: those of the packages on the way, and the module."""
    steps = name.split(".")
    if steps[0] != LIBRARY.name:
        return
    for length in range(1, len(steps) + 1):
        if ".".join(steps[:length]) in LOCAL_ONLY:
            return
        module = SHARED.joinpath(*steps[:length])
        for path in (module / "__init__.py", module.with_suffix(".py")):
            if path.is_file():
                yield path


def _files_beside(package: Path) -> Sequence[Path]:
    """The data files of a package, such as SQL and schemas; also in folders that are not packages themselves."""
    found: list[Path] = []
    for path in package.iterdir():
        if path.is_dir() and path.name != "__pycache__" and not (path / "__init__.py").is_file():
            found.extend(_files_beside(path))
        elif path.is_file() and path.suffix != ".py":
            found.append(path)
    return found


def _copy(path: Path, base: Path, bundle: Path) -> None:
    target = bundle / path.relative_to(base)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


if __name__ == "__main__":
    main()
