"""`mp init`."""

from typing import Annotated

import typer

from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.account import chosen
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.base.regions import RegionOption, checked_region

app = typer.Typer(rich_help_panel=Panel.SET_UP)

_Username = Annotated[str | None, typer.Option("--username", metavar="USER", help="The service account's user name.")]
_SecretStdin = Annotated[bool, typer.Option("--secret-stdin", help="Read Mixpanel's secret from stdin.")]
_ApiSecret = Annotated[
    bool,
    typer.Option(
        "--api-secret", help="The secret is the project's API secret, which Mixpanel is retiring; it needs --env."
    ),
]
_SlackTokenStdin = Annotated[
    bool, typer.Option("--slack-token-stdin", help="Read the token of a Slack bot from stdin, below Mixpanel's secret.")
]
_SlackChannel = Annotated[
    str | None, typer.Option("--slack-channel", metavar="NAME", help="The channel for alerts, such as '#alerts'.")
]
_InEnv = Annotated[
    bool, typer.Option("--env", help="Keep the credential in .env of this folder, in place of an account of yours.")
]
_Force = Annotated[bool, typer.Option("--force", help="Replace an events configuration that is there.")]


@command(app)
def init(
    output: Output,
    username: _Username = None,
    secret_stdin: _SecretStdin = False,
    api_secret: _ApiSecret = False,
    region: RegionOption = None,
    slack_token_stdin: _SlackTokenStdin = False,
    slack_channel: _SlackChannel = None,
    in_env: _InEnv = False,
    force: _Force = False,
) -> None:
    """Set mp up for your Mixpanel project: it asks, tries each answer, and keeps what works.

    It asks for the project, a service account, and a Slack bot (Enter: none). The account goes into
    `~/.mp/config.toml`, named by --account, and becomes the default one; Slack goes into .env of this folder, which
    only you can read. config/events_config.json gets the events that the project had within a month, for one query of
    the hour's quota. In a script, options answer the questions. Repeat it to change an answer.

    Example: `mp init --project 12345 --username reader.0a1b2c.mp-service-account --secret-stdin < secret.txt`
    """
    from mixpanel_data.cli.dialogue.flow import Initialization, Wishes
    from mixpanel_data.cli.dialogue.given import Given

    choice = chosen()
    region = checked_region(region)
    if api_secret and username is not None:
        raise RequestError("Both --api-secret and --username are given. Give one of them.")
    if api_secret and not in_env:
        raise RequestError("--api-secret needs --env: an account holds no API secret, so it is kept in .env.")
    given = Given(choice.project_id, username, api_secret, region=region, slack_channel=slack_channel)
    piped = given.with_piped(secret=secret_stdin, slack_token=slack_token_stdin)
    Initialization(piped, Wishes(in_env, force), choice, output).run()
