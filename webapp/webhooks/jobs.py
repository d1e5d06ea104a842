"""Doors for the bell and the tick: deliveries to handle."""

from flask import Flask

from webapp.core import clock
from webapp.webhooks import actions


def register(app: Flask) -> None:
    app.extensions["bells"].on("webhooks.handle", handle)


def handle(delivery_id: int) -> None:
    actions.handle(delivery_id, now=clock.now())


def handle_due() -> None:
    for delivery_id in actions.due(clock.now()):
        handle(delivery_id)


TICKS = {"webhooks.handle_due": (5, handle_due)}
