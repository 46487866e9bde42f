"""Render a release into the literals of its three resources, and name it by them. Pure: no cloud, no Outputs.

Each layout is one renderer, and a renderer is never edited: an entry of an older layout must keep its name, or an
upgrade of this library would replace every fleet. Change how a release is rendered by adding a layout.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from components.digest import Kind, digest_tag, release_digest, release_name
from components.release import CONTAINER_PLACEHOLDER, Release, Volume

Literals = dict[str, Any]
"""Arguments of one pulumi-aws resource, snake_case, without anything that the cloud assigns."""


@dataclass(frozen=True)
class Plan:
    """What a release becomes: its logical name, its digest and the literals of its resources by kind.

    `target_group` is absent from both mappings for a release that no balancer serves.
    """

    name: str
    digest: str
    literals: Mapping[Kind, Literals]
    digest_tags: Mapping[Kind, str]


def plan(service: str, release: Release) -> Plan:
    """Plan the release of a service: same content, same name; any other content, another name."""
    literals = _RENDERERS[release.layout](release)
    tags: dict[Kind, str] = {kind: digest_tag(kind, values, release.layout) for kind, values in literals.items()}
    digest = release_digest(tags, release.revision)
    return Plan(release_name(service, release.version, digest), digest, literals, tags)


def _layout_1(release: Release) -> dict[Kind, Literals]:
    parts: dict[Kind, Literals] = {"template": _template_1(release), "group": _group_1(release)}
    if release.port is not None:
        parts["target_group"] = _target_group_1(release, release.port)
    return parts


def _template_1(release: Release) -> Literals:
    script = release.user_data.replace(CONTAINER_PLACEHOLDER, release.container or "")
    return {
        "image_id": release.image,
        "user_data": base64.b64encode(script.encode()).decode() if script else None,
        "block_device_mappings": [_volume_1(volume) for volume in release.volumes],
        "metadata_options": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": release.metadata.hop_limit,
            "instance_metadata_tags": "enabled" if release.metadata.instance_tags else "disabled",
        },
    }


def _volume_1(volume: Volume) -> Literals:
    return {
        "device_name": volume.device,
        "ebs": {
            "volume_size": volume.size_gib,
            "volume_type": volume.type,
            "iops": volume.iops,
            "throughput": volume.throughput_mibps,
            "encrypted": "true",
            "delete_on_termination": "true",
        },
    }


def _group_1(release: Release) -> Literals:
    spot = release.spot
    return {
        "health_check_type": "EC2" if release.port is None else "ELB",
        "health_check_grace_period": release.grace_period_s,
        "capacity_rebalance": spot is not None,
        "mixed_instances_policy": {
            "instances_distribution": {
                "on_demand_allocation_strategy": "prioritized",
                "on_demand_base_capacity": spot.on_demand_base if spot else 0,
                "on_demand_percentage_above_base_capacity": 100 - spot.percent if spot else 100,
                "spot_allocation_strategy": "price-capacity-optimized",
            },
            "launch_template": {"overrides": [{"instance_type": name} for name in release.instance_types]},
        },
    }


def _target_group_1(release: Release, port: int) -> Literals:
    health = release.health
    return {
        "port": port,
        "protocol": release.protocol,
        "protocol_version": release.protocol_version,
        "target_type": "instance",
        "deregistration_delay": release.drain_s,
        "health_check": {
            "enabled": True,
            "path": health.path,
            "port": "traffic-port",
            "protocol": release.protocol,
            "matcher": health.codes,
            "interval": health.interval_s,
            "timeout": health.timeout_s,
            "healthy_threshold": health.healthy_threshold,
            "unhealthy_threshold": health.unhealthy_threshold,
        },
    }


_RENDERERS: Mapping[int, Callable[[Release], dict[Kind, Literals]]] = {1: _layout_1}
