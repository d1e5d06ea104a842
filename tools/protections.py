"""Take each protection of protections.toml away, one at a time, and see a test fail.

`python -m tools.protections [word …]` tries those whose names hold the words, or all of them, on a copy of the tree.
Exit code 0 when every removal was noticed.
"""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = Path(__file__).with_name("protections.toml")
PATIENCE = 600  # seconds for the tests of one protection
FAILED = 1  # pytest's exit code for "tests ran, and some failed"


@dataclass(frozen=True, slots=True)
class Protection:
    name: str
    file: str
    old: str
    new: str
    tests: list[str]


def protections() -> list[Protection]:
    return [Protection(**entry) for entry in tomllib.loads(LIST.read_text())["protection"]]


def main(words: list[str]) -> int:
    chosen = [one for one in protections() if all(word in one.name for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        tree = _copy(Path(folder) / "tree")
        missed = [one.name for one in chosen if not _noticed(one, tree)]
    print(f"\n{len(chosen) - len(missed)} of {len(chosen)} removals noticed")
    return 1 if missed else 0


def _noticed(one: Protection, tree: Path) -> bool:
    file = tree / one.file
    whole = file.read_text()
    file.write_text(whole.replace(one.old, one.new))
    try:
        # One engine is enough: what is taken away here does not depend on the database.
        pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "not postgresql"]
        done = subprocess.run([*pytest, *one.tests], cwd=tree, capture_output=True, text=True, timeout=PATIENCE)
    finally:
        file.write_text(whole)
    noticed = done.returncode == FAILED
    by = next((line.split(" - ")[0] for line in done.stdout.splitlines() if line.startswith("FAILED ")), "")
    print(f"{'✓' if noticed else '✗'} {one.name}\n    {by or done.stdout[-400:] + done.stderr[-400:]}", flush=True)
    return noticed


def _copy(tree: Path) -> Path:
    for file in _files():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, tree / file)
    subprocess.run([sys.executable, "-m", "tools.translations", "compile"], cwd=tree, check=True, capture_output=True)
    return tree


def _files() -> Iterator[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return (name for name in listed.splitlines() if (ROOT / name).is_file())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
