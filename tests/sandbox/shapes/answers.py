"""Which shape each endpoint answers with, and the check of status, headers and body of any Graph answer."""

import json
import re
from typing import Any

from jsonschema import Draft202012Validator
from requests import Response

from tests.sandbox.shapes import nodes
from tests.sandbox.shapes.parts import (
    ID,
    SECONDS,
    SUCCESS,
    TRUTH,
    URL,
    WHOLE,
    WORDS,
    Schema,
    either,
    exact,
    listing,
    many,
    one_of,
)

BEARER = exact({"access_token": WORDS, "token_type": {"const": "bearer"}}, expires_in=WHOLE)
PERMISSION = exact({"permission": WORDS, "status": one_of("granted", "declined", "expired")})
SUBSCRIBED = exact({"id": ID, "name": WORDS, "subscribed_fields": many(WORDS, 1)}, category=WORDS, link=URL)
SUBSCRIPTION = exact(
    {
        "object": one_of("page", "instagram", "permissions", "user"),
        "callback_url": URL,
        "active": TRUTH,
        "fields": many(exact({"name": WORDS, "version": {"type": "string", "pattern": r"^v\d+\.\d$"}}), 1),
    }
)
OWNER = exact({"thread_owner": exact({"expiration": SECONDS}, app_id=either(WHOLE, ID))})
SENT = exact({"recipient_id": ID}, message_id=nodes.MESSAGE_ID, attachment_id=ID)
HEADER = exact({"name": WORDS, "value": WORDS})
BATCH = many(either({"type": "null"}, exact({"code": WHOLE, "body": WORDS}, headers=many(HEADER, 1))), 1)
ANY_NODE = either(
    nodes.USER, nodes.PAGE, nodes.INSTAGRAM, nodes.INSTAGRAM_CUSTOMER, nodes.MESSENGER_CUSTOMER, nodes.CONVERSATION,
    nodes.MESSAGE, nodes.BUSINESS, nodes.APP,
)  # fmt: skip
MULTIPLE: Schema = {"type": "object", "minProperties": 1, "additionalProperties": ANY_NODE}

# Method, path and shape, the first that fits.
SHAPES: tuple[tuple[str, str, Schema], ...] = (
    ("GET|POST", r"oauth/access_token", BEARER),
    ("GET", r"debug_token", exact({"data": nodes.DEBUGGED})),
    ("GET", r"[^/]+/accounts", listing(nodes.PAGE)),
    ("GET", r"[^/]+/permissions", exact({"data": many(PERMISSION)})),
    ("DELETE", r"[^/]+/permissions(/\w+)?", SUCCESS),
    ("GET", r"[^/]+/businesses", listing(nodes.BUSINESS)),
    ("GET", r"[^/]+/(owned|client)_pages", listing(nodes.PAGE)),
    ("GET", r"[^/]+/subscribed_apps", exact({"data": many(SUBSCRIBED)})),
    ("POST|DELETE", r"[^/]+/subscribed_apps", SUCCESS),
    ("GET", r"[^/]+/subscriptions", exact({"data": many(SUBSCRIPTION)})),
    ("POST|DELETE", r"[^/]+/subscriptions", SUCCESS),
    ("GET", r"[^/]+/conversations", listing(nodes.CONVERSATION)),
    ("GET", r"[^/]+/messages", listing(nodes.MESSAGE)),
    ("POST", r"[^/]+/messages", SENT),
    ("POST", r"[^/]+/message_attachments", exact({"attachment_id": ID})),
    ("GET", r"[^/]+/thread_owner", exact({"data": many(OWNER)})),
    ("POST", r"[^/]+/(take|pass|request|release|extend)_thread_control", SUCCESS),
    ("POST", r"", BATCH),
    ("GET", r"", MULTIPLE),
    ("GET", r"[^/]+", ANY_NODE),
)

