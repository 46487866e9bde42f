"""Layout 1 for ever. If one of these fails, an upgrade of the library would replace fleets: add a layout instead."""

from __future__ import annotations

from components.layouts import plan
from tests.components.releases import read

SERVED = {
    "version": "1.4.2",
    "image": "ami-0123456789abcdef0",
    "instance_types": ["m7i.large", "m6i.large"],
    "user_data": "#!/bin/sh\nexec docker run ${CONTAINER}\n",
    "container": "registry.example.com/web@sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945",
    "volumes": [
        {"device": "/dev/xvda", "size_gib": 40, "type": "gp3", "iops": 6000, "throughput_mibps": 250},
        {"device": "/dev/sdf", "size_gib": 500, "type": "st1"},
    ],
    "metadata": {"hop_limit": 2, "instance_tags": True},
    "port": 8443,
    "protocol": "HTTPS",
    "protocol_version": "HTTP2",
    "health": {
        "path": "/healthz",
        "interval_s": 15,
        "timeout_s": 6,
        "healthy_threshold": 3,
        "unhealthy_threshold": 4,
        "codes": "200-204,301",
    },
    "drain_s": 120,
    "grace_period_s": 240,
    "spot": {"percent": 75, "on_demand_base": 2},
    "revision": 3,
    "layout": 1,
    "weight": 90,
}
DEFAULTS = {
    "version": "2.0.0",
    "image": "ami-0123456789abcdef0",
    "instance_types": ["m7i.large"],
    "layout": 1,
}


def test_a_release_behind_a_balancer_keeps_its_name_and_digests() -> None:
    planned = plan("web", read(SERVED))
    assert planned.name == "web-1.4.2-88b9713c"
    assert planned.digest == "88b9713cab108ff7858892d80b879101a9d371a11dab60ecdb971fbb5a9df300"
    assert planned.digest_tags == {
        "template": "1:0d127cc24a695c229d124d122ce95527e01cb2260e41c7835294c47428f2c7d6",
        "group": "1:9fd8018b3f811a13093e43643e2179033f507044820c08d473e525f08b54fea6",
        "target_group": "1:0f80be8315d03a0cf2709564ee13a9b9d4fba233fed9d2959d8aec631a1299f4",
    }


def test_a_worker_of_defaults_keeps_its_name_and_digests() -> None:
    planned = plan("jobs", read(DEFAULTS))
    assert planned.name == "jobs-2.0.0-3eb96046"
    assert planned.digest == "3eb96046a6aad14069a2b2a36cfa99a3704632d9421fc382bf47d2f903bc3c47"
    assert planned.digest_tags == {
        "template": "1:f2a1766283f75630ced2b35afc1e6d33af76f5d9fbf863bffdaa9173be3e417c",
        "group": "1:727a143b277b3efbc94fe5836ef70eb63004bb48d0f56fe2b030eae970e48ec4",
    }


def test_its_template_is_rendered_as_ever() -> None:
    assert plan("web", read(SERVED)).literals["template"] == {
        "image_id": "ami-0123456789abcdef0",
        "user_data": "IyEvYmluL3NoCmV4ZWMgZG9ja2VyIHJ1biByZWdpc3RyeS5leGFtcGxlLmNvbS93ZWJAc2hhMjU2OjRmNTNjZGExOGMyYm"
        "FhMGMwMzU0YmI1ZjlhM2VjYmU1ZWQxMmFiNGQ4ZTExYmE4NzNjMmYxMTE2MTIwMmI5NDUK",
        "block_device_mappings": [
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_size": 40,
                    "volume_type": "gp3",
                    "iops": 6000,
                    "throughput": 250,
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            },
            {
                "device_name": "/dev/sdf",
                "ebs": {
                    "volume_size": 500,
                    "volume_type": "st1",
                    "iops": None,
                    "throughput": None,
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            },
        ],
        "metadata_options": {
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 2,
            "instance_metadata_tags": "enabled",
        },
    }


def test_its_group_is_rendered_as_ever() -> None:
    assert plan("web", read(SERVED)).literals["group"] == {
        "health_check_type": "ELB",
        "health_check_grace_period": 240,
        "capacity_rebalance": True,
        "mixed_instances_policy": {
            "instances_distribution": {
                "on_demand_allocation_strategy": "prioritized",
                "on_demand_base_capacity": 2,
                "on_demand_percentage_above_base_capacity": 25,
                "spot_allocation_strategy": "price-capacity-optimized",
            },
            "launch_template": {"overrides": [{"instance_type": "m7i.large"}, {"instance_type": "m6i.large"}]},
        },
    }


def test_its_target_group_is_rendered_as_ever() -> None:
    assert plan("web", read(SERVED)).literals["target_group"] == {
        "port": 8443,
        "protocol": "HTTPS",
        "protocol_version": "HTTP2",
        "target_type": "instance",
        "deregistration_delay": 120,
        "health_check": {
            "enabled": True,
            "path": "/healthz",
            "port": "traffic-port",
            "protocol": "HTTPS",
            "matcher": "200-204,301",
            "interval": 15,
            "timeout": 6,
            "healthy_threshold": 3,
            "unhealthy_threshold": 4,
        },
    }
