"""Firefox by its own remote protocol, which needs no driver beside it.

Source: Firefox Source Docs, Testing, Marionette, Protocol: messages are `length:JSON` over TCP.
"""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 30  # seconds
PREFERENCES = {
    "marionette.port": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.normandy.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "",
    "dom.disable_open_during_load": True,
}


class MarionetteError(Exception):
    """The browser refused a command; the text is its own."""


class Marionette:
    """A session. Answers are the WebDriver standard's values."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._file = connection.makefile("rb")
        self._read()
        self._number = 0
        self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {"pageLoadStrategy": "normal"}})

    def ask(self, command: str, **values: Any) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, values]).encode()
        self._connection.sendall(b"%d:%s" % (len(message), message))
        _kind, _number, error, result = self._read()
        if error:
            raise MarionetteError(f"{command}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and list(result) == ["value"] else result

    def close(self) -> None:
        self._file.close()
        self._connection.close()

    def _read(self) -> Any:
        length = b""
        while not length.endswith(b":"):
            piece = self._file.read(1)
            if not piece:
                raise MarionetteError("Firefox closed the connection")
            length += piece
        return json.loads(self._file.read(int(length[:-1])))


@contextmanager
def running_firefox(binary: str, folder: Path) -> Iterator[Marionette]:
    """A headless Firefox with a new profile in this folder."""
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
    (folder / "user.js").write_text("".join(lines))
    command = [binary, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    with (folder / "firefox.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            session = Marionette(socket.create_connection(("127.0.0.1", _port(folder, process)), timeout=PATIENCE))
            try:
                yield session
            finally:
                session.close()
        finally:
            process.kill()


def _port(folder: Path, process: "subprocess.Popen[bytes]") -> int:
    told, end = folder / "MarionetteActivePort", time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if told.is_file() and (text := told.read_text().strip()):
            return int(text)
        time.sleep(0.05)
    raise MarionetteError((folder / "firefox.log").read_text()[-2000:])
