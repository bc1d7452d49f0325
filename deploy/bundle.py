"""Builds what is shipped of each function, or of those that are named, into `build/NAME/`.

usage: python3 deploy/bundle.py [--build DIR] [NAME ...]

A bundle holds main.py, requirements.txt, config/, and of the library the modules that main.py reaches by imports, at
the top of a module or within a call, with the files that lie beside them. So what nothing imports is not shipped.
"""

import argparse
import ast
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FUNCTIONS = ROOT / "functions"
SHARED = ROOT / "shared"
LIBRARY = SHARED / "mixpanel_data"
# What a call imports on one's own machine alone.
LOCAL_ONLY = frozenset(f"mixpanel_data.{name}" for name in ("cli", "workspace", "warehouse.duckdb"))
# What deploy.sh reads, and no function.
NOT_FOR_FUNCTIONS = "schedules.json"


def main() -> None:
    """Build the bundles that the command line names."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--build", type=Path, default=ROOT / "build", help="where to (build/)")
    arguments.add_argument("names", nargs="*", metavar="NAME", help="folders of functions/ (all)")
    options = arguments.parse_args()
    # Another user than this one unpacks it.
    os.umask(0o022)
    known = sorted(path.parent.name for path in FUNCTIONS.glob("*/main.py"))
    for name in options.names or known:
        if name not in known:
            sys.exit(f"functions/{name}/main.py is not there. Functions: {', '.join(known)}.")
        build(name, options.build / name)


def build(name: str, bundle: Path) -> None:
    """Make the bundle of one function, in place of what was there."""
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir(parents=True)
    for file in ("main.py", "requirements.txt"):
        shutil.copyfile(FUNCTIONS / name / file, bundle / file)
    for path in sorted((ROOT / "config").glob("*.json")):
        if path.name != NOT_FOR_FUNCTIONS:
            _copy(path, ROOT, bundle)
    for path in library_files(FUNCTIONS / name / "main.py"):
        _copy(path, SHARED, bundle)


def library_files(main: Path) -> list[Path]:
    """The files of the library that a function's main.py needs, sorted."""
    left_out = LOCAL_ONLY | _jobs_of_others(main)
    modules: set[Path] = set()
    unread = [main]
    while unread:
        for name in imports(unread.pop()):
            for path in _modules(name, left_out):
                if path not in modules:
                    modules.add(path)
                    unread.append(path)
    packages = {path.parent for path in modules if path.name == "__init__.py"}
    return sorted(modules.union(*map(_files_beside, packages)))


def imports(path: Path) -> Iterator[str]:
    """The full names of what a file imports at run time, in calls too; of `from a import b` it is `a.b`."""
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


def _jobs_of_others(main: Path) -> set[str]:
    """What other functions are there for: `connect` can put every job together, and one function calls one."""
    others = {name for other in FUNCTIONS.glob("*/main.py") for name in imports(other)}
    return {name for name in others - set(imports(main)) if name.startswith("mixpanel_data.")}


def _modules(name: str, left_out: frozenset[str]) -> Iterator[Path]:
    """The files that importing this name runs: the packages on the way and the module, as far as they are ours."""
    steps = name.split(".")
    if steps[0] != LIBRARY.name:
        return
    for length in range(1, len(steps) + 1):
        if ".".join(steps[:length]) in left_out:
            return
        module = SHARED.joinpath(*steps[:length])
        for path in (module / "__init__.py", module.with_suffix(".py")):
            if path.is_file():
                yield path


def _files_beside(package: Path) -> Sequence[Path]:
    """What a package reads: its files that are no modules, in folders too that are no packages of their own."""
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
