"""`mp init` on a terminal, question by question."""

import contextlib
import fcntl
import os
import pty
import select
import termios
from collections.abc import Iterator
from dataclasses import dataclass, field
from subprocess import Popen

from cli.shell import started
from mixpanel_data.base.deadline import Deadline

_MOST_SECONDS = 60.0


@dataclass
class Dialogue:
    """The person's side: `answer` waits for a question first, and `seen` is all that the terminal has shown."""

    process: Popen[str]
    terminal: int
    seen: str = ""
    _read: int = field(default=0, repr=False)

    def answer(self, question: str, answer: str) -> None:
        """Wait until the terminal shows the question, and type the answer and Enter."""
        self.wait_for(question)
        os.write(self.terminal, f"{answer}\n".encode())

    def wait_for(self, text: str) -> None:
        """Wait until the terminal shows a text below what was waited for before; fail if it never does."""
        deadline = Deadline.after(_MOST_SECONDS)
        while (place := self.seen.find(text, self._read)) < 0:
            if not self._has_shown_more(deadline):
                raise AssertionError(f"the command ended without {text!r}: {self.seen}")
        self._read = place + len(text)

    def press(self, keys: bytes) -> None:
        """Type keys, such as Ctrl-C."""
        os.write(self.terminal, keys)

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        deadline = Deadline.after(_MOST_SECONDS)
        while self._has_shown_more(deadline):
            pass
        return self.process.wait(timeout=_MOST_SECONDS)

    def _has_shown_more(self, deadline: Deadline) -> bool:
        """Wait for more on the terminal, and return False if the command has ended."""
        if not select.select([self.terminal], [], [], deadline.left(_MOST_SECONDS))[0]:
            raise AssertionError(f"nothing more on the terminal within {_MOST_SECONDS} s: {self.seen}")
        try:
            chunk = os.read(self.terminal, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            return False
        self.seen += chunk.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)


@contextlib.contextmanager
def dialogue(*arguments: str) -> Iterator[Dialogue]:
    """The command on a terminal of its own, which it controls."""
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    with started(
        *arguments,
        **streams,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as process:
        os.close(theirs)
        try:
            yield Dialogue(process, ours)
        finally:
            process.kill()
            os.close(ours)
