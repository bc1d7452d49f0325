"""What deploy.sh creates in an empty project, against a gcloud that records its calls and keeps state."""

import json
import re
import shlex

from deploy.project import AWKWARD, FUNCTIONS, PROJECT, SCHEDULES, Project, changing


def test_every_function_is_deployed_private_with_its_own_account_and_means(deployed: Project) -> None:
    project = deployed
    functions = project.state["functions"]
    assert list(functions) == list(FUNCTIONS)
    for name, listed in FUNCTIONS.items():
        flags = functions[name]["flags"]
        assert {"gen2", "trigger-http", "no-allow-unauthenticated", "quiet"} <= flags.keys()
        assert flags["project"] == PROJECT
        assert flags["region"] == "us-central1"
        assert flags["entry-point"] == name.replace("-", "_")
        assert flags["service-account"] == f"{name}@{PROJECT}.iam.gserviceaccount.com"
        assert flags["memory"] == listed["memory"]
        assert flags["timeout"] == f"{listed['timeout_seconds']}s"
        assert (flags["concurrency"], flags["min-instances"], flags["max-instances"]) == ("1", "0", "1")
        assert project.state["invokers"][name] == [
            f"serviceAccount:mixpanel-data-scheduler@{PROJECT}.iam.gserviceaccount.com roles/run.invoker"
        ]


def test_a_policy_that_has_conditions_takes_the_scheduler_too(deployed: Project) -> None:
    bindings = [call for call in deployed.calls if "add-iam-policy-binding" in call]
    assert len(bindings) == len(FUNCTIONS)
    assert all("--condition=None" in call for call in bindings)


def test_what_is_deployed_is_the_bundle(deployed: Project) -> None:
    files = deployed.state["functions"]["collector"]["files"]
    assert {"main.py", "requirements.txt", "config/events_config.json", "mixpanel_data/collect/__init__.py"} <= {*files}


def test_the_jobs_are_those_of_the_schedule(deployed: Project) -> None:
    jobs = deployed.state["jobs"]
    assert sorted(jobs) == sorted(each["name"] for each in SCHEDULES)
    for each in SCHEDULES:
        job, uri = jobs[each["name"]], f"https://{each['function']}-abc-uc.a.run.app"
        assert (job["uri"], job["oidc-token-audience"], job["http-method"]) == (uri, uri, "post")
        assert job["oidc-service-account-email"] == f"mixpanel-data-scheduler@{PROJECT}.iam.gserviceaccount.com"
        assert (job["schedule"], job["time-zone"]) == (each["schedule"], each["time_zone"])
        assert (job["attempt-deadline"], job["max-retry-attempts"]) == (each["attempt_deadline"], str(each["retries"]))
        assert json.loads(job["message-body"]) == each["body"]
        assert job["headers"] == "Content-Type=application/json"
        origin = f"mixpanel-data: calls {each['function']}, by config/schedules.json"
        assert job["description"] == f"{origin}: {each['description']}"


def test_it_ends_with_a_line_to_try_each_function(deployed: Project) -> None:
    lines = (deployed.folder / "printed").read_text().splitlines()[-len(FUNCTIONS) :]
    assert [shlex.split(line)[-1] for line in lines] == [f"https://{name}-abc-uc.a.run.app" for name in FUNCTIONS]
    assert all(line.startswith("curl -sS -H") and "gcloud auth print-identity-token" in line for line in lines)


def test_variables_arrive_as_they_are_whatever_they_hold(project: Project) -> None:
    """Except for the white space around them, which the library ignores too."""
    project.deploy("--only", "detector", **AWKWARD)
    expected = {name: value.strip() for name, value in AWKWARD.items()}
    assert expected.items() <= project.state["functions"]["detector"]["variables"].items()


def test_variables_travel_in_a_file_that_nobody_else_reads_and_that_is_gone_afterwards(deployed: Project) -> None:
    assert {each["mode"] for each in deployed.state["functions"].values()} == {"0o600"}
    assert deployed.left_behind == []


def test_without_a_version_it_is_the_latest(deployed: Project) -> None:
    flags = deployed.state["functions"]["collector"]["flags"]
    assert flags["set-secrets"] == "MIXPANEL_API_SECRET=mixpanel-api-secret:latest"


def test_a_function_gets_no_secret_of_another(deployed: Project) -> None:
    for name, function in deployed.state["functions"].items():
        bound = set(re.findall(r"([A-Z_]+)=", function["flags"].get("set-secrets", "")))
        secret = {each for each in function["variables"] if re.search(r"SECRET|TOKEN|WEBHOOK", each)}
        assert bound | secret <= {*FUNCTIONS[name]["secrets"]}


def test_a_dry_run_prints_every_command_and_changes_nothing(project: Project) -> None:
    before = project.state
    done = project.deploy("--dry-run")
    assert project.state == before
    assert changing(project.calls) == []
    assert not (project.folder / "build").exists()
    assert project.left_behind == []
    printed = [shlex.split(line)[2:] for line in done.out.splitlines() if line.startswith("+ gcloud")]
    project.deploy()
    assert [_comparable(call) for call in changing(printed)] == [_comparable(call) for call in changing(project.calls)]


def _comparable(call: list[str]) -> list[str]:
    """Without the parts that differ in each run, or that are unknown before the function exists."""
    return [re.sub(r"=https://.*|(?<=--env-vars-file=).*", "", word) for word in call]
