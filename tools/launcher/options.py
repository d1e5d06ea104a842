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

# What the tests can be run without, on a machine that does not have it.
ENGINES = {
    "postgresql": "what needs PostgreSQL",
    "chromium": "what needs a browser",
    "webkit": "the stories in WebKit",
    "firefox": "the stories in Firefox",
}


@dataclass(frozen=True)
class ServeOptions:
    port: int
    sandbox_port: int
    smtp_port: int
    data: Path


@dataclass(frozen=True)
class TestOptions:
    without: tuple[str, ...]
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
    for engine, about in ENGINES.items():
        parser.add_argument(
            f"--without-{engine}", action="append_const", dest="without", const=engine, help=f"leave out {about}"
        )
    given, rest = parser.parse_known_args(arguments)
    return TestOptions(tuple(given.without or ()), tuple(rest))


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number
