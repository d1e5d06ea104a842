"""One running sandbox: its settings, state, sender, logs, and the lock that serialises them."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from sandbox import seed, storage
from sandbox.model import Conversation
from sandbox.postbox import Postbox
from sandbox.settings import Settings
from sandbox.state import State
from sandbox.webhook_sender import WebhookSender

LOG_LENGTH = 500


@dataclass(frozen=True)
class LoggedRequest:
    """One Graph or dialog request; `query` holds parameter names only, never their values."""

    at: float
    method: str
    path: str
    query: tuple[str, ...]
    status: int
    error: str
    ms: int
    token: str


@dataclass
class LoginRun:
    """One person on their way through the login dialog. Selections are None for 'all, now and later'."""

    id: str
    params: dict[str, str]
    scopes: list[str]
    person_id: str = ""
    page_ids: list[str] | None = None
    instagram_ids: list[str] | None = None


class Sandbox:
    """What create_app hangs on the app; two apps share nothing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.sender = WebhookSender(settings)
        self.postbox = Postbox()
        self.requests: deque[LoggedRequest] = deque(maxlen=LOG_LENGTH)
        self.logins: dict[str, LoginRun] = {}
        # Uploaded files by their id; they do not outlive the program.
        self.files: dict[str, Any] = {}
        self.calls = 0
        self.calls_this_hour = 0
        self.hour = 0
        self.revision = 0
        self.origin = f"http://{settings.host}:{settings.port}"
        self.state = self._stored() or seed.planted(settings)

    def _stored(self) -> State | None:
        return storage.load(self.settings.state_file) if self.settings.state_file else None

    def count_call(self) -> None:
        """Limits are those of an hour, so that a sandbox which runs for days does not fill up."""
        hour = self.state.now() // 3600
        if hour != self.hour:
            self.hour, self.calls_this_hour = hour, 0
        self.calls += 1
        self.calls_this_hour += 1

    def changed(self) -> None:
        """Say that the state is another one now: pages reload, the state file is written."""
        self.revision += 1
        if self.settings.state_file:
            storage.save(self.settings.state_file, self.state)

    def reset(self) -> None:
        """Back to the seed: no grants, no logs, no mails."""
        self.state = seed.planted(self.settings)
        self.sender.forget()
        self.requests.clear()
        self.logins.clear()
        self.files.clear()
        self.postbox.clear()
        self.calls = self.calls_this_hour = 0
        self.changed()

    @property
    def app_secret(self) -> str:
        """The app secret as Meta knows it; another one after it was changed in the dashboard."""
        changed = self.state.flagged("app_secret_changed")
        return f"changed-{self.settings.app_secret}" if changed else self.settings.app_secret

    def callback_for(self, object_name: str) -> str:
        subscription = self.state.subscriptions.get(object_name)
        return subscription.callback_url if subscription and subscription.active else ""


def this_sandbox() -> Sandbox:
    """The sandbox of the app that is answering now."""
    sandbox: Sandbox = current_app.extensions["sandbox"]
    return sandbox


def attach(app: Flask, sandbox: Sandbox) -> None:
    app.extensions["sandbox"] = sandbox


def describe(state: State, conversation: Conversation) -> dict[str, Any]:
    """Ids of both ends, for logs and control answers."""
    return {
        "conversation": conversation.id,
        "account": conversation.account_id,
        "customer": conversation.customer_id,
    }
