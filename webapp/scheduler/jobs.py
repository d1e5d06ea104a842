"""The ticks of every room: Flask-APScheduler asks in each process, the rows decide who works."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from flask_apscheduler import APScheduler

from webapp.core import clock
from webapp.core.work import Bells
from webapp.mail.occasions import Occasions
from webapp.scheduler import actions, episodes

log = logging.getLogger("webapp.scheduler")

# A tick: every so many seconds, this function.
Ticks = Mapping[str, tuple[float, Callable[[], object]]]


def register(app: Flask) -> None:
    bells: Bells = app.extensions["bells"]
    bells.on("scheduler.sweep", lambda round_id: sweep())
    occasions: Occasions = app.extensions["occasions"]
    occasions.on("meta-trouble", episodes.is_over)


def sweep() -> None:
    actions.sweep(current_app.extensions["meta"], clock.now)


TICKS: Ticks = {"scheduler.sweep": (15, sweep)}


def start(app: Flask, ticks: Ticks) -> BackgroundScheduler:
    """Begin to tick, in threads that never keep the process alive."""
    # Given through the app's settings: what the scheduler's own constructor is told, Flask-APScheduler resets.
    app.config.from_mapping(
        SCHEDULER_API_ENABLED=False,
        SCHEDULER_TIMEZONE="UTC",
        SCHEDULER_EXECUTORS={"default": DaemonThreads()},
        # A tick that is late is still wanted, once.
        SCHEDULER_JOB_DEFAULTS={"misfire_grace_time": 3600, "coalesce": True, "max_instances": 1},
    )
    scheduler = BackgroundScheduler(daemon=True)
    ticking = APScheduler(scheduler=scheduler, app=app)
    for name, (seconds, function) in ticks.items():
        ticking.add_job(
            name,
            partial(answer, app, name, function),
            trigger="interval",
            seconds=seconds,
            next_run_time=clock.now(),
        )
    # Flask-APScheduler's own start() does nothing, silently, where FLASK_DEBUG is set without a reloader.
    scheduler.start()
    return scheduler


def answer(app: Flask, name: str, function: Callable[[], object]) -> None:
    """One tick. Whatever goes wrong is written down, and the next tick tries again."""
    with app.app_context():
        try:
            function()
        except Exception:
            log.exception("tick %s broke", name)


class DaemonThreads(BaseExecutor):  # type: ignore[misc]
    """One thread a job. A pool's threads would be waited for when the process ends, a hanging mail server's too."""

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        threading.Thread(target=self._run, args=(job, run_times), name=job.id, daemon=True).start()

    def _run(self, job: Any, run_times: list[datetime]) -> None:
        try:
            events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
        except BaseException as error:
            self._run_job_error(job.id, error, error.__traceback__)
        else:
            self._run_job_success(job.id, events)
