"""Renews all parts of the documentation that are made from the code: `make docs` runs this.

A page holds such a part between two comments, `<!-- made: NAME -->` and `<!-- end -->`; pictures are files of their
own. tests/docs/test_made.py fails where a part differs from what this would write. What the statements read is renewed
here too, because pages are made from it; tests/sql/test_references.py fails where it is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from docs import (
    alert,
    architecture,
    command_line,
    cost_plan,
    costs,
    definitions,
    flows,
    jobs,
    library,
    schedules,
    tables,
)
from mixpanel_data.costs.references import STATEMENTS_FILE
from support.imports import ROOT

DOCS = ROOT / "docs"

TEXTS: Mapping[str, Callable[[], str]] = {
    "accounts": library.accounts,
    "arrivalscosts": costs.of_arrivals,
    "collectorcosts": lambda: costs.of_job("collector"),
    "commands": command_line.markdown,
    "costs": costs.all_jobs,
    "definitions": definitions.markdown,
    "detectorcosts": lambda: costs.of_job("detector"),
    "identitycosts": lambda: costs.of_job("identity-transition"),
    "jobs": jobs.markdown,
    "plan": cost_plan.plan,
    "registrycosts": lambda: costs.of_job("registry-updater"),
    "results": library.results,
    "savings": costs.savings,
    "schedules": schedules.markdown,
    "sizes": cost_plan.sizes,
    "tables": tables.markdown,
    "usercosts": lambda: costs.of_job("incremental-user-sync"),
    "workspace": library.workspace,
}
"""What makes each text, by the name in its page's comment."""

PICTURES: Mapping[str, Callable[[], str]] = {
    "alert": alert.picture,
    "architecture": architecture.picture,
    **{name: lambda flow=flow: flows.draw(flow) for name, flow in flows.FLOWS.items()},  # type: ignore[misc]
}
"""What draws each picture, by its name in docs/images/."""

_MADE = re.compile(r"(<!-- made: ([a-z]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """A page's text with its made parts as they would be made now. Raises KeyError for a part that nothing makes."""
    return _MADE.sub(lambda found: f"{found[1]}\n{TEXTS[found[2]]()}\n\n{found[4]}", page)


def path_of(picture: str) -> Path:
    """Where a picture lies."""
    return DOCS / "images" / f"{picture}.svg"


def main() -> None:
    """Write every made part anew, and say which files changed."""
    # The analyzer takes seconds to start: only who renews needs it.
    from sql import references

    _write(STATEMENTS_FILE, references.text())
    for page in sorted(DOCS.glob("*.md")):
        _write(page, renewed(page.read_text(encoding="utf-8")))
    for name, draw in PICTURES.items():
        _write(path_of(name), draw())


def _write(path: Path, text: str) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if text != before:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"renewed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
