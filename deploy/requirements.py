"""The requirements of each function: the distributions that its bundle imports, at the versions of pyproject.toml."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from deploy.bundle import FUNCTIONS, LIBRARY, imports, library_files
from deploy.files import ROOT, DeployError

# Modules by the distribution that brings them, where the name of one is not the name of the other.
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "flask": "functions-framework",
    "google.api_core": "google-cloud-bigquery",
    "google.auth": "google-cloud-bigquery",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.exceptions": "google-cloud-bigquery",
    "google.cloud.secretmanager": "google-cloud-secret-manager",
    "google.cloud.storage": "google-cloud-storage",
    "google.resumable_media": "google-resumable-media",
    "werkzeug": "functions-framework",
}
# The time zone database is read as files, and the images of Cloud Functions do not have them.
_NEVER_IMPORTED = ("tzdata",)
# No function reaches these imports: it reads no `.env` file, and asks for no rows as Arrow.
_LOCAL_ONLY = frozenset({"dotenv", "pyarrow"})


def requirements(function: str) -> str:
    """The text of a requirements.txt. Raises DeployError for an import that pyproject.toml does not cover."""
    main = FUNCTIONS / function / "main.py"
    files = [main, *(path for path in library_files(main) if path.suffix == ".py")]
    needed = {_distribution(name, path) for path in files for name in imports(path) if _is_foreign(name)}
    return "".join(f"{_versions()[name]}\n" for name in sorted({*needed, *_NEVER_IMPORTED}))


def _is_foreign(module: str) -> bool:
    return module.partition(".")[0] not in {*sys.stdlib_module_names, LIBRARY.name, *_LOCAL_ONLY}


def _distribution(module: str, path: Path) -> str:
    """The distribution that brings a module."""
    steps = module.split(".")
    prefixes = [".".join(steps[:length]) for length in range(len(steps), 0, -1)]
    found = next((_DISTRIBUTIONS[name] for name in prefixes if name in _DISTRIBUTIONS), steps[0].replace("_", "-"))
    if found not in _versions():
        raise DeployError(
            f"{path.relative_to(ROOT)} imports {module}, and pyproject.toml requires no {found}. "
            "Add it there, or correct the names in deploy/requirements.py."
        )
    return found


@cache
def _versions() -> Mapping[str, str]:
    """The requirements of pyproject.toml, those of its extras included, by the name of their distribution."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[^A-Za-z0-9._-]", each)[0]: each for each in _listed(project)}


def _listed(project: Mapping[str, object]) -> Iterator[str]:
    yield from project["dependencies"]  # type: ignore[misc]  # a TOML list of texts
    for extra in project["optional-dependencies"].values():  # type: ignore[attr-defined]
        yield from extra
