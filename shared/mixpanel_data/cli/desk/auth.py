"""`mp auth`: the accounts that `mp` works with."""

import getpass
import os
import shlex
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mixpanel_data.base.errors import AccountExistsError, AuthenticationError, RequestError
from mixpanel_data.cli.base.account import chosen
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.base.regions import REGIONS, RegionOption, checked_region

if TYPE_CHECKING:
    from mixpanel_data.accounts.config_manager import ConfigManager
    from mixpanel_data.accounts.credentials import AccountInfo
    from mixpanel_data.accounts.resolution import Resolved

_COLUMNS = ("name", "username", "project_id", "region", "is_default")
_ASKING_SECONDS = 60.0

app = typer.Typer(name="auth", rich_help_panel=Panel.ACCOUNTS)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of the account.")]


@app.callback()
def _auth() -> None:
    """Keep service accounts by name, and choose which one is used."""


@command(app, name="list")
def list_accounts(output: Output) -> None:
    """List the accounts.

    Example: `mp auth list --format table`
    """
    accounts = _manager().list_accounts()
    if not accounts:
        output.note("There are no accounts. Add one: mp auth add NAME --username USER --project ID")
    output.show([asdict(account) for account in accounts], _COLUMNS)


@command(app)
def add(
    output: Output,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of your choice, such as production.")],
    username: Annotated[str, typer.Option("--username", metavar="USER", help="The service account's user name.")],
    secret: Annotated[
        str | None, typer.Option("--secret", metavar="SECRET", help="Its secret; without this option mp asks for it.")
    ] = None,
    secret_stdin: Annotated[bool, typer.Option("--secret-stdin", help="Read the secret from stdin.")] = False,
    region: RegionOption = None,
) -> None:
    """Add the service account of the project that --project names. The first account becomes the default one.

    The account goes into `~/.mp/config.toml`, which only you can read. With --region, Mixpanel is not asked.

    Example: `mp auth add production --username reader.0a1b2c.mp-service-account --project 12345`
    """
    from mixpanel_data.accounts.credentials import Credentials

    project_id = chosen().project_id
    if project_id is None:
        raise RequestError("--project is missing. Give the number of the project that the account reads.")
    region = checked_region(region)
    manager = _manager()
    _check_is_new(manager, name)
    value = _secret(output, secret, secret_stdin, username)
    # What is wrong by its form is refused before Mixpanel is asked.
    Credentials(username, value, project_id, region or REGIONS[0])
    found = region or _region(output, username, value, project_id)
    manager.add_account(name, username, value, project_id, found)
    output.note(f"Added {name}. Check it: mp auth test {shlex.quote(name)}")
    output.show(asdict(manager.get_account(name)), _COLUMNS)


@command(app)
def remove(output: Output, name: _Name) -> None:
    """Remove an account with its secret, which Mixpanel does not show again.

    Example: `mp auth remove staging`
    """
    manager = _manager()
    account = manager.get_account(name)
    manager.remove_account(name)
    output.note(f"Removed {name}.")
    if account.is_default:
        output.note("There is no default account now. Choose one: mp auth switch NAME")
    output.show(asdict(account), _COLUMNS)


@command(app)
def switch(output: Output, name: _Name) -> None:
    """Make an account the default: the one that commands use without --account.

    Example: `mp auth switch staging`
    """
    manager = _manager()
    manager.set_default(name)
    output.show(asdict(manager.get_account(name)), _COLUMNS)


@command(app)
def show(output: Output, name: _Name) -> None:
    """Show an account, its secret as `***`.

    Example: `mp auth show production`
    """
    output.show(_redacted(_manager().get_account(name)))


