"""The blueprint that every file of this folder adds its addresses to."""

from flask import Blueprint, current_app
from werkzeug.exceptions import NotFound

from config import Config
from webapp.accounts.models import Workspace
from webapp.channels import queries
from webapp.channels.models import Channel
from webapp.channels.remedies import is_revivable
from webapp.channels.tabs import tab_of
from webapp.meta.gateway import Meta

bp = Blueprint("channels", __name__)
bp.add_app_template_filter(tab_of, "tab")
bp.add_app_template_filter(is_revivable, "is_revivable")


def meta() -> Meta:
    """The gate to Meta of this app."""
    return current_app.extensions["meta"]  # type: ignore[no-any-return]


def config() -> Config:
    return current_app.extensions["config"]  # type: ignore[no-any-return]


def channel_or_404(workspace: Workspace, channel_id: int) -> Channel:
    """A channel of this workspace; one of another is not there."""
    found = queries.channel(workspace, channel_id)
    if found is None:
        raise NotFound
    return found
