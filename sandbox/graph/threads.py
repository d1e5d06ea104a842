"""Conversation Routing: which app owns a thread."""

from typing import Any

from sandbox import news, talk
from sandbox.graph import errors, messages
from sandbox.graph.call import Context
from sandbox.graph.errors import GraphError
from sandbox.model import Conversation, Page
from sandbox.runtime import Sandbox
from sandbox.state import State

OTHER_APP = "1209384756102938"
PAGE_INBOX = "263902037430900"
INSTAGRAM_INBOX = "1217981644879628"
LONGEST_EXTENSION = 7 * 86400


def _thread(context: Context, page: Page) -> Conversation:
    context.require_page_token(page)
    customer = messages.recipient(context, page)
    platform = talk.platform_of(context.state, customer.account_id)
    return talk.conversation_with(context.state, platform, customer.account_id, customer.id)


def _routed(context: Context, page: Page) -> bool:
    return context.state.flagged("other_app_default", page.id)


def _ours(context: Context, thread: Conversation) -> bool:
    ours = thread.owner_app_id == context.sandbox.settings.app_id
    return ours and thread.owner_until > context.state.now()


def _active_until(context: Context, thread: Conversation) -> int:
    """When control lapses: 24 hours after the customer's last message; 0 when that has passed."""
    last = talk.last_customer_ms(context.state, thread)
    until = 0 if last is None else (last + talk.STANDARD_WINDOW_MS) // 1000
    return until if until > context.state.now() else 0


def _not_owner() -> GraphError:
    return errors.bad_parameter("calling app is not the thread owner")


def owner(context: Context, page: Page) -> dict[str, Any]:
    """The app id is told only to the owner; everyone else sees when control ends."""
    given = context.call.text("recipient").strip('"')
    known = context.state.customers.get(given)
    if known is None or known.account_id not in (page.id, page.instagram_id):
        raise errors.bad_parameter("No matching user found", 2018001)
    context.require_page_token(page)
    platform = talk.platform_of(context.state, known.account_id)
    thread = talk.conversation_with(context.state, platform, known.account_id, known.id)
    if _ours(context, thread):
        app_id = int(context.sandbox.settings.app_id)
        return {"data": [{"thread_owner": {"app_id": app_id, "expiration": thread.owner_until}}]}
    until = _active_until(context, thread)
    if not _routed(context, page) or not until:
        return {"data": []}
    return {"data": [{"thread_owner": {"expiration": until}}]}


def take(context: Context, page: Page) -> dict[str, Any]:
    """Blocked while nobody routes; with another default app only an idle thread can be taken."""
    thread = _thread(context, page)
    if not _routed(context, page):
        raise GraphError(27, "(#27) not supported when Conversation Routing is not enabled")
    if _active_until(context, thread) and not _ours(context, thread):
        raise _not_owner()
    hand_over(context.state, thread, context.sandbox.settings.app_id)
    return {"success": True}


def pass_on(context: Context, page: Page) -> dict[str, Any]:
    thread = _thread(context, page)
    if _routed(context, page) and not _ours(context, thread):
        raise _not_owner()
    target = context.call.text("target_app_id").strip('"')
    if target not in (OTHER_APP, PAGE_INBOX, INSTAGRAM_INBOX, context.sandbox.settings.app_id):
        raise errors.bad_parameter("Incorrect App ID.", 2018164)
    hand_over(context.state, thread, target)
    return {"success": True}


def request_control(context: Context, page: Page) -> dict[str, Any]:
    """True means asked, not granted."""
    _thread(context, page)
    return {"success": True}


def release(context: Context, page: Page) -> dict[str, Any]:
    thread = _thread(context, page)
    if not _ours(context, thread):
        raise errors.bad_parameter("Only the current thread owner can release")
    thread.owner_app_id, thread.owner_until = None, 0
    return {"success": True}


def extend(context: Context, page: Page) -> dict[str, Any]:
    thread = _thread(context, page)
    if not _ours(context, thread):
        raise _not_owner()
    seconds = context.call.number("duration", 86400)
    if seconds > LONGEST_EXTENSION:
        raise errors.bad_parameter("param duration must be at most 604800.")
    thread.owner_until = context.state.now() + seconds
    return {"success": True}


def hand_over(state: State, thread: Conversation, app_id: str) -> None:
    """Make an app the owner for 24 hours from now."""
    thread.owner_app_id = app_id
    thread.owner_until = state.now() + 86400


def announce_pass(sandbox: Sandbox, thread: Conversation, app_id: str) -> None:
    """Another app passes the thread: the new owner hears of it."""
    before = thread.owner_app_id or OTHER_APP
    hand_over(sandbox.state, thread, app_id)
    event = {
        "sender": {"id": thread.customer_id},
        "recipient": {"id": thread.account_id},
        "timestamp": sandbox.state.now_ms(),
        "pass_thread_control": {"previous_owner_app_id": before, "new_owner_app_id": app_id, "metadata": ""},
    }
    news.publish(sandbox, thread, "messaging_handover", event, "pass_thread_control")
