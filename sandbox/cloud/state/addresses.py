"""The addresses of a subnet's instances follow from the subnet: moto remembers outside of it which it has given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.models.subnets import Subnet

from sandbox.cloud.truth.replacing import around


class Hosts:
    """The addresses of a network that a host can have, from the lowest on; where it stands can be pickled."""

    def __init__(self, network: Any) -> None:
        self._network, self._given = network, 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        self._given += 1
        if self._given >= self._network.num_addresses - 1:
            raise StopIteration
        return self._network[self._given]


class Lowest(set[str]):
    """A set that gives its lowest element: what another set gives depends on how it has grown."""

    def pop(self) -> str:
        """Take an element out.

        Raises:
            KeyError: there is none.
        """
        if not self:
            raise KeyError("empty")
        lowest = min(self)
        self.remove(lowest)
        return lowest


def install() -> None:
    """Make subnets remember by themselves."""

    @around(Subnet, "_base_avail_ip_iterator")
    def _hosts(_original: Any, self: Any) -> Hosts:
        return self.__dict__.setdefault("hosts", Hosts(self.cidr))

    @around(Subnet, "__init__")
    def _start(original: Any, self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self._unused_ips = Lowest()
