"""The `message` object: which kind it is, and what came with it."""

from datetime import datetime

from webapp.inbox.events import Attachment, DeletedEvent, EditedEvent, Event, MessageEvent
from webapp.meta.values import Json, a_count, a_list, a_text, an_address, an_id, an_object

MOST_ATTACHMENTS = 30

# Meta's attachment types → the kinds that the inbox shows; every other type is "unsupported".
ATTACHMENTS = {
    "image": "image",
    "sticker": "sticker",
    "video": "video",
    "audio": "audio",
    "file": "file",
    "share": "share",
    "fallback": "share",
    "template": "share",
    "ig_reel": "reel",
    "reel": "reel",
    "ig_post": "post",
    "post": "post",
    "story_mention": "story_mention",
    "ephemeral": "ephemeral",
}


def read_message(contact_id: str, at: datetime, message: Json) -> Event | None:
    """A message, or its removal; None when it has no id and so can neither be kept once nor found again."""
    mid = an_id(message.get("mid"))
    if not mid:
        return None
    if message.get("is_deleted") is True:
        return DeletedEvent(contact_id, at, mid)
    attachments, origin = _attachments(message), _origin(message)
    text = a_text(message.get("text"))
    return MessageEvent(
        contact_id,
        at,
        mid,
        is_echo=message.get("is_echo") is True,
        kind=_kind(message, text, attachments or (() if text else origin)),
        text=text,
        attachments=origin + attachments,
        reply_to_mid=an_id(an_object(message.get("reply_to")).get("mid")) or None,
    )


def read_edit(contact_id: str, at: datetime, edit: Json) -> Event | None:
    mid = an_id(edit.get("mid"))
    return EditedEvent(contact_id, at, mid, a_text(edit.get("text")), a_count(edit.get("num_edit"))) if mid else None


def read_postback(contact_id: str, at: datetime, postback: Json) -> Event:
    """A pressed button or icebreaker reads like a message with the button's words."""
    words = a_text(postback.get("title")) or a_text(postback.get("payload"))
    mid = an_id(postback.get("mid")) or f"postback:{contact_id}:{at.timestamp():.3f}"
    return MessageEvent(contact_id, at, mid, kind="postback", text=words, attachments=_origin(postback))


def _attachments(message: Json) -> tuple[Attachment, ...]:
    found = [_attachment(an_object(one)) for one in a_list(message.get("attachments"))[:MOST_ATTACHMENTS]]
    story = an_object(an_object(message.get("reply_to")).get("story"))
    if story:
        found.insert(0, Attachment("story_reply", an_address(story.get("url"))))
    return tuple(found)


def _attachment(one: Json) -> Attachment:
    name = a_text(one.get("type"))
    payload = an_object(one.get("payload"))
    return Attachment(
        ATTACHMENTS.get(name, "unsupported"),
        an_address(payload.get("url")) or an_address(one.get("url")),
        a_text(payload.get("title")) or a_text(one.get("title")) or _product_of(payload),
    )


def _product_of(template: Json) -> str:
    elements = a_list(an_object(template.get("product")).get("elements"))
    return a_text(an_object(elements[0]).get("title")) if elements else ""


def _origin(said: Json) -> tuple[Attachment, ...]:
    """What somebody looked at when they wrote: an ad, a product of the shop, a link of the business. It has no address:
    the pictures of an ad belong to Meta, and expire."""
    referral = an_object(said.get("referral"))
    product = an_id(an_object(referral.get("product")).get("id"))
    ad = an_id(referral.get("ad_id"))
    if product:
        return (Attachment("product", title=product),)
    if ad or a_text(referral.get("source")) == "ADS":
        title = a_text(an_object(referral.get("ads_context_data")).get("ad_title"))
        return (Attachment("ad", title=title or ad),)
    ref = a_text(referral.get("ref"))
    return (Attachment("link", title=ref),) if ref else ()


def _kind(message: Json, text: str, attachments: tuple[Attachment, ...]) -> str:
    if attachments:
        return attachments[0].kind
    # Also whatever Meta invents next: a message that shows nothing is still a message.
    return "text" if text and message.get("is_unsupported") is not True else "unsupported"
