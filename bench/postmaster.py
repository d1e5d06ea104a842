"""A real mail server that keeps what it is given, then takes its time to say so.

A program that is killed in that time has sent a mail and does not know it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.running import free_ports


class Postmaster:
    """Counts each mail by its Message-ID and recipient."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.kept: Counter[tuple[str, str]] = Counter()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.original_content or b"")
        for address in envelope.rcpt_tos:
            self.kept[message["Message-ID"], address] += 1
        await asyncio.sleep(random.uniform(0, 2 * self.pause))
        return "250 kept"


@contextmanager
def running(pause: float) -> Iterator[tuple[Postmaster, int]]:
    """It and its port. `pause`: seconds between keeping a mail and saying so, on average."""
    postmaster = Postmaster(pause)
    (port,) = free_ports(1)
    controller = Controller(postmaster, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield postmaster, port
    finally:
        controller.stop()
