"""`./deploy.sh setup`, against a gcloud, a Terraform and a curl that record their calls and keep state."""

import base64
import json
import os
import pty
import select
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from deploy.empty_project import AWKWARD_SECRET, OPTIONS, SECRETS, SLACK_TOKEN, commands_of, empty_project, written
from deploy.project import PROJECT, SETTINGS, Done, Project, changing
from support.terminal import read_until_closed

pytestmark = pytest.mark.deploy

SIGN_IN = "run gcloud auth login, then this again."
CHANGES = [
    "services enable",
    "terraform apply",
    "artifacts repositories",
    "secrets versions",
    "secrets versions",
    "functions deploy",
    "run services",
    "scheduler jobs",
]
REFUSED = {"status": "error", "error": {"message": "Neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set."}}
NOT_INVITED = {"step": "post the alert", "is_ok": False, "problem": "not_in_channel", "advice": "Invite the bot."}


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    return empty_project(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Done]:
    """A project that is set up, and how that went; tests leave its cloud as it is."""
    project = empty_project(tmp_path_factory.mktemp("made"))
    return project, set_up(project)


def set_up(project: Project, *arguments: str, **variables: str) -> Done:
    return project.run("setup", "--yes", *OPTIONS, *arguments, **{**SECRETS, **variables})


def stored(project: Project, secret: str) -> list[str]:
    """The versions of a secret."""
    return [base64.b64decode(each).decode() for each in project.state["versions"][secret]]


def test_one_command_leads_from_an_empty_project_to_a_test_alert_and_a_second_one_changes_nothing(
    made: tuple[Project, Done],
) -> None:
    project, done = made
    assert done.code == 0, done.printed
    state = project.state
    assert len(state["apis"]) == 13
    assert state["pushers"] == [
        f"serviceAccount:mixpanel-data-builds@{PROJECT}.iam.gserviceaccount.com roles/artifactregistry.writer"
    ]
    assert stored(project, "mixpanel-service-account-secret") == [AWKWARD_SECRET]
    assert stored(project, "slack-bot-token") == [SLACK_TOKEN]
    assert [*state["functions"], *state["jobs"]] == ["detector", "detector"]
    variables = state["functions"]["detector"]["variables"]
    assert (variables["MIXPANEL_PROJECT_ID"], variables["SLACK_CHANNEL"]) == ("1234567", "#alerts")
    sent = project.posted[-1]
    assert (sent["url"], sent["body"]) == ("https://detector-abc-uc.a.run.app", {"test_alert": True})
    assert "Authorization: Bearer the print-identity-token" in sent["headers"]
    assert "The test alert is in #alerts." in done.out
    # A secret shows nowhere, nor does a token.
    files = written(project)
    for hidden in (*AWKWARD_SECRET.split("\n")[:2], SLACK_TOKEN, "the print-"):
        assert hidden not in commands_of(project) + done.printed
        assert [name for name, text in files.items() if hidden in text] == []
    assert project.left_behind == []
    # Again, now without any answer but that nothing is to be asked.
    calls = len(project.calls)
    again = project.run("setup", "--yes")
    assert again.code == 0, again.printed
    assert (project.state, written(project)) == (state, files)
    repeated = {" ".join(call[:3]) for call in changing(project.calls[calls:])}
    assert repeated == {"functions deploy detector", "run services add-iam-policy-binding", "scheduler jobs update"}
    for told in (".env says so already", "enabled already", "there already", "can push images already", "keeps"):
        assert told in again.out


def test_cut_off_after_any_change_the_same_command_goes_on(empty: Project, made: tuple[Project, Done]) -> None:
    """Each run makes one change more than the one before, and never hears that it was made."""
    undisturbed, _ = made
    cut_off = []
    while (done := set_up(empty, GCLOUD_BREAKS_AT="change")).code:
        assert empty.left_behind == []
        assert AWKWARD_SECRET.split("\n")[0] not in done.printed
        cut_off.append(" ".join(empty.calls[-1][:2]))
    assert cut_off == CHANGES
    # Of the secrets too: the next run saw the version, and added no second one.
    assert empty.state == undisturbed.state


