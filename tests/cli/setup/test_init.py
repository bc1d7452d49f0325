"""`mp init` with options: what it tries, what it keeps, and what it refuses."""

import json
import stat
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.setup.newcomers import Newcomer
from mixpanel_data.base.environment import environment
from mixpanel_data_standins.mixpanel.faults import Status
from mixpanel_data_standins.slack.faults import RateLimited
from support.query_server import Reply, query_server

SECRET = "stand-in-secret"
TOKEN = "xoxb-stand-in-0123456789"
TO_SLACK = ("--slack-token-stdin", "--slack-channel", "#alerts")


def accounts(newcomer: Newcomer) -> dict[str, Any]:
    return tomllib.loads(newcomer.accounts.read_text())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_call_leaves_an_account_slack_and_the_events_of_the_project(newcomer: Newcomer) -> None:
    done = newcomer.init(*newcomer.of_account, *TO_SLACK, piped=f"{SECRET}\n{TOKEN}\n")
    assert done.code == 0, done.err
    checks = done.data.pop("checks")
    assert done.data | {"checks": []} == {
        "status": "ok",
        "account": "project-1000001",
        "project_id": "1000001",
        "region": "us",
        "config": "config/events_config.json",
        "events": ["Purchase", "Signup", "*"],
        "env_file": ".env",
        "checks": [],
    }
    assert {check["verdict"] for check in checks} == {"ok"}
    assert {check["subject"] for check in checks} == {"mixpanel", "slack"}
    assert accounts(newcomer)["default"] == "project-1000001"
    assert accounts(newcomer)["accounts"]["project-1000001"]["secret"] == SECRET
    assert json.loads(newcomer.config.read_text()) == {
        "events": [{"name": "Purchase"}, {"name": "Signup"}, {"name": "*"}]
    }
    env = environment()
    assert (env["SLACK_BOT_TOKEN"], env["SLACK_CHANNEL"]) == (TOKEN, "#alerts")
    assert (env["MIXPANEL_TIMEZONE"], mode(newcomer.env_file)) == ("Europe/Berlin", 0o600)
    assert "mp doctor" in done.err
    assert not any(secret in done.out + done.err for secret in (SECRET, TOKEN))


def test_it_takes_one_query_of_the_quota(newcomer: Newcomer) -> None:
    newcomer.init(*newcomer.of_account, piped=SECRET)
    paths = [call.path for call in newcomer.mixpanel.calls]
    assert [path for path in paths if path != "/api/app/me"] == ["/api/query/events/names"]


def test_with_env_the_next_command_works_from_env_alone(newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch) -> None:
    newcomer.env_file.write_text("# mine\nCOLLECTOR_LOOKBACK_DAYS=30\n")
    newcomer.env_file.chmod(0o644)
    done = newcomer.init(*newcomer.of_account, "--env", piped=SECRET)
    assert (done.code, done.data["account"], newcomer.files()) == (0, None, [".env", "config/events_config.json"])
    assert newcomer.env_file.read_text().startswith("# mine\nCOLLECTOR_LOOKBACK_DAYS=30\n")
    assert mode(newcomer.env_file) == 0o600
    monkeypatch.delenv("MIXPANEL_BASE_URL")
    assert newcomer.mp("auth", "test").data["project_id"] == "1000001"


def test_an_api_secret_goes_to_env_and_wins_over_an_account_that_was_there(newcomer: Newcomer) -> None:
    newcomer.init(*newcomer.of_account, "--env", piped=SECRET)
    done = newcomer.init("--api-secret", "--env", "--secret-stdin", "--force", piped="stand-in-project-secret")
    assert done.code == 0, done.err
    env = environment()
    assert (env["MIXPANEL_API_SECRET"], env["MIXPANEL_SERVICE_ACCOUNT"]) == ("stand-in-project-secret", "")
    assert done.data["events"] == ["Purchase", "Signup", "*"]


