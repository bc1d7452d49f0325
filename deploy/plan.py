"""What deploy.sh has to do, by the project's files, the environment, `.env` and Terraform's outputs.

usage: python3 deploy/plan.py [--outputs FILE] [--region REGION] [--only NAME] FOLDER
       python3 deploy/plan.py [--outputs FILE] [--region REGION] --environment NAME

The first writes files of records into the folder: `place`, `problems`, `secrets`, `functions` and `schedules`, a record
a line, its fields parted by U+001F. The second prints the variables of a function as YAML, the secrets among them.
Python alone is enough; where the library's requirements are installed too, the settings are read as a function will.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "shared"))
from mixpanel_data.base.identifiers import IDENTIFIER, RESERVED  # noqa: E402 - the library lies there

SEPARATOR = "\x1f"
# What a function on Google Cloud has no use for.
LOCAL_ONLY = ("WAREHOUSE", "BIGQUERY_EMULATOR_HOST", "STORAGE_EMULATOR_HOST")
# Who is given these can do nothing without one of them; without Slack the detector still keeps what it finds.
CREDENTIALS = ("MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_API_SECRET")
DEADLINE_MARGIN_SECONDS = 60
DEFAULT_DEADLINE_SECONDS = 300
# The targets of the user sync, and the variable that lets it reach each.
TARGETS = {"postgres": "POSTGRES_URL", "mixpanel": "MIXPANEL_PROJECT_TOKEN"}
SECRET = re.compile(
    r"(?:projects/(?P<project>[a-z0-9.:-]+)/secrets/)?(?P<secret>[A-Za-z0-9_-]{1,255})(?:/versions/(?P<version>\w+))?"
)
REGION = re.compile(r"[a-z]+-[a-z]+[0-9]+")
NAME = IDENTIFIER, "letters, digits and _ only, no digit first, at most 1024"
# What says where everything is reaches command lines before the library could look at it, where that is there at all.
PLACES = {
    "GCP_PROJECT_ID": (re.compile(r"[A-Za-z][A-Za-z0-9.:-]*"), "the id of a Google Cloud project"),
    "GCP_REGION": (REGION, "one such as us-central1"),
    "BIGQUERY_DATASET": NAME,
    "BIGQUERY_TABLE": NAME,
    "BIGQUERY_LOCATION": (re.compile(r"[A-Za-z][A-Za-z0-9-]*"), "a location such as US or europe-west1"),
}
# What Slack's tokens look like, and Mixpanel's secrets: secrets that could be names of secrets too.
SECRET_ITSELF = re.compile(r"xox[a-z]+-.*|xapp-.*|(?=.*[0-9])[A-Za-z0-9]{32}", re.IGNORECASE)
FUNCTION_KEYS = ("target", "memory", "timeout_seconds", "secrets")
SCHEDULE_KEYS = ("name", "function", "schedule", "time_zone", "attempt_deadline", "retries", "body")
JOB_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,499}")
ATTEMPT_DEADLINE = re.compile(r"([0-9]{1,4})s")
# What Cloud Scheduler takes for HTTP.
LEAST_ATTEMPT_SECONDS, MOST_ATTEMPT_SECONDS = 15, 1800
MOST_RETRIES = 5

Record = Sequence[object]
Listed = TypeVar("Listed", list[Any], dict[str, Any])


class DeployError(Exception):
    """The plan cannot be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is, and who does what there; `accounts` is the domain of service accounts."""

    project: str
    region: str
    dataset: str
    events_table: str
    location: str
    repository: str
    accounts: str
    builds_account: str
    scheduler_account: str
    is_beside_terraform: bool


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A secret in Secret Manager, and the variable that it becomes."""

    variable: str
    secret: str
    project: str | None
    version: str

    def flag(self) -> str:
        """As `gcloud functions deploy --set-secrets` takes it."""
        prefix = f"projects/{self.project}/secrets/" if self.project else ""
        return f"{self.variable}={prefix}{self.secret}:{self.version}"


