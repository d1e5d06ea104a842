"""Messages and files on their way to Meta, and what is known when the answer is not clear.

Source: Send API, Attachment Upload API (v25.0); Instagram's uploads name their platform.
"""

import json
from collections.abc import Mapping
from typing import Any

from webapp.core.crypto import Secret
from webapp.meta import shapes
from webapp.meta.errors import GraphError, NotSent, OutcomeUnknown
from webapp.meta.gateway import Platform, Upload
from webapp.meta.transport import Transport

# "Received invalid JSON reply": Meta warns that the message may have been delivered all the same.
_MAYBE_SENT = (1, 1357046)
_RESPONSE = {"messaging_type": "RESPONSE"}
_HUMAN_AGENT = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}


def send(
    transport: Transport,
    path: str,
    page_token: Secret,
    recipient_id: str,
    message: Mapping[str, Any],
    *,
    human_agent: bool,
) -> str:
    """Meta's id of the message. No refusal, no id: Meta may have sent it. Only what never left us, or was refused,
    is certain."""
    try:
        answer = transport.post(
            path,
            page_token,
            recipient=json.dumps({"id": recipient_id}),
            message=json.dumps(message),
            **(_HUMAN_AGENT if human_agent else _RESPONSE),
        )
        return shapes.read_message_id(answer)
    except NotSent:
        raise
    except GraphError as error:
        if error.code is None or (error.code, error.subcode) == _MAYBE_SENT:
            raise error.recast(OutcomeUnknown) from None
        raise


def upload(transport: Transport, path: str, page_token: Secret, platform: Platform, upload: Upload) -> str:
    fields = {
        "platform": platform,
        "message": json.dumps({"attachment": {"type": upload.kind, "payload": {"is_reusable": True}}}),
    }
    with upload.path.open("rb") as file:
        answer = transport.post_file(path, page_token, (upload.name, file, upload.mime), **fields)
    return shapes.read_attachment_id(answer)
