"""How well `values` judges series it has not seen: the Numenta Anomaly Benchmark, as a whole and category by category.

usage: NAB_DIR=FOLDER python -m bench.values

NAB_DIR names the folder of the corpus, with CATEGORY/NAME.csv.gz and windows.json; without it there is nothing to do.
NAB_SCORER names the program that scores it, by default ../../tools/nab_score.py beside the corpus.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from mixpanel_data.detect.study.files import score_files

Row = tuple[float, float, str, Any]
"""Score of a row, value of a detection there, series, and the window it falls in, if any."""


def main() -> None:
    """Judge every series; print the scorer's verdict at the best cut and at 0.5, and that with categories left out."""
    if not os.environ.get("NAB_DIR"):
        print("NAB_DIR names no corpus: left out", flush=True)
        return
    corpus = Path(os.environ["NAB_DIR"])
    scorer = Path(os.environ.get("NAB_SCORER") or corpus.parent.parent / "tools" / "nab_score.py")
    with tempfile.TemporaryDirectory(prefix="nab_") as name:
        started = time.perf_counter()
        rows = score_files(corpus, Path(name)).rows
        print(f"{rows:,} points judged in {time.perf_counter() - started:.1f} s", flush=True)
        for more in ([], ["--threshold", "0.5"]):
            subprocess.run([sys.executable, scorer, corpus, name, *more], check=True)
        _print_left_out(corpus, Path(name), scorer)


def _print_left_out(corpus: Path, scores: Path, scorer: Path) -> None:
    """Each category at the cut that is best for the others."""
    rules = _module(scorer)
    windows = json.loads((corpus / "windows.json").read_text())
    rows = {series: list(_rows(rules, corpus, scores, series, spans)) for series, spans in sorted(windows.items())}
    categories = sorted({series.split("/")[0] for series in windows})
    for profile, (hit, false, missed) in rules.PROFILES.items():
        gained = 0.0
        for category in categories:
            own = [series for series in windows if series.startswith(f"{category}/")]
            others = windows.keys() - set(own)
            _, cut = rules.best(_all(rows, others), _count(windows, others), hit, false, missed)
            if count := _count(windows, own):
                gained += count * rules.best(_all(rows, own), count, hit, false, missed, cut)[0]
            else:
                # Without a window there is no scale of its own: take that of the corpus, to which it can only lose.
                gained -= 100.0 * false / (hit + missed) * sum(score >= cut for score, *_ in _all(rows, own))
        print(f"{profile}, categories left out: {gained / _count(windows, windows):.1f}", flush=True)


def _rows(rules: Any, corpus: Path, scores: Path, series: str, spans: Iterable[Iterable[str]]) -> Iterable[Row]:
    with gzip.open(corpus / f"{series}.csv.gz", "rt") as file:
        times = [row["timestamp"] for row in csv.DictReader(file)]
    with (scores / f"{series}.csv").open() as file:
        judged = [float(row["anomaly_score"]) for row in csv.DictReader(file)]
    trimmed = [[time.split(".")[0] for time in span] for span in spans]
    for score, point in zip(judged, rules.points(times, trimmed), strict=True):
        if point is not None:
            yield score, point[0], series, point[1]


def _all(rows: dict[str, list[Row]], names: Iterable[str]) -> list[Row]:
    return [row for series in sorted(names) for row in rows[series]]


def _count(windows: dict[str, list[Any]], names: Iterable[str]) -> int:
    return sum(len(windows[series]) for series in names)


def _module(path: Path) -> Any:
    spec = spec_from_file_location("nab_score", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
