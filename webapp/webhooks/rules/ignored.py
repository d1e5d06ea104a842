"""What Meta tells that puts nothing into a conversation, and why. What stands in no table is ignored too: it is kept
as it came for 30 days, and can be handled again by a console that knows it.

Sources: webhooks of Messenger and Instagram messaging (v25.0); RestFB's event types for the older spelling.
"""

from webapp.meta.values import Json, a_list, an_object

_ROUTING = "who answers is asked of Meta where it matters: by the hourly check, the diagnosis and the answer to a send"

IGNORED = {
    "referral": "somebody opened the chat and has said nothing yet; their first message says again where it came from",
    "optin": "a permission to be sent notifications, which this console does not send",
    "optout": "the same, taken back",
    "pass_thread_control": _ROUTING,
    "take_thread_control": _ROUTING,
    "request_thread_control": _ROUTING,
    "app_roles": _ROUTING,
    "policy_enforcement": "about the Page and no conversation of it: the Page is checked at once",
    "policy-enforcement": "the older spelling",
    "account_linking": "somebody signed in at the shop's own site",
    "order": "belongs to a shop at Facebook; the buyer's words come as a message",
    "lead": "a form of an ad was filled in; its answers are in the ads manager",
    "response_feedback": "what somebody thinks of a bot's answer",
}

# What says that the Page itself may not be as it was.
_ABOUT_THE_PAGE = ("app_roles", "policy_enforcement", "policy-enforcement")


def speaks_of_the_page(entry: Json) -> bool:
    """Whether the account of this entry had better be checked now. Never a verdict."""
    items = (an_object(one) for form in ("messaging", "standby") for one in a_list(entry.get(form)))
    return any(name in item for item in items for name in _ABOUT_THE_PAGE)