@dataclass(frozen=True, slots=True)
class Function:
    """A function as it is to be deployed."""

    name: str
    target: str
    memory: str
    timeout_seconds: int
    account: str
    secrets: tuple[str, ...]


class Plan:
    """What is asked for, put together once; raises DeployError."""

    def __init__(self, outputs: Mapping[str, Any], region: str | None, only: str | None) -> None:
        self.variables = _variables()
        self.outputs = outputs
        self.place = self._place(region)
        listed = _listed("infra/functions.json", "functions", dict)
        if only is not None and only not in listed:
            raise DeployError(f"{only} is no function. Functions: {', '.join(listed)}.")
        self.listed = tuple(listed)
        self.functions = [self._function(name, listed[name]) for name in ([only] if only else listed)]

    def reference(self, base: str) -> SecretReference | None:
        """The secret that a variable is bound to; None where it is not, or where it holds the secret itself."""
        name = self.variables.get(f"{base}_NAME")
        if name is None:
            return None
        found = SECRET.fullmatch(name.strip())
        if found is None or SECRET_ITSELF.fullmatch(found["secret"]):
            # What stands there may be the secret itself, so it is not shown.
            raise DeployError(f"{base}_NAME is no name of a secret. Give one such as {_secret_name(base)}.")
        return SecretReference(base, found["secret"], found["project"], found["version"] or "latest")

    def references(self) -> list[SecretReference]:
        """The secrets in use, each once."""
        bases = dict.fromkeys(base for function in self.functions for base in function.secrets)
        return [reference for base in bases if (reference := self.reference(base))]

    def environment(self, function: Function) -> dict[str, str]:
        """A function's variables but those that are bound to secrets; of secrets only those that are its own."""
        bases = _secret_bases()
        left_out = {*LOCAL_ONLY, *bases, *(f"{base}_NAME" for base in bases)}
        kept = {name: self.variables[name] for name in _known() if name in self.variables and name not in left_out}
        plain = {base: self.variables[base] for base in function.secrets if self.is_plain(base)}
        own = {
            "GCP_PROJECT_ID": self.place.project,
            "BIGQUERY_DATASET": self.place.dataset,
            "BIGQUERY_TABLE": self.place.events_table,
            "BIGQUERY_LOCATION": self.place.location,
        }
        tables = {"CREATE_TABLES": "false"} if self.place.is_beside_terraform else {}
        return {**kept, **plain, **own, **tables}

    def has(self, base: str) -> bool:
        """Whether a secret is given: itself, or where it is."""
        return not {base, f"{base}_NAME"}.isdisjoint(self.variables)

    def is_plain(self, base: str) -> bool:
        """Whether a secret itself is given, and not where it is."""
        return base in self.variables and f"{base}_NAME" not in self.variables

    def schedules(self) -> Iterator[Mapping[str, Any]]:
        """The entries of config/schedules.json, of all functions."""
        names: set[str] = set()
        for place, entry in enumerate(_listed("config/schedules.json", "schedules", list), 1):
            _check_schedule(f"config/schedules.json: entry {place}", entry)
            name = entry["name"]
            if entry["function"] not in self.listed:
                raise DeployError(f"config/schedules.json: {name} calls {entry['function']}, which is no function.")
            if name in names:
                raise DeployError(f"config/schedules.json: entry {place}: {name} is there already. Rename it.")
            names.add(name)
            yield entry

    def _place(self, region: str | None) -> Place:
        project = self._agreed("GCP_PROJECT_ID", "project_id", "")
        if not project:
            raise DeployError("GCP_PROJECT_ID is not set. Export the id of the Google Cloud project.")
        chosen = (region or "").strip() or self._agreed("GCP_REGION", "region", "us-central1")
        made_in = self.outputs.get("region", chosen)
        if not REGION.fullmatch(chosen):
            raise DeployError(f"The region is {chosen!r}. Give one such as us-central1.")
        if chosen != made_in:
            raise DeployError(f"Terraform's repository for images is in {made_in}, so functions cannot go to {chosen}.")
        events_table = self._agreed("BIGQUERY_TABLE", "events_table", "mixpanel_events")
        if events_table.lower() in _tables() - {"mixpanel_events"}:
            raise DeployError(f"BIGQUERY_TABLE is {events_table!r}. That is another table of ours: give another name.")
        accounts = f"{'.'.join(reversed(project.split(':')))}.iam.gserviceaccount.com"
        repository = f"projects/{project}/locations/{chosen}/repositories/mixpanel-data"
        return Place(
            project=project,
            region=chosen,
            dataset=self._agreed("BIGQUERY_DATASET", "dataset", "mixpanel_data"),
            events_table=events_table,
            location=self._agreed("BIGQUERY_LOCATION", "bigquery_location", "US"),
            repository=self.outputs.get("repository", repository),
            accounts=accounts,
            builds_account=self.outputs.get("builds_account", f"mixpanel-data-builds@{accounts}"),
            scheduler_account=self.outputs.get("scheduler_account", f"mixpanel-data-scheduler@{accounts}"),
            is_beside_terraform=bool(self.outputs),
        )

    def _agreed(self, variable: str, output: str, default: str) -> str:
        """What the variable says, else Terraform, else the default. Raises DeployError where the first two differ."""
        said, made = self.variables.get(variable), self.outputs.get(output)
        if said and made and said != made:
            raise DeployError(f"{variable} is {said!r}, and Terraform made {made!r}. Correct one of them.")
        value = str(said or made or default)
        pattern, what = PLACES[variable]
        if value and not pattern.fullmatch(value):
            raise DeployError(f"{variable} is {value!r}. Give {what}.")
        if output in ("dataset", "events_table") and RESERVED.fullmatch(value):
            raise DeployError(f"{variable} is {value!r}. That is a word of SQL: give another name.")
        return value

    def _function(self, name: str, listed: Mapping[str, Any]) -> Function:
        if not (ROOT / "functions" / name / "main.py").is_file():
            raise DeployError(f"infra/functions.json lists {name}, and functions/{name}/main.py is not there.")
        _check_keys(f"infra/functions.json: {name}", listed, FUNCTION_KEYS)
        account = self.outputs.get("function_accounts", {}).get(name, f"{name}@{self.place.accounts}")
        return Function(
            name, listed["target"], listed["memory"], listed["timeout_seconds"], account, tuple(listed["secrets"])
        )


