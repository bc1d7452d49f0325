"""`mp cost`: plan what BigQuery bills, and show what it billed."""

import typer

from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.costs.actual import actual
from mixpanel_data.cli.costs.plan import plan

app = typer.Typer(name="cost", rich_help_panel=Panel.JOBS)


@app.callback()
def _cost() -> None:
    """Plan what BigQuery will bill for the jobs, and show what it did bill."""


command(app)(plan)
command(app)(actual)
