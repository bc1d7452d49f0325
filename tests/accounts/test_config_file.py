"""The file is private, replaced as a whole, and refused with a reason where it is not what it should be."""

import os
import signal
import stat
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from accounts.config_files import PRODUCTION, SECRETS, written
from mixpanel_data import ConfigError
from mixpanel_data.accounts.config_file import ConfigFile
from mixpanel_data.accounts.document import Accounts
from mixpanel_data.auth import ConfigManager, Credentials
from support.imports import LIBRARY

ANN = ("sa_ann", "geheim", "1", "in")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(path: Path) -> str:
    """The message with which every reading and writing method refuses the file; it shows no secret."""
    manager, messages = ConfigManager(path), set()
    for method, arguments in (
        (manager.list_accounts, ()),
        (manager.resolve_credentials, ()),
        (manager.add_account, ("ann", *ANN)),
        (manager.remove_account, ("production",)),
        (manager.set_default, ("production",)),
    ):
        with pytest.raises(ConfigError) as caught:
            method(*arguments)
        shown = "".join(traceback.format_exception(caught.value))
        assert not any(secret in shown for secret in (*SECRETS, "geheim"))
        messages.add(str(caught.value))
    (message,) = messages
    return message


# Private.


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_file_and_folder_belong_to_their_user_alone(config: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        config.parent.mkdir(mode=0o700)
        ConfigManager().add_account("ann", *ANN)
    finally:
        os.umask(before)
    assert mode(config) == 0o600
    ConfigManager().add_account("bob", *ANN)
    assert mode(config) == 0o600
    assert {mode(path) & 0o077 for path in config.parent.iterdir()} == {0}


def test_the_folder_is_made_for_its_user_alone(config: Path, tmp_path: Path) -> None:
    ConfigManager().add_account("ann", *ANN)
    assert mode(config.parent) == 0o700
    ConfigManager(tmp_path / "new" / "config.toml").add_account("ann", *ANN)
    assert mode(tmp_path / "new") == 0o700


def test_the_usual_folder_is_closed_to_others_and_any_other_one_left_alone(config: Path, tmp_path: Path) -> None:
    for folder in (config.parent, tmp_path / "shared"):
        folder.mkdir()
        folder.chmod(0o755)
        ConfigManager(folder / "config.toml").add_account("ann", *ANN)
    assert mode(config.parent) == 0o700
    assert mode(tmp_path / "shared") == 0o755


@pytest.mark.parametrize("permissions", [0o644, 0o640, 0o604, 0o660, 0o602, 0o777])
def test_a_file_that_others_may_access_is_refused(config: Path, permissions: int) -> None:
    written(config, mode=permissions)
    assert refused(config) == (
        f"{config} contains secrets, but other users may access it (mode {permissions:04o}). Run: chmod 600 {config}"
    )
    assert config.read_text() == PRODUCTION


def test_the_command_that_closes_the_file_to_others_can_be_pasted(tmp_path: Path) -> None:
    path = written(tmp_path / "Ann's accounts.toml", mode=0o644)
    command = refused(path).partition("Run: ")[2]
    subprocess.run(["sh", "-c", command], check=True)
    assert len(ConfigManager(path).list_accounts()) == 2


# No file at all.


def test_a_symbolic_link_is_refused_and_what_it_points_to_stays(config: Path, tmp_path: Path) -> None:
    target = written(tmp_path / "target.toml")
    config.parent.mkdir()
    config.symlink_to(target)
    assert refused(config) == (
        f"{config} is a symbolic link. Put the file itself there, or set MP_CONFIG_PATH to where it is."
    )
    assert config.is_symlink()
    assert target.read_text() == PRODUCTION


def test_a_link_to_nothing_is_refused_too(config: Path, tmp_path: Path) -> None:
    config.parent.mkdir()
    config.symlink_to(tmp_path / "nothing")
    assert "is a symbolic link" in refused(config)
    assert not (tmp_path / "nothing").exists()


def test_a_folder_in_place_of_the_file_is_refused(config: Path) -> None:
    config.mkdir(parents=True)
    assert refused(config) == f"{config} is not a file. Move it away, or set MP_CONFIG_PATH to another path."


def test_a_pipe_in_place_of_the_file_is_refused_without_waiting(config: Path) -> None:
    config.parent.mkdir()
    os.mkfifo(config, 0o600)
    assert "is not a file" in refused(config)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "config.toml"
    with pytest.raises(ConfigError, match=r"config\.toml cannot be read: Not a directory\. Correct that, or set MP_CO"):
        ConfigManager(path).list_accounts()
    with pytest.raises(ConfigError, match=r"config\.toml cannot be written: (File exists|Not a directory)"):
        ConfigManager(path).add_account("ann", *ANN)


def test_a_folder_that_cannot_be_written_is_named() -> None:
    # The kernel's own: its owner may not write there either, and the superuser neither.
    with pytest.raises(ConfigError) as caught:
        ConfigManager(Path("/proc/self/config.toml")).add_account("ann", *ANN)
    assert str(caught.value).startswith("/proc/self/config.toml cannot be written: ")
    assert "set MP_CONFIG_PATH to a file in a folder that you can write to." in str(caught.value)


def test_without_a_home_folder_the_variable_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MP_CONFIG_PATH", "~nobody-of-this-name/config.toml")
    with pytest.raises(ConfigError, match=r"^MP_CONFIG_PATH is .* The home folder is unknown: give a path without ~\."):
        ConfigManager()


# Content.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml", " is not valid TOML (at line 1, column 5). Correct it, or move it away and add the accounts"),
        ('[accounts.a]\nsecret = "secret-of-production\n', " is not valid TOML (at line 2, column 31)."),
        ('a = 1\na = "secret-of-production"\n', " is not valid TOML"),
        ("a = {secret-of-staging = 1, secret-of-staging = 2}", " is not valid TOML (at line 1, column "),
        ("a = " + "[" * 5000, " is not valid TOML"),
        ("default = 1\n", ": default is not text. Give the name of an account in quotes"),
        ("accounts = 1\n", ": accounts is not a table. Write each account as a table of its own, [accounts.NAME]."),
        ('[accounts]\na = "secret-of-production"\n', ": accounts.a is not a table. Write it as [accounts.a] with user"),
        (PRODUCTION.replace("sa_production", "a b"), ": accounts.production.username is 'a b'. Give the user name"),
        (PRODUCTION.replace('"us"', '"US"'), ": accounts.production.region is 'US'. Give us, eu or in."),
        (PRODUCTION.replace('"67890"', "1.5"), ": accounts.staging.project_id is 1.5. Give the project's number as"),
        (PRODUCTION.replace('"67890"', "true"), ": accounts.staging.project_id is True. Give the project's number as"),
        (PRODUCTION.replace('"67890"', "-1"), ": accounts.staging.project_id is '-1'. Give the project's number as"),
        (PRODUCTION.replace('"secret-of-staging"', "1.5"), ": accounts.staging.secret is not valid. Give the secret"),
        (PRODUCTION.replace("secret =", "password =", 1), ": accounts.production.secret is missing. Add it."),
        (
            PRODUCTION.replace('"sa_staging"', '{secret = "secret-of-staging"}'),
            ": accounts.staging.username is not text. Give the user name of a service account",
        ),
        (PRODUCTION.replace('"eu"', '["secret-of-staging"]'), ": accounts.staging.region is not text. Give us, eu or"),
        (PRODUCTION.replace('region = "eu"\n', ""), ": accounts.staging.region is missing. Add it."),
    ],
)
def test_wrong_content_is_named_with_its_place(config: Path, text: str, message: str) -> None:
    written(config, text)
    assert refused(config).startswith(f"{config}{message}")
    assert config.read_text() == text


