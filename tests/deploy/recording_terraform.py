"""A Terraform and, as `--as-curl`, a curl that record their calls beside those of the recording gcloud.

An apply makes the secrets, without versions. GCLOUD_FAILS_AT and GCLOUD_BREAKS_AT count these calls too. CURL_ANSWERS
is the detector's answer to a test alert, in place of success; CURL_GRANTS has the account's rights, in place of all.
"""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from deploy.recording_gcloud import State, recorded

PERMITTED = "testIamPermissions"
SENT: dict[str, Any] = {
    "status": "ok",
    "channel": "#alerts",
    "is_webhook": False,
    "checks": [{"step": "post the alert", "is_ok": True, "problem": "", "advice": ""}],
}


def main() -> None:
    if sys.argv[1] == "--as-curl":
        given = sys.stdin.read()
        print(recorded(["curl", *sys.argv[2:]], lambda state: curl(given, state)))
        return
    command, *flags = sys.argv[2:]
    said = recorded(["terraform", command, *flags], lambda state: terraform(command, flags, state))
    print(said)
    sys.exit(2 if said == CHANGES else 0)


CHANGES = "Plan: many to add"


def terraform(command: str, flags: list[str], state: State) -> str:
    assert sys.argv[1] == "-chdir=infra"
    if command == "output":
        return json.dumps(state["outputs"])
    if command == "init":
        return "Terraform has been initialized"
    assert os.environ["GOOGLE_OAUTH_ACCESS_TOKEN"] == "the print-access-token"
    if command == "plan":
        (file,) = (flag.partition("=")[2] for flag in flags if flag.startswith("-var-file"))
        (plan,) = (flag.partition("=")[2] for flag in flags if flag.startswith("-out"))
        shutil.copy(Path("infra") / file, plan)
        return "No changes" if made(Path(plan)) == state["outputs"] else CHANGES
    assert command == "apply"
    state["outputs"] = made(Path(flags[-1]))
    for secret in state["outputs"]["secrets"]["value"].values():
        state["versions"].setdefault(secret, [])
    return "Apply complete"


def made(tfvars: Path) -> dict[str, Any]:
    """The outputs after an apply of these variables."""
    given = dict(re.findall(r'^(\w+) += "(.*?)"', tfvars.read_text(), re.MULTILINE))
    project, region = given["project_id"], given["region"]
    secrets = ("MIXPANEL_SERVICE_ACCOUNT_SECRET", "SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL")
    outputs = {
        "project_id": project,
        "region": region,
        "bigquery_location": given["bigquery_location"],
        "builds_account": f"mixpanel-data-builds@{project}.iam.gserviceaccount.com",
        "repository": f"projects/{project}/locations/{region}/repositories/mixpanel-data",
        "secrets": {name: name.lower().replace("_", "-") for name in secrets},
        "alert_email": given["alert_email"],
    }
    return {name: {"value": value} for name, value in outputs.items()}


def curl(given: str, state: State) -> str:
    """It is told everything on standard input, in lines of JSON texts."""
    lines = [(name, json.loads(value)) for name, value in re.findall(r"^(\w+) = (.*)$", given, re.MULTILINE)]
    url, body = (dict(lines)[name] for name in ("url", "data"))
    state["posted"].append({"url": url, "body": json.loads(body), "headers": [v for n, v in lines if n == "header"]})
    if PERMITTED in url:
        asked = json.loads(body)["permissions"]
        answer = {"permissions": json.loads(os.environ.get("CURL_GRANTS", json.dumps(asked)))}
    else:
        answer = json.loads(os.environ.get("CURL_ANSWERS", json.dumps(SENT)))
    return f"{json.dumps(answer)}\n{400 if answer.get('status') == 'error' else 200}"


if __name__ == "__main__":
    main()
