"""Reading conversations and messages."""

from datetime import UTC, datetime
from typing import Any

from sandbox.graph import errors, fields, nodes, paging
from sandbox.graph.call import Context, GraphCall
from sandbox.graph.fields import MISSING, Field, Reader
from sandbox.model import INSTAGRAM, MESSENGER, Conversation, Message, Page

DETAILED = 20
"""Of an Instagram conversation only so many newest messages give more than id and created_time."""


def listing(context: Context, page: Page) -> dict[str, Any]:
    """Newest activity first; without platform=instagram only Messenger conversations."""
    context.require_page_token(page)
    platform = context.call.text("platform", MESSENGER).lower()
    if platform not in (INSTAGRAM, MESSENGER):
        raise errors.bad_parameter("Param platform must be one of {INSTAGRAM, MESSENGER}")
    account_id = _open_account(context, page, platform)
    rows = context.state.conversations_of(account_id)
    customer_id = context.call.text("user_id")
    if customer_id:
        rows = [row for row in rows if row.customer_id == customer_id]
    wanted = nodes.wanted(context, "id,updated_time,link" if platform == MESSENGER else "id,updated_time")
    return paging.page(
        context.call,
        rows,
        lambda row: row.id,
        lambda row: fields.read(context, row, "UnifiedThread", CONVERSATION, wanted),
        f"{page.id}/conversations",
    )


def _open_account(context: Context, page: Page, platform: str) -> str:
    if platform == INSTAGRAM:
        nodes.check_instagram_open(context, page)
        return page.instagram_id or ""
    context.require("pages_messaging")
    return page.id


def check_own(context: Context, conversation: Conversation) -> None:
    """A conversation opens only to the token of its own Page, while the channel is open."""
    page = context.state.page_of_instagram(conversation.account_id)
    page = page or context.state.pages.get(conversation.account_id)
    if page is None or context.token.kind != "PAGE" or context.token.page_id != page.id:
        raise errors.no_such_object(conversation.id)
    _open_account(context, page, conversation.platform)


def conversation_node(context: Context, conversation: Conversation) -> dict[str, Any]:
    check_own(context, conversation)
    return fields.read(context, conversation, "UnifiedThread", CONVERSATION, nodes.wanted(context, "id,updated_time"))


def messages(context: Context, conversation: Conversation) -> dict[str, Any]:
    check_own(context, conversation)
    return _messages(context, context.call, conversation, nodes.wanted(context, "id,created_time"))


def message_node(context: Context, message: Message) -> dict[str, Any]:
    check_own(context, context.state.conversations[message.conversation_id])
    wanted = nodes.wanted(context, "id,created_time")
    return fields.read(context, message, "Message", MESSAGE, wanted)


def _nested_messages(context: Context, conversation: Conversation, field: Field) -> dict[str, Any]:
    inner = GraphCall(
        "GET",
        f"{conversation.id}/messages",
        {**field.options, "fields": _spelled(field.inside)} if field.inside else dict(field.options),
        context.call.version,
        context.call.origin,
        context.call.token,
    )
    wanted = fields.wanted_or("id,created_time", field.inside)
    return _messages(context, inner, conversation, wanted)


def _spelled(wanted: list[Field]) -> str:
    return ",".join(one.name + (f"{{{_spelled(one.inside)}}}" if one.inside else "") for one in wanted)


def _messages(context: Context, call: GraphCall, conversation: Conversation, wanted: list[Field]) -> dict[str, Any]:
    rows = [row for row in context.state.messages_of(conversation.id) if not row.unsent]
    return paging.page(
        call,
        rows,
        lambda row: row.mid,
        lambda row: fields.read(context, row, "Message", MESSAGE, wanted),
        f"{conversation.id}/messages",
    )


def wire_time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _detailed(context: Context, message: Message) -> bool:
    conversation = context.state.conversations[message.conversation_id]
    if conversation.platform != INSTAGRAM:
        return True
    newest = context.state.messages_of(conversation.id)[:DETAILED]
    return any(row.mid == message.mid for row in newest)


def _detail(reader: Reader) -> Reader:
    def read(context: Context, message: Message, field: Field) -> Any:
        return reader(context, message, field) if _detailed(context, message) else MISSING

    return read


def party(context: Context, party_id: str) -> dict[str, str]:
    """A sender or recipient: Instagram shows usernames, Messenger names and an e-mail stand-in."""
    state = context.state
    customer, account = state.customers.get(party_id), state.instagram.get(party_id)
    if account:
        return {"username": account.username, "id": party_id}
    if customer and customer.username:
        return {"username": customer.username, "id": party_id}
    name = customer.name if customer else state.pages[party_id].name
    return {"name": name, "email": f"{party_id}@facebook.com", "id": party_id}


def _attachments(context: Context, message: Message, field: Field) -> Any:
    rows = []
    for number, attachment in enumerate(message.content.get("attachments", []), start=1):
        url = attachment.get("payload", {}).get("url", "")
        data: dict[str, Any] = {"id": f"{message.at_ms}{number}", "mime_type": attachment.get("type", "file")}
        if attachment.get("type") == "image":
            data["image_data"] = {"url": url, "preview_url": url, "width": 640, "height": 640}
        elif attachment.get("type") == "video":
            data["video_data"] = {"url": url, "preview_url": url, "width": 640, "height": 640}
        else:
            data["file_url"] = url
        rows.append(data)
    return {"data": rows} if rows else MISSING


def _reply_to(context: Context, message: Message, field: Field) -> Any:
    replied = message.content.get("reply_to")
    return replied if replied else MISSING


def _reactions(context: Context, message: Message, field: Field) -> Any:
    """Who reacted with what, as far as the SDK's message node names it."""
    rows = [{"reaction": emoji, "users": [party(context, who)]} for who, emoji in message.reactions.items()]
    return {"data": rows} if rows else MISSING


def _participants(context: Context, conversation: Conversation, field: Field) -> dict[str, Any]:
    ends = (conversation.account_id, conversation.customer_id)
    return {"data": [party(context, end) for end in ends]}


CONVERSATION: dict[str, Reader] = {
    "id": nodes.plain("id"),
    "updated_time": lambda context, row, field: wire_time(context.state.updated_ms(row)),
    "link": lambda context, row, field: f"/{row.account_id}/inbox/{row.customer_id}/",
    "participants": _participants,
    "messages": _nested_messages,
    "message_count": lambda context, row, field: len(context.state.messages_of(row.id)),
    "unread_count": nodes.fixed(0),
    "can_reply": nodes.fixed(True),
    "name": nodes.fixed(MISSING),
}
MESSAGE: dict[str, Reader] = {
    "id": nodes.plain("mid"),
    "created_time": lambda context, row, field: wire_time(row.at_ms),
    "from": _detail(lambda context, row, field: party(context, row.sender_id)),
    "to": _detail(lambda context, row, field: {"data": [party(context, row.recipient_id)]}),
    "message": _detail(lambda context, row, field: row.content.get("text", "")),
    "attachments": _detail(_attachments),
    "reply_to": _detail(_reply_to),
    "is_unsupported": _detail(lambda context, row, field: row.content.get("is_unsupported", MISSING)),
    "story": nodes.fixed(MISSING),
    "shares": nodes.fixed(MISSING),
    "reactions": _detail(_reactions),
    "tags": nodes.fixed(MISSING),
    "sticker": nodes.fixed(MISSING),
}
