"""Figures for a monitoring system, in Prometheus' text format. No name of a person, workspace or account is in them.

Source: Prometheus, "Exposition formats" (text format 0.0.4).
"""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from config import Config
from webapp.channels.models import Channel, Incident
from webapp.channels.status import Status
from webapp.core import clock, db
from webapp.mail.models import OutgoingMail
from webapp.mail.queries import waits
from webapp.scheduler import queries
from webapp.scheduler.models import Round
from webapp.webhooks.models import Delivery

bp = Blueprint("metrics", __name__)

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@dataclass(frozen=True, slots=True)
class Metric:
    """`values` by the content of the braces, empty for a figure without labels."""

    name: str
    kind: str
    help: str
    values: Mapping[str, float]


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    if not _may_read():
        abort(404)
    return Response("".join(map(written, collected(clock.now()))), content_type=_MEDIA_TYPE)


metrics.access = "public"  # type: ignore[attr-defined]


def written(metric: Metric) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
    lines += [
        f"{metric.name}{{{label}}} {value:g}" if label else f"{metric.name} {value:g}"
        for label, value in metric.values.items()
    ]
    return "\n".join(lines) + "\n"


def collected(now: datetime) -> Iterator[Metric]:
    yield from _sweep(now)
    yield from _meta(now)
    yield from _waiting("mails", OutgoingMail.written_at, waits(), now)
    # What was tried and failed has a figure of its own; it must not hide that the others stopped.
    new = Delivery.handled_at.is_(None) & (Delivery.tries == 0)
    yield from _waiting("deliveries", Delivery.received_at, new, now)
    yield _failed_deliveries()


def _sweep(now: datetime) -> Iterator[Metric]:
    """Two statements: channels and rounds."""
    counts = dict.fromkeys(Status, 0.0)
    due, oldest = 0, None
    for status, count, waiting, since in db.session().execute(
        select(
            Channel.status,
            func.count(),
            func.count().filter(Channel.next_check_at <= now),
            func.min(Channel.next_check_at),
        ).group_by(Channel.status)
    ):
        counts[Status(status)] = count
        if status != Status.DISCONNECTED:
            due += waiting
            oldest = min(filter(None, (oldest, since)))
    rounds, finished, last = (
        db.session().execute(select(func.count(), func.count(Round.finished_at), func.max(Round.finished_at))).one()
    )
    open_ones = db.session().scalar(select(func.count()).where(Incident.closed_at.is_(None))) or 0
    by_status = {f'status="{status}"': count for status, count in counts.items()}
    yield Metric("omnichat_channels", "gauge", "Channels by status.", by_status)
    yield _one("omnichat_incidents_open", "Failure episodes that are not over.", open_ones)
    yield _one("omnichat_checks_due", "Channels waiting for their hourly check.", due)
    yield _one("omnichat_checks_overdue_seconds", "How long the longest of them has waited.", _age(oldest, now))
    yield Metric(
        "omnichat_rounds",
        "gauge",
        "Rounds of the hourly sweep.",
        {
            'state="begun"': rounds,
            'state="finished"': finished,
        },
    )
    yield _one(
        "omnichat_round_finished_age_seconds",
        "Since the last round finished; -1 before the first.",
        _age(last, now) if last else -1,
    )


def _meta(now: datetime) -> Iterator[Metric]:
    state = queries.meta_state()
    pause = (state.wait_until - now).total_seconds() if state.wait_until else 0
    yield _one("omnichat_meta_usage_percent", "Use of the Meta app's limits, as last told.", state.usage)
    yield _one("omnichat_meta_pause_seconds", "How long the sweep still leaves Meta alone.", max(0, pause))
    yield _one("omnichat_meta_trouble", "1 while checks fail for everybody.", state.declared_at is not None)


def _waiting(
    what: str, since: InstrumentedAttribute[datetime], waits: ColumnElement[bool], now: datetime
) -> Iterator[Metric]:
    count, oldest = db.session().execute(select(func.count(), func.min(since)).where(waits)).one()
    yield _one(f"omnichat_{what}_waiting", f"{what.title()} not dealt with yet.", count)
    yield _one(f"omnichat_{what}_oldest_age_seconds", "How long the oldest of them has waited.", _age(oldest, now))


def _failed_deliveries() -> Metric:
    """By the name of the error, which is ours and says nothing of the content."""
    counts = db.session().execute(
        select(Delivery.problem, func.count())
        .where(Delivery.handled_at.is_(None), Delivery.tries > 0)
        .group_by(Delivery.problem)
    )
    values = {f'problem="{problem}"': float(count) for problem, count in counts} or {'problem="none"': 0.0}
    help = "Deliveries that could not be handled; see `flask deliveries list --failed`."
    return Metric("omnichat_deliveries_failed", "gauge", help, values)


def _one(name: str, help: str, value: float) -> Metric:
    return Metric(name, "gauge", help, {"": float(value)})


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _may_read() -> bool:
    """With METRICS_TOKEN only who shows it; without one nobody in production, else programs on this machine."""
    config: Config = current_app.extensions["config"]
    if config.metrics_token:
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(shown.encode(), config.metrics_token.encode())
    # A proxy on this machine speaks for the whole world, and need not say so.
    if config.environment == "production":
        return False
    return _is_loopback(request.remote_addr) and not any(name in request.headers for name in _FORWARDED)


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
