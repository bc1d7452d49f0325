"""`mp init` from its first question to its last file."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixpanel_data.accounts.config_manager import check_name
from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.accounts.document import Accounts
from mixpanel_data.accounts.resolution import Choice
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import ConfigError, RequestError
from mixpanel_data.base.secret import Secret
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.dialogue import SECONDS, events, mixpanel, questions, slack
from mixpanel_data.cli.dialogue.given import Given
from mixpanel_data.cli.dialogue.mixpanel import Accepted
from mixpanel_data.cli.dialogue.slack import Tried
from mixpanel_data.cli.dialogue.told import next_steps, tell_checks
from mixpanel_data.clients.mixpanel import Credentials as ClientCredentials
from mixpanel_data.configuration.environment.variables import (
    EVENTS_CONFIG,
    EVENTS_CONFIG_GCS_PATH,
    MIXPANEL_BASE_URL,
    SLACK_BASE_URL,
)
from mixpanel_data.configuration.settings import EVENTS_FILE
from mixpanel_data.initialization import keeping
from mixpanel_data.initialization.env_file import EnvFile
from mixpanel_data.initialization.events_file import EventsFile
from mixpanel_data.initialization.present import Present, account_for, accounts_of, present
from mixpanel_data.initialization.project import Mixpanel, Names


@dataclass(frozen=True, slots=True)
class Wishes:
    """Where to keep the credential, and whether to replace an events configuration that is there."""

    in_env_file: bool
    is_forced: bool


def _check_folders() -> None:
    """Raise ConfigError, before anything is asked, if the answers could not be kept in this folder."""
    for folder in (Path(), EVENTS_FILE.parent):
        if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK)):
            name = folder.resolve()
            raise ConfigError(f"{name} is no folder that you can write to. Correct that, or work in another folder.")


class Initialization:
    """One call of `mp init`. Nothing is written before the last question is answered and what it tries works."""

    def __init__(self, given: Given, wishes: Wishes, choice: Choice, output: Output) -> None:
        self._given, self._wishes, self._choice, self._output = given, wishes, choice, output
        if choice.account is not None:
            check_name(choice.account)
        _check_folders()
        self._env = environment()
        self._env_file, self._events_file = EnvFile(), EventsFile(EVENTS_FILE)
        self._accounts: Accounts = accounts_of(self._env, is_needed=not wishes.in_env_file)
        self._known: Present = present(choice, self._env, self._accounts, self._env_file)

    def run(self) -> None:
        """Ask, try, keep, and say what is there now. Raises what asking and keeping raise."""
        if questions.can_be_asked():
            questions.introduced()
        accepted = self._credential()
        told = slack.Asking(self._given, SLACK_BASE_URL.read(self._env), self._output).tried(self._known.slack)
        tell_checks(told.checks, self._output)
        entries = self._entries(accepted)
        account = self._keep(accepted, told, entries)
        if entries is not None:
            self._output.note(self._events_file.described())
        self._tell(accepted, account, told)
        self._show(self._answer(accepted, told, account))
        self._output.note(next_steps(has_slack=bool(told.slack.token or told.slack.webhook)))

    def _credential(self) -> Accepted:
        known = self._known.credential
        if not questions.can_be_asked() and self._is_api_secret() and not self._is_for_env_file():
            raise RequestError("--env is missing. An account holds no API secret, so give --env to keep it in .env.")
        asking = mixpanel.Asking(self._given, MIXPANEL_BASE_URL.read(self._env), self._env, self._output)
        accepted = asking.accepted(known)
        tell_checks(accepted.checks, self._output)
        return accepted

    def _is_api_secret(self) -> bool:
        return self._given.is_api_secret or (self._given.username is None and self._known.credential.is_api_secret)

    def _is_for_env_file(self) -> bool:
        return self._wishes.in_env_file or (self._known.is_in_env_file and self._choice.account is None)

    def _entries(self, accepted: Accepted) -> Sequence[str] | None:
        """The entries of the new events configuration; None if there is to be no new one."""
        if variable := next((each for each in (EVENTS_CONFIG, EVENTS_CONFIG_GCS_PATH) if each.text(self._env)), None):
            self._output.note(f"{variable.name} is set and wins over {self._events_file.path}, which is not written.")
            return None
        if not events.is_to_be_written(self._events_file, is_forced=self._wishes.is_forced, output=self._output):
            return None
        return events.entries(lambda: accepted.names or self._names(accepted), self._output)

    def _names(self, accepted: Accepted) -> Names:
        credential = accepted.credential
        client = ClientCredentials(Secret(credential.revealed), credential.username, credential.project_id)
        asked = Mixpanel(MIXPANEL_BASE_URL.read(self._env), Deadline.after(SECONDS))
        return asked.names(client, accepted.region, self._env)

    def _keep(self, accepted: Accepted, told: Tried, entries: Sequence[str] | None) -> str | None:
        """Write all answers; return the name of the account, None where the credential is in `.env`."""
        variables = {
            **keeping.variables_of_slack(told.slack, self._env),
            **keeping.variables_of_zone(accepted.time_zone, self._env),
        }
        account = None
        if accepted.credential.username is None or self._is_for_env_file():
            in_file = self._env_file.values()
            variables |= keeping.variables_of(accepted.credential, accepted.region, self._env, in_file)
        else:
            account = self._account(accepted)
        answers = keeping.Answers(account, variables, entries)
        before = keeping.keep(answers, self._env_file, self._events_file, self._env)
        name = account.name if account else None
        if before is not None:
            self._output.note(f"{name} is the default account now; it was {before}. Back: mp auth switch {before}")
        return name

    def _account(self, accepted: Accepted) -> keeping.Account:
        credential = accepted.credential
        name = account_for(credential.project_id or "", self._choice, self._accounts)
        return keeping.Account(
            name,
            Credentials(credential.username or "", credential.revealed, credential.project_id or "", accepted.region),
        )

    def _tell(self, accepted: Accepted, account: str | None, told: Tried) -> None:
        """Say where the answers are, and what else the commands need or would rather use."""
        where = f"the account {account}" if account else str(self._env_file.path)
        self._output.note(f"Mixpanel's credential is in {where}.")
        if told.slack.token is not None:
            self._output.note(f"Slack's token and channel are in {self._env_file.path}.")
        base_url = MIXPANEL_BASE_URL.text(self._env)
        if account and base_url and base_url != MIXPANEL_BASE_URL.text(self._env_file.values()):
            self._output.note("An account has no MIXPANEL_BASE_URL: keep it set for the commands that follow.")
        names = keeping.overruling(accepted.credential, accepted.region, environment())
        if names:
            self._output.note(
                f"warning: {', '.join(names)} of the environment or of .env will be used in place of it. Unset what "
                "you no longer need."
            )

    def _answer(self, accepted: Accepted, told: Tried, account: str | None) -> dict[str, Any]:
        is_there = self._events_file.is_there
        return {
            "status": "ok",
            "account": account,
            "project_id": accepted.credential.project_id,
            "region": accepted.region,
            "config": str(self._events_file.path) if is_there else None,
            "events": self._names_in_file() if is_there else [],
            "env_file": str(self._env_file.path) if self._env_file.path.exists() else None,
            "checks": [asdict(check) for check in (*accepted.checks, *told.checks)],
        }

    def _names_in_file(self) -> list[str]:
        try:
            return list(self._events_file.names())
        except ConfigError:
            # It was there before, and what is wrong with it has been said.
            return []

    def _show(self, answer: Mapping[str, Any]) -> None:
        """The answer; people have seen the checks already."""
        if self._output.format in (Format.JSON, Format.JSONL):
            self._output.show(answer)
        else:
            texts = {"events": ", ".join(answer["events"])}
            self._output.show({**{name: value for name, value in answer.items() if name != "checks"}, **texts})
