"""Variables that are put into `.env`: read back exactly, in their place, by nobody else, whole after a kill."""

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.initialization.env_file import EnvFile
from support.imports import LIBRARY

AWKWARD = st.sampled_from("'\"\\#$ {}:-=\n\r\t`!\x0b\x85\u2028")
VALUES = st.text(st.one_of(AWKWARD, AWKWARD, st.characters(exclude_categories=["Cs"])), max_size=12)


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("env")


@settings(max_examples=60)
@given(old=VALUES, new=VALUES)
def test_any_value_is_read_back_exactly_however_often_it_is_replaced(folder: Path, old: str, new: str) -> None:
    file = EnvFile(folder / ".env")
    file.path.write_text("# mine\nOTHER='x # y'\n")
    file.change({"TOKEN": old, "SECOND": new})
    assert file.values() == {"OTHER": "x # y", "TOKEN": old, "SECOND": new}
    file.change({"TOKEN": new})
    assert file.values() == {"OTHER": "x # y", "TOKEN": new, "SECOND": new}
    assert not file.change({"TOKEN": new})


def test_a_process_reads_what_was_written(env_file: Path) -> None:
    value = 'it\'s ${HOME} #1 "$x"\\n\nend\\'
    EnvFile().change({"ODD_VALUE": value})
    assert environment()["ODD_VALUE"] == value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "A=new\n"),
        ("A=old", "A=new"),
        ("# A=no\n\nexport A = 'old'  # why\nB=${A}\n", "# A=no\n\nexport A =new  # why\nB=${A}\n"),
        ("A=1\r\nB=2", "A=new\r\nB=2"),
        ("B=2\r\nC=3", "B=2\r\nC=3\r\nA=new\r\n"),
        ("A='l1\nl2'\nAA=1\n", "A=new\nAA=1\n"),
        ("A=1\nB=2\nA=3\n", "A=new\nB=2\nA=new\n"),
        ("A\n", "A=new\n"),
        ("B='", None),
    ],
)
def test_a_variable_is_replaced_in_its_place_and_all_else_stays(env_file: Path, before: str, after: str | None) -> None:
    env_file.write_bytes(before.encode())
    if after is None:
        with pytest.raises(ConfigError, match=r"\.env cannot be changed, .* Look for a quote that is not closed"):
            EnvFile().change({"A": "it's"})
    else:
        EnvFile().change({"A": "new"})
    text = env_file.read_bytes().decode()
    assert text == (before if after is None else after)


def test_only_its_user_can_read_it_whatever_it_was_before(env_file: Path) -> None:
    env_file.write_text("A=1\n")
    env_file.chmod(0o644)
    before = os.umask(0)
    try:
        assert EnvFile().change({"A": "1"})
    finally:
        os.umask(before)
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_whoever_reads_it_meanwhile_reads_all_of_the_old_one(env_file: Path) -> None:
    env_file.write_text("A=1\n")
    (env_file.parent / ".env.new").write_text("half a fi")
    with env_file.open(encoding="utf-8") as reader:
        EnvFile().change({"A": "2"})
        assert reader.read() == "A=1\n"
    assert [path.name for path in env_file.parent.iterdir()] == [".env"]


def test_a_symbolic_link_stays_one(env_file: Path) -> None:
    env_file.symlink_to("kept")
    EnvFile().change({"A": "1"})
    assert env_file.is_symlink()
    assert (env_file.parent / "kept").read_text() == "A=1\n"


@pytest.mark.parametrize("content", [b"A=\xff\n", None])
def test_what_is_no_text_is_named_and_stays(env_file: Path, content: bytes | None) -> None:
    env_file.write_bytes(content) if content else os.mkfifo(env_file)
    with pytest.raises(ConfigError, match=r"\.env is not (UTF-8 text\. Write it anew|a file\. Move it away)"):
        EnvFile().change({"A": "1"})
    assert stat.S_ISFIFO(env_file.stat().st_mode) == (content is None)


def test_a_full_disk_leaves_the_old_file(env_file: Path) -> None:
    """In a process of its own that may write files of a few bytes only."""
    env_file.write_text("A=1\n")
    code = (
        "from mixpanel_data.base.errors import ConfigError\n"
        "from mixpanel_data.initialization.env_file import EnvFile\n"
        "try: EnvFile().change({'A': 'geheim' * 20})\n"
        "except ConfigError as error: print(error)\n"
    )

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))

    env = {**os.environ, "PYTHONPATH": str(LIBRARY.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, preexec_fn=limited, capture_output=True, check=True)
    assert done.stdout.startswith(b".env cannot be written: File too large.")
    assert [(path.name, path.read_text()) for path in env_file.parent.iterdir()] == [(".env", "A=1\n")]
