"""The files that keep the answers: Terraform's variables and `.env`. Neither holds a secret."""

import re
import stat
from collections.abc import Mapping
from pathlib import Path

from deploy.env_file import edited
from deploy.files import ROOT
from deploy.given import Given
from deploy.setup.answers import Answers
from deploy.setup.errors import SetupError
from deploy.setup.questions import QUESTIONS
from deploy.setup.secret_values import SecretValues, binds_elsewhere
from deploy.setup.terminal import say

from mixpanel_data.base.replacing import alone, replace
from mixpanel_data.configuration.environment.variable import secret_for

_ENV = ROOT / ".env"
_STRING = r'"(?:[^"\\]|\\.)*"'


def tfvars_file(environment: str) -> Path:
    """The file with Terraform's variables of an environment."""
    return ROOT / "infra" / "environments" / f"{environment}.tfvars"


def kept_tfvars(environment: str) -> Mapping[str, str]:
    """The string variables that the .tfvars file sets, by name; empty if there is no file."""
    text = _text(tfvars_file(environment))
    found = re.findall(rf"^[ \t]*(\w+)[ \t]*=[ \t]*({_STRING})", text, re.MULTILINE)
    return {name: value[1:-1] for name, value in found}


def has_channels(environment: str) -> bool:
    """Whether Terraform's file names channels that hear of a job that fails, so that no address is needed."""
    text = _text(tfvars_file(environment))
    return re.search(r"^[ \t]*notification_channels[ \t]*=[ \t]*\[\s*\"", text, re.MULTILINE) is not None


def keep_tfvars(environment: str, answers: Answers, *, is_dry_run: bool) -> None:
    """Write the answers into Terraform's file, changing those lines alone that say something else, and show it."""
    file = tfvars_file(environment)
    before = _text(file)
    text = before or _new_tfvars(environment)
    for question in QUESTIONS:
        if question.tfvar and question.option in answers:
            text = _with(text, question.tfvar, answers[question.option], file)
    _keep(file, before, text, is_private=False, is_dry_run=is_dry_run)
    say(text.rstrip())


def _new_tfvars(environment: str) -> str:
    protected = "false" if environment == "dev" else "true"
    return f'environment         = "{environment}"\ndeletion_protection = {protected}\n'


def _with(text: str, name: str, value: str, file: Path) -> str:
    setting = re.compile(rf"^([ \t]*{name}[ \t]*=[ \t]*)(?:{_STRING}|null)", re.MULTILINE)
    if setting.search(text):
        return setting.sub(lambda found: f'{found[1]}"{value}"', text, count=1)
    if re.search(rf"^[ \t]*{name}[ \t]*=", text, re.MULTILINE):
        raise SetupError(f'{_shown(file)} sets {name} to something other than a text. Set it to "{value}" by hand.')
    return f'{text}{"" if text.endswith(chr(10)) else chr(10)}{name:<19} = "{value}"\n'


def settings(answers: Answers, secrets: SecretValues, given: Given) -> Mapping[str, str]:
    """The variables that deploy.sh is to read from `.env`: names of secrets, and no secret."""
    own = {each.variable: answers[each.option] for each in QUESTIONS if each.variable and each.option in answers}
    # Terraform's outputs say where the functions and tables are, so these are only kept from saying something else.
    for name in ("GCP_REGION", "BIGQUERY_LOCATION"):
        if name not in given.variables:
            own.pop(name, None)
    names = {f"{each}_NAME": secret_for(each) for each in secrets.values if not binds_elsewhere(given, each)}
    return {**own, **names}


def keep_settings(wanted: Mapping[str, str], *, is_dry_run: bool) -> None:
    """Write the variables into `.env`, changing those lines alone that say something else."""
    before = _text(_ENV)
    there = Given.of_dotenv()
    changed = {name: value for name, value in wanted.items() if there.get(name) != value}
    text = edited(before, changed)
    _keep(_ENV, before, text, is_private=True, is_dry_run=is_dry_run)
    if changed:
        say(f"  {', '.join(changed)}")


def _keep(file: Path, before: str, text: str, *, is_private: bool, is_dry_run: bool) -> None:
    """Replace a file in one step, so that no reader and no interruption sees half of it."""
    # Where a symbolic link is there, the file that it leads to.
    target = file.resolve()
    if text == before and not (is_private and _is_open(target)):
        say(f"{_shown(file)} says so already.")
        return
    if text == before:
        say(f"{_shown(file)} says so already; only its user may read it from now on.")
    else:
        say(f"{_shown(file)} {'is' if is_dry_run else 'was'} {'changed' if before else 'written'}:")
    if is_dry_run:
        return
    try:
        with alone(target.parent):
            replace(target, text.encode(), is_private=is_private)
    except OSError as error:
        raise SetupError(f"{_shown(file)} cannot be written: {error.strerror}. Correct that.") from None


def _is_open(file: Path) -> bool:
    """Whether others than its user may do anything with a file."""
    return file.is_file() and bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise SetupError(f"{_shown(file)} cannot be read: {error}. Correct it.") from None


def _shown(file: Path) -> str:
    return str(file.relative_to(ROOT))
