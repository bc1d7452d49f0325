"""Named segments of a workspace: versions that reports keep and take, and frozen members."""

import ctypes
import hashlib
import json
import logging
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mixpanel_data import Answer, SegmentVersion
from mixpanel_data.base.errors import ConfigError, NotFoundError, RequestError, TableNotFoundError
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.workspace.workspace import Workspace
from support.desk import MADE_FOR_THE_DESK
from support.engines import DuckDB, opened
from support.given_events import give, given_event

SEGMENT_PROCESS = Path(__file__).parent / "segment_process.py"
# Of linux/prctl.h and linux/capability.h.
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
SHARED = Path(__file__).parents[2] / "shared"
DAYS = {"from_date": "2024-03-01", "to_date": "2024-03-31"}
BUYERS: dict[str, Any] = {"did": "Purchase"}
BIG: dict[str, Any] = {"did": "Purchase", "at_least": 2}
EVENTS = (
    given_event("Sign Up", "2024-03-01T09:00:00Z", "ann", 1),
    given_event("Purchase", "2024-03-01T10:00:00Z", "ann", 2),
    given_event("Purchase", "2024-03-02T10:00:00Z", "ann", 3),
    given_event("Sign Up", "2024-03-02T12:00:00Z", "bob", 4),
    given_event("Purchase", "2024-03-03T23:30:00Z", "bob", 5),
    given_event("Sign Up", "2024-03-04T12:00:00Z", "eve", 6),
)
LATER = given_event("Purchase", "2024-03-20T12:00:00Z", "eve", 7)
CLUSTER = Statement(
    "a cluster",
    "INSERT INTO current_identity_graph (cluster_id, ids, size) SELECT 'ann', ['ann', 'bob'], 2",
)


class Shop:
    """A DuckDB file with the events of a shop, as a collector leaves it."""

    def __init__(self, engine: DuckDB, configure: Callable[[str, str], None]) -> None:
        self.path = engine.path
        self._engine = engine
        self._configure = configure

    def segments(self, **named: object) -> None:
        """Let the configuration have these segments, and no others."""
        self._configure("SEGMENTS_CONFIG", json.dumps(named))

    def add(self, *events: dict[str, Any], statements: tuple[Statement, ...] = ()) -> None:
        with opened(self._engine) as warehouse:
            if events:
                give(warehouse, *events)
            if statements:
                warehouse.transact("more", statements)

    def open(self) -> Workspace:
        return Workspace.open(self.path)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.open() as workspace:
            return workspace.sql_rows(query)

    def stored(self) -> dict[str, list[tuple[Any, ...]]]:
        """Both tables, but for when a row was added."""
        return {
            "segments": self.rows("SELECT name, version, kind, definition FROM mixpanel_data.segments ORDER BY ALL"),
            "members": self.rows("SELECT name, version, user_id FROM mixpanel_data.segment_members ORDER BY ALL"),
        }


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    with opened(DuckDB(folder)) as warehouse:
        give(warehouse, *EVENTS)
    return DuckDB(folder).path