def test_a_look_that_fails_is_not_taken_for_nothing_to_be_seen(empty: Project, made: tuple[Project, Done]) -> None:
    undisturbed, _ = made
    state = undisturbed.state
    # A second run makes the same calls, but for those that make what is there by now.
    making = {"enable", "apply", "add", "add-iam-policy-binding"}
    looks = [" ".join(call[:2]) for call in undisturbed.calls if not making & {*call}]
    for look in ("services list", "terraform output", "secrets versions"):
        number = looks.index(look) + 1
        empty.keep(state)
        assert set_up(empty, GCLOUD_FAILS_AT=str(number)).code == 1
        assert len(empty.calls) == number
        assert empty.state == state


def test_a_signal_ends_the_deployment_too_and_the_same_command_goes_on(empty: Project, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with empty.started("setup", "--yes", *OPTIONS, **SECRETS, GCLOUD_HANGS=str(pipe)) as process:
        hanging = json.loads(pipe.read_text())
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "Stopped while deploying the functions and their schedule." in err
    assert "Run the same command again" in err
    with pytest.raises(ProcessLookupError):
        os.kill(hanging["process"], 0)
    assert empty.left_behind == []
    assert empty.run("setup", "--yes").code == 0


def test_a_changed_answer_changes_its_line_and_a_changed_secret_gets_a_version(empty: Project) -> None:
    file = empty.folder / "infra" / "environments" / "prod.tfvars"
    theirs = '# Ours.\nproject_id = "a-project" # the id\nalert_email        = null\nlabels = { team = "data" }\n'
    file.write_text(theirs)
    # Others may read it, and it is elsewhere.
    kept, link = empty.folder.parent / "our.env", empty.folder / ".env"
    kept.write_text("# Ours, too.\nMIXPANEL_TIMEZONE=Europe/Paris\nMIXPANEL_PROJECT_ID=1\n")
    kept.chmod(0o644)
    link.symlink_to(kept)
    options = ("--location=EU", "--region=europe-west1")
    assert set_up(empty, *options).code == 0
    assert file.read_text() == theirs.replace("null", '"oncall@example.com"') + (
        'region              = "europe-west1"\nbigquery_location   = "EU"\n'
    )
    assert (link.is_symlink(), oct(kept.stat().st_mode & 0o777)) == (True, "0o600")
    env = link.read_text()
    assert env.startswith("# Ours, too.\nMIXPANEL_TIMEZONE=Europe/Paris\nMIXPANEL_PROJECT_ID=1234567\n")
    assert "SLACK_CHANNEL='#alerts'\n" in env
    given = json.dumps({"SLACK_BOT_TOKEN": "xoxb-new\n"})
    done = empty.run("setup", "--yes", "--secrets-stdin", typed=given)
    assert done.code == 0, done.printed
    assert stored(empty, "slack-bot-token") == [SLACK_TOKEN, "xoxb-new\n"]
    assert len(stored(empty, "mixpanel-service-account-secret")) == 1


def test_a_terminal_is_asked_and_secrets_do_not_show(empty: Project) -> None:
    """The answers in the order of the questions; an empty one takes the default. Ctrl-C in between loses none."""
    code, printed = typed(empty, "a-project", "", "", "", "12x", "\x03")
    assert (code, "Interrupted." in printed) == (130, True)
    assert "'12x' is not accepted. Give the project's number." in printed
    assert "[ann@example.com]" in printed
    code, printed = typed(empty, "", "", "", "", "1234567", "", "collector", "#alerts", "s3cr3t", SLACK_TOKEN, "y")
    assert code == 0, printed
    assert "[a-project]" in printed
    assert "s3cr3t" not in printed
    assert stored(empty, "mixpanel-service-account-secret") == ["s3cr3t"]
    assert "The test alert is in #alerts." in printed


def typed(project: Project, *answers: str) -> tuple[int, str]:
    """How a setup at a terminal ends, where somebody types the answers, and what is on the screen."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [str(project.folder / "deploy.sh"), "setup"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=project.variables({}),
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # makes it the controlling terminal
    ) as process:
        os.close(theirs)
        try:
            seen = answered(ours, answers)
        except BaseException:
            # It waits for an answer that does not come.
            process.kill()
            raise
    return process.returncode, seen.decode()


def answered(terminal: int, answers: Iterable[str]) -> bytes:
    """What is on the screen after each question has got its answer, and the program has ended."""
    seen = b""
    for answer in answers:
        # The whole end of a question: one can arrive in pieces, and an answer to half of it is lost.
        while not seen.endswith((b": ", b"/n] ", b"/N] ")):
            assert select.select([terminal], [], [], 60)[0], f"no question follows:\n{seen.decode()}"
            seen += os.read(terminal, 65536)
        # Python notices a Ctrl-C between its question and its reading only when the reading ends: hence Enter, too.
        os.write(terminal, f"{answer}\n".encode())
        seen += b"\n"
    return seen + read_until_closed(terminal)


def test_a_dry_run_prints_the_commands_and_changes_nothing(empty: Project) -> None:
    before, files = empty.state, written(empty)
    done = empty.run("setup", "--dry-run", *OPTIONS)
    assert done.code == 0, done.printed
    assert (empty.state, written(empty)) == (before, files)
    for command in (
        "+ gcloud services enable",
        "+ terraform -chdir=infra apply",
        "+ gcloud artifacts repositories add-iam-policy-binding",
        "+ ./deploy.sh",
        "+ POST https://URI-OF-detector",
    ):
        assert command in done.out


# Refusals.


@pytest.mark.parametrize("arguments", [[], ["setup"], ["setup", "--yes", *OPTIONS]], ids=["deploy", "setup", "script"])
def test_signed_out_of_gcloud_is_said_first(empty: Project, arguments: list[str]) -> None:
    done = empty.run(*arguments, GCLOUD_SIGNED_OUT="1", GCP_PROJECT_ID=PROJECT)
    assert done.code == 1
    if arguments != ["setup"]:
        assert done.err.splitlines()[-1].endswith(SIGN_IN)
        assert len(done.err.splitlines()) == 1
    assert "secret" not in done.err


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--delete", "--dry-run"]], ids=" ".join)
def test_a_dry_run_that_is_signed_out_says_so_first_and_goes_on(empty: Project, arguments: list[str]) -> None:
    done = empty.run(*arguments, GCLOUD_SIGNED_OUT="1", **SETTINGS)
    assert done.code == 0
    first, *rest = done.err.splitlines()
    assert first.startswith("deploy.sh: note: gcloud is not signed in, ")
    assert first.endswith("so secrets and jobs cannot be looked at.")
    assert all("The contents of configuration files are not checked." in line for line in rest)
    assert "+ gcloud " in done.out


def test_a_secret_that_cannot_be_read_is_not_taken_for_a_missing_one(empty: Project) -> None:
    done = empty.run(
        "--dry-run", "--without-terraform", GCLOUD_FAILS_AT="1", **{**SETTINGS, "MIXPANEL_API_SECRET_NAME": ""}
    )
    assert done.code == 0
    assert "The secret slack-bot-token cannot be read, so this dry run does not check it." in done.err
    assert "has no version" not in done.err


def test_each_answer_that_is_missing_is_named_with_its_option(empty: Project) -> None:
    err = empty.run("setup", "--yes", "--project", PROJECT).err
    assert "Give --email, --mixpanel-project (or MIXPANEL_PROJECT_ID), --service-account (or" in err
    err = empty.run("setup", "--yes", *OPTIONS).err
    assert "Set MIXPANEL_SERVICE_ACCOUNT_SECRET, or give it with --secrets-stdin." in err
    assert "There is no terminal to ask questions on. Pass --yes" in empty.run("setup").err


def test_a_project_that_is_not_ready_is_named_with_the_remedy(empty: Project) -> None:
    assert "sees no active project other-project" in set_up(empty, "--project=other-project").err
    lacking = set_up(empty, CURL_GRANTS='["run.services.setIamPolicy"]').err
    assert "ann@example.com lacks artifactregistry.repositories.create, " in lacking
    assert "--role=roles/owner" in lacking
    empty.keep({"projects": {PROJECT: {"billing": False}}})
    assert f"Project {PROJECT} has no billing account. Link one: https://" in set_up(empty).err
    assert changing(empty.calls) == []


def test_a_state_of_another_project_is_left_alone(empty: Project) -> None:
    empty.keep({"outputs": {"project_id": {"value": "an-older-project"}}})
    done = set_up(empty)
    assert "belongs to project an-older-project, not to a-project" in done.err
    assert [call for call in empty.calls if call[:2] == ["terraform", "apply"]] == []


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (REFUSED, "(status 400): Neither SLACK_BOT_TOKEN"),
        ({"checks": [NOT_INVITED]}, "not_in_channel. Invite the bot."),
    ],
)
def test_an_alert_that_does_not_arrive_ends_it_with_the_reason(empty: Project, answer: object, told: str) -> None:
    done = set_up(empty, CURL_ANSWERS=json.dumps(answer))
    assert done.code == 1
    assert told in done.printed
    assert "run ./deploy.sh setup again" in done.err
