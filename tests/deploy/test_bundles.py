"""The files that are shipped with each function, and those that are not."""

import ast
import os
import re
from pathlib import Path

import pytest

from deploy.bundled import ROOT, Installed, build, locked, names

LEFT_OUT = ("cli", "workspace")
# A call that chooses DuckDB imports them.
NEVER_REACHED = {"mixpanel_data.warehouse.duckdb", "mixpanel_data.warehouse.duckdb.holders"}
OF_DUCKDB = ("warehouse/duckdb", "warehouse/dialect.py")
# Its test alert is about an invented dataset, in a temporary file.
HAS_DUCKDB = "detector"


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    build(folder)
    return folder


def files(bundle: Path) -> set[str]:
    return {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}


def test_every_function_is_bundled_and_every_one_describes_itself(bundles: Path) -> None:
    described = sorted(path.parent.name for path in (ROOT / "functions").glob("*/function.json"))
    assert sorted(path.name for path in bundles.iterdir()) == names() == described


@pytest.mark.parametrize("name", names())
def test_a_bundle_holds_what_runs_and_nothing_else(bundles: Path, name: str) -> None:
    found = files(bundles / name)
    assert {path for path in found if "/" not in path} == {"main.py", "requirements.txt"}
    assert {path.partition("/")[0] for path in found if "/" in path} == {"config", "mixpanel_data"}
    assert "config/events_config.json" in found
    assert {"config/schedules.json", "config/events_config.schema.json"} & found == set()
    assert [path for path in found if re.search(r"test|__pycache__|\.(pyc|gz|html|duckdb|env)$", path)] == []


@pytest.mark.parametrize("name", names())
def test_a_bundle_is_without_what_its_function_does_not_need(bundles: Path, name: str) -> None:
    """It has neither the modules for one's own machine nor the rooms of other functions."""
    others = {room for other in names() if other != name for room in _jobs(other)} - _jobs(name)
    engine = () if name == HAS_DUCKDB else OF_DUCKDB
    for left_out in (*LEFT_OUT, *engine, *others):
        assert (ROOT / "shared" / "mixpanel_data" / left_out).exists()
        assert not (bundles / name / "mixpanel_data" / left_out).exists()
    requirements = (bundles / name / "requirements.txt").read_text()
    assert re.search(r"typer|rich|pytest|dotenv", requirements) is None
    assert bool(re.search(r"duckdb|sqlglot", requirements)) == (name == HAS_DUCKDB)


def _jobs(name: str) -> set[str]:
    """The rooms of the library that a function's main.py is about."""
    tree = ast.parse((ROOT / "functions" / name / "main.py").read_text())
    found = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "mixpanel_data"
        for alias in node.names
    }
    return found - {"http"}


@pytest.mark.parametrize("name", names())
def test_the_rooms_of_a_bundle_are_whole(bundles: Path, name: str) -> None:
    """With every statement and every schema of a room that is shipped; rooms within it may be for the command alone."""
    for room in (*_jobs(name), "runs", "warehouse"):
        whole = files(ROOT / "shared" / "mixpanel_data" / room)
        shipped = files(bundles / name / "mixpanel_data" / room)
        left_out = tuple(path.removesuffix("__init__.py") for path in whole - shipped if path.endswith("/__init__.py"))
        needed = {path for path in whole if path.endswith((".sql", ".json")) and not path.startswith(left_out)}
        assert needed
        assert needed <= shipped


@pytest.mark.parametrize("name", names())
def test_a_bundle_has_all_that_it_imports(bundles: Path, name: str) -> None:
    """Except for the modules that only the other engine, another function, the reports or the analyst's desk need."""
    bundle = bundles / name
    others = (
        "mixpanel_data.reports",
        "mixpanel_data.workspace",
        *(f"mixpanel_data.{room}" for other in names() for room in _jobs(other)),
    )
    missing = {
        module
        for path in bundle.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mixpanel_data")
        for module in _modules(node)
        if not (bundle / module.replace(".", "/")).with_suffix(".py").is_file()
        and not (bundle / module.replace(".", "/") / "__init__.py").is_file()
    }
    assert {each for each in missing if not each.startswith(others)} <= NEVER_REACHED


def _modules(node: ast.ImportFrom) -> set[str]:
    """The modules that are named: the one itself, or those that a package is asked for."""
    assert node.module is not None
    library = ROOT / "shared"
    within = {f"{node.module}.{alias.name}" for alias in node.names}
    return {node.module} | {
        name
        for name in within
        if (library / name.replace(".", "/")).with_suffix(".py").is_file()
        or (library / name.replace(".", "/") / "__init__.py").is_file()
    }


def test_a_bundle_replaces_an_earlier_one(bundles: Path) -> None:
    before = {path: (bundles / "collector" / path).read_bytes() for path in files(bundles / "collector")}
    (bundles / "collector" / "left_over.py").write_text("raise SystemExit\n")
    build(bundles, "collector")
    after = {path: (bundles / "collector" / path).read_bytes() for path in files(bundles / "collector")}
    assert after == before


def test_anybody_can_read_a_bundle_whoever_builds_it(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        build(tmp_path / "build", "collector")
    finally:
        os.umask(before)
    for path in (tmp_path / "build").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


@pytest.mark.bundles
@pytest.mark.parametrize("name", names())
def test_a_bundle_answers_with_only_its_lock_installed(tmp_path: Path, name: str) -> None:
    """It refuses a wrong request, and a right one gets as far as BigQuery, which does not answer."""
    nobody = "http://127.0.0.1:1"
    settings = {
        "GCP_PROJECT_ID": "a-project",
        "BIGQUERY_EMULATOR_HOST": nobody,
        "MIXPANEL_BASE_URL": nobody,
        "MIXPANEL_API_SECRET": "secret",
        "CALL_DEADLINE_SECONDS": "2",
    }
    installed = Installed.made_in(tmp_path, name)
    assert installed.distributions == locked(ROOT / "functions" / name / "requirements.lock")
    with installed.serving(settings) as function:
        status, refused = function.ask("?unknown=1")
        assert (status, refused["error"]["type"]) == (400, "RequestError")
        assert refused["job"] == name
        if name == HAS_DUCKDB:
            status, refused = function.ask("?test_alert=true")
            assert (status, refused["error"]["type"]) == (400, "ConfigError"), refused
        status, document = function.ask()
        assert (status, document["status"]) == (503, "error"), document
