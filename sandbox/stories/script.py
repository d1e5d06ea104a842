"""What a story is made of, and the cast that its steps speak to."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import methodcaller

from sandbox import acts, causes, grants, news, talk
from sandbox.causes import Subject
from sandbox.graph import threads
from sandbox.model import Conversation, Customer, Fault, Page
from sandbox.runtime import Sandbox
from sandbox.state import State

Words = tuple[str, str]
"""The same sentence in Chinese and in English; {account}, {page}, {person} and {customer} are filled in."""


class NobodyConnected(ValueError):
    """A story needs an Instagram account that the console has connected."""


Cue = Callable[["Cast"], object]
cue = methodcaller
"""`cue("writes", "你好")` is what the cast is told to do: one of its methods, by name."""


@dataclass(frozen=True)
class Step:
    """After `wait` seconds the cues are given; `says` tells what happened, `look` what to see in the console."""

    wait: float
    says: Words
    cues: tuple[Cue, ...]
    look: Words

    def act(self, cast: "Cast") -> None:
        for given in self.cues:
            given(cast)


def step(wait: float, says: Words, *cues: Cue, look: Words = ("", "")) -> Step:
    return Step(wait, says, cues, look)


@dataclass(frozen=True)
class Story:
    name: str
    title: Words
    about: Words
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        """How long it takes at normal speed."""
        return sum(step.wait for step in self.steps)


class Cast:
    """One connected Instagram account, the person whose login it hangs on, and its customers."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.page, self.person_id = _connected(sandbox.state)
        self.account_id = self.page.instagram_id or ""
        self._switched: list[tuple[str, Subject]] = []
        self._faults: list[Fault] = []

    def names(self, language: str) -> dict[str, str]:
        person, chinese = self.sandbox.state.people[self.person_id], language == "zh"
        return {
            "account": f"@{self.sandbox.state.instagram[self.account_id].username}",
            "page": self.page.name if chinese else self.page.name_en,
            "person": person.name if chinese else person.name_en,
            "customer": self.customer().name,
        }

    def customer(self, number: int = 0) -> Customer:
        """One of those who write to the account; they come round again when there are fewer."""
        own = [one for one in self.sandbox.state.customers.values() if one.account_id == self.account_id]
        return own[number % len(own)] if own else talk.new_customer(self.sandbox.state, self.account_id, "張雅婷")

    def thread(self, number: int = 0) -> Conversation:
        state, customer = self.sandbox.state, self.customer(number)
        return talk.conversation_with(state, talk.platform_of(state, self.account_id), self.account_id, customer.id)

    def writes(self, text: str, number: int = 0) -> None:
        self.does("text", text, number)

    def does(self, form: str, text: str = "", number: int = 0) -> None:
        acts.act(self.sandbox, self.thread(number), form, text)

    def crowd(self, form: str, texts: tuple[str, ...], times: int) -> None:
        """Everybody does the same thing, again and again."""
        for number in range(times):
            self.does(form, texts[number % len(texts)], number)

    def switch(self, cause: str, on: bool = True, person_id: str = "") -> None:
        subject = Subject(person_id or self.person_id, self.page.id, self.account_id, self.customer().id)
        causes.switch(self.sandbox, cause, subject, on)
        self._switched = [one for one in self._switched if one != (cause, subject)]
        if on:
            self._switched.append((cause, subject))

    def everyone(self, cause: str) -> None:
        """The cause meets everybody who has authorised the app."""
        for person_id in list(self.sandbox.state.grants):
            self.switch(cause, person_id=person_id)

    def fault(self, kind: str, on: bool = True, seconds: float = 0.0, endpoint: str = "") -> None:
        """`endpoint` may speak of {page}, the story's own."""
        endpoint = endpoint.format(page=self.page.id)
        fault = Fault(kind, endpoint, "", seconds or causes.DEFAULT_SECONDS.get(kind, 0.0))
        causes.set_fault(self.sandbox.state, fault, on)
        self._faults = [one for one in self._faults if (one.kind, one.endpoint) != (kind, endpoint)]
        if on:
            self._faults.append(fault)

    def passes_thread(self) -> None:
        """The other app hands the thread to ours."""
        threads.announce_pass(self.sandbox, self.thread(), self.sandbox.settings.app_id)

    def logs_in_without_the_page(self) -> None:
        """The same person connects another product and leaves this Page unticked there."""
        state, grant = self.sandbox.state, self.sandbox.state.grants[self.person_id]
        pages = [page.id for page in state.pages.values() if self.person_id in page.roles and page is not self.page]
        accounts = [one for one in (state.pages[page].instagram_id for page in pages) if one]
        grants.record(self.sandbox, self.person_id, pages, accounts, grant.permissions)

    def tidy(self) -> None:
        """Take back what is still on, as when a story is stopped half-way."""
        for cause, subject in reversed(self._switched):
            causes.switch(self.sandbox, cause, subject, on=False)
        for fault in self._faults:
            causes.set_fault(self.sandbox.state, fault, on=False)
        self._switched, self._faults = [], []


def _connected(state: State) -> tuple[Page, str]:
    for page in state.pages.values():
        if not page.subscription or not page.instagram_id:
            continue
        for grant in state.grants.values():
            if news.gives(grant, page, "instagram_manage_messages"):
                return page, grant.person_id
    raise NobodyConnected("Connect an Instagram account in the console first: a story needs somebody to play to.")
