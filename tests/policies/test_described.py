"""Images as EC2 describes them: each asked about once, by clients that are made once."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from policies import described

OURS, THEIRS = "ami-0000000000000000a", "ami-0000000000000000b"


class Aws:
    """An EC2 that knows one image, and STS."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.asked: list[str] = []
        self.refuses = ""

    def session(self, **settings: Any) -> Any:
        region = settings["region_name"]

        def client(service: str) -> Any:
            self.made.append(f"{service} {region}")
            return SimpleNamespace(
                describe_images=self.describe_images, get_caller_identity=lambda: {"Account": "123456789012"}
            )

        return SimpleNamespace(client=client)

    def describe_images(self, ImageIds: list[str], IncludeDeprecated: bool) -> Any:  # noqa: N803
        assert IncludeDeprecated
        self.asked += ImageIds
        code = self.refuses or ("" if ImageIds == [OURS] else "InvalidAMIID.NotFound")
        if code:
            raise ClientError({"Error": {"Code": code}}, "DescribeImages")
        return {"Images": [{"ImageId": OURS}]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    found = Aws()
    monkeypatch.setattr(boto3, "Session", found.session)
    forget()
    yield found
    forget()


def forget() -> None:
    for remembered in (described.describe, described.account, described._clients):  # pyright: ignore[reportPrivateUsage]
        remembered.cache_clear()


def test_many_images_are_asked_about_once_each_with_one_client_a_region(aws: Aws) -> None:
    for _ in range(2):
        assert described.describe(OURS, "eu-west-1") == {"ImageId": OURS}
        assert described.describe(THEIRS, "eu-west-1") is None
        assert described.describe(OURS, "us-east-1") == {"ImageId": OURS}
        assert described.account("eu-west-1") == "123456789012"
    assert aws.asked == [OURS, THEIRS, OURS]
    assert aws.made == ["ec2 eu-west-1", "sts eu-west-1", "ec2 us-east-1", "sts us-east-1"]


def test_that_ec2_refuses_to_say_is_no_answer(aws: Aws) -> None:
    aws.refuses = "UnauthorizedOperation"
    with pytest.raises(ClientError):
        described.describe(OURS, "eu-west-1")
