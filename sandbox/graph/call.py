"""One Graph call and who makes it."""

import hmac
import json
from dataclasses import dataclass
from typing import Any

from sandbox import tokens
from sandbox.files import File
from sandbox.graph import errors
from sandbox.graph.errors import GraphError
from sandbox.model import Grant, Page, Token
from sandbox.runtime import Sandbox
from sandbox.state import State

LATEST = "v26.0"


@dataclass(frozen=True)
class GraphCall:
    """A call as it came in. `path` has neither version nor slashes around; `origin` is http://host:port."""

    method: str
    path: str
    params: dict[str, Any]
    version: str
    origin: str
    token: str
    file: File | None = None

    @property
    def parts(self) -> list[str]:
        return self.path.split("/") if self.path else []

    def text(self, name: str, default: str = "") -> str:
        """A parameter as text; objects that came as JSON are spelled out again."""
        value = self.params.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def object(self, name: str) -> dict[str, Any]:
        """A parameter that must be a JSON object, whether it came as JSON or as form text."""
        value = self.params.get(name)
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise errors.bad_parameter(f"param {name} must be a JSON object.") from error
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise errors.bad_parameter(f"param {name} must be a JSON object.")
        return value

    def names(self, parameter: str) -> list[str]:
        """A list however it came: JSON, JSON as form text (as Meta's SDK sends it), or names with commas."""
        value = self.params.get(parameter) or ""
        if isinstance(value, str) and value.startswith("["):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise errors.bad_parameter(f"param {parameter} must be an array.") from error
        if isinstance(value, list):
            return [str(one) for one in value]
        return [name for name in str(value).split(",") if name]

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default)).strip('"')
        if not value.isdigit():
            raise errors.bad_parameter(f"param {name} must be an integer.")
        return int(value)


@dataclass(frozen=True)
class Context:
    """A call together with the sandbox and the token that passed."""

    sandbox: Sandbox
    call: GraphCall
    token: Token

    @property
    def state(self) -> State:
        return self.sandbox.state

    @property
    def grant(self) -> Grant:
        """The grant behind a user or Page token. App tokens have none."""
        grant = self.state.grants.get(self.token.person_id)
        if grant is None:
            raise errors.bad_parameter("This method must be called with a user or page access token")
        return grant

    def require(self, *permissions: str) -> None:
        for permission in permissions:
            if not self.grant.has(permission):
                raise errors.permission_needed(permission)

    def require_page_token(self, page: Page) -> None:
        """Only this Page's own token will do; a user token gets the impersonation text."""
        if self.token.kind != "PAGE" or self.token.page_id != page.id:
            raise errors.impersonation()


def authenticate(sandbox: Sandbox, call: GraphCall) -> Context:
    """The context of a call whose token is alive. Raises GraphError otherwise."""
    if not call.token:
        raise errors.no_token()
    token = find_token(sandbox, call.token)
    found = tokens.problem(sandbox.state, sandbox.settings, token)
    if found or token is None:
        raise found or errors.unparsable_token()
    check_proof(sandbox, call)
    return Context(sandbox, call, token)


def find_token(sandbox: Sandbox, value: str) -> Token | None:
    """A stored token, or the app token in its literal form `{app id}|{app secret}`."""
    settings = sandbox.settings
    if hmac.compare_digest(value.encode(), f"{settings.app_id}|{sandbox.app_secret}".encode()):
        return Token(value, "APP", "", sandbox.state.now(), 0, 0)
    if value.startswith(f"{settings.app_id}|"):
        raise errors.bad_token_signature()
    return sandbox.state.tokens.get(value)


def check_proof(sandbox: Sandbox, call: GraphCall) -> None:
    """appsecret_proof: compared when sent, demanded when the app's switch says so."""
    given = call.text("appsecret_proof")
    if not given:
        if sandbox.state.flagged("proof_required"):
            raise GraphError(
                100,
                "API calls from the server require an appsecret_proof argument",
                type="GraphMethodException",
            )
        return
    message = call.token
    if call.params.get("appsecret_time"):
        message = f"{call.token}|{call.text('appsecret_time')}"
    expected = tokens.proof(sandbox.app_secret, message)
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise GraphError(100, "Invalid appsecret_proof provided in the API argument", type="GraphMethodException")
