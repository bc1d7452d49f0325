"""The commands that a newcomer can run on the demo's files."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from mixpanel_data_standins.demo.alert import page_beside

_QUERY = "SELECT event_name, count(*) FROM mixpanel_data.mixpanel_events GROUP BY 1 ORDER BY 2 DESC LIMIT 5"
# A user with events in both years of the sample.
_USER = "u_c53318401c02d7"


def next_steps(database: Path, seconds: float) -> Iterator[str]:
    """Lines of text: the files of the demo, and commands to try on them."""
    mp, python = _program(_called()), _program(Path(sys.executable).name)
    warehouse = f"WAREHOUSE=duckdb:///{database}"
    yield f"\nDone in {seconds:.1f} s. The demo's files:\n"
    yield f"  {database.resolve()}   the tables, a DuckDB database"
    yield f"  {page_beside(database).resolve()}   the alert as Slack shows it; open it in a browser"
    yield "\nNext, try:\n"
    yield "  # the runs that filled the tables"
    yield f"  {warehouse} {mp} runs --format table"
    yield "  # a query of your own"
    yield f"""  {python} -c 'import duckdb; duckdb.connect("{database}").sql("{_QUERY}").show()'"""
    yield "  # the totals of one user, and the days that contributed to them"
    yield f"  {warehouse} {mp} users show {_USER} --format table --days 10"
    yield "  # what is known of an event and its properties"
    yield f"  {warehouse} {mp} registry event commit --format table"
    yield "  # the reasons for the alert"
    yield f"  {warehouse} {mp} detect explain 'Checkout Failed' --format table"
    yield "  # traffic that flows and functions on their schedules, until Ctrl-C; in another terminal, a fault in it"
    yield f"  {mp} serve"
    yield f"  {mp} serve burst"
    yield "  # your own project"
    yield f"  {mp} init"


def _called() -> str:
    """The name that the command was called by: where it is `mixpanel-data`, `mp` may be another package's."""
    name = Path(sys.argv[0]).name
    return name if name == "mixpanel-data" else "mp"


def _program(name: str) -> str:
    """A program of this environment as a shell finds it: by its name, or by its path from the working directory."""
    folder = Path(sys.executable).parent
    # `uvx` and `uv run`, which set UV, put the environment on the PATH of this process, and not on that of the shell.
    if "UV" not in os.environ and str(folder) in os.environ.get("PATH", "").split(os.pathsep):
        return name
    path = folder / name
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
