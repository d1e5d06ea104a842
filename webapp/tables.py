"""Every table of every room, for migrations."""

from webapp.accounts import models as accounts
from webapp.channels import models as channels
from webapp.core.db import Model
from webapp.diagnosis import models as diagnosis
from webapp.inbox import models as inbox
from webapp.mail import models as mail
from webapp.scheduler import models as scheduler
from webapp.webhooks import models as webhooks

metadata = Model.metadata

__all__ = ["accounts", "channels", "diagnosis", "inbox", "mail", "metadata", "scheduler", "webhooks"]
