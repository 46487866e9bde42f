"""What the page is made of: the data, each text once, and colours that can be told apart."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import operations.timeline
from operations.history.changes import tell
from operations.history.config_lines import lines
from operations.history.entries import config_of
from operations.timeline.data import data_of
from operations.timeline.page import page
from tests.operations.histories import FIRST, config, entry, releases
from tests.operations.long_history import long_history

WRITTEN = FIRST + timedelta(days=9)
STYLE = (Path(operations.timeline.__file__).parent / "page.css").read_text()


def test_the_configs_of_all_entries_come_out_of_what_each_changed() -> None:
    entries = long_history(40)
    replayed: dict[str, str] = {}
    for entry_, plain in zip(entries, data_of(tell(entries), "prod", WRITTEN)["entries"], strict=True):
        replayed = {path: text for path, text in replayed.items() if path not in plain["gone"]} | dict(plain["set"])
        assert replayed == lines(config_of(entry_))


def test_of_one_service_only_its_releases_are_told() -> None:
    entries = long_history(40)
    data = data_of(tell(entries), "prod", WRITTEN, "web")
    assert (data["services"], {one["service"] for one in data["releases"]}) == (["web"], {"web"})
    assert data["rollback"].keys() == {"web", ""}


def test_a_release_never_has_the_colour_of_the_one_before_it() -> None:
    known = data_of(tell(long_history(200)), "prod", WRITTEN)["releases"]
    for service in ("api", "web", "worker"):
        colours = [one["colour"] for one in known if one["service"] == service]
        assert all(before != after for before, after in pairwise(colours))


def test_the_way_back_is_safe_to_paste() -> None:
    strange = {"a; rm -rf ~": releases(v1=100)}
    data = data_of(tell([entry(1, strange)]), "team/$(stack)", WRITTEN)
    assert data["rollback"] == {
        "a; rm -rf ~": "python -m operations rollback 'a; rm -rf ~' --to {} --stack 'team/$(stack)'",
        "": "python -m operations rollback --whole-stack --to {} --stack 'team/$(stack)'",
    }


def test_no_text_ends_what_it_stands_in() -> None:
    markup = '</script><!--<script>"\u2028'
    text = page(data_of(tell([entry(1, message=markup, config={"a:b": markup})]), markup, WRITTEN))
    assert markup not in text
    assert text.count("</script>") == 2
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text


def test_a_history_of_which_nothing_is_known_is_told_so() -> None:
    data = data_of(tell([entry(1, config=config("1.4.2"))]), "prod", WRITTEN, missing="the backend is gs://")
    assert (data["entries"][0]["served"], data["missing"]) == (None, "the backend is gs://")
    assert data_of([], "prod", WRITTEN)["entries"] == []


def _colours(theme: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", theme))


def _contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio"""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_can_be_read(theme: str) -> None:
    light, dark = STYLE.split("@media (prefers-color-scheme: dark)", 1)
    colours = _colours(light) if theme == "light" else _colours(dark)
    pairs = [("ink", "paper"), ("ink", "card"), ("quiet", "card"), ("quiet", "paper"), ("accent", "card")]
    pairs += [(name, f"{name}-paper") for name in ("ok", "failed", "back", "gap", "other")]
    pairs += [(name, "card") for name in ("ok", "failed", "back", "gap", "other")]
    pairs += [("in", f"r{number}") for number in range(8)]
    for one, other in pairs:
        assert _contrast(colours[one], colours[other]) >= 4.5, (one, other)
