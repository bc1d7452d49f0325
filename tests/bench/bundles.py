"""How soon a deployed function answers: from the start of its process, with nothing installed but its requirements.

usage: python -m bench.bundles [NAME ...]
"""

import argparse
import tempfile
import time
from pathlib import Path

from bench.figures import report
from deploy.bundled import Installed, names

# Other programs on the machine only ever add time.
_ROUNDS = 5


def main() -> None:
    """Print the shortest time of each function, and the sizes of its bundle and of its environment."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", metavar="NAME", help="folders below functions/; all by default")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench_") as folder:
        for name in options.names or names():
            installed = Installed.made_in(Path(folder), name)
            sizes = f"{_megabytes(installed.bundle):.1f} MB, with packages {_megabytes(installed.environment):.0f} MB"
            seconds = min(_first_answer_seconds(installed) for _ in range(_ROUNDS))
            report(f"{name}: start to first answer", f"{seconds:.2f} s; {sizes}")


def _first_answer_seconds(installed: Installed) -> float:
    """Until the answer to a request that is refused before any client is made."""
    with installed.serving({}) as function:
        function.ask("?unknown=1")
        return time.monotonic() - function.started


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


if __name__ == "__main__":
    main()
