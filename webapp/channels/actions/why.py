"""Why a channel's token died, where Meta's refusal does not say it: the token of the person behind it often knows."""

from webapp.channels.rules import Subject, explain, sharpen
from webapp.core.crypto import Secret
from webapp.meta.errors import Cause, GraphError
from webapp.meta.gateway import Meta

# "Object does not exist", said to a token that covers the Page: the Page is gone.
_NO_SUCH_OBJECT = (100, 803)


def why(subject: Subject, cause: Cause, user_token: Secret | None, meta: Meta) -> Cause:
    """The cause, made more exact where it may be: one or two questions to Meta, none where it is exact already."""
    if cause not in (Cause.UNKNOWN, Cause.ROLE_LOST) or not user_token:
        return cause
    try:
        told = explain(subject, meta.inspect_token(user_token))
        if cause is told is Cause.UNKNOWN:
            meta.page(subject.page_id, user_token)
    except GraphError as error:
        return Cause.PAGE_DELETED if cause is Cause.UNKNOWN and error.code in _NO_SUCH_OBJECT else cause
    return sharpen(cause, told)
