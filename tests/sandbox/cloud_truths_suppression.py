"""What a composite alarm of AWS's holds back while another one suppresses it, as in `cloud_truths`."""

from __future__ import annotations

import time
from typing import Any

from tests.sandbox.cloud_truths_alarms import alarm, composite, described, named, set_state, state, summaries
from tests.sandbox.cloud_world import World, client


def what_suppresses(world: World, name: str) -> str | None:
    """What holds back an alarm's actions; the reason says the same."""
    found = described(world, name)
    by = found.get("ActionsSuppressedBy")
    assert found.get("ActionsSuppressedReason") == (by and f"Actions suppressed by {by}")
    return by


def suppressible(world: World, wait: int, extension: int) -> tuple[str, str, str]:
    """Names of an alarm, of one that suppresses, and of a composite alarm of the first that acts when it alarms."""
    topic = client("sns", world.url).create_topic(Name=named("topic"))["TopicArn"]
    one, suppressor = alarm(world), alarm(world)
    periods: dict[str, Any] = {"ActionsSuppressorWaitPeriod": wait, "ActionsSuppressorExtensionPeriod": extension}
    rule = f"ALARM({one})"
    return one, suppressor, composite(world, rule, AlarmActions=[topic], ActionsSuppressor=suppressor, **periods)


def actions(world: World, name: str) -> int:
    """How many actions an alarm has performed."""
    return sum("executed action" in each for each in summaries(world, name))


_BUILDERS = (what_suppresses, suppressible, actions)


def a_composite_alarm_waits_for_what_may_suppress_it_and_then_acts_once(world: World) -> None:
    one, _, name = suppressible(world, 2, 60)
    set_state(world, one, "ALARM")
    assert (what_suppresses(world, name), actions(world, name)) == ("WaitPeriod", 0)
    time.sleep(2.1)
    assert (what_suppresses(world, name), actions(world, name)) == (None, 1)
    assert actions(world, name) == 1


def what_was_held_back_is_done_when_the_extension_is_over(world: World) -> None:
    one, suppressor, name = suppressible(world, 60, 2)
    set_state(world, suppressor, "ALARM")
    set_state(world, one, "ALARM")
    assert (what_suppresses(world, name), actions(world, name)) == ("Alarm", 0)
    set_state(world, suppressor, "OK")
    assert (what_suppresses(world, name), actions(world, name)) == ("ExtensionPeriod", 0)
    time.sleep(2.1)
    assert (what_suppresses(world, name), actions(world, name)) == (None, 1)


def an_alarm_that_ends_with_what_suppressed_it_tells_nobody(world: World) -> None:
    one, suppressor, name = suppressible(world, 60, 60)
    set_state(world, suppressor, "ALARM")
    set_state(world, one, "ALARM")
    set_state(world, suppressor, "OK")
    set_state(world, one, "OK")
    assert (state(world, name), actions(world, name)) == ("OK", 0)


def without_its_suppressor_an_alarm_does_what_it_held_back(world: World) -> None:
    one, suppressor, name = suppressible(world, 60, 60)
    set_state(world, suppressor, "ALARM")
    set_state(world, one, "ALARM")
    topics = described(world, name)["AlarmActions"]
    composite(world, f"ALARM({one})", name, AlarmActions=topics)
    assert (what_suppresses(world, name), actions(world, name)) == (None, 1)


def an_alarm_that_is_over_before_the_wait_is_tells_nobody(world: World) -> None:
    one, _, name = suppressible(world, 60, 60)
    set_state(world, one, "ALARM")
    set_state(world, one, "OK")
    assert (state(world, name), what_suppresses(world, name), actions(world, name)) == ("OK", None, 0)


TRUTHS = [
    each
    for each in list(globals().values())
    if callable(each) and getattr(each, "__module__", "") == __name__ and each not in _BUILDERS
]
