"""What AWS does and moto alone doesn't, while a fleet scales or a call is repeated."""

from __future__ import annotations

from typing import Any

from tests.sandbox.cloud_world import GOOD, World, refused

# Calls that are repeated


def a_launch_that_is_repeated_with_its_token_is_the_first_one(world: World) -> None:
    asked: dict[str, Any] = {"ImageId": GOOD, "MinCount": 1, "MaxCount": 1, "ClientToken": "a-launch-and-no-other"}
    first, again = (world.ec2.run_instances(**asked)["Instances"][0]["InstanceId"] for _ in range(2))
    assert first == again
    with refused("IdempotentParameterMismatch"):
        world.ec2.run_instances(**{**asked, "MaxCount": 2})


TRUTHS = [each for each in list(globals().values()) if callable(each) and getattr(each, "__module__", "") == __name__]
