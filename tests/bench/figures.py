"""How a benchmark prints a figure: what it measured, the figure, and the bound that the figure has to keep."""


def report(what: str, figure: str, bound: str = "") -> None:
    """Print one line. `bench.compare` reads the numbers of each line in their order, so keep that order."""
    print(f"{what:46} {figure:44} {bound}".rstrip(), flush=True)
