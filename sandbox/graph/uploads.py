"""The Attachment Upload API: a file is given first and sent by its id."""

from typing import Any

from sandbox import files
from sandbox.files import File
from sandbox.graph import errors, nodes
from sandbox.graph.call import Context
from sandbox.model import INSTAGRAM, Page

MEGABYTE = 1024 * 1024
IMAGE_BYTES, OTHER_BYTES = 8 * MEGABYTE, 25 * MEGABYTE
# What Instagram takes; Messenger takes any file.
INSTAGRAM_TYPES = {
    "image": ("image/png", "image/jpeg", "image/gif"),
    "audio": ("audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav", "video/mp4"),
    "video": ("video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"),
    "file": ("application/pdf",),
}


def upload(context: Context, page: Page) -> dict[str, Any]:
    """POST /{page}/message_attachments; `filedata` is the part that holds the file."""
    context.require_page_token(page)
    platform = context.call.text("platform", "messenger").lower()
    if platform == INSTAGRAM:
        nodes.check_instagram_open(context, page)
    else:
        context.require("pages_messaging")
    given = context.call.object("message").get("attachment")
    kind = str(given.get("type", "")).lower() if isinstance(given, dict) else ""
    if kind not in INSTAGRAM_TYPES:
        raise errors.bad_parameter("Param message[attachment][type] must be one of {image, video, audio, file}")
    file = context.call.file
    if file is None:
        raise errors.bad_parameter("Failed to fetch the file from the url", 2018008)
    if len(file.body) > (IMAGE_BYTES if kind == "image" else OTHER_BYTES):
        raise errors.bad_parameter("Attachment size exceeds allowable limit", 2018109)
    if platform == INSTAGRAM and file.mime not in INSTAGRAM_TYPES[kind]:
        raise errors.bad_parameter("Upload attachment failure.", 2018047)
    return {"attachment_id": files.keep(context.sandbox, File(kind, file.mime, file.body, file.name))}


def sent(context: Context, kind: str, attachment_id: str) -> dict[str, Any]:
    """The attachment of a message in its webhook form. Raises GraphError for an id that nobody uploaded."""
    found = files.find(context.sandbox, attachment_id)
    if found is None or found.kind != kind:
        raise errors.bad_parameter("Upload attachment failure.", 2018047)
    return {"type": kind, "payload": {"url": files.address(context.call.origin, attachment_id)}}
