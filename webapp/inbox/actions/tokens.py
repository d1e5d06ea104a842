"""The channel's key to Meta."""

from webapp.channels.models import Channel
from webapp.core.crypto import Secret, SecretUnreadable


def opened_token(channel: Channel) -> Secret | None:
    """The Page token, or None when the channel has none that we can read."""
    try:
        return Secret(channel.page_token.reveal()) if channel.page_token else None
    except SecretUnreadable:
        return None
