"""The shell's door: `flask deliveries …`."""

from datetime import UTC, datetime
from typing import Any

import click
from flask.cli import AppGroup

from webapp.core import clock
from webapp.webhooks import replay
from webapp.webhooks.replay import Line, Wanted

deliveries = AppGroup("deliveries", help="What Meta delivered: look through it, handle it once more.")


class Moment(click.ParamType[datetime]):
    """2026-11-22, or 2026-11-22T14:05, in UTC where no zone is said."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment; write it as 2026-11-22T14:05", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_failed = click.option("--failed", is_flag=True, help="Only those that could not be handled.")
_since = click.option("--since", type=Moment(), help="Received at that moment or later.")
_until = click.option("--until", type=Moment(), help="Received before that moment.")


@deliveries.command("list")
@_failed
@_since
@_until
@click.option("--limit", default=100, show_default=True)
def list_them(failed: bool, since: datetime | None, until: datetime | None, limit: int) -> None:
    """Deliveries, oldest first, without their content."""
    lines = replay.found(Wanted(since=since, until=until, failed=failed), limit + 1)
    for line in lines[:limit]:
        click.echo(_described(line))
    if len(lines) > limit:
        click.echo(f"… and more than these {limit}")
    if not lines:
        click.echo("none")


@deliveries.command("replay")
@click.argument("ids", nargs=-1, type=int)
@_failed
@_since
@_until
def replay_them(ids: tuple[int, ...], failed: bool, since: datetime | None, until: datetime | None) -> None:
    """Handle deliveries once more: those with these IDS, or of a time, or all that failed. Doubles nothing."""
    wanted = Wanted(ids, since, until, failed)
    if wanted.is_everything:
        raise click.UsageError("say which: ids, --since and --until, or --failed")
    lines = replay.replay(wanted, now=clock.now())
    waiting = [line for line in lines if line.handled_at is None]
    for line in lines:
        if line.problem:
            click.echo(_described(line))
    missing = sorted(set(ids) - {line.id for line in lines})
    if missing and not (failed or since or until):
        click.echo(f"not here (any more): {', '.join(map(str, missing))}")
    click.echo(f"{len(lines)} replayed, {len(lines) - len(waiting)} handled, {len(waiting)} still failing")
    if waiting:
        raise click.exceptions.Exit(1)


def _described(line: Line) -> str:
    state = "handled" if line.handled_at else f"waits until {line.next_try_at:%Y-%m-%d %H:%M:%S}"
    if not line.handled_at and not line.tries:
        state = "new"
    why = f": {line.problem}" if line.problem else ""
    return f"{line.id:>10}  {line.received_at:%Y-%m-%d %H:%M:%S}  tried {line.tries}  {state}{why}"
