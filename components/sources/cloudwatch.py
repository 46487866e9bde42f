"""The CloudWatch calls of the sources, and what their failures mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from components.sources.answer import Answer, Reading, State, Subject, seconds
from components.threads import in_thread


@dataclass(frozen=True)
class Series:
    """One metric of CloudWatch's, without placeholders. Hashable, so that releases that share one ask once."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period_s: int

    @classmethod
    def of(
        cls,
        subject: Subject,
        *,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        statistic: str,
        period_s: int,
    ) -> Series:
        """The series that these settings mean for this release."""
        expanded = tuple((key, subject.expand(value)) for key, value in dimensions.items())
        return cls(namespace, name, expanded, statistic, period_s)

    def __str__(self) -> str:
        values = ", ".join(value for _, value in self.dimensions)
        return f"metric {self.namespace} {self.name} ({self.statistic}{', ' if values else ''}{values})"


class CloudWatch(Protocol):
    """What the sources need of CloudWatch; `components.live.Region` has it. Calls block."""

    def alarms(self, names: Sequence[str]) -> list[Mapping[str, Any]]:
        """The alarms of these names that there are, as DescribeAlarms tells of them."""
        ...

    def readings(self, series: Sequence[Series], start: datetime, end: datetime) -> list[dict[datetime, float]]:
        """The values of each series by the start of their period."""
        ...


async def answer_of(call: Any, *arguments: Any) -> Any | Answer:
    """What a blocking call of boto3's returns, or UNKNOWN with the reason why nothing is known."""
    from botocore.exceptions import BotoCoreError, ClientError  # on first use, as in `components.live`

    try:
        return await in_thread(call, *arguments)
    except ClientError as error:
        code = str(cast("Any", error.response)["Error"]["Code"])
        return Answer(State.UNKNOWN, f"CloudWatch says {code}", busy=code in _THROTTLED)
    except BotoCoreError as error:
        return Answer(State.UNKNOWN, f"CloudWatch can't be asked: {error}")


_THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "LimitExceededException"})


def whole_periods(series: Series, found: Mapping[datetime, float], start: datetime, end: datetime) -> list[Reading]:
    """A reading for every period of CloudWatch's from `start` up to `end` that is over, oldest first."""
    values = {int(when.timestamp()): value for when, value in found.items()}
    step = series.period_s
    first, last = int(start.timestamp()) // step * step, int(end.timestamp()) // step * step
    epoch = datetime.fromtimestamp(0, tz=end.tzinfo)
    return [Reading(epoch + seconds(when), values.get(when)) for when in range(first, last, step)]
