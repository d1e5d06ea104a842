"""App-level webhooks: /{app-id}/subscriptions, with the handshake that Meta makes before it believes."""

import secrets
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from sandbox.graph import errors
from sandbox.graph.call import LATEST, Context
from sandbox.model import AppSubscription
from sandbox.subscription_fields import FIELDS_BY_OBJECT

HANDSHAKE_TIMEOUT = 5.0


def listing(context: Context) -> dict[str, Any]:
    _app_token_only(context)
    return {"data": [_row(row) for row in context.state.subscriptions.values()]}


def _row(row: AppSubscription) -> dict[str, Any]:
    return {
        "object": row.object,
        "callback_url": row.callback_url,
        "active": row.active,
        "fields": [{"name": name, "version": LATEST} for name in row.fields],
    }


def asked(context: Context) -> AppSubscription:
    """The subscription that a POST asks for. Raises GraphError when its parameters cannot be used."""
    _app_token_only(context)
    call = context.call
    name, url = call.text("object"), call.text("callback_url")
    if name not in FIELDS_BY_OBJECT:
        raise errors.bad_parameter(f"Param object must be one of {{{', '.join(FIELDS_BY_OBJECT)}}}")
    if not url.startswith(("http://", "https://")):
        raise errors.bad_parameter("Param callback_url must be a valid URL.")
    fields = call.names("fields")
    unknown = [field for field in fields if field not in FIELDS_BY_OBJECT[name]]
    if not fields or unknown:
        raise errors.bad_parameter(f"Param fields must be one of {{{', '.join(FIELDS_BY_OBJECT[name])}}}")
    return AppSubscription(name, url, fields, call.text("verify_token"))


def handshake(wanted: AppSubscription) -> str:
    """GET the callback with a challenge; an empty text when it answered rightly, else what went wrong.

    Called without the lock: the callback may be slow.
    """
    challenge = str(secrets.randbelow(2_000_000_000) + 100_000_000)
    query = urllib.parse.urlencode(
        {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": wanted.verify_token}
    )
    joint = "&" if "?" in wanted.callback_url else "?"
    try:
        with urllib.request.urlopen(wanted.callback_url + joint + query, timeout=HANDSHAKE_TIMEOUT) as answer:
            text = answer.read(1000).decode("utf-8", "replace").strip()
    except urllib.error.HTTPError as error:
        return f"HTTP Status Code = {error.code}; HTTP Message = {error.reason}"
    except OSError as error:
        return str(error)
    return "" if text == challenge else "Response does not match challenge"


def keep(context: Context, wanted: AppSubscription, failure: str) -> dict[str, Any]:
    if failure:
        text = f"The URL couldn't be validated. {failure}"
        raise errors.GraphError(2200, f"(#2200) Callback verification failed: {text}")
    context.state.subscriptions[wanted.object] = wanted
    return {"success": True}


def remove(context: Context) -> dict[str, Any]:
    """DELETE one object, some of its fields, or everything."""
    _app_token_only(context)
    name = context.call.text("object")
    fields = context.call.names("fields")
    chosen = [name] if name else list(context.state.subscriptions)
    for one in chosen:
        row = context.state.subscriptions.get(one)
        if row and fields:
            row.fields = [field for field in row.fields if field not in fields]
        else:
            context.state.subscriptions.pop(one, None)
    return {"success": True}


def _app_token_only(context: Context) -> None:
    if context.token.kind != "APP":
        raise errors.GraphError(15, "(#15) This method must be called with an app access_token.")
