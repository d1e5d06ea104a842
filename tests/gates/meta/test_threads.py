"""Whole conversations of Meta's inbox, whatever they are made of."""

import requests_mock

from tests.gates.meta.conftest import ROOT, query
from webapp.core.crypto import Secret
from webapp.meta.client import GraphClient
from webapp.meta.gateway import RemoteAttachment

URL = f"{ROOT}/4225/conversations"
AT = "2026-11-22T12:00:00+0000"


def test_a_page_of_conversations_is_asked_for_and_read(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    sides = {"from": {"id": "561"}, "to": {"data": [{"id": "1784"}]}, "created_time": AT}
    messages = [
        {"id": "m1", "message": "你好", **sides},
        {"id": "m2", "message": "", **sides, "attachments": {"data": [{"image_data": {"url": "https://a/1"}}]}},
        {"id": "m3", **sides, "attachments": {"data": [{"mime_type": "audio/mp4", "file_url": "https://a/2"}]}},
        {"id": "m4", **sides, "story": {"mention": {"link": "https://a/3", "id": "1"}}},
        {"id": "m5", **sides, "shares": {"data": [{"link": "https://a/4", "name": "Post"}]}},
        {"id": "m6", **sides, "is_unsupported": True},
        {"id": "older", "created_time": AT},
        {"id": "no time"},
        {"created_time": AT},
    ]
    conversation = {"id": "t1", "updated_time": AT, "messages": {"data": messages}}
    following = f"{URL}?access_token=EAAB&limit=10&after=c2"
    meta.get(URL, json={"data": [conversation, {"id": "t2"}], "paging": {"next": following}})
    page = graph.conversations("instagram", "4225", page_token, after="c1", limit=10)
    asked = query(meta.last_request)
    assert (asked["platform"], asked["limit"], asked["after"]) == ("instagram", "10", "c1")
    assert "messages.limit(20)" in asked["fields"]
    assert "story" in asked["fields"]
    assert page.after == "c2"
    first, second = page.conversations
    assert second.messages == ()
    assert [one.id for one in first.messages] == ["m1", "m2", "m3", "m4", "m5", "m6", "older"]
    assert [(one.kind, one.url) for message in first.messages for one in message.attachments] == [
        ("image", "https://a/1"),
        ("audio", "https://a/2"),
        ("story_mention", "https://a/3"),
        ("share", "https://a/4"),
    ]
    assert first.messages[4].attachments[0] == RemoteAttachment("share", "https://a/4", "Post")
    assert (first.messages[0].sender_id, first.messages[0].recipient_id) == ("561", "1784")
    assert first.messages[5].is_unsupported


def test_messenger_is_not_asked_for_what_it_does_not_know(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    meta.get(URL, json={"data": []})
    page = graph.conversations("messenger", "4225", page_token, limit=5)
    assert (page.conversations, page.after) == ((), None)
    asked = query(meta.last_request)
    assert "story" not in asked["fields"]
    assert "after" not in asked


def test_what_no_database_takes_and_what_no_link_may_hold_stays_outside(
    graph: GraphClient, meta: requests_mock.Mocker, page_token: Secret
) -> None:
    shares = {"data": [{"link": "javascript:alert(1)", "name": "Post \x00"}, {"link": "https://a/\x001"}]}
    message = {"id": "m\x001", "created_time": AT, "from": {"id": "56\x001"}, "message": "half \ud83d nul \x00"}
    told = {"data": [{"id": "t1", "updated_time": AT, "messages": {"data": [message | {"shares": shares}]}}]}
    meta.get(URL, json=told)
    ((read,),) = (one.messages for one in graph.conversations("instagram", "4225", page_token, limit=1).conversations)
    assert (read.id, read.sender_id, read.text) == ("m1", "561", "half \ufffd nul ")
    assert [(one.url, one.title) for one in read.attachments] == [("", "Post "), ("https://a/1", "")]
    assert graph.newest_messages("instagram", "4225", page_token) == [read]
