"""What a gate's settings name outside the config: alarms, variables, files, commands, queries. Asked before anything.

A gate that could never open is so refused in the preview, and in an `up` without one, and not half-way through.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from components.config_errors import Problem, quote
from components.gate_clashes import outlived
from components.gate_settings import Alarm, Gate, Prometheus
from components.live import Region
from components.settings import Service
from components.sources.answer import Subject
from components.sources.http import UnreachableError
from components.sources.prometheus import request

_ANY = Subject("service", "release", "group", "arn:targetgroup/name/id", "arn:loadbalancer/app/name/id")
"""Stands in for a release where only the grammar of a query matters."""
_ALARMS_A_CALL = 100


def check_gates(services: Mapping[str, Service], region: Region, warn: Callable[[str], object]) -> list[Problem]:
    """Every problem of every gate; `warn` is told what could not be checked. Asks nobody where a gate names nothing."""
    gates = {f"services.{name}.gate": service.gate for name, service in services.items()}
    found = list(_alarms(gates, region))
    silent: set[str] = set()
    for path, gate in gates.items():
        found += outlived(path, gate.bake_s, datetime.now(UTC)) if gate.bake_s else []
        if gate.command and not shutil.which(gate.command[0]):
            found.append(
                Problem(
                    f"{path}.command", f"{quote(gate.command[0])} can't be run from here. Correct it, or install it"
                )
            )
        if gate.prometheus:
            found += _prometheus(f"{path}.prometheus", gate.prometheus, silent, warn)
    return found


def _alarms(gates: Mapping[str, Gate], region: Region) -> Iterator[Problem]:
    asked: list[tuple[str, Alarm]] = [
        (f"{path}.alarms[{index}]", alarm) for path, gate in gates.items() for index, alarm in enumerate(gate.alarms)
    ]
    if not asked:
        return
    from botocore.exceptions import BotoCoreError, ClientError  # on first use, as in `components.live`

    names = sorted({alarm.name for _, alarm in asked})
    try:
        there = {
            entry["AlarmName"]
            for start in range(0, len(names), _ALARMS_A_CALL)
            for entry in region.alarms(names[start : start + _ALARMS_A_CALL])
        }
    except (BotoCoreError, ClientError) as error:
        yield Problem(asked[0][0], f"can't be looked up: {error}. A gate needs cloudwatch:DescribeAlarms")
        return
    for path, alarm in asked:
        if alarm.name not in there:
            yield Problem(
                path,
                f"{quote(alarm.name)} is no alarm of this account and region. Correct the name, or create it first",
            )


def _prometheus(path: str, settings: Prometheus, silent: set[str], warn: Callable[[str], object]) -> Iterator[Problem]:
    variables = {f"headers.{name}": variable for name, variable in settings.headers.items()}
    if settings.basic:
        variables |= {"basic.user": settings.basic.user, "basic.password": settings.basic.password}
    unset = {key: variable for key, variable in variables.items() if not os.environ.get(variable)}
    for key, variable in unset.items():
        yield Problem(f"{path}.{key}", f"{variable} is not set in the environment. Set it where `pulumi` runs")
    try:
        ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        yield Problem(
            f"{path}.ca_file",
            f"{quote(settings.ca_file)} can't be read as PEM certificates ({error.strerror or error}). "
            "Name a file by its path from Pulumi.yaml",
        )
        return
    # A server that does not answer one service is not waited for again by the others.
    if not unset and settings.url not in silent:
        yield from _queries(path, settings, silent, warn)


def _queries(path: str, settings: Prometheus, silent: set[str], warn: Callable[[str], object]) -> Iterator[Problem]:
    """Has the server parse each query; format_query does no more, and is there since Prometheus 2.40."""
    for index, query in enumerate(settings.queries):
        try:
            status, body = request(settings, "format_query", {"query": _ANY.expand(query.query)})
        except UnreachableError as error:
            silent.add(settings.url)
            warn(f"{path}: {settings.url} can't be asked from here ({error}), so its queries are not checked")
            return
        if status in (401, 403):
            yield Problem(f"{path}.url", f"{settings.url} refuses to answer (HTTP status {status}). Give credentials")
            return
        if status == 400:
            yield Problem(f"{path}.queries[{index}].query", f"{quote(query.query)} is no PromQL: {_error(body)}")
        elif status != 200:
            warn(f"{path}: {settings.url} parses no queries (HTTP status {status}), so they are not checked")
            return


def _error(body: str) -> str:
    try:
        answer: Any = json.loads(body)
        return str(answer["error"])
    except (ValueError, KeyError, TypeError):
        return body.strip()[:200]
