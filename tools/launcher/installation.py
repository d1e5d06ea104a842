"""The virtual environment and its packages: made once, skipped while the lock file stays the same."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tools.launcher import sentences
from tools.launcher.places import Places
from tools.launcher.progress import Step, step
from tools.launcher.sentences import Label, Stop

CONSOLE = "requirements.txt"
TESTS = "requirements-test.txt"
# What each lock file takes when unpacked, with room for pip's own copies.
MEGABYTES = {CONSOLE: 400, TESTS: 900}
# A package of a lock file with its hashes.
PIN = re.compile(r"^[\w.\[\]-]+==(?:.*\\\n)*.*\n?", re.MULTILINE)
LOOK_SECONDS = 0.2
# Two fifths of all packages: read while installing, compiled by their makers, or never read here.
NOT_COMPILED = r"/(pip|setuptools|pkg_resources|mypy|mypyc|pygments|devtools)/"
NETWORK_WORDS = re.compile(
    r"NewConnectionError|NameResolutionError|name resolution|ConnectTimeout|ReadTimeout|ProxyError|SSLError"
    r"|Max retries exceeded|Connection refused|Network is unreachable|Could not fetch URL"
)


def install(places: Places, requirements: str) -> None:
    """Bring `.venv` to what the lock file says; nothing to do, nothing printed."""
    if is_installed(places, requirements):
        return
    _need_space(places, MEGABYTES[requirements])
    places.install_log.write_text("")
    if _needs_new_venv(places):
        _make_venv(places)
    _stamp(places).unlink(missing_ok=True)
    with step(Label.PACKAGES) as running:
        _pip_install(places, requirements, running)
        _compile(places)
    _write_stamp(places, requirements)


def is_installed(places: Places, requirements: str) -> bool:
    stamp = _stamp(places)
    return (
        stamp.is_file()
        and not _needs_new_venv(places)
        and _line(places, requirements) in stamp.read_text().splitlines()
    )


def _need_space(places: Places, megabytes: int) -> None:
    if shutil.disk_usage(places.root).free < megabytes * 1_000_000:
        raise Stop(sentences.DISK_FULL, folder=places.root, megabytes=megabytes)


def _needs_new_venv(places: Places) -> bool:
    """True when there is none, it was left half made, or the Python under it moved to another version."""
    if not places.python.exists() or not (places.venv / "bin" / "pip").exists():
        return True
    version = places.python.resolve().name
    return bool(re.fullmatch(r"python3\.\d+", version)) and not (places.venv / "lib" / version).is_dir()


def _make_venv(places: Places) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        raise Stop(sentences.VENV_MISSING)
    with step(Label.VENV), places.install_log.open("a") as log:
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", places.venv], stdout=log, stderr=log)
    if made.returncode:
        raise _why_pip_failed(places, CONSOLE, sentences.VENV_FAILED)


def _pip_install(places: Places, requirements: str, running: Step) -> None:
    """Two at a time, with half of the lock file each: it names everything, so neither has to ask what needs what."""
    pins = PIN.findall((places.root / requirements).read_text())
    shares = [share for share in (pins[0::2], pins[1::2]) if share]
    with tempfile.TemporaryDirectory() as folder, places.install_log.open("ab") as log:
        commands = [_pip(places, Path(folder) / f"{number}.txt", share) for number, share in enumerate(shares)]
        exit_codes = _side_by_side(commands, log, lambda: running.tell(_progress(places, len(pins))))
    if any(exit_codes):
        raise _why_pip_failed(places, requirements, sentences.INSTALL_FAILED)


def _pip(places: Places, lock: Path, pins: list[str]) -> list[str]:
    lock.write_text("".join(pins))
    command = [str(places.python), "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--retries", "2", "--progress-bar", "off", "--disable-pip-version-check", "--no-compile"]
    return [*command, "-r", str(lock)]


def _side_by_side(commands: list[list[str]], log: IO[bytes], tell: Callable[[], None]) -> list[int]:
    """Their exit codes. When the waiting is interrupted, all are asked to end as well, and waited for."""
    running = [subprocess.Popen(command, stdout=log, stderr=log) for command in commands]
    try:
        while any(one.poll() is None for one in running):
            tell()
            time.sleep(LOOK_SECONDS)
    except BaseException:
        for one in running:
            one.terminate()
        raise
    finally:
        exit_codes = [one.wait() for one in running]
    return exit_codes


def _progress(places: Places, total: int) -> str:
    found = re.findall(r"^Collecting ([^=\s]+)", places.install_log.read_text(errors="replace"), re.MULTILINE)
    return f"{len(found)}/{total} {found[-1] if len(found) < total else '…'}" if found else ""


def _compile(places: Places) -> None:
    """On every core, where pip takes one. A file of a package that is for another Python fails, and is never read."""
    command = [str(places.python), "-m", "compileall", "-q", "-j", "0", "-x", NOT_COMPILED, str(places.venv / "lib")]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _why_pip_failed(places: Places, requirements: str, otherwise: sentences.Sentence) -> Stop:
    """One sentence out of pip's pages."""
    log = places.install_log
    said = log.read_text(errors="replace")
    if "No space left on device" in said:
        return Stop(sentences.DISK_FULL, folder=places.root, megabytes=MEGABYTES[requirements])
    if "DO NOT MATCH THE HASHES" in said:
        return Stop(sentences.HASH_MISMATCH, requirements=requirements, log=log)
    if NETWORK_WORDS.search(said):
        return Stop(sentences.NO_NETWORK, log=log)
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    return Stop(otherwise, reason=errors[-1] if errors else "pip", folder=places.venv, log=log)


def _stamp(places: Places) -> Path:
    return places.venv / "installed.txt"


def _line(places: Places, requirements: str) -> str:
    return f"{hashlib.sha256((places.root / requirements).read_bytes()).hexdigest()}  {requirements}"


def _write_stamp(places: Places, requirements: str) -> None:
    # The tests' lock holds everything of the console's, at the same versions.
    held = [CONSOLE, TESTS] if requirements == TESTS else [CONSOLE]
    _stamp(places).write_text("".join(_line(places, name) + "\n" for name in held))
