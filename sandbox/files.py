"""The content host: files of messages that the app uploaded, under signed addresses that expire."""

from dataclasses import dataclass

from flask import Blueprint, Response, request

from sandbox import ids
from sandbox.runtime import Sandbox, this_sandbox

blueprint = Blueprint("files", __name__)


@dataclass(frozen=True)
class File:
    """`kind` is image, video, audio or file; `mime` what the host calls it."""

    kind: str
    mime: str
    body: bytes
    name: str = ""


def address(origin: str, asset_id: str) -> str:
    return f"{origin}/ig_messaging_cdn/?asset_id={asset_id}&signature={ids.digits(24)}"


def keep(sandbox: Sandbox, file: File) -> str:
    """Returns the id under which it can be sent and fetched."""
    asset_id = ids.digits(17)
    sandbox.files[asset_id] = file
    return asset_id


def find(sandbox: Sandbox, asset_id: str) -> File | None:
    return sandbox.files.get(asset_id)


@blueprint.get("/ig_messaging_cdn/")
def content() -> Response:
    """Any range may be asked for. What nobody uploaded, or before the last reset, has expired."""
    found = find(this_sandbox(), request.args.get("asset_id", ""))
    if found is None:
        return Response("URL signature expired", 403, mimetype="text/plain")
    response = Response(found.body, mimetype=found.mime)
    response.make_conditional(request, accept_ranges=True, complete_length=len(found.body))
    return response
