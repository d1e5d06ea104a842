"""What must be true before anything starts: free ports, room on the disk, a sound database file."""

import errno
import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from tools.launcher import sentences
from tools.launcher.options import ServeOptions
from tools.launcher.places import Places
from tools.launcher.sentences import Stop

HOST = "127.0.0.1"
MEGABYTES_TO_RUN = 50
# Reading every page of a large file would cost the seconds that a second start has.
LARGEST_FULLY_CHECKED = 50_000_000
NOT_WRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}


def check_ports(options: ServeOptions, with_sandbox: bool) -> None:
    """Every port that will be used is free and chosen once; the first that is not raises its sentence."""
    wanted = {"--port": options.port}
    if with_sandbox:
        wanted |= {"--sandbox-port": options.sandbox_port, "--smtp-port": options.smtp_port}
    seen: set[int] = set()
    for option, port in wanted.items():
        if port in seen:
            raise Stop(sentences.SAME_PORT, port=port)
        seen.add(port)
        _check_port(option, port)


def _check_port(option: str, port: int) -> None:
    # Asked both ways: on macOS an address can be bound while another program listens on all addresses.
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex((HOST, port)) == 0:
            raise Stop(sentences.PORT_IN_USE, port=port, option=option)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Stop(sentences.PORT_IN_USE, port=port, option=option) from error
            raise Stop(sentences.PORT_REFUSED, port=port, option=option, reason=error.strerror) from error


def check_disk(places: Places) -> None:
    if shutil.disk_usage(places.data).free < MEGABYTES_TO_RUN * 1_000_000:
        raise Stop(sentences.DISK_FULL, folder=places.data, megabytes=MEGABYTES_TO_RUN)


def check_database(file: Path) -> None:
    """Sound and writable, or not there yet; changes nothing in it."""
    folder = file.parent
    if not os.access(folder, os.W_OK):
        raise Stop(sentences.DATABASE_NOT_WRITABLE, file=file, reason=f"{folder}: read-only")
    if not file.exists() or (file.is_file() and file.stat().st_size == 0):
        return
    try:
        _look_into(file)
    except sqlite3.Error as error:
        raise _why_database_failed(file, error) from error


def _look_into(file: Path) -> None:
    with closing(sqlite3.connect(file, timeout=1, isolation_level=None)) as database:
        database.execute("SELECT count(*) FROM sqlite_master")
        if file.stat().st_size < LARGEST_FULLY_CHECKED:
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict.splitlines()[-1])
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")


def _why_database_failed(file: Path, error: sqlite3.Error) -> Stop:
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Stop(sentences.DATABASE_LOCKED, file=file)
    if primary == sqlite3.SQLITE_FULL:
        return Stop(sentences.DISK_FULL, folder=file.parent, megabytes=MEGABYTES_TO_RUN)
    if primary in NOT_WRITABLE:
        return Stop(sentences.DATABASE_NOT_WRITABLE, file=file, reason=error)
    return Stop(sentences.DATABASE_BROKEN, file=file, reason=error)
