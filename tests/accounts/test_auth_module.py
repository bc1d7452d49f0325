"""`mixpanel_data.auth` is the public way to accounts, and costs nothing until a name of it is used."""

import subprocess
import sys

import pytest

from mixpanel_data import auth
from support.imports import LIBRARY


def test_the_public_names_are_those_of_the_contract() -> None:
    assert auth.__all__ == ["AccountInfo", "ConfigManager", "Credentials"]
    assert {*auth.__all__} <= {*dir(auth)}
    for name in auth.__all__:
        assert getattr(auth, name).__name__ == name
    with pytest.raises(AttributeError, match="has no attribute 'Accounts'"):
        _ = auth.Accounts


def test_importing_the_module_loads_no_other_and_a_name_loads_no_editor() -> None:
    code = (
        "import sys\n"
        "import mixpanel_data.auth\n"
        "print(sorted(name for name in sys.modules if name.startswith('mixpanel_data.')))\n"
        "mixpanel_data.auth.ConfigManager\n"
        "print({'pydantic', 'requests', 'tomlkit', 'duckdb', 'typer'} & sys.modules.keys())\n"
    )
    env = {"PYTHONPATH": str(LIBRARY.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "['mixpanel_data.auth']\nset()\n"
