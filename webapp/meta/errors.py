"""What Meta's refusals mean: one table, read by code and subcode only, never by the text.

Sources: Graph API error handling and Messenger Platform error codes (2026-06), Meta's own names beside the rows.
"""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Why a channel does not work: the closed list that row, banner, mail and history share."""

    PASSWORD_CHANGED = "password_changed"
    TWO_FACTOR = "two_factor"
    SECURITY_CHECK = "security_check"
    APP_REMOVED = "app_removed"
    EXPIRED = "expired"
    SIGNED_OUT = "signed_out"
    PERMISSION_CANCELLED = "permission_cancelled"
    PAGE_UNTICKED = "page_unticked"
    ROLE_LOST = "role_lost"
    INSTAGRAM_UNLINKED = "instagram_unlinked"
    NOT_BUSINESS = "not_business"
    PAGE_DELETED = "page_deleted"
    ACCESS_OFF = "access_off"
    OTHER_RECEIVER = "other_receiver"
    NOT_SUBSCRIBED = "not_subscribed"
    RESTRICTED = "restricted"
    APP_FAULT = "app_fault"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What a refusal speaks about, and so who can mend it."""

    TRANSIENT = "transient"  # Meta's or the network's trouble: wait and ask again
    CREDENTIALS = "credentials"  # the token no longer opens anything
    PERMISSION = "permission"  # the token is good, this right is missing
    CHANNEL = "channel"  # the account's own settings stand in the way
    ROUTING = "routing"  # another app holds the conversation
    RECIPIENT = "recipient"  # this one customer cannot be reached
    WINDOW = "window"  # the reply window is over
    REQUEST = "request"  # what we asked was wrong
    APP = "app"  # our app is not allowed or not well configured


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the table: what the refusal is about and, where it names one, the cause."""

    kind: Kind
    cause: Cause | None = None


class GraphError(Exception):
    """A refusal from Meta, or no usable answer (`code` None). Holds no token and no request.

    `retry_after` is in seconds, where Meta's headers told it.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        subcode: int | None = None,
        type: str = "",
        is_transient: bool = False,
        trace_id: str = "",
        http_status: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.subcode = subcode
        self.type = type
        self.is_transient = is_transient
        self.trace_id = trace_id
        self.http_status = http_status
        self.retry_after = retry_after

    @property
    def meaning(self) -> Meaning:
        return meaning(self)


class OutcomeUnknown(GraphError):
    """We sent something and no answer came: it may or may not have happened. Never repeat it blindly."""
