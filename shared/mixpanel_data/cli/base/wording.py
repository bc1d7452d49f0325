"""Messages of the library in the words of the command line: `--from` where it says `from_date`."""

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from typer.models import ArgumentInfo, OptionInfo

from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.failures import RunFailedError

# A value that a message repeats is not changed; an apostrophe does not begin one.
_QUOTED = r"""(?<!\w)'(?:[^'\\]|\\.)*'|(?<!\w)"(?:[^"\\]|\\.)*\""""

# The way into a value, as in `where[0].above`.
_WITHIN = r"(?:\[\d+\]|\.\w+)*"
_ADVICE = r"(?P<verb>\b(?:give|remove)) (?P<first>\w+)(?: (?P<joint>and|or) (?P<second>\w+))?(?=$|[.;,]| together)"


@contextlib.contextmanager
def naming_options(function: Callable[..., None]) -> Iterator[None]:
    """Let a RequestError of the block name the options and arguments of a command in place of the parameters."""
    try:
        yield
    except (RequestError, RunFailedError) as error:
        told = error.__cause__ if isinstance(error, RunFailedError) else error
        if isinstance(told, RequestError):
            told.args = (in_options(str(told), option_names(function)),)
        raise


def in_options(text: str, names: Mapping[str, str]) -> str:
    """The text with the option in place of each parameter that it names.

    A name that is a word of English too, such as `unit`, counts only where the text says what its value is.
    """
    unmistakable = "|".join(sorted((name for name in names if "_" in name), key=len, reverse=True))
    told = rf"(?:^|(?<= and )|(?<=; ))(?P<name>\w+)(?P<within>{_WITHIN})(?= is )"
    pattern = rf"{_QUOTED}|{told}|{_ADVICE}|(?<![\w-])(?:{unmistakable or '(?!)'})(?!\w)"
    return re.sub(pattern, lambda found: _in_options(found, names), text)


def _in_options(found: re.Match[str], names: Mapping[str, str]) -> str:
    if found["verb"]:
        return _advice_in_options(found, names)
    if found["name"] not in names:
        return names.get(found[0], found[0])
    # A position among the values of an option is nothing that was typed; a member of an object is.
    member = re.findall(r"\.(\w+)", found["within"])[-1:]
    return f"{member[0]} of {names[found['name']]}" if member else names[found["name"]]


def _advice_in_options(found: re.Match[str], names: Mapping[str, str]) -> str:
    words = [word for word in (found["first"], found["second"]) if word]
    if not names.keys() >= set(words):
        return found[0]
    options = list(dict.fromkeys(names[word] for word in words))
    return f"{found['verb']} " + f" {found['joint']} ".join(options)


def option_names(function: Callable[..., None]) -> Mapping[str, str]:
    """What each parameter of a command's function is called on the command line, by its own name and the option's."""
    names: dict[str, str] = {}
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        for note in getattr(parameter.annotation, "__metadata__", ()):
            if isinstance(note, ArgumentInfo):
                names[name] = str(note.metavar or name.upper()).removesuffix("...")
            elif isinstance(note, OptionInfo):
                option = _long(note) or f"--{name.replace('_', '-')}"
                names |= {name: option, option.removeprefix("--").replace("-", "_"): option}
    return names


def _long(note: OptionInfo) -> str | None:
    # Typer keeps the first name of an annotation where it keeps the default of an option without one.
    declared: Sequence[object] = (note.default, *(note.param_decls or ()))
    return next((each for each in declared if isinstance(each, str) and each.startswith("--")), None)
