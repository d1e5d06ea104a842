"""What the browser runs that we did not write is exactly what its authors published."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ICON_CALL = re.compile(r"""\bicon(?:_svg)?\(\s*["']([a-z0-9-]+)["']|\bicon=["']([a-z0-9-]+)["']""")


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / "vendor.py"), "--check", "--root", str(root)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "static" / "vendor", tmp_path / "static" / "vendor")
    shutil.copy(ROOT / "vendor.lock.json", tmp_path)
    return tmp_path


def test_vendored_files_are_what_the_lock_says() -> None:
    done = check(ROOT)
    assert done.returncode == 0, done.stderr


def test_a_vendored_file_edited_by_hand_is_named(copy: Path) -> None:
    script = copy / "static/vendor/htmx/htmx.min.js"
    script.write_bytes(script.read_bytes() + b"\n")
    done = check(copy)
    assert done.returncode == 1
    assert "htmx/htmx.min.js: changed after it was vendored" in done.stderr


def test_a_file_that_nobody_locked_is_named(copy: Path) -> None:
    (copy / "static/vendor/stray.js").write_text("alert(1)")
    assert "stray.js: there, but not locked" in check(copy).stderr


def test_a_missing_icon_is_named(copy: Path) -> None:
    (copy / "static/vendor/icons/plug.svg").unlink()
    assert "icons/plug.svg: locked, but not there" in check(copy).stderr


def test_a_missing_lock_is_a_sentence_and_not_a_traceback(copy: Path) -> None:
    (copy / "vendor.lock.json").unlink()
    done = check(copy)
    assert done.returncode == 1
    assert done.stderr.strip() == "vendor.lock.json is missing: run python tools/vendor.py"


def test_every_package_brings_its_licence() -> None:
    for folder in (ROOT / "static/vendor").iterdir():
        assert (folder / "LICENSE").is_file(), folder.name


def test_every_icon_that_a_template_names_is_vendored() -> None:
    vendored = {path.stem for path in (ROOT / "static/vendor/icons").glob("*.svg")}
    for template in (ROOT / "templates").rglob("*.html"):
        named = {first or second for first, second in ICON_CALL.findall(template.read_text("utf-8"))}
        assert named <= vendored, f"{template.relative_to(ROOT)}: add to tools/vendor.py: {named - vendored}"


def test_our_stylesheets_load_nothing_from_elsewhere() -> None:
    for sheet in (ROOT / "static/css").glob("*.css"):
        assert not re.search(r"@import|url\(|https?:", sheet.read_text("utf-8")), sheet.name
