"""Publishing events: whether Meta would tell the app at all, and in which form."""

from typing import Any

from sandbox import courier, payloads
from sandbox.model import INSTAGRAM, Conversation, Grant, Message, Page
from sandbox.runtime import Sandbox
from sandbox.state import State
from sandbox.subscription_fields import INSTAGRAM_NAME, PAGE_NAME
from sandbox.webhook_sender import Delivery


def publish_message(sandbox: Sandbox, conversation: Conversation, message: Message) -> Delivery | None:
    """Queue the webhook of a message or echo; None when Meta would stay silent."""
    echo = message.sender_id == conversation.account_id
    event = payloads.message_event(conversation, message)
    field = "message_echo" if echo else "messages"
    return publish(sandbox, conversation, field, event, f"{field} {message.mid}")


def publish(
    sandbox: Sandbox,
    conversation: Conversation,
    field: str,
    event: dict[str, Any],
    what: str,
    delay: float = 0.0,
) -> Delivery | None:
    """Queue any event of a conversation under its Instagram field name; None when nobody is told."""
    state = sandbox.state
    page = page_of(state, conversation)
    standby = page is not None and another_app_owns(state, sandbox.settings.app_id, page, conversation)
    if page is None or not heard(sandbox, conversation, page, "standby" if standby else field):
        return None
    body = payloads.envelope(conversation.platform, conversation.account_id, event, state.now_ms(), standby)
    return courier.carry(sandbox, page.id, what, body, delay)


def publish_entry(
    sandbox: Sandbox, conversation: Conversation, field: str, entry: dict[str, Any], what: str
) -> Delivery | None:
    """Queue an entry that is no conversation event: comments, tests of the dashboard, old announcements."""
    page = page_of(sandbox.state, conversation)
    if page is None or not heard(sandbox, conversation, page, field):
        return None
    body = payloads.entry_body(conversation, entry, sandbox.state.now_ms())
    return courier.carry(sandbox, page.id, what, body)


def page_of(state: State, conversation: Conversation) -> Page | None:
    if conversation.platform == INSTAGRAM:
        return state.page_of_instagram(conversation.account_id)
    return state.pages.get(conversation.account_id)


def heard(sandbox: Sandbox, conversation: Conversation, page: Page, field: str) -> bool:
    """Is the app subscribed on both levels, is the account open to it, does a live grant cover it?"""
    state = sandbox.state
    if not page.subscription or state.flagged("page_deleted", page.id):
        return False
    if conversation.platform == INSTAGRAM:
        return _heard_on_instagram(sandbox, page, INSTAGRAM_NAME.get(field, field))
    name = PAGE_NAME.get(field, field)
    subscription = state.subscriptions.get("page")
    app_level = subscription is not None and name in subscription.fields
    return app_level and name in page.subscription and _covered(state, page, "pages_messaging")


def _heard_on_instagram(sandbox: Sandbox, page: Page, name: str) -> bool:
    state = sandbox.state
    subscription = state.subscriptions.get("instagram")
    if subscription is None or name not in subscription.fields:
        return False
    if state.flagged("link_incomplete", page.id):
        return False
    closed = state.flagged("message_access_off", page.id) or state.flagged("instagram_unlinked", page.id)
    if closed or state.flagged("not_business", page.instagram_id or ""):
        return False
    return _covered(state, page, "instagram_manage_messages")


def _covered(state: State, page: Page, permission: str) -> bool:
    return any(gives(grant, page, permission) for grant in state.grants.values())


def gives(grant: Grant, page: Page, permission: str) -> bool:
    if not grant.covers_page(page.id) or not grant.has("pages_manage_metadata") or not grant.has(permission):
        return False
    return not permission.startswith("instagram_") or grant.covers_instagram(page.instagram_id)


def another_app_owns(state: State, app_id: str, page: Page, conversation: Conversation) -> bool:
    """Conversation Routing: with another default app we own a thread only while it was passed to us."""
    if not state.flagged("other_app_default", page.id):
        return False
    ours = conversation.owner_app_id == app_id and conversation.owner_until > state.now()
    return not ours


def announce_grant_change(sandbox: Sandbox, before: Grant | None, after: Grant | None) -> None:
    """object=permissions: one body for each permission that was given or taken back."""
    url = sandbox.callback_for("permissions")
    person_id = (after or before or Grant("", None, None, {}, 0)).person_id
    fields = sandbox.state.subscriptions["permissions"].fields if url else []
    for name in fields:
        had, has = _reach(before, name), _reach(after, name)
        if had == has:
            continue
        verb = "granted" if after and after.has(name) else "revoked"
        ids = has if verb == "granted" else had
        body = payloads.permission_change(
            person_id, sandbox.state.now(), name, verb, ids if isinstance(ids, list) else None
        )
        sandbox.sender.post_json(f"permissions {name} {verb}", url, body)


def _reach(grant: Grant | None, permission: str) -> list[str] | str | None:
    if grant is None or not grant.has(permission):
        return None
    ids = grant.instagram_ids if permission.startswith("instagram_") else grant.page_ids
    return "all" if ids is None else sorted(ids)