# Every code with its subcodes that Meta's tables and captured answers name; None where a bare code occurs.
KNOWN_ERRORS: dict[int, set[int | None]] = {
    1: {None, 1357046}, 2: {None}, 3: {None}, 4: {None}, 17: {None}, 27: {None}, 32: {None}, 341: {None},
    10: {None, 2534022, 2018278, 2018065, 2018108, 2018300, 1893063, 2534077},
    15: {None},
    100: {
        None, 33, 36007, 36008, 36009, 2018001, 2534014, 2534013, 2534015, 2534025, 2534029, 2534037, 2018008,
        2018047, 2018109, 2018294, 2018164,
    },
    101: {None}, 102: {None, 452, 458, 459, 460, 463, 464, 467},
    # 1349195 stands for what is in no table.
    190: {None, 452, 458, 459, 460, 463, 464, 467, 490, 492, 1349195},
    200: {None, 1545041, 2534041, 2018028}, 230: {None, 2534030}, 368: {None},
    551: {None, 1545041}, 613: {None, 2534040, 2018338}, 803: {None}, 2200: {None}, 2500: {None}, 36103: {None},
    80001: {None}, 80002: {None}, 80006: {None}, 2018321: {None},
}  # fmt: skip
ERROR = exact(
    {
        "message": WORDS,
        "type": one_of("OAuthException", "GraphMethodException", "FacebookApiException"),
        "code": WHOLE,
        "fbtrace_id": WORDS,
    },
    error_subcode=WHOLE,
    error_user_title=WORDS,
    error_user_msg=WORDS,
    is_transient=TRUTH,
    error_data={"type": "object"},
)
ENVELOPE = exact({"error": ERROR})

USAGE = exact({"call_count": WHOLE, "total_time": WHOLE, "total_cputime": WHOLE})
BUSINESS_USAGE: Schema = {
    "type": "object",
    "additionalProperties": many(
        exact(
            {
                "type": one_of("pages", "messenger", "instagram"),
                "call_count": WHOLE,
                "total_cputime": WHOLE,
                "total_time": WHOLE,
                "estimated_time_to_regain_access": WHOLE,
            }
        ),
        1,
    ),
}


def shape_of(method: str, path: str) -> Schema:
    """The shape of a good answer. Raises LookupError for an endpoint that the reference does not have."""
    for methods, pattern, schema in SHAPES:
        if re.fullmatch(methods, method) and re.fullmatch(pattern, path):
            return schema
    raise LookupError(f"no shape for {method} {path}")


def fits(schema: Schema, value: Any) -> list[str]:
    """What is wrong with a value, one line each; nothing when it fits."""
    found = Draft202012Validator(schema).iter_errors(value)
    return [f"{one.json_path}: {one.message[:300]}" for one in found]


def check(method: str, path: str, answer: Response) -> None:
    """Hold one answer of the Graph against the reference. Raises AssertionError in words."""
    headers(answer)
    body, where = answer.json(), f"{method} {path}"
    if answer.status_code != 200:
        refusal(answer, body)
        return
    plain = path.partition("?")[0].strip("/")
    assert fits(shape_of(method, plain), body) == [], where
    if isinstance(body, list):
        inside(body)


def refusal(answer: Response, body: Any) -> None:
    assert fits(ENVELOPE, body) == []
    error = body["error"]
    assert answer.status_code in (400, 403, 500), answer.status_code
    assert error.get("error_subcode") in KNOWN_ERRORS[error["code"]], error
    challenge = answer.headers["WWW-Authenticate"]
    assert re.match(r'OAuth "Facebook Platform" "invalid_(token|code|request)" "', challenge), challenge


def headers(answer: Response) -> None:
    given = answer.headers
    assert given["Content-Type"] == "application/json; charset=UTF-8"
    assert re.fullmatch(r"v\d+\.\d", given["facebook-api-version"])
    assert given["Cache-Control"] == "private, no-cache, no-store, must-revalidate"
    assert all(given[name] for name in ("x-fb-trace-id", "x-fb-rev", "x-fb-debug", "ETag"))
    assert fits(USAGE, json.loads(given["x-app-usage"])) == []
    if "x-business-use-case-usage" in given:
        assert fits(BUSINESS_USAGE, json.loads(given["x-business-use-case-usage"])) == []


def inside(batch: list[Any]) -> None:
    """Bodies of a batch are JSON as text: a node, a list or an envelope."""
    for item in batch:
        if item is not None and item["code"] >= 400:
            assert fits(ENVELOPE, json.loads(item["body"])) == []
