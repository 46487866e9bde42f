"""Properties of a resource are read once for all policies."""

from __future__ import annotations

from google.protobuf import struct_pb2
from pulumi_policy import policy

from policies.once import Reader, install


def _message(name: str) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update({"name": name})
    return message


def test_a_message_is_read_once_and_told_from_others() -> None:
    reader, one, provider = Reader(), _message("web"), _message("aws")
    first = reader.read(one)
    assert (first, reader.read(provider)) == ({"name": "web"}, {"name": "aws"})
    assert reader.read(one) is first
    assert [reader.read(_message(str(number))) for number in range(3)] == [{"name": str(n)} for n in range(3)]
    assert reader.read(one) == {"name": "web"}


def test_it_stands_where_pulumi_policy_reads() -> None:
    before = policy.json_format  # type: ignore[attr-defined]
    try:
        install()
        assert policy.json_format.MessageToDict(_message("web")) == {"name": "web"}  # type: ignore[attr-defined]
    finally:
        policy.json_format = before  # type: ignore[attr-defined]
