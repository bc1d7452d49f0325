"""The libraries that importing the Mixpanel client loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import mixpanel_data

SHARED = Path(mixpanel_data.__file__).parents[1]
NAMES = "Credentials, ExportQuery, ExportStream, Mixpanel, MixpanelCall, Profiles, Region, UnsafeBytesError"


def loaded_by(statement: str) -> set[str]:
    """The modules that a program has loaded after this statement."""
    program = f"import sys; {statement}; print(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-B", "-c", program],
        env={"PYTHONPATH": str(SHARED)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def test_only_an_export_loads_isal() -> None:
    modules = loaded_by(f"from mixpanel_data.clients.mixpanel import {NAMES}")
    assert "mixpanel_data.clients.mixpanel.export" in modules
    assert {name for name in modules if name.partition(".")[0] == "isal"} == set()
    # The name is right: this is what an export loads.
    assert "isal" in loaded_by("import mixpanel_data.clients.mixpanel.gzip_stream")
