"""Use cases of the room, one file a verb."""

from webapp.channels.actions.authorize import AlreadyUsed, Answer, UnknownState, arrive, begin
from webapp.channels.actions.check import Tally, check_channels, report_refusal
from webapp.channels.actions.connect import Report, connect, selection
from webapp.channels.actions.disconnect import disconnect
from webapp.channels.actions.remove import forget_user, lose_user

__all__ = [
    "AlreadyUsed",
    "Answer",
    "Report",
    "Tally",
    "UnknownState",
    "arrive",
    "begin",
    "check_channels",
    "connect",
    "disconnect",
    "forget_user",
    "lose_user",
    "report_refusal",
    "selection",
]
