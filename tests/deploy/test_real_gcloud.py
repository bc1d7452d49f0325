"""deploy.sh with the real gcloud, against the APIs of an invented project on this machine."""

import base64
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import pytest

from deploy.google import APIS, Google, serving
from deploy.project import AWKWARD, FUNCTIONS, PROJECT, ROOT, SCHEDULES, SETTINGS, Project

pytestmark = pytest.mark.deploy

LOCATION = f"projects/{PROJECT}/locations/us-central1"
SCHEDULER = f"mixpanel-data-scheduler@{PROJECT}.iam.gserviceaccount.com"


OLD, FOREIGN = f"{LOCATION}/jobs/old", f"{LOCATION}/jobs/report"
WEBHOOK = "s3cr3t"
VARIABLES = {**AWKWARD, "SLACK_WEBHOOK_URL": f"https://hooks.slack.com/{WEBHOOK}"}


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    """A cloud with two secrets, a job that is no longer listed, and one of another project."""
    google = Google(PROJECT)
    for secret in ("mixpanel-api-secret", "slack-bot-token"):
        name = f"projects/{PROJECT}/secrets/{secret}"
        google.resources[name] = {"name": name}
        for version, state in (("1", "DISABLED"), ("2", "ENABLED")):
            google.resources[f"{name}/versions/{version}"] = {"name": f"{name}/versions/{version}", "state": state}
    google.resources[OLD] = {"name": OLD, "description": "mixpanel-data: calls detector, by config/schedules.json"}
    google.resources[FOREIGN] = {"name": FOREIGN, "description": "Nightly report"}
    with serving(google):
        yield google


