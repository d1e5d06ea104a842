"""Keep third-party browser files in static/vendor (tests/vendor: for the tests), and prove that they are what their
authors published.

`python tools/vendor.py` takes the pinned npm packages, checks each tarball against vendor.lock.json,
copies only the files named below and rewrites the lock (needs npm).
`python tools/vendor.py --check` compares both folders with the lock, byte for byte (needs Python only).
"""

import argparse
import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path("static/vendor")
TESTS_FOLDER = Path("tests/vendor")
SPRITE = Path("static/icons.svg")
LOCK = Path("vendor.lock.json")

ICONS = """
activity arrow-clockwise arrow-counterclockwise arrow-down arrow-left arrow-repeat arrow-right arrow-up at
bell box-arrow-right box-arrow-up-right building calendar3 camera-video card-checklist chat-dots
chat-left-text check check-circle check-circle-fill check-lg chevron-down chevron-expand chevron-left
chevron-right circle circle-fill clock clock-history copy dash-lg download envelope envelope-check
envelope-x exclamation-circle exclamation-triangle eye eye-slash facebook file-earmark filter gear
heart-pulse hourglass-split house image inbox info-circle instagram journal-text key lightning link-45deg
list lock messenger mic paperclip pencil people person person-check person-circle person-plus play-fill plug
plus-lg question-circle reply robot search send shield-check shield-lock signpost-split sliders tag
telephone three-dots tools translate trash triangle-fill unlock wifi-off x x-circle x-lg
"""


class VendorError(Exception):
    """What is vendored cannot be trusted; the message says which package or file, and what to do."""


@dataclass(frozen=True)
class Package:
    """One npm package: `files` maps a path inside the tarball to a path under `folder`."""

    name: str
    version: str
    files: dict[str, str] = field(default_factory=dict)
    folder: Path = FOLDER


PACKAGES = (
    Package("htmx.org", "2.0.11", {
        "package/dist/htmx.min.js": "htmx/htmx.min.js",
        "package/LICENSE": "htmx/LICENSE",
    }),
    Package("bootstrap", "5.3.9", {
        "package/dist/css/bootstrap-reboot.min.css": "bootstrap/bootstrap-reboot.min.css",
        "package/LICENSE": "bootstrap/LICENSE",
    }),
    Package("bootstrap-icons", "1.13.2", {
        "package/LICENSE": "icons/LICENSE",
        **{f"package/icons/{icon}.svg": f"icons/{icon}.svg" for icon in ICONS.split()},
    }),
    Package("axe-core", "4.14.1", {
        "package/axe.min.js": "axe/axe.min.js",
        "package/LICENSE": "axe/LICENSE",
    }, TESTS_FOLDER),
)  # fmt: skip


def digest(algorithm: str, content: bytes) -> str:
    """Subresource-integrity form, for example `sha256-<base64>`."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def read_lock(root: Path) -> dict[str, Any]:
    path = root / LOCK
    if not path.exists():
        raise VendorError(f"{LOCK} is missing: run python tools/vendor.py")
    lock: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return lock


def differences(root: Path) -> Iterator[str]:
    """Sentences about everything vendored that is not exactly what the lock says."""
    lock = read_lock(root)
    pinned = {package.name: package.version for package in PACKAGES}
    for name in sorted(pinned.keys() | lock.keys()):
        if pinned.get(name) != lock.get(name, {}).get("version"):
            yield f"{name}: pinned to {pinned.get(name)}, locked at {lock.get(name, {}).get('version')}"
    expected = {path: value for entry in lock.values() for path, value in entry["files"].items()}
    present = vendored(root)
    for path in sorted(expected.keys() | present.keys()):
        if path not in present:
            yield f"{path}: locked, but not there"
        elif path not in expected:
            yield f"{path}: there, but not locked"
        elif digest("sha256", present[path].read_bytes()) != expected[path]:
            yield f"{path}: changed after it was vendored"
    wanted = {(package.folder / path).as_posix() for package in PACKAGES for path in package.files.values()}
    yield from (f"{path}: asked for, but not locked" for path in sorted(wanted - expected.keys()))
    drawn = root / SPRITE
    if not drawn.exists() or drawn.read_text("utf-8") != sprite(root):
        yield f"{SPRITE.as_posix()}: not made of the icons that are vendored"


def vendored(root: Path) -> dict[str, Path]:
    """Every vendored file that is there, by its path from the root."""
    files = [path for folder in (FOLDER, TESTS_FOLDER) for path in (root / folder).rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): path for path in files}


def sprite(root: Path) -> str:
    """All icons as one file of symbols: pages name them, and a browser reads them once."""
    symbols = []
    for path in sorted((root / FOLDER / "icons").glob("*.svg")):
        opening, inside = path.read_text("utf-8").split(">", 1)
        box = opening.split('viewBox="')[1].split('"')[0]
        drawing = " ".join(inside.rsplit("</svg>", 1)[0].split())
        symbols.append(f'<symbol id="{path.stem}" viewBox="{box}" fill="currentColor">{drawing}</symbol>\n')
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'


def fetch(package: Package, folder: Path) -> bytes:
    """The published tarball of one package; its install scripts never run."""
    command = ["npm", "pack", "--ignore-scripts", "--silent", f"{package.name}@{package.version}"]
    try:
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    except FileNotFoundError as missing:
        raise VendorError("npm is not installed; only --check works without it") from missing
    except subprocess.CalledProcessError as failed:
        raise VendorError(f"npm could not get {package.name}: {failed.stderr.strip()}") from failed
    return (folder / done.stdout.split()[-1]).read_bytes()


def unpack(package: Package, tarball: Path, root: Path) -> dict[str, str]:
    """Copy the wanted files and answer with their digests, by path from the root."""
    digests = {}
    with tarfile.open(tarball) as archive:
        for inside, outside in package.files.items():
            member = archive.extractfile(inside)
            if member is None:
                raise VendorError(f"{package.name}: {inside} is not a file")
            content = member.read()
            target = root / package.folder / outside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            digests[(package.folder / outside).as_posix()] = digest("sha256", content)
    return dict(sorted(digests.items()))


def vendor(root: Path) -> None:
    """Fetch every package again and rewrite the folders and the lock."""
    known = read_lock(root) if (root / LOCK).exists() else {}
    lock = {}
    with tempfile.TemporaryDirectory() as temporary:
        for package in PACKAGES:
            content = fetch(package, Path(temporary))
            integrity = digest("sha512", content)
            before = known.get(package.name, {})
            if before.get("version") == package.version and before["integrity"] != integrity:
                raise VendorError(f"{package.name} {package.version} is not the tarball that was locked")
            tarball = Path(temporary) / "package.tgz"
            tarball.write_bytes(content)
            files = unpack(package, tarball, root)
            lock[package.name] = {"version": package.version, "integrity": integrity, "files": files}
    (root / LOCK).write_text(json.dumps(lock, indent=2) + "\n", "utf-8")
    remove_strays(root, {path for entry in lock.values() for path in entry["files"]})
    (root / SPRITE).write_text(sprite(root), "utf-8")


def remove_strays(root: Path, locked: set[str]) -> None:
    """What an earlier list asked for and this one does not is deleted, so that nothing unlocked is served."""
    for name, path in vendored(root).items():
        if name not in locked:
            path.unlink()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Vendored browser files: fetch them, or check them.")
    parser.add_argument("--check", action="store_true", help="compare with the lock; change nothing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository to work on")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            vendor(options.root)
        found = list(differences(options.root))
    except VendorError as refused:
        found = [str(refused)]
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
