"""The blueprint that every file of this folder adds its addresses to, and who gets past its doors."""

from typing import Any

from flask import Blueprint, request
from flask_login import current_user
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.inbox import queries, stamps
from webapp.inbox.models import Conversation
from webapp.inbox.outgoing import MOST_UPLOAD
from webapp.web.errors import Refused

bp = Blueprint("inbox", __name__)
stamps.register(bp)


@bp.url_value_preprocessor
def let_files_in(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Replies of members may carry files. It must be said before anybody reads the form, as the CSRF check does."""
    if endpoint != "inbox.reply" or values is None or not current_user.is_authenticated:
        return
    if any(place.workspace.slug == values["slug"] for place in current_user.places):
        request.max_content_length = MOST_UPLOAD


def opened(member: Membership, conversation_id: int) -> Conversation:
    """A conversation that this member may see. One of another workspace is not there."""
    found = queries.conversation(member, conversation_id)
    if found is None:
        raise NotFound
    if not queries.may_see(member, found):
        raise Refused(access.whom(member, Right.ALL_CONVERSATIONS))
    return found
