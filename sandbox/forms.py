"""Every webhook form that Meta's reference shows, by name: what a customer does, and what it looks like on the wire.

A `message` form is a new message; an `event` form tells something about what stands already; an `entry` form is
a whole element of `entry` that is no conversation event. Sources: Instagram messaging webhooks, Messenger events.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import ids
from sandbox.model import INSTAGRAM, MESSENGER, Conversation, Message

BOTH, ON_INSTAGRAM, ON_PAGES = (INSTAGRAM, MESSENGER), (INSTAGRAM,), (MESSENGER,)
OTHER_APP = "1209384756102938"
ON_PAGES_CALLED = {"laugh": "smile"}
EMOJI = {"love": "❤️", "laugh": "😆", "wow": "😮", "sad": "😢", "angry": "😡", "like": "👍"}


@dataclass(frozen=True)
class Scene:
    """What a form is built from. `target` is the message that it speaks of; `origin` is http://host:port."""

    conversation: Conversation
    origin: str
    at_ms: int
    app_id: str
    text: str = ""
    target: Message | None = None

    @property
    def mid(self) -> str:
        return self.target.mid if self.target else ""

    @property
    def on_instagram(self) -> bool:
        return self.conversation.platform == INSTAGRAM

    def file(self, name: str) -> str:
        return f"{self.origin}/media/{name}"


Built = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """One form. `field` is Instagram's webhook field, `part` the key beside sender and recipient."""

    name: str
    kind: str
    field: str
    part: str
    build: Callable[[Scene], Built]
    platforms: tuple[str, ...] = BOTH
    needs_target: bool = False


def _attached(kind: str, file: str = "", **payload: str) -> Callable[[Scene], Built]:
    def build(scene: Scene) -> Built:
        inside: Built = {"url": scene.file(file), **payload} if file else dict(payload)
        return {"attachments": [{"type": kind, "payload": inside} if inside else {"type": kind}]}

    return build


def _message(name: str, build: Callable[[Scene], Built], platforms: tuple[str, ...] = BOTH) -> Form:
    return Form(name, "message", "messages", "message", build, platforms, needs_target=name == "reply")


def _story_reply(scene: Scene) -> Built:
    story = {"url": scene.file("story.png"), "id": f"1795{ids.digits(13)}"}
    return {"text": scene.text or "這則限動好可愛！", "reply_to": {"story": story}}


def _post(scene: Scene) -> Built:
    payload = {"id": f"1801{ids.digits(13)}", "title": "本週新品", "url": scene.file("photo.png")}
    return {"attachments": [{"type": "ig_post", "payload": payload}]}


def _reel(scene: Scene) -> Built:
    payload = {"reel_video_id": f"1802{ids.digits(13)}", "title": "拉花教學", "url": scene.file("clip.webm")}
    return {"attachments": [{"type": "ig_reel", "payload": payload}]}


def _from_ad(scene: Scene) -> Built:
    advert = {"ad_title": "秋季新品", "photo_url": scene.file("photo.png")}
    referral = {"ref": "autumn", "ad_id": f"238{ids.digits(14)}", "source": "ADS", "type": "OPEN_THREAD"}
    return {"text": scene.text or "我看到廣告，想了解一下", "referral": {**referral, "ads_context_data": advert}}


def _about_product(scene: Scene) -> Built:
    return {"text": scene.text or "這個還有貨嗎？", "referral": {"product": {"id": f"55{ids.digits(14)}"}}}


def _product_template(scene: Scene) -> Built:
    element = {"id": f"55{ids.digits(14)}", "title": "手沖組", "image_url": scene.file("photo.png")}
    return {"attachments": [{"type": "template", "payload": {"product": {"elements": [element]}}}]}


def _reaction(scene: Scene) -> Built:
    name = scene.text if scene.text in EMOJI else "love"
    said = name if scene.on_instagram else ON_PAGES_CALLED.get(name, name)
    return {"mid": scene.mid, "action": "react", "reaction": said, "emoji": EMOJI[name]}


