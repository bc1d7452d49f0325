"""The part of the build that pyproject.toml cannot express: the functions, as data in the wheel.

`mp demo` and `mp serve` start each function from its main.py, on the port in its function.json. A wheel has these files
in `mixpanel_data_standins/functions/`; the repository has them only in `functions/`, from where deploy.sh ships them.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

CARRIER = "mixpanel_data_standins"


class BuildWithFunctions(build_py):
    """Copies `functions/*/main.py` and `function.json` into the package.

    MANIFEST.in has them in the sdist, from which a wheel is built.
    """

    # Private, but the one method from which setuptools derives both the files to copy and the list of built files.
    def _get_data_files(self) -> list[tuple[str, str, str, list[str]]]:
        files = [path for name in ("main.py", "function.json") for path in Path("functions").glob(f"*/{name}")]
        names = sorted(path.relative_to("functions").as_posix() for path in files)
        target = str(Path(self.build_lib, CARRIER, "functions"))
        return [*super()._get_data_files(), (CARRIER, "functions", target, names)]


setup(cmdclass={"build_py": BuildWithFunctions})