@pytest.fixture
def shop(collected: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    for name in (*MADE_FOR_THE_DESK, "CREATE_TABLES", "REPORTS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    engine = DuckDB(tmp_path)
    shutil.copy(collected, engine.path)
    made = Shop(engine, monkeypatch.setenv)
    made.segments(buyers=BUYERS)
    return made


@pytest.fixture
def workspace(shop: Shop) -> Iterator[Workspace]:
    with shop.open() as opened_workspace:
        yield opened_workspace


def signed_up(workspace: Workspace, segment: object, **fields: Any) -> Answer:
    """The report that counts who of a segment signed up in March."""
    return workspace.report.segmentation(
        events="Sign Up", measure="unique", unit="month", segment=segment, **{**DAYS, **fields}
    )


def count(workspace: Workspace, segment: object, **fields: Any) -> int:
    (row,) = signed_up(workspace, segment, **fields).rows
    found: int = row["value"]
    return found


def sha256(document: object) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# Versions


def test_a_report_keeps_the_versions_that_it_uses_once(shop: Shop, workspace: Workspace) -> None:
    shop.segments(buyers=BUYERS, loyal={"all": ["buyers", BIG]}, others={"not": "buyers"})
    answer = signed_up(workspace, "loyal")
    first = shop.rows("SELECT * FROM mixpanel_data.segments ORDER BY name")
    assert [(row[0], row[1], row[3]) for row in first] == [
        ("buyers", answer.segments["buyers"], "dynamic"),
        ("loyal", answer.segments["loyal"], "dynamic"),
    ]
    assert sha256(json.loads(first[1][2])) == answer.segments["loyal"]
    before = shop.path.read_bytes()
    assert signed_up(workspace, "loyal").segments == answer.segments
    assert shop.path.read_bytes() == before


def test_an_old_version_is_taken_after_the_configuration_has_changed(shop: Shop, workspace: Workspace) -> None:
    assert count(workspace, "buyers") == 2
    old = signed_up(workspace, "buyers").segments["buyers"]
    shop.segments(buyers=BIG)
    assert count(workspace, "buyers") == 1
    for digits in (old, old[:8], old[:12]):
        answer = signed_up(workspace, f"buyers@{digits}")
        assert (answer.rows[0]["value"], answer.segments) == (2, {f"buyers@{digits}": old})
    assert count(workspace, {"not": {"segment": f"buyers@{old[:8]}"}}) == 1
    side_by_side = workspace.report.segmentation(
        events="Sign Up", measure="unique", unit="month", segments=["buyers", f"buyers@{old}"], **DAYS
    )
    assert [row["value"] for row in side_by_side.rows] == [1, 2]


def test_a_segment_of_the_configuration_can_name_an_old_version_of_itself(shop: Shop, workspace: Workspace) -> None:
    old = signed_up(workspace, "buyers").segments["buyers"]
    shop.segments(buyers={"not": f"buyers@{old[:10]}"})
    answer = signed_up(workspace, "buyers")
    assert answer.rows[0]["value"] == 1
    assert answer.segments[f"buyers@{old[:10]}"] == old


def test_the_version_of_the_configuration_needs_not_to_be_kept_to_be_named(shop: Shop, workspace: Workspace) -> None:
    assert count(workspace, f"buyers@{sha256({'did': ['Purchase']})[:8]}") == 2


def test_without_a_configuration_a_kept_version_is_still_known(
    shop: Shop, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = signed_up(workspace, "buyers").segments["buyers"]
    monkeypatch.delenv("SEGMENTS_CONFIG")
    assert count(workspace, f"buyers@{old}") == 2
    assert [version.is_current for version in workspace.segments.list()] == [False]


def test_an_unknown_version_is_told_with_those_that_there_are(shop: Shop, workspace: Workspace) -> None:
    old = signed_up(workspace, "buyers").segments["buyers"]
    shop.segments(buyers=BIG)
    new = signed_up(workspace, "buyers").segments["buyers"]
    with pytest.raises(NotFoundError) as told:
        signed_up(workspace, "buyers@00000000")
    message = str(told.value)
    assert message.startswith(f"There is no version buyers@00000000. There are {new[:12]} (dynamic, saved at 20")
    assert message.index(new[:12]) < message.index(old[:12])
    with pytest.raises(NotFoundError, match=r"SEGMENTS_CONFIG has no segment 'buyer'\. Nearest: 'buyers'"):
        signed_up(workspace, "buyer@00000000")


@pytest.mark.parametrize("digits", ["", "1234567", "latest", "ABCDEF012", "z" * 8, "0" * 65])
def test_a_version_that_is_none_is_refused(workspace: Workspace, digits: str) -> None:
    with pytest.raises(RequestError, match=f"buyers@{digits} names no version"):
        signed_up(workspace, f"buyers@{digits}")


def test_a_version_that_means_several_is_refused_with_all_of_them(shop: Shop, workspace: Workspace) -> None:
    workspace.segments.save()
    versions = ["12345678" + letter * 56 for letter in "ab"]
    for version in versions:
        insert = "INSERT INTO segments (name, version, definition, kind, saved_at)"
        select = f" SELECT 'buyers', '{version}', JSON '{{\"did\": [\"Purchase\"]}}', 'dynamic', TIMESTAMP '2024-01-01'"
        shop.add(statements=(Statement("a version", insert + select),))
    with pytest.raises(RequestError) as told:
        signed_up(workspace, "buyers@12345678")
    assert all(version in str(told.value) for version in versions)
    assert count(workspace, "buyers@12345678a") == 2


def test_a_circle_through_an_old_version_is_refused_by_name(shop: Shop, workspace: Workspace) -> None:
    shop.segments(buyers=BUYERS, others={"not": "buyers"})
    old = signed_up(workspace, "others").segments["others"][:8]
    shop.segments(buyers={"all": [f"others@{old}", BUYERS]}, others={"not": "buyers"})
    with pytest.raises(ConfigError, match=f"buyers → others@{old} → buyers"):
        signed_up(workspace, "buyers")
    with pytest.raises(ConfigError, match=f"others@{old} → buyers → others@{old}"):
        signed_up(workspace, f"others@{old}")


def test_segments_that_name_each_other_too_often_are_refused(shop: Shop, workspace: Workspace) -> None:
    chain: dict[str, Any] = {"of 1": BUYERS}
    doubled: dict[str, Any] = {"twice 1": BUYERS}
    for level in range(2, 61):
        chain[f"of {level}"] = {"all": [f"of {level - 1}"]}
        doubled[f"twice {level}"] = {"all": [f"twice {level - 1}", {"not": f"twice {level - 1}"}]}
    shop.segments(**chain, **doubled)
    assert count(workspace, "of 20") == 2
    with pytest.raises(RequestError, match="has 1 conditions on 60 levels"):
        count(workspace, "of 60")
    with pytest.raises(RequestError, match=f"has {2**59} conditions"):
        count(workspace, "twice 60")


def test_a_report_that_may_not_write_answers_and_warns_once(
    shop: Shop, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with duckdb.connect(str(shop.path)) as database:
        database.execute("DROP TABLE mixpanel_data.segments")
    monkeypatch.setenv("CREATE_TABLES", "false")
    with caplog.at_level(logging.WARNING, "mixpanel_data"):
        assert count(workspace, "buyers") == 2
    (record,) = [record for record in caplog.records if "are not kept" in record.message]
    assert "are not kept: 'buyers'. There is no table" in record.getMessage()
    with pytest.raises(TableNotFoundError, match="CREATE_TABLES"):
        workspace.segments.save()


@pytest.mark.sequences
def test_of_a_file_that_cannot_be_written_reports_answer_and_saving_fails(shop: Shop) -> None:
    """In processes of their own, which lose the right of a superuser to write any file."""
    shop.path.chmod(stat.S_IRUSR)
    before = shop.path.read_bytes()
    asked = process("report", shop.path, preexec_fn=heed_modes)
    assert (asked.returncode, asked.stdout) == (0, "2\n"), asked.stderr
    assert asked.stderr.count("are not kept") == 1
    assert "read-only" in asked.stderr
    saved = process("save", shop.path, preexec_fn=heed_modes)
    assert saved.returncode == 1
    assert "read-only" in saved.stderr
    assert shop.path.read_bytes() == before


def test_a_file_without_tables_of_jobs_gets_those_of_segments_alone(shop: Shop, workspace: Workspace) -> None:
    with duckdb.connect(str(shop.path)) as database:
        database.execute(
            "CREATE TABLE events AS SELECT event_name, event_timestamp AS event_time, distinct_id,"
            " event_id AS insert_id, properties FROM mixpanel_data.mixpanel_events"
        )
        database.execute("DROP SCHEMA mixpanel_data CASCADE")
    assert count(workspace, "buyers") == 2
    names = [row[0] for row in shop.rows("SELECT table_name FROM duckdb_tables() ORDER BY 1")]
    assert names == ["events", "segment_members", "segments"]
    frozen = workspace.segments.freeze("buyers")
    assert count(workspace, frozen.use) == 2


def test_saving_keeps_all_segments_of_the_configuration_and_tells_what_is_new(shop: Shop, workspace: Workspace) -> None:
    shop.segments(buyers=BUYERS, big=BIG)
    assert [version.name for version in workspace.segments.save()] == ["big", "buyers"]
    assert workspace.segments.save() == []
    shop.segments(buyers=BIG, big=BIG)
    assert [version.name for version in workspace.segments.save()] == ["buyers"]


# Frozen


def test_a_frozen_segment_stays_when_events_come_and_a_dynamic_one_follows(shop: Shop, workspace: Workspace) -> None:
    frozen = workspace.segments.freeze("buyers")
    assert (frozen.kind, frozen.members, frozen.version) == ("frozen", 2, sha256({"ids": ["ann", "bob"]}))
    assert frozen.use == f"buyers@{frozen.version[:12]}"
    shop.add(LATER)
    assert (count(workspace, "buyers"), count(workspace, frozen.use)) == (3, 2)
    assert count(workspace, {"all": ["buyers", {"not": frozen.use}]}) == 1
    answer = signed_up(workspace, frozen.use)
    assert answer.segments == {frozen.use: frozen.version}
    again = workspace.report.segmentation(answer.definition)
    assert again.parts == answer.parts
    later = workspace.segments.freeze("buyers")
    assert (later.members, later.version) == (3, sha256({"ids": ["ann", "bob", "eve"]}))
    assert count(workspace, frozen.use) == 2


def test_a_cohort_of_a_frozen_segment_keeps_its_size(shop: Shop, workspace: Workspace) -> None:
    frozen = workspace.segments.freeze("buyers")
    shop.add(LATER)
    weeks = {"from_date": "2024-03-01", "to_date": "2024-03-24", "unit": "week"}
    sizes = [
        [row["size"] for row in workspace.report.cohort(segment=segment, **weeks).rows]
        for segment in (frozen.use, "buyers")
    ]
    assert sizes == [[2, 2, 2, 2], [2, 2, 2, 3]]
    assert workspace.report.cohort(segment=frozen.use).rows == [{"user": "ann"}, {"user": "bob"}]


def test_a_frozen_segment_says_what_it_was_made_from(shop: Shop, workspace: Workspace) -> None:
    shop.segments(buyers=BUYERS, loyal={"all": ["buyers", BIG]})
    frozen = workspace.segments.freeze("loyal", as_of="2024-03-10T00:00:00+01:00", timezone="Europe/Berlin")
    assert workspace.segments.members(frozen.use) == ["ann"]
    shown = workspace.segments.show(f"loyal@{frozen.version}")
    assert shown.definition == {
        "definition": {"all": [{"segment": "buyers"}, {"did": ["Purchase"], "at_least": 2}]},
        "version": workspace.segments.show("loyal").version,
        "segments": {"buyers": workspace.segments.show("buyers").version},
        "as_of": "2024-03-09T23:00:00Z",
        "by": "user",
        "timezone": "Europe/Berlin",
        "members": 1,
    }
    assert shown.as_of == datetime(2024, 3, 9, 23, tzinfo=UTC)
    kinds = [(version.name, version.kind) for version in workspace.segments.list()]
    assert kinds == [("buyers", "dynamic"), ("loyal", "dynamic"), ("loyal", "frozen")]


def test_members_are_frozen_as_of_a_moment(workspace: Workspace) -> None:
    early = workspace.segments.freeze("buyers", as_of="2024-03-03T23:29:59Z")
    assert workspace.segments.members(early.use) == ["ann"]
    nobody = workspace.segments.freeze("buyers", as_of="2024-02-01T00:00:00Z")
    assert (nobody.members, nobody.version, workspace.segments.members(nobody.use)) == (0, sha256({"ids": []}), [])
    assert count(workspace, nobody.use) == 0
    assert count(workspace, {"not": nobody.use}) == 3


def test_a_repeat_with_the_same_members_changes_nothing(shop: Shop, workspace: Workspace) -> None:
    first = workspace.segments.freeze("buyers")
    before = shop.rows("SELECT * FROM mixpanel_data.segments ORDER BY ALL")
    shop.add(given_event("Purchase", "2024-03-21T12:00:00Z", "ann", 8))
    assert workspace.segments.freeze("buyers") == first
    assert shop.rows("SELECT * FROM mixpanel_data.segments ORDER BY ALL") == before
    assert len(shop.stored()["members"]) == 2


def test_an_old_version_can_be_frozen_and_a_frozen_one_cannot(shop: Shop, workspace: Workspace) -> None:
    old = signed_up(workspace, "buyers").segments["buyers"]
    shop.segments(buyers=BIG)
    frozen = workspace.segments.freeze(f"buyers@{old[:8]}")
    assert (frozen.members, frozen.definition["version"]) == (2, old)
    with pytest.raises(RequestError, match="is frozen already"):
        workspace.segments.freeze(frozen.use)


def test_clusters_can_be_frozen_and_are_asked_by_cluster(shop: Shop, workspace: Workspace) -> None:
    shop.add(statements=(CLUSTER,))
    frozen = workspace.segments.freeze("buyers", by="cluster")
    assert workspace.segments.members(frozen.use) == ["ann"]
    assert count(workspace, frozen.use, by="cluster") == 1
    with pytest.raises(RequestError, match="frozen by cluster"):
        signed_up(workspace, frozen.use)
    by_user = workspace.segments.freeze("buyers")
    assert count(workspace, by_user.use, by="cluster") == 1


def test_a_list_of_ids_can_be_frozen_though_its_hash_is_the_same(shop: Shop, workspace: Workspace) -> None:
    shop.segments(vips={"ids": ["ann", "bob"]})
    dynamic = signed_up(workspace, "vips").segments["vips"]
    frozen = workspace.segments.freeze("vips")
    assert frozen.version == dynamic
    assert workspace.segments.show(frozen.use).kind == "frozen"
    assert count(workspace, frozen.use) == 2


def test_members_of_a_dynamic_segment_are_not_kept(workspace: Workspace) -> None:
    with pytest.raises(RequestError, match="buyers is dynamic"):
        workspace.segments.members("buyers")


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("buyer", {}, "Nearest: 'buyers'"),
        ("buyers", {"as_of": "yesterday"}, 'as_of is "yesterday"'),
        ("buyers", {"as_of": "2024-03-01T00:00:00"}, "as_of is"),
        ("buyers", {"by": "team"}, 'by is "team"'),
        ("buyers", {"timezone": "Mars"}, 'timezone is "Mars"'),
        ("typo", {}, "segment 'typo': did is 'Purchse', and no event has this name"),
        ("", {}, 'segment.segment is ""'),
    ],
)
def test_a_wrong_call_is_told_with_its_field(
    shop: Shop, workspace: Workspace, name: str, fields: dict[str, Any], message: str
) -> None:
    shop.segments(buyers=BUYERS, typo={"did": "Purchse"})
    with pytest.raises(RequestError) as told:
        workspace.segments.freeze(name, **fields)
    assert message in str(told.value)


def test_segments_of_a_workspace_without_a_file_are_those_of_the_configuration(
    tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE", f"duckdb:///{tmp_path / 'none.duckdb'}")
    for name in ("MP_USERNAME", "MP_SECRET", "MP_PROJECT_ID"):
        monkeypatch.setenv(name, "1")
    with Workspace(region="us") as workspace:
        (version,) = workspace.segments.list()
        assert (version.name, version.is_current, version.saved_at) == ("buyers", True, None)
        with pytest.raises(TableNotFoundError, match="mp collect"):
            workspace.segments.freeze("buyers")


@pytest.mark.sequences
def test_two_hundred_thousand_members_are_frozen_and_asked(shop: Shop, workspace: Workspace) -> None:
    with duckdb.connect(str(shop.path)) as database:
        database.execute(
            "INSERT INTO mixpanel_data.mixpanel_events"
            " (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id)"
            " SELECT TIMESTAMPTZ '2024-03-05 12:00:00+00', now(), unnest(['Sign Up', 'Purchase']), '{}',"
            " 'user \"' || n || chr(10) || 'ü', n::VARCHAR FROM range(200000) AS users(n)"
        )
    frozen = workspace.segments.freeze("buyers")
    assert frozen.members == 200_002
    assert count(workspace, frozen.use) == 200_002
    assert workspace.segments.members(frozen.use)[-1] == 'user "99999\nü'


def process(action: str, path: Path, **options: Any) -> "subprocess.CompletedProcess[str]":
    """A process that does one thing with the segment `buyers`."""
    return subprocess.run(
        [sys.executable, "-B", str(SEGMENT_PROCESS), action, str(path)],
        env={**os.environ, "PYTHONPATH": str(SHARED)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


def heed_modes() -> None:
    """Let the program that starts here be bound by the modes of files, also as root."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@pytest.mark.sequences
def test_two_processes_that_freeze_at_once_keep_it_once(shop: Shop, workspace: Workspace) -> None:
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: process("freeze", shop.path), range(2)))
    assert [each.returncode for each in done] == [0, 0], done[0].stderr + done[1].stderr
    assert done[0].stdout == done[1].stdout == f"{sha256({'ids': ['ann', 'bob']})}\n"
    stored = shop.stored()
    assert sorted(row[2] for row in stored["segments"]) == ["dynamic", "frozen"]
    assert [row[2] for row in stored["members"]] == ["ann", "bob"]


def test_a_version_is_a_result_with_json_values(workspace: Workspace) -> None:
    frozen = workspace.segments.freeze("buyers", as_of="2024-03-10T00:00:00Z")
    assert isinstance(frozen, SegmentVersion)
    document = json.loads(json.dumps(frozen.to_dict()))
    assert (document["as_of"], document["members"]) == ("2024-03-10T00:00:00Z", 2)
