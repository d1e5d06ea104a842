"""A Meta that answers checks at once, as it is told to: for counting, not for the shapes of its answers."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any, cast

from webapp.channels.rules import NEEDED
from webapp.meta.errors import GraphError
from webapp.meta.gateway import Findings, InstagramAccount, Meta, Page, Probe, TokenState

SCOPES = frozenset(scope for scopes in NEEDED.values() for scope in scopes)


class FakeMeta:
    """`errors` maps a Page's id to what its calls are refused with; `everywhere` is for all of them."""

    def __init__(self) -> None:
        self.errors: dict[str, GraphError] = {}
        self.everywhere: GraphError | None = None
        self.app_usage: Mapping[str, int] = {}
        self.asked: list[str] = []
        self._sent = threading.local()

    @property
    def requests_sent(self) -> int:
        return getattr(self._sent, "count", 0)

    def check(self, probes: Sequence[Probe]) -> list[Findings]:
        self._sent.count = self.requests_sent + -(-4 * len(probes) // 50)
        self.asked += [probe.page_id for probe in probes]
        return [self._findings(probe) for probe in probes]

    def _findings(self, probe: Probe) -> Findings:
        error = self.everywhere or self.errors.get(probe.page_id)
        if error is not None:
            state: Any = TokenState(True, scopes=SCOPES) if error.code in (10, 200) else error
            return Findings(state, error, error, error)
        account = InstagramAccount(probe.page_token.reveal(), "shop")
        return Findings(
            TokenState(True, scopes=SCOPES),
            Page(probe.page_id, "Shop", instagram=account),
            frozenset({"messages"}),
            True,
        )


def as_meta(fake: FakeMeta) -> Meta:
    """The sweep uses three things of Meta; the fake has these."""
    return cast(Meta, fake)
