"""What is wrong with a command line, in the words of every other error."""

from typing import Any

import typer

from mixpanel_data.base.nearest import near

# Click's UsageError. Some releases of Typer bundle a Click of their own; both export BadParameter, its subclass.
UsageError: Any = typer.BadParameter.__mro__[1]


def usage(error: Any) -> str:
    """What is wrong, and where to look."""
    command = error.ctx.command_path if error.ctx else "mp"
    told = _told(error).rstrip(".")
    return f"{told}{'' if told.endswith('?') else '.'} See `{command} --help`."


def _told(error: Any) -> str:
    param = getattr(error, "param", None)
    if type(error).__name__ == "BadOptionUsage" and "requires an argument" in error.message:
        return f"{error.option_name} has no value: give one"
    if param is None:
        return str(error.format_message())
    if type(error).__name__ == "MissingParameter":
        return f"{_name(param)} is missing: add it"
    # Typer checks values with pydantic, whose words are about Python.
    faults = error.__cause__.errors(include_url=False) if hasattr(error.__cause__, "errors") else []
    if len(faults) != 1:
        return f"{_name(param)}: {error.message}"
    return f"{_name(param)} is {str(faults[0]['input'])!r}: {_remedy(faults[0])}"


def _name(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar or param.name.upper()).removesuffix("...")
    return str(max(param.opts, key=len))


def _remedy(fault: Any) -> str:
    from mixpanel_data.configuration.remedies import remedy

    text, given = remedy(fault), str(fault["input"])
    if " is not one of " not in text:
        return text
    choices = text.partition(" is not one of ")[2].rstrip(".")
    found = near(given, [choice.strip("'") for choice in choices.split(", ")])
    return f"give one of {choices}" + (f" (nearest: {found[0]!r})" if found else "")
