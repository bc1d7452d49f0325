"""Progress that the library tells to a function of its caller's, told by the log like all other progress."""

import logging
from collections.abc import Callable
from datetime import datetime

log = logging.getLogger(__name__)


def judged_up_to(end: datetime) -> Callable[[datetime], None]:
    """Logs each moment up to which a history has been judged, with the share of the way to `end`."""
    first: datetime | None = None

    def tell(until: datetime) -> None:
        nonlocal first
        first = first or until
        share = (until - first) / (end - first) if end > first else 1.0
        log.info("judged up to %s", f"{until:%Y-%m-%d}", extra={"share": min(share, 1.0)})

    return tell


def schemas_sent(sent: int, due: int) -> None:
    """Log how many of the schemas the Lexicon has."""
    log.info("sent %d of %d schemas to the Lexicon", sent, due, extra={"share": sent / max(due, 1)})