def test_what_the_environment_sets_is_an_answer_too_and_is_kept(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as exported:
        for name, value in (newcomer.mixpanel.settings | newcomer.slack.settings).items():
            exported.setenv(name, value)
        assert newcomer.init("--env").code == 0
    assert newcomer.mp("auth", "test").data["status"] == "ok"
    assert (environment()["SLACK_BOT_TOKEN"], environment()["SLACK_CHANNEL"]) == (TOKEN, "#alerts")


# Again.


def test_a_repeat_needs_no_option_and_changes_no_byte(newcomer: Newcomer) -> None:
    newcomer.init(*newcomer.of_account, *TO_SLACK, piped=f"{SECRET}\n{TOKEN}\n")
    files = {name: (newcomer.folder / name).read_bytes() for name in newcomer.files()}
    before = len(newcomer.mixpanel.calls)
    done = newcomer.init()
    assert done.code == 0, done.err
    assert {name: (newcomer.folder / name).read_bytes() for name in newcomer.files()} == files
    assert "config/events_config.json has 3 entries: 'Purchase', 'Signup', '*'.\nIt stays; --force" in done.err
    assert {call.path for call in newcomer.mixpanel.calls[before:]} == {"/api/app/me"}


def test_a_repeat_changes_only_what_is_answered_anew(newcomer: Newcomer) -> None:
    newcomer.slack.add_channel("ops")
    newcomer.init(*newcomer.of_account, *TO_SLACK, piped=f"{SECRET}\n{TOKEN}\n")
    account = newcomer.accounts.read_bytes()
    assert newcomer.init("--slack-channel", "#ops").code == 0
    assert (environment()["SLACK_CHANNEL"], environment()["SLACK_BOT_TOKEN"]) == ("#ops", TOKEN)
    assert newcomer.accounts.read_bytes() == account


def test_a_new_secret_replaces_the_old_one_in_its_account(newcomer: Newcomer) -> None:
    newcomer.accounts.parent.mkdir(parents=True)
    newcomer.accounts.touch(0o600)
    newcomer.accounts.write_text(
        '# ours\ndefault = "other"\n[accounts.other]\nusername = "o"\nsecret = "s"\nproject_id = "5"\nregion = "eu"\n'
        '[accounts.shop]  # the shop\nusername = "old"\nsecret = "old"\nproject_id = 1000001\nregion = "eu"\n'
    )
    done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert (done.code, done.data["account"]) == (0, "shop")
    assert "shop is the default account now; it was other. Back: mp auth switch other" in done.err
    text = newcomer.accounts.read_text()
    assert text.startswith('# ours\ndefault = "shop"\n')
    assert f'[accounts.shop]  # the shop\nusername = "{newcomer.mixpanel.access.username}"\nsecret = "{SECRET}"' in text


def test_a_configuration_of_events_is_replaced_only_with_force(newcomer: Newcomer) -> None:
    newcomer.config.parent.mkdir()
    newcomer.config.write_text('{"events": [{"name": "Mine"}]}')
    done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert (done.data["events"], newcomer.config.read_text()) == (["Mine"], '{"events": [{"name": "Mine"}]}')
    assert newcomer.init("--force").data["events"] == ["Purchase", "Signup", "*"]


def test_variables_that_win_over_what_was_kept_are_named(newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_API_SECRET", "of-another-project")
    done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert done.code == 0
    assert "warning: MIXPANEL_API_SECRET of the environment or of .env will be used in place of it." in done.err


# Refused.


@pytest.mark.parametrize(
    ("arguments", "piped", "code", "message"),
    [
        ((), "", 3, "--project is missing."),
        (("--project", "1000001"), "", 3, "--username is missing."),
        (("--project", "1000001", "--username", "u"), "", 3, "Pipe it in, with --secret-stdin."),
        (("--project", "1000001", "--username", "u", "--secret-stdin"), "", 3, "stdin is empty."),
        (("--project", "1000001", "--username", "a b", "--secret-stdin"), "x", 3, "'a b' is not the user name of"),
        (("--project", "1000001", "--username", "u", "--secret-stdin"), "geh eim", 3, "That is not a secret."),
        (("--api-secret", "--secret-stdin"), "x", 3, "--api-secret needs --env"),
        (("--region", "moon"), "", 3, "--region is 'moon'. Give us, eu or in."),
        (("--project", "1000001", "--username", "u", "--secret-stdin"), "geheim", 2, "Mixpanel refused the service"),
        (("--project", "1000001", "--api-secret", "--env", "--secret-stdin"), "geheim", 2, "refused the API secret"),
    ],
)
def test_what_is_missing_or_refused_ends_with_one_error_and_leaves_nothing(
    newcomer: Newcomer, arguments: tuple[str, ...], piped: str, code: int, message: str
) -> None:
    done = newcomer.init(*arguments, piped=piped)
    assert (done.code, done.out, newcomer.files()) == (code, "", [])
    assert message in done.failure["error"]["message"]
    assert "geheim" not in done.stderr


@pytest.mark.parametrize(
    ("token", "channel", "code", "message"),
    [
        ("xoxb-geheim", "#alerts", 2, "Slack refuses the token: invalid_auth."),
        (TOKEN, "#nowhere", 3, "The bot sees no channel #nowhere"),
    ],
)
def test_without_slack_that_works_nothing_is_kept(
    newcomer: Newcomer, token: str, channel: str, code: int, message: str
) -> None:
    slack = ("--slack-token-stdin", "--slack-channel", channel)
    done = newcomer.init(*newcomer.of_account, *slack, piped=f"{SECRET}\n{token}\n")
    assert (done.code, newcomer.files()) == (code, [])
    assert message in done.failure["error"]["message"]
    assert not any(secret in done.stderr for secret in (SECRET, "geheim", TOKEN))


def test_a_folder_that_cannot_keep_the_answers_is_named_before_anything_is_asked(newcomer: Newcomer) -> None:
    newcomer.config.parent.touch()
    done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert (done.code, newcomer.files(), newcomer.mixpanel.calls) == (3, ["config"], [])
    assert f"{newcomer.config.parent} is no folder that you can write to." in done.failure["error"]["message"]


def test_a_project_that_the_account_cannot_read_is_named_with_those_that_it_can(newcomer: Newcomer) -> None:
    done = newcomer.init(*newcomer.of_account[2:], "--project", "9", piped=SECRET)
    assert (done.code, newcomer.files()) == (2, [])
    assert "not for project 9. It can read '1000001'." in done.failure["error"]["message"]


def test_a_slack_that_is_silent_is_no_refused_token(newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BASE_URL", "http://127.0.0.1:9/api/")
    done = newcomer.init(*newcomer.of_account, *TO_SLACK, piped=f"{SECRET}\n{TOKEN}\n")
    assert (done.failure["error"]["type"], newcomer.files()) == ("UnavailableError", [])


def test_without_a_list_of_events_all_are_collected(newcomer: Newcomer) -> None:
    newcomer.mixpanel.queries.faults.append(Status(402, "Your plan does not allow API calls"))
    done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert (done.code, done.data["events"]) == (0, ["*"])
    assert "so the configuration has * for all." in done.err


def test_a_traceback_shows_no_secret(newcomer: Newcomer) -> None:
    done = newcomer.init("-v", *newcomer.of_account[:2], "--username", "u", "--secret-stdin", piped="geheim")
    assert "Traceback" in done.stderr
    assert "geheim" not in done.stderr


@pytest.mark.parametrize("in_the_way", [".env.new", "config/events_config.json", "home/.mp/config.toml.new"])
def test_a_file_that_cannot_be_written_leaves_all_of_them_as_they_were(newcomer: Newcomer, in_the_way: str) -> None:
    (newcomer.folder / in_the_way).mkdir(0o700, parents=True)
    done = newcomer.init(*newcomer.of_account, *TO_SLACK, "--force", piped=f"{SECRET}\n{TOKEN}\n")
    assert (done.code, newcomer.files()) == (3, [])
    message = done.failure["error"]["message"]
    assert f"{in_the_way.removesuffix('.new')} cannot be written: Is a directory." in message
    assert message.endswith("Nothing was kept.")


def test_an_env_file_that_is_a_folder_is_named(newcomer: Newcomer) -> None:
    newcomer.env_file.mkdir()
    done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert done.failure["error"]["message"] == ".env is not a file. Move it away."


@pytest.mark.parametrize("method", ["auth.test", "conversations.list"])
def test_a_slack_that_takes_no_more_requests_says_from_when_it_does(newcomer: Newcomer, method: str) -> None:
    newcomer.slack.faults.append(RateLimited(30), method)
    before = datetime.now(UTC)
    done = newcomer.init(*newcomer.of_account, *TO_SLACK, piped=f"{SECRET}\n{TOKEN}\n")
    error = done.failure["error"]
    assert (done.code, error["type"], error["retryable"]) == (1, "UnavailableError", True)
    assert datetime.fromisoformat(error["retry_at"]) >= before + timedelta(seconds=30)
    assert newcomer.files() == []


def test_another_server_in_the_place_of_mixpanel_is_named(newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch) -> None:
    with query_server() as server:
        server.answer("/api/app/me", Reply("<html>Not here</html>", 404))
        monkeypatch.setenv("MIXPANEL_BASE_URL", server.url)
        done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert done.code == 1
    assert done.failure["error"]["message"] == (
        f"Mixpanel answered 404: <html>Not here</html>. Check MIXPANEL_BASE_URL ({server.url}): another server answers "
        "in Mixpanel's place."
    )


def test_a_line_end_in_the_name_of_a_project_does_not_make_a_line_of_its_own(
    newcomer: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects = {"1000001": {"name": "Shop\nerror: all is lost", "timezone": "UTC", "domain": "mixpanel.com"}}
    with query_server() as server:
        server.answer("/api/app/me", Reply({"status": "ok", "results": {"projects": projects}}))
        server.answer("/api/query/events/names", Reply(["Signup"]))
        monkeypatch.setenv("MIXPANEL_BASE_URL", server.url)
        done = newcomer.init(*newcomer.of_account, piped=SECRET)
    assert (done.code, "reads project 1000001, Shop error: all is lost." in done.err) == (0, True), done.err
