"""Files of messages, for those who may read the conversation and for nobody else."""

from flask import send_file
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from webapp.accounts import access
from webapp.accounts.models import Membership
from webapp.accounts.rules import Right
from webapp.inbox import shelf
from webapp.inbox.files import kept_file
from webapp.inbox.filetypes import UNKNOWN, is_shown
from webapp.inbox.views.blueprint import bp, opened

# A file that somebody sent runs nothing and loads nothing, wherever it is opened.
SEALED = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'none'; sandbox; frame-ancestors 'none'"
ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "application/pdf": "pdf",
}


@bp.get("/w/<slug>/conversations/<int:conversation_id>/media/<int:media_id>")
@access.member(Right.OWN_CONVERSATIONS)
def media(member: Membership, conversation_id: int, media_id: int) -> ResponseReturnValue:
    """Pictures, films and sound to be shown in place (in ranges, for films); everything else only as a download."""
    found = kept_file(opened(member, conversation_id), media_id)
    if found is None or not shelf.has(found.digest):
        raise NotFound
    shown = is_shown(found.mime)
    name = found.name or f"{found.digest[:12]}.{ENDINGS.get(found.mime, 'bin')}"
    response = send_file(
        shelf.place(found.digest),
        mimetype=found.mime if shown or found.mime == "application/pdf" else UNKNOWN,
        as_attachment=not shown,
        download_name=name,
        etag=found.digest,
        conditional=True,
        max_age=3600,
    )
    response.headers["Content-Security-Policy"] = SEALED
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
