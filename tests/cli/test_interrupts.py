"""Ctrl-C ends a command with 130, wherever it arrives."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import os, signal, sys
import mixpanel_data.cli.app
from mixpanel_data.cli import main

def command(arguments, **options):
{body}

mixpanel_data.cli.app.app = command
sys.exit(main([]))
"""


def run(folder: Path, body: str) -> subprocess.CompletedProcess[str]:
    """Run a program whose command line is this code, with modules of the folder."""
    code = PROGRAM.format(body="\n".join(f"    {line}" for line in body.splitlines()))
    path = os.pathsep.join([str(folder), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_an_interrupt_that_a_library_turns_into_its_own_error_ends_with_130(tmp_path: Path) -> None:
    ended = run(
        tmp_path,
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "except KeyboardInterrupt:\n"
        "    raise RuntimeError('numpy is required')",
    )
    assert (ended.returncode, ended.stdout) == (130, "")
    assert "interrupted" in ended.stderr
    assert "numpy" not in ended.stderr
    assert json.loads(ended.stderr.splitlines()[-1])["error"]["exit_code"] == 130


def test_an_import_is_finished_before_an_interrupt_takes_effect(tmp_path: Path) -> None:
    (tmp_path / "half.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nprint('imported', flush=True)\n", encoding="utf-8"
    )
    ended = run(tmp_path, "import half\nwhile True:\n    pass")
    assert (ended.returncode, ended.stdout) == (130, "imported\n")
