"""The `fields` parameter: `id,name,messages.limit(5){id,from}`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.graph import errors

TOKEN = re.compile(r"[\w]+|\.\w+\([^)]*\)|[{},]")


@dataclass
class Field:
    """One wanted field: its modifiers such as limit, and the fields wanted inside it."""

    name: str
    options: dict[str, str] = field(default_factory=dict)
    inside: list["Field"] = field(default_factory=list)


class _Missing:
    """The value of a field that Meta leaves out instead of sending null."""


MISSING = _Missing()
Reader = Callable[[Any, Any, Field], Any]


def parse(text: str) -> list[Field]:
    """Raises GraphError (code 2500) on what Meta would call a syntax error."""
    compact = re.sub(r"\s+", "", text)
    pieces = TOKEN.findall(compact)
    if "".join(pieces) != compact:
        raise errors.GraphError(2500, f'Syntax error "Unexpected character" in "{text}"')
    wanted, rest = _list(pieces)
    if rest:
        raise errors.GraphError(2500, f'Syntax error "Expected end of string instead of "{rest[0]}"."')
    return wanted


def _list(pieces: list[str]) -> tuple[list[Field], list[str]]:
    found: list[Field] = []
    while pieces and pieces[0] != "}":
        head, pieces = pieces[0], pieces[1:]
        if head == ",":
            continue
        if head == "{" or head.startswith("."):
            raise errors.GraphError(2500, f'Syntax error "Unexpected "{head}"."')
        one = Field(head)
        while pieces and pieces[0].startswith("."):
            name, _, value = pieces[0][1:-1].partition("(")
            one.options[name] = value
            pieces = pieces[1:]
        if pieces and pieces[0] == "{":
            one.inside, pieces = _list(pieces[1:])
            if not pieces:
                raise errors.GraphError(2500, 'Syntax error "Expected "}" instead of end of string."')
            pieces = pieces[1:]
        found.append(one)
    return found, pieces


def read(
    context: Any, node: Any, node_type: str, readers: dict[str, Reader], wanted: Iterable[Field]
) -> dict[str, Any]:
    """The node's JSON: each wanted field in order and `id` in any case. Unknown fields are a GraphError."""
    answer: dict[str, Any] = {}
    for one in wanted:
        reader = readers.get(one.name)
        if reader is None:
            raise errors.no_field(one.name, node_type)
        value = reader(context, node, one)
        if value is not MISSING:
            answer[one.name] = value
    if "id" not in answer and "id" in readers:
        answer["id"] = readers["id"](context, node, Field("id"))
    return answer


def wanted_or(default: str, given: list[Field]) -> list[Field]:
    return given or parse(default)
