"""Free ports for the servers of a test."""

import os
import random
import socket

# Below the range from which systems serve a request for any port, so that no other test gets one of these by chance.
_FIRST, _END = 15_000, 30_000


def row_of_ports(count: int) -> int:
    """The first of `count` consecutive free ports; each test process starts looking at a random port."""
    choice = random.Random(os.urandom(8))
    while True:
        first = choice.randrange(_FIRST, _END - count)
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def ports_of_serve(first: int) -> list[str]:
    """The options of `mp serve` for eight consecutive ports: five functions, Mixpanel, Slack, and the control port."""
    servers = ("--first-port", "--mixpanel-port", "--slack-port", "--control-port")
    return [
        text
        for option, port in zip(servers, (first, first + 5, first + 6, first + 7), strict=True)
        for text in (option, str(port))
    ]


def _is_free(port: int) -> bool:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
