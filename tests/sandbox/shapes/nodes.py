"""What nodes look like. Fields may be asked for one by one, so nearly all are optional; `id` always comes."""

from tests.sandbox.shapes.parts import (
    ID,
    SECONDS,
    TEXT,
    TRUTH,
    URL,
    WHOLE,
    WIRE_TIME,
    WORDS,
    Schema,
    exact,
    listing,
    many,
    one_of,
)

PICTURE = exact({"data": exact({}, height=WHOLE, width=WHOLE, is_silhouette=TRUTH, url=URL)})
USER = exact({"id": ID}, name=WORDS, email=WORDS, first_name=TEXT, last_name=TEXT, picture=PICTURE)

# Field list of the SDK's IGUser; there is no account_type on graph.facebook.com.
INSTAGRAM = exact(
    {"id": ID},
    username=WORDS,
    name=TEXT,
    ig_id=WHOLE,
    biography=TEXT,
    website=TEXT,
    profile_picture_url=URL,
    followers_count=WHOLE,
    follows_count=WHOLE,
    media_count=WHOLE,
    has_profile_pic=TRUTH,
    is_published=TRUTH,
)

TASK = one_of("ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE")
FEATURES = exact({"hop_v2": TRUTH, "msgr_multi_app": TRUTH, "ig_multi_app": TRUTH})
PAGE = exact(
    {"id": ID},
    name=WORDS,
    category=WORDS,
    category_list=many(exact({"id": ID, "name": WORDS}), 1),
    access_token={"type": "string", "pattern": "^EAA"},
    tasks=many(TASK),
    picture=PICTURE,
    link=URL,
    username=TEXT,
    is_published=TRUTH,
    instagram_business_account=INSTAGRAM,
    connected_instagram_account=INSTAGRAM,
    messaging_feature_status=FEATURES,
    has_transitioned_to_new_page_experience=TRUTH,
)
BUSINESS = exact({"id": ID, "name": WORDS})
APP = exact({"id": ID, "name": WORDS}, link=URL, category=WORDS)

INSTAGRAM_CUSTOMER = exact(
    {"id": ID},
    name={"type": ["string", "null"]},
    username=WORDS,
    profile_pic={"type": ["string", "null"]},
    follower_count=WHOLE,
    is_user_follow_business=TRUTH,
    is_business_follow_user=TRUTH,
    is_verified_user=TRUTH,
)
MESSENGER_CUSTOMER = exact(
    {"id": ID}, name=WORDS, first_name=TEXT, last_name=TEXT, profile_pic=URL, locale=WORDS, timezone=WHOLE
)

MESSENGER_PARTY = exact({"id": ID, "name": WORDS, "email": WORDS})
PARTY: Schema = {"anyOf": [exact({"id": ID, "username": WORDS}), MESSENGER_PARTY]}
PICTURED = exact({"url": URL, "preview_url": URL, "width": WHOLE, "height": WHOLE})
ATTACHMENT = exact(
    {"id": WORDS}, mime_type=WORDS, name=WORDS, size=WHOLE, file_url=TEXT, image_data=PICTURED, video_data=PICTURED
)
MESSAGE_ID: Schema = {"type": "string", "pattern": "^(m_|aWdf).{20,}"}
REPLY = exact({}, mid=MESSAGE_ID, story=exact({"url": URL, "id": WORDS}), is_self_reply=TRUTH)
REACTIONS = exact({"data": many(exact({"reaction": WORDS, "users": many(PARTY, 1)}), 1)})
MESSAGE = exact(
    {"id": MESSAGE_ID},
    created_time=WIRE_TIME,
    **{"from": PARTY},
    to=exact({"data": many(PARTY, 1)}),
    message=TEXT,
    attachments=exact({"data": many(ATTACHMENT, 1)}),
    reply_to=REPLY,
    reactions=REACTIONS,
    is_unsupported=TRUTH,
)
CONVERSATION = exact(
    {"id": {"type": "string", "pattern": "^(t_|aWdf)"}},
    updated_time=WIRE_TIME,
    link=WORDS,
    participants=exact({"data": many(PARTY, 2)}),
    messages=listing(MESSAGE),
    message_count=WHOLE,
    unread_count=WHOLE,
    can_reply=TRUTH,
)

TOKEN_ERROR = exact({"code": WHOLE, "message": WORDS}, subcode=WHOLE)
GRANULAR = exact({"scope": WORDS}, target_ids=many(ID))
TOKEN_TYPE = one_of("USER", "PAGE", "APP", "SYSTEM_USER")
# expires_at 0 means never.
EXPIRY: Schema = {"anyOf": [{"const": 0}, SECONDS]}
DEBUGGED = exact(
    {"is_valid": TRUTH, "scopes": many(WORDS)},
    app_id=ID,
    type=TOKEN_TYPE,
    application=WORDS,
    data_access_expires_at=SECONDS,
    expires_at=EXPIRY,
    issued_at=SECONDS,
    granular_scopes=many(GRANULAR),
    user_id=ID,
    profile_id=ID,
    error=TOKEN_ERROR,
    metadata={"type": "object"},
)
