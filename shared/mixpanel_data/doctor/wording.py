"""Our errors as the rows of a table have them: what is wrong in one cell, what to do in the other."""

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from mixpanel_data.doctor.check import Check, Verdict

# The verbs with which the remedies of our messages begin.
_REMEDY = re.compile(
    r"(?<=[.:!?]) (?=(?:Add|Allow|Apply|Ask|Call|Check|Choose|Close|Copy|Correct|Create|Either|Enable|Export|Fetch|"
    r"Fix|Free|Give|Grant|If|Install|Invite|Leave|Make|Move|Name|Put|Raise|Read|Remove|Rename|Repeat|Run|Set|Swap|Take|"
    r"Try|Use|Wait|Without|Write)\b)"
)
_STEPS = 20
TRUST_PROXY = (
    "If a proxy of yours reads TLS, set both REQUESTS_CA_BUNDLE and SSL_CERT_FILE to the file of its certificate."
)


@dataclass(frozen=True, slots=True)
class Told:
    """A message in two parts; `remedy` is empty where it says none."""

    found: str
    remedy: str


def told(error: Exception) -> Told:
    """What an error says, and what it advises."""
    found, _, remedy = _REMEDY.sub("\0", " ".join(str(error).split()), count=1).partition("\0")
    return Told(found, remedy)


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """Why there was no answer, as what the server did, or the proxy. `is_about_trust`: TLS does not trust it."""

    reason: str
    is_about_trust: bool = False
    is_of_proxy: bool = False


def network_fault(error: BaseException) -> NetworkFault | None:
    """The fault of the network that an error comes from, however deep; None if it comes from another."""
    causes = [*_causes(error)]
    faults = [fault for each in causes if (fault := _fault(each))]
    if not faults:
        return None
    # requests and urllib3 both have a class of this name.
    is_of_proxy = any(type(each).__name__ == "ProxyError" for each in causes)
    own = faults[-1]
    proxy = f"the proxy of HTTPS_PROXY does not work: {own.reason}"
    return replace(own, reason=proxy, is_of_proxy=True) if is_of_proxy else own


def innermost(error: BaseException) -> Exception:
    """The error that an error comes from, with a text."""
    return next(
        (each for each in reversed([*_causes(error)]) if isinstance(each, Exception) and str(each)), Exception()
    )


def _fault(error: BaseException) -> NetworkFault | None:
    match error:
        case ssl.SSLCertVerificationError():
            return NetworkFault(f"its certificate is not trusted ({error.verify_message})", is_about_trust=True)
        case ssl.SSLError():
            return NetworkFault(f"it does not speak TLS ({error.reason or 'handshake failed'})", is_about_trust=True)
        case ConnectionRefusedError():
            return NetworkFault("it refuses connections")
        case socket.gaierror():
            return NetworkFault("its name is not known here")
        case TimeoutError():
            return NetworkFault("it did not answer in time")
        case ConnectionError():
            return NetworkFault("it closes the connection")
        case OSError() if error.strerror and error.errno:
            return NetworkFault(error.strerror)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised for, by its cause and by what the network's libraries wrap in it."""
    ahead, seen = [error], set[int]()
    while ahead and len(seen) < _STEPS:
        each = ahead.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = (
            each.__cause__,
            each.__context__,
            getattr(each, "reason", None),
            getattr(each, "cause", None),
            *each.args,
        )
        ahead.extend(one for one in inner if isinstance(one, BaseException))


def failed(subject: str, name: str, error: Exception, remedy: str = "") -> Check:
    """The failed check of an error; `remedy` is what to do where its message does not say it."""
    message = told(error)
    return Check(subject, name, Verdict.FAILED, message.found, message.remedy or remedy or None)


def skipped(subject: str, name: str, earlier: str) -> Check:
    """A check that an earlier one leaves no ground."""
    return Check(subject, name, Verdict.SKIPPED, f"Not checked: see {earlier}.")


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def ago(span: timedelta) -> str:
    """A span of the past in its largest unit: `12 min ago`, `3 h ago`, `2 days ago`."""
    seconds = max(0.0, span.total_seconds())
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 2 * 86_400:
        return f"{seconds // 3600:.0f} h ago"
    return f"{seconds // 86_400:.0f} days ago"
