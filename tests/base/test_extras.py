"""A missing extra is an error that names it; a bug in our own imports is not hidden."""

import importlib
import sys

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.extras import extra


def test_a_library_that_is_not_installed_is_an_error_that_names_purpose_and_extra() -> None:
    with pytest.raises(ConfigError) as raised, extra("bigquery", "WAREHOUSE=bigquery"):
        importlib.import_module("not_installed_anywhere.cloud")
    assert str(raised.value) == (
        "WAREHOUSE=bigquery needs the package not_installed_anywhere, which is not installed. "
        "Install it with: pip install 'mixpanel-data[bigquery]'"
    )


def test_a_part_of_an_installed_namespace_can_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where another package of Google's is installed, `google.cloud` exists without `bigquery`."""
    namespace = type(sys)("partly_installed")
    monkeypatch.setitem(sys.modules, "partly_installed", namespace)
    expected = pytest.raises(ConfigError, match=r"needs the package partly_installed, .*mixpanel-data\[bigquery\]")
    with expected, extra("bigquery", "A bucket"):
        exec("from partly_installed import bigquery")  # noqa: S102


def test_a_missing_module_of_our_own_is_a_bug() -> None:
    with pytest.raises(ModuleNotFoundError), extra("bigquery", "WAREHOUSE=bigquery"):
        importlib.import_module("mixpanel_data.warehouse.nothing")


def test_an_installed_library_is_imported() -> None:
    with extra("bigquery", "WAREHOUSE=bigquery"):
        importlib.import_module("mixpanel_data.warehouse.bigquery")
