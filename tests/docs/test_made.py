"""The generated parts of the documentation are up to date, and legible."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs import architecture, renew
from docs.pages import text_of
from support.imports import LIBRARY, Graph, arrows_of_rooms, reached, without_shortcuts

PAGES = sorted(renew.DOCS.glob("*.md"))
PICTURES = sorted((renew.DOCS / "images").iterdir())
REMEDY = "run `make docs`"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_the_code_says(page: Path) -> None:
    text = text_of(f"docs/{page.name}")
    assert renew.renewed(text) == text, REMEDY


def test_every_generated_text_has_its_place_in_one_page() -> None:
    names = [name for page in PAGES for name in re.findall(r"<!-- made: ([a-z]+) -->", text_of(f"docs/{page.name}"))]
    assert sorted(names) == sorted(renew.TEXTS)


@pytest.mark.parametrize("name", sorted(renew.PICTURES))
def test_a_picture_shows_what_the_code_does(name: str) -> None:
    assert renew.path_of(name).read_text(encoding="utf-8") == renew.PICTURES[name](), REMEDY


def test_every_picture_is_generated() -> None:
    assert [path.name for path in PICTURES] == sorted(f"{name}.svg" for name in renew.PICTURES)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_describes_itself_and_needs_no_other_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).attrib["aria-label"]
    assert {*re.findall(r"https?://[^\"' ]+", text)} == {"http://www.w3.org/2000/svg"}


# The picture of the architecture.

# What imports what in a library of four rooms: `wiring` reaches `base` by a longer way too.
GRAPH: Graph = {
    "wiring": frozenset({"collect", "base"}),
    "collect": frozenset({"clients"}),
    "clients": frozenset({"base"}),
    "base": frozenset(),
}


def texts(svg: str, kind: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter(f"{SVG}text") if element.attrib.get("class") == kind]


def test_a_shortcut_is_left_out() -> None:
    assert without_shortcuts(GRAPH) == {**GRAPH, "wiring": frozenset({"collect"})}


def test_what_is_left_reaches_as_far() -> None:
    graph = arrows_of_rooms()
    short = without_shortcuts(graph)
    assert {room: reached(short, room) for room in graph} == {room: reached(graph, room) for room in graph}


def test_a_room_is_drawn_above_the_rooms_that_it_imports() -> None:
    svg = architecture.draw(without_shortcuts(GRAPH))
    assert texts(svg, "room") == ["wiring", "collect", "clients", "base"]
    assert texts(svg, "floor") == ["wiring", "jobs", "outside systems", "vocabulary"]
    root = ElementTree.fromstring(svg)
    assert len(root.findall(f"{SVG}path")) == len(root.findall(f"{SVG}polygon")) == 3


def test_the_boxes_of_the_picture_stand_side_by_side_and_hold_their_texts() -> None:
    root = ElementTree.fromstring(architecture.picture())
    boxes = [each.attrib for each in root.iter(f"{SVG}rect") if each.attrib.get("class") == "box"]
    width = float(root.attrib["viewBox"].split()[2])
    for one, other in pairwise(boxes):
        right = float(one["x"]) + float(one["width"])
        assert right < (float(other["x"]) if one["y"] == other["y"] else width)
    names = [each for each in root.iter(f"{SVG}text") if each.attrib.get("class") != "floor"]
    for name in names:
        x, y = float(name.attrib["x"]), float(name.attrib["y"])
        assert any(
            float(box["x"]) < x < float(box["x"]) + float(box["width"])
            and float(box["y"]) + 12 < y < float(box["y"]) + float(box["height"]) - 4
            for box in boxes
        ), name.text


def test_the_picture_shows_every_room_of_the_library() -> None:
    rooms = {path.name.removesuffix(".py") for path in LIBRARY.iterdir()} - {
        "__init__",
        "__main__",
        "__pycache__",
        "auth",
        "py.typed",
    }
    assert {*texts(architecture.picture(), "room")} == rooms
