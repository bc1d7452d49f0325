"""The pages about Google Cloud: gcloud and deploy.sh accept their commands."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.empty_project import OPTIONS, empty_project
from deploy.project import PROJECT, ROOT, Project

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "infra" / "README.md"]
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(r"^ *```(?:sh|console)\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL)
]
LINES = [line.strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines()]
OURS = sorted({line for line in LINES if line.startswith("./deploy.sh")})


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0][:50])
def test_a_block_is_valid_shell(block: str) -> None:
    done = subprocess.run(["bash", "-n", "-c", block], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_link_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_pages_show_what_deploy_sh_can_do() -> None:
    assert {"./deploy.sh", "./deploy.sh --dry-run", "./deploy.sh status", "./deploy.sh --delete"} <= {*OURS}


@pytest.mark.deploy
def test_deploy_sh_accepts_the_commands_of_the_pages(project: Project) -> None:
    project.install("bq", "echo the newest runs")
    for line in OURS:
        if "setup" not in line:
            done = project.run(*line.split()[1:], typed="y\n")
            assert done.code == 0, (line, done.printed)


@pytest.mark.deploy
def test_the_setup_accepts_the_commands_of_the_pages(tmp_path: Path) -> None:
    project = empty_project(tmp_path)
    project.keep({"projects": {"acme-mixpanel-prod": {"billing": True}, PROJECT: {"billing": True}}})
    lines = [line for line in OURS if "setup" in line]
    assert len(lines) == 2
    for line in lines:
        done = project.run("setup", "--dry-run", *OPTIONS, *shlex.split(line)[2:])
        assert done.code == 0, (line, done.printed)


@pytest.mark.deploy
def test_gcloud_accepts_the_commands_of_the_pages(tmp_path: Path) -> None:
    gcloud = shutil.which("gcloud")
    assert gcloud, "gcloud is not installed, and this test is about it: install the Google Cloud CLI"
    found = {match for line in LINES for match in re.findall(r"gcloud [a-z](?:[^()|]|\([^)]*\))*", line)}
    file = tmp_path / "commands.json"
    file.write_text(
        json.dumps([{"command_string": command.replace("$GCP_PROJECT_ID", "a-project")} for command in sorted(found)])
    )
    linter = [gcloud, "meta", "lint-gcloud-commands", f"--commands-file={file}"]
    done = subprocess.run(linter, capture_output=True, text=True, check=True)
    wrong = {each["command_string"]: each["error_message"] for each in json.loads(done.stdout) if not each["success"]}
    assert wrong == {}
    assert len(found) > 8