def main() -> None:
    """Write the plan, or print a function's variables."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--outputs", type=Path, help="what `terraform output -json` said")
    arguments.add_argument("--region")
    arguments.add_argument("--only", metavar="NAME")
    arguments.add_argument("--environment", metavar="NAME")
    arguments.add_argument("folder", type=Path, nargs="?")
    options = arguments.parse_args()
    try:
        plan = Plan(_outputs(options.outputs), options.region, options.environment or options.only)
        if options.environment:
            print(*_yaml(plan.environment(plan.functions[0])), sep="\n")
        else:
            _write(plan, options.folder)
    except DeployError as error:
        sys.exit(f"deploy.sh: {error}")


def _write(plan: Plan, folder: Path) -> None:
    files: Mapping[str, Callable[[Plan], Iterator[Record]]] = {
        "place": _places,
        "problems": _problems,
        "secrets": _secrets,
        "functions": _functions,
        "schedules": _schedules,
    }
    for name, records in files.items():
        lines = (_line(record) for record in records(plan))
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _line(record: Record) -> str:
    fields = [str(field) for field in record]
    for field in fields:
        if re.search(f"[\0\n{SEPARATOR}]", field):
            raise DeployError(f"{field!r} has a character that nothing here may have: a newline, U+001F or U+0000.")
    return SEPARATOR.join(fields)


def _places(plan: Plan) -> Iterator[Record]:
    place = plan.place
    makers = place.repository, place.builds_account, place.scheduler_account
    tables = "Terraform's" if place.is_beside_terraform else "made by runs"
    yield place.project, place.region, place.dataset, place.location, *makers, tables


def _functions(plan: Plan) -> Iterator[Record]:
    for each in plan.functions:
        secrets = ",".join(found.flag() for base in each.secrets if (found := plan.reference(base)))
        variables = " ".join(plan.environment(each))
        yield each.name, each.target, each.memory, each.timeout_seconds, each.account, secrets, variables


def _secrets(plan: Plan) -> Iterator[Record]:
    for reference in plan.references():
        yield reference.secret, reference.project or plan.place.project, reference.version


def _schedules(plan: Plan) -> Iterator[Record]:
    for entry in plan.schedules():
        *keys, body = SCHEDULE_KEYS
        yield *(entry[key] for key in keys), json.dumps(entry[body])


def _problems(plan: Plan) -> Iterator[Record]:
    """What would be found out only after the deployment: `error` or `note`, and a sentence."""
    for name in ("MIXPANEL_BASE_URL", "SLACK_BASE_URL"):
        if re.search(r"//(localhost|127\.|\[::1\])", plan.variables.get(name, "")):
            yield "error", f"{name} is an address of this machine, which no function reaches. Unset it."
    for base in dict.fromkeys(base for function in plan.functions for base in function.secrets):
        if plan.is_plain(base):
            yield "note", f"{base} travels as a plain variable; safer is a secret, with {base}_NAME as its name."
        elif base in plan.variables:
            yield "note", f"{base} and {base}_NAME are set: the secret that is named is used."
    for function in plan.functions:
        yield from _problems_of(plan, function)
    yield from _wrong_settings(plan)


def _problems_of(plan: Plan, function: Function) -> Iterator[Record]:
    uses = {
        _mixpanel_problems: CREDENTIALS,
        _slack_problems: ("SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL"),
        _target_problems: tuple(TARGETS.values()),
    }
    for problems, bases in uses.items():
        if not {*bases}.isdisjoint(function.secrets):
            yield from problems(plan, function)
    yield from _time_problems(plan, function)


def _mixpanel_problems(plan: Plan, function: Function) -> Iterator[Record]:
    """What keeps the library from signing in at Mixpanel: a service account comes before the API secret."""
    account, secret = "MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_SERVICE_ACCOUNT_SECRET"
    if account in plan.variables:
        if not plan.has(secret):
            yield "error", f"{account} is set, its secret is not. {_export(secret)} Or unset {account}."
        if "MIXPANEL_PROJECT_ID" not in plan.variables:
            yield "error", "MIXPANEL_PROJECT_ID is not set; a service account needs it. Export the project's number."
    elif not plan.has("MIXPANEL_API_SECRET"):
        if plan.has(secret):
            yield "error", f"{secret} is set, its account is not. Export {account}, the account's user name."
        else:
            yield "error", f"{function.name} has none of its secrets. {_export(*CREDENTIALS)}"


def _slack_problems(plan: Plan, function: Function) -> Iterator[Record]:
    if not plan.has("SLACK_BOT_TOKEN"):
        if not plan.has("SLACK_WEBHOOK_URL"):
            yield "note", f"{function.name} has none of its secrets. {_export('SLACK_BOT_TOKEN', 'SLACK_WEBHOOK_URL')}"
    elif "SLACK_CHANNEL" not in plan.variables:
        events = _raw(plan, "EVENTS_CONFIG", "config/events_config.json").get("events")
        for event in events if isinstance(events, list) else ():
            if isinstance(event, dict) and event.get("enabled", True) and not event.get("alert_channel"):
                name = event.get("name")
                yield "error", f"SLACK_CHANNEL is not set, and {name!r} has no alert_channel. Set one of them."
                return


def _target_problems(plan: Plan, function: Function) -> Iterator[Record]:
    sync = _raw(plan, "USER_METRICS_CONFIG", "config/user_metrics.json").get("sync")
    for target, base in TARGETS.items():
        if isinstance(sync, dict) and sync.get(target) and not plan.has(base):
            yield "error", f"{function.name}: sync of the user metrics asks for {target}. {_export(base)}"


def _time_problems(plan: Plan, function: Function) -> Iterator[Record]:
    deadline = plan.variables.get("CALL_DEADLINE_SECONDS", str(DEFAULT_DEADLINE_SECONDS))
    longest = function.timeout_seconds - DEADLINE_MARGIN_SECONDS
    if not deadline.isdecimal() or int(deadline) > longest:
        yield "error", f"CALL_DEADLINE_SECONDS is {deadline!r}; {function.name} takes a number up to {longest}."
    for entry in plan.schedules():
        if entry["function"] == function.name and _attempt_seconds(entry) < function.timeout_seconds:
            yield (
                "error",
                f"{entry['name']}: attempt_deadline is {entry['attempt_deadline']}, and {function.name} may take "
                f"{function.timeout_seconds} s: the scheduler would give up on runs that go on, and call again. "
                f"Raise it in config/schedules.json, or lower timeout_seconds in infra/functions.json.",
            )


def _export(*bases: str) -> str:
    return f"Export {' or '.join(f'{base}_NAME={_secret_name(base)}' for base in bases)}."


def _raw(plan: Plan, variable: str, file: str) -> Mapping[str, Any]:
    """A configuration without its shape being checked; empty where it lies in a bucket, or is no object of JSON."""
    source = plan.variables.get(variable) or plan.variables.get(f"{variable}_GCS_PATH")
    try:
        document = json.loads(source or (ROOT / file).read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _attempt_seconds(entry: Mapping[str, Any]) -> int:
    """How long the scheduler waits for an answer; 0 for what is no such time."""
    found = ATTEMPT_DEADLINE.fullmatch(str(entry["attempt_deadline"]))
    return int(found[1]) if found else 0


def _listed(file: str, key: str, kind: type[Listed]) -> Listed:
    """What one of the project's own files lists under its one key."""
    try:
        document = json.loads((ROOT / file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DeployError(f"{file} cannot be read: {error}. Correct it.") from None
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, kind):
        raise DeployError(f"{file} has no {key!r} that is a {kind.__name__}. Add that.")
    return found


def _check_keys(where: str, entry: object, keys: Sequence[str]) -> None:
    if not isinstance(entry, dict):
        raise DeployError(f"{where} is no object. Give one with {', '.join(keys)}.")
    missing = [key for key in keys if key not in entry]
    if missing:
        raise DeployError(f"{where} has no {', no '.join(missing)}. Add that.")


def _check_schedule(where: str, entry: Any) -> None:
    """Whether Cloud Scheduler would take the entry. Raises DeployError."""
    _check_keys(where, entry, SCHEDULE_KEYS)
    name, retries = entry["name"], entry["retries"]
    if not isinstance(name, str) or not JOB_NAME.fullmatch(name):
        raise DeployError(f"{where}: name is {name!r}. Give letters, digits, _ and -.")
    if retries not in range(MOST_RETRIES + 1):
        raise DeployError(
            f"config/schedules.json: {name}: retries is {retries!r}. Give a number from 0 to {MOST_RETRIES}."
        )
    if not LEAST_ATTEMPT_SECONDS <= _attempt_seconds(entry) <= MOST_ATTEMPT_SECONDS:
        raise DeployError(
            f"config/schedules.json: {name}: attempt_deadline is {entry['attempt_deadline']!r}. "
            f"Give seconds from {LEAST_ATTEMPT_SECONDS}s to {MOST_ATTEMPT_SECONDS}s."
        )


def _tables() -> set[str]:
    """The declared tables."""
    return {file.stem for file in (ROOT / "shared" / "mixpanel_data" / "warehouse" / "schemas").glob("*.json")}


def _wrong_settings(plan: Plan) -> Iterator[Record]:
    """What a function would refuse, as the library says it, if its requirements are installed."""
    try:
        from mixpanel_data.base.errors import ConfigError
        from mixpanel_data.base.secret import Secret
        from mixpanel_data.clients.slack import BotSlack, WebhookSlack
        from mixpanel_data.configuration.base import Shape, parsed
        from mixpanel_data.configuration.events import EventsConfig
        from mixpanel_data.configuration.settings import ConfigSource, Settings
        from mixpanel_data.configuration.user_metrics import UserMetrics
        from mixpanel_data.users.metrics import metrics_of
    except ImportError:
        yield "note", "the values of variables are not checked; `make .venv/installed` installs what that takes."
        return

    def checked(shape: type[Shape], source: ConfigSource) -> Shape | None:
        """The configuration; None where it lies in a bucket."""
        if source.text is not None:
            return parsed(shape, source.text, source.variable)
        if source.gcs_path is not None:
            return None
        if not (ROOT / source.file).is_file():
            raise ConfigError(f"{source.file} is not there. Make it, or set {source.variable}.")
        return parsed(shape, (ROOT / source.file).read_bytes(), str(source.file))

    try:
        for function in plan.functions:
            settings = Settings.from_env(plan.environment(function))
            events = checked(EventsConfig, settings.events_config)
            if not {*TARGETS.values()}.isdisjoint(function.secrets):
                metrics = checked(UserMetrics, settings.user_metrics_config)
                if events is not None and metrics is not None:
                    metrics_of(metrics, events)
            for base, client in (("SLACK_BOT_TOKEN", BotSlack), ("SLACK_WEBHOOK_URL", WebhookSlack)):
                if base in function.secrets and plan.is_plain(base):
                    client(Secret(plan.variables[base]))
    except ConfigError as error:
        yield "error", " ".join(str(error).split())


def _variables() -> dict[str, str]:
    """What the environment sets, and a `.env` file where it does not; as the library reads it.

    An empty variable counts as unset, and white space around a value is none of it.
    """
    environment = {name: value.strip() for name, value in os.environ.items() if value.strip()}
    file = ROOT / ".env"
    if not file.is_file():
        return environment
    try:
        from dotenv import dotenv_values
    except ImportError:
        raise DeployError(
            "There is a .env file, and what reads it is not installed. "
            "Run `make .venv/installed`, or export the variables and move the file away."
        ) from None
    try:
        values = dotenv_values(file)
    except ValueError as error:
        raise DeployError(f".env cannot be read: {error}. Write it as UTF-8 text, a NAME=value a line.") from None
    given = {name: value.strip() for name, value in values.items() if value and value.strip()}
    return {**given, **environment}


def _known() -> list[str]:
    """The variables that the library reads: those of the example, which a test holds to the settings."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)


def _secret_bases() -> list[str]:
    """The variables that are secrets: of each there is one more, for the name of a secret."""
    known = _known()
    return [name for name in known if f"{name}_NAME" in known]


def _secret_name(base: str) -> str:
    """The name under which Terraform makes the secret of a variable."""
    return base.lower().replace("_", "-")


def _yaml(variables: Mapping[str, str]) -> Iterator[str]:
    """A line for each variable, its value one string in double quotes and ASCII, whatever it holds."""
    for name, value in variables.items():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise DeployError(f"{name} is no UTF-8 text. Set it again.") from None
        # A string of JSON is one of YAML, but for characters of more than 16 bits, which JSON writes as two.
        yield f"{name}: {re.sub(r'[^ -~]', _escape, json.dumps(value, ensure_ascii=False))}"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _outputs(file: Path | None) -> Mapping[str, Any]:
    if file is None:
        return {}
    return {name: each["value"] for name, each in json.loads(file.read_text(encoding="utf-8") or "{}").items()}


if __name__ == "__main__":
    main()
