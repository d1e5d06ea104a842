"""Playing the other side: customers who write, owners who answer elsewhere, people who log in."""

import json
from dataclasses import replace
from typing import Any

from sandbox import acts, ids, login, news, payloads, seed, talk
from sandbox.graph import threads
from sandbox.model import FULL_ROLE, Conversation, InstagramAccount, Message, Page
from sandbox.runtime import LoginRun, Sandbox, describe
from sandbox.state import State

MOST_PAGES = 1000
MOST_TIMES = 200


class BadPlay(ValueError):
    """Something asked of the control API that cannot be played; the message says what is missing."""


def resolve(state: State, kind: str, reference: str) -> str:
    """An id for an id, a name or an @username; what is unknown comes back as it was given."""
    wanted = reference.removeprefix("@")
    tables: dict[str, dict[str, Any]] = {
        "person": state.people,
        "page": state.pages,
        "account": state.instagram,
        "customer": state.customers,
    }
    for row in tables.get(kind, {}).values():
        names = (row.id, row.name, getattr(row, "name_en", row.name), getattr(row, "username", row.name))
        if wanted and wanted in names:
            return str(row.id)
    return reference


def _conversation(sandbox: Sandbox, given: dict[str, Any], may_create: bool) -> Conversation:
    state = sandbox.state
    reference = str(given.get("account") or "")
    account_id = resolve(state, "account", reference)
    if account_id not in state.instagram:
        account_id = resolve(state, "page", reference)
    if account_id not in state.instagram and account_id not in state.pages:
        raise BadPlay("account must be an Instagram id, an @username or a Page id that the sandbox knows.")
    name = str(given.get("customer") or "").strip()
    customer = talk.find_customer(state, account_id, name)
    if customer is None and may_create and name and not name.isdigit():
        customer = talk.new_customer(state, account_id, name)
    if customer is None:
        raise BadPlay("customer must be the id, name or username of someone who writes to this account.")
    platform = talk.platform_of(state, account_id)
    return talk.conversation_with(state, platform, account_id, customer.id)


