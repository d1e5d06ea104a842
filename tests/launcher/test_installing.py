"""The virtual environment: what is installed, what is skipped, and the sentence when it cannot be."""

import ast
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.launcher.conftest import ROOT, Clone
from tools.launcher import installation
from tools.launcher.installation import CONSOLE, TESTS, install, is_installed
from tools.launcher.places import Places
from tools.launcher.sentences import Stop

UNREACHABLE = {
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_FIND_LINKS": "",
    "PIP_NO_CACHE_DIR": "1",
}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Lock files of two lines, and a virtual environment that lends the Python of this one."""
    places = Places(data=tmp_path / "var", root=tmp_path)
    places.make_folders()
    places.python.parent.mkdir(parents=True)
    places.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    places.python.chmod(0o755)
    (places.venv / "bin" / "pip").touch()
    (tmp_path / CONSOLE).write_text("a-package-of-nobody==1.0 --hash=sha256:" + "0" * 64)
    (tmp_path / TESTS).write_text("a-package-of-nobody==1.0 --hash=sha256:" + "0" * 64)
    return places


def test_a_lock_file_that_is_stamped_is_not_installed_again(places: Places) -> None:
    installation._write_stamp(places, CONSOLE)
    install(places, CONSOLE)
    assert not places.install_log.exists()


def test_a_changed_lock_file_is_installed_again(places: Places) -> None:
    installation._write_stamp(places, CONSOLE)
    (places.root / CONSOLE).write_text("another==2.0")
    assert not is_installed(places, CONSOLE)


def test_an_installation_that_went_well_is_stamped(places: Places) -> None:
    (places.root / CONSOLE).write_text("# nothing to install\n")
    install(places, CONSOLE)
    assert is_installed(places, CONSOLE)


def test_what_the_tests_need_includes_what_the_console_needs(places: Places) -> None:
    installation._write_stamp(places, TESTS)
    assert is_installed(places, CONSOLE)
    installation._write_stamp(places, CONSOLE)
    assert not is_installed(places, TESTS)


def test_a_virtual_environment_that_was_left_half_made_is_made_again(places: Places) -> None:
    installation._write_stamp(places, CONSOLE)
    (places.venv / "bin" / "pip").unlink()
    assert not is_installed(places, CONSOLE)


def test_two_halves_of_a_lock_file_are_installed_side_by_side_and_hold_all_of_it(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = (ROOT / TESTS).read_text()
    (places.root / TESTS).write_text(lock)
    shares: list[str] = []
    run = installation._side_by_side

    def counted(commands: list[list[str]], *others: Any) -> list[int]:
        shares.extend(Path(command[-1]).read_text() for command in commands)
        return run([[*command[:4], "--dry-run", "--help"] for command in commands], *others)

    monkeypatch.setattr(installation, "_side_by_side", counted)
    install(places, TESTS)
    names = [re.findall(r"^(\S+)==", share, re.MULTILINE) for share in shares]
    assert len(shares) == 2
    assert sorted(names[0] + names[1]) == sorted(re.findall(r"^(\S+)==", lock, re.MULTILINE))
    hashes = [re.findall(r"sha256:\w+", text) for text in (*shares, lock)]
    assert sorted(hashes[0] + hashes[1]) == sorted(hashes[2])


def test_one_half_that_fails_fails_the_installation(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "_side_by_side", lambda *_: [0, 1])
    with pytest.raises(Stop):
        install(places, CONSOLE)
    assert not is_installed(places, CONSOLE)


def test_whoever_interrupts_the_installation_leaves_no_pip_behind(tmp_path: Path) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    commands = [[sys.executable, "-c", f"import time; time.sleep(60 + {number})"] for number in range(2)]
    began = time.monotonic()
    with (tmp_path / "log").open("ab") as log, pytest.raises(KeyboardInterrupt):
        installation._side_by_side(commands, log, interrupted)
    assert time.monotonic() - began < 20


def test_without_a_network_the_person_is_told_so_and_nothing_counts_as_installed(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in UNREACHABLE.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Stop, match="package index cannot be reached"):
        install(places, CONSOLE)
    assert not is_installed(places, CONSOLE)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "disk is full"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM",
            "does not match its hash",
        ),
        ("NewConnectionError('Connection refused')\nERROR: No matching distribution", "cannot be reached"),
        ("noise\nERROR: Failed building wheel for thing\nmore", "Failed building wheel for thing"),
    ],
)
def test_pages_of_pip_become_one_sentence(places: Places, said: str, sentence: str) -> None:
    places.install_log.write_text(said)
    stop = installation._why_pip_failed(places, CONSOLE, installation.sentences.INSTALL_FAILED)
    assert sentence in str(stop)


def test_a_full_disk_is_noticed_before_the_download(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(installation.MEGABYTES, CONSOLE, 10**9)
    with pytest.raises(Stop, match="disk is full"):
        install(places, CONSOLE)


def test_a_python_without_venv_says_what_to_install(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    (places.venv / "bin" / "pip").unlink()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Stop, match="python3-venv"):
        install(places, CONSOLE)


def test_an_old_python_is_told_which_one_is_needed() -> None:
    source = (ROOT / "run.py").read_text()
    ast.parse(source, feature_version=(3, 7))
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path('run.py', run_name='__main__')"
    run = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1
    assert "Python 3.11 or newer is needed, this is 3.9." in run.stderr
    assert "Traceback" not in run.stderr


def test_leaving_an_engine_out_is_refused_in_ci(clone: Clone) -> None:
    clone.ports = {}
    assert "not allowed in CI" in clone.fail("test", "--without-chromium", CI="true")
