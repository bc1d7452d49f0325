"""Whatever value an option of whatever command is given: the error names the option, in words of this project."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import typer

from mixpanel_data.cli.app import app
from mixpanel_data.cli.base.failures import failure_of
from support.library_words import LIBRARY_WORDS

WRONG = ("nonsense", "", "99999999999999999999")
# They are of another package, or take over the terminal.
LEFT_OUT = {"demo", "serve", "init", "doctor"}
_SHARED = {"account", "project", "output_format", "jq", "quiet", "verbose", "help"}
# Too many for any command that takes a number of arguments.
TOO_MANY = ("a",) * 9


@dataclass(frozen=True, slots=True)
class Command:
    """A command by its words, with the parameters that only it has."""

    words: tuple[str, ...]
    parameters: Sequence[Any]

    @property
    def options(self) -> Iterator[str]:
        """Its options that take a value."""
        return (max(each.opts, key=len) for each in self.parameters if _takes_a_value(each))

    @property
    def takes_any_number(self) -> bool:
        """Whether it takes any number of arguments."""
        return any(_is_argument(each) and each.nargs == -1 for each in self.parameters)

    def line(self, option: str, value: str) -> list[str]:
        """The command with this value of an option, and something for whatever else it needs."""
        given = [f"{option}={value}"]
        for each in self.parameters:
            if each.required and each.param_type_name == "option" and option not in each.opts:
                given.append(f"{max(each.opts, key=len)}={_something(each)}")
        arguments = [_something(each) for each in self.parameters if each.required and _is_argument(each)]
        return [*self.words, *given, *arguments]


def _takes_a_value(parameter: Any) -> bool:
    """Whether it is an option with a value, and not one of those that every command has."""
    return parameter.param_type_name == "option" and not parameter.is_flag and parameter.name not in _SHARED


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _something(parameter: Any) -> str:
    return {"DATE": "2024-03-01", "TIME": "2024-03-01", "ID": "1"}.get(parameter.metavar, "x")


@cache
def built() -> Any:
    """The command `mp`, which Typer would build anew for each command line."""
    return typer.main.get_command(app)


def refusal(*arguments: str) -> str:
    """What the error of a command line says; empty if there is none. Its exit code is one of the specified ones."""
    try:
        built().main(list(arguments), prog_name="mp", standalone_mode=False)
    except Exception as error:
        told = failure_of(error)
        assert told.exit_code in range(1, 6)
        return told.message
    return ""


def commands() -> list[Command]:
    """All commands, of all groups."""
    return [each for each in _under(built(), ()) if each.words[0] not in LEFT_OUT]


def _under(command: Any, words: tuple[str, ...]) -> Iterator[Command]:
    if not hasattr(command, "list_commands"):
        yield Command(words, command.params)
        return
    for name in command.list_commands(None):
        yield from _under(command.get_command(None, name), (*words, name))


def test_no_option_is_refused_in_the_words_of_a_library() -> None:
    """Arguments that are too many keep the commands from doing anything."""
    told = {
        (*command.words, option): refusal(*command.words, f"{option}=nonsense", *TOO_MANY)
        for command in commands()
        if not command.takes_any_number
        for option in command.options
    }
    assert len(told) > 100
    assert {line: text for line, text in told.items() if not text or LIBRARY_WORDS.search(text)} == {}


@pytest.mark.sequences
@pytest.mark.usefixtures("mixpanel")
def test_no_value_of_an_option_brings_out_the_words_of_a_library() -> None:
    told = {
        (*command.words, option, value): refusal(*command.line(option, value))
        for command in commands()
        for option in command.options
        for value in WRONG
    }
    # Mixpanel's own words are repeated.
    ours = {line: text for line, text in told.items() if not text.startswith("Mixpanel answered")}
    assert {line: text for line, text in ours.items() if LIBRARY_WORDS.search(text)} == {}
