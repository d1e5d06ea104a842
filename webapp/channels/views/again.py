"""The press that begins a trip, to be repeated in this tab where the browser opened no other."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException

from webapp.accounts.models import Membership
from webapp.channels.models import Authorization

_BEGINNINGS = ("channels.authorize", "channels.reauthorize")
_FIELDS = ("platform", "rerequest")


@dataclass(frozen=True, slots=True)
class Again:
    """A form: where it is sent, and its hidden fields."""

    url: str
    fields: dict[str, str]


def again(member: Membership, trip: Authorization | None) -> Again | None:
    """What the page says was pressed (`pressed`, an address of ours), or what the trip tells of it.

    The address is written anew from what it means: nothing that somebody put into a link becomes a form's target.
    """
    pressed = urlsplit(request.args.get("pressed", ""))
    found = _meaning(pressed.path)
    if found is not None and found[1].get("slug") == member.workspace.slug:
        fields = {name: value for name, value in parse_qsl(pressed.query) if name in _FIELDS}
        return Again(url_for(found[0], **found[1]), fields)
    if trip is None:
        return None
    here: dict[str, Any] = {"slug": member.workspace.slug}
    if trip.channel_id is not None:
        return Again(url_for("channels.reauthorize", channel_id=trip.channel_id, **here), {})
    return Again(url_for("channels.authorize", **here), {"platform": trip.platform})


def _meaning(path: str) -> tuple[str, dict[str, Any]] | None:
    """Endpoint and values of an address that begins a trip."""
    addresses = current_app.create_url_adapter(request)
    if addresses is None:
        return None
    try:
        endpoint, values = addresses.match(path, method="POST")
    except HTTPException:
        return None
    return (endpoint, dict(values)) if endpoint in _BEGINNINGS else None
