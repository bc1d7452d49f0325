"""The documentation site: every page has its place in it, and CI builds it."""

from __future__ import annotations

import itertools
import re
import sys

import pytest

from docs.pages import PAGES, text_of
from support.imports import ROOT

SITE = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
HOOKS = (ROOT / "docs" / "site.py").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_every_page_stands_in_the_navigation() -> None:
    listed = re.findall(r": ([A-Za-z-]+\.md)$", SITE, re.MULTILINE)
    elsewhere = dict(re.findall(r'"([a-z]+\.md)": "([^"]+)"', HOOKS))
    pages = {elsewhere.get(name, f"docs/{name}") for name in listed}
    assert pages == {*PAGES, "CHANGELOG.md"} - {"README.md"}
    assert len(listed) == len({*listed})


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_title_and_no_level_is_left_out(page: str) -> None:
    plain = re.sub(r"^ *```.*?^ *```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", plain, re.MULTILINE)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 175


# The workflow.


def test_the_workflow_runs_the_whole_gate_on_every_python_that_the_project_supports() -> None:
    (listed,) = re.findall(r"^ +python: \[(.+)\]$", WORKFLOW, re.MULTILINE)
    versions = re.findall(r"Programming Language :: Python :: (3\.\d+)", PROJECT)
    assert [version.strip('"') for version in listed.split(", ")] == versions
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in versions
    assert re.findall(r"^ +- run: (.+)$", WORKFLOW, re.MULTILINE) == [".ci/run"]


def test_the_workflow_can_only_read_the_repository() -> None:
    assert re.findall(r"^permissions:\n((?:  .+\n)+)", WORKFLOW, re.MULTILINE) == ["  contents: read\n"]
