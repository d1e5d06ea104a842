"""`python -m sandbox`: serve the sandbox and its mail catcher until told to stop."""

import argparse
import logging
import signal
import socket
import sys
import threading
from dataclasses import replace
from types import FrameType

from aiosmtpd.controller import Controller
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox import settings as settings_module
from sandbox.app import create_app
from sandbox.postbox import smtp_server
from sandbox.runtime import Sandbox
from sandbox.settings import BadSetting, Settings


class PromptHandler(WSGIRequestHandler):
    """No request lines on the terminal (the control page has them) and no 40 ms waits on small answers."""

    disable_nagle_algorithm = True
    wbufsize = -1

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after a clean stop, 1 when it cannot start (one sentence says why)."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        settings = _settings(arguments)
        _check_free(settings.host, settings.port, "--port")
        _check_free(settings.host, settings.smtp_port, "--smtp-port")
    except BadSetting as error:
        print(error, file=sys.stderr)
        return 1
    app = create_app(settings)
    sandbox: Sandbox = app.extensions["sandbox"]
    server = make_server(settings.host, settings.port, app, threaded=True, request_handler=PromptHandler)
    mail = smtp_server(sandbox.postbox, settings.host, settings.smtp_port)
    mail.start()
    _serve(server, sandbox, mail, settings)
    return 0


def _settings(arguments: list[str] | None) -> Settings:
    known = settings_module.from_environment()
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default=known.host)
    parser.add_argument("--port", type=int, default=known.port)
    parser.add_argument("--smtp-port", type=int, default=known.smtp_port)
    chosen = parser.parse_args(arguments)
    return replace(known, host=chosen.host, port=chosen.port, smtp_port=chosen.smtp_port)


def _check_free(host: str, port: int, option: str) -> None:
    if not 1 <= port <= 65535:
        raise BadSetting(f"{option} must be a port number between 1 and 65535, not {port}.")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = f"The sandbox cannot listen on {host}:{port} ({error.strerror})"
            raise BadSetting(f"{reason}; stop what uses it or choose another port with {option}.") from error


def _serve(server: BaseWSGIServer, sandbox: Sandbox, mail: Controller, settings: Settings) -> None:
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    print(f"Sandbox on http://{settings.host}:{server.server_port} (mail on port {mail.port})", flush=True)
    stop.wait()
    server.shutdown()
    mail.stop()
    sandbox.sender.stop()
    with sandbox.lock:
        sandbox.changed()


if __name__ == "__main__":
    sys.exit(main())
