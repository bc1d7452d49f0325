"""The option `--region` of the commands that add an account."""

from typing import Annotated

import typer

from mixpanel_data.base.errors import RequestError

REGIONS = ("us", "eu", "in")

RegionOption = Annotated[
    str | None,
    typer.Option("--region", metavar="us|eu|in", help="Where the data resides; otherwise mp finds out."),
]


def checked_region(given: str | None) -> str | None:
    """The region in lower case, None for none. Raises RequestError for any other."""
    if given is not None and given.lower() not in REGIONS:
        raise RequestError(f"--region is {given!r}. Give us, eu or in.")
    return given and given.lower()
