"""The table of Meta's refusals: what each (code, subcode) is about. Never by the text, which is localised.

Sources: Graph API error handling, Messenger Platform error codes (2026-06), Graph API rate limiting (v25.0).
"""

from collections.abc import Mapping
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


TRANSIENT = Meaning(Kind.TRANSIENT)
APP_FAULT = Meaning(Kind.APP, Cause.APP_FAULT)
RESTRICTED = Meaning(Kind.CHANNEL, Cause.RESTRICTED)
_OTHER_RECEIVER = Meaning(Kind.ROUTING, Cause.OTHER_RECEIVER)
_RECIPIENT = Meaning(Kind.RECIPIENT)
_WINDOW = Meaning(Kind.WINDOW)
_REQUEST = Meaning(Kind.REQUEST)
_PERMISSION = Meaning(Kind.PERMISSION)

# Temporary and throttle codes: whatever the subcode, they say nothing about a channel.
# 800xx are the limits by business use case: Pages, Instagram, Messenger and their siblings.
TRANSIENT_CODES = frozenset({1, 2, 4, 17, 32, 341, 613, *range(80000, 80015)})

# Dead sessions. Meta writes these subcodes under 190 and 102, some answers carry them under other codes.
_SESSION: Mapping[int, Cause] = {
    452: Cause.PASSWORD_CHANGED,  # older number of 460
    458: Cause.APP_REMOVED,
    459: Cause.SECURITY_CHECK,
    460: Cause.PASSWORD_CHANGED,
    463: Cause.EXPIRED,
    464: Cause.SECURITY_CHECK,  # unconfirmed user: confirmed on facebook.com like a check
    467: Cause.SIGNED_OUT,
    490: Cause.SECURITY_CHECK,  # blocking checkpoint
    492: Cause.ROLE_LOST,  # or the Page's business requires two-factor: the Page's admin knows which
}

# Subcodes that mean the same under every code; Meta shows some of the long ones bare, as the code itself.
_ANYWHERE: Mapping[int | None, Meaning] = {
    **{subcode: Meaning(Kind.CREDENTIALS, cause) for subcode, cause in _SESSION.items()},
    2534022: _WINDOW,
    2018278: _WINDOW,
    2018065: _WINDOW,
    2018108: _RECIPIENT,
    1545041: _RECIPIENT,
    2018001: _RECIPIENT,
    2534014: _RECIPIENT,
    2018218: _RECIPIENT,  # no profile
    2018247: _RECIPIENT,  # profile not open to us
    2018300: _OTHER_RECEIVER,
    2534037: _OTHER_RECEIVER,
    2018321: Meaning(Kind.ROUTING),  # Meta's own question-and-answer flow holds this one conversation for now
    2534013: Meaning(Kind.CHANNEL, Cause.INSTAGRAM_UNLINKED),
    2534041: Meaning(Kind.CHANNEL, Cause.ACCESS_OFF),
    # "Cannot verify the connection": the only code where Meta names two-factor for Instagram. A link that is
    # really gone also shows in the Page node, so whoever sees that too says unlinked.
    2534077: Meaning(Kind.CHANNEL, Cause.TWO_FACTOR),
    2534029: RESTRICTED,
    1893063: RESTRICTED,
    2018028: APP_FAULT,  # app review
    2534015: _REQUEST,
    2534025: _REQUEST,
    2018008: _REQUEST,
    2018047: _REQUEST,
    2018109: _REQUEST,
    2018164: _REQUEST,
    2018294: _REQUEST,
    2018352: TRANSIENT,  # too many actions
}

_CODES: Mapping[int, Meaning] = {
    3: APP_FAULT,
    10: _PERMISSION,
    100: _REQUEST,  # 100/33 too: gone, hidden or unsupported, and Meta does not say which
    101: APP_FAULT,
    102: Meaning(Kind.CREDENTIALS),
    190: Meaning(Kind.CREDENTIALS),
    191: APP_FAULT,
    230: _RECIPIENT,  # no consent to see the profile
    368: RESTRICTED,
    551: _RECIPIENT,
    36103: Meaning(Kind.CHANNEL, Cause.NOT_BUSINESS),
}


def look_up(code: int | None, subcode: int | None) -> Meaning:
    """The row for a code and subcode; the family's where the table has none."""
    if code in TRANSIENT_CODES:
        return TRANSIENT
    known = _ANYWHERE.get(subcode) or _ANYWHERE.get(code)
    if known:
        return known
    if code is None:
        return TRANSIENT
    if code in (102, 190) and subcode is not None:
        return Meaning(Kind.CREDENTIALS, Cause.UNKNOWN)
    if code in _CODES:
        return _CODES[code]
    return _PERMISSION if 200 <= code <= 299 else _REQUEST