def customer_writes(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    """Store the message and tell the app if Meta would. `delivered` says whether a webhook was sent."""
    content = _object(given.get("message")) or {"text": str(given.get("text") or "").strip()}
    if not content.get("text") and list(content) == ["text"]:
        raise BadPlay("text must not be empty.")
    conversation = _conversation(sandbox, given, may_create=True)
    message = talk.write(sandbox.state, conversation, content, from_customer=True)
    return _told(sandbox, conversation, message, _seconds(given.get("delay")))


def customer_does(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    """One form of forms.py, or the same one several times over (`times`); answers what the last one did."""
    conversation = _conversation(sandbox, given, may_create=True)
    name, text, mid = (str(given.get(part) or "") for part in ("form", "text", "mid"))
    times = max(1, min(int(_seconds(given.get("times") or 1)), MOST_TIMES))
    for number in range(1, times + 1):
        said = text if times == 1 else f"{text or '還在嗎？'} ({number}/{times})"
        done = acts.act(sandbox, conversation, name, said, mid)
    return done


def business_writes(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    text = str(given.get("text") or "").strip()
    if not text:
        raise BadPlay("text must not be empty.")
    conversation = _conversation(sandbox, given, may_create=False)
    return acts.business_sends(sandbox, conversation, {"text": text})


def _told(sandbox: Sandbox, conversation: Conversation, message: Message, delay: float) -> dict[str, Any]:
    event = payloads.message_event(conversation, message)
    field = "message_echo" if message.sender_id == conversation.account_id else "messages"
    sent = news.publish(sandbox, conversation, field, event, f"{field} {message.mid}", delay)
    return {"mid": message.mid, "delivered": sent is not None, **describe(sandbox.state, conversation)}


def customer_acts(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    event = _object(given.get("event"))
    field = str(given.get("field") or "")
    if not event or not field:
        raise BadPlay("event must be an object and field the webhook field it belongs to.")
    conversation = _conversation(sandbox, given, may_create=True)
    body = payloads.customer_event(conversation, sandbox.state.now_ms(), event)
    sent = news.publish(sandbox, conversation, field, body, f"{field} {conversation.id}")
    return {"delivered": sent is not None, **describe(sandbox.state, conversation)}


def thread_passes(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    conversation = _conversation(sandbox, given, may_create=False)
    ours = str(given.get("app", "ours")) == "ours"
    target = sandbox.settings.app_id if ours else threads.OTHER_APP
    threads.announce_pass(sandbox, conversation, target)
    return {"owner": target, **describe(sandbox.state, conversation)}


def _seconds(value: Any) -> float:
    try:
        return float(value or 0.0)
    except (TypeError, ValueError) as error:
        raise BadPlay("delay must be a number of seconds.") from error


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError as error:
            raise BadPlay("message and event must be JSON objects.") from error
    return value if isinstance(value, dict) else {}


def log_in(sandbox: Sandbox, run: LoginRun, given: dict[str, Any]) -> str:
    """Choose as a person in the dialog would and return the address to go back to."""
    state = sandbox.state
    run.person_id = resolve(state, "person", str(given.get("person") or ""))
    if run.person_id not in state.people:
        raise BadPlay("login needs a known person.")
    cause = login.blocked_by(state, run.person_id)
    if cause:
        raise BadPlay(f"Facebook lets this person in only after the check is cleared: {cause}.")
    pages = [page.id for page in login.pages_of(state, run.person_id)]
    accounts = [account.id for account in login.instagram_of(state, run.person_id)]
    run.page_ids = _picked(state, "page", given.get("pages"), pages)
    run.instagram_ids = _picked(state, "account", given.get("instagram"), accounts)
    declined = given.get("declined") or []
    asked = login.asked_permissions(sandbox, run)
    return login.finish(sandbox, run, [scope for scope in asked if scope not in declined], asked)


def _picked(state: State, kind: str, wanted: Any, offered: list[str]) -> list[str] | None:
    """Missing: each offered one ticked by itself; "all": all now and later; a list: those."""
    if wanted == "all":
        return None
    if wanted is None:
        return offered
    if not isinstance(wanted, list):
        raise BadPlay('pages and instagram must be lists, or "all".')
    chosen = [resolve(state, kind, str(one)) for one in wanted]
    return [one for one in offered if one in chosen]


def app_moves(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    """New callback addresses; what is not named stays. The move survives a reset."""
    addresses = ("webhook_url", "deauthorize_url", "data_deletion_url")
    changes: dict[str, Any] = {name: str(given[name] or "") for name in addresses if name in given}
    if any(url and not url.startswith(("http://", "https://")) for url in changes.values()):
        raise BadPlay("Addresses must begin with http:// or https://.")
    if "redirect_uris" in given:
        changes["redirect_uris"] = tuple(given["redirect_uris"] or ())
    sandbox.settings = replace(sandbox.settings, **changes)
    if "webhook_url" in changes:
        seed.subscribe_app(sandbox.state, sandbox.settings)
    return {name: getattr(sandbox.settings, name) for name in (*addresses, "redirect_uris")}


def more_pages(sandbox: Sandbox, given: dict[str, Any]) -> dict[str, Any]:
    """For crowded grants: `count` Pages with numbered names."""
    state = sandbox.state
    person_id = resolve(state, "person", str(given.get("person") or ""))
    if person_id not in state.people:
        raise BadPlay("pages needs a known person.")
    linked = str(given.get("instagram", True)).lower() not in ("0", "false", "off", "no")
    made = [_one_more(state, person_id, linked) for _ in range(min(int(_seconds(given.get("count") or 1)), MOST_PAGES))]
    return {"pages": made}


def _one_more(state: State, person_id: str, linked: bool) -> str:
    number = len(state.pages) + 1
    page = Page(f"12{ids.digits(13)}", f"門市 {number}", f"Branch {number}", "Shop", {person_id: list(FULL_ROLE)})
    if linked:
        account = InstagramAccount(f"1784142{ids.digits(10)}", f"branch.{number}", f"門市 {number}", "business", 100)
        state.instagram[account.id] = account
        page.instagram_id = page.connected_instagram_id = account.id
    state.pages[page.id] = page
    return page.id
