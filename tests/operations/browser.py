"""Chromium without a window, driven as a person would, and the timeline in it."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from operations.history.changes import tell
from operations.history.entries import Entry
from operations.timeline.data import data_of
from operations.timeline.page import page
from tests.operations.histories import FIRST

#: It asks nobody anything: not for updates, not for accounts; and loads no page of its own.
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)
_PREFERENCES = {"session.restore_on_startup": 4, "session.startup_urls": ["about:blank"]}


@contextmanager
def chromium(profile: Path) -> Generator[Any]:
    """A browser with a profile of its own; the test is skipped where there is none."""
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip(
            "there is no chromium with its chromedriver; Debian's packages are `chromium` and `chromium-driver`"
        )
    options: Any = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", _PREFERENCES)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield opened
    finally:
        opened.quit()


def write(folder: Path, entries: Sequence[Entry], **more: Any) -> Path:
    """The page of a history, as a file."""
    written = entries[-1].started if entries else FIRST
    file = folder / "timeline.html"
    file.write_text(page(data_of(tell(entries), "prod", written + timedelta(hours=3), **more)))
    return file


_number = count()


class Page:
    """The page of a history, open in the browser."""

    def __init__(self, browser: Any, file: Path, place: str = "") -> None:
        self.browser = browser
        # Another place of the same address would not be read anew.
        self.address = f"{file.as_uri()}?{next(_number)}"
        self.size(1440, 1000)
        browser.get(self.address + place)

    def size(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def part(self, id_: str) -> WebElement:
        return self.browser.find_element(By.ID, id_)

    def all(self, selector: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def numbers(self) -> list[int]:
        """The entries in the table, from the top."""
        return [int(text.removeprefix("#")) for text in self.texts("#rows .number")]

    def texts(self, selector: str) -> list[str]:
        """In one call: a call for each of many takes its time."""
        script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim())"
        return self.browser.execute_script(script, selector)

    def chosen(self) -> int:
        """The entry whose details are shown."""
        return int(self.part("details-title").text.split()[0].removeprefix("#"))

    def press(self, *keys: str) -> None:
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()
