"""Writes the files that other files determine.

These are docs/variables.md, .env.example, the schema of config/events_config.json, and each requirements.txt.

usage: python3 -m deploy.generate [--check]

in the project's folder, with PYTHONPATH=shared. With --check it writes nothing and fails if a file is out of date.
Python's standard library is enough; where the library's requirements are not installed, the schema is left as it is.
"""

import argparse
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deploy.files import ROOT, DeployError
from deploy.functions import all_functions
from deploy.requirements import requirements

from mixpanel_data.configuration.environment.variable import Group, Variable
from mixpanel_data.configuration.environment.variables import VARIABLES

_COMMAND = "PYTHONPATH=shared python3 -m deploy.generate"
_SOURCE = "shared/mixpanel_data/configuration/environment/variables.py"
_WIDTH = 120


def main() -> None:
    """Write every generated file, or check them."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="write nothing; fail if a file is out of date")
    options = arguments.parse_args()
    try:
        files = generated()
    except DeployError as error:
        sys.exit(str(error))
    stale = [file for file, text in files.items() if not file.is_file() or file.read_text("utf-8") != text]
    if options.check and stale:
        names = ", ".join(str(file.relative_to(ROOT)) for file in stale)
        sys.exit(f"Out of date: {names}. Run: {_COMMAND}")
    for file in stale:
        file.write_text(files[file], "utf-8")
        print(file.relative_to(ROOT))


def generated() -> Mapping[Path, str]:
    """The files with the text that each should have. Raises DeployError."""
    of_functions = {ROOT / "functions" / name / "requirements.txt": requirements(name) for name in all_functions()}
    return {
        ROOT / "docs" / "variables.md": "\n".join(_page()) + "\n",
        ROOT / ".env.example": "\n".join(_example()) + "\n",
        **of_functions,
        **_schemas(),
    }


def _schemas() -> Mapping[Path, str]:
    try:
        from deploy.schemas import events_schema
    except ImportError:
        return {}
    return {ROOT / "config" / "events_config.schema.json": events_schema()}


def _page() -> Iterator[str]:
    yield f"<!-- Generated from {_SOURCE} by `{_COMMAND}`. -->"
    yield ""
    yield "# Environment variables"
    yield ""
    yield "Jobs and `mp` read these variables from the environment."
    yield "In local runs, a `.env` file in the working directory adds the variables that the environment does not set."
    yield "An empty variable counts as unset."
    yield "`deploy.sh` reads both in the same way and passes the variables on to the functions."
    yield "It does not pass on those that are marked *local*, and each function gets only its own secrets."
    for group in Group:
        yield ""
        yield f"## {group.title}"
        yield ""
        yield from re.split(r"(?<=\.) ", group.sentence)
        yield ""
        yield "| variable | default | meaning | read by |"
        yield "|---|---|---|---|"
        for variable in VARIABLES:
            if variable.group is group:
                yield _row(variable)


def _row(variable: Variable[Any]) -> str:
    default = f" `{variable.default}`" if variable.default else ""
    read_by = variable.read_by if variable.is_shipped else f"{variable.read_by} (*local*)"
    return f"| `{variable.name}` |{default} | {variable.meaning} | {read_by} |"


def _example() -> Iterator[str]:
    yield f"# Generated from {_SOURCE} by: {_COMMAND}"
    yield "#"
    yield "# Copy this file to .env and fill in what you need. Local runs and deploy.sh read .env; a variable that the"
    yield "# environment sets wins. An empty variable counts as unset. Never commit .env."
    for group in Group:
        yield ""
        yield f"# --- {group.title}: {_plain(group.sentence)}"
        for variable in VARIABLES:
            if variable.group is group and variable.name != "NO_COLOR":
                yield ""
                default = f" Default: {variable.default}." if variable.default else ""
                yield from _comment(f"{_plain(variable.meaning)}{default}")
                yield f"{variable.name}="


def _plain(markdown: str) -> str:
    return markdown.replace("`", "")


def _comment(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False)


if __name__ == "__main__":
    main()
