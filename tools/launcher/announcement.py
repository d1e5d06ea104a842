"""What a person reads once everything answers: addresses, and who can sign in."""

import json
import unicodedata

from tools.launcher.options import ServeOptions
from tools.launcher.places import Places
from tools.launcher.preflight import HOST
from tools.launcher.settings import Settings

PERSON = ("name", "role", "workspace", "email", "password")


def announce(places: Places, options: ServeOptions, settings: Settings) -> None:
    print(f"\n{_table(_addresses(options, settings))}\n", flush=True)
    people = _demo_people(places)
    if people:
        print(f"示範帳號 Demo people\n{_table(people)}\n", flush=True)
    print("Ctrl-C 停止 stops everything.", flush=True)


def _addresses(options: ServeOptions, settings: Settings) -> list[tuple[str, ...]]:
    console = settings.console
    rows: list[tuple[str, ...]] = [("控制台 Console", console["BASE_URL"])]
    if settings.sandbox is not None:
        sandbox = f"http://{HOST}:{options.sandbox_port}"
        return [*rows, ("沙盒 Sandbox (Meta)", f"{sandbox}/"), ("郵件 Mail catcher", f"{sandbox}/mail")]
    nobody_catches = (console["MAIL_SERVER"], console["MAIL_PORT"]) == (HOST, str(options.smtp_port))
    mail = "設定 MAIL_SERVER 才會寄出 set MAIL_SERVER to send" if nobody_catches else console["MAIL_SERVER"]
    return [
        *rows,
        ("Meta 應用程式 app", console["META_APP_ID"]),
        ("Webhook", f"{console['BASE_URL']}/webhooks/meta"),
        ("郵件 Mail", mail),
    ]


def _demo_people(places: Places) -> list[tuple[str, ...]]:
    file = places.root / "webapp" / "demo.json"
    if not file.is_file():
        return []
    people = json.loads(file.read_text(encoding="utf-8"))
    return [tuple(str(person[key]) for key in PERSON) for person in people]


def _table(rows: list[tuple[str, ...]]) -> str:
    """Columns side by side, Chinese letters counted as two cells."""
    widths = [max(_cells(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (width - _cells(cell)) for cell, width in zip(row, widths, strict=True)) for row in rows
    )
    return "\n".join(f"  {line.rstrip()}" for line in lines)


def _cells(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