def _edit(scene: Scene) -> Built:
    edits = scene.target.edits if scene.target else 0
    return {"mid": scene.mid, "text": scene.text, "num_edit": edits + 1}


def _read(scene: Scene) -> Built:
    return {"mid": scene.mid} if scene.on_instagram else {"watermark": scene.at_ms}


def _postback(scene: Scene) -> Built:
    built: Built = {"mid": scene.mid, "title": scene.text or "營業時間？", "payload": "OPENING_HOURS"}
    if not scene.on_instagram:
        built["referral"] = {"ref": "shop-window", "source": "SHORTLINK", "type": "OPEN_THREAD"}
    return built


def _referral(scene: Scene) -> Built:
    source = "IGME-SOURCE-LINK" if scene.on_instagram else "SHORTLINK"
    return {"ref": "shop-window", "source": source, "type": "OPEN_THREAD"}


def _optin(scene: Scene) -> Built:
    return {
        "type": "notification_messages",
        "payload": "NEWS",
        "title": "新品通知",
        "notification_messages_token": ids.digits(19),
        "notification_messages_frequency": "WEEKLY",
        "notification_messages_timezone": "Asia/Taipei",
        "token_expiry_timestamp": scene.at_ms + 15_552_000_000,
        "user_token_status": "NOT_REFRESHED",
        "notification_messages_status": "RESUME_NOTIFICATIONS",
    }


def _handover(*parts: tuple[str, Callable[[Scene], str]]) -> Callable[[Scene], Built]:
    return lambda scene: {**{name: app(scene) for name, app in parts}, "metadata": ""}


def _ours(scene: Scene) -> str:
    return scene.app_id


def _theirs(scene: Scene) -> str:
    return OTHER_APP


def _dashboard_test(scene: Scene) -> Built:
    """What the "Test" button of the dashboard sends: ids that belong to nobody, time as text in seconds."""
    value = {
        "sender": {"id": "12334"},
        "recipient": {"id": "23245"},
        "timestamp": "1527459824",
        "message": {"mid": "random_mid", "text": "random_text"},
    }
    return {"id": "0", "changes": [{"field": "messages", "value": value}]}


