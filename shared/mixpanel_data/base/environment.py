"""The environment that a process reads its settings from."""

import io
import os
from collections.abc import Mapping
from pathlib import Path

from mixpanel_data.base.errors import ConfigError

ENV_FILE = Path(".env")


def environment() -> Mapping[str, str]:
    """The process's environment; in a local run a `.env` file in the working directory adds what is unset there.

    Raises ConfigError for a `.env` file that cannot be read.
    """
    # Cloud Run sets K_SERVICE: a function never reads a `.env` file.
    if "K_SERVICE" in os.environ or not ENV_FILE.is_file():
        return os.environ
    return {**variables_of_file(), **{name: value for name, value in os.environ.items() if value}}


def variables_of_file() -> Mapping[str, str]:
    """The variables in the `.env` file. Raises ConfigError, naming the line that cannot be read."""
    from dotenv import dotenv_values

    try:
        text = ENV_FILE.read_text(encoding="utf-8")
        _check(text)
        return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(text)).items()}
    except OSError as error:
        raise ConfigError(f".env cannot be read: {error.strerror}. Fix that, or move the file away.") from error
    except ValueError as error:
        raise ConfigError(f".env cannot be read: {error}. Write it as UTF-8 text, one NAME=value per line.") from error


def _check(text: str) -> None:
    """Raise ConfigError for a line that python-dotenv would leave out, with a warning for each time it reads it."""
    from dotenv.parser import parse_stream

    for each in parse_stream(io.StringIO(text)):
        if each.error:
            # What is read together begins with the blank lines above.
            whole = each.original.string
            line = each.original.line + whole[: len(whole) - len(whole.lstrip())].count("\n")
            raise ConfigError(
                f".env cannot be read: line {line} is not NAME=value, or a quote in it is not closed. "
                "Correct the line, or write # before it."
            )
