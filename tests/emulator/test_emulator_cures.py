"""What the suite relies on in BigQuery holds in the emulator too, where launch.py healed it or it was right before.

Run with `PYTHONPATH=tests python -m emulator.with_emulator -- pytest tests/emulator`. A red test here means that a
red test elsewhere may be the emulator's fault and not ours.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.bigquery

UTC = dt.UTC
NEW_YEAR = dt.datetime(2026, 1, 1, tzinfo=UTC)
NEW_YEARS_DAY = dt.date(2026, 1, 1)
CONFLICT = "Transaction is aborted due to concurrent update"


class Dataset:
    """One test's dataset, spoken to as the suite does: bare table names and named parameters."""

    def __init__(self, client: Any, name: str) -> None:
        self.client, self.name = client, name

    def job(self, sql: str, parameters: Iterable[Any] = (), **options: Any) -> Any:
        """Run the statement or script to its end."""
        from google.cloud import bigquery

        job_id = options.pop("job_id", None)
        default_dataset = f"{self.client.project}.{self.name}"
        config = bigquery.QueryJobConfig(default_dataset=default_dataset, query_parameters=[*parameters], **options)
        job = self.client.query(sql, job_config=config, job_id=job_id, job_retry=None)
        job.result(job_retry=None)
        return job

    def rows(self, sql: str, *parameters: Any, **options: Any) -> list[tuple[Any, ...]]:
        """The rows that the last statement returns."""
        return [tuple(row.values()) for row in self.job(sql, parameters, **options).result()]

    def load_lines(self, data: bytes, table: str = "staged_lines") -> Any:
        """Load each line into one STRING column, untouched."""
        from google.cloud import bigquery

        config = bigquery.LoadJobConfig.from_api_repr(raw_lines(self, table)["configuration"])
        destination = f"{self.client.project}.{self.name}.{table}"
        return self.client.load_table_from_file(io.BytesIO(data), destination, job_config=config).result()


def raw_lines(dataset: Dataset, table: str) -> dict[str, Any]:
    """A load job's JSON that takes lines as they are: U+0001 is in no JSON text, so no line is ever split."""
    load = {
        "destinationTable": {"projectId": dataset.client.project, "datasetId": dataset.name, "tableId": table},
        "schema": {"fields": [{"name": "line", "type": "STRING"}]},
        "sourceFormat": "CSV",
        "fieldDelimiter": "\x01",
        "quote": "",
        "preserveAsciiControlCharacters": True,
        "writeDisposition": "WRITE_TRUNCATE",
    }
    job_id = f"load-{uuid.uuid4().hex}"
    return {"jobReference": {"projectId": dataset.client.project, "jobId": job_id}, "configuration": {"load": load}}


def scalar(name: str, kind: str, value: Any) -> Any:
    from google.cloud import bigquery

    return bigquery.ScalarQueryParameter(name, kind, value)


def array(name: str, kind: str, values: list[Any]) -> Any:
    from google.cloud import bigquery

    return bigquery.ArrayQueryParameter(name, kind, values)


def anonymous() -> Any:
    from google.auth.credentials import AnonymousCredentials

    return AnonymousCredentials()


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """The real client, as it talks to the emulator."""
    if not os.environ.get("BIGQUERY_EMULATOR_HOST"):
        pytest.skip("no BIGQUERY_EMULATOR_HOST: run `PYTHONPATH=tests python -m emulator.with_emulator -- pytest`")
    from google.cloud import bigquery

    with bigquery.Client(project="local", credentials=anonymous()) as client:
        yield client


@pytest.fixture
def dataset(client: Any) -> Iterator[Dataset]:
    """A dataset that goes with the test."""
    name = f"cures_{uuid.uuid4().hex}"
    client.create_dataset(name)
    yield Dataset(client, name)
    client.delete_dataset(name, delete_contents=True)


# ---- Loading lines


AWKWARD_LINES = [
    '{"quote":"say \\"hi\\" and \'hi\'"}',
    '{"backslash":"C:\\\\dir\\\\","end":"\\\\"}',
    '"a line that begins with a quote',
    '{"comma":"a,b","tab":"\t","unit":"\x1f","emoji":"😀"}',
    json.dumps({"million": '"\\' * 250_000}),
    "x" * 10_000_000,
]


def test_lines_are_loaded_byte_for_byte(dataset: Dataset) -> None:
    job = dataset.load_lines("\n".join([*AWKWARD_LINES, ""]).encode())
    assert job.output_rows == len(AWKWARD_LINES)
    assert sorted(dataset.rows("SELECT line FROM staged_lines")) == sorted((line,) for line in AWKWARD_LINES)


