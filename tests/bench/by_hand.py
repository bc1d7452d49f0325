"""The script that one would write by hand, for comparison: each day to a file, checked to be whole, loaded with SQL.

usage: by_hand.py URL FROM_DATE TO_DATE DATABASE
"""

import sys
import tempfile
import urllib.request
import zlib
from datetime import date, timedelta
from pathlib import Path

import duckdb

_LOAD = """
INSERT INTO events
SELECT
  sha256(concat_ws(chr(31), found[1], found[2], found[3], coalesce(found[5], found[4]))), found[1],
  make_timestamp(found[2]::BIGINT * 1000000), found[4], found[6]::BIGINT, line
FROM (
  SELECT line, json_extract_string(line, [
    '$.event', '$.properties.time', '$.properties."$insert_id"', '$.properties.distinct_id',
    '$.properties."$distinct_id_before_identity"', '$.properties.mp_processing_time_ms'
  ]) AS found
  FROM read_csv(
    ?, delim = '\x01', quote = '', escape = '', header = false, columns = {'line': 'VARCHAR'}, auto_detect = false,
    strict_mode = false, compression = 'gzip', max_line_size = 2097152, buffer_size = 8388608
  )
)
"""
_DEDUPLICATE = """
DELETE FROM events WHERE rowid IN (
  SELECT row FROM (
    SELECT rowid AS row, row_number() OVER (PARTITION BY event_id ORDER BY processed DESC, distinct_id DESC) AS place
    FROM events
    WHERE event_id IN (SELECT event_id FROM events GROUP BY event_id HAVING count(*) > 1)
  )
  WHERE place > 1
)
"""


def fetch(url: str, day: date, folder: Path) -> Path:
    """The gzipped export of a day as a file; raises SystemExit unless the export is whole."""
    request = urllib.request.Request(
        f"{url}/api/2.0/export?from_date={day}&to_date={day}",
        headers={"Accept-Encoding": "gzip", "Authorization": "Basic c3RhbmQtaW4tcHJvamVjdC1zZWNyZXQ6"},
    )
    path = folder / f"{day}.gz"
    inflating, last = zlib.decompressobj(31), b"\n"
    with urllib.request.urlopen(request) as answer, path.open("wb") as file:
        while chunk := answer.read(65536):
            file.write(chunk)
            text = inflating.decompress(chunk)
            text.count(b"\n")
            last = text[-1:] or last
    if not inflating.eof or last != b"\n":
        raise SystemExit(f"{day} is not whole")
    return path


def main() -> None:
    """Stage day by day, then load with SQL on 2 threads and 512 MB."""
    url, first, end, database = sys.argv[1:]
    days = (date.fromisoformat(end) - date.fromisoformat(first)).days
    with tempfile.TemporaryDirectory() as folder:
        files = [fetch(url, date.fromisoformat(first) + timedelta(days=day), Path(folder)) for day in range(days)]
        connection = duckdb.connect(
            database,
            config={"memory_limit": "512MB", "threads": 2, "temp_directory": folder, "preserve_insertion_order": False},
        )
        connection.execute(
            "CREATE TABLE events (event_id VARCHAR, event_name VARCHAR, event_timestamp TIMESTAMP, "
            "distinct_id VARCHAR, processed BIGINT, line VARCHAR USING COMPRESSION zstd)"
        )
        connection.execute(_LOAD, [[str(path) for path in files]])
        connection.execute(_DEDUPLICATE)
        print(connection.execute("SELECT count(*) FROM events").fetchall()[0][0])
        connection.close()


if __name__ == "__main__":
    main()
