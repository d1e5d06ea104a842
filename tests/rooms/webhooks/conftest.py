from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.rooms.webhooks.wire import signature


@pytest.fixture
def post(app: Flask, client: FlaskClient) -> Callable[[bytes], TestResponse]:
    """Deliver as Meta does: signed over the raw bytes."""
    secret = app.extensions["config"].meta_app_secret

    def deliver(body: bytes) -> TestResponse:
        headers = {"X-Hub-Signature-256": signature(body, secret), "Content-Type": "application/json"}
        return client.post("/webhooks/meta", data=body, headers=headers)

    return deliver
