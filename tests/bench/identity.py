"""The cost of the identity transition: beside the same tables by hand, for a few new links, and for difficult shapes.

Each measurement is a process of its own, so that its memory is its own. The links are a power law with a chain of a
twentieth of them, ids have 36 characters, and no limit is in play.

usage: python -m bench.identity [--links N] [--memory SIZE] [--shape N]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from bench.figures import report
from mixpanel_data import identity
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.warehouse.duckdb import DuckDBWarehouse

_CONFIG = IdentityConfig.model_validate(
    {
        "identity": "original",
        "max_partners": {"device": None, "user": None, "other": None},
        "max_cluster_size": None,
        "shared_devices": "join",
        "max_withdrawn": None,
        "sources": [
            {
                "name": "site",
                "table": "site",
                "time": "seen_at",
                "new_by": "seen_at",
                "ids": [{"kind": "other", "column": "user_id"}, {"kind": "other", "column": "device_id"}],
            }
        ],
    }
)
# For DuckDB; scipy takes about as much again.
_MEMORY_BY_HAND = "2GB"
_USER, _DEVICE = "printf('user-%031d', {})", "printf('device-%029d', {})"
_TIME = "TIMESTAMPTZ '2040-01-01' + to_seconds({})"
_SHAPES = {
    "small clusters": (_USER.format("number // 4"), _DEVICE.format("number")),
    "sorted chain": (_USER.format("number"), _USER.format("number + 1")),
    "shuffled chain": (
        _USER.format("(number * 48271) % $links"),
        _USER.format("(number * 48271) % $links + 1"),
    ),
    "comb": (
        _USER.format("number // 2"),
        f"if(number % 2 = 0, {_USER.format('number // 2 + 1')}, {_DEVICE.format('number')})",
    ),
    "hub": (_USER.format("0"), _DEVICE.format("number")),
    "random graph": (
        _USER.format("(hash(number, 1) % ($links // 2))::BIGINT"),
        _USER.format("($links // 2 + hash(number, 2) % ($links // 2))::BIGINT"),
    ),
}
_MIXED = f"""
SELECT
  {_USER.format("(hash(number) % ($links // 3))::BIGINT")} AS user_id,
  {_DEVICE.format("floor(power(hash(number, 1) / 18446744073709551616, 2) * ($links // 2))::BIGINT")} AS device_id,
  {_TIME.format("number")} AS seen_at
