"""The roof: the one place that knows every room."""

from datetime import timedelta
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Config
from webapp import commands, metrics, navigation, retention
from webapp.accounts import access
from webapp.accounts import jobs as accounts_jobs
from webapp.accounts import views as accounts
from webapp.channels import jobs as channels_jobs
from webapp.channels import views as channels
from webapp.core import db, logs
from webapp.core.crypto import Secret, key_ring
from webapp.core.work import Bells
from webapp.diagnosis import jobs as diagnosis_jobs
from webapp.diagnosis import views as diagnosis
from webapp.home import views as home
from webapp.inbox import jobs as inbox_jobs
from webapp.inbox import views as inbox
from webapp.mail import gateway as mail
from webapp.mail import jobs as mail_jobs
from webapp.meta.client import GraphClient
from webapp.meta.gateway import MetaSettings
from webapp.scheduler import jobs as scheduler_jobs
from webapp.scheduler import views as scheduler
from webapp.web import assets, compiled, errors, health, htmx, i18n, icons, security
from webapp.webhooks import door
from webapp.webhooks import jobs as webhooks_jobs
from webapp.webhooks import views as webhooks

ROOT = Path(__file__).parent.parent


def create_app(config: Config) -> Flask:
    """A whole console, with nothing running in the background yet (see webapp/background.py)."""
    app = Flask("webapp", template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.from_mapping(_flask_settings(config))
    app.extensions["config"] = config
    app.extensions["key_ring"] = key_ring(config.token_keys)
    app.extensions["meta"] = GraphClient(_meta_settings(config))
    if config.secure:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    logs.init_app(app, config.log_level)
    db.init_app(app, config.database_url)
    for cellar in (assets, compiled, htmx, i18n, icons, errors, health):
        cellar.init_app(app)
    security.init_app(app, config)
    access.login.init_app(app)
    mail.init_app(app, config)
    Bells(app, config.queue_url)
    _move_in(app)
    navigation.init_app(app, config)
    commands.init_app(app)
    # Last: it stands in front of everything.
    door.init_app(app, config)
    return app


def _move_in(app: Flask) -> None:
    """Every room's address book, bells, ticks, and what it knows of its mails."""
    for room in (accounts, channels, inbox, scheduler, diagnosis, home, metrics):
        app.register_blueprint(room.bp)
    for blueprint in webhooks.blueprints:
        app.register_blueprint(blueprint)
    for doors in (mail_jobs, accounts_jobs, channels_jobs, inbox_jobs, scheduler_jobs):
        doors.register(app)
    ticks: dict[str, object] = {}
    rooms = (mail_jobs, channels_jobs, inbox_jobs, webhooks_jobs, scheduler_jobs, diagnosis_jobs)
    for ticking in (*rooms, retention):
        ticks.update(ticking.TICKS)
    app.extensions["ticks"] = ticks


def _flask_settings(config: Config) -> dict[str, object]:
    return {
        "SECRET_KEY": config.secret_key,
        "SESSION_COOKIE_NAME": "__Host-omnichat" if config.secure else "omnichat",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": config.secure,
        # Lax, not Strict: the way back from Facebook is a cross-site navigation.
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=30),
        # Written only when it changes: the answer of a poll must not undo what another answer has just kept in it.
        "SESSION_REFRESH_EACH_REQUEST": False,
        # The token lives as long as the session: a page that was open all day still works.
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "TESTING": config.environment == "test",
        "SCHEDULER_API_ENABLED": False,
    }


def _meta_settings(config: Config) -> MetaSettings:
    return MetaSettings(
        app_id=config.meta_app_id,
        app_secret=Secret(config.meta_app_secret),
        graph_url=config.meta_graph_url,
        dialog_url=config.meta_dialog_url,
        version=config.meta_version,
        timeout=config.meta_timeout,
    )
