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
    pattern = rf"{_QUOTED}|(?<![\w-])(?:{unmistakable or '(?!)'})(?!\w)|(?:^|(?<= and ))\w+(?= is )"
    return re.sub(pattern, lambda found: names.get(found[0], found[0]), text)


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
