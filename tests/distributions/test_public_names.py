"""The public face of the library: the listed names, loaded when they are used, and the version."""

import ast
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mixpanel_data
from mixpanel_data.base import errors

SHARED = Path(__file__).parents[2] / "shared"
PACKAGE = SHARED / "mixpanel_data" / "__init__.py"


def python(code: str, path: Path = SHARED) -> str:
    """The output of Python code in a process of its own that finds packages in `path` alone."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("name", mixpanel_data.__all__)
def test_a_listed_name_can_be_imported(name: str) -> None:
    assert getattr(mixpanel_data, name).__name__ == name
    assert name in dir(mixpanel_data)


def test_every_exception_of_the_library_is_public() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert kinds <= set(mixpanel_data.__all__)


def test_a_type_checker_sees_the_listed_names() -> None:
    tree = ast.parse(PACKAGE.read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imported = [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(mixpanel_data.__all__) == mixpanel_data.__all__


def test_a_name_that_is_not_listed_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mixpanel_data' has no attribute 'utils'"):
        _ = mixpanel_data.utils
    assert not hasattr(mixpanel_data, "errors")


def test_importing_the_package_loads_nothing_else() -> None:
    loaded = json.loads(
        python(
            "import json, sys; before = set(sys.modules); import mixpanel_data;"
            "print(json.dumps(sorted(set(sys.modules) - before)))"
        )
    )
    assert [name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names] == ["mixpanel_data"]
    assert "importlib.metadata" not in loaded


def test_an_exception_loads_no_library_of_others() -> None:
    loaded = json.loads(
        python("import json, sys; from mixpanel_data import QueryError; print(json.dumps(sorted(sys.modules)))")
    )
    others = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"__main__"}
    assert others == {"mixpanel_data"}


def test_the_version_is_that_of_the_installed_package() -> None:
    assert mixpanel_data.__version__ == importlib.metadata.version("mixpanel-data")


def test_code_without_metadata_has_an_unknown_version(tmp_path: Path) -> None:
    (tmp_path / "mixpanel_data").mkdir()
    shutil.copy(PACKAGE, tmp_path / "mixpanel_data")
    assert python("import mixpanel_data; print(mixpanel_data.__version__)", tmp_path) == "0+unknown\n"
