"""Meta's error envelope and the errors the sandbox speaks, by code, subcode and wire text."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

DOCS = "https://developers.facebook.com/docs/graph-api"
RATE_DOCS = "https://developers.facebook.com/docs/graph-api/overview/rate-limiting"
DISABLED_ACCESS = "(#200) The account owner has disabled access to instagram direct messages."
IMPERSONATION = (
    "Any of the pages_read_engagement, pages_manage_metadata, pages_read_user_content, pages_manage_ads, "
    "pages_show_list or pages_messaging permission(s) must be granted before impersonating a user's page."
)
TWO_FACTOR_TAIL = (
    "If the page business requires Two Factor Authentication, the user also needs to enable Two Factor Authentication."
)
ROLE_LOST = (
    "The user must be an administrator, editor, or moderator of the page in order to impersonate it. " + TWO_FACTOR_TAIL
)
NOT_SUFFICIENT = (
    "(#200) User does not have sufficient administrative permission for this action on this page. " + TWO_FACTOR_TAIL
)


@dataclass
class GraphError(Exception):
    """An answer that is an error. `status` is the HTTP status, `challenge` the WWW-Authenticate word."""

    code: int
    message: str
    subcode: int | None = None
    status: int = 400
    type: str = "OAuthException"
    transient: bool | None = None
    challenge: str = "invalid_request"
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, trace_id: str) -> dict[str, Any]:
        """The `{"error": …}` envelope, keys in Meta's order, optional ones left out."""
        error: dict[str, Any] = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.transient is not None:
            error["is_transient"] = self.transient
        error["fbtrace_id"] = trace_id
        return {"error": error}


def invalid_token(message: str, subcode: int | None = None) -> GraphError:
    return GraphError(190, message, subcode, challenge="invalid_token")


def unparsable_token() -> GraphError:
    return invalid_token("Invalid OAuth access token - Cannot parse access token")


def bad_token_signature() -> GraphError:
    """An app token made with another secret than the app's; the text is from memory."""
    return invalid_token("Invalid OAuth access token signature.")


def session_error(cause: str, app_id: str, expired_at: int, now: int) -> GraphError:
    """The 190 of a token that a cause has killed. `expired_at` and `now` are Unix seconds."""
    if cause == "expired":
        text = f"Session has expired on {spoken(expired_at)}. The current time is {spoken(now)}."
        return invalid_token(f"Error validating access token: {text}", 463)
    subcode, text = _SESSION[cause]
    return invalid_token(f"Error validating access token: {text.format(app_id=app_id)}", subcode)


def spoken(at: int) -> str:
    """`Monday, 23-Nov-15 14:00:00 PST`, as the expiry text spells a Unix second."""
    return datetime.fromtimestamp(at - 8 * 3600, UTC).strftime("%A, %d-%b-%y %H:%M:%S PST")


_SESSION = {
    "password_changed": (
        460,
        "The session has been invalidated because the user changed their password or Facebook has changed "
        "the session for security reasons.",
    ),
    "two_factor": (
        460,
        "The session has been invalidated because the user changed their password or Facebook has changed "
        "the session for security reasons.",
    ),
    "unknown_cause": (1349195, "The session cannot be used for a reason that is not documented."),
    "app_removed": (458, "The user has not authorized application {app_id}."),
    "signed_out": (467, "The session is invalid because the user logged out."),
    "security_check": (
        459,
        "You cannot access the app till you log in to www.facebook.com and follow the instructions given.",
    ),
    "blocking_checkpoint": (490, "The user is enrolled in a blocking, logged-in checkpoint"),
    "unconfirmed": (464, "Sessions for the user are not allowed because the user is not a confirmed user."),
}


def impersonation() -> GraphError:
    return invalid_token(IMPERSONATION)


def role_lost() -> GraphError:
    return invalid_token(ROLE_LOST, 492)


def page_deleted() -> GraphError:
    return invalid_token("This Page access token belongs to a Page that has been deleted.")


def no_such_object(node_id: str, verb: str = "get") -> GraphError:
    text = (
        f"Unsupported {verb} request. Object with ID '{node_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation. "
        f"Please read the Graph API documentation at {DOCS}"
    )
    return GraphError(100, text, 33, type="GraphMethodException")


def unknown_path(path: str) -> GraphError:
    return GraphError(2500, f"Unknown path components: /{path}")


def no_token() -> GraphError:
    text = "An active access token must be used to query information about the current user."
    return GraphError(2500, text)


def bad_parameter(text: str, subcode: int | None = None) -> GraphError:
    return GraphError(100, f"(#100) {text}", subcode)


def no_field(name: str, node_type: str) -> GraphError:
    return bad_parameter(f"Tried accessing nonexisting field ({name}) on node type ({node_type})")


def permission_needed(permission: str) -> GraphError:
    """Which refusal a missing permission meets: Instagram's is code 10, the Page's is code 200."""
    if permission.startswith("instagram_"):
        return GraphError(10, f"(#10) To use this endpoint, the app requires {permission}.", status=403)
    text = (
        f"(#200) Requires permission: {permission} or User associated with the Page access token does not "
        "have an appropriate role on the Page."
    )
    return GraphError(200, text, status=403)


def insufficient_role() -> GraphError:
    return GraphError(200, NOT_SUFFICIENT, status=403)


def not_linked() -> GraphError:
    return bad_parameter("The page is not linked to an Instagram account", 2534013)


def message_access_off() -> GraphError:
    return GraphError(200, DISABLED_ACCESS, 2534041, status=403)


def not_eligible() -> GraphError:
    return GraphError(36103, "(#36103) This IG account is not eligible for API yet")


def outage() -> GraphError:
    text = "An unexpected error has occurred. Please retry your request later."
    return GraphError(2, text, status=500, transient=True)


def connection_unverified() -> GraphError:
    text = (
        "(#10) Cannot verify the connection between the IG account, the logged in user and the page. "
        "Please try reconnecting or verify if the user needs 2-factor authentication."
    )
    return GraphError(10, text, 2534077)
