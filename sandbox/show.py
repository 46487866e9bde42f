"""What the command line prints for people."""

import json
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from sandbox.cloud import Call
from sandbox.stacks import Stack
from sandbox.status import CloudStatus, Group

_COLOURS = {"healthy": "green", "initial": "yellow", "draining": "yellow", "unhealthy": "red"}


def show_stacks(console: Console, stacks: Sequence[Stack]) -> None:
    """Stacks with the number of their resources."""
    table = _table("stack", "resources", "last update")
    for stack in stacks:
        table.add_row(stack.name, str(stack.resources), stack.last_update or "never")
    console.print(table)


def show_cloud(console: Console, status: CloudStatus) -> None:
    """Addresses, a row a group with its traffic and capacity, and a row an instance with its target health."""
    for url in status.urls:
        console.print(f"  {escape(url)}", soft_wrap=True)
    if not status.groups:
        console.print("  no Auto Scaling groups")
        return
    groups = _table("release", "traffic", "running", "size", "targets")
    instances = _table("instance", "release", "zone", "state", "target")
    for group in status.groups:
        health = [(id_, state) for targets in group.targets for id_, state in targets.health.items()]
        groups.add_row(
            escape(group.release),
            _traffic(group),
            str(len(group.instances)),
            f"{group.desired} ({group.minimum} to {group.maximum})",
            ", ".join(f"{n} {_coloured(state)}" for state, n in Counter(s for _, s in health).items()) or "none",
        )
        for instance in group.instances:
            states = [_coloured(state) for id_, state in health if id_ == instance.id]
            instances.add_row(
                instance.id,
                escape(group.release),
                instance.zone,
                f"{instance.lifecycle}, {instance.health}",
                ", ".join(states) or "none",
            )
    for table in (groups, instances):
        console.print()
        console.print(table)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=True, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _traffic(group: Group) -> str:
    """The share of the users' requests; what only a header leads to is for people who look first."""
    shares = [
        f"{share:.0%} of {asked}"
        for targets in group.targets
        for asked, share in targets.traffic.items()
        if not asked.startswith("header ")
    ]
    return escape("\n".join(shares)) or "none"


def _coloured(state: str) -> str:
    colour = _COLOURS.get(state)
    return f"[{colour}]{state}[/]" if colour else escape(state)


def call_line(call: Call) -> Text:
    """One call on one line: when, what, with what, and how it ended."""
    line = Text.assemble((f"{call.time} ", "dim"), (f"{call.service}.", "cyan"), (call.operation, "bold"), " ")
    line.append(json.dumps(call.parameters, default=str), "dim")
    if call.fault:
        line.append(f" fault {call.fault}", "magenta")
    if call.error:
        line.append(f" {call.status} {call.error}", "red")
    return line


def next_steps(stack: str) -> str:
    """Commands to go on with after `up`."""
    executable = Path(sys.executable)
    python = executable.relative_to(Path.cwd()) if executable.is_relative_to(Path.cwd()) else executable
    return f"""
The sandbox is up. What to try next:

  eval "$({shlex.quote(str(python))} -m sandbox env)"    # pulumi, aws and boto3 of this shell now use the sandbox
  pulumi preview --stack {stack}
  aws autoscaling describe-auto-scaling-groups
  python -m sandbox status
  python -m sandbox journal --writes

Take it down with `make down`."""