@command(app, name="test")
def check(
    output: Output,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The account; without a name, the one that commands use.")
    ] = None,
) -> None:
    """Ask Mixpanel whether it accepts the credentials, and show their project. It costs no query.

    Example: `mp auth test production`
    """
    from mixpanel_data.base.deadline import Deadline
    from mixpanel_data.base.environment import environment
    from mixpanel_data.configuration.environment.variables import MIXPANEL_BASE_URL
    from mixpanel_data.wiring.access import project_of

    env = environment()
    found = _to_test(name)
    try:
        project = project_of(found.credentials, MIXPANEL_BASE_URL.read(env), Deadline.after(_ASKING_SECONDS))
    except AuthenticationError as error:
        raise AuthenticationError(f"{error} The credentials come from {found.source}.") from error
    output.show(
        {
            "status": "ok",
            "account": found.account,
            "credentials": found.source,
            "username": found.credentials.username,
            "project_id": found.credentials.project_id,
            "project": project.name,
            "timezone": project.timezone,
            "region": found.credentials.region,
        }
    )


def _manager() -> "ConfigManager":
    from mixpanel_data.accounts.config_manager import ConfigManager

    return ConfigManager()


def _to_test(name: str | None) -> "Resolved":
    """The credentials of the account of this name; without a name, those that another command would use."""
    from mixpanel_data.accounts.config_file import ConfigFile
    from mixpanel_data.accounts.resolution import Choice, resolved
    from mixpanel_data.base.environment import environment
    from mixpanel_data.configuration.environment.analyst_variables import MP_CONFIG_PATH

    env, choice = environment(), chosen()
    file = ConfigFile(MP_CONFIG_PATH.read(env))
    if name is None:
        return resolved(choice, os.environ, env, file)
    # Whoever names an account here wants to know about that one, whatever the environment says.
    return resolved(Choice(name, choice.project_id), {}, {}, file)


def _check_is_new(manager: "ConfigManager", name: str) -> None:
    """Refuse a name that is wrong or taken, before a secret is asked for."""
    from mixpanel_data.accounts.config_manager import check_name

    check_name(name)
    if name in {account.name for account in manager.list_accounts()}:
        raise AccountExistsError(
            f"There is an account {name!r} already. Give another name, or remove that account: "
            f"mp auth remove {shlex.quote(name)}"
        )


def _secret(output: Output, given: str | None, is_on_stdin: bool, username: str) -> str:
    """The secret, from where the options say that it is, else from the terminal without echo."""
    if given is not None and is_on_stdin:
        raise RequestError("Both --secret and --secret-stdin are given. Give one of them.")
    if given is not None:
        output.note(
            "warning: the shell's history and the list of processes show the value of --secret. Remove it from the "
            "history; without the option, mp asks for the secret, and --secret-stdin reads it from a pipe."
        )
        return given
    if sys.stdin.isatty():
        return _typed(username)
    if is_on_stdin:
        return _piped()
    raise RequestError("There is no terminal to ask for the secret on. Pipe it in, with --secret-stdin.")


def _piped() -> str:
    try:
        return sys.stdin.read().strip()
    except UnicodeDecodeError as error:
        raise RequestError("The secret on stdin is not UTF-8 text.") from error


def _typed(username: str) -> str:
    try:
        return getpass.getpass(f"Secret of {username}: ").strip()
    except EOFError:
        return ""


def _region(output: Output, username: str, secret: str, project_id: str) -> str:
    """The region of the project, by asking Mixpanel's servers one after the other."""
    from mixpanel_data.base.deadline import Deadline
    from mixpanel_data.base.environment import environment
    from mixpanel_data.base.secret import Secret
    from mixpanel_data.configuration.environment.variables import MIXPANEL_BASE_URL
    from mixpanel_data.wiring.access import ServiceAccount, region_of, servers

    asked = servers(MIXPANEL_BASE_URL.read(environment()))
    with output.progress("Asking Mixpanel for the region"):
        account = ServiceAccount(username, Secret(secret))
        try:
            return region_of(account, project_id, asked, Deadline.after(_ASKING_SECONDS))
        except AuthenticationError as error:
            raise AuthenticationError(f"{error} With --region, the account is stored without this check.") from error


def _redacted(account: "AccountInfo") -> dict[str, Any]:
    return {**asdict(account), "secret": "***"}
