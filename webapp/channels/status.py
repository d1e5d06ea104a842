"""The four states of a channel."""

from enum import StrEnum


class Status(StrEnum):
    CONNECTED = "connected"
    ATTENTION = "attention"
    LOST = "lost"
    DISCONNECTED = "disconnected"
