"""A stand-in for Meta: Facebook Login, the Graph API, the webhook sender, and a local mail catcher."""

from sandbox.app import create_app
from sandbox.settings import Settings

__all__ = ["Settings", "create_app"]
