"""Renews the locks: of each function, and of the image in which `mp` runs.

usage: python3 -m deploy.renew_locks

in the project's folder, with PYTHONPATH=shared, by a Python that has uv; `make lock` does that. It asks a package
index for the newest versions that the requirements allow, and for their wheels for the functions' Python on Linux
x86_64.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from deploy.files import ROOT, DeployError
from deploy.functions import all_functions
from deploy.locks import IMAGE_LOCK, lock_of, python_version

# The C library of every image that a function or `mp` runs on is newer.
_PLATFORM = "x86_64-manylinux_2_28"


def main() -> None:
    """Write the locks that have changed, and print their names."""
    try:
        # The image has all that functions have, so its versions are theirs too.
        _renew(IMAGE_LOCK, "mp in its image", ["pyproject.toml", "--all-extras", "-"], _build_requirements())
        for name in all_functions():
            sources = [f"functions/{name}/requirements.txt", "--constraint", IMAGE_LOCK.name]
            _renew(lock_of(name), f"functions/{name}", sources)
    except DeployError as error:
        sys.exit(str(error))


def lock_text(owner: str, python: str, resolved: str) -> str:
    """The text of a lock, from a resolution in the format of pylock.toml, which the packaging specifications define."""
    lines = [f"# What {owner} installs, on Python {python} and Linux x86_64. Made by `make lock`; do not edit it."]
    for package in tomllib.loads(resolved)["packages"]:
        lines.append(" \\\n".join(_requirement(package)))
    return "\n".join(lines) + "\n"


def _requirement(package: Any) -> Iterator[str]:
    yield f"{package['name']}=={package['version']}"
    for wheel in package["wheels"]:
        yield f"    --hash=sha256:{wheel['hashes']['sha256']}"


def _renew(lock: Path, owner: str, sources: Sequence[str], typed: str = "") -> None:
    python = python_version()
    text = lock_text(owner, python, _resolved(python, sources, typed))
    if not lock.is_file() or lock.read_text(encoding="utf-8") != text:
        lock.write_text(text, encoding="utf-8")
        print(lock.relative_to(ROOT))


def _resolved(python: str, sources: Sequence[str], typed: str) -> str:
    """What uv resolves requirements to; `-` among the sources stands for those that are typed. Raises DeployError."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header", "--format", "pylock.toml"]
    target = ["--only-binary", ":all:", "--python-version", python, "--python-platform", _PLATFORM]
    done = subprocess.run([*command, *target, *sources], cwd=ROOT, input=typed, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise DeployError(f"uv cannot resolve {sources[0]}; it says why above. Run this with make lock.")
    return done.stdout


def _build_requirements() -> str:
    """What builds the project's own wheel, so that the image's build is locked as well."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return "\n".join(project["build-system"]["requires"])


if __name__ == "__main__":
    main()
