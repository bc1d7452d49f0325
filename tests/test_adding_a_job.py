"""docs/adding-a-job.md is complete: its files alone make a job that is served, deployed, planned and documented."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.project import Project
from infra.terraform import copied, plan

pytestmark = pytest.mark.new_job

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding-a-job.md").read_text(encoding="utf-8")
NAME, COMMAND, TABLE = "daily-volume", "volume", "daily_volume"
SCHEDULES = "config/schedules.json"

PAGES = ("architecture", "command-line", "configuration", "tables")

_BLOCK = re.compile(r"^### `([^`]+)`[^\n]*\n\n```[a-z]+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_COPIED = shutil.ignore_patterns(
    *(".git", ".venv*", "build", "__pycache__", ".*_cache", ".hypothesis", ".env"),
    *("*.duckdb*", ".terraform*", "*.tfstate*", "*.tfvars"),
)
BLOCKS = dict(_BLOCK.findall(PAGE))
"""The page's files, by their paths."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the project with the page's job in it."""

    folder: Path

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Python with the copy's library and tests, in the copy's folder."""
        path = f"{self.folder / 'shared'}{os.pathsep}{self.folder / 'tests'}"
        passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        command = [sys.executable, "-B", *arguments]
        env = {**passed_on, "PYTHONPATH": path, **variables}
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The copy, after the commands of the page."""
    copy = Copy(tmp_path_factory.mktemp("project") / "project")
    shutil.copytree(ROOT, copy.folder, ignore=_NOT_COPIED)
    for path, text in BLOCKS.items():
        _add(copy.folder / path, text)
    done = copy.run("-m", "deploy.generate")
    assert done.stdout == f"functions/{NAME}/requirements.txt\n", done.stderr
    # `make lock` needs a package index; the collector requires all that the job does.
    shutil.copy(ROOT / "functions/collector/requirements.lock", copy.folder / "functions" / NAME)
    return copy


def _add(file: Path, text: str) -> None:
    if file.match(SCHEDULES):
        document = json.loads(file.read_text(encoding="utf-8"))
        document["schedules"].append(json.loads(text))
        text = json.dumps(document)
    else:
        assert not file.exists(), f"{file.name} belongs to another job"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def answer_of(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_lists_the_files_that_it_shows() -> None:
    listed = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    names = {"NAME": "(daily[-_]volume)", "ROOM": "volume", "TABLE": "daily_volume"}
    patterns = [re.compile(re.sub("NAME|ROOM|TABLE", lambda found: names[found[0]], path)) for path in listed]
    assert [path for path in BLOCKS if not any(pattern.match(path) for pattern in patterns)] == []
    assert [pattern.pattern for pattern in patterns if not any(pattern.match(path) for path in BLOCKS)] == []


@pytest.mark.parametrize(
    "tests",
    [
        ["tests/functions/test_daily_volume.py", "tests/functions/test_every_function.py"],
        ["tests/test_architecture.py", "tests/infra/test_descriptions.py", "tests/deploy/test_bundles.py"],
    ],
    ids=["over HTTP", "about the house"],
)
def test_the_job_passes_the_tests_that_every_job_has(project: Copy, tests: list[str]) -> None:
    """Those that name the job, its room or its function, and those that look at all jobs at once."""
    named = "daily or volume or every_function or no_fault or importing"
    options = ["-p", "no:cacheprovider", "-m", "not bundles and not terraform", "-k", named]
    done = project.run("-m", "pytest", *options, *tests)
    assert done.returncode == 0, done.stdout


def test_mp_runs_the_job(project: Copy, tmp_path: Path) -> None:
    entry = "import sys; from mixpanel_data.cli import main; sys.exit(main())"
    database = {"WAREHOUSE": f"duckdb:///{tmp_path}/warehouse.duckdb"}
    done = project.run("-c", entry, "--quiet", COMMAND, "--from", "2024-03-01", "--to", "2024-03-02T12:00", **database)
    answer = answer_of(done)
    assert (answer["status"], answer["job"], answer["changed"]) == ("ok", NAME, 0)
    assert answer["window"] == {"from": "2024-03-01T00:00:00Z", "to": "2024-03-03T00:00:00Z"}
    (run,) = answer_of(project.run("-c", entry, "runs", "--job", NAME, **database))
    assert (run["run_id"], run["status"]) == (answer["run_id"], "ok")


def test_the_documentation_describes_the_job(project: Copy) -> None:
    done = project.run("-m", "docs.renew")
    assert done.returncode == 0, done.stderr
    pages = {name: (project.folder / "docs" / f"{name}.md").read_text("utf-8") for name in PAGES}
    assert "## mp volume" in pages["command-line"]
    assert "### daily_volume" in pages["tables"]
    assert "| `daily-volume` | `volume` |" in pages["architecture"]
    assert "| `daily-volume` | `35 4 * * *` |" in pages["configuration"]
    tests = ["tests/docs/test_made.py", "tests/docs/test_reference.py"]
    done = project.run("-m", "pytest", "-p", "no:cacheprovider", *tests)
    assert done.returncode == 0, done.stdout


def test_the_code_of_the_page_is_formatted(project: Copy) -> None:
    files = [path for path in BLOCKS if path.endswith(".py")]
    assert len(files) > 5
    for check in (["check"], ["format", "--check"]):
        done = project.run("-m", "ruff", *check, "--no-cache", *files)
        assert done.returncode == 0, done.stdout


def test_deploy_sh_deploys_the_job_and_schedules_it(project: Copy, tmp_path: Path) -> None:
    cloud = Project.made_in(tmp_path, project.folder)
    cloud.deploy("--only", NAME)
    assert cloud.state["functions"][NAME]["flags"]["entry-point"] == "daily_volume"
    files = cloud.state["functions"][NAME]["files"]
    assert {"mixpanel_data/volume/changed_days.sql", "mixpanel_data/wiring/volume.py"} <= {*files}
    assert not any("collect" in file for file in files)
    assert cloud.state["jobs"].keys() == {NAME}


@pytest.mark.terraform
def test_terraform_makes_the_table_the_account_and_the_rights(project: Copy, tmp_path: Path) -> None:
    made = plan(copied(tmp_path, project.folder))
    assert made.values("google_bigquery_table")[f'fixed["{TABLE}"]']["table_id"] == TABLE
    assert made.values("google_service_account")[f'function["{NAME}"]']["account_id"] == NAME
    granted = made.values("google_bigquery_table_iam_member")
    assert granted[f'function["{NAME}/{TABLE}"]']["role"] == "roles/bigquery.dataEditor"
    assert granted[f'function["{NAME}/event_minutes"]']["role"] == "roles/bigquery.dataViewer"
    assert f'job_is_late["{NAME}"]' in made.values("google_monitoring_alert_policy")
