"""Doors for the bells and the ticks: replies that are due, profiles to fetch."""

from flask import Flask, current_app

from webapp.core import clock
from webapp.inbox import actions
from webapp.meta.gateway import Meta


def register(app: Flask) -> None:
    app.extensions["bells"].on("inbox.send", send)
    app.extensions["bells"].on("inbox.profile", fetch_profile)


def send(message_id: int) -> None:
    actions.send(message_id, meta=_meta(), now=clock.now())


def fetch_profile(contact_id: int) -> None:
    actions.fetch_profile(contact_id, meta=_meta(), now=clock.now())


def send_due() -> None:
    actions.lose_sight(clock.now())
    for message_id in actions.waiting(clock.now()):
        send(message_id)


def fetch_profiles_due() -> None:
    for contact_id in actions.forgotten_profiles(clock.now()):
        fetch_profile(contact_id)


def _meta() -> Meta:
    return current_app.extensions["meta"]  # type: ignore[no-any-return]


TICKS = {"inbox.send_due": (5, send_due), "inbox.profiles_due": (60, fetch_profiles_due)}
