"""A gcloud that records its calls in the JSON file GCLOUD_STATE, and answers as gcloud does.

GCLOUD_FAILS_AT=N lets the N-th call fail before it did anything, GCLOUD_BREAKS_AT=N after it. GCLOUD_HANGS names a
pipe that `functions deploy` writes its process's id and the file of its variables to, to hang then.
"""

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

Flags = dict[str, str]
State = dict[str, Any]
STATE = Path(os.environ["GCLOUD_STATE"])


class FailedError(Exception):
    """What gcloud ends with."""


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    flags = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    state = json.loads(STATE.read_text())
    state["calls"].append(sys.argv[1:])
    number = str(len(state["calls"]))
    try:
        if os.environ.get("GCLOUD_FAILS_AT") == number:
            raise FailedError("UNAVAILABLE: the API did not answer")
        said = run(words, flags, state)
        if os.environ.get("GCLOUD_BREAKS_AT") == number:
            raise FailedError("UNAVAILABLE: the answer was lost")
    except FailedError as error:
        sys.exit(f"ERROR: (gcloud) {error}")
    finally:
        STATE.write_text(json.dumps(state))
    print(said)


def run(words: list[str], flags: Flags, state: State) -> str:
    *command, name = words
    answer = COMMANDS.get(" ".join(command)) or COMMANDS.get(" ".join(words))
    if answer is None:
        raise FailedError(f"Invalid choice: {words}")
    return answer(name, flags, state)


def describe_version(version: str, flags: Flags, state: State) -> str:
    """Of each secret the newest version is the third, and all are enabled."""
    secret = flags["secret"]
    if secret not in state["secrets"] or version not in ("1", "2", "3", "latest"):
        raise FailedError(
            f"NOT_FOUND: Secret Version [projects/{flags['project']}/secrets/{secret}/versions/{version}] not found"
        )
    return "ENABLED"


def deploy(name: str, flags: Flags, state: State) -> str:
    file = Path(flags.pop("env-vars-file"))
    hang(file)
    source = Path(flags["source"])
    files = sorted(path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file())
    record = {"variables": variables(file), "mode": oct(file.stat().st_mode & 0o777), "files": files}
    state["functions"][name] = {"flags": flags, **record}
    # As gcloud does: without another format, it prints the whole function with its variables.
    return "" if flags.get("format") == "none" else json.dumps(record["variables"])


def hang(file: Path) -> None:
    if pipe := os.environ.get("GCLOUD_HANGS"):
        Path(pipe).write_text(json.dumps({"process": os.getpid(), "file": str(file)}))
        time.sleep(600)


def variables(file: Path) -> dict[str, str]:
    """What the YAML says, of which the only escapes that JSON has not are those of eight digits."""
    lines = file.read_text(encoding="ascii").splitlines()
    pairs = (line.split(": ", 1) for line in lines)
    return {name: json.loads(re.sub(r"\\U([0-9a-f]{8})", _pair, value)) for name, value in pairs}


def _pair(found: re.Match[str]) -> str:
    return json.dumps(chr(int(found[1], 16)))[1:-1]


def describe_function(name: str, flags: Flags, state: State) -> str:
    if name not in state["functions"]:
        raise FailedError(f"ResponseError: status=[404], code=[Ok], message=[Resource {name} was not found]")
    return f"https://{name}-abc-uc.a.run.app"


def delete_function(name: str, flags: Flags, state: State) -> str:
    describe_function(name, flags, state)
    del state["functions"][name]
    state["invokers"].pop(name, None)
    return ""


def add_binding(name: str, flags: Flags, state: State) -> str:
    describe_function(name, flags, state)
    state["invokers"][name] = sorted({*state["invokers"].get(name, []), f"{flags['member']} {flags['role']}"})
    return ""


def describe_job(name: str, flags: Flags, state: State) -> str:
    if name not in state["jobs"]:
        raise FailedError(f"NOT_FOUND: Job {name} not found.")
    return name


def create_job(name: str, flags: Flags, state: State) -> str:
    if name in state["jobs"]:
        raise FailedError(f"ALREADY_EXISTS: Job {name} already exists.")
    state["jobs"][name] = flags
    return ""


def update_job(name: str, flags: Flags, state: State) -> str:
    describe_job(name, flags, state)
    flags["headers"] = flags.pop("update-headers")
    state["jobs"][name] = flags
    return ""


def delete_job(name: str, flags: Flags, state: State) -> str:
    describe_job(name, flags, state)
    del state["jobs"][name]
    return ""


def list_jobs(name: str, flags: Flags, state: State) -> str:
    return "\n".join(f"{name}\t{job['description']}" for name, job in sorted(state["jobs"].items()))


COMMANDS = {
    "secrets versions describe": describe_version,
    "functions deploy": deploy,
    "functions describe": describe_function,
    "functions delete": delete_function,
    "run services add-iam-policy-binding": add_binding,
    "scheduler jobs describe": describe_job,
    "scheduler jobs create http": create_job,
    "scheduler jobs update http": update_job,
    "scheduler jobs delete": delete_job,
    "scheduler jobs list": list_jobs,
}

if __name__ == "__main__":
    main()
