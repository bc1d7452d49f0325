"""The environment that a process reads its settings from."""

import os
from collections.abc import Mapping
from pathlib import Path

from mixpanel_data.base.errors import ConfigError


def environment() -> Mapping[str, str]:
    """The process's environment; in a local run a `.env` file in the working directory adds what is unset there.

    Raises ConfigError for a `.env` file that cannot be read.
    """
    # Cloud Run sets K_SERVICE: a function never reads a `.env` file.
    if "K_SERVICE" in os.environ or not Path(".env").is_file():
        return os.environ
    from dotenv import dotenv_values

    try:
        file = {name: value or "" for name, value in dotenv_values(".env").items()}
    except OSError as error:
        raise ConfigError(f".env cannot be read: {error.strerror}. Fix that, or move the file away.") from error
    except ValueError as error:
        raise ConfigError(f".env cannot be read: {error}. Write it as UTF-8 text, one NAME=value per line.") from error
    return {**file, **{name: value for name, value in os.environ.items() if value}}
