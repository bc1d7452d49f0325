"""The sdist and the wheel: their files and their metadata."""

import email
import hashlib
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from distributions.conftest import ROOT, Distributions

pytestmark = pytest.mark.packages

SHARED = ROOT / "shared"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def digests(wheel: Path) -> dict[str, str]:
    """The SHA-256 of each file of a wheel, without the list of files, whose order can differ."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/RECORD")]
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names}


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_the_wheel_holds_both_packages_the_functions_and_the_schedules_and_nothing_else(
    distributions: Distributions,
) -> None:
    packages = [SHARED / "mixpanel_data", SHARED / "mixpanel_data_standins"]
    files = {path for package in packages for path in package.rglob("*") if path.is_file()}
    expected = {path.relative_to(SHARED).as_posix() for path in files if "__pycache__" not in path.parts}
    functions = [path for name in ("main.py", "function.json") for path in ROOT.glob(f"functions/*/{name}")]
    expected |= {f"mixpanel_data_standins/{path.relative_to(ROOT).as_posix()}" for path in functions}
    expected.add("mixpanel_data_standins/schedules.json")
    assert {name for name in digests(distributions.wheel) if ".dist-info/" not in name} == expected
    assert "mixpanel_data/py.typed" in expected


def test_the_functions_are_those_of_the_checkout(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as archive:
        for main in ROOT.glob("functions/*/main.py"):
            name = f"mixpanel_data_standins/{main.relative_to(ROOT).as_posix()}"
            assert archive.read(name) == main.read_bytes()


def test_the_sdist_builds_the_wheel_that_the_checkout_builds(distributions: Distributions) -> None:
    assert digests(distributions.wheel) == digests(distributions.wheel_of_checkout)


def test_the_sdist_holds_what_a_reader_of_it_looks_for(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "functions/collector/main.py"}
    assert not any(name.startswith(("tests", "infra", "deploy", ".")) for name in names)


def test_the_metadata_is_what_an_index_shows(distributions: Distributions) -> None:
    shown = metadata(distributions.wheel)
    assert (shown["Name"], shown["Version"]) == ("mixpanel-data", PROJECT["version"])
    assert (shown["License-Expression"], shown["License-File"]) == ("MIT", "LICENSE")
    assert shown["Author"] == "The mixpanel-data authors"
    assert shown.get_all("Provides-Extra") == ["bigquery", "postgres"]
    classifiers = set(shown.get_all("Classifier") or ())
    assert classifiers >= {f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13, 14)}
    assert "Typing :: Typed" in classifiers
    assert str(shown.get_payload()).startswith("# ")


@pytest.mark.parametrize(
    ("platform", "is_offered"),
    [
        ("manylinux_2_17_x86_64", True),
        ("manylinux2014_aarch64", True),
        ("musllinux_1_1_x86_64", True),
        ("macosx_14_0_arm64", True),
        ("macosx_12_0_x86_64", True),
        ("win_amd64", False),
    ],
)
def test_an_installer_finds_the_wheel_on_linux_and_macos_and_not_on_windows(
    distributions: Distributions, tmp_path: Path, platform: str, is_offered: bool
) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-index", "--only-binary", ":all:"]
    place = ["--find-links", str(distributions.wheel.parent), "--platform", platform, "--dest", str(tmp_path)]
    done = subprocess.run([*pip, *place, "mixpanel-data"], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == is_offered, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ([distributions.wheel.name] if is_offered else [])


def test_an_index_accepts_both(distributions: Distributions) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", str(distributions.sdist), str(distributions.wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_changelog_has_a_section_for_the_version() -> None:
    """That of a release, or `Unreleased` for a version under development; the release workflow reads it."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = PROJECT["version"]
    assert f"\n## [{'Unreleased' if '.dev' in version else version}]" in changelog
