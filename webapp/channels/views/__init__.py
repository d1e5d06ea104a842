"""Doors of the room, one file a noun; all hang on one blueprint."""

from webapp.channels.views import (
    authorizations,
    callback,
    channel,
    meta_callbacks,
    other_user,
    repair,
    repair_links,
    social_channels,
)
from webapp.channels.views.blueprint import bp

__all__ = [
    "authorizations",
    "bp",
    "callback",
    "channel",
    "meta_callbacks",
    "other_user",
    "repair",
    "repair_links",
    "social_channels",
]
