"""What customers do, and what owners do in their own app: stored as Meta stores it, and told to the app."""

from typing import Any

from sandbox import news, payloads, talk
from sandbox.forms import FORMS, Form, Scene
from sandbox.model import Conversation, Message
from sandbox.runtime import Sandbox, describe
from sandbox.state import State


class BadAct(ValueError):
    """Something that cannot be done in this conversation; the message says why."""


def act(sandbox: Sandbox, conversation: Conversation, name: str, text: str = "", mid: str = "") -> dict[str, Any]:
    """Do one form by name. `mid` is the message it speaks of; without one, the newest that fits.

    Answers the ids of the conversation and the message, and whether a webhook was sent.
    """
    form = FORMS.get(name)
    if form is None or conversation.platform not in form.platforms:
        raise BadAct(f"form must be one of {', '.join(names_for(conversation.platform))}, not {name!r}.")
    state = sandbox.state
    target = _target(state, conversation, form, mid)
    now = state.now_ms()
    scene = Scene(conversation, sandbox.origin, now, sandbox.settings.app_id, text.strip(), target)
    if form.kind == "message":
        return _written(sandbox, conversation, form.build(scene))
    if form.kind == "entry":
        sent = news.publish_entry(sandbox, conversation, form.field, form.build(scene), form.name)
        return {"delivered": sent is not None, **describe(state, conversation)}
    return _happened(sandbox, form, scene)


def names_for(platform: str) -> list[str]:
    return [form.name for form in FORMS.values() if platform in form.platforms]


def _written(sandbox: Sandbox, conversation: Conversation, content: dict[str, Any]) -> dict[str, Any]:
    if "text" in content and not content["text"]:
        raise BadAct("text must not be empty.")
    message = talk.write(sandbox.state, conversation, content, from_customer=True)
    sent = news.publish_message(sandbox, conversation, message)
    return {"mid": message.mid, "delivered": sent is not None, **describe(sandbox.state, conversation)}


def _happened(sandbox: Sandbox, form: Form, scene: Scene) -> dict[str, Any]:
    built = form.build(scene)
    _change(scene, form.name, built)
    event = payloads.customer_event(scene.conversation, scene.at_ms, {form.part: built})
    sent = news.publish(sandbox, scene.conversation, form.field, event, f"{form.name} {scene.mid}")
    return {"mid": scene.mid, "delivered": sent is not None, **describe(sandbox.state, scene.conversation)}


def _change(scene: Scene, name: str, built: dict[str, Any]) -> None:
    """What Meta itself remembers of the event."""
    target, customer_id = scene.target, scene.conversation.customer_id
    if name == "read":
        scene.conversation.read_ms = scene.at_ms
    if target is None:
        return
    if name == "reaction":
        target.reactions[customer_id] = built["emoji"]
    elif name == "unreact":
        target.reactions.pop(customer_id, None)
    elif name == "unsend":
        target.unsent, target.content = True, {}
    elif name == "edit":
        if not built["text"]:
            raise BadAct("text must not be empty.")
        target.content, target.edits = {**target.content, "text": built["text"]}, built["num_edit"]


def _target(state: State, conversation: Conversation, form: Form, mid: str) -> Message | None:
    """The named message, else the newest one that this form can speak of."""
    if not form.needs_target:
        return state.messages.get(mid)
    own_only = form.name in ("edit", "unsend")
    rows = [
        row
        for row in state.messages_of(conversation.id)
        if not row.unsent and (not own_only or row.sender_id == conversation.customer_id)
    ]
    found = next((row for row in rows if row.mid == mid), None) if mid else _newest(rows, form, conversation)
    if found is None:
        raise BadAct(f"{form.name} needs a message of this conversation that it can speak of.")
    return found


def _newest(rows: list[Message], form: Form, conversation: Conversation) -> Message | None:
    """Reading, delivery and reactions speak of the business's words first."""
    if form.name in ("read", "delivery", "reaction"):
        theirs = [row for row in rows if row.sender_id == conversation.account_id]
        rows = theirs or rows
    return next(iter(rows), None)


def business_sends(sandbox: Sandbox, conversation: Conversation, content: dict[str, Any]) -> dict[str, Any]:
    """Answered in the Instagram or Messenger app itself: an echo without our app's id."""
    message = talk.write(sandbox.state, conversation, content, from_customer=False)
    sent = news.publish_message(sandbox, conversation, message)
    return {"mid": message.mid, "delivered": sent is not None, **describe(sandbox.state, conversation)}
