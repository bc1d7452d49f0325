"""The plan of deploy.sh, made from the project's files, the environment, `.env` and Terraform's outputs.

usage: python3 -m deploy.plan [--outputs FILE] [--region REGION] [--only NAME] FOLDER
       python3 -m deploy.plan [--outputs FILE] [--region REGION] --environment NAME

in the project's folder, with PYTHONPATH=shared. The first writes files of records into FOLDER: `destination`,
`problems`, `secrets`, `functions` and `schedules`, one record per line, its fields separated by U+001F. The second
prints the variables of a function as YAML, secrets included. Python's standard library is enough; where the library's
requirements are installed too, the configuration files are checked as a function will read them.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deploy.deployment import Deployment
from deploy.destination import Destination, Outputs
from deploy.files import DeployError
from deploy.given import Given
from deploy.problems import problems

_SEPARATOR = "\x1f"

Record = Sequence[object]


def main() -> None:
    """Write the plan, or print the variables of a function."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--outputs", type=Path, help="file with the output of `terraform output -json`")
    arguments.add_argument("--region")
    arguments.add_argument("--only", metavar="NAME")
    arguments.add_argument("--environment", metavar="NAME")
    arguments.add_argument("folder", type=Path, nargs="?")
    options = arguments.parse_args()
    try:
        only = options.environment or options.only
        deployment = Deployment.planned(Given.here(), _outputs(options.outputs), options.region, only)
        if options.environment:
            print(*_yaml(deployment.environment(deployment.functions[0])), sep="\n")
        else:
            _write(deployment, options.folder)
    except DeployError as error:
        sys.exit(f"deploy.sh: {error}")


def _outputs(file: Path | None) -> Outputs:
    if file is None:
        return {}
    return {name: each["value"] for name, each in json.loads(file.read_text(encoding="utf-8") or "{}").items()}


def _write(deployment: Deployment, folder: Path) -> None:
    """The records that deploy.sh reads, a file each."""
    files: Mapping[str, Iterator[Record]] = {
        "destination": _destination(deployment.destination),
        "problems": ((each.kind, each.sentence) for each in problems(deployment)),
        "secrets": _secrets(deployment),
        "functions": _functions(deployment),
        "schedules": _schedules(deployment),
    }
    for name, records in files.items():
        (folder / name).write_text("".join(f"{_line(record)}\n" for record in records), encoding="utf-8")


def _line(record: Record) -> str:
    fields = [str(field) for field in record]
    for field in fields:
        if re.search(f"[\0\n{_SEPARATOR}]", field):
            raise DeployError(f"{field!r} contains a newline, U+001F or U+0000. Remove that character.")
    return _SEPARATOR.join(fields)


def _destination(destination: Destination) -> Iterator[Record]:
    tables = "made by Terraform" if destination.is_beside_terraform else "made by runs"
    makers = destination.repository, destination.builds_account, destination.scheduler_account
    yield destination.project, destination.region, destination.dataset, destination.location, *makers, tables


def _secrets(deployment: Deployment) -> Iterator[Record]:
    """The secrets that are bound, each once."""
    for secret in dict.fromkeys(secret for function in deployment.functions for secret in function.secrets):
        if bound := deployment.given.bound(secret):
            yield bound.secret, bound.project or deployment.destination.project, bound.version


def _functions(deployment: Deployment) -> Iterator[Record]:
    for each in deployment.functions:
        bound = ",".join(found.flag() for secret in each.secrets if (found := deployment.given.bound(secret)))
        names = " ".join(deployment.environment(each))
        account = deployment.destination.account(each.name)
        yield each.name, each.target, each.memory, each.timeout_seconds, account, bound, names


def _schedules(deployment: Deployment) -> Iterator[Record]:
    for each in deployment.schedules:
        attempt_deadline = f"{each.attempt_seconds}s"
        when = each.schedule, each.time_zone, attempt_deadline, each.retries
        yield each.name, each.function, *when, each.description, json.dumps(each.body)


def _yaml(variables: Mapping[str, str]) -> Iterator[str]:
    """One line per variable; whatever its value holds, it is one string in double quotes and in ASCII."""
    for name, value in variables.items():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise DeployError(f"{name} is not UTF-8 text. Set it again.") from None
        # A JSON string is a YAML string, except that JSON writes a character above U+FFFF as two escapes.
        yield f"{name}: {re.sub(r'[^ -~]', _escape, json.dumps(value, ensure_ascii=False))}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


if __name__ == "__main__":
    main()
