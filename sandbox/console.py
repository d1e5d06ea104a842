"""The control page at `/`: accounts, a phone, switches, stories and logs, drawn from the state."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, render_template, request, url_for

from sandbox import news, phone, seed, switchboard, talk, theatre
from sandbox.causes import Subject
from sandbox.model import Conversation, Customer, Message, Page, Person
from sandbox.runtime import Sandbox, this_sandbox
from sandbox.state import State
from sandbox.stories import STORIES

blueprint = Blueprint("console", __name__)
ROWS = 40
SPEEDS = (1, 2, 5, 20)


@dataclass(frozen=True)
class Choice:
    """What the page is looking at: an account (Instagram or Page id), a customer, a person, a Page."""

    account_id: str
    platform: str
    customer: Customer | None
    person: Person
    page: Page | None
    reply_to: Message | None

    @property
    def subject(self) -> Subject:
        page, customer = self.page, self.customer
        return Subject(
            self.person.id,
            page.id if page else "",
            (page.instagram_id or "") if page else "",
            customer.id if customer else "",
        )

    @property
    def address(self) -> str:
        """The page again, without a message to reply to."""
        parts = {"account": self.account_id, "person": self.person.id}
        if self.customer:
            parts["customer"] = self.customer.id
        return "/?" + urlencode(parts)


@blueprint.get("/")
def index() -> str:
    sandbox = this_sandbox()
    with sandbox.lock:
        choice = _choice(sandbox.state)
        return render_template(
            "control/index.html",
            state=sandbox.state,
            settings=sandbox.settings,
            choice=choice,
            here=choice.address,
            accounts=_accounts(sandbox.state),
            customers=_customers(sandbox.state, choice.account_id),
            switches=switchboard.switches(sandbox.state, choice.subject),
            stories=STORIES.values(),
            show=theatre.this_stage().show,
            speeds=SPEEDS,
            console_url=_console_url(sandbox),
            requests=list(reversed(sandbox.requests))[:ROWS],
            deliveries=[one.summary() for one in sandbox.sender.recent()[:ROWS]],
            **_phone(sandbox, choice),
        )


def _phone(sandbox: Sandbox, choice: Choice) -> dict[str, Any]:
    conversation = _conversation(sandbox.state, choice)
    messages, events = phone.menu(choice.platform)
    return {
        "bubbles": phone.bubbles(sandbox.state, conversation) if conversation else [],
        "seen": conversation is not None and phone.seen(sandbox.state, conversation),
        "told": conversation is not None and _told(sandbox, conversation),
        "quoted": phone.words_of(choice.reply_to) if choice.reply_to else "",
        "message_forms": messages,
        "event_forms": events,
    }


def _console_url(sandbox: Sandbox) -> str:
    """Where the console is, as far as its webhook address tells."""
    parts = urlsplit(sandbox.settings.webhook_url)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    answer = redirect(url_for("static", filename="icon.svg"))
    assert isinstance(answer, Response)
    return answer


def _choice(state: State) -> Choice:
    account_id = request.args.get("account", "")
    if account_id not in state.instagram and account_id not in state.pages:
        account_id = seed.MORNING_INSTAGRAM
    page = page_behind(state, account_id)
    customers = _customers(state, account_id)
    wanted = request.args.get("customer", "")
    customer = next((one for one in customers if one.id == wanted), customers[0] if customers else None)
    person_id = request.args.get("person", "")
    if person_id not in state.people:
        person_id = next(iter(page.roles)) if page and page.roles else seed.LIN
    platform = talk.platform_of(state, account_id)
    reply_to = state.messages.get(request.args.get("reply", ""))
    return Choice(account_id, platform, customer, state.people[person_id], page, reply_to)


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
    kind = "instagram" if conversation.account_id in sandbox.state.instagram else "page"
    return page is not None and bool(sandbox.callback_for(kind)) and news.heard(sandbox, conversation, page, "messages")


def _accounts(state: State) -> list[dict[str, Any]]:
    """Pages in order, each with its ways to be written to."""
    rows = []
    for page in state.pages.values():
        account = state.instagram.get(page.instagram_id or page.connected_instagram_id or "")
        subject = Subject(page=page.id, account=account.id if account else "")
        rows.append(
            {
                "page": page,
                "instagram": account,
                "half": account is not None and page.instagram_id is None,
                "broken": switchboard.on_for_account(state, subject),
            }
        )
    return rows


@blueprint.app_template_filter("clock")
def clock(seconds: float) -> str:
    """Local time of day of a Unix instant in seconds."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%H:%M:%S")


blueprint.add_app_template_filter(phone.words_of, "words")


@blueprint.app_template_filter("pretty")
def pretty(body: str) -> str:
    """A JSON body over several lines, its letters readable."""
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)


@blueprint.app_template_filter("moment")
def moment(at_ms: int) -> str:
    """Local day and time of a Unix instant in milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%m/%d %H:%M")
