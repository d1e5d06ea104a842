"""Tokens by code, by exchange and by credentials; and debug_token."""

import base64
import hashlib
import hmac
from typing import Any

from sandbox import tokens
from sandbox.graph import errors
from sandbox.graph.call import Context, GraphCall, find_token
from sandbox.graph.errors import GraphError
from sandbox.model import Grant, LoginCode, Token
from sandbox.runtime import Sandbox

PAGE_SCOPES = ("pages_", "business_management")


def access_token(sandbox: Sandbox, call: GraphCall) -> dict[str, Any]:
    """GET or POST oauth/access_token in its three forms."""
    _check_app(sandbox, call)
    kind = call.text("grant_type")
    if kind == "client_credentials":
        token = tokens.issue_app_token(sandbox.state, sandbox.settings.app_id, sandbox.app_secret)
        return {"access_token": token.value, "token_type": "bearer"}
    if kind == "fb_exchange_token":
        return _exchanged(sandbox, call)
    return _from_code(sandbox, call)


def _check_app(sandbox: Sandbox, call: GraphCall) -> None:
    if not call.text("client_id"):
        raise GraphError(101, "Missing client_id parameter.")
    if call.text("client_id") != sandbox.settings.app_id:
        raise GraphError(101, "Error validating application. Cannot get application info due to a system error.")
    secret = call.text("client_secret")
    if not hmac.compare_digest(secret.encode(), sandbox.app_secret.encode()):
        raise GraphError(1, "Error validating client secret.")


def _bearer(token: Token, now: int) -> dict[str, Any]:
    return {"access_token": token.value, "token_type": "bearer", "expires_in": token.expires_at - now}


def _exchanged(sandbox: Sandbox, call: GraphCall) -> dict[str, Any]:
    """A living user token becomes a long-lived one; a dead one answers why it is dead."""
    token = find_token(sandbox, call.text("fb_exchange_token"))
    found = tokens.problem(sandbox.state, sandbox.settings, token)
    if found or token is None:
        raise found or errors.unparsable_token()
    if token.kind != "USER":
        raise errors.bad_parameter("fb_exchange_token must be a user access token")
    long_lived = tokens.issue_user_token(
        sandbox.state, sandbox.settings, token.person_id, True, token.data_access_expires_at
    )
    return _bearer(long_lived, sandbox.state.now())


def _from_code(sandbox: Sandbox, call: GraphCall) -> dict[str, Any]:
    code = sandbox.state.codes.get(call.text("code"))
    _check_code(sandbox, call, code)
    assert code is not None
    code.used = True
    token = tokens.issue_user_token(sandbox.state, sandbox.settings, code.person_id, long_lived=False)
    found = tokens.problem(sandbox.state, sandbox.settings, token)
    if found:
        raise found
    return _bearer(token, sandbox.state.now())


def _check_code(sandbox: Sandbox, call: GraphCall, code: LoginCode | None) -> None:
    """Reused, expired, sent with another redirect_uri, or without the right verifier."""
    if code is None:
        raise _code_error("Invalid verification code format.", None)
    if code.used:
        raise _code_error("This authorization code has been used.", 36009)
    if sandbox.state.now() - code.issued_at > sandbox.settings.code_lifetime:
        raise _code_error("This authorization code has expired.", 36007)
    if call.text("redirect_uri") != code.redirect_uri:
        text = (
            "Error validating verification code. Please make sure your redirect_uri is identical to the "
            "one you used in the OAuth dialog request"
        )
        raise _code_error(text, 36008)
    if code.challenge and not _verifies(call.text("code_verifier"), code):
        raise _code_error("Invalid code_verifier parameter.", None)


def _code_error(text: str, subcode: int | None) -> GraphError:
    return GraphError(100, text, subcode, challenge="invalid_code")


def _verifies(verifier: str, code: LoginCode) -> bool:
    computed = verifier
    if code.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        computed = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(computed.encode(), code.challenge.encode())


def debug_token(context: Context) -> dict[str, Any]:
    """The verdict on `input_token`, status 200 also for dead ones. Only an app token may ask."""
    if context.token.kind != "APP":
        text = "You must provide an app access token, or a user access token that is an owner or developer"
        raise errors.bad_parameter(f"{text} of the app")
    sandbox, state = context.sandbox, context.state
    value = context.call.text("input_token")
    if not value:
        raise errors.bad_parameter("The parameter input_token is required.")
    token = find_token(sandbox, value)
    found = tokens.session_problem(state, sandbox.settings, token)
    if token is None:
        assert found is not None
        return {"data": {"error": _inner(found), "is_valid": False, "scopes": []}}
    return {"data": _verdict(context, token, found)}


def _inner(found: GraphError) -> dict[str, Any]:
    """Inside debug_token the key is `subcode`, not error_subcode."""
    error: dict[str, Any] = {"code": found.code, "message": found.message}
    if found.subcode is not None:
        error["subcode"] = found.subcode
    return error


def _verdict(context: Context, token: Token, found: GraphError | None) -> dict[str, Any]:
    settings, state = context.sandbox.settings, context.state
    data: dict[str, Any] = {"app_id": settings.app_id, "type": token.kind, "application": settings.app_name}
    if token.kind == "APP":
        return {**data, "is_valid": True, "scopes": []}
    ended = found is not None and found.subcode == 463
    data["data_access_expires_at"] = token.data_access_expires_at
    if found:
        data["error"] = _inner(found)
    data["expires_at"] = tokens.ended_at(state, token) if ended else token.expires_at
    data |= {"is_valid": found is None, "issued_at": token.issued_at}
    if token.page_id:
        data["profile_id"] = token.page_id
    grant = state.grants.get(token.person_id)
    data |= _scopes(grant) if grant and not found else {"scopes": []}
    return {**data, "user_id": token.person_id}


def _scopes(grant: Grant) -> dict[str, Any]:
    """Granted permissions; granular ones name their assets unless they cover all."""
    names = [name for name, status in grant.permissions.items() if status == "granted"]
    granular: list[dict[str, Any]] = []
    for name in names:
        if not name.startswith((*PAGE_SCOPES, "instagram_")):
            continue
        targets = grant.instagram_ids if name.startswith("instagram_") else grant.page_ids
        if name == "business_management":
            targets = grant.business_ids
        granular.append({"scope": name} if targets is None else {"scope": name, "target_ids": list(targets)})
    return {"scopes": names, "granular_scopes": granular}
