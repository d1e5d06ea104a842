"""What people do in this room, one verb each."""

from webapp.accounts.actions.audit import note
from webapp.accounts.actions.door import Locked, WrongPassword, sign_in, sign_out
from webapp.accounts.actions.found import SlugTaken, found_workspace, make_operator, set_plan
from webapp.accounts.actions.links import (
    AlreadyMember,
    InvitedTooOften,
    JustInvited,
    TooManyInvitations,
    choose_password,
    invite,
    join,
    mail_password_link,
    revoke_invitation,
)
from webapp.accounts.actions.members import (
    LastAdmin,
    change_role,
    describe,
    disable,
    enable,
    rename,
    sign_out_everywhere,
)
from webapp.accounts.models import LinkClosed

__all__ = [
    "AlreadyMember",
    "InvitedTooOften",
    "JustInvited",
    "LastAdmin",
    "LinkClosed",
    "Locked",
    "SlugTaken",
    "TooManyInvitations",
    "WrongPassword",
    "change_role",
    "choose_password",
    "describe",
    "disable",
    "enable",
    "found_workspace",
    "invite",
    "join",
    "mail_password_link",
    "make_operator",
    "note",
    "rename",
    "revoke_invitation",
    "set_plan",
    "sign_in",
    "sign_out",
    "sign_out_everywhere",
]
