"""What a person can type after `run.py`."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from tools.launcher.places import ROOT

USAGE = """
  python3 run.py [serve]   start the console, the sandbox (a stand-in for Meta) and a mail catcher
  python3 run.py test      set up what the tests need, run all checks and tests (or only: pytest arguments)
"""

PORTS = (
    ("--port", "console", 8000),
    ("--sandbox-port", "sandbox", 8001),
    ("--smtp-port", "mail catcher", 8025),
)


@dataclass(frozen=True)
class ServeOptions:
    port: int
    sandbox_port: int
    smtp_port: int
    data: Path


@dataclass(frozen=True)
class TestOptions:
    without_postgresql: bool
    without_chromium: bool
    pytest: tuple[str, ...]


def parse(arguments: list[str]) -> ServeOptions | TestOptions:
    if arguments[:1] == ["test"]:
        return _parse_test(arguments[1:])
    return _parse_serve(arguments[1:] if arguments[:1] == ["serve"] else arguments)


def _parse_serve(arguments: list[str]) -> ServeOptions:
    parser = argparse.ArgumentParser(prog="run.py", usage=USAGE, allow_abbrev=False)
    for option, whose, usual in PORTS:
        about = f"the {whose}'s port ({usual})"
        parser.add_argument(option, type=_port, default=usual, metavar="N", help=about)
    about = "where database, secrets and logs live (var)"
    parser.add_argument("--data", type=Path, default=ROOT / "var", metavar="DIR", help=about)
    given = parser.parse_args(arguments)
    return ServeOptions(given.port, given.sandbox_port, given.smtp_port, given.data.resolve())


def _parse_test(arguments: list[str]) -> TestOptions:
    parser = argparse.ArgumentParser(
        prog="run.py test", allow_abbrev=False, epilog="Anything else goes to pytest, which then runs alone."
    )
    parser.add_argument("--without-postgresql", action="store_true", help="leave out what needs PostgreSQL")
    parser.add_argument("--without-chromium", action="store_true", help="leave out what needs a browser")
    given, rest = parser.parse_known_args(arguments)
    return TestOptions(given.without_postgresql, given.without_chromium, tuple(rest))


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number
