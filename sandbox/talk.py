"""Conversations and messages: who wrote what to whom, and how long the reply window stays open."""

from typing import Any

from sandbox import ids
from sandbox.model import INSTAGRAM, Conversation, Customer, Message
from sandbox.state import State

HOUR_MS = 3_600_000
STANDARD_WINDOW_MS = 24 * HOUR_MS
HUMAN_AGENT_WINDOW_MS = 7 * 24 * HOUR_MS


def platform_of(state: State, account_id: str) -> str:
    return INSTAGRAM if account_id in state.instagram else "messenger"


def conversation_with(state: State, platform: str, account_id: str, customer_id: str) -> Conversation:
    """The one conversation of this customer with this account, made when it is missing."""
    for conversation in state.conversations.values():
        if conversation.account_id == account_id and conversation.customer_id == customer_id:
            return conversation
    if platform == INSTAGRAM:
        new_id = ids.instagram_conversation_id(account_id, ids.digits(39))
    else:
        new_id = ids.messenger_conversation_id()
    conversation = Conversation(new_id, platform, account_id, customer_id)
    state.conversations[new_id] = conversation
    return conversation


def write(
    state: State,
    conversation: Conversation,
    content: dict[str, Any],
    from_customer: bool,
    at_ms: int | None = None,
    app_id: str | None = None,
) -> Message:
    """Add one message; `content` is its webhook form without the mid. Nobody writes twice in one millisecond."""
    ends = (conversation.customer_id, conversation.account_id)
    sender, recipient = ends if from_customer else ends[::-1]
    if conversation.platform == INSTAGRAM:
        mid = ids.instagram_mid(conversation.account_id, conversation.customer_id)
    else:
        mid = ids.messenger_mid()
    at = max(state.now_ms(), state.updated_ms(conversation) + 1) if at_ms is None else at_ms
    message = Message(mid, conversation.id, sender, recipient, at, content, app_id)
    state.keep_message(message)
    return message


def last_customer_ms(state: State, conversation: Conversation) -> int | None:
    """When the customer last wrote, in Unix milliseconds; None when never."""
    times = [row.at_ms for row in state.messages_of(conversation.id) if row.sender_id == conversation.customer_id]
    return max(times, default=None)


def find_customer(state: State, account_id: str, reference: str) -> Customer | None:
    """By id, name or username among the account's customers."""
    wanted = reference.removeprefix("@")
    for customer in state.customers.values():
        if customer.account_id == account_id and wanted in (customer.id, customer.name, customer.username):
            return customer
    return None


def new_customer(state: State, account_id: str, name: str) -> Customer:
    """A stranger who writes for the first time."""
    username = f"guest_{ids.digits(5)}" if account_id in state.instagram else ""
    customer = Customer(ids.digits(16), account_id, name, username)
    state.customers[customer.id] = customer
    return customer
