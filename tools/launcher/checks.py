"""`run.py test`: the checks, then pytest, then a table that says how each went."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tools.launcher import sentences
from tools.launcher.engines import Engines
from tools.launcher.installation import TESTS, install
from tools.launcher.options import TestOptions
from tools.launcher.pipe import piped
from tools.launcher.places import ROOT, Places
from tools.launcher.preflight import check_disk
from tools.launcher.progress import step
from tools.launcher.sentences import Label, Stop
from tools.launcher.translations import compile_translations

CHECKS = {
    "ruff check": ("-m", "ruff", "check", "."),
    "ruff format": ("-m", "ruff", "format", "--check", "--output-format", "concise", "."),
    "mypy": ("-m", "mypy"),
    # Beside mypy, which takes longest: what it has read and compiled, no worker of pytest compiles again.
    "tests are found": ("-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"),
    "djlint": ("-m", "djlint", "--lint", "--quiet", "templates", "sandbox/templates"),
    # Its modules cannot be run with -m: they would pass without having looked.
    "import contract": (".venv/bin/lint-imports", "--no-logo"),
    "translations": ("-m", "tools.translations", "check"),
}


# Dozens of processes read the same code: what one has compiled, the others must find.
KEEP_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
# Two for each core: the stories in the browser mostly wait.
MOST_WORKERS = 8
# More failures than this are no accident of a busy machine.
FEW = 5
SOME_FAILED = 1  # pytest's exit code; others mean that it did not come to its end


@dataclass(frozen=True)
class Outcome:
    name: str
    passed: bool
    seconds: float
    output: str
    exit_code: int = 0


def run_tests(options: TestOptions) -> int:
    """0 when everything passed. With arguments for pytest, pytest runs alone and its exit code is ours."""
    _refuse_leaving_out_in_ci(options)
    places = Places(ROOT / "var")
    places.make_folders()
    check_disk(places)
    install(places, TESTS)
    compile_translations(places)
    with Engines(places, options) as engines:
        # While the engines are fetched and started; with arguments for pytest nobody asked for them.
        outcomes = [] if options.pytest else list(_run_checks(places))
        with step(Label.ENGINES):
            environment = os.environ | KEEP_COMPILED | engines.ready()
        if options.pytest:
            arguments = [*engines.left_out(), *options.pytest]
            return subprocess.run(_python(places, "-m", "pytest", *arguments), cwd=ROOT, env=environment).returncode
        pytest = _run_pytest(places, environment, engines.left_out())
    return _summary([*outcomes, *pytest])


def _refuse_leaving_out_in_ci(options: TestOptions) -> None:
    in_ci = os.environ.get("CI", "").lower() in {"true", "1"}
    if in_ci and options.without:
        raise Stop(sentences.ENGINE_NEEDED_IN_CI, option=f"--without-{options.without[0]}")


def _python(places: Places, *arguments: str) -> list[str]:
    return [str(places.python), *arguments]


def _run_checks(places: Places) -> Iterator[Outcome]:
    """Two at a time, reported in order as they end; a failed one prints what it found."""

    def run(name: str) -> Outcome:
        started = time.monotonic()
        command = _python(places, *CHECKS[name])
        environment = os.environ | KEEP_COMPILED
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return Outcome(name, done.returncode == 0, time.monotonic() - started, done.stdout)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for outcome in pool.map(run, CHECKS):
            print(_row(outcome), flush=True)
            if not outcome.passed:
                print(outcome.output, flush=True)
            yield outcome


def _run_pytest(places: Places, environment: dict[str, str], left_out: list[str]) -> list[Outcome]:
    """All tests side by side; the few that failed once more, one after the other, with nothing else going on.

    Many of them watch real programs against the clock. One that a busy machine made late passes then, and is named;
    one that is wrong fails again.
    """
    colour = "--color=yes" if sys.stdout.isatty() else "--color=no"
    workers = ["-n", str(min(MOST_WORKERS, 2 * (os.cpu_count() or 1)))]
    all_tests = _stream("pytest", _python(places, "-m", "pytest", *workers, colour, *left_out), environment)
    late = failed_tests(ROOT / ".pytest_cache") if all_tests.exit_code == SOME_FAILED else []
    if not 0 < len(late) <= FEW:
        return [all_tests]
    print("\nOnce more, alone:", *late, sep="\n  ", flush=True)
    alone = _stream(
        "failed ones alone", _python(places, "-m", "pytest", "--last-failed", colour, *left_out), environment
    )
    return [replace(all_tests, passed=alone.passed), alone]


def failed_tests(cache: Path) -> list[str]:
    """What failed when pytest ran last, by pytest's own cache."""
    try:
        return list(json.loads((cache / "v" / "cache" / "lastfailed").read_text()))
    except FileNotFoundError:
        return []


def _stream(name: str, command: list[str], environment: dict[str, str]) -> Outcome:
    """Output as it comes; its closing line is kept to end the summary."""
    started = time.monotonic()
    tail = b""
    with piped(command, ROOT, environment) as run:
        while piece := os.read(run.output.fileno(), 65536):
            sys.stdout.buffer.write(piece)
            sys.stdout.flush()
            tail = (tail + piece)[-4000:]
    lines = tail.decode(errors="replace").strip().splitlines()
    return Outcome(name, run.exit_code == 0, time.monotonic() - started, lines[-1] if lines else "", run.exit_code)


def _row(outcome: Outcome) -> str:
    return f"{'✓' if outcome.passed else '✗'} {outcome.name:<18} {outcome.seconds:6.1f} s"


def _summary(outcomes: list[Outcome]) -> int:
    print("\n" + "\n".join(_row(outcome) for outcome in outcomes))
    print(outcomes[-1].output, flush=True)
    return 0 if all(outcome.passed for outcome in outcomes) else 1
