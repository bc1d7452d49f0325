"""The parts of the build that pyproject.toml cannot express.

The functions are data in the wheel: `mp demo` and `mp serve` start each from its main.py, on the port in its
function.json. A wheel has these files in `mixpanel_data_standins/functions/`; the repository has them only in
`functions/`, from where deploy.sh ships them. `config/schedules.json` is data in the wheel too.

Windows is refused: installers there find no wheel for it, take the sdist, and show what this file says.
"""

import sys
from pathlib import Path

# As in shared/mixpanel_data/base/platforms.py. Before all else: whatever setuptools is there, this is what pip shows.
if sys.platform == "win32":
    sys.exit("mixpanel-data runs on Linux and macOS, and not on Windows itself. Install it in WSL, Windows' Linux.")

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

CARRIER = "mixpanel_data_standins"
# Linux and macOS on the processors that DuckDB has wheels for. The package has no machine code, so the versions are the
# oldest; manylinux2014 is the older name of manylinux_2_17, for `pip --platform`, which takes a name to the letter.
PLATFORMS = (
    "macosx_10_9_universal2",
    "manylinux2014_aarch64",
    "manylinux2014_x86_64",
    "manylinux_2_17_aarch64",
    "manylinux_2_17_x86_64",
    "musllinux_1_1_aarch64",
    "musllinux_1_1_x86_64",
)


class BuildWithFunctions(build_py):
    """Copies `functions/*/main.py` and `function.json` into the package, and the schedules by which `mp serve` calls.

    MANIFEST.in has them in the sdist, from which a wheel is built.
    """

    # Private, but the one method from which setuptools derives both the files to copy and the list of built files.
    def _get_data_files(self) -> list[tuple[str, str, str, list[str]]]:
        files = [path for name in ("main.py", "function.json") for path in Path("functions").glob(f"*/{name}")]
        names = sorted(path.relative_to("functions").as_posix() for path in files)
        target = str(Path(self.build_lib, CARRIER, "functions"))
        schedules = (CARRIER, "config", str(Path(self.build_lib, CARRIER)), ["schedules.json"])
        return [*super()._get_data_files(), (CARRIER, "functions", target, names), schedules]


class WheelForPosix(bdist_wheel):
    """A wheel of Python alone that installers take on Linux and macOS only."""

    def get_tag(self) -> tuple[str, str, str]:
        """The tags of Python, ABI and platforms in the wheel's name; several platforms are a compressed tag set."""
        python, abi, _ = super().get_tag()
        return python, abi, ".".join(PLATFORMS)


setup(cmdclass={"build_py": BuildWithFunctions, "bdist_wheel": WheelForPosix})
