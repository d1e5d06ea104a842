"""The same story as the channels' tests: Alice connected @morninglight.coffee."""

from tests.rooms.channels.conftest import connected, story

__all__ = ["connected", "story"]
