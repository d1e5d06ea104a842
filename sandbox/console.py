"""The control page at `/`: accounts, a phone, switches and logs, drawn from the state."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for

from sandbox import causes, news, seed, talk
from sandbox.causes import TABLE, Subject
from sandbox.model import Conversation, Customer, Page, Person
from sandbox.runtime import Sandbox, this_sandbox
from sandbox.state import State

blueprint = Blueprint("console", __name__)
ROWS = 40


@dataclass(frozen=True)
class Choice:
    """What the page is looking at: an account (Instagram or Page id), a customer, a person, a Page."""

    account_id: str
    platform: str
    customer: Customer | None
    person: Person
    page: Page | None


@dataclass(frozen=True)
class Switch:
    """One switch as drawn; `fields` are the hidden inputs that say for whom."""

    name: str
    label: str
    on: bool
    heals: str
    fields: dict[str, str] = field(default_factory=dict)


@blueprint.get("/")
def index() -> str:
    sandbox = this_sandbox()
    with sandbox.lock:
        choice = _choice(sandbox.state)
        conversation = _conversation(sandbox.state, choice)
        return render_template(
            "control/index.html",
            state=sandbox.state,
            settings=sandbox.settings,
            choice=choice,
            here="/?" + urlencode(_address(choice)),
            accounts=_accounts(sandbox.state),
            customers=_customers(sandbox.state, choice.account_id),
            messages=list(reversed(sandbox.state.messages_of(conversation.id))) if conversation else [],
            told=conversation is not None and _told(sandbox, conversation),
            switches=_switches(sandbox.state, choice),
            faults=_faults(sandbox.state),
            requests=list(reversed(sandbox.requests))[:ROWS],
            deliveries=[one.summary() for one in sandbox.sender.recent()[:ROWS]],
        )


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    answer = redirect(url_for("static", filename="icon.svg"))
    assert isinstance(answer, Response)
    return answer


def _choice(state: State) -> Choice:
    account_id = request.args.get("account", "")
    if account_id not in state.instagram and account_id not in state.pages:
        account_id = seed.MORNING_INSTAGRAM
    platform = talk.platform_of(state, account_id)
    page = page_behind(state, account_id)
    customers = _customers(state, account_id)
    wanted = request.args.get("customer", "")
    customer = next((one for one in customers if one.id == wanted), customers[0] if customers else None)
    person_id = request.args.get("person", "")
    if person_id not in state.people:
        person_id = next(iter(page.roles)) if page and page.roles else seed.LIN
    return Choice(account_id, platform, customer, state.people[person_id], page)


def _address(choice: Choice) -> dict[str, str]:
    address = {"account": choice.account_id, "person": choice.person.id}
    return {**address, "customer": choice.customer.id} if choice.customer else address


def page_behind(state: State, account_id: str) -> Page | None:
    """The Page of an account, also where the link is only half finished."""
    if account_id in state.pages:
        return state.pages[account_id]
    ids = ((page.instagram_id, page.connected_instagram_id) for page in state.pages.values())
    return next((page for page, linked in zip(state.pages.values(), ids, strict=True) if account_id in linked), None)


def _customers(state: State, account_id: str) -> list[Customer]:
    own = [one for one in state.customers.values() if one.account_id == account_id]
    newest = {row.customer_id: state.updated_ms(row) for row in state.conversations_of(account_id)}
    return sorted(own, key=lambda one: newest.get(one.id, 0), reverse=True)


def _conversation(state: State, choice: Choice) -> Conversation | None:
    if choice.customer is None:
        return None
    return talk.conversation_with(state, choice.platform, choice.account_id, choice.customer.id)


def _told(sandbox: Sandbox, conversation: Conversation) -> bool:
    page = news.page_of(sandbox.state, conversation)
    return page is not None and news.heard(sandbox, conversation, page, "messages")


def _accounts(state: State) -> list[dict[str, Any]]:
    """Pages in order, each with its ways to be written to."""
    rows = []
    for page in state.pages.values():
        account = state.instagram.get(page.instagram_id or page.connected_instagram_id or "")
        subject = Subject(page=page.id, account=account.id if account else "")
        broken = [
            name
            for name in _page_causes()
            if causes.is_on(state, name, subject) and getattr(subject, TABLE[name].scope[0])
        ]
        rows.append({
            "page": page,
            "instagram": account,
            "half": account is not None and page.instagram_id is None,
            "broken": broken,
        })  # fmt: skip
    return rows


def _page_causes() -> list[str]:
    return [cause.name for cause in TABLE.values() if cause.scope in (causes.PAGE, causes.ACCOUNT)]


def _switches(state: State, choice: Choice) -> dict[str, list[Switch]]:
    page = choice.page
    subject = Subject(
        choice.person.id,
        page.id if page else "",
        (page.instagram_id or "") if page else "",
        choice.customer.id if choice.customer else "",
    )
    groups: dict[str, list[Switch]] = {"person": [], "permission": [], "page": [], "customer": [], "app": []}
    for cause in TABLE.values():
        drawable = all(getattr(subject, part) for part in cause.scope if part != "permission")
        if cause.group == "fault" or cause.scope == causes.PERMISSION or not drawable:
            continue
        groups[cause.group].append(_switch(state, cause.name, subject))
    grant = state.grants.get(choice.person.id)
    for permission in grant.permissions if grant else {}:
        if permission != "public_profile":
            groups["permission"].append(_switch(state, "permission_cancelled", _with(subject, permission)))
    return groups


def _with(subject: Subject, permission: str) -> Subject:
    return Subject(subject.person, subject.page, subject.account, subject.customer, permission)


def _switch(state: State, name: str, subject: Subject) -> Switch:
    cause = TABLE[name]
    fields = {part: getattr(subject, part) for part in cause.scope}
    label = subject.permission if name == "permission_cancelled" else ""
    return Switch(name, label, causes.is_on(state, name, subject), cause.heals, fields)


def _faults(state: State) -> list[Switch]:
    """One switch for each kind, and one more for each that is aimed at something."""
    drawn = [Switch(kind, "", any(_is_plain(fault, kind) for fault in state.faults), "self") for kind in causes.FAULTS]
    for fault in state.faults:
        if not _is_plain(fault, fault.kind):
            fields = {"endpoint": fault.endpoint, "page": fault.page_id}
            drawn.append(Switch(fault.kind, fault.endpoint or fault.page_id, True, "self", fields))
    return drawn


def _is_plain(fault: Any, kind: str) -> bool:
    return fault.kind == kind and not fault.endpoint and not fault.page_id


@blueprint.app_template_filter("clock")
def clock(seconds: float) -> str:
    """Local time of day of a Unix instant in seconds."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


@blueprint.app_template_filter("moment")
def moment(at_ms: int) -> str:
    """Local day and time of a Unix instant in milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%m/%d %H:%M")
