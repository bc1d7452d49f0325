"""Ports for what a test serves."""

import os
import random
import socket

# Below those that systems give to whoever asks for any port: no other test gets one of these by chance.
_FIRST, _END = 15_000, 30_000


def row_of_ports(count: int) -> int:
    """The first of so many ports in a row that are free, each process of tests looking from another place on."""
    choice = random.Random(os.urandom(8))
    while True:
        first = choice.randrange(_FIRST, _END - count)
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
