"""Tables of the room, one file a noun."""

from webapp.channels.models.authorization import Authorization, DataDeletion, Outcome
from webapp.channels.models.channel import Channel, StatusChange
from webapp.channels.models.gap import CheckGap
from webapp.channels.models.grant import Facts, Grant
from webapp.channels.models.hearing import Hearing, SignatureFailure
from webapp.channels.models.incident import Incident, Notice, Told
from webapp.channels.models.pending import PendingGrant
from webapp.channels.models.quiet import Quiet
from webapp.channels.models.repair_link import RepairLink

__all__ = [
    "Authorization",
    "Channel",
    "CheckGap",
    "DataDeletion",
    "Facts",
    "Grant",
    "Hearing",
    "Incident",
    "Notice",
    "Outcome",
    "PendingGrant",
    "Quiet",
    "RepairLink",
    "SignatureFailure",
    "StatusChange",
    "Told",
]