FROM range($links - $links // 20) AS numbers(number)
UNION ALL
SELECT
  printf('user-c%030d', number), printf('user-c%030d', number + 1), {_TIME.format("number")}
FROM range($links // 20) AS numbers(number)
"""
_MORE = f"""
INSERT INTO mixpanel_data.site
SELECT
  {_USER.format("(hash(number, 3) % ($links // 3))::BIGINT")},
  {_DEVICE.format("(hash(number, 4) % ($links // 2))::BIGINT")},
  TIMESTAMPTZ '2045-01-01' + to_seconds(number)
FROM range($more) AS numbers(number)
"""
_LINKS = """
CREATE TABLE links AS
SELECT
  row_number() OVER (ORDER BY first_seen, id_a, id_b) AS link_no, id_a, 'other' AS kind_a, id_b, 'other' AS kind_b,
  'site' AS source, first_seen AS linked_at, first_seen, last_seen, 'linked' AS status
FROM (
  SELECT user_id AS id_a, device_id AS id_b, min(seen_at) AS first_seen, max(seen_at) AS last_seen
  FROM mixpanel_data.site
  WHERE lower(user_id) NOT IN ('', 'null', 'anonymous') AND lower(device_id) NOT IN ('', 'null', 'anonymous')
  GROUP BY ALL
)
"""
_AGES = """
CREATE TABLE ages AS
SELECT id, min(age) AS age, row_number() OVER (ORDER BY min(age)) - 1 AS vertex
FROM (SELECT id_a AS id, 2 * link_no AS age FROM links UNION ALL SELECT id_b, 2 * link_no + 1 FROM links)
GROUP BY id
"""
_EDGES = """
SELECT link_no, a.vertex AS u, b.vertex AS v
FROM links JOIN ages AS a ON a.id = id_a JOIN ages AS b ON b.id = id_b
ORDER BY link_no
"""
_TABLES = (
    """
    CREATE TABLE members AS
    SELECT own.id, eldest.id AS cluster_id, now() AS since, NULL::TIMESTAMPTZ AS until, own.age, eldest.age AS eldest
    FROM roots JOIN ages AS own ON own.vertex = roots.vertex JOIN ages AS eldest ON eldest.vertex = roots.root
    """,
    """
    CREATE TABLE graph AS
    SELECT cluster_id, list(id ORDER BY age) AS ids, count(*) AS size FROM members GROUP BY cluster_id
    """,
    """
    CREATE TABLE pairs AS
    SELECT
      members.cluster_id, if(a.age < b.age, [id_a, id_b], [id_b, id_a]) AS ids, link_no, linked_at, now() AS inserted_at
    FROM tree JOIN links USING (link_no) JOIN ages AS a ON a.id = id_a JOIN ages AS b ON b.id = id_b
    JOIN members ON members.id = id_a
    """,
)


def main() -> None:
    """Print each figure beside its bound; with --measure, measure one thing in this process and print it as JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--links", type=int, default=1_000_000, help="links of the large graph")
    arguments.add_argument("--memory", default="400MB", help="DUCKDB_MEMORY_LIMIT for them")
    arguments.add_argument("--shape", type=int, default=100_000, help="links of each difficult shape")
    arguments.add_argument("--measure", choices=["hand", "ours", *_SHAPES], help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.measure:
        print(json.dumps(_measured(options)))
        return
    _beside_by_hand(options)
    _of_shapes(options)


def _beside_by_hand(options: argparse.Namespace) -> None:
    hand = _measure("hand", options.links, _MEMORY_BY_HAND)
    ours = _measure("ours", options.links, options.memory)
    most, memory = (2.0, 750) if options.links <= 1_000_000 else (1.5, 2000)
    report(f"{options.links:,} links by hand (DuckDB and scipy)", _shown(hand))
    report("by the identity transition", _shown(ours), f"at most {memory} MB")
    report("share of the time by hand", f"{ours['seconds'] / hand['seconds']:.2f}", f"at most {most}")
    report("share of its CPU time", f"{ours['cpu_seconds'] / hand['cpu_seconds']:.2f}")
    report("pairs more than by hand", f"{ours['pairs'] - hand['pairs']}", "0")
    report("1,000 links more, share of the time", f"{ours['more_seconds'] / ours['seconds']:.3f}", "at most 0.1")
    report("share of its CPU time", f"{ours['more_cpu_seconds'] / ours['cpu_seconds']:.3f}", "at most 0.1")


def _of_shapes(options: argparse.Namespace) -> None:
    costs = {shape: _measure(shape, options.shape, "400MB") for shape in _SHAPES}
    small = costs.pop("small clusters")
    report(f"{options.shape:,} links in small clusters", _shown(small))
    for shape, cost in costs.items():
        ratio = cost["cpu_seconds"] / small["cpu_seconds"]
        report(f"as many as a {shape}, share of the CPU time", f"{ratio:.2f}", "at most 1.5")


def _shown(cost: dict[str, float]) -> str:
    return f"{cost['seconds']:.1f} s, {cost['cpu_seconds']:.1f} s of CPU, {cost['megabytes']:,.0f} MB"


def _measure(what: str, links: int, memory: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.identity", "--measure", what, "--links", str(links), "--memory", memory]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def _measured(options: argparse.Namespace) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench_identity_") as name:
        path = Path(name) / "identity.duckdb"
        warehouse = DuckDBWarehouse(
            path,
            dataset="mixpanel_data",
            events_table="mixpanel_events",
            create_tables=True,
            memory_limit=options.memory,
        )
        with closing(warehouse):
            warehouse.tables()
            user_id, device_id = _SHAPES.get(options.measure, ("", ""))
            rows = f"SELECT {user_id} AS user_id, {device_id} AS device_id, {_TIME.format('number')} AS seen_at " + (
                "FROM range($links) AS numbers(number)"
            )
            _make(path, rows if user_id else _MIXED, options.links)
            if options.measure == "hand":
                return _cost(lambda: _by_hand(path, options.memory))
            found = _cost(lambda: _follow(warehouse))
            if options.measure == "ours":
                _add(path, options.links)
                more = _cost(lambda: _follow(warehouse))
                found |= {f"more_{name}": value for name, value in more.items()}
            return found


def _make(path: Path, rows: str, links: int) -> None:
    with closing(duckdb.connect(str(path), config={"memory_limit": "1GB"})) as connection:
        connection.execute(f"CREATE TABLE mixpanel_data.site AS {rows}", {"links": links})


def _add(path: Path, links: int) -> None:
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute(_MORE, {"links": links, "more": 1000})


def _follow(warehouse: DuckDBWarehouse) -> int:
    result = identity.run(
        identity.Request(),
        run_id=f"bench-{time.time_ns()}",
        warehouse=warehouse.within(Deadline()),
        config=_CONFIG,
        merges=None,
        options=identity.Options(60),
        clock=lambda: datetime.now(UTC),
        deadline=Deadline(),
    )
    return result.pairs


def _by_hand(path: Path, memory: str) -> int:
    import numpy as np
    import pyarrow as pa
    from scipy.sparse import coo_matrix  # type: ignore[import-untyped]
    from scipy.sparse.csgraph import (  # type: ignore[import-untyped]
        connected_components,
        minimum_spanning_tree,
    )

    with closing(duckdb.connect(str(path), config={"memory_limit": memory})) as connection:
        for statement in (_LINKS, _AGES):
            connection.execute(statement)
        table: Any = connection.sql(_EDGES).to_arrow_table()
        columns: Any = [table[name].to_numpy() for name in ("link_no", "u", "v")]
        link_no, u, v = columns
        n = int(max(u.max(), v.max())) + 1
        _, first = np.unique(np.minimum(u, v) * n + np.maximum(u, v), return_index=True)
        shape = (n, n)
        graph = coo_matrix((link_no[first].astype("f8"), (u[first], v[first])), shape=shape).tocsr()
        forest = minimum_spanning_tree(graph).tocoo()
        found: Any = connected_components(graph, directed=False)
        count, labels = found
        eldest = np.full(count, n, dtype="i8")
        np.minimum.at(eldest, labels, np.arange(n))
        connection.register("roots", pa.table({"vertex": np.arange(n), "root": eldest[labels]}))
        connection.register("tree", pa.table({"link_no": forest.data.astype("i8")}))
        for statement in _TABLES:
            connection.execute(statement)
        return int(n - count)


def _cost(done: Callable[[], int]) -> dict[str, float]:
    started, cpu_started = time.monotonic(), time.process_time()
    pairs = done()
    return {
        "seconds": time.monotonic() - started,
        "cpu_seconds": time.process_time() - cpu_started,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "pairs": pairs,
    }


if __name__ == "__main__":
    main()
