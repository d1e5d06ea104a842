"""From a call to its answer: resolve the node, find the handler, keep the lock short."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox import faults, ids
from sandbox.graph import conversations, edges, errors, messages, nodes, oauth, subscriptions, threads, uploads
from sandbox.graph.call import LATEST, Context, GraphCall, authenticate
from sandbox.graph.errors import GraphError
from sandbox.model import Fault
from sandbox.runtime import Sandbox

MOST_IDS = 50
Handler = Callable[[Context, Any], dict[str, Any]]

HANDLERS: dict[tuple[str, str, str], Handler] = {
    ("GET", "person", ""): nodes.person_node,
    ("GET", "person", "accounts"): edges.accounts,
    ("GET", "person", "permissions"): edges.permissions,
    ("DELETE", "person", "permissions"): edges.remove_permissions,
    ("GET", "person", "businesses"): edges.businesses,
    ("GET", "business", ""): nodes.business_node,
    ("GET", "business", "owned_pages"): edges.owned_pages,
    ("GET", "business", "client_pages"): edges.client_pages,
    ("GET", "page", ""): nodes.page_node,
    ("GET", "page", "subscribed_apps"): edges.subscribed_apps,
    ("POST", "page", "subscribed_apps"): edges.subscribe,
    ("DELETE", "page", "subscribed_apps"): edges.unsubscribe,
    ("GET", "page", "conversations"): conversations.listing,
    ("POST", "page", "messages"): messages.send,
    ("POST", "page", "message_attachments"): uploads.upload,
    ("GET", "page", "thread_owner"): threads.owner,
    ("POST", "page", "take_thread_control"): threads.take,
    ("POST", "page", "pass_thread_control"): threads.pass_on,
    ("POST", "page", "request_thread_control"): threads.request_control,
    ("POST", "page", "release_thread_control"): threads.release,
    ("POST", "page", "extend_thread_control"): threads.extend,
    ("GET", "instagram", ""): nodes.instagram_node,
    ("GET", "customer", ""): nodes.customer_node,
    ("GET", "conversation", ""): conversations.conversation_node,
    ("GET", "conversation", "messages"): conversations.messages,
    ("GET", "message", ""): conversations.message_node,
    ("GET", "app", ""): nodes.app_node,
}


@dataclass(frozen=True)
class Answer:
    """What goes out: HTTP status, JSON body and headers of its own."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    error: str = ""


def answer(sandbox: Sandbox, call: GraphCall, met: list[Fault]) -> Answer:
    """Run one call with the faults it met. Never raises: errors become their envelope."""
    try:
        with sandbox.lock:
            found = faults.graph_error(sandbox, met, call.path, call.params)
        if found:
            raise found
        return Answer(200, _run(sandbox, call))
    except GraphError as error:
        return refused(error)


def refused(error: GraphError) -> Answer:
    text = error.message.replace("\n", " ").replace('"', "'")
    headers = {
        "WWW-Authenticate": f'OAuth "Facebook Platform" "{error.challenge}" "{text}"',
        **error.headers,
    }
    name = str(error.code) if error.subcode is None else f"{error.code}/{error.subcode}"
    return Answer(error.status, error.body(ids.trace_id()), headers, name)


def page_of_call(sandbox: Sandbox, call: GraphCall) -> str:
    """The Page whose token was sent, for faults that meet one Page only."""
    token = sandbox.state.tokens.get(call.token)
    return (token.page_id or "") if token else ""


def _run(sandbox: Sandbox, call: GraphCall) -> Any:
    if call.path == f"{sandbox.settings.app_id}/subscriptions" and call.method == "POST":
        return _subscribe_app(sandbox, call)
    with sandbox.lock:
        tokens_before = len(sandbox.state.tokens)
        if call.path == "oauth/access_token":
            result: Any = oauth.access_token(sandbox, call)
        else:
            result = _resolve(authenticate(sandbox, call))
        if call.method != "GET" or len(sandbox.state.tokens) != tokens_before:
            sandbox.changed()
    return result


def _subscribe_app(sandbox: Sandbox, call: GraphCall) -> dict[str, Any]:
    """The handshake runs without the lock, so that a slow callback stops nobody else."""
    with sandbox.lock:
        context = authenticate(sandbox, call)
        wanted = subscriptions.asked(context)
    failure = subscriptions.handshake(wanted)
    with sandbox.lock:
        kept = subscriptions.keep(context, wanted, failure)
        sandbox.changed()
    return kept


def _resolve(context: Context) -> Any:
    call = context.call
    if call.path == "debug_token":
        return oauth.debug_token(context)
    if not call.path:
        return _many(context)
    head, *rest = call.parts
    kind, node = find_node(context, head)
    if kind == "app" and rest == ["subscriptions"]:
        return subscriptions.listing(context) if call.method == "GET" else subscriptions.remove(context)
    if kind == "person" and len(rest) == 2 and rest[0] == "permissions" and call.method == "DELETE":
        return edges.remove_permission(context, node, rest[1])
    edge = "/".join(rest)
    handler = HANDLERS.get((call.method, kind, edge))
    if handler is None:
        raise errors.unknown_path(edge) if edge else errors.no_such_object(head, call.method.lower())
    return handler(context, node)


def _many(context: Context) -> dict[str, Any]:
    """`?ids=1,2,3`: several nodes in one answer; one bad id spoils the call."""
    wanted = [one for one in context.call.text("ids").split(",") if one]
    if not wanted:
        raise errors.bad_parameter("Unsupported get request.", 33)
    if len(wanted) > MOST_IDS:
        raise errors.bad_parameter(f"Too many IDs. Maximum: {MOST_IDS}. Provided: {len(wanted)}.")
    return {one: _resolve(replace(context, call=replace(context.call, path=one))) for one in wanted}


def find_node(context: Context, head: str) -> tuple[str, Any]:
    """Kind and row of an id; `me` is the token's person or Page. Raises GraphError when unknown."""
    state, settings = context.state, context.sandbox.settings
    if head == "me":
        head = context.token.page_id or context.token.person_id
    tables: tuple[tuple[str, dict[str, Any]], ...] = (
        ("person", state.people),
        ("page", state.pages),
        ("instagram", state.instagram),
        ("customer", state.customers),
        ("conversation", state.conversations),
        ("message", state.messages),
        ("business", state.businesses),
    )
    for kind, table in tables:
        if head in table:
            return kind, table[head]
    if head in (settings.app_id, "app"):
        return "app", head
    raise errors.no_such_object(head, context.call.method.lower())


def dumped(body: Any) -> str:
    """JSON as Meta writes it: compact and ASCII, slashes escaped."""
    return json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/")


def common_headers(sandbox: Sandbox, call: GraphCall, text: str) -> dict[str, str]:
    """Headers of every Graph answer whose body is `text`; unversioned calls are answered in the latest version."""
    used = min(sandbox.calls_this_hour // 50, 99)
    usage = json.dumps({"call_count": used, "total_time": used // 2, "total_cputime": used // 2})
    return {
        "Content-Type": "application/json; charset=UTF-8",
        "facebook-api-version": call.version or LATEST,
        "x-fb-trace-id": ids.trace_id(),
        "x-fb-rev": "1030000000",
        "x-fb-debug": ids.debug_id(),
        "ETag": f'"{hashlib.sha256(text.encode()).hexdigest()[:40]}"',
        "x-app-usage": usage.replace(" ", ""),
        "Cache-Control": "private, no-cache, no-store, must-revalidate",
    }
