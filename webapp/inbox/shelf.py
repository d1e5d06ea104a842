"""Files on disk, named by the SHA-256 of their bytes: the same picture sent twice lies there once."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from config import Config
from webapp.inbox.filetypes import HEAD, sniffed

_CHUNK = 256 * 1024
ABANDONED = timedelta(hours=1)
# One of 256 parts of the shelf at a time.
PART_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Stored:
    """`mime` is what the bytes are; `size` is in bytes."""

    digest: str
    mime: str
    size: int


def place(digest: str) -> Path:
    """Where the file of this digest lies, if it does."""
    return _root() / digest[:2] / digest[2:4] / digest


def has(digest: str) -> bool:
    return bool(digest) and place(digest).is_file()


@contextmanager
def blank() -> Iterator[BinaryIO]:
    """An empty file to be filled and then put in its place; left behind by nobody."""
    folder = _root() / "new"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        try:
            yield file  # type: ignore[misc]
        finally:
            with suppress(FileNotFoundError):
                os.unlink(file.name)


def put(file: BinaryIO) -> Stored:
    """Put a filled file from `blank` in its place; on disk for good when this returns."""
    file.flush()
    os.fsync(file.fileno())
    stored = examined(file)
    target = place(stored.digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file.name, target)
    return stored


def examined(file: BinaryIO) -> Stored:
    """What a file is, read from its beginning."""
    file.seek(0)
    digest, size, head = hashlib.sha256(), 0, b""
    while chunk := file.read(_CHUNK):
        head = head or chunk[:HEAD]
        digest.update(chunk)
        size += len(chunk)
    return Stored(digest.hexdigest(), sniffed(head), size)


def settled(now: datetime) -> list[str]:
    """Digests of one part of the shelf that have lain there for an hour; each part has its turn within about an hour.

    Whoever puts a file there writes down within that time whose it is.
    """
    part = f"{int(now.timestamp()) // PART_SECONDS % 256:02x}"
    return [file.name for file in (_root() / part).glob("*/*") if _is_old(file, now)]


def drop(digest: str, now: datetime) -> None:
    """Unless somebody has put it there again meanwhile."""
    if _is_old(place(digest), now):
        place(digest).unlink(missing_ok=True)


def tidy(now: datetime) -> None:
    """Remove half-filled files whose process died."""
    for left in (_root() / "new").glob("*"):
        if _is_old(left, now):
            left.unlink(missing_ok=True)


def _is_old(file: Path, now: datetime) -> bool:
    try:
        return file.stat().st_mtime < (now - ABANDONED).timestamp()
    except FileNotFoundError:
        return False


def _root() -> Path:
    config: Config = current_app.extensions["config"]
    return Path(config.media_dir)