def test_a_gzipped_upload_is_recognised_by_its_bytes(dataset: Dataset) -> None:
    members = [gzip.compress(line.encode() + b"\n") for line in AWKWARD_LINES]
    dataset.load_lines(b"".join(members))
    assert sorted(dataset.rows("SELECT line FROM staged_lines")) == sorted((line,) for line in AWKWARD_LINES)


def test_a_load_replaces_what_an_earlier_one_left(dataset: Dataset) -> None:
    dataset.load_lines(b"old\n")
    dataset.load_lines(b"new\n")
    assert dataset.rows("SELECT line FROM staged_lines") == [("new",)]


class Pipe(io.RawIOBase):
    """A stream whose length nobody knows and that cannot go back, as a download is."""

    def __init__(self, data: bytes) -> None:
        self._stream, self._position = io.BytesIO(data), 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        return data

    def tell(self) -> int:
        return self._position


@pytest.mark.parametrize("surplus", [-8_000_000, 0, 1], ids=["within a chunk", "whole chunks", "a byte more"])
def test_a_stream_of_unknown_length_is_uploaded_in_chunks(dataset: Dataset, surplus: int) -> None:
    from google.auth.transport.requests import AuthorizedSession
    from google.resumable_media.requests import ResumableUpload

    chunk = 8 * 1024 * 1024
    size = 2 * chunk + surplus
    host, project = os.environ["BIGQUERY_EMULATOR_HOST"], dataset.client.project
    url = f"{host}/upload/bigquery/v2/projects/{project}/jobs?uploadType=resumable"
    metadata = raw_lines(dataset, "staged_lines")
    transport = AuthorizedSession(anonymous())
    upload = ResumableUpload(url, chunk)
    data = Pipe((b"x" * 999 + b"\n") * (size // 1000) + b"y" * (size % 1000))
    upload.initiate(transport, data, metadata, "application/octet-stream", stream_final=False)
    while not upload.finished:
        answer = upload.transmit_next_chunk(transport)
    job = dataset.client.get_job(answer.json()["jobReference"]["jobId"], location="US")
    assert job.result().output_rows == -(-size // 1000)
    assert job.input_file_bytes == size


# ---- Jobs


def test_a_second_job_with_the_same_id_is_a_conflict(dataset: Dataset) -> None:
    from google.api_core.exceptions import Conflict

    job_id = f"query-{uuid.uuid4().hex}"
    dataset.job("SELECT 1", job_id=job_id)
    with pytest.raises(Conflict, match="Already Exists: Job") as conflict:
        dataset.job("SELECT 1", job_id=job_id)
    assert conflict.value.errors[0]["reason"] == "duplicate"


def test_a_job_keeps_its_labels_and_its_limit(dataset: Dataset) -> None:
    job = dataset.job("SELECT 1", labels={"job": "collect"}, maximum_bytes_billed=10_000_000)
    seen = dataset.client.get_job(job.job_id, location=job.location)
    assert (seen.labels, seen.maximum_bytes_billed) == ({"job": "collect"}, 10_000_000)


def test_a_missing_table_is_not_found_and_a_wrong_statement_a_bad_request(dataset: Dataset) -> None:
    from google.api_core.exceptions import BadRequest, NotFound

    with pytest.raises(NotFound, match="Not found: Table"):
        dataset.job("SELECT * FROM nowhere")
    with pytest.raises(BadRequest, match="no such day"):
        dataset.job("SELECT ERROR('no such day')")


def test_bare_names_are_in_the_default_dataset_and_full_names_anywhere(dataset: Dataset, client: Any) -> None:
    other = f"{dataset.name}_staging"
    client.create_dataset(other)
    dataset.job("CREATE TABLE here AS SELECT 'here' AS place")
    dataset.job(f"CREATE TABLE {other}.there AS SELECT 'there' AS place")
    found = dataset.rows(f"SELECT place FROM here UNION ALL SELECT place FROM `local.{other}.there` ORDER BY place")
    client.delete_dataset(other, delete_contents=True)
    assert found == [("here",), ("there",)]


def test_a_staging_table_tells_when_it_expires(dataset: Dataset) -> None:
    dataset.job("""
        CREATE OR REPLACE TABLE staged OPTIONS (expiration_timestamp = TIMESTAMP '2100-01-01 00:00:00+00')
        AS SELECT 1 AS x""")
    assert dataset.client.get_table(f"{dataset.name}.staged").expires == dt.datetime(2100, 1, 1, tzinfo=UTC)


# ---- MERGE


EVENTS = """
CREATE TABLE events (event_timestamp TIMESTAMP, event_id STRING, properties JSON)
PARTITION BY DATE(event_timestamp) OPTIONS (require_partition_filter = {required})"""

MERGE = """
MERGE events AS known
USING (
  SELECT TIMESTAMP '2026-01-01' AS event_timestamp, id AS event_id, line,
    SAFE.PARSE_JSON(line, wide_number_mode => 'round') AS properties
  FROM UNNEST(@lines) AS line, UNNEST(@ids) AS id
) AS staged
ON known.event_id = staged.event_id{bound}
WHEN MATCHED THEN UPDATE SET properties = SAFE.PARSE_JSON(staged.line, wide_number_mode => 'round')
WHEN NOT MATCHED THEN INSERT (event_timestamp, event_id, properties)
  VALUES (staged.event_timestamp, staged.event_id, staged.properties)"""

BOUND = " AND known.event_timestamp >= @start AND known.event_timestamp < TIMESTAMP_ADD(@start, INTERVAL 1 DAY)"
ALL_EVENTS = "SELECT event_id, TO_JSON_STRING(properties) FROM events WHERE event_timestamp >= @start ORDER BY event_id"
START = ("start", "TIMESTAMP", NEW_YEAR)


def merge(dataset: Dataset, ids: list[str], line: str, bound: str = BOUND) -> Any:
    parameters = [array("ids", "STRING", ids), array("lines", "STRING", [line]), scalar(*START)]
    return dataset.job(MERGE.format(bound=bound), parameters)


def test_merge_takes_safe_functions(dataset: Dataset) -> None:
    dataset.job(EVENTS.format(required=False))
    merge(dataset, ["a"], '{"n":1}')
    job = merge(dataset, ["a", "b"], '{"n":')
    assert (job.dml_stats.inserted_row_count, job.dml_stats.updated_row_count) == (1, 1)
    assert dataset.rows(ALL_EVENTS, scalar(*START)) == [("a", "null"), ("b", "null")]


def test_merge_takes_the_partition_filter_from_on(dataset: Dataset) -> None:
    dataset.job(EVENTS.format(required=True))
    merge(dataset, ["a"], '{"n":1}')
    merge(dataset, ["a", "b"], '{"n":2}')
    assert dataset.rows(ALL_EVENTS, scalar(*START)) == [("a", '{"n":2}'), ("b", '{"n":2}')]


@pytest.mark.parametrize(
    "bound",
    [
        "",
        " AND (known.event_timestamp > @start OR staged.line = '')",
        " AND known.event_timestamp = staged.event_timestamp",
    ],
    ids=["none", "or another column", "another column's value"],
)
def test_merge_without_a_partition_filter_is_refused(dataset: Dataset, bound: str) -> None:
    from google.api_core.exceptions import BadRequest

    dataset.job(EVENTS.format(required=True))
    with pytest.raises(BadRequest, match=r"without a filter over column\(s\) 'event_timestamp'"):
        merge(dataset, ["a"], "{}", bound)


def test_merge_that_matches_a_row_twice_is_refused(dataset: Dataset) -> None:
    from google.api_core.exceptions import BadRequest

    dataset.job(EVENTS.format(required=True))
    merge(dataset, ["a"], "{}")
    with pytest.raises(BadRequest, match="must match at most one source row"):
        merge(dataset, ["a", "a"], "{}")


@pytest.mark.parametrize(("end", "expected"), [("COMMIT", [("a", "{}")]), ("ROLLBACK", [])])
def test_merge_is_part_of_the_transaction_around_it(dataset: Dataset, end: str, expected: list[Any]) -> None:
    dataset.job(EVENTS.format(required=True))
    parameters = [array("ids", "STRING", ["a"]), array("lines", "STRING", ["{}"]), scalar(*START)]
    dataset.job(f"BEGIN TRANSACTION; {MERGE.format(bound=BOUND)}; {end} TRANSACTION;", parameters)
    assert dataset.rows(ALL_EVENTS, scalar(*START)) == expected


def test_update_sets_a_json_column_but_json_cannot_be_compared(dataset: Dataset) -> None:
    from google.api_core.exceptions import BadRequest

    dataset.job("CREATE TABLE job_runs AS SELECT 'r' AS run_id, CAST(NULL AS JSON) AS figures")
    dataset.job("UPDATE job_runs SET figures = @figures WHERE run_id = 'r'", [scalar("figures", "JSON", {"n": 1})])
    assert dataset.rows("SELECT figures FROM job_runs") == [({"n": 1},)]
    dataset.job("UPDATE job_runs SET figures = JSON_OBJECT('n', 2) WHERE TRUE")
    assert dataset.rows("SELECT JSON_VALUE(figures, '$.n') FROM job_runs") == [("2",)]
    with pytest.raises(BadRequest, match="Equality is not defined for arguments of type JSON"):
        dataset.job("UPDATE job_runs SET run_id = '' WHERE figures = @figures", [scalar("figures", "JSON", {})])


# ---- Transactions


PUBLISH = """
BEGIN TRANSACTION;
UPDATE job_locks SET n = n + 1 WHERE job = @job;
CREATE TEMP TABLE days AS SELECT day, day IN UNNEST(@days) AS wanted FROM UNNEST(@days) AS day;
INSERT INTO counts (name, day, n) SELECT name, day, 1 FROM UNNEST(@names) AS name, days WHERE day IN UNNEST(@days);
UPDATE counts SET n = n + 1 WHERE name IN UNNEST(@names) AND TIMESTAMP(day) IN UNNEST(@times);
{then}
COMMIT TRANSACTION;"""
HANDLER = "BEGIN\n{script}\nEXCEPTION WHEN ERROR THEN ROLLBACK TRANSACTION; RAISE;\nEND;"
COUNTS = "SELECT name, day, n FROM counts ORDER BY name"
LOCK = "SELECT n FROM job_locks WHERE job = 'x'"
LOCK_AND_INSERT = """
UPDATE job_locks SET n = n + 1 WHERE job = 'x';
INSERT INTO counts (name, day, n) VALUES (@who, NULL, 1);"""


@pytest.fixture
def locks(dataset: Dataset) -> Dataset:
    """A dataset with a lock for job x and no counts."""
    dataset.job("CREATE TABLE job_locks AS SELECT 'x' AS job, 0 AS n")
    dataset.job("CREATE TABLE counts (name STRING, day DATE, n INT64)")
    return dataset


def publishing() -> list[Any]:
    return [
        scalar("job", "STRING", "x"),
        array("names", "STRING", ["ann", "bob"]),
        array("days", "DATE", [NEW_YEARS_DAY]),
        array("times", "TIMESTAMP", [NEW_YEAR]),
    ]


def test_a_transaction_takes_named_parameters_in_every_statement(locks: Dataset) -> None:
    locks.job(PUBLISH.format(then=""), publishing())
    assert locks.rows(COUNTS) == [("ann", NEW_YEARS_DAY, 2), ("bob", NEW_YEARS_DAY, 2)]
    assert locks.rows(LOCK) == [(1,)]


@pytest.mark.parametrize("frame", ["{script}", HANDLER], ids=["without a handler", "with a handler"])
def test_an_error_in_a_transaction_rolls_all_of_it_back(locks: Dataset, frame: str) -> None:
    from google.api_core.exceptions import BadRequest

    with pytest.raises(BadRequest, match="half way"):
        locks.job(frame.format(script=PUBLISH.format(then="SELECT ERROR('half way');")), publishing())
    assert (locks.rows(COUNTS), locks.rows(LOCK)) == ([], [(0,)])
    locks.job(frame.format(script=PUBLISH.format(then="")), publishing())
    assert locks.rows(LOCK) == [(1,)]


@pytest.mark.parametrize("frame", ["{script}", HANDLER], ids=["without a handler", "with a handler"])
def test_of_two_transactions_with_one_lock_the_later_to_commit_fails(locks: Dataset, frame: str) -> None:
    from google.api_core.exceptions import BadRequest
    from google.cloud import bigquery

    who = [scalar("who", "STRING", "slow")]
    first = locks.job("BEGIN TRANSACTION;" + LOCK_AND_INSERT, who, create_session=True)
    session = [bigquery.ConnectionProperty("session_id", first.session_info.session_id)]
    locks.job(f"BEGIN TRANSACTION; {LOCK_AND_INSERT} COMMIT TRANSACTION;", [scalar("who", "STRING", "fast")])
    with pytest.raises(BadRequest, match=CONFLICT) as conflict:
        locks.job(frame.format(script="COMMIT TRANSACTION;"), connection_properties=session)
    assert conflict.value.errors[0]["reason"] == "invalidQuery"
    assert (locks.rows(COUNTS), locks.rows(LOCK)) == ([("fast", None, 1)], [(1,)])


def test_of_transactions_at_once_each_has_its_whole_effect_or_none(locks: Dataset) -> None:
    from google.api_core.exceptions import BadRequest

    done: list[str] = []
    lost: list[str] = []
    together = threading.Barrier(3)

    def publish(who: str) -> None:
        together.wait()
        try:
            locks.job(f"BEGIN TRANSACTION; {LOCK_AND_INSERT} COMMIT TRANSACTION;", [scalar("who", "STRING", who)])
            done.append(who)
        except BadRequest as error:
            lost.append(error.message)

    threads = [threading.Thread(target=publish, args=(str(number),)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(CONFLICT in message for message in lost)
    assert len(done) + len(lost) == len(threads)
    assert locks.rows(LOCK) == [(len(done),)]
    assert locks.rows("SELECT name FROM counts ORDER BY name") == [(who,) for who in sorted(done)]


# ---- Values and statements


def test_parameters_arrive_as_they_left(dataset: Dataset) -> None:
    values = [
        ("STRING", "quote ' \" backslash \\ unit \x1f é"),
        ("INT64", 2**62),
        ("FLOAT64", 0.1),
        ("BOOL", True),
        ("DATE", NEW_YEARS_DAY),
        ("TIMESTAMP", NEW_YEAR.replace(microsecond=123456)),
        ("STRING", None),
        ("INT64", None),
        ("TIMESTAMP", None),
    ]
    parameters = [scalar(f"p{number}", kind, value) for number, (kind, value) in enumerate(values)]
    sql = "SELECT " + ", ".join(f"@{parameter.name}" for parameter in parameters)
    assert dataset.rows(sql, *parameters) == [tuple(value for _, value in values)]


def test_update_from_delete_exists_and_insert_select(dataset: Dataset) -> None:
    dataset.job("CREATE TABLE people (id STRING, facts JSON, seen ARRAY<STRING>)")
    dataset.job("""
        INSERT INTO people (id, facts, seen)
        SELECT id, TO_JSON(STRUCT(id AS name, 1 AS n)), [id, 'x'] FROM UNNEST(['ann', 'bob', 'eve']) AS id""")
    dataset.job("""
        UPDATE people SET facts = new.facts FROM (SELECT 'bob' AS id, PARSE_JSON('{"n":2}') AS facts) AS new
        WHERE people.id = new.id""")
    gone = array("gone", "STRING", ["eve"])
    dataset.job("DELETE FROM people AS p WHERE EXISTS (SELECT 1 FROM UNNEST(@gone) AS g WHERE g = p.id)", [gone])
    expected = [("ann", {"name": "ann", "n": 1}, ["ann", "x"]), ("bob", {"n": 2}, ["bob", "x"])]
    assert dataset.rows("SELECT * FROM people ORDER BY id") == expected


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


EXPRESSIONS = [
    ("FARM_FINGERPRINT('abc') = FARM_FINGERPRINT(CAST('abc' AS BYTES))", True),
    ("FARM_FINGERPRINT('abc') = FARM_FINGERPRINT('abd')", False),
    ("FARM_FINGERPRINT(CAST(NULL AS STRING))", None),
    ("LENGTH(GENERATE_UUID())", 36),
    (r"TO_HEX(SHA256(CONCAT('a', '\x1f', 'b')))", "f04cdced9736a69da6103f08a4daaf8c485dd481217d218a1b4993c8c3968e13"),
    ("CODE_POINTS_TO_STRING([31, 65, 233])", "\x1fAé"),
    (r"""JSON_VALUE(PARSE_JSON('{"properties":{"$insert_id":"i"}}'), '$.properties."$insert_id"')""", "i"),
    ("JSON_VALUE(PARSE_JSON('{\"a\":{}}'), '$.a')", None),
    ("ARRAY(SELECT JSON_TYPE(PARSE_JSON(j)) FROM UNNEST(['1', '\"s\"', '[]', '{}', 'true', 'null']) AS j)",
     ["number", "string", "array", "object", "boolean", "null"]),
    ("SAFE.PARSE_JSON('{\"a\":1', wide_number_mode => 'round')", None),
    ("TO_JSON_STRING(SAFE.PARSE_JSON('{\"a\":0.1234567890123456789}', wide_number_mode => 'round'))",
     '{"a":0.12345678901234568}'),
    ("DATETIME(TIMESTAMP '2026-07-01 22:30:00+00', 'Europe/Berlin')", dt.datetime(2026, 7, 2, 0, 30)),
    ("TIMESTAMP(DATETIME '2026-07-02 00:30:00', 'Europe/Berlin')", utc("2026-07-01 22:30")),
    ("TIMESTAMP(DATETIME(TIMESTAMP_SECONDS(1767225600)), 'America/New_York')", utc("2026-01-01 05:00")),
    ("TIMESTAMP_TRUNC(TIMESTAMP '2026-01-01 10:11:12.5+00', MINUTE)", utc("2026-01-01 10:11")),
    ("SAFE_CAST('2026-01-01T10:11:12+02:00' AS TIMESTAMP)", utc("2026-01-01 08:11:12")),
    ("SAFE_CAST('yesterday' AS TIMESTAMP)", None),
    ("SAFE.TIMESTAMP_SECONDS(x)", None),
    (r"REGEXP_CONTAINS('$mp_x', r'^(\$mp_|mp_)')", True),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS, ids=[sql for sql, _ in EXPRESSIONS])
def test_an_expression_means_what_it_means_in_bigquery(dataset: Dataset, expression: str, expected: Any) -> None:
    assert dataset.rows(f"SELECT {expression} FROM UNNEST([999999999999999]) AS x") == [(expected,)]


# ---- JSON. What is expected here is what ZetaSQL's reference executor gives.


PRINTED = [
    ('{ "b" : 1, "a" : {"z": [{"d": 1, "c": 2}], "y": null}, "B": true }',
     '{"B":true,"a":{"y":null,"z":[{"c":2,"d":1}]},"b":1}'),
    ('{"\uffff":1,"\U0001f600":2,"é":3,"~":4,"":5,"a.b":6,"a":7}',
     '{"":5,"a":7,"a.b":6,"~":4,"é":3,"\uffff":1,"\U0001f600":2}'),
    ('{"a":{"x":1},"b":2,"a":3}', '{"a":{"x":1},"b":2}'),
    (r'"\u00e9\/\"\\\u0001\b\f\n\r\t\u007f"', '"é/\\"\\\\\\u0001\\b\\f\\n\\r\\t\x7f"'),
    ("[1, 1.0, 2.50, -0, -0.0, 1e3, 0.1]", "[1,1.0,2.5,0,-0.0,1000.0,0.1]"),
    ("[9223372036854775807, 18446744073709551615, 18446744073709551616, -9223372036854775809]",
     "[9223372036854775807,18446744073709551615,1.8446744073709552e+19,-9.223372036854776e+18]"),
    ("[100000000000000.0, 1e15, -1e15, 1234567890123456.0, 1e16]",
     "[100000000000000.0,1e+15,-1e+15,1.234567890123456e+15,1e+16]"),
    ("[0.0001, 0.00001, 1e-7, 5e-324, 1.7976931348623157e308]", "[0.0001,1e-05,1e-07,5e-324,1.7976931348623157e+308]"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), PRINTED, ids=range(len(PRINTED)))
def test_a_json_value_is_printed_in_one_way(dataset: Dataset, text: str, expected: str) -> None:
    sql = "SELECT TO_JSON_STRING(j), TO_JSON_STRING([j]) FROM (SELECT PARSE_JSON(@t, wide_number_mode => 'round') AS j)"
    assert dataset.rows(sql, scalar("t", "STRING", text)) == [(expected, f"[{expected}]")]


def test_only_json_is_printed_with_sorted_members(dataset: Dataset) -> None:
    sql = """
        SELECT TO_JSON_STRING(TO_JSON(s)), TO_JSON_STRING(s), TO_JSON_STRING(CAST(NULL AS JSON)), TO_JSON_STRING('"'),
          TO_JSON_STRING(JSON '{"b":[1,{}],"a":{}}', true)
        FROM (SELECT STRUCT(2 AS b, 1 AS a) AS s)"""
    pretty = '{\n  "a": {},\n  "b": [\n    1,\n    {}\n  ]\n}'
    assert dataset.rows(sql) == [('{"a":1,"b":2}', '{"b":2,"a":1}', "null", r'"\""', pretty)]


KEYS = [
    *(
        "$insert_id",
        "a.b",
        'a"b',
        "a/b",
        "~",
        "~1",
        "",
        "$",
        "$.a",
        "$[0]",
        "/a",
        "[0]",
        "*",
        "**",
        "a*",
        "#",
        "-",
        "0",
    ),
    *("\\", "\n", "'", "`", " ", "é\U0001f600", "a"),
]


def test_a_string_in_brackets_is_a_key_whatever_it_holds(dataset: Dataset) -> None:
    document = json.dumps({key: {"n": number} for number, key in enumerate(KEYS)})
    dataset.job("CREATE TABLE documents AS SELECT PARSE_JSON(@d) AS j", [scalar("d", "STRING", document)])
    sql = "SELECT key, INT64(j[key]['n']) FROM documents, UNNEST(@keys) AS key"
    found = dataset.rows(sql, array("keys", "STRING", [*KEYS, "n", "A"]))
    assert dict(found) == {key: number for number, key in enumerate(KEYS)} | {"n": None, "A": None}
    assert dataset.rows(r"SELECT INT64(j['a\"b']['n']), INT64(j['$']['n']) FROM documents") == [(2, 7)]
    of_no_table = "SELECT INT64(PARSE_JSON(@d)['$.a']['n']), INT64(PARSE_JSON(@d)[@key]['n'])"
    assert dataset.rows(of_no_table, scalar("d", "STRING", document), scalar("key", "STRING", "a/b")) == [(8, 3)]


def test_brackets_find_nothing_in_json_of_another_kind(dataset: Dataset) -> None:
    dataset.job("""
        CREATE TABLE documents AS
        SELECT PARSE_JSON(text) AS j, '0' AS key, -1 AS index FROM UNNEST(['[1]', '"0"', 'null', '{"1":2}']) AS text""")
    found = dataset.rows("SELECT TO_JSON_STRING(j), j[key], j[index], j[index + 1] FROM documents")
    nothing = (None, None, None)
    assert sorted(found) == [('"0"', *nothing), ("[1]", None, None, 1), ("null", *nothing), ('{"1":2}', *nothing)]


JSON_KEYS = [
    ('{"b":1,"a":{"z":1,"y.w":2,"":3},"$x":1,"a b":2,"A":1,"~":1,"/":1,"[0]":1,"\'":1,"é":1}', "1",
     ["$x", "'", "/", "A", "[0]", "a", "a b", "b", "~", "é"]),
    ('{"a":{"z":1,"y.w":{"v":2},"":3}}', "2", ["a", "a.", 'a."y.w"', "a.z"]),
    ('{"c.d":{"e":1},"c":1}', "NULL", ['"c.d"', '"c.d".e', "c"]),
    (r'{"a\"b":1,"\\":1,"\n":1,"a\".b":1}', "1", [r'"\\"', r'"\n"', r'"a\".b"', r'"a\"b"']),
    ('{"a":1,"b":{"c":1},"b":{"d":1},"a":{"e":1}}', "9", ["a", "b", "b.c"]),
    ('{"a":[{"b":1}],"":{"":1,"x":2}}', "9", ["", "a", "x"]),
    ('[{"a":1}]', "1", []),
    ("1", "1", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "depth", "expected"), JSON_KEYS, ids=range(len(JSON_KEYS)))
def test_json_keys_are_sorted_and_quoted(dataset: Dataset, text: str, depth: str, expected: list[str]) -> None:
    sql = f"SELECT JSON_KEYS(PARSE_JSON(@text), {depth})"
    assert dataset.rows(sql, scalar("text", "STRING", text)) == [(expected,)]


def test_json_keys_of_no_depth_is_an_error(dataset: Dataset) -> None:
    from google.api_core.exceptions import BadRequest

    with pytest.raises(BadRequest, match="max_depth must be positive"):
        dataset.rows("SELECT JSON_KEYS(JSON '{}', 0)")


NO_JSON = ["NaN", '{"a":nan}', "[Infinity]", "[ -inf]", "[1,]", '{"a":1, }', '{"a":1e400}', "-1E+999", "{'a':1}", ""]
JSON = ['{"a":"NaN,}"}', '["-Infinity", "nan"]', '{"a":" ,]"}', '[1e300,"1e999"]', '{"info":[ ] }']


def test_json_that_is_none_by_the_letter_is_refused(dataset: Dataset) -> None:
    from google.api_core.exceptions import BadRequest

    texts = array("texts", "STRING", [*NO_JSON, *JSON])
    for mode in ("", ", wide_number_mode => 'round'"):
        sql = f"SELECT text FROM UNNEST(@texts) AS text WHERE SAFE.PARSE_JSON(text{mode}) IS NULL"
        assert {text for (text,) in dataset.rows(sql, texts)} == set(NO_JSON)
        with pytest.raises(BadRequest, match="Invalid input to PARSE_JSON"):
            dataset.rows(f"SELECT PARSE_JSON(text{mode}) FROM UNNEST(['[1,]']) AS text")


# ---- What the launcher hastens is as right as before


def test_a_change_of_tables_is_seen_at_once(dataset: Dataset) -> None:
    from google.api_core.exceptions import BadRequest, NotFound

    for columns in (["a"], ["b", "a"]):
        listed = ", ".join(f"1 AS {column}" for column in columns)
        dataset.job(f"CREATE OR REPLACE TABLE changing AS SELECT {listed}")
        assert dataset.rows("SELECT * FROM changing") == [(1,) * len(columns)]
        assert [field.name for field in dataset.client.get_table(f"{dataset.name}.changing").schema] == columns
    dataset.job("ALTER TABLE changing ADD COLUMN c STRING")
    assert dataset.rows("SELECT c FROM changing") == [(None,)]
    dataset.job("CREATE VIEW seen AS SELECT a FROM changing")
    kinds = {table.table_id: table.table_type for table in dataset.client.list_tables(dataset.name)}
    assert kinds == {"changing": "TABLE", "seen": "VIEW"}
    dataset.job("DROP TABLE changing")
    with pytest.raises((BadRequest, NotFound)):
        dataset.rows("SELECT * FROM changing")
    with pytest.raises(NotFound):
        dataset.client.get_table(f"{dataset.name}.changing")


def test_a_table_tells_its_required_columns_and_its_rows(dataset: Dataset) -> None:
    dataset.job("CREATE TABLE strict (id STRING NOT NULL, at DATE)")
    dataset.job("INSERT INTO strict (id, at) SELECT 'a', NULL UNION ALL SELECT 'b', NULL")
    table = dataset.client.get_table(f"{dataset.name}.strict")
    assert [field.mode for field in table.schema] == ["REQUIRED", "NULLABLE"]
    assert table.num_rows == 2


def test_a_transaction_sees_the_temporary_table_that_it_made(dataset: Dataset) -> None:
    dataset.job("CREATE TABLE days AS SELECT 'stored' AS kind")
    script = """
        BEGIN TRANSACTION;
        CREATE TEMP TABLE days AS SELECT 'temporary' AS kind;
        CREATE TEMP TABLE copied AS SELECT kind FROM days;
        COMMIT TRANSACTION;
        SELECT kind FROM copied;"""
    assert dataset.rows(script) == [("temporary",)]
    assert dataset.rows("SELECT kind FROM days") == [("stored",)]


def test_a_session_keeps_its_temporary_table(dataset: Dataset) -> None:
    from google.cloud import bigquery

    first = dataset.job("CREATE TEMP TABLE mine AS SELECT 7 AS n", create_session=True)
    session = [bigquery.ConnectionProperty("session_id", first.session_info.session_id)]
    assert dataset.rows("SELECT n FROM mine", connection_properties=session) == [(7,)]


def test_jobs_are_listed_with_the_one_that_runs(dataset: Dataset) -> None:
    done = dataset.job("SELECT 1")
    running = dataset.client.query(
        "SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 300000)) AS a, UNNEST([1, 2, 3]) AS b, "
        "UNNEST(GENERATE_ARRAY(1, 2000)) AS c WHERE MOD(a * b * c, 7) = 0"
    )
    states = {job.job_id: job.state for job in dataset.client.list_jobs(max_results=50)}
    running.cancel()
    assert states[done.job_id] == "DONE"
    assert running.job_id in states


def test_a_fingerprint_and_a_python_function_take_microseconds_a_row(dataset: Dataset) -> None:
    """Without the launcher's help 20,000 rows of the one take nine seconds and of the other five."""
    sql = """
        SELECT COUNT(DISTINCT FARM_FINGERPRINT(line)), COUNT(DISTINCT NORMALIZE(line))
        FROM (SELECT CONCAT(REPEAT('x', 400), CAST(n AS STRING)) AS line FROM UNNEST(GENERATE_ARRAY(1, 20000)) AS n)"""
    began = time.monotonic()
    assert dataset.rows(sql) == [(20_000, 20_000)]
    assert time.monotonic() - began < 5


def test_qualify_keeps_one_row_of_each_group(dataset: Dataset) -> None:
    sql = """
        SELECT id, n FROM UNNEST([STRUCT('a' AS id, 1 AS n), ('a', 2), ('b', 3)]) WHERE TRUE
        QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY n DESC) = 1 ORDER BY id"""
    assert dataset.rows(sql) == [("a", 2), ("b", 3)]


def test_an_integer_division_is_of_its_whole_arguments(dataset: Dataset) -> None:
    sql = "SELECT DIV(a - b, 3), DIV(a, b - 2), DIV(DIV(a - b, 2) + 5, 2) FROM (SELECT 10 AS a, 4 AS b)"
    assert dataset.rows(sql) == [(2, 5, 4)]
