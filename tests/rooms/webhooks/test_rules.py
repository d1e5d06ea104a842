"""Reading deliveries: every form of the reference, and everything that is in no reference."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.rooms.webhooks import forms
from tests.rooms.webhooks.wire import ACCOUNT, AT, CUSTOMER, NOON, delivery, dm, echo, entry, event
from webapp.inbox.events import (
    Attachment,
    DeletedEvent,
    DeliveredEvent,
    EditedEvent,
    Event,
    MessageEvent,
    ReactionEvent,
    ReadEvent,
)
from webapp.inbox.rules import KINDS
from webapp.webhooks.rules import read
from webapp.webhooks.rules.delivery import READERS
from webapp.webhooks.rules.ignored import IGNORED


def events(body: bytes) -> list[Event]:
    return [one for entry in read(body, NOON).entries for one in entry.events]


def only(body: bytes) -> Any:
    (found,) = events(body)
    return found


def message(**fields: Any) -> Any:
    return only(delivery(entry(event(message={"mid": "m"} | fields))))


def test_a_text_is_read_with_its_customer_its_time_and_its_id() -> None:
    assert only(dm("你好 ❤️ https://e.x/a")) == MessageEvent(CUSTOMER, NOON, "mid-1", text="你好 ❤️ https://e.x/a")


def test_the_object_says_the_platform_and_the_entry_the_account() -> None:
    told = read(delivery(entry(event(message={"mid": "m", "text": "x"})), object="page"), NOON)
    assert (told.platform, told.entries[0].account_id) == ("messenger", ACCOUNT)


@pytest.mark.parametrize("form", ["messaging", "standby"])
def test_what_another_app_answers_is_read_like_the_rest(form: str) -> None:
    assert only(delivery(entry(event(message={"mid": "m", "text": "x"}), form=form))).text == "x"


def test_the_changes_form_is_read_with_its_seconds_as_text() -> None:
    value = event(message={"mid": "m", "text": "x"}) | {"timestamp": "1763812800"}
    told = only(delivery(entry({"field": "messages", "value": value}, form="changes")))
    assert (told.text, told.at) == ("x", NOON)


def test_changes_about_posts_are_not_messages() -> None:
    assert events(delivery(entry({"field": "comments", "value": {"text": "nice"}}, form="changes"))) == []


def test_the_test_button_of_the_dashboard_names_an_account_that_nobody_has() -> None:
    body = (
        b'{"entry":[{"id":"0","time":1724300000,"changes":[{"field":"messages","value":{"sender":{"id":"12334"},'
        b'"recipient":{"id":"23245"},"timestamp":"1527459824","message":{"mid":"random_mid","text":"random_text"}}}]}]'
        b',"object":"instagram"}'
    )
    told = read(body, NOON)
    assert told.entries[0].account_id == "0"
    assert told.entries[0].events[0].at == datetime(2018, 5, 27, 22, 23, 44, tzinfo=UTC)


def test_many_entries_and_many_events_keep_their_order() -> None:
    first, second = ({"mid": name, "text": name} for name in "ab")
    body = delivery(entry(event(message=first), event(message=second)), entry(event(message=first), account="9"))
    told = read(body, NOON)
    assert [[one.text for one in entry.events] for entry in told.entries] == [["a", "b"], ["a"]]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        (AT, NOON),
        (AT // 1000, NOON),
        (str(AT), NOON),
        (str(AT // 1000), NOON),
        (float(AT), NOON),
        # What cannot be a time is the entry's.
        (None, NOON),
        ("soon", NOON),
        (True, NOON),
        (-5, NOON),
        (10**400, NOON),
        ("9" * 5000, NOON),
        ({"at": 1}, NOON),
        # A clock that runs ahead must not keep a message on top for ever.
        (AT + 10**9, NOON),
    ],
)
def test_times_come_in_seconds_milliseconds_or_as_text(stamp: object, moment: datetime) -> None:
    assert only(dm(timestamp=stamp)).at == moment


def test_ids_may_be_numbers() -> None:
    numbers = event(message={"mid": "m", "text": "x"}) | {"sender": {"id": 77}, "recipient": {"id": 88}}
    told = read(delivery({"id": 88, "messaging": [numbers]}), NOON)
    assert (told.entries[0].account_id, told.entries[0].events[0].contact_id) == ("88", "77")


def test_an_echo_belongs_to_the_customer_it_went_to() -> None:
    told = only(delivery(entry(echo(mid="m", text="from the app"))))
    assert (told.contact_id, told.is_echo, told.text) == (CUSTOMER, True, "from the app")


def test_every_form_of_the_reference_becomes_an_event_or_is_ignored_for_a_reason() -> None:
    told = forms.events("m")
    ignored = [set(one) & IGNORED.keys() for one in told if not events(delivery(entry(one)))]
    assert all(ignored), ignored
    assert len(ignored) < len(told) / 3
    # What stands in the table is not read after all.
    assert not IGNORED.keys() & READERS.keys()


def test_a_note_to_oneself_is_no_conversation() -> None:
    own = event(message={"mid": "m", "text": "x", "is_self": True}) | {"sender": {"id": ACCOUNT}}
    assert events(delivery(entry(own))) == []


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("image", "image"),
        ("sticker", "sticker"),
        ("video", "video"),
        ("audio", "audio"),
        ("file", "file"),
        ("share", "share"),
        ("fallback", "share"),
        ("template", "share"),
        ("ig_reel", "reel"),
        ("ig_post", "post"),
        ("story_mention", "story_mention"),
        ("ephemeral", "ephemeral"),
        ("unsupported_type", "unsupported"),
        ("hologram", "unsupported"),
        (None, "unsupported"),
    ],
)
def test_each_attachment_type_has_a_kind_and_an_unknown_one_is_still_shown(type: object, kind: str) -> None:
    told = message(attachments=[{"type": type, "payload": {"url": "https://cdn.example/x", "title": "T"}}])
    assert (told.kind, told.attachments[0].url, told.attachments[0].title) == (kind, "https://cdn.example/x", "T")
    assert told.kind in KINDS


AD = {
    "ad_id": "23",
    "source": "ADS",
    "ads_context_data": {"ad_title": "秋季新品", "photo_url": "https://cdn.example/x"},
}


@pytest.mark.parametrize(
    ("referral", "kind", "title"),
    [
        ({"product": {"id": "55"}}, "product", "55"),
        (AD, "ad", "秋季新品"),
        ({"source": "ADS", "ad_id": 23}, "ad", "23"),
        ({"source": "ADS"}, "ad", ""),
        ({"ref": "autumn", "source": "IGME-SOURCE-LINK"}, "link", "autumn"),
    ],
)
def test_where_a_message_came_from_stands_before_its_words(referral: dict[str, Any], kind: str, title: str) -> None:
    told = message(text="還有嗎", referral=referral)
    assert (told.kind, told.text, told.attachments) == ("text", "還有嗎", (Attachment(kind, "", title),))
    assert kind in KINDS
    assert message(referral=referral).kind == kind
    pressed = only(delivery(entry(event(postback={"mid": "m", "title": "Prices", "referral": referral}))))
    assert (pressed.kind, pressed.attachments) == ("postback", told.attachments)


@pytest.mark.parametrize(
    "referral", [None, "x", [], {}, {"product": 5}, {"product": {"id": {}}, "ads_context_data": 7}]
)
def test_an_origin_that_cannot_be_read_is_none(referral: object) -> None:
    assert message(text="x", referral=referral).attachments == ()


def test_a_product_that_was_shared_has_its_name() -> None:
    elements = [{"id": "55", "title": "手沖組"}]
    told = message(attachments=[{"type": "template", "payload": {"product": {"elements": elements}}}])
    assert (told.kind, told.attachments[0].title) == ("share", "手沖組")


@pytest.mark.parametrize("fields", [{}, {"is_unsupported": True}, {"text": 7}, {"attachments": {}}, {"hologram": 1}])
def test_a_message_that_shows_nothing_is_still_a_message(fields: dict[str, Any]) -> None:
    assert message(**fields).kind == "unsupported"


def test_only_web_addresses_become_links() -> None:
    told = message(attachments=[{"type": "image", "payload": {"url": "javascript:alert(1)"}}])
    assert told.attachments[0].url == ""


def test_replies_name_what_they_answer() -> None:
    assert message(text="re", reply_to={"mid": "other"}).reply_to_mid == "other"
    told = message(text="nice", reply_to={"story": {"url": "https://cdn.example/s", "id": "1"}})
    assert (told.kind, told.attachments[0].url, told.text) == ("story_reply", "https://cdn.example/s", "nice")


def test_a_quick_reply_reads_like_its_words() -> None:
    assert message(text="Yes", quick_reply={"payload": "YES"}).text == "Yes"


def test_an_unsent_message_is_a_removal() -> None:
    assert message(is_deleted=True) == DeletedEvent(CUSTOMER, NOON, "m")


def test_everything_else_a_customer_does_is_told_apart() -> None:
    told = events(
        delivery(
            entry(
                event(message_edit={"mid": "m", "text": "new", "num_edit": 1}),
                event(reaction={"mid": "m", "action": "react", "reaction": "love", "emoji": "❤️"}),
                event(reaction={"mid": "m", "action": "unreact"}),
                event(read={"mid": "m"}),
                event(read={"watermark": AT - 60_000}),
                event(delivery={"mids": ["m"], "watermark": AT}),
                event(postback={"mid": "p", "title": "Opening hours?", "payload": "HOURS"}),
            )
        )
    )
    assert told[:4] == [
        EditedEvent(CUSTOMER, NOON, "m", "new", 1),
        ReactionEvent(CUSTOMER, NOON, "m", "❤️"),
        ReactionEvent(CUSTOMER, NOON, "m", ""),
        ReadEvent(CUSTOMER, NOON, "m"),
    ]
    assert told[4] == ReadEvent(CUSTOMER, datetime(2025, 11, 22, 11, 59, tzinfo=UTC), None)
    assert told[5] == DeliveredEvent(CUSTOMER, NOON)
    assert told[6] == MessageEvent(CUSTOMER, NOON, "p", kind="postback", text="Opening hours?")


def test_routing_and_referrals_are_left_out_on_purpose() -> None:
    body = delivery(
        entry(
            event(pass_thread_control={"new_owner_app_id": "1"}),
            event(referral={"ref": "R", "source": "IGME-SOURCE-LINK"}),
            event(optin={"type": "notification_messages"}),
            event(policy_enforcement={"action": "warning"}),
        )
    )
    assert events(body) == []


def test_texts_are_made_safe_to_keep() -> None:
    told = only(
        b'{"object":"instagram","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},"recipient":{"id":"1"},'
        b'"message":{"mid":"m","text":"a\\u0000b \\ud800 \\ud83d\\ude00"}}]}]}'
    )
    assert told.text == "ab \ufffd 😀"
    assert len(message(text="x", mid="m" * 9000).mid) < 100
