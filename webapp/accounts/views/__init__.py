"""The door, and the settings of a workspace."""

from webapp.accounts.views import audit, door, invitations, members, password, person, workspace
from webapp.accounts.views.blueprint import bp

__all__ = ["audit", "bp", "door", "invitations", "members", "password", "person", "workspace"]
