"""A copy of the project with one function, before an empty Google Cloud project: for `./deploy.sh setup`."""

import json
import shutil
import sys
from pathlib import Path

from deploy.project import HERE, SCHEDULES, Project

AWKWARD_SECRET = 'it\'s "5$ `id` $(id)"\nwith a second line \\n and an end\n\n'
SLACK_TOKEN = "xoxb-s3cr3t"
OPTIONS = (
    "--project=a-project",
    "--email=oncall@example.com",
    "--mixpanel-project=1234567",
    "--service-account=collector.abc123.mp-service-account",
    "--slack-channel=#alerts",
)
SECRETS = {"MIXPANEL_SERVICE_ACCOUNT_SECRET": AWKWARD_SECRET, "SLACK_BOT_TOKEN": SLACK_TOKEN}


def empty_project(place: Path) -> Project:
    """The copy, and a cloud with nothing but an empty project. A single function keeps a deployment short."""
    project = Project.made_in(place)
    for function in (project.folder / "functions").iterdir():
        if function.name != "detector":
            shutil.rmtree(function)
    project.schedule(*(each for each in SCHEDULES if each["function"] == "detector"))
    tools = f'exec "{sys.executable}" -I -S "{HERE / "recording_terraform.py"}"'
    project.install("terraform", f'{tools} "$@"')
    project.install("curl", f'{tools} --as-curl "$@"')
    project.environment = {}
    project.keep({})
    return project


def written(project: Project) -> dict[str, str]:
    """Every file that is below the project's folder and its neighbours, but for the cloud's state."""
    files = (path for path in project.folder.parent.rglob("*") if path.is_file() and path.name != "gcloud.json")
    return {path.name: path.read_text(errors="replace") for path in files}


def commands_of(project: Project) -> str:
    """All command lines, as one text."""
    return json.dumps(project.calls, ensure_ascii=False)
