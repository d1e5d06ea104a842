"""The few that failed are tried once more, alone; whatever is wrong fails again."""

import json
from pathlib import Path

import pytest

from tools.launcher import checks
from tools.launcher.places import Places


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stands in for pytest's processes: what they were asked, in order. The first fails; see `answers`."""
    asked: list[list[str]] = []
    monkeypatch.setattr(checks, "ROOT", tmp_path)

    def stream(name: str, command: list[str], environment: dict[str, str]) -> checks.Outcome:
        asked.append(command)
        passed = "--last-failed" in command
        return checks.Outcome(name, passed, 1.0, "1 failed", exit_code=0 if passed else 1)

    monkeypatch.setattr(checks, "_stream", stream)
    return asked


def failed(folder: Path, count: int) -> None:
    kept = folder / ".pytest_cache" / "v" / "cache" / "lastfailed"
    kept.parent.mkdir(parents=True)
    kept.write_text(json.dumps({f"tests/test_{number}.py::test": True for number in range(count)}))


def test_a_test_that_was_late_beside_the_others_passes_alone_and_is_named(
    runs: list[list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed(tmp_path, 2)
    outcomes = checks._run_pytest(Places(tmp_path), {}, [])
    assert [one.passed for one in outcomes] == [True, True]
    assert "tests/test_1.py::test" in capsys.readouterr().out
    assert "-n" not in runs[1]


def test_a_test_that_fails_alone_too_has_failed(
    runs: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(tmp_path, 1)
    monkeypatch.setattr(
        checks, "_stream", lambda name, command, environment: checks.Outcome(name, False, 1.0, "1 failed", 1)
    )
    assert [one.passed for one in checks._run_pytest(Places(tmp_path), {}, [])] == [False, False]


@pytest.mark.parametrize("count", [0, 6])
def test_many_failures_are_not_tried_again(runs: list[list[str]], tmp_path: Path, count: int) -> None:
    failed(tmp_path, count)
    assert [one.passed for one in checks._run_pytest(Places(tmp_path), {}, [])] == [False]
    assert len(runs) == 1


def test_a_run_that_broke_off_is_not_tried_again(
    runs: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(tmp_path, 1)
    monkeypatch.setattr(checks, "_stream", lambda name, command, environment: checks.Outcome(name, False, 1.0, "", 2))
    assert [one.passed for one in checks._run_pytest(Places(tmp_path), {}, [])] == [False]
