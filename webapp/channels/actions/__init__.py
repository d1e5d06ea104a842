"""Use cases of the room, one file a verb."""

from webapp.channels.actions.abandoned import end_abandoned, forget_trips
from webapp.channels.actions.authorize import AlreadyUsed, Answer, UnknownState, arrive, begin
from webapp.channels.actions.check import Batch, Checking, check_channels, check_named_soon, report_refusal
from webapp.channels.actions.connect import Report, connect, selection
from webapp.channels.actions.disconnect import disconnect
from webapp.channels.actions.forget import forget_user
from webapp.channels.actions.move import (
    Move,
    MoveRefused,
    PendingGone,
    dismiss,
    forget_pending,
    move,
    plan,
    start_again,
)
from webapp.channels.actions.record import Tally
from webapp.channels.actions.remove import lose_user
from webapp.channels.actions.repair import arrive_with_link, begin_repair
from webapp.channels.actions.repair_links import (
    MailedTooOften,
    NothingToRepair,
    TooManyLinks,
    create_link,
    revoke_link,
)
from webapp.channels.actions.why import why

__all__ = [
    "AlreadyUsed",
    "Answer",
    "Batch",
    "Checking",
    "Move",
    "MoveRefused",
    "MailedTooOften",
    "NothingToRepair",
    "PendingGone",
    "Report",
    "Tally",
    "TooManyLinks",
    "UnknownState",
    "arrive",
    "arrive_with_link",
    "begin",
    "begin_repair",
    "check_channels",
    "check_named_soon",
    "connect",
    "create_link",
    "disconnect",
    "dismiss",
    "end_abandoned",
    "forget_pending",
    "forget_trips",
    "forget_user",
    "lose_user",
    "move",
    "plan",
    "report_refusal",
    "revoke_link",
    "selection",
    "start_again",
    "why",
]
