"""What the control API shows of the state: everything but tokens and codes."""

from dataclasses import asdict
from typing import Any

from sandbox import causes
from sandbox.causes import TABLE, Subject
from sandbox.model import Conversation, Page, Person
from sandbox.runtime import Sandbox
from sandbox.state import State


def whole(sandbox: Sandbox) -> dict[str, Any]:
    state, settings = sandbox.state, sandbox.settings
    return {
        "now": state.now(),
        "revision": sandbox.revision,
        "app": {"id": settings.app_id, "name": settings.app_name, "webhook_url": settings.webhook_url},
        "people": [_person(state, person) for person in state.people.values()],
        "pages": [_page(state, page) for page in state.pages.values()],
        "instagram": [asdict(account) for account in state.instagram.values()],
        "businesses": [asdict(business) for business in state.businesses.values()],
        "customers": [asdict(customer) for customer in state.customers.values()],
        "conversations": [conversation(state, row) for row in state.conversations.values()],
        "subscriptions": [_subscription(row) for row in state.subscriptions.values()],
        "causes": sorted(state.flags),
        "faults": [asdict(fault) for fault in state.faults],
    }


def _person(state: State, person: Person) -> dict[str, Any]:
    grant = state.grants.get(person.id)
    return {
        **asdict(person),
        "grant": asdict(grant) if grant else None,
        "causes": on_for(state, Subject(person=person.id)),
    }


def _page(state: State, page: Page) -> dict[str, Any]:
    subject = Subject(page=page.id, account=page.instagram_id or "")
    return {**asdict(page), "causes": on_for(state, subject)}


def on_for(state: State, subject: Subject) -> list[str]:
    """The names of the causes that hold for exactly this subject."""
    return [
        cause.name
        for cause in TABLE.values()
        if cause.scope
        and all(getattr(subject, part) for part in cause.scope)
        and causes.is_on(state, cause.name, subject)
    ]


def _subscription(row: Any) -> dict[str, Any]:
    shown = asdict(row)
    del shown["verify_token"]
    return shown


def conversation(state: State, row: Conversation) -> dict[str, Any]:
    """One conversation with its messages, oldest first."""
    messages = [
        {
            "mid": message.mid,
            "from": message.sender_id,
            "to": message.recipient_id,
            "at_ms": message.at_ms,
            "by_app": message.app_id is not None,
            **message.content,
        }
        for message in reversed(state.messages_of(row.id))
    ]
    return {**asdict(row), "messages": messages}
