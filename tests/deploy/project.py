"""A copy of the project for deploy.sh to deploy from, in a folder whose name needs quoting."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PROJECT = "a-project"
SETTINGS = {
    "GCP_PROJECT_ID": PROJECT,
    "MIXPANEL_PROJECT_ID": "1234567",
    "MIXPANEL_API_SECRET_NAME": "mixpanel-api-secret",
    "SLACK_BOT_TOKEN_NAME": "slack-bot-token",
    "SLACK_CHANNEL": "#alerts",
}
FUNCTIONS: dict[str, dict[str, Any]] = {
    file.parent.name: json.loads(file.read_text()) for file in sorted((ROOT / "functions").glob("*/function.json"))
}
SCHEDULES: list[dict[str, Any]] = json.loads((ROOT / "config" / "schedules.json").read_text())["schedules"]
SECRET = 's3cr3t\'s "own" $value'
AWKWARD = {
    "EVENTS_CONFIG": '{"events": [\n  {"name": "It\'s \\"$5\\" or 100%", "enabled": true},\n\t{"name": "*"}\n]}\n',
    "SLACK_CHANNEL": "  # spaces: [and] {so} on, \\n \u2028 \x85 \x7f é 漢 😀 ",
    "USER_METRICS_CONFIG": "--quiet $(touch /tmp/owned) `id` ; rm -rf 'x'",
}

_CHANGING = {"deploy", "add-iam-policy-binding", "create", "update", "delete"}
_PARTS = ("deploy.sh", "deploy", "functions", "config", "shared/mixpanel_data", "infra")
_NOT_COPIED = shutil.ignore_patterns("__pycache__", ".terraform*", "*.tfstate*", "*.tfvars")


@dataclass(frozen=True, slots=True)
class Done:
    """How a run of deploy.sh ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def printed(self) -> str:
        return self.out + self.err


@dataclass
class Project:
    """The copy, and the programs on its PATH."""

    folder: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))
    path: str = ""

    @classmethod
    def made_in(cls, place: Path, root: Path = ROOT) -> "Project":
        """A fresh copy, beside its own programs: a `gcloud` that only records, and Python without any library."""
        folder = place / 'it\'s a $HOME of "projects"'
        for part in _PARTS:
            target = folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if (root / part).is_dir():
                shutil.copytree(root / part, target, ignore=_NOT_COPIED)
            else:
                shutil.copy(root / part, target)
        project = cls(folder, path=f"{place / 'bin'}:/usr/bin:/bin")
        (place / "temporary").mkdir()
        (place / "bin").mkdir()
        project.install("python3", f'exec "{sys.executable}" -S "$@"')
        project.install("gcloud", f'exec "{sys.executable}" -I -S "{HERE / "recording_gcloud.py"}" "$@"')
        project.keep({"secrets": ["mixpanel-api-secret", "slack-bot-token"]})
        return project

    def install(self, program: str, shell: str) -> None:
        """Put a program on the PATH, before the machine's own."""
        file = self.folder.parent / "bin" / program
        file.write_text(f"#!/bin/sh\n{shell}\n")
        file.chmod(0o755)

    def run(self, *arguments: str, typed: str = "", **variables: str) -> Done:
        """Run deploy.sh to its end, from another folder."""
        with self.started(*arguments, **variables) as process:
            out, err = process.communicate(typed, timeout=300)
        return Done(process.returncode, out, err)

    def describe(self, function: str, **changed: Any) -> None:
        """Change the description of a function, or write one for a new function."""
        file = self.folder / "functions" / function / "function.json"
        description = json.loads(file.read_text()) if file.is_file() else FUNCTIONS["collector"]
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({**description, **changed}))

    def schedule(self, *entries: Any) -> None:
        """Let config/schedules.json list these and nothing else."""
        (self.folder / "config" / "schedules.json").write_text(json.dumps({"schedules": entries}))

    def started(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """A run of deploy.sh that has not ended."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [str(self.folder / "deploy.sh"), *arguments],
            env=self.variables(variables),
            cwd="/",
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )

    def deploy(self, *arguments: str, **variables: str) -> Done:
        """Run deploy.sh, which has to succeed."""
        done = self.run(*arguments, **variables)
        assert done.code == 0, done.printed
        return done

    def variables(self, more: Mapping[str, str]) -> dict[str, str]:
        place = self.folder.parent
        own = {"PATH": self.path, "HOME": str(place), "TMPDIR": str(place / "temporary"), "LC_ALL": "C.UTF-8"}
        return {**own, "GCLOUD_STATE": str(self._state), **self.environment, **more}

    # The state of the recording gcloud.

    @property
    def _state(self) -> Path:
        return self.folder.parent / "gcloud.json"

    @property
    def state(self) -> dict[str, Any]:
        """The resources in the cloud: all that is recorded, but for the calls."""
        state: dict[str, Any] = json.loads(self._state.read_text())
        return {name: state[name] for name in state if name not in ("calls", "posted")}

    @property
    def posted(self) -> list[dict[str, Any]]:
        """What curl was told to send."""
        posted: list[dict[str, Any]] = json.loads(self._state.read_text())["posted"]
        return posted

    @property
    def calls(self) -> list[list[str]]:
        """The command lines that gcloud was called with, in their order."""
        calls: list[list[str]] = json.loads(self._state.read_text())["calls"]
        return calls

    def keep(self, state: Mapping[str, Any]) -> None:
        """Put these resources into the cloud, and forget all calls."""
        parts = ("functions", "invokers", "jobs", "versions", "outputs")
        lists = ("secrets", "calls", "apis", "pushers", "posted")
        empty: dict[str, Any] = {"projects": {PROJECT: {"billing": True}}}
        empty |= {**{part: {} for part in parts}, **{part: [] for part in lists}}
        self._state.write_text(json.dumps({**empty, **state}))

    @property
    def left_behind(self) -> list[Path]:
        """Temporary files that still exist."""
        return sorted((self.folder.parent / "temporary").rglob("*"))


def python_with_libraries() -> str:
    """Shell for a `python3` that has the library's requirements."""
    return f'exec "{sys.executable}" "$@"'


def changing(calls: list[list[str]]) -> list[list[str]]:
    """The calls that change something."""
    return [call for call in calls if _CHANGING & set(call)]
