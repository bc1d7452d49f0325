"""A gcloud that records its calls in the JSON file GCLOUD_STATE, and answers as gcloud does.

GCLOUD_FAILS_AT=N lets the N-th call fail before it did anything, GCLOUD_BREAKS_AT=N after it; GCLOUD_BREAKS_AT=change
is the call that changes a resource. GCLOUD_HANGS names a pipe that `functions deploy` writes its process's id and the
file of its variables to, to hang then.
"""

import base64
import json
import os
import re
import sys
import time
from collections.abc import Callable
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
    if words[0] == "auth":
        print(sign_in(words[1]))
    else:
        print(recorded(sys.argv[1:], lambda state: run(words, flags, state)))


def sign_in(name: str) -> str:
    """It reaches no resource, and is not recorded."""
    if os.environ.get("GCLOUD_SIGNED_OUT"):
        sys.exit(f"ERROR: (gcloud.auth.{name}) You do not have an active account.\n\n  $ gcloud auth login")
    return f"the {name}"


def recorded(call: list[str], answer: Callable[[State], str]) -> str:
    """The answer to a call, which is recorded with what it changed, unless it is the one that fails."""
    state = json.loads(STATE.read_text())
    state["calls"].append(call)
    number = str(len(state["calls"]))
    before = resources(state)
    try:
        if os.environ.get("GCLOUD_FAILS_AT") == number:
            raise FailedError("UNAVAILABLE: the API did not answer")
        said = answer(state)
        breaking = {number, "change"} if resources(state) != before else {number}
        if os.environ.get("GCLOUD_BREAKS_AT") in breaking:
            raise FailedError("UNAVAILABLE: the answer was lost")
    except FailedError as error:
        sys.exit(f"ERROR: (gcloud) {error}")
    finally:
        STATE.write_text(json.dumps(state))
    return said


def resources(state: State) -> str:
    """All that the cloud has, as one text."""
    return json.dumps({name: state[name] for name in state if name not in ("calls", "posted")}, sort_keys=True)


def run(words: list[str], flags: Flags, state: State) -> str:
    if words[:2] == ["services", "enable"]:
        state["apis"] = sorted({*state["apis"], *words[2:]})
        return ""
    *command, name = words
    answer = COMMANDS.get(" ".join(command)) or COMMANDS.get(" ".join(words))
    if answer is None:
        raise FailedError(f"Invalid choice: {words}")
    return answer(name, flags, state)


def describe_version(version: str, flags: Flags, state: State) -> str:
    """All are enabled. A secret that is only listed has three of them."""
    secret = flags["secret"]
    if not state["versions"].get(secret) and (
        secret not in state["secrets"] or version not in ("1", "2", "3", "latest")
    ):
        raise FailedError(
            f"NOT_FOUND: Secret Version [projects/{flags['project']}/secrets/{secret}/versions/{version}] not found"
        )
    return "ENABLED"


def add_version(secret: str, flags: Flags, state: State) -> str:
    if secret not in state["versions"]:
        raise FailedError(f"NOT_FOUND: Secret [projects/{flags['project']}/secrets/{secret}] not found")
    assert flags["data-file"] == "-"
    state["versions"][secret].append(base64.b64encode(sys.stdin.buffer.read()).decode())
    return ""


def access_version(version: str, flags: Flags, state: State) -> str:
    """As with `--format=get(payload.data)`: base64, in the alphabet of URLs."""
    describe_version(version, flags, state)
    newest: str = state["versions"][flags["secret"]][-1]
    return newest.replace("+", "-").replace("/", "_")


def describe_project(name: str, flags: Flags, state: State) -> str:
    if name in state["projects"]:
        return "ACTIVE"
    raise FailedError(f"The caller does not have permission on project [{name}] (or it may not exist)")


def describe_billing(name: str, flags: Flags, state: State) -> str:
    return str(state["projects"][name]["billing"])


def list_services(name: str, flags: Flags, state: State) -> str:
    return "\n".join(state["apis"])


def builds_policy(name: str, flags: Flags, state: State) -> str:
    return json.dumps(
        {"bindings": [{"role": each.split()[1], "members": [each.split()[0]]} for each in state["pushers"]]}
    )


def let_push(name: str, flags: Flags, state: State) -> str:
    state["pushers"] = sorted({*state["pushers"], f"{flags['member']} {flags['role']}"})
    return ""


def configured(name: str, flags: Flags, state: State) -> str:
    return {"account": "ann@example.com", "project": ""}[name]


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
    "config get-value": configured,
    "projects describe": describe_project,
    "billing projects describe": describe_billing,
    "services list": list_services,
    "artifacts repositories get-iam-policy": builds_policy,
    "artifacts repositories add-iam-policy-binding": let_push,
    "secrets versions add": add_version,
    "secrets versions access": access_version,
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
