"""A Facebook user wants their data deleted: name, id and tokens go, wherever they stand."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import force_locale, gettext
from markupsafe import escape
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from webapp.channels.actions.adopt import rename
from webapp.channels.actions.remove import lose_user
from webapp.channels.models import (
    Authorization,
    Channel,
    DataDeletion,
    Grant,
    Incident,
    Notice,
    PendingGrant,
    RepairLink,
)
from webapp.core import db
from webapp.mail.models import OutgoingMail
from webapp.web.i18n import DEFAULT

# Stands in the rows where the name stood; pages and mails say it in their own language.
SOMEBODY = "a Facebook user"


def forget_user(facebook_user_id: str, *, code: str, now: datetime) -> None:
    """Delete what we hold of a Facebook user. Their channels stay, lost, with nobody's token.

    `code` is what the person can look the deletion up by. Repeating it changes nothing.
    """
    lose_user(facebook_user_id, now=now)
    with db.transaction() as session:
        grants = list(session.scalars(select(Grant).where(Grant.facebook_user_id == facebook_user_id)))
        pending = list(session.scalars(select(PendingGrant).where(PendingGrant.facebook_user_id == facebook_user_id)))
        places = {one.workspace_id for one in grants} | _workspaces(session, pending)
        # An empty name stands between any two letters.
        names = ({one.facebook_user_name for one in grants} | {one.facebook_user_name for one in pending}) - {""}
        for name in names:
            rename(session, places, name, SOMEBODY)
        _clear_mails(session, places, names)
        _drop_tokens(session, grants)
        _drop_trips(session, grants, pending)
        session.execute(delete(Grant).where(Grant.id.in_([one.id for one in grants])))
        if session.query(DataDeletion).filter_by(code=code).one_or_none() is None:
            session.add(DataDeletion(code=code, done_at=now))


def _clear_mails(session: Session, places: set[int], names: set[str]) -> None:
    """Of the mails about these workspaces' channels: sent ones are emptied, waiting ones name nobody."""
    told = (
        select(Notice.mail_id)
        .join(Incident, Incident.id == Notice.incident_id)
        .join(Channel, Channel.id == Incident.channel_id)
        .where(Channel.workspace_id.in_(places), Notice.mail_id.is_not(None))
    )
    links = session.scalars(select(RepairLink.id).where(RepairLink.workspace_id.in_(places)))
    about = or_(OutgoingMail.id.in_(told), OutgoingMail.key.in_([f"repair-link/{one}" for one in links]))
    for mail in session.scalars(select(OutgoingMail).where(about).execution_options(populate_existing=True)):
        if mail.sent_at is not None or mail.is_unconfirmed:
            mail.text = mail.html = ""
            continue
        somebody = _in_the_language_of(mail)
        for name in names:
            mail.subject, mail.text = mail.subject.replace(name, somebody), mail.text.replace(name, somebody)
            mail.html = mail.html.replace(str(escape(name)), somebody)


def _in_the_language_of(mail: OutgoingMail) -> str:
    with force_locale("en" if '<html lang="en"' in mail.html else DEFAULT):
        return str(gettext("a Facebook user"))


def _workspaces(session: Session, pending: Sequence[PendingGrant]) -> set[int]:
    trips = [one.authorization_id for one in pending]
    return set(session.scalars(select(Authorization.workspace_id).where(Authorization.id.in_(trips))))


def _drop_tokens(session: Session, grants: Sequence[Grant]) -> None:
    """Page tokens speak for the person who gave them."""
    held = session.scalars(
        select(Channel)
        .where(Channel.grant_id.in_([one.id for one in grants]))
        .order_by(Channel.id)
        .with_for_update(of=Channel)
        .execution_options(populate_existing=True)
    )
    for channel in held:
        channel.page_token = channel.release_at = None
        channel.grant_id = None
        channel.touch()


def _drop_trips(session: Session, grants: Sequence[Grant], pending: Sequence[PendingGrant]) -> None:
    """What their logins led to; the pending grants go with their trips."""
    session.execute(
        delete(Authorization).where(
            or_(
                Authorization.grant_id.in_([one.id for one in grants]),
                Authorization.id.in_([one.authorization_id for one in pending]),
            )
        )
    )
