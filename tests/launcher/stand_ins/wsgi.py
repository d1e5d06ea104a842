"""In the console's place: answers its health check, sets up a database, dies when told to."""

import os
import sqlite3

from flask import Flask

if os.environ.get("CONSOLE_DIES"):
    raise RuntimeError("the console met its end")

app = Flask(__name__)


@app.get("/healthz")
def health() -> str:
    return "ok"


@app.cli.command("setup-demo")
def setup_demo() -> None:
    file = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(file) as database:
        database.execute("CREATE TABLE IF NOT EXISTS setup (at)")
        database.execute("INSERT INTO setup VALUES (datetime())")
