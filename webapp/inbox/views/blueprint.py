"""The blueprint that every file of this folder adds its addresses to, and who gets past its doors."""

from flask import Blueprint, request
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
def let_files_in(endpoint: str | None, values: object) -> None:
    """Replies may carry files. It must be said before anybody reads the form, which the CSRF check does first."""
    if endpoint == "inbox.reply":
        request.max_content_length = MOST_UPLOAD


def opened(member: Membership, conversation_id: int) -> Conversation:
    """A conversation that this member may see. One of another workspace is not there."""
    found = queries.conversation(member, conversation_id)
    if found is None:
        raise NotFound
    if not queries.may_see(member, found):
        raise Refused(access.whom(member, Right.ALL_CONVERSATIONS))
    return found
