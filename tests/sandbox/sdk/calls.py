"""Every call that the console makes, made by Meta's own SDK. Runs in the SDK's environment; prints JSON.

Arguments: the sandbox's address, app id, app secret, user token, Page id and the id of a customer.
"""

import json
import sys
from typing import Any

from facebook_business.adobjects.page import Page
from facebook_business.adobjects.unifiedthread import UnifiedThread
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

LINK = "instagram_business_account{id,username}"


def main(origin: str, app_id: str, secret: str, user_token: str, page_id: str, customer_id: str) -> dict[str, Any]:
    FacebookSession.GRAPH = origin

    def api(token: str) -> FacebookAdsApi:
        return FacebookAdsApi(FacebookSession(app_id, secret, token, timeout=10), "v25.0")

    found = as_user(api(user_token), page_id)
    page_token = found.pop("page_token")
    return {
        **found,
        "debug": api(f"{app_id}|{secret}").call("GET", ["debug_token"], {"input_token": page_token}).json()["data"],
        **as_page(api(page_token), page_id, customer_id),
        "batch": batch(api(user_token), page_id),
        "refused": refused(api("EAAnonsense")),
    }


def as_user(api: FacebookAdsApi, page_id: str) -> dict[str, Any]:
    person = User("me", api=api)
    accounts = person.get_accounts(["id", "name", "tasks", LINK], {"limit": 2, "summary": "total_count"})
    page = Page(page_id, api=api).api_get(["id", "name", "access_token", LINK])
    return {
        "me": person.api_get(["id", "name"]).export_all_data(),
        # The cursor asks for page after page by itself.
        "accounts": [row["id"] for row in accounts],
        "total": accounts.total(),
        "permissions": {row["permission"]: row["status"] for row in person.get_permissions()},
        "businesses": [row["name"] for row in person.get_businesses(["id", "name"])],
        "page": {"name": page["name"], "instagram": page["instagram_business_account"]["username"]},
        "page_token": page["access_token"],
    }


def as_page(api: FacebookAdsApi, page_id: str, customer_id: str) -> dict[str, Any]:
    page = Page(page_id, api=api)
    page.create_subscribed_app(params={"subscribed_fields": ["messages", "message_echoes"]})
    (app,) = page.get_subscribed_apps()
    threads = page.get_conversations(["id", "participants"], {"platform": "instagram", "limit": 2})
    (thread, *_) = (row for row in threads if row["participants"]["data"][1]["id"] == customer_id)
    words = {"recipient": {"id": customer_id}, "message": {"text": "官方 SDK 的問候"}, "messaging_type": "RESPONSE"}
    sent = page.create_message(params=words)
    messages = list(UnifiedThread(thread["id"], api=api).get_messages(["id", "message", "from"], {"limit": 2}))
    page.delete_subscribed_apps()
    return {
        "subscribed": list(app["subscribed_fields"]),
        "threads": len(list(page.get_conversations(["id"], {"platform": "instagram"}))),
        "sent": sent.export_all_data(),
        "messages": [[row["id"], row["message"]] for row in messages],
        "left": [dict(row) for row in page.get_subscribed_apps()],
        "owner": list(page.get_thread_owner(params={"recipient": customer_id})),
    }


def batch(api: FacebookAdsApi, page_id: str) -> list[Any]:
    """One call that works and one that does not, in one request."""
    answers: list[Any] = []
    calls = api.new_batch()
    for node in (page_id, "999"):
        Page(node, api=api).api_get(
            ["id", "name"],
            batch=calls,
            success=lambda answer: answers.append(answer.json()["name"]),
            failure=lambda answer: answers.append(answer.error().api_error_code()),
        )
    assert calls.execute() is None, "something is left to be tried again"
    return answers


def refused(api: FacebookAdsApi) -> dict[str, Any]:
    try:
        User("me", api=api).api_get()
    except FacebookRequestError as error:
        return {
            "status": error.http_status(),
            "code": error.api_error_code(),
            "subcode": error.api_error_subcode(),
            "type": error.api_error_type(),
            "transient": error.api_transient_error(),
        }
    return {}


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
