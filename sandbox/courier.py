"""How webhooks travel: what the switches of the webhook group do to a body on its way to the app."""

import random
from typing import Any

from sandbox.model import Fault
from sandbox.runtime import Sandbox
from sandbox.state import State
from sandbox.webhook_sender import Delivery

KINDS = (
    "webhook_lost",
    "webhook_forged",
    "webhook_duplicated",
    "webhook_delayed",
    "webhook_shuffled",
    "webhook_batched",
)
DEFAULT_SECONDS = {"webhook_delayed": 20.0, "webhook_shuffled": 6.0, "webhook_batched": 3.0}
COPIES = 3
FORGED_SECRET = "not-the-app-secret"


def carry(sandbox: Sandbox, page_id: str, what: str, body: dict[str, Any], delay: float = 0.0) -> Delivery | None:
    """Hand one body to the sender; None when there is nowhere to send it or it gets lost on the way."""
    url = sandbox.callback_for(str(body["object"]))
    if not url:
        return None
    met = {fault.kind: fault for fault in meeting(sandbox.state, page_id)}
    if "webhook_lost" in met:
        sandbox.sender.lose(what, url, body)
        return None
    delay += _pause(met)
    secret = FORGED_SECRET if "webhook_forged" in met else sandbox.app_secret
    window = met["webhook_batched"].seconds if "webhook_batched" in met else 0.0
    sent = sandbox.sender.post_json(what, url, body, delay + window, secret, gathers=window > 0)
    if "webhook_duplicated" in met:
        for _ in range(COPIES - 1):
            sandbox.sender.post_json(what, url, body, delay + window + _pause(met), secret)
    return sent


def _pause(met: dict[str, Fault]) -> float:
    late = met["webhook_delayed"].seconds if "webhook_delayed" in met else 0.0
    return late + (random.uniform(0.0, met["webhook_shuffled"].seconds) if "webhook_shuffled" in met else 0.0)


def meeting(state: State, page_id: str) -> list[Fault]:
    """The webhook switches that meet a body of this Page; counted down where they count."""
    met = [fault for fault in state.faults if fault.kind in KINDS and fault.page_id in ("", page_id)]
    state.count_down(met)
    return met
