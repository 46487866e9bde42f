"""What a composite alarm holds back while another alarm suppresses its actions, or may yet do so, or did until now.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_CompositeAlarm.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html
"""

from __future__ import annotations

import time
from typing import Any

from sandbox.cloud.truth.alarms.evaluation import ALARM

#: What an alarm that is put again keeps.
KEPT = ("held_from", "waits_until", "extends_until", "was_suppressing", "actions_suppressed_by")


def start(alarm: Any) -> None:
    """Of a new alarm: nothing suppresses it."""
    alarm.actions_suppressor = alarm.held_from = alarm.actions_suppressed_by = None
    alarm.actions_suppressor_wait_period = alarm.actions_suppressor_extension_period = None
    alarm.waits_until = alarm.extends_until = 0.0
    alarm.was_suppressing = False


def hold(alarm: Any, old: str) -> None:
    """Hold back the actions of a change from a state, until `release` lets them go."""
    alarm.held_from = alarm.held_from or old
    if alarm.state_value == ALARM:
        alarm.waits_until = time.time() + int(alarm.actions_suppressor_wait_period)


def release(alarm: Any, suppressor: Any) -> str | None:
    """The state from which an alarm changed, if the actions of that are to be performed now.

    An alarm that is back in that state has nothing to tell.
    """
    now, suppresses = time.time(), suppressor is not None and suppressor.state_value == ALARM
    if alarm.was_suppressing and not suppresses:
        alarm.extends_until = now + int(alarm.actions_suppressor_extension_period or 0)
    alarm.was_suppressing = suppresses
    if suppresses:
        alarm.waits_until = 0.0  # It waited for this.
    old, by = alarm.held_from, _by(alarm, suppressor, now)
    alarm.actions_suppressed_by = by if old else None
    if by:
        return None
    alarm.held_from = None
    return old if old != alarm.state_value else None


def _by(alarm: Any, suppressor: Any, now: float) -> str | None:
    if suppressor is None:
        return None
    if alarm.was_suppressing:
        return "Alarm"
    if now < alarm.extends_until:
        return "ExtensionPeriod"
    return "WaitPeriod" if now < alarm.waits_until and alarm.state_value == ALARM else None
