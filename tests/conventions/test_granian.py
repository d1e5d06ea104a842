"""The server waits without end for half a connection when it is told to stop, unless it is told how long."""

from pathlib import Path

from tools.protections import ROOT

FOLDERS = ("docs", "tools", "bench", "tests/flows", "tests/browser")


def test_every_place_that_starts_granian_says_how_long_a_stop_may_take() -> None:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in (".py", ".md")]
    starting = {_name(file) for file in files if "granian" in file.read_text() and "--interface" in file.read_text()}
    assert {"docs/operations.md", "tools/launcher/serve.py", "tests/flows/console.py"} <= starting
    assert [name for name in starting if "--workers-kill-timeout" not in (ROOT / name).read_text()] == []


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()
