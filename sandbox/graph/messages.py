"""The Send API: who may be answered, with what, and until when."""

from typing import Any

from sandbox import news, talk
from sandbox.graph import errors, nodes, uploads
from sandbox.graph.call import Context
from sandbox.graph.errors import GraphError
from sandbox.model import INSTAGRAM, Conversation, Customer, Page

INSTAGRAM_TEXT_BYTES = 1000
MESSENGER_TEXT_CHARACTERS = 2000
ATTACHMENT_TYPES = ("image", "video", "audio", "file")
SENDER_ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
WINDOW_TEXT = "(#10) This message is sent outside of allowed window."
POLICY_LINK = "https://developers.facebook.com/docs/messenger-platform/policy-overview"


def send(context: Context, page: Page) -> dict[str, Any]:
    """POST /{page}/messages for both platforms; answers as soon as the message stands, echo follows."""
    context.require_page_token(page)
    customer = recipient(context, page)
    platform = talk.platform_of(context.state, customer.account_id)
    _check_channel(context, page, platform)
    _check_allowed(context, page, platform)
    conversation = talk.conversation_with(context.state, platform, customer.account_id, customer.id)
    _check_reachable(context, page, customer, conversation)
    if context.call.params.get("sender_action"):
        return _sender_action(context, customer)
    content = _content(context, platform)
    _check_window(context, conversation)
    app_id = context.sandbox.settings.app_id
    message = talk.write(context.state, conversation, content, from_customer=False, app_id=app_id)
    news.publish_message(context.sandbox, conversation, message)
    return {"recipient_id": customer.id, "message_id": message.mid}


def recipient(context: Context, page: Page) -> Customer:
    """The customer named in `recipient`; one of another account does not exist for this Page."""
    wanted = str(context.call.object("recipient").get("id", ""))
    if not wanted:
        raise errors.bad_parameter("The parameter recipient is required.")
    customer = context.state.customers.get(wanted)
    if customer is None:
        raise errors.bad_parameter("No matching user found", 2018001)
    if customer.account_id not in (page.id, page.instagram_id):
        instagram = customer.account_id in context.state.instagram
        text, subcode = ("No matching Instagram user", 2534014) if instagram else ("No matching user found", 2018001)
        raise errors.bad_parameter(text, subcode)
    return customer


def _check_channel(context: Context, page: Page, platform: str) -> None:
    if platform == INSTAGRAM:
        nodes.check_instagram_open(context, page)
    else:
        context.require("pages_messaging")
    if context.state.flagged("app_not_live"):
        text = (
            "(#200) Cannot message users who are not admins, developers or testers of the app until "
            "pages_messaging permission is reviewed and the app is live."
        )
        raise GraphError(200, text, 2018028, status=403)


def _check_allowed(context: Context, page: Page, platform: str) -> None:
    """Meta's own sanctions, which stop sending and nothing else."""
    if context.state.flagged("sending_restricted", page.id):
        raise GraphError(10, "(#10) You are temporarily restricted from sending messages.", 1893063)
    if platform == INSTAGRAM and context.state.flagged("business_blocked", page.id):
        text = "The business has been blocked from sending messages via the IG Messaging API"
        raise errors.bad_parameter(text, 2534029)


def _check_reachable(context: Context, page: Page, customer: Customer, conversation: Conversation) -> None:
    if context.state.flagged("customer_unreachable", customer.id):
        raise GraphError(10, "(#10) They can't receive your messages right now.", 2018108)
    if context.state.flagged("customer_blocked", customer.id):
        raise GraphError(551, "(#551) This person isn't available right now.", 1545041)
    if not news.another_app_owns(context.state, context.sandbox.settings.app_id, page, conversation):
        return
    if conversation.platform == INSTAGRAM:
        raise errors.bad_parameter("The action is invalid since it's not the thread owner.", 2534037)
    text = "(#10) Message failed to send because another app is controlling this thread now."
    raise GraphError(10, text, 2018300)


def _sender_action(context: Context, customer: Customer) -> dict[str, Any]:
    action = context.call.text("sender_action").lower()
    if action not in SENDER_ACTIONS:
        allowed = ", ".join(name.upper() for name in SENDER_ACTIONS)
        raise errors.bad_parameter(f"Param sender_action must be one of {{{allowed}}}")
    if action in ("react", "unreact"):
        mid = str(context.call.object("payload").get("message_id", ""))
        if mid not in context.state.messages:
            raise errors.bad_parameter("Invalid message data", 2534015)
    return {"recipient_id": customer.id}


def _content(context: Context, platform: str) -> dict[str, Any]:
    """The message in its webhook form. Raises GraphError where Meta refuses the body."""
    message = context.call.object("message")
    content: dict[str, Any] = {}
    if message.get("text"):
        content["text"] = _text(str(message["text"]), platform)
    attachments = message.get("attachments") or ([message["attachment"]] if message.get("attachment") else [])
    if attachments:
        content["attachments"] = [_attachment(context, one) for one in attachments]
    if not content:
        raise errors.bad_parameter("Invalid message data", 2534015 if platform == INSTAGRAM else 2018047)
    replied = context.call.object("reply_to").get("mid") or (message.get("reply_to") or {}).get("mid")
    if replied:
        content["reply_to"] = {"mid": replied}
    return content


def _text(text: str, platform: str) -> str:
    """Instagram counts UTF-8 bytes, Messenger counts characters."""
    length, most = len(text), MESSENGER_TEXT_CHARACTERS
    if platform == INSTAGRAM:
        length, most = len(text.encode()), INSTAGRAM_TEXT_BYTES
    if length > most:
        raise errors.bad_parameter(f"Length of param message[text] must be less than or equal to {most}")
    return text


def _attachment(context: Context, given: Any) -> dict[str, Any]:
    kind = str(given.get("type", "")).lower() if isinstance(given, dict) else ""
    if kind not in ATTACHMENT_TYPES:
        allowed = ", ".join(ATTACHMENT_TYPES)
        raise errors.bad_parameter(f"Param message[attachment][type] must be one of {{{allowed}}}")
    payload = given.get("payload") or {}
    if payload.get("attachment_id"):
        return uploads.sent(context, kind, str(payload["attachment_id"]))
    url = str(payload.get("url", ""))
    if not url.startswith(("http://", "https://")):
        raise errors.bad_parameter("Failed to fetch the file from the url", 2018008)
    return {"type": kind, "payload": {"url": url}}


def _check_window(context: Context, conversation: Conversation) -> None:
    """24 hours from the customer's last message, 7 days with HUMAN_AGENT, nothing else since April 2026."""
    tag = context.call.text("tag").upper()
    if tag and tag != "HUMAN_AGENT":
        raise errors.bad_parameter("Param tag must be one of {HUMAN_AGENT}")
    last = talk.last_customer_ms(context.state, conversation)
    age = context.state.now_ms() - last if last is not None else None
    most = talk.HUMAN_AGENT_WINDOW_MS if tag else talk.STANDARD_WINDOW_MS
    if age is not None and age <= most:
        return
    if conversation.platform == INSTAGRAM:
        raise GraphError(10, WINDOW_TEXT, 2534022)
    raise GraphError(10, f"{WINDOW_TEXT} Learn more about the new policy here: {POLICY_LINK}", 2018278)
