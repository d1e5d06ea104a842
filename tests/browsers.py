"""WebKit and Firefox for the stories that are told in every engine: where they are, and how they are installed.

Chromium, which all other browser tests use, is in tests/engines.py.
"""

import glob
import os
import platform
import shutil
from dataclasses import dataclass

from tests.missing import EngineMissing

FIREFOX_NAMES = ("firefox-esr", "firefox")
FIREFOX_PLACES = ("/Applications/Firefox.app/Contents/MacOS/firefox",)
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
# What Debian calls them. WebKit draws on a screen, which a server does not have.
WEBKIT_PACKAGES = ("webkit2gtk-driver", "xvfb")
FIREFOX_PACKAGES = ("firefox-esr",)


@dataclass(frozen=True)
class WebKit:
    """Paths of the driver, of the browser that it starts, and of the screen to start it on ("" if there is one)."""

    driver: str
    browser: str
    screen: str


def webkit() -> WebKit:
    found = _find_webkit()
    if found is None:
        packages = " ".join(WEBKIT_PACKAGES)
        raise EngineMissing(
            f"找不到 WebKit：請執行 sudo apt-get install {packages}，或加上 --without-webkit 略過。",
            f"No WebKit was found: run `sudo apt-get install {packages}`, or leave it out with --without-webkit.",
        )
    return found


def has_webkit() -> bool:
    return _find_webkit() is not None


def _find_webkit() -> WebKit | None:
    driver, browsers = shutil.which("WebKitWebDriver"), sorted(glob.glob(MINI_BROWSERS))
    screen = "" if os.environ.get("DISPLAY") else shutil.which("Xvfb")
    return WebKit(driver, browsers[-1], screen) if driver and browsers and screen is not None else None


def firefox() -> str:
    found = _find_firefox()
    if found is None:
        how = "brew install --cask firefox" if platform.system() == "Darwin" else "sudo apt-get install firefox-esr"
        raise EngineMissing(
            f"找不到 Firefox：請執行 {how}，或加上 --without-firefox 略過。",
            f"No Firefox was found: run `{how}`, or leave it out with --without-firefox.",
        )
    return found


def has_firefox() -> bool:
    return _find_firefox() is not None


def _find_firefox() -> str | None:
    on_path = next((path for name in FIREFOX_NAMES if (path := shutil.which(name))), None)
    return on_path or next((path for path in FIREFOX_PLACES if os.access(path, os.X_OK)), None)