def test_text_that_is_not_utf_8_is_refused(config: Path) -> None:
    written(config)
    config.write_bytes(b'default = "\xff"\n')
    assert "is not valid TOML (not UTF-8)." in refused(config)


def test_a_change_that_would_lose_what_is_not_read_is_refused(config: Path) -> None:
    """The editing library puts what stays of the first account into the second one."""
    account = 'accounts.a.username="u"\naccounts.a.secret="s"\naccounts.a.project_id="1"\naccounts.a.region="us"\n'
    text = f'{account}accounts.a.note=1\ndefault="a"\n[o.p]\nk=2\n'
    file = ConfigFile(written(config, text))
    with pytest.raises(ConfigError, match="is written in a way that cannot be changed here"):
        file.change(lambda _: Accounts({"new": Credentials(*ANN)}))
    assert config.read_text() == text


# Replaced as a whole.


def test_whoever_reads_the_file_meanwhile_reads_all_of_the_old_one(config: Path) -> None:
    with written(config).open(encoding="utf-8") as reader:
        ConfigManager().add_account("ann", *ANN)
        assert reader.read() == PRODUCTION
    assert "sa_ann" in config.read_text()


def test_what_a_killed_process_left_is_not_in_the_way(config: Path) -> None:
    written(config)
    written(config.with_name("config.toml.new"), "half a fi", 0o644)
    ConfigManager().add_account("ann", *ANN)
    assert len(ConfigManager().list_accounts()) == 3
    assert not config.with_name("config.toml.new").exists()


def test_a_full_disk_leaves_the_old_file(config: Path) -> None:
    """In a process of its own that may write files of a few bytes only."""
    written(config)
    code = (
        "import resource, signal\n"
        "from mixpanel_data.auth import ConfigManager\n"
        "from mixpanel_data import ConfigError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try: ConfigManager().add_account('ann', 'sa_ann', 'geheim', '1', 'in')\n"
        "except ConfigError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=_env(), capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{config} cannot be written: File too large. Correct that")
    assert config.read_text() == PRODUCTION
    assert not config.with_name("config.toml.new").exists()


def test_accounts_that_several_processes_add_at_once_are_all_there(config: Path) -> None:
    code = (
        "import sys\n"
        "from mixpanel_data.auth import ConfigManager\n"
        "for number in range(10):\n"
        "    ConfigManager().add_account(f'{sys.argv[1]}{number}', 'sa', 'geheim', '1', 'in')\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, name], env=_env()) for name in "abc"]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    names = [account.name for account in ConfigManager().list_accounts()]
    assert sorted(names) == sorted(f"{name}{number}" for name in "abc" for number in range(10))


def test_after_a_kill_the_file_is_whole(config: Path) -> None:
    code = (
        "from mixpanel_data.auth import ConfigManager\n"
        "print('begun', flush=True)\n"
        "for number in range(10_000):\n"
        "    ConfigManager().add_account(f'{number}', 'sa', 'geheim', '1', 'in')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], env=_env(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while not config.exists():
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    accounts = ConfigManager().list_accounts()
    assert [account.name for account in accounts] == [f"{number}" for number in range(len(accounts))]
    ConfigManager().add_account("after", *ANN)


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(LIBRARY.parent)}
