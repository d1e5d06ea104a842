"""The thread that posts webhooks: signed over the wire bytes, tried again with growing pauses."""

import heapq
import http.client
import itertools
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from sandbox import signature
from sandbox.settings import Settings

LOG_LENGTH = 400


@dataclass
class Attempt:
    """One POST: `status` 0 means that no HTTP answer came; `answer` is its first characters."""

    at: float
    status: int
    ms: int
    answer: str


@dataclass
class Delivery:
    """One body on its way. `state` is waiting, delivered, dropped or lost; while it `gathers`, more entries join it."""

    id: int
    what: str
    url: str
    body: bytes
    content_type: str
    signed: bool = True
    secret: str = ""
    retries: bool = True
    gathers: bool = False
    state: str = "waiting"
    attempts: list[Attempt] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """For the log: what, bytes, status and milliseconds of the last attempt, all attempts."""
        last = self.attempts[-1] if self.attempts else None
        return {
            "id": self.id,
            "what": self.what,
            "url": self.url,
            "bytes": len(self.body),
            "body": self.body.decode("ascii") if self.signed else "",
            "state": self.state,
            "status": last.status if last else None,
            "ms": last.ms if last else None,
            "answer": last.answer if last else "",
            "attempts": [vars(attempt) for attempt in self.attempts],
        }


class WebhookSender:
    """A queue by due time and one thread that empties it in order. Safe to use from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._numbers = itertools.count(1)
        self._queue: list[tuple[float, int, Delivery]] = []
        self._wake = threading.Condition(threading.RLock())
        self._busy = 0
        self._stopping = False
        self._thread: threading.Thread | None = None
        self.log: deque[Delivery] = deque(maxlen=LOG_LENGTH)

    def post_json(
        self, what: str, url: str, payload: Any, delay: float = 0.0, secret: str = "", gathers: bool = False
    ) -> Delivery:
        """Queue a webhook. Another `secret` than the app's makes a forged signature.

        One that `gathers` joins the body that is already waiting for the same address, as Meta puts up to
        a thousand updates into one.
        """
        key = secret or self._settings.app_secret
        with self._wake:
            waiting = self._gathering(url, payload["object"]) if gathers else None
            if waiting is not None:
                known = json.loads(waiting.body)
                waiting.body = signature.wire({**known, "entry": [*known["entry"], *payload["entry"]]})
                return waiting
            body = signature.wire(payload)
            return self._queue_up(what, url, body, "application/json", delay, secret=key, gathers=gathers)

    def _gathering(self, url: str, kind: str) -> Delivery | None:
        start = f'{{"object":"{kind}"'.encode()
        waiting = (delivery for _, _, delivery in self._queue if delivery.gathers and not delivery.attempts)
        return next((one for one in waiting if one.url == url and one.body.startswith(start)), None)

    def lose(self, what: str, url: str, payload: Any) -> None:
        """Note in the log what Meta should have sent and never will."""
        with self._wake:
            body = signature.wire(payload)
            self.log.append(Delivery(next(self._numbers), what, url, body, "application/json", state="lost"))

    def post_form(self, what: str, url: str, name: str, value: str) -> Delivery:
        """Queue a form post, as the deauthorize and data-deletion callbacks are."""
        body = urllib.parse.urlencode({name: value}).encode()
        return self._queue_up(what, url, body, "application/x-www-form-urlencoded", 0.0, signed=False)

    def _queue_up(self, what: str, url: str, body: bytes, content_type: str, delay: float, **more: Any) -> Delivery:
        with self._wake:
            delivery = Delivery(next(self._numbers), what, url, body, content_type, **more)
            self.log.append(delivery)
            self._push(delivery, delay)
        return delivery

    def _push(self, delivery: Delivery, delay: float) -> None:
        heapq.heappush(self._queue, (time.monotonic() + delay, delivery.id, delivery))
        if self._thread is None and not self._stopping:
            self._thread = threading.Thread(target=self._run, name="webhook-sender", daemon=True)
            self._thread.start()
        self._wake.notify_all()

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            self._attempt(delivery)

    def _next(self) -> Delivery | None:
        with self._wake:
            while not self._stopping:
                now = time.monotonic()
                if self._queue and self._queue[0][0] <= now:
                    self._busy += 1
                    return heapq.heappop(self._queue)[2]
                self._wake.wait(self._queue[0][0] - now if self._queue else None)
        return None

    def _attempt(self, delivery: Delivery) -> None:
        attempt = send(delivery, self._settings.delivery_timeout)
        with self._wake:
            delivery.attempts.append(attempt)
            tries = len(delivery.attempts)
            if attempt.status == 200:
                delivery.state = "delivered"
            elif delivery.retries and tries <= len(self._settings.retry_pauses):
                self._push(delivery, self._settings.retry_pauses[tries - 1])
            else:
                delivery.state = "dropped"
            self._busy -= 1
            self._wake.notify_all()

    def send_at_once(self, deliveries: list[Delivery]) -> None:
        """Post these side by side, each once, and wait for all answers."""
        threads = [threading.Thread(target=self._attempt_now, args=(one,)) for one in deliveries]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _attempt_now(self, delivery: Delivery) -> None:
        with self._wake:
            self._busy += 1
        self._attempt(delivery)

    def copies(self, original: Delivery, times: int) -> list[Delivery]:
        """The same bytes again, logged as deliveries of their own, not queued."""
        with self._wake:
            made = [
                Delivery(
                    next(self._numbers), original.what, original.url, original.body,
                    original.content_type, original.signed, original.secret, retries=False,
                )
                for _ in range(times)
            ]  # fmt: skip
            self.log.extend(made)
        return made

    def recent(self) -> list[Delivery]:
        """The log, newest first."""
        with self._wake:
            return list(reversed(self.log))

    def advance(self, seconds: float) -> None:
        """Time passes: what waits is due so much earlier, in the same order."""
        with self._wake:
            self._queue = [(due - seconds, number, delivery) for due, number, delivery in self._queue]
            self._wake.notify_all()

    def settle(self, timeout: float) -> bool:
        """Wait until nothing is due and nothing is on its way; False when that took longer."""
        ends = time.monotonic() + timeout
        with self._wake:
            while self._busy or (self._queue and self._queue[0][0] <= time.monotonic()):
                left = ends - time.monotonic()
                if left <= 0:
                    return False
                self._wake.wait(min(left, 0.05))
        return True

    def forget(self) -> None:
        """Drop what waits and empty the log."""
        with self._wake:
            self._queue.clear()
            self.log.clear()

    def stop(self) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
            thread, self._thread = self._thread, None
        if thread:
            thread.join(timeout=1.0)


def send(delivery: Delivery, timeout: float) -> Attempt:
    """POST once. Never raises: what went wrong is in the attempt. `timeout` is in seconds."""
    headers = {"Content-Type": delivery.content_type, "User-Agent": "facebookexternalua"}
    if delivery.signed:
        headers.update(signature.headers(delivery.secret, delivery.body))
    request = urllib.request.Request(delivery.url, delivery.body, headers, method="POST")
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            status, text = answer.status, answer.read(300).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read(300).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        status, text = 0, str(error)
    return Attempt(time.time(), status, round((time.monotonic() - began) * 1000), text)
