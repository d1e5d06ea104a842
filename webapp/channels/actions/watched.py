"""A channel as a check reads it: plain values that threads may share, and cheap, because most stay as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select

from webapp.channels.models import Channel, Grant, Hearing
from webapp.channels.rules import Subject, platform_of
from webapp.channels.status import Status
from webapp.core import db
from webapp.core.crypto import Secret


@dataclass(frozen=True, slots=True)
class Watched:
    """`user_token` is of the login that the channel was connected with, `authorized_at` names the Page token's.
    `login_of` is the Facebook user whose newest login the Page token is of, `data_ends_at` when that login's access to
    data ends, as far as is known.

    `listened_to` is the customer whose message last came for listeners only, while none has come since to the app that
    answers.
    """

    id: int
    platform: str
    external_id: str
    page_id: str
    page_token: Secret | None
    grant_id: int | None
    user_token: Secret | None
    status: str
    cause: str | None
    checked_at: datetime | None
    verdict_at: datetime | None
    authorized_at: datetime
    doubted: str | None
    doubted_since: datetime | None
    listened_to: str | None = None
    login_of: str | None = None
    data_ends_at: datetime | None = None

    @property
    def subject(self) -> Subject:
        return Subject(platform_of(self.platform), self.external_id, self.page_id)

    @property
    def state(self) -> tuple[str, str | None]:
        return self.status, self.cause


_COLUMNS = (
    Channel.id,
    Channel.platform,
    Channel.external_id,
    Channel.page_id,
    Channel.page_token,
    Channel.grant_id,
    Grant.user_token,
    Channel.status,
    Channel.cause,
    Channel.checked_at,
    Channel.verdict_at,
    Channel.authorized_at,
    Channel.doubted,
    Channel.doubted_since,
    Hearing.listened_to,
    case((Channel.authorized_at >= Grant.granted_at, Grant.facebook_user_id)),
    Grant.data_access_expires_at,
)
_ONLY_LISTENING = and_(
    Hearing.channel_id == Channel.id,
    Hearing.standby_at.is_not(None),
    or_(Hearing.direct_at.is_(None), Hearing.standby_at > Hearing.direct_at),
)


def are(channel_ids: Sequence[int]) -> ColumnElement[bool]:
    """These channels. Our own numbers stand in the statement itself: as parameters they cost more than all the rest."""
    return Channel.id.in_(bindparam(None, list(channel_ids), expanding=True, literal_execute=True))


def load(channel_ids: Sequence[int]) -> list[Watched]:
    """Those that are held. Channels of one Page stand side by side, so that they share questions."""
    found = db.session().execute(
        select(*_COLUMNS)
        .outerjoin(Grant, Grant.id == Channel.grant_id)
        .outerjoin(Hearing, _ONLY_LISTENING)
        .where(are(channel_ids), Channel.status != Status.DISCONNECTED)
        .order_by(Channel.page_id, Channel.id)
    )
    return list(starmap(Watched, found))