def _changed(field: str, part: str, build: Callable[[Scene], Built]) -> Callable[[Scene], Built]:
    """A conversation event in the `changes` form, as seen in the field."""

    def entry(scene: Scene) -> Built:
        ends = {"sender": {"id": scene.conversation.customer_id}, "recipient": {"id": scene.conversation.account_id}}
        value = {**ends, "timestamp": str(scene.at_ms // 1000), part: build(scene)}
        return {"changes": [{"field": field, "value": value}]}

    return entry


def _comment(scene: Scene) -> Built:
    who = {"id": scene.conversation.customer_id, "username": "passer.by"}
    media = {"id": f"1801{ids.digits(13)}", "media_product_type": "FEED"}
    value = {"id": f"1788{ids.digits(13)}", "from": who, "text": scene.text or "好美！", "media": media}
    return {"changes": [{"field": "comments", "value": value}]}


def _feed(scene: Scene) -> Built:
    value = {"item": "status", "verb": "add", "post_id": f"{scene.conversation.account_id}_{ids.digits(12)}"}
    return {"changes": [{"field": "feed", "value": {**value, "created_time": scene.at_ms // 1000}}]}


def _app_roles(scene: Scene) -> Built:
    """The old announcement of a role: a recipient and no sender."""
    event = {
        "recipient": {"id": scene.conversation.account_id},
        "timestamp": scene.at_ms,
        "app_roles": {scene.app_id: ["primary_receiver"]},
    }
    return {"messaging": [event]}


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        _message("text", lambda scene: {"text": scene.text}),
        _message("reply", lambda scene: {"text": scene.text, "reply_to": {"mid": scene.mid}}),
        _message("image", _attached("image", "photo.png")),
        _message("video", _attached("video", "clip.webm")),
        _message("audio", _attached("audio", "voice.wav")),
        _message("file", _attached("file", "order.pdf")),
        _message("story_mention", _attached("story_mention", "story.png"), ON_INSTAGRAM),
        _message("story_reply", _story_reply, ON_INSTAGRAM),
        _message("share", _attached("share", "photo.png"), ON_INSTAGRAM),
        _message("ig_post", _post, ON_INSTAGRAM),
        _message("ig_reel", _reel, ON_INSTAGRAM),
        _message("ephemeral", _attached("ephemeral"), ON_INSTAGRAM),
        _message("unsupported_type", _attached("unsupported_type", "photo.png"), ON_INSTAGRAM),
        _message("is_unsupported", lambda scene: {"is_unsupported": True}, ON_INSTAGRAM),
        _message("about_product", _about_product, ON_INSTAGRAM),
        _message("from_ad", _from_ad, ON_INSTAGRAM),
        _message("sticker", _attached("sticker", "heart.png", sticker_id="369239263222822"), ON_PAGES),
        _message("fallback", _attached("fallback", "photo.png", title="本週新品"), ON_PAGES),
        _message("fallback_bare", _attached("fallback"), ON_PAGES),
        _message("template", _product_template, ON_PAGES),
        _message("quick_reply", lambda scene: {"text": scene.text or "好", "quick_reply": {"payload": "YES"}}),
        Form("reaction", "event", "message_reactions", "reaction", _reaction, needs_target=True),
        Form(
            "unreact", "event", "message_reactions", "reaction",
            lambda scene: {"mid": scene.mid, "action": "unreact"}, needs_target=True,
        ),
        Form("edit", "event", "message_edit", "message_edit", _edit, needs_target=True),
        Form(
            "unsend", "event", "messages", "message",
            lambda scene: {"mid": scene.mid, "is_deleted": True}, ON_INSTAGRAM, needs_target=True,
        ),
        Form("read", "event", "messaging_seen", "read", _read, needs_target=True),
        Form(
            "delivery", "event", "message_deliveries", "delivery",
            lambda scene: {"mids": [scene.mid], "watermark": scene.at_ms}, ON_PAGES, needs_target=True,
        ),
        Form("postback", "event", "messaging_postbacks", "postback", _postback),
        Form("referral", "event", "messaging_referral", "referral", _referral),
        Form("optin", "event", "messaging_optins", "optin", _optin),
        Form(
            "policy_enforcement", "event", "messaging_policy_enforcement", "policy_enforcement",
            lambda scene: {"action": "warning", "reason": "Too many people blocked this Page."}, ON_PAGES,
        ),
        Form(
            "pass_thread_control", "event", "messaging_handover", "pass_thread_control",
            _handover(("previous_owner_app_id", _theirs), ("new_owner_app_id", _ours)),
        ),
        Form(
            "take_thread_control", "event", "messaging_handover", "take_thread_control",
            _handover(("previous_owner_app_id", _ours), ("new_owner_app_id", _theirs)),
        ),
        Form(
            "request_thread_control", "event", "messaging_handover", "request_thread_control",
            _handover(("requested_owner_app_id", _theirs)),
        ),
        Form("app_roles", "entry", "messaging_handover", "", _app_roles, ON_PAGES),
        Form("dashboard_test", "entry", "messages", "", _dashboard_test, ON_INSTAGRAM),
        Form(
            "changes_postback", "entry", "messaging_postbacks", "",
            _changed("messaging_postbacks", "postback", _postback), ON_INSTAGRAM,
        ),
        Form("comment", "entry", "comments", "", _comment, ON_INSTAGRAM),
        Form("feed", "entry", "feed", "", _feed, ON_PAGES),
    )
}  # fmt: skip
