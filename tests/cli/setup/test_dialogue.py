"""`mp init` on a terminal: it asks again after a wrong answer, shows no secret, and leaves nothing half done."""

import signal

import pytest

from cli.setup.dialogues import Dialogue, dialogue
from cli.setup.newcomers import Newcomer
from mixpanel_data.base.environment import environment

pytestmark = pytest.mark.sequences

SECRET, TOKEN = "stand-in-secret", "xoxb-stand-in-0123456789"
QUESTIONS = ("Mixpanel project number", "Credential", "user name", "Its secret", "Slack bot token", "Slack channel")


def answers(newcomer: Newcomer) -> dict[str, str]:
    access = newcomer.mixpanel.access
    return dict(zip(QUESTIONS, (access.project_id, "", access.username, SECRET, TOKEN, "#alerts"), strict=True))


def answer_until(asking: Dialogue, newcomer: Newcomer, last: str) -> None:
    """Answer the questions before the last one, and wait for that."""
    for question, answer in answers(newcomer).items():
        if question == last:
            break
        asking.answer(question, answer)
    asking.wait_for(last)


def test_what_is_wrong_is_asked_again_with_its_cause_and_no_secret_is_shown(newcomer: Newcomer) -> None:
    of = answers(newcomer)
    with dialogue("init") as asking:
        asking.answer("project number", "x")
        asking.wait_for("'x' is not the number of a project.")
        asking.answer("project number", "9")
        asking.answer("Credential", "serv")
        asking.answer("user name", of["user name"])
        asking.answer("Its secret", "geheim")
        asking.wait_for("Mixpanel refused the service account")
        for question, answer in (("number [9]", ""), ("Credential", ""), ("user name", ""), ("Its secret", SECRET)):
            asking.answer(question, answer)
        asking.wait_for("not for project 9. It can read '1000001'.")
        for question, answer in (("number [9]", "1000001"), ("Credential", ""), ("user name", ""), ("Its secret", "")):
            asking.answer(question, answer)
        asking.answer("Slack bot token", "xoxb-geheim")
        asking.answer("Slack channel", "#nowhere")
        asking.wait_for("Slack refuses the token")
        asking.answer("Slack bot token", TOKEN)
        asking.answer("Slack channel", "")
        asking.wait_for("The bot sees no channel #nowhere")
        asking.answer("Slack bot token", "")
        asking.answer("Slack channel", "#alerts")
        assert asking.end() == 0, asking.seen
    assert not any(secret in asking.seen for secret in (SECRET, TOKEN, "geheim"))
    assert newcomer.files() == [".env", "config/events_config.json", "home/.mp/config.toml"]


def test_enter_at_each_question_of_a_repeat_changes_nothing(newcomer: Newcomer) -> None:
    newcomer.init(*newcomer.of_account, "--slack-token-stdin", "--slack-channel", "#alerts", piped=f"{SECRET}\n{TOKEN}")
    before = {name: (newcomer.folder / name).read_bytes() for name in newcomer.files()}
    with dialogue("init") as asking:
        for question in ("number [1000001]", "Credential", "mp-service-account]", "Its secret", "token", "[#alerts]"):
            asking.answer(question, "")
        asking.wait_for("config/events_config.json has 3 entries: 'Purchase', 'Signup', '*'.")
        asking.answer("Replace it by the events of the project, yes or no [no]", "")
        assert asking.end() == 0, asking.seen
    assert {name: (newcomer.folder / name).read_bytes() for name in newcomer.files()} == before


def test_slack_can_be_left_out_and_an_api_secret_goes_to_env(newcomer: Newcomer) -> None:
    with dialogue("init", "--project", "1000001") as asking:
        asking.answer("Credential", "api")
        asking.answer("API secret", "stand-in-project-secret")
        asking.answer("Slack bot token", "")
        asking.wait_for("Mixpanel's credential is in .env.")
        assert asking.end() == 0, asking.seen
    assert newcomer.files() == [".env", "config/events_config.json"]
    assert environment()["MIXPANEL_API_SECRET"] == "stand-in-project-secret"
    assert "SLACK_BOT_TOKEN" not in environment()


@pytest.mark.parametrize(
    ("question", "key", "code"),
    [
        ("Mixpanel project number", b"\x04", 1),
        # Python notices a Ctrl-C between its question and its reading only when the reading ends: hence Enter, too.
        ("Its secret", b"\x03\n", 130),
        ("Its secret", b"\x04", 1),
        ("Slack channel", b"\x03\n", 130),
        ("Slack channel", b"", -signal.SIGKILL),
    ],
)
def test_ctrl_c_the_end_of_the_input_or_a_kill_at_a_question_leaves_nothing(
    newcomer: Newcomer, question: str, key: bytes, code: int
) -> None:
    with dialogue("init") as asking:
        answer_until(asking, newcomer, question)
        if key:
            asking.press(key)
        else:
            asking.process.kill()
        assert asking.end() == code, asking.seen
    assert newcomer.files() == []
    assert not any(secret in asking.seen for secret in (SECRET, TOKEN))
