"""Figures for a monitoring system."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from tests.people import People, make_channel
from webapp.channels.rules import Verdict
from webapp.channels.status import Status
from webapp.core import clock, db
from webapp.mail.models import OutgoingMail
from webapp.meta.errors import Cause
from webapp.scheduler.models import MetaState, Round
from webapp.webhooks.models import Delivery

TOKEN = "a token for the monitoring only"


def figures(client: FlaskClient) -> dict[str, float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_an_empty_console_has_all_its_figures(client: FlaskClient, people: People) -> None:
    found = figures(client)
    assert found['omnichat_channels{status="connected"}'] == 0
    assert found["omnichat_checks_due"] == found["omnichat_checks_overdue_seconds"] == 0
    assert found["omnichat_round_finished_age_seconds"] == -1


def test_every_figure_says_what_it_is(client: FlaskClient, people: People) -> None:
    text = client.get("/metrics").text
    named = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    for kind in ("HELP", "TYPE"):
        assert {line.split(" ")[2] for line in text.splitlines() if line.startswith(f"# {kind}")} == named


def test_the_figures_tell_of_channels_checks_rounds_mails_and_deliveries(
    app: Flask, client: FlaskClient, people: People
) -> None:
    now = clock.now()
    with app.app_context():
        make_channel(people.aurora, people.alice, number=1, next_check_at=now - timedelta(minutes=20))
        lost = make_channel(people.aurora, people.alice, number=2, next_check_at=now + timedelta(minutes=20))
        with db.transaction() as session:
            session.merge(lost).become(Verdict(Status.LOST, Cause.EXPIRED), noticed_by="sweep", now=now)
            session.add(Round(name="one", began_at=now - timedelta(minutes=9), finished_at=now - timedelta(minutes=5)))
            session.add(Round(name="two", began_at=now))
            session.add(MetaState(id=1, usage=64, wait_until=now + timedelta(minutes=2), declared_at=now))
            session.add(_mail(1, written_at=now - timedelta(minutes=7)))
            session.add(_mail(2, written_at=now, sent_at=now))
            session.add(Delivery(digest="1", body=b"{}", received_at=now - timedelta(seconds=90), next_try_at=now))
    found = figures(client)
    assert found['omnichat_channels{status="connected"}'] == found['omnichat_channels{status="lost"}'] == 1
    assert found["omnichat_incidents_open"] == 1
    assert found["omnichat_checks_due"] == 1
    assert found["omnichat_checks_overdue_seconds"] == pytest.approx(1200, abs=30)
    assert (found['omnichat_rounds{state="begun"}'], found['omnichat_rounds{state="finished"}']) == (2, 1)
    assert found["omnichat_round_finished_age_seconds"] == pytest.approx(300, abs=30)
    assert found["omnichat_meta_usage_percent"] == 64
    assert found["omnichat_meta_pause_seconds"] == pytest.approx(120, abs=30)
    assert found["omnichat_meta_trouble"] == 1
    assert (found["omnichat_mails_waiting"], found["omnichat_deliveries_waiting"]) == (1, 1)
    assert found["omnichat_mails_oldest_age_seconds"] == pytest.approx(420, abs=30)
    assert found["omnichat_deliveries_oldest_age_seconds"] == pytest.approx(90, abs=30)


def _mail(number: int, **values: object) -> OutgoingMail:
    return OutgoingMail(
        key=f"key {number}",
        message_id=f"<{number}@example.com>",
        address="alice@example.com",
        subject="s",
        text="t",
        html="h",
        next_try_at=clock.now(),
        **values,
    )


def test_nobody_is_named_in_them(app: Flask, client: FlaskClient, people: People) -> None:
    with app.app_context():
        make_channel(people.aurora, people.alice)
    text = client.get("/metrics").text
    assert not any(name in text for name in ("aurora", "shop", "alice", "林小姐"))


@pytest.mark.parametrize("environ", [{"REMOTE_ADDR": "10.0.0.7"}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1"}])
def test_without_a_token_only_this_machine_may_read_them(
    client: FlaskClient, people: People, environ: dict[str, str]
) -> None:
    assert client.get("/metrics", environ_overrides=environ).status_code == 404


def test_in_production_nobody_may_without_a_token(
    app: Flask, client: FlaskClient, people: People, config_with: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy on the same machine comes from there too, and speaks for the whole world."""
    monkeypatch.setitem(app.extensions, "config", config_with(environment="production"))
    assert client.get("/metrics").status_code == 404


def test_with_a_token_whoever_shows_it_may(
    app: Flask, client: FlaskClient, people: People, config_with: Callable[..., Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "config", config_with(metrics_token=TOKEN))
    outside = {"REMOTE_ADDR": "10.0.0.7"}
    shown = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers=shown, environ_overrides=outside).status_code == 200
