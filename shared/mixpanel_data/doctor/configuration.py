"""The variables, the accounts and the files of `config/`: whether each can be read."""

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.base import installed_command
from mixpanel_data.base.environment import ENV_FILE, variables_of_file
from mixpanel_data.base.errors import ConfigError, MixpanelDataError, listed
from mixpanel_data.clients.config_files import configuration, is_given
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.environment.analyst_variables import MP_CONFIG_PATH
from mixpanel_data.configuration.environment.variables import VARIABLES
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.configuration.reports.saved import SavedReports, SavedSegments
from mixpanel_data.configuration.schedules import Schedules
from mixpanel_data.configuration.settings import ConfigSource, Settings
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import failed, plural, told

SUBJECT, SCHEDULES = "config", "schedules"
SCHEDULES_FILE = Path("config/schedules.json")
_FUNCTIONS = Path("functions")

_FILES: Sequence[tuple[Callable[[Settings], ConfigSource], type[BaseModel]]] = (
    (lambda settings: settings.user_metrics_config, UserMetrics),
    (lambda settings: settings.identity_config, IdentityConfig),
    (lambda settings: settings.tracking_plan, TrackingPlan),
    (lambda settings: settings.reports_config, SavedReports),
    (lambda settings: settings.segments_config, SavedSegments),
)


def variable_checks(env: Mapping[str, str]) -> Iterator[Check]:
    """The variables that hold what they do not accept, a check for each, or one for all of them."""
    faults = 0
    for variable in VARIABLES:
        try:
            variable.read(env)
        except ConfigError as error:
            faults += 1
            yield failed(SUBJECT, variable.name, error)
    if faults:
        return
    try:
        Settings.from_env(env)
    except ConfigError as error:
        yield failed(SUBJECT, "variables", error)
    else:
        count = sum(bool(variable.text(env)) for variable in VARIABLES)
        yield Check(SUBJECT, "variables", Verdict.OK, f"{plural(count, 'variable')} set, each to what it accepts.")


def env_file_checks() -> Iterator[Check]:
    """The file `.env`, if it is there: whether it is read, and who can read a secret in it."""
    path, name = ENV_FILE, ENV_FILE.name
    if path.is_symlink() and not path.exists():
        found = f"{name} is a link to {path.readlink()}, which is not there: no variable is read from it."
        yield Check(SUBJECT, name, Verdict.WARNING, found, "Correct the link, or remove it.")
    elif path.exists() and not path.is_file():
        found = f"{name} is not a file: no variable is read from it."
        yield Check(SUBJECT, name, Verdict.WARNING, found, "Move it away, if variables are to be read from a file.")
    elif path.exists():
        yield _env_file(path)


def _env_file(path: Path) -> Check:
    try:
        variables = variables_of_file()
        others_may = path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except (ConfigError, OSError) as error:
        return failed(SUBJECT, path.name, error, f"Make {path} readable.")
    secrets = [each.name for each in VARIABLES if each.is_secret and variables.get(each.name)]
    if secrets and others_may:
        found = f"Other users of this machine may read {path}, which holds {listed(secrets)}."
        return Check(SUBJECT, path.name, Verdict.WARNING, found, f"chmod 600 {path}")
    whose = ", and only by you" if secrets else "; it holds no secret"
    return Check(SUBJECT, path.name, Verdict.OK, f"It can be read{whose}.")


def command_check() -> Check:
    """The command `mp`, which other packages install too."""
    clash = installed_command.clash()
    if clash is None:
        return Check(SUBJECT, "command", Verdict.OK, "No other package has a command mp.")
    message = told(Exception(clash))
    return Check(SUBJECT, "command", Verdict.WARNING, message.found, message.remedy)


def account_check(env: Mapping[str, str]) -> Check:
    """The file with the accounts."""
    try:
        file = ConfigFile(MP_CONFIG_PATH.read(env))
        accounts = file.read()
    except ConfigError as error:
        return failed(SUBJECT, "accounts", error)
    if not accounts.by_name:
        return Check(SUBJECT, "accounts", Verdict.SKIPPED, f"{file.path} has no account.")
    default = f"{accounts.default} is the default" if accounts.default in accounts.by_name else "none is the default"
    return Check(SUBJECT, "accounts", Verdict.OK, f"{plural(len(accounts.by_name), 'account')}; {default}.")


def file_checks(settings: Settings) -> Iterator[Check]:
    """The files that jobs and reports read, wherever they are."""
    events = settings.events_config
    if _is_given(events):
        yield _file(EventsConfig, events, settings)
    else:
        found = f"{events.file} is not there: mp collects every event, and a function would refuse to run."
        yield Check(SUBJECT, events.file.name, Verdict.SKIPPED, found)
    others = [(find(settings), shape) for find, shape in _FILES]
    yield from (_file(shape, source, settings) for source, shape in others if _is_given(source))
    missing = [source.file.name for source, _ in others if not _is_given(source)]
    if missing:
        found = f"{events.file.parent}/ lacks {', '.join(missing)}, which few need."
        yield Check(SUBJECT, "other files", Verdict.SKIPPED, found)


def _file(shape: type[BaseModel], source: ConfigSource, settings: Settings) -> Check:
    name = source.gcs_path or (source.variable if source.text is not None else source.file.name)
    try:
        configuration(shape, source, settings)
    except MixpanelDataError as error:
        is_wrong = isinstance(error, ConfigError)
        own = f"Correct {source.file if name == source.file.name else name}." if is_wrong else "Check the network."
        return failed(SUBJECT, name, error, own)
    return Check(SUBJECT, name, Verdict.OK, "It can be read.")


def schedules() -> Schedules | None:
    """What `config/schedules.json` says; None without such a file. Raises ConfigError naming entry and field."""
    if not SCHEDULES_FILE.exists():
        return None
    try:
        return parsed(Schedules, SCHEDULES_FILE.read_bytes(), str(SCHEDULES_FILE))
    except OSError as error:
        raise ConfigError(f"{SCHEDULES_FILE} cannot be read: {error.strerror}. Fix that.") from error


def schedule_checks() -> Iterator[Check]:
    """The schedules: whether their file can be read, and each calls a function that there is."""
    name = SCHEDULES_FILE.name
    try:
        found = schedules()
    except ConfigError as error:
        yield failed(SCHEDULES, name, error, f"Correct {SCHEDULES_FILE}.")
        return
    if found is None:
        yield Check(
            SCHEDULES, name, Verdict.SKIPPED, f"{SCHEDULES_FILE} is not there: nothing says how often a job has to run."
        )
        return
    functions = {each.function for each in found.schedules}
    count = f"{plural(len(found.schedules), 'schedule')} of {plural(len(functions), 'function')}."
    yield Check(SCHEDULES, name, Verdict.OK, count)
    known = {folder.name for folder in _FUNCTIONS.iterdir() if folder.is_dir()} if _FUNCTIONS.is_dir() else functions
    for each in found.schedules:
        if each.function not in known:
            yield Check(
                SCHEDULES,
                each.name,
                Verdict.FAILED,
                f"It calls {each.function}, and functions/ has no such folder.",
                f"Correct the name in {SCHEDULES_FILE}, or remove the entry.",
            )


def _is_given(source: ConfigSource) -> bool:
    try:
        return is_given(source)
    except OSError:
        # A folder that cannot be looked into: reading the file will say so.
        return True
