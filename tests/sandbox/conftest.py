"""A sandbox over real HTTP on a free port, a server that receives its webhooks, and a browser without scripts.

The two servers run for the whole session; each test gets a new sandbox and a new receiver behind them.
"""

from collections.abc import Iterator

import pytest
from flask import Flask, Response, current_app, request

from sandbox import Settings, create_app
from sandbox.runtime import Sandbox
from sandbox.stage import Stage
from tests.sandbox.shapes import webhooks
from tests.sandbox.stand import REDIRECT_URI, Receiver, Stand, Visitor, close, serve


@pytest.fixture(scope="session")
def receiving() -> Iterator[tuple[Flask, str]]:
    app = Flask("receiver")

    @app.post("/<path:path>")
    def post(path: str) -> Response:
        received: Receiver = current_app.extensions["receiver"]
        with received.arrived:
            if request.form:
                received.forms.append({"path": path, **request.form.to_dict()})
            else:
                received.posts.append((dict(request.headers), request.get_data()))
            received.arrived.notify_all()
        return Response("", received.status)

    @app.get("/<path:path>")
    def handshake(path: str) -> Response:
        received: Receiver = current_app.extensions["receiver"]
        if request.args.get("hub.verify_token") != received.verify_token:
            return Response("no", 403)
        return Response(request.args["hub.challenge"])

    server, origin = serve(app)
    yield app, origin
    close(server)


@pytest.fixture
def receiver(receiving: tuple[Flask, str]) -> Iterator[Receiver]:
    app, origin = receiving
    """What it was sent is held against Meta's reference after the test."""
    received: Receiver = Receiver(url=origin)
    app.extensions["receiver"] = received
    yield received
    assert [wrong for body in received.bodies() for wrong in webhooks.wrong_in(body)] == []


@pytest.fixture
def settings(receiver: Receiver) -> Settings:
    return Settings(
        webhook_url=f"{receiver.url}/webhooks",
        deauthorize_url=f"{receiver.url}/deauthorize",
        data_deletion_url=f"{receiver.url}/deletion",
        redirect_uris=(REDIRECT_URI,),
        retry_pauses=(0.02, 0.04, 0.08),
    )


@pytest.fixture(scope="session")
def serving() -> Iterator[tuple[Flask, str]]:
    app = create_app(Settings())
    server, origin = serve(app)
    yield app, origin
    close(server)


@pytest.fixture
def stand(serving: tuple[Flask, str], settings: Settings) -> Iterator[Stand]:
    app, origin = serving
    sandbox = app.extensions["sandbox"] = Sandbox(settings)
    stage = app.extensions["stage"] = Stage(sandbox)
    yield Stand(origin, app)
    stage.stop()
    sandbox.sender.stop()


@pytest.fixture
def visitor(stand: Stand) -> Iterator[Visitor]:
    someone = Visitor(stand)
    yield someone
    someone.http.close()
