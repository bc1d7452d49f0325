"""The rooms of the detector import downward only, so that each can be read knowing those below it alone."""

import ast
from pathlib import Path

import pytest

import mixpanel_data

DETECT = Path(mixpanel_data.__file__).parent / "detect"
FLOORS = {"statistics": 0, "incidents": 1, "findings": 2, "messages": 3, "delivery": 4, "study": 4}
"""The rooms from the ground up; two on one floor do not import each other."""

MODULES = sorted(path for room in FLOORS for path in (DETECT / room).rglob("*.py"))


def rooms_imported(path: Path) -> set[str]:
    """The rooms of the detector that a module imports from, in calls too; `detect` stands for its root."""
    modules = [
        node.module
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
    ]
    steps = [module.split(".") for module in modules if module and module.startswith("mixpanel_data.detect")]
    return {names[2] if len(names) > 2 else "detect" for names in steps}


def test_every_folder_of_the_detector_is_a_room_with_a_floor() -> None:
    assert {path.name for path in DETECT.iterdir() if path.is_dir() and path.name != "__pycache__"} == FLOORS.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(DETECT).as_posix())
def test_a_room_of_the_detector_imports_only_from_those_below(path: Path) -> None:
    own = path.relative_to(DETECT).parts[0]
    above = {room for room in rooms_imported(path) - {own} if FLOORS.get(room, 9) >= FLOORS[own]}
    assert above == set()
