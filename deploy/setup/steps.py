"""The steps of the setup, in their order."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from deploy.destination import Destination, destination
from deploy.given import Given
from deploy.setup import deployment, preflight, secrets, terraform
from deploy.setup.answers import Answers, all_answers, known_answers
from deploy.setup.commands import Commands
from deploy.setup.errors import SetupError
from deploy.setup.kept import has_channels, keep_settings, keep_tfvars, kept_tfvars, settings
from deploy.setup.options import SLACK_WEBHOOK, Options
from deploy.setup.secret_values import SecretValues, secret_values
from deploy.setup.terminal import say
from deploy.setup.trial import send_test_alert
from deploy.setup.web import Web

from mixpanel_data.configuration.environment.variable import secret_for


@dataclass
class Progress:
    """The step at hand, and those that are done."""

    done: list[str] = field(default_factory=list)
    current: str = ""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step, which is done if the block ends well."""
        self.current = name
        say(f"== {name}")
        yield
        self.done.append(name)
        self.current = ""


def set_up(options: Options, progress: Progress) -> None:
    """Go all the way, leaving what is done as it is. Raises SetupError, and DeployError for files that are wrong."""
    if not (options.can_ask or options.is_confirmed or options.is_dry_run):
        raise SetupError("There is no terminal to ask questions on. Pass --yes and give the answers as options.")
    commands = Commands(options.is_dry_run)
    web = Web(commands)
    with progress.step("looking at the sign-in"):
        preflight.check_programs(commands)
        account = preflight.signed_in_account(commands)
        say(f"gcloud works as {account or 'an account of its own'}.")
    with progress.step("collecting the answers"):
        given = Given.here()
        answers = _answers(options, given, _suggestions(commands, account))
        project = answers["project"]
    with progress.step("keeping the answers"):
        _keep(options, given, answers)
    with progress.step(f"looking at project {project}"):
        preflight.check_project(commands, web, project, account)
    with progress.step("collecting the secrets"):
        values = secret_values(
            options, given, lambda variable: secrets.is_stored(commands, secret_for(variable), project)
        )
        wanted = settings(answers, values, given)
        keep_settings(wanted, is_dry_run=options.is_dry_run)
    with progress.step("enabling APIs"):
        preflight.enable_apis(commands, project)
    with progress.step("creating what the functions need, with Terraform"):
        terraform.apply(commands, options.environment, project, can_ask=options.can_ask)
        place = _place(commands, given, wanted, answers)
    with progress.step("letting the builds push images"):
        deployment.let_builds_push(commands, place)
    with progress.step("storing the secrets"):
        for variable, value in values.values.items():
            secrets.store(commands, secret_for(variable), project, value)
    with progress.step("deploying the functions and their schedule"):
        deployment.deploy(commands, wanted)
    with progress.step("sending a test alert"):
        send_test_alert(commands, web, place, account)


def _answers(options: Options, given: Given, suggestions: Answers) -> Answers:
    known = known_answers(options, given, kept_tfvars(options.environment))
    needless = []
    if has_channels(options.environment):
        needless.append("email")
    if SLACK_WEBHOOK in options.secrets or not {SLACK_WEBHOOK, f"{SLACK_WEBHOOK}_NAME"}.isdisjoint(given.variables):
        # A webhook posts to a channel of its own.
        needless.append("slack_channel")
    return all_answers(options, known, suggestions, needless, lambda answers: _keep(options, given, answers))


def _keep(options: Options, given: Given, answers: Answers) -> None:
    """Write the answers into their files, before anything can fail."""
    keep_tfvars(options.environment, answers, is_dry_run=options.is_dry_run)
    keep_settings(settings(answers, SecretValues({}), given), is_dry_run=options.is_dry_run)


def _suggestions(commands: Commands, account: str) -> Answers:
    project = commands.look("gcloud", "config", "get-value", "project", "--quiet").text
    email = "" if account.endswith(".gserviceaccount.com") else account
    return {"project": project, "email": email}


def _place(commands: Commands, given: Given, wanted: Mapping[str, str], answers: Answers) -> Destination:
    """Where everything is, as deploy.sh will find it too."""
    own = {"GCP_REGION": answers["region"], "BIGQUERY_LOCATION": answers["location"]}
    return destination(Given({**given.variables, **wanted, **own}), terraform.outputs(commands), None)
