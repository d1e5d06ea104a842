"""A sandbox over real HTTP on a free port, a server that receives its webhooks, and a browser without scripts."""

from collections.abc import Iterator

import pytest
from flask import Flask, Response, request

from sandbox import Settings, create_app
from tests.sandbox.stand import REDIRECT_URI, Receiver, Stand, Visitor, close, serve


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    received = Receiver()
    app = Flask("receiver")

    @app.post("/<path:path>")
    def post(path: str) -> Response:
        with received.arrived:
            if request.form:
                received.forms.append({"path": path, **request.form.to_dict()})
            else:
                received.posts.append((dict(request.headers), request.get_data()))
            received.arrived.notify_all()
        return Response("", received.status)

    @app.get("/<path:path>")
    def handshake(path: str) -> Response:
        if request.args.get("hub.verify_token") != received.verify_token:
            return Response("no", 403)
        return Response(request.args["hub.challenge"])

    server, origin = serve(app)
    received.url = origin
    yield received
    close(server)


@pytest.fixture
def settings(receiver: Receiver) -> Settings:
    return Settings(
        webhook_url=f"{receiver.url}/webhooks",
        deauthorize_url=f"{receiver.url}/deauthorize",
        data_deletion_url=f"{receiver.url}/deletion",
        redirect_uris=(REDIRECT_URI,),
        retry_pauses=(0.02, 0.04, 0.08),
    )


@pytest.fixture
def stand(settings: Settings) -> Iterator[Stand]:
    app = create_app(settings)
    server, origin = serve(app)
    yield Stand(origin, app)
    app.extensions["sandbox"].sender.stop()
    close(server)


@pytest.fixture
def visitor(stand: Stand) -> Iterator[Visitor]:
    someone = Visitor(stand)
    yield someone
    someone.http.close()
