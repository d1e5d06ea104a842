"""In the sandbox's place: answers, writes down what it was told, and stays when told to be stubborn."""

import argparse
import json
import os
import signal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--host", required=True)
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--smtp-port", type=int, required=True)
given = parser.parse_args()


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/control/state" else 404)
        self.end_headers()


if os.environ.get("SANDBOX_STAYS"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
state = Path(os.environ["SANDBOX_STATE_FILE"])
state.write_text(json.dumps(dict(os.environ)))
HTTPServer((given.host, given.port), Answer).serve_forever()
