"""The timeline in a real browser, clicked through."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import Select

from operations.history.changes import tell
from operations.history.config_lines import differences
from operations.history.entries import config_of
from tests.operations.browser import Page, chromium, write
from tests.operations.histories import config, entry, releases
from tests.operations.long_history import long_history

pytestmark = pytest.mark.slow

ENTRIES = long_history(120)
MARKUP = '<img src="x" onerror="document.title=1"></script><script>document.title=2</script>'


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One for all tests: to start it takes longer than what they do."""
    with chromium(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 120 entries."""
    return write(tmp_path_factory.mktemp("timeline"), ENTRIES)


@pytest.fixture
def opened(browser: Any, file: Path) -> Page:
    """It, as nobody has touched it yet."""
    return Page(browser, file)


def test_it_opens_at_the_newest_without_an_error_and_without_the_network(opened: Page) -> None:
    requests = [
        json.loads(line["message"])["message"]["params"]["request"]["url"]
        for line in opened.browser.get_log("performance")
        if '"Network.requestWillBeSent"' in line["message"]
    ]
    assert opened.address in requests
    assert [url for url in requests if not url.startswith(("file:", "data:", "about:", "chrome"))] == []
    assert opened.browser.get_log("browser") == []
    assert opened.browser.title == "prod: history"
    assert opened.chosen() == 120
    assert opened.numbers() == list(range(120, 70, -1))
    served = ENTRIES[-1].served or {}
    assert len(opened.texts("#now li")) == len(served)
    labels = {one.label for found in served.values() for one in found.values()}
    assert {
        row.split()[1] if row.split()[0] in served else row.split()[0] for row in opened.texts("#served tbody tr")
    } == labels


def test_an_entry_is_chosen_by_its_button_its_bar_the_keyboard_and_the_address(opened: Page, file: Path) -> None:
    opened.all("#rows .number")[4].click()
    assert opened.chosen() == 116
    assert opened.browser.current_url.endswith("#116")
    chart: Any = opened.part("chart")
    ActionChains(opened.browser).move_to_element_with_offset(chart, -chart.size["width"] // 2 + 5, 0).click().perform()
    assert opened.chosen() == 71
    chart.send_keys(Keys.ARROW_RIGHT)
    assert opened.chosen() == 72
    chart.send_keys(Keys.HOME)
    assert opened.chosen() == 1
    assert str(chart.get_attribute("aria-valuetext")).startswith("#1, ")
    assert opened.part("previous").get_attribute("disabled")
    opened.part("next").click()
    assert opened.chosen() == 2
    assert Page(opened.browser, file, "#33").chosen() == 33


def test_any_two_configs_are_compared(opened: Page) -> None:
    def shown() -> set[tuple[str, str, str]]:
        rows = opened.browser.execute_script(
            """return [...document.querySelectorAll("#diff tbody")].flatMap((body) => {
                 const group = body.querySelector("[scope=rowgroup]")?.innerText;
                 return [...body.querySelectorAll("tr:has(td)")].map((row) =>
                   [group ? `${group}.${row.cells[0].innerText}` : row.cells[0].innerText,
                    row.cells[1].innerText, row.cells[2].innerText]);
               })"""
        )
        return {(path, before, after) for path, before, after in rows}

    def expected(before: int, after: int) -> set[tuple[str, str, str]]:
        configs = (config_of(ENTRIES[number - 1]) for number in (before, after))
        return {(one.path, one.before or "not there", one.after or "not there") for one in differences(*configs)}

    opened.all("#rows .number")[0].click()
    assert shown() == expected(119, 120)
    box = opened.part("from")
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys("17", Keys.TAB)
    assert shown() == expected(17, 120)
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys("999", Keys.TAB)
    assert opened.part("said").get_attribute("textContent") == "There is no #999 here"
    assert shown() == expected(17, 120)
    opened.all("#rows .number")[30].click()
    opened.part("from-newest").click()
    assert shown() == expected(120, 90)
    opened.part("from-previous").click()
    assert shown() == expected(89, 90)


def test_the_way_back_is_copied(opened: Page) -> None:
    def pasted() -> str:
        script = "const box = document.createElement('textarea'); document.body.append(box); return box"
        box = opened.browser.execute_script(script)
        box.send_keys(Keys.CONTROL, "v")
        text = str(box.get_attribute("value"))
        opened.browser.execute_script("arguments[0].remove()", box)
        return text

    opened.all("#rows .copy")[2].click()
    assert pasted() == "python -m operations rollback --whole-stack --to 118 --stack prod"
    assert opened.chosen() == 120
    for place, what in enumerate(["api", "web", "worker", "--whole-stack"]):
        opened.all("#rollback .copy")[place].click()
        assert pasted() == f"python -m operations rollback {what} --to 120 --stack prod"
    assert opened.part("said").get_attribute("textContent") == f"Copied: {opened.texts('#rollback code')[-1]}"
    Select(opened.part("service")).select_by_value("web")
    number = opened.numbers()[1]
    opened.all("#rows .copy")[1].click()
    assert pasted() == f"python -m operations rollback web --to {number} --stack prod"


def test_the_table_is_narrowed_down(opened: Page) -> None:
    told = tell(ENTRIES)

    def expected(*wanted: bool) -> list[int]:
        return [one.entry.number for one, keep in zip(told, wanted, strict=True) if keep][::-1]

    only = Select(opened.part("only"))
    only.select_by_value("failed")
    assert opened.numbers() == expected(*(one.entry.result == "failed" for one in told))
    only.select_by_value("back")
    assert opened.numbers() == expected(*(one.back_to is not None for one in told))
    only.select_by_value("gap")
    assert opened.numbers() == expected(*(bool(one.entry.unrecorded) for one in told))
    only.select_by_value("")
    Select(opened.part("service")).select_by_value("web")
    assert opened.numbers() == expected(*(one.concerns("web") for one in told))[:50]
    Select(opened.part("service")).select_by_value("")
    opened.part("find").send_keys("nightly")
    assert opened.numbers() == expected(*(one.entry.message == "Nightly refresh" for one in told))
    opened.part("find").clear()
    opened.part("find").send_keys(" ", Keys.BACKSPACE)
    opened.part("more").click()
    assert opened.numbers() == list(range(120, 0, -1))
    assert not opened.part("more").is_displayed()


def test_bars_are_as_wide_as_the_time_if_asked_for(opened: Page) -> None:
    script = "return [...document.querySelectorAll('#chart .release')].map((one) => one.width.baseVal.value)"
    by_update = opened.browser.execute_script(script)
    Select(opened.part("scale")).select_by_value("time")
    by_time = opened.browser.execute_script(script)
    assert len(by_update) == len(by_time) > 20
    assert by_update != by_time
    opened.part("older").click()
    assert opened.chosen() == 120
    assert opened.part("newer").is_enabled()


def test_markup_of_whoever_writes_a_message_or_a_config_is_text(browser: Any, tmp_path: Path) -> None:
    strange = {MARKUP: releases(**{MARKUP: 100})}
    entries = [
        entry(1, strange, message=MARKUP, author=MARKUP, commit=MARKUP, config={MARKUP: MARKUP}, kind=MARKUP),
        entry(2, strange, message=MARKUP, config={MARKUP: json.dumps({MARKUP: MARKUP})}, unrecorded=(MARKUP,)),
    ]
    opened = Page(browser, write(tmp_path, entries, missing=MARKUP))
    for button in opened.all("#rows .number"):
        button.click()
    assert browser.title == "prod: history"
    assert browser.get_log("browser") == []
    assert opened.all("img, body script:not([type]) ~ script") == []
    assert MARKUP in opened.part("details-title").text
    assert MARKUP in opened.part("diff").text


def test_no_script_but_its_own_runs(browser: Any, tmp_path: Path) -> None:
    opened = Page(browser, write(tmp_path, ENTRIES[:3]))
    browser.execute_script(
        "document.body.append(document.createElement('div')); document.body.lastChild.innerHTML = arguments[0]", MARKUP
    )
    time.sleep(0.3)
    assert browser.title == "prod: history"
    assert any("Content Security Policy" in line["message"] for line in browser.get_log("browser"))
    assert opened.chosen() == 3


def test_a_secret_is_nowhere_in_it(browser: Any, tmp_path: Path) -> None:
    one = entry(1, {"web": releases(v1_4_2=100)}, config=config("1.4.2"), secrets=frozenset({"other:token"}))
    opened = Page(browser, write(tmp_path, [one]))
    assert "other:token" in opened.part("diff").text
    assert opened.texts("#diff ins")[opened.texts("#diff tr:has(td) th").index("other:token")] == "[secret]"


def test_a_screen_reader_finds_its_way(opened: Page) -> None:
    tree = opened.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    nodes = [(one["role"]["value"], one.get("name", {}).get("value", ""), one) for one in tree if not one["ignored"]]
    roles = [role for role, _, _ in nodes]
    assert (roles.count("main"), roles.count("banner")) == (1, 1)
    assert {"Releases over time", "Updates"} <= {name for role, name, _ in nodes if role == "region"}
    for role, name, node in nodes:
        focusable = any(one["name"] == "focusable" and one["value"]["value"] for one in node["properties"])
        assert name or not focusable or role == "RootWebArea", node
    headings = [name for role, name, _ in nodes if role == "heading"]
    assert headings[:3] == ["prod", "Releases over time", opened.part("details-title").text]
    heads = {name for role, name, _ in nodes if role == "columnheader"}
    assert {"#", "When", "Result", "After it", "What changed", "Way back"} <= heads
    assert roles.count("cell") > 50 * 6


def test_the_keyboard_reaches_all_of_it_in_order(opened: Page) -> None:
    def focused() -> str:
        return opened.browser.execute_script("return document.activeElement.id || document.activeElement.innerText")

    found: list[str] = []
    for _ in range(14):
        opened.press(Keys.TAB)
        found.append(focused())
    assert found[:6] == ["To the updates", "service", "span", "scale", "older", "chart"]
    assert found[6:10] == ["previous", "Copy", "Copy", "Copy"]
    opened.browser.execute_script("document.querySelector('.skip').focus()")
    opened.press(Keys.ENTER)
    opened.press(Keys.TAB)
    assert focused() == "only"


def test_a_stack_that_was_never_updated_has_a_page_too(browser: Any, tmp_path: Path) -> None:
    opened = Page(browser, write(tmp_path, []))
    assert opened.part("summary").text.startswith("Never updated. Written 1 Mar 2026")
    assert not opened.part("updates").is_displayed()
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("width", [360, 700, 900, 1341])
def test_nothing_is_wider_than_the_window(opened: Page, width: int) -> None:
    opened.size(width, 900)
    opened.all("#rows .number")[-1].click()
    too_wide = """return ["html", "#updates", "#details"].filter((name) => {
        const part = document.querySelector(name);
        return part.scrollWidth > part.clientWidth;
    })"""
    assert opened.browser.execute_script(too_wide) == []


def test_it_is_light_or_dark_as_the_system_is(opened: Page) -> None:
    def paper(scheme: str) -> str:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        opened.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        return opened.browser.execute_script("return getComputedStyle(document.body).backgroundColor")

    assert (paper("light"), paper("dark")) == ("rgb(251, 251, 250)", "rgb(20, 23, 26)")


def test_two_thousand_entries_open_as_fast_as_a_few(browser: Any, tmp_path: Path) -> None:
    many = long_history(2000)
    started = time.monotonic()
    few = Page(browser, write(tmp_path, many[-50:]))
    of_few = time.monotonic() - started
    assert few.chosen() == 2000
    file = write(tmp_path, many)
    opened = Page(browser, file)
    assert file.stat().st_size < 3_000_000
    ready = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    assert browser.execute_script(ready) < 1000 * max(5.0, 5 * of_few)
    assert opened.numbers() == list(range(2000, 1950, -1))
    Select(opened.part("span")).select_by_value("")
    opened.part("chart").send_keys(Keys.HOME)
    assert opened.chosen() == 1
    opened.part("find").send_keys("#1234")
    assert opened.numbers() == [1234]
