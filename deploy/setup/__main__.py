"""`./deploy.sh setup`, or `PYTHONPATH=shared python3 -m deploy.setup` in the project's folder."""

import os
import signal
import sys
from types import FrameType

from deploy.files import DeployError
from deploy.setup.errors import SetupError, Stopped
from deploy.setup.options import read_options
from deploy.setup.steps import Progress, set_up
from deploy.setup.terminal import say, warn


def main() -> None:
    """Set up as the command line says; exit with 0 once everything is done, else with 1 or, for a signal, 128 + it."""
    for each in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(each, _stop)
    progress = Progress()
    try:
        set_up(read_options(sys.argv[1:]), progress)
    except (SetupError, DeployError) as error:
        _end(progress, 1, str(error))
    except KeyboardInterrupt:
        _end(progress, 128 + signal.SIGINT, "Interrupted.")
    except Stopped as stop:
        _end(progress, 128 + stop.signal, f"Stopped by {signal.Signals(stop.signal).name}.")
    except BrokenPipeError:
        # Nobody reads any more, and Python would complain once again while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
    else:
        say("== done\nThe schedule runs from now on; ./deploy.sh status shows the runs.")


def _stop(number: int, _: FrameType | None) -> None:
    raise Stopped(number)


def _end(progress: Progress, status: int, reason: str) -> None:
    sys.stdout.flush()
    warn(f"deploy.sh setup: {reason}")
    if progress.done:
        warn(f"Stopped while {progress.current}. Done before that: {', '.join(progress.done)}.")
        warn("Run the same command again: it leaves what is done as it is, and your answers are its defaults.")
    sys.exit(status)


if __name__ == "__main__":
    main()
