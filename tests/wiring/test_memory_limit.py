"""DuckDB works within the memory limit of the settings."""

from pathlib import Path

import pytest

from mixpanel_data.configuration.settings import Settings
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.wiring.session import Session


@pytest.mark.parametrize(("given", "used"), [("", "381.4 MiB"), ("64MB", "61.0 MiB"), ("1GiB", "1.0 GiB")])
def test_duckdb_gets_the_memory_limit_of_the_settings_by_default_400_mb(tmp_path: Path, given: str, used: str) -> None:
    limit = Statement("the limit", "SELECT current_setting('memory_limit') AS used")
    env = {"WAREHOUSE": f"duckdb:///{tmp_path / 'x.duckdb'}", "DUCKDB_MEMORY_LIMIT": given}
    with Session(Settings.from_env(env)) as session:
        assert session.warehouse.rows(limit) == [{"used": used}]
