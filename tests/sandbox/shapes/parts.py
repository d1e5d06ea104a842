"""Pieces of JSON Schema that the shapes are made of. An `exact` object has no key that the reference does not name."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WORDS: Schema = {"type": "string", "minLength": 1}
WHOLE: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
# Ids are text: Instagram's are larger than what a double can hold.
ID: Schema = {"type": "string", "pattern": r"^\d{3,25}$"}
URL: Schema = {"type": "string", "pattern": r"^https?://"}
SECONDS: Schema = {"type": "integer", "minimum": 1_000_000_000, "maximum": 99_999_999_999}
MILLISECONDS: Schema = {"type": "integer", "minimum": 1_000_000_000_000, "maximum": 99_999_999_999_999}
WIRE_TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$"}
SUCCESS: Schema = {"const": {"success": True}}


def exact(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


def many(item: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": item, "minItems": least}


def one_of(*values: Any) -> Schema:
    return {"enum": list(values)}


def either(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def listing(item: Schema) -> Schema:
    """`data` with cursors; `next` and `previous` only where there is more."""
    cursors = exact({"before": WORDS, "after": WORDS})
    paging = exact({"cursors": cursors}, next=URL, previous=URL)
    return exact({"data": many(item)}, paging=paging, summary=exact({"total_count": WHOLE}))
