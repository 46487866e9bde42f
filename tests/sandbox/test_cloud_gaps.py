"""What `sandbox/cloud/truth` does for moto is still needed.

A failure here says that moto has caught up: then what stands in for it can go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sandbox.cloud import once
from tests.sandbox import (
    cloud_truths_alarms,
    cloud_truths_bounds,
    cloud_truths_data,
    cloud_truths_images,
    cloud_truths_operations,
    cloud_truths_quotas,
    cloud_truths_scaling,
    cloud_truths_suppression,
)
from tests.sandbox.cloud_truths import TRUTHS
from tests.sandbox.cloud_world import GOOD, World

SHORT = (AssertionError, ClientError, KeyError, NotImplementedError, pytest.fail.Exception)


@pytest.fixture(scope="module")
def bare() -> Iterator[World]:
    """moto in this process, where nothing is replaced; what it does anew for each call is done once."""
    once.install()
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # They would take most of the time.
        yield World(None)


@pytest.mark.parametrize(
    "truth",
    [
        *TRUTHS,
        *cloud_truths_operations.TRUTHS,
        *cloud_truths_data.TRUTHS,
        *cloud_truths_images.TRUTHS,
        *cloud_truths_alarms.TRUTHS,
        *cloud_truths_bounds.TRUTHS,
        *cloud_truths_quotas.TRUTHS,
        *cloud_truths_scaling.TRUTHS,
        *cloud_truths_suppression.TRUTHS,
    ],
    ids=lambda truth: truth.__name__,
)
def test_moto_alone_falls_short(bare: World, truth: Callable[[World], None]) -> None:
    with pytest.raises(SHORT):
        truth(bare)


def test_moto_alone_calls_targets_healthy_that_nothing_checks(bare: World) -> None:
    targets = bare.target_group()
    bare.group(1, bare.template(GOOD), TargetGroupARNs=[targets])
    assert bare.states(targets) == {"healthy"}


def test_moto_alone_keeps_targets_of_a_scale_in(bare: World) -> None:
    targets = bare.target_group()
    name = bare.group(2, TargetGroupARNs=[targets])
    bare.autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=1, DesiredCapacity=1)
    assert len(bare.health(targets)) == 2