@pytest.fixture(scope="module")
def online(google: Google, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the machine's own gcloud, which takes these APIs for Google's."""
    project = Project.made_in(tmp_path_factory.mktemp("online"))
    gcloud = shutil.which("gcloud")
    assert gcloud, "gcloud is not installed, and these tests are about it: install the Google Cloud CLI"
    project.install("gcloud", f'exec "{gcloud}" "$@"')
    token = project.folder.parent / "token"
    token.write_text("of-nobody")
    project.environment |= {
        "CLOUDSDK_CONFIG": str(project.folder.parent / "gcloud configuration"),
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        # Without credentials, a token is all that gcloud has to show for a sign-in.
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
        **{f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api}": f"{google.url}/" for api in APIS},
    }
    return project


@pytest.fixture(scope="module")
def printed(online: Project) -> str:
    """The output of the first deployment."""
    return online.deploy(**VARIABLES).printed


@pytest.fixture
def first(google: Google, printed: str) -> Google:
    """The cloud after the first deployment."""
    assert "== deploying" in printed
    return google


def test_gcloud_deploys_every_function(first: Google) -> None:
    _assert_functions(first, VARIABLES)
    assert first.strange == []


def test_gcloud_creates_the_schedule_and_deletes_jobs_that_are_not_listed(first: Google) -> None:
    _assert_jobs(first)
    jobs = {name for name in first.resources if "/jobs/" in name}
    assert jobs == {FOREIGN, *(f"{LOCATION}/jobs/{each['name']}" for each in SCHEDULES)}


def test_only_the_scheduler_can_call(first: Google) -> None:
    for name in FUNCTIONS:
        policy = first.policies[f"{LOCATION}/services/{name}"]
        assert policy["bindings"] == [{"role": "roles/run.invoker", "members": [f"serviceAccount:{SCHEDULER}"]}]


def test_gcloud_leaves_a_plain_secret_nowhere(online: Project, printed: str) -> None:
    """By default it writes the variables that it deploys into a log."""
    files = [path for path in (online.folder.parent / "gcloud configuration").rglob("*") if path.is_file()]
    assert files
    assert WEBHOOK.encode() not in printed.encode() + b"".join(path.read_bytes() for path in files)


def test_a_repeat_changes_nothing(online: Project, first: Google) -> None:
    before = json.dumps([first.resources, first.policies], sort_keys=True)
    # One function is enough for gcloud, which takes as long again for each; test_deploy.py repeats all.
    online.deploy("--only", "detector", **VARIABLES)
    assert json.dumps([first.resources, first.policies], sort_keys=True) == before
    assert first.strange == []


def test_a_deletion_can_be_repeated_and_deletes_nothing_else(online: Project, first: Google) -> None:
    for _ in range(2):
        done = online.run("--delete", "--only", "detector", typed="yes\n")
        assert done.code == 0, done.printed
    left = {name.rpartition("/")[2] for name in first.resources if "/locations/" in name}
    assert left == {"report", *FUNCTIONS, *(each["name"] for each in SCHEDULES)} - {"detector"}
    assert first.strange == []


def test_a_secret_whose_newest_version_is_disabled_stops_it(online: Project, first: Google) -> None:
    version = first.resources[f"projects/{PROJECT}/secrets/slack-bot-token/versions/2"]
    version["state"] = "DISABLED"
    done = online.run("--only", "detector")
    version["state"] = "ENABLED"
    assert done.code == 1
    assert "gcloud secrets versions add slack-bot-token" in done.err
    assert "functions deploy" not in done.out


def test_bq_is_asked_for_the_newest_runs(online: Project, google: Google) -> None:
    """This BigQuery keeps the queries that it gets, and refuses them."""
    bq = shutil.which("bq")
    assert bq, "bq is not installed, and this test is about it: install the Google Cloud CLI"
    online.install("bq", f'exec "{bq}" "$@"')
    done = online.run("status", "--last", "7")
    assert (done.code, "this BigQuery answers nothing" in done.printed) == (1, True), done.printed
    (asked,) = google.queries
    query = asked["configuration"]["query"]
    assert query["query"].strip() == (ROOT / "deploy" / "status.sql").read_text().strip()
    assert query["defaultDataset"] == {"projectId": PROJECT, "datasetId": "mixpanel_data"}
    assert [(each["name"], each["parameterValue"]["value"]) for each in query["queryParameters"]] == [("last", "7")]
    assert query["useLegacySql"] is False


def test_the_version_of_a_secret_that_is_pinned_is_the_one_that_counts(online: Project) -> None:
    done = online.run("--only", "detector", SLACK_BOT_TOKEN_NAME="slack-bot-token/versions/99")
    assert done.code == 1
    assert "slack-bot-token has no version 99" in done.err
    assert "functions deploy" not in done.out


STORE = """
import json, sys
from deploy.setup import secrets
from deploy.setup.commands import Commands
for value in json.loads(sys.stdin.read()):
    secrets.store(Commands(is_dry_run=False), "slack-bot-token", "a-project", value.encode())
"""


def test_the_setup_stores_a_secret_as_it_is_and_only_if_it_is_new(online: Project, google: Google) -> None:
    """The stand-in's newest version was enabled; then it is not, so that functions could not read it."""
    versions = f"projects/{PROJECT}/secrets/slack-bot-token/versions"
    google.resources[f"{versions}/2"] |= {"payload": {"data": base64.b64encode(b"old").decode()}}
    values = ['it\'s "5$ `id`"\nand \\n?>\u00ff\n\n', "plain", "plain"]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-B", "-c", STORE],
            input=json.dumps(["old", *values]),
            env={**online.variables({}), "PYTHONPATH": f"{online.folder / 'shared'}:{online.folder}"},
            cwd=online.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "5$" not in done.stdout + done.stderr
        google.resources[f"{versions}/4"]["state"] = "DISABLED"
    kept = [name for name in google.resources if name.startswith(versions)]
    data = [base64.b64decode(google.resources[name]["payload"]["data"]).decode() for name in kept[1:]]
    assert data == ["old", *values[:2], "old", *values[:2]]
    for name in kept[2:]:
        del google.resources[name]
    assert google.strange == []


def _assert_functions(google: Google, variables: dict[str, str]) -> None:
    for name, listed in FUNCTIONS.items():
        function = google.resources[f"{LOCATION}/functions/{name}"]
        build, service = function["buildConfig"], function["serviceConfig"]
        assert (build["runtime"], build["entryPoint"]) == ("python313", name.replace("-", "_"))
        assert build["serviceAccount"].endswith(f"/mixpanel-data-builds@{PROJECT}.iam.gserviceaccount.com")
        assert build["dockerRepository"] == f"{LOCATION}/repositories/mixpanel-data"
        assert service["serviceAccountEmail"] == f"{name}@{PROJECT}.iam.gserviceaccount.com"
        assert (service["availableMemory"], service["timeoutSeconds"]) == (listed["memory"], listed["timeout_seconds"])
        assert (service["maxInstanceCount"], service["maxInstanceRequestConcurrency"]) == (1, 1)
        mine = {each for each in variables if each != "SLACK_WEBHOOK_URL" or each in listed["secrets"]}
        assert {each: variables[each].strip() for each in mine}.items() <= service["environmentVariables"].items()
        bound = [(each["key"], each["version"]) for each in service.get("secretEnvironmentVariables", [])]
        assert bound == [(secret, "latest") for secret in listed["secrets"] if f"{secret}_NAME" in SETTINGS]
    names = zipfile.ZipFile(io.BytesIO(google.uploads[0])).namelist()
    assert {"main.py", "requirements.txt", "mixpanel_data/http.py", "config/events_config.json"} <= {*names}


def _assert_jobs(google: Google) -> None:
    for each in SCHEDULES:
        job = google.resources[f"{LOCATION}/jobs/{each['name']}"]
        target, uri = job["httpTarget"], f"https://{each['function']}-abc-uc.a.run.app"
        assert target["uri"].rstrip("/") == uri
        assert target["oidcToken"] == {"serviceAccountEmail": SCHEDULER, "audience": uri}
        assert target["headers"]["Content-Type"] == "application/json"
        assert (job["schedule"], job["timeZone"]) == (each["schedule"], each["time_zone"])
        assert (job["attemptDeadline"], job["retryConfig"]["retryCount"]) == (each["attempt_deadline"], each["retries"])
