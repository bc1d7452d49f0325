"""How long a bundle takes from the start of its process to its first answer, with its requirements alone.

usage: python -m bench.bundles [NAME ...]
"""

import argparse
import tempfile
import time
from pathlib import Path

from deploy.bundled import Installed, names

# Other guests of the machine only ever add.
_ROUNDS = 5


def main() -> None:
    """Print a line for each function: the shortest time, and how much is shipped and installed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="NAME", help="folders of functions/ (all)")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_") as folder:
        for name in options.names or names():
            installed = Installed.made_in(Path(folder), name)
            sizes = (
                f"{_megabytes(installed.bundle):.1f} MB, with its packages {_megabytes(installed.environment):.0f} MB"
            )
            seconds = min(_first_answer_seconds(installed) for _ in range(_ROUNDS))
            print(f"{f'{name}: start to first answer':42} {seconds:.2f} s   {sizes}", flush=True)


def _first_answer_seconds(installed: Installed) -> float:
    """To the answer to a request that is refused before any client is made."""
    with installed.serving({}) as function:
        function.ask("?unknown=1")
        return time.monotonic() - function.started


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
