"""Tabs, clicks and typing in any engine, as little of it as the stories need."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.browser.marionette import Marionette, MarionetteError, running_firefox
from tests.browsers import WebKit

# The element went away while it was looked for: a fragment was swapped. Ask again.
SWAPPED = (WebDriverException, MarionetteError)
PHONE = (390, 844)


class Cockpit(Protocol):
    """One browser. `press` and `type_into` do what a person's hand does; `run` is a script's body in the page."""

    def open(self, url: str) -> None: ...
    def run(self, script: str, *values: Any) -> Any: ...
    def press(self, css: str) -> None: ...
    def type_into(self, css: str, text: str) -> None: ...
    def tabs(self) -> list[str]: ...
    def tab(self) -> str: ...
    def go_to(self, tab: str) -> None: ...
    def close_tab(self) -> None: ...


class InWebKit:
    def __init__(self, driver: webdriver.WebKitGTK) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        self._driver.get(url)

    def run(self, script: str, *values: Any) -> Any:
        return self._driver.execute_script(script, *values)

    def press(self, css: str) -> None:
        self._driver.find_element(By.CSS_SELECTOR, css).click()

    def type_into(self, css: str, text: str) -> None:
        self._driver.find_element(By.CSS_SELECTOR, css).send_keys(text)

    def tabs(self) -> list[str]:
        return list(self._driver.window_handles)

    def tab(self) -> str:
        return str(self._driver.current_window_handle)

    def go_to(self, tab: str) -> None:
        self._driver.switch_to.window(tab)

    def close_tab(self) -> None:
        self._driver.close()


class InFirefox:
    def __init__(self, session: Marionette) -> None:
        self._ask = session.ask

    def open(self, url: str) -> None:
        self._ask("WebDriver:Navigate", url=url)

    def run(self, script: str, *values: Any) -> Any:
        return self._ask("WebDriver:ExecuteScript", script=script, args=list(values), sandbox=None)

    def press(self, css: str) -> None:
        self._ask("WebDriver:ElementClick", id=self._find(css))

    def type_into(self, css: str, text: str) -> None:
        self._ask("WebDriver:ElementSendKeys", id=self._find(css), text=text)

    def tabs(self) -> list[str]:
        return list(self._ask("WebDriver:GetWindowHandles"))

    def tab(self) -> str:
        return str(self._ask("WebDriver:GetWindowHandle"))

    def go_to(self, tab: str) -> None:
        self._ask("WebDriver:SwitchToWindow", handle=tab)

    def close_tab(self) -> None:
        self._ask("WebDriver:CloseWindow")

    def _find(self, css: str) -> str:
        found: dict[str, str] = self._ask("WebDriver:FindElement", using="css selector", value=css)
        return next(iter(found.values()))


@contextmanager
def in_webkit(paths: WebKit, folder: Path) -> Iterator[Cockpit]:
    """As wide as a phone."""
    with _screen(paths.screen) as display:
        options = Options()
        options.binary_location = paths.browser
        options.add_argument("--automation")
        env = os.environ | {"DISPLAY": display, "HOME": str(folder), "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        with (folder / "webkit.log").open("wb") as log:
            driver = webdriver.WebKitGTK(options=options, service=Service(paths.driver, env=env, log_output=log))
            try:
                driver.set_window_rect(0, 0, *PHONE)
                yield InWebKit(driver)
            finally:
                driver.quit()


@contextmanager
def in_firefox(binary: str, folder: Path) -> Iterator[Cockpit]:
    with running_firefox(binary, folder) as session:
        yield InFirefox(session)


@contextmanager
def _screen(binary: str) -> Iterator[str]:
    if not binary:
        yield os.environ["DISPLAY"]
        return
    command = [binary, "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            number = server.stdout.readline().decode().strip() if server.stdout else ""
            yield f":{number}"
        finally:
            server.terminate()
