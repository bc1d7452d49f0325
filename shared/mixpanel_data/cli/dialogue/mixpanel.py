"""The questions about Mixpanel, and what Mixpanel says to the answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mixpanel_data.accounts.credentials import Credentials, fault_of
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, RequestError
from mixpanel_data.base.secret import Secret
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.dialogue import SECONDS, questions
from mixpanel_data.cli.dialogue.given import Given
from mixpanel_data.configuration.environment.variables import MIXPANEL_TIME_BASIS, MIXPANEL_TIMEZONE
from mixpanel_data.configuration.settings import TimeBasis
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.mixpanel import ZoneSetting, mixpanel_checks
from mixpanel_data.initialization.present import Credential
from mixpanel_data.initialization.project import Mixpanel, Names

_KINDS = _SERVICE_ACCOUNT, _API_SECRET = "service-account", "api-secret"
# A clock that is wrong, or a zone, says nothing against a credential.
_ABOUT_CREDENTIAL = ("server", "credential", "project", "region")
_FAULTS = {
    "project_id": "{} is not the number of a project. Give the number that the project's settings in Mixpanel show.",
    "username": "{} is not the user name of a service account. Give it without spaces and colons.",
    "secret": "That is not a secret. Give it without spaces.",
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A credential that Mixpanel accepts. `names` are those of the project's events where the checks told them."""

    credential: Credential
    region: str
    checks: Sequence[Check]
    time_zone: str | None = None
    names: Names | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks for a credential until Mixpanel accepts it. `ask_names` asks for the events with an API secret."""

    given: Given
    base_url: str | None
    env: Mapping[str, str]
    output: Output

    def accepted(self, known: Credential) -> Accepted:
        """The credential; what is known is the default. Raises AuthenticationError for the last that is refused.

        Raises RequestError for a missing answer where nobody can be asked, and what Mixpanel's clients raise.
        """
        given = self.given
        for tries_left in reversed(range(questions.MOST_TRIES)):
            asked = _credential(given, known)
            try:
                with self.output.progress("Asking Mixpanel"):
                    return self._tried(asked, given.region)
            except AuthenticationError as error:
                if tries_left == 0 or not questions.can_be_asked():
                    raise
                self.output.note(f"{error}\n")
            given, known = Given(), asked
        raise AssertionError

    def _tried(self, asked: Credential, region: str | None) -> Accepted:
        mixpanel = Mixpanel(self.base_url, Deadline.after(SECONDS))
        if asked.username is None:
            return self._tried_api_secret(asked, region, mixpanel)
        account = (asked.username, asked.revealed, asked.project_id or "")
        place = mixpanel.place(asked.username, Secret(account[1]), account[2], region)
        checks = list(self._checks(Credentials(*account, place.region), mixpanel.deadline))
        for failed in _failed(checks):
            raise AuthenticationError(" ".join(filter(None, (failed.found, failed.remedy))))
        return Accepted(asked, place.region, checks, place.time_zone)

    def _checks(self, credentials: Credentials, deadline: Deadline) -> Iterator[Check]:
        # A zone that is not set will be; one that is set can be that of another project.
        is_set = MIXPANEL_TIMEZONE.text(self.env)
        basis = TimeBasis(MIXPANEL_TIME_BASIS.read(self.env))
        zone = ZoneSetting(MIXPANEL_TIMEZONE.read(self.env), basis) if is_set else None
        return mixpanel_checks(credentials, self.base_url, deadline, zone=zone)

    def _tried_api_secret(self, asked: Credential, region: str | None, mixpanel: Mixpanel) -> Accepted:
        found, names = mixpanel.of_api_secret(Secret(asked.revealed), region, self.env)
        check = Check("mixpanel", "credential", Verdict.OK, f"Mixpanel accepts the project's API secret in {found}.")
        return Accepted(asked, found, [check], names=names)


def _failed(checks: Sequence[Check]) -> Iterator[Check]:
    return (each for each in checks if each.verdict is Verdict.FAILED and each.name in _ABOUT_CREDENTIAL)


def _credential(given: Given, known: Credential) -> Credential:
    """The credential that the options and the answers name; where nobody can be asked, what is known will do."""
    if not questions.can_be_asked():
        return _without_questions(given, known)
    project_id = given.project_id or questions.text("Mixpanel project number", known.project_id, _fault("project_id"))
    username = None if _is_api_secret(given, known) else _username(given, known)
    return Credential(project_id, username, _secret(given, username, known))


def _without_questions(given: Given, known: Credential) -> Credential:
    project_id = given.project_id or known.project_id
    is_api_secret = given.is_api_secret or (given.username is None and known.is_api_secret)
    username = None if is_api_secret else given.username or known.username
    if project_id is None:
        raise RequestError("--project is missing. Give the number of the project.")
    if username is None and not is_api_secret:
        raise RequestError("--username is missing. Give the user name of a service account.")
    secret = given.secret or (known.secret if username == known.username else None)
    if secret is None:
        raise RequestError("There is no terminal to ask for the secret on. Pipe it in, with --secret-stdin.")
    for name, value in (("project_id", project_id), ("username", username), ("secret", secret.reveal())):
        if value is not None and (fault := _fault(name)(value)):
            raise RequestError(fault)
    return Credential(project_id, username, secret)


def _is_api_secret(given: Given, known: Credential) -> bool:
    if given.is_api_secret or given.username is not None:
        return given.is_api_secret
    default = _API_SECRET if known.is_api_secret else _SERVICE_ACCOUNT
    return questions.choice("Credential", _KINDS, default) == _API_SECRET


def _username(given: Given, known: Credential) -> str:
    return given.username or questions.text("Service account's user name", known.username, _fault("username"))


def _secret(given: Given, username: str | None, known: Credential) -> Secret:
    if given.secret is not None:
        return given.secret
    whose = "API secret" if username is None else "Its secret"
    return questions.secret(whose, known.secret if known.username == username else None, _fault("secret"))


def _fault(name: str) -> Callable[[str], str | None]:
    """What is wrong with an answer that cannot be this field of a credential; it shows no secret."""

    def fault(answer: str) -> str | None:
        return None if fault_of(name, answer) is None else _FAULTS[name].format(repr(answer))

    return fault
