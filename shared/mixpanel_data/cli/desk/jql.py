"""`mp jql`: run a script at Mixpanel."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.files import text_of
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.live import WaitOption, asking, show_answer
from mixpanel_data.cli.base.options import command
from mixpanel_data.cli.base.output import Output

app = typer.Typer(rich_help_panel=Panel.REPORTS)


@command(app)
def jql(
    output: Output,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The script's file; - is stdin.")] = None,
    code: Annotated[str | None, typer.Option(metavar="SCRIPT", help="The script itself, in place of a file.")] = None,
    params: Annotated[
        list[str] | None,
        typer.Option(
            "--param", metavar="NAME=VALUE", help="A member of the script's `params`: JSON, else text; can be repeated."
        ),
    ] = None,
    wait: WaitOption = False,
) -> None:
    """Run a JQL script and show what it emits. Mixpanel is retiring JQL.

    Example: `mp jql report.js --param from_date=2024-01-01 --param limit=10`
    """
    script, given = _script(file, code), _params(params or ())
    with asking(output, wait=wait) as workspace:
        answer = workspace.jql(script, given)
    show_answer(output, answer)


def _script(file: Path | None, code: str | None) -> str:
    if (file is None) == (code is None):
        raise RequestError("Give a file with a script, - to read the script from stdin, or --code SCRIPT; one of them.")
    if file is None:
        return str(code)
    return sys.stdin.read() if str(file) == "-" else text_of(file)


def _params(given: Sequence[str]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for each in given:
        name, separator, text = each.partition("=")
        if not (name and separator):
            raise RequestError(f"--param is {each!r}. Give a name and a value: --param NAME=VALUE")
        if name in params:
            raise RequestError(
                f"--param {name} is given twice. Give it once; a list is one value: --param '{name}=[…]'"
            )
        params[name] = _value(text)
    return params


def _value(text: str) -> Any:
    """The JSON value that a text is; any other text as it stands."""
    try:
        return json.loads(text, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return text


def _no_json(constant: str) -> None:
    """Python reads `NaN` and `Infinity`, which JSON does not have."""
    raise ValueError(constant)
