"""`mp` lets DuckDB use more memory than a function has, unless a limit is set."""

import os
from pathlib import Path

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.cli.base.jobs import existing_tables


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In an empty folder, with a file that WAREHOUSE names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DUCKDB_MEMORY_LIMIT", raising=False)
    monkeypatch.setenv("WAREHOUSE", "duckdb:///events.duckdb")


def limit() -> str | None:
    with existing_tables() as session:
        return session.settings.duckdb_memory_limit


@pytest.mark.parametrize("unset", [None, "", " "])
def test_half_of_the_machine_s_memory_is_used_but_no_more_than_4_gb(
    monkeypatch: pytest.MonkeyPatch, unset: str | None
) -> None:
    if unset is not None:
        monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", unset)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert limit() == f"{min(machine // 2 // 10**6, 4000)}MB"


def test_a_limit_that_is_set_holds_wherever_it_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DUCKDB_MEMORY_LIMIT=1GB\n")
    assert limit() == "1GB"
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", "64MB")
    assert limit() == "64MB"


def test_a_wrong_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUCKDB_MEMORY_LIMIT", "much")
    with pytest.raises(ConfigError, match=r"^DUCKDB_MEMORY_LIMIT is 'much'\. Give a size"):
        limit()
