"""Files are given to the stand-in first and sent by their id, as Meta wants it."""

import json

import pytest
import requests

from tests.sandbox.stand import LIN, MORNING, YATING, Stand, error_of

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def token(stand: Stand) -> str:
    return stand.page_token(stand.log_in(LIN))


def give(
    stand: Stand,
    token: str,
    kind: str = "image",
    mime: str = "image/png",
    body: bytes = PNG,
    platform: str = "instagram",
) -> requests.Response:
    message = json.dumps({"attachment": {"type": kind, "payload": {"is_reusable": True}}})
    data = {"platform": platform, "message": message}
    files = {"filedata": ("cup.png", body, mime)} if body else None
    return stand.call("POST", f"{MORNING}/message_attachments", token, data=data, files=files)


def test_an_uploaded_file_is_sent_by_its_id_and_reaches_the_customer(stand: Stand, token: str) -> None:
    given = give(stand, token).json()
    assert set(given) == {"attachment_id"}
    message = {"attachment": {"type": "image", "payload": {"attachment_id": given["attachment_id"]}}}
    answer = stand.post(f"{MORNING}/messages", token, recipient={"id": YATING}, message=message)
    assert set(answer.json()) == {"recipient_id", "message_id"}
    (sent,) = stand.look("state")["conversations"][0]["messages"][-1]["attachments"]
    assert sent["type"] == "image"
    assert requests.get(sent["payload"]["url"], timeout=5).content == PNG
    part = requests.get(sent["payload"]["url"], headers={"Range": "bytes=1-3"}, timeout=5)
    assert (part.status_code, part.content) == (206, b"PNG")


def test_what_nobody_uploaded_cannot_be_sent_and_has_expired(stand: Stand, token: str) -> None:
    message = {"attachment": {"type": "image", "payload": {"attachment_id": "1"}}}
    answer = stand.post(f"{MORNING}/messages", token, recipient={"id": YATING}, message=message)
    assert error_of(answer) == (100, 2018047)
    gone = requests.get(f"{stand.origin}/ig_messaging_cdn/?asset_id=1", timeout=5)
    assert (gone.status_code, gone.text) == (403, "URL signature expired")


@pytest.mark.parametrize(
    ("kind", "mime", "body", "platform", "expected"),
    [
        ("hologram", "image/png", PNG, "instagram", (100, None)),
        ("image", "image/png", b"", "instagram", (100, 2018008)),
        ("image", "image/png", bytes((8 << 20) + 1), "instagram", (100, 2018109)),
        ("image", "image/webp", PNG, "instagram", (100, 2018047)),
        ("file", "application/zip", PNG, "instagram", (100, 2018047)),
        ("file", "application/zip", PNG, "messenger", None),
    ],
)
def test_the_platforms_limits_are_kept(
    stand: Stand, token: str, kind: str, mime: str, body: bytes, platform: str, expected: tuple[int, int | None] | None
) -> None:
    answer = give(stand, token, kind, mime, body, platform)
    assert (None if answer.ok else error_of(answer)) == expected


def test_a_closed_account_takes_no_files(stand: Stand, token: str) -> None:
    stand.control("causes", cause="message_access_off", on=True, page=MORNING)
    assert error_of(give(stand, token)) == (200, 2534041)
    assert give(stand, token, platform="messenger").ok
